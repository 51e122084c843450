/* SPDX-License-Identifier: MIT */
/*
 * sim_swarm: random runs, each from a seed. A run that breaks an invariant, crashes, hangs or does
 * not converge prints the command that repeats it.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/swarm.h"

/* Wall seconds that one run may take before it counts as hanging. */
#define RUN_SECONDS_MAX 120

struct options {
    uint64_t seed;
    uint64_t runs;
    bool twice;
    bool verbose;
    const char *pcap;
    const char *keylog;
};

enum { KEY_PCAP = 256, KEY_KEYLOG };

static const struct argp_option option_list[] = {
    {"seed", 's', "N", 0, "The first seed (default 1)", 0},
    {"runs", 'r', "K", 0, "How many runs, with the seeds N, N+1 … (default 1)", 0},
    {"twice", 't', NULL, 0, "Make each run twice; both must have the same trace to the byte", 0},
    {"verbose", 'v', NULL, 0, "Print the plan and each line of the trace (one run)", 0},
    {"pcap", KEY_PCAP, "FILE", 0, "Write what the nodes send to FILE (one run)", 0},
    {"keylog", KEY_KEYLOG, "DIR", 0, "Write Wireshark's key tables into DIR (one run)", 0},
    {0},
};

static uint64_t number(const char *text, const char *name, uint64_t least, struct argp_state *state)
{
    char *end;
    unsigned long long v;

    errno = 0;
    v = strtoull(text, &end, 10);
    if (errno || *end || text[0] < '0' || text[0] > '9' || v < least)
        argp_failure(state, 2, 0, "--%s: %s is no number of %u or more", name, text,
                     (unsigned)least);
    return v;
}

static const char *writable(const char *path, struct argp_state *state)
{
    FILE *f = fopen(path, "wb");

    if (!f || fclose(f) != 0)
        argp_failure(state, 2, 0, "%s: %s", path, strerror(errno));
    return path;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 's':
        o->seed = number(arg, "seed", 0, state);
        return 0;
    case 'r':
        o->runs = number(arg, "runs", 1, state);
        return 0;
    case 't':
        o->twice = true;
        return 0;
    case 'v':
        o->verbose = true;
        return 0;
    case KEY_PCAP:
        o->pcap = writable(arg, state);
        return 0;
    case KEY_KEYLOG:
        if ((mkdir(arg, 0700) != 0 && errno != EEXIST) || access(arg, W_OK | X_OK) != 0)
            argp_failure(state, 2, 0, "%s: %s", arg, strerror(errno));
        o->keylog = arg;
        return 0;
    case ARGP_KEY_ARG:
        argp_failure(state, 2, 0, "%s: no arguments are taken", arg);
        return 0;
    case ARGP_KEY_END:
        if (o->runs > 1 && (o->verbose || o->pcap || o->keylog))
            argp_failure(state, 2, 0, "--verbose, --pcap and --keylog are for one run");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void run_once(const struct options *o, uint64_t seed, struct swarm_result *out)
{
    struct sim_opts opts = {
        .verbose = o->verbose ? stdout : NULL, .pcap = o->pcap, .keylog = o->keylog};
    uint64_t hash;

    swarm_run(seed, &opts, out);
    if (!o->twice || !out->good)
        return;
    hash = out->trace_hash;
    swarm_run(seed, &(struct sim_opts){0}, out);
    if (out->good && out->trace_hash != hash) {
        out->good = false;
        snprintf(out->why, sizeof out->why, "two runs of one seed differ");
    }
}

/* In a process of its own: a crash, a sanitizer's report and a hang have a seed, too. */
static void run_apart(const struct options *o, uint64_t seed, struct swarm_result *out)
{
    int ends[2], status = 0;
    ssize_t got;
    pid_t pid;

    *out = (struct swarm_result){0};
    fflush(NULL);
    if (pipe(ends) != 0 || (pid = fork()) < 0) {
        snprintf(out->why, sizeof out->why, "no process: %s", strerror(errno));
        return;
    }
    if (pid == 0) {
        close(ends[0]);
        alarm(RUN_SECONDS_MAX);
        run_once(o, seed, out);
        _exit(write(ends[1], out, sizeof *out) == (ssize_t)sizeof *out ? 0 : 1);
    }
    close(ends[1]);
    got = read(ends[0], out, sizeof *out);
    close(ends[0]);
    waitpid(pid, &status, 0);
    if (got == (ssize_t)sizeof *out && status == 0)
        return;
    out->good = false;
    if (WIFSIGNALED(status))
        snprintf(out->why, sizeof out->why, "ended by signal %d", WTERMSIG(status));
    else
        snprintf(out->why, sizeof out->why, "ended with status %d", WEXITSTATUS(status));
}

static void replay_line(const struct options *o, const char *program, uint64_t seed)
{
    printf("  replay: %s --seed %" PRIu64 " --verbose%s\n", program, seed,
           o->twice ? " --twice" : "");
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = option_list,
        .parser = parse,
        .doc = "Draw a network of ikelet nodes and its faults from a seed, run it, check every "
               "invariant after each event, heal the network and demand that it converges."
               "\vExit status: 0 all runs good, 1 some failed, 2 wrong usage."};
    struct options o = {.seed = 1, .runs = 1};
    struct swarm_result sum = {0};
    uint64_t bad = 0;

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    for (uint64_t i = 0; i < o.runs; i++) {
        struct swarm_result r;
        if (o.runs == 1)
            run_once(&o, o.seed, &r);
        else
            run_apart(&o, o.seed + i, &r);
        if (!r.good) {
            bad++;
            printf("seed %" PRIu64 ": %s\n", o.seed + i, r.why);
            replay_line(&o, argv[0], o.seed + i);
        }
        sum.handshakes += r.handshakes;
        sum.failures += r.failures;
        sum.packets += r.packets;
        sum.delivered += r.delivered;
        sum.datagrams += r.datagrams;
        sum.virtual_s += r.virtual_s;
    }
    printf("sim_swarm: seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " of %" PRIu64 " good; "
           "%u IKE SAs up, %u handshakes failed, %u of %u inner packets, %u datagrams, "
           "%" PRIu64 " hours\n",
           o.seed, o.seed + o.runs - 1, o.runs - bad, o.runs, (unsigned)sum.handshakes,
           (unsigned)sum.failures, (unsigned)sum.delivered, (unsigned)sum.packets,
           (unsigned)sum.datagrams, sum.virtual_s / 3600);
    return bad ? 1 : 0;
}

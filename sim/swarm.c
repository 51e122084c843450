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

#include "sim/swarm_pool.h"

struct options {
    uint64_t seed;
    uint64_t runs;
    uint64_t seconds;
    uint64_t jobs;
    bool twice;
    bool verbose;
    bool alone, differ, first;
    const char *keep;
    const char *pcap;
    const char *keylog;
    const char *program;
    struct swarm_result sum;
    uint64_t bad;
};

enum { KEY_PCAP = 256, KEY_KEYLOG, KEY_KEEP, KEY_ALONE, KEY_DIFFER, KEY_FIRST };

static const struct argp_option option_list[] = {
    {"seed", 's', "N", 0, "The first seed (default 1)", 0},
    {"runs", 'r', "K", 0, "How many runs, with the seeds N, N+1 … (default 1)", 0},
    {"seconds", 'S', "N", 0, "Begin runs for so long, with the seeds from N on, instead", 0},
    {"jobs", 'j', "N", 0, "Make so many runs at once (default 1)", 0},
    {"keep", KEY_KEEP, "DIR", 0,
     "Write DIR/SEED.txt for each run that fails: why, the command that repeats it, its trace", 0},
    {"twice", 't', NULL, 0, "Make each run twice; both must have the same trace to the byte", 0},
    {"alone", KEY_ALONE, NULL, 0,
     "Once the network is healed nobody hangs up: it has to converge by itself", 0},
    {"differ", KEY_DIFFER, NULL, 0,
     "Make each run with forged packets and without: nodes that answer no strangers, and their "
     "peers, must send the same at the same times",
     0},
    {"first", KEY_FIRST, NULL, 0, "Stop at the first run that fails", 0},
    {"verbose", 'v', NULL, 0, "Print the plan and each line of the trace (one run)", 0},
    {"pcap", KEY_PCAP, "FILE", 0, "Write what the nodes send to FILE (one run)", 0},
    {"keylog", KEY_KEYLOG, "DIR", 0, "Write Wireshark's key tables into DIR (one run)", 0},
    {0},
};

static uint64_t number(const char *text, const char *name, uint64_t least, struct argp_state *state)
{
    uint64_t v = 0;

    if (!host_number_parse(text, 0, least, UINT64_MAX, &v))
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

static const char *folder(const char *path, mode_t mode, struct argp_state *state)
{
    if ((mkdir(path, mode) != 0 && errno != EEXIST) || access(path, W_OK | X_OK) != 0)
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
    case KEY_ALONE:
        o->alone = true;
        return 0;
    case KEY_DIFFER:
        o->differ = true;
        return 0;
    case KEY_FIRST:
        o->first = true;
        return 0;
    case 'v':
        o->verbose = true;
        return 0;
    case KEY_PCAP:
        o->pcap = writable(arg, state);
        return 0;
    case KEY_KEYLOG:
        o->keylog = folder(arg, 0700, state);
        return 0;
    case KEY_KEEP:
        o->keep = folder(arg, 0777, state);
        return 0;
    case 'S':
        o->seconds = number(arg, "seconds", 1, state);
        return 0;
    case 'j':
        o->jobs = number(arg, "jobs", 1, state);
        return 0;
    case ARGP_KEY_ARG:
        argp_failure(state, 2, 0, "%s: no arguments are taken", arg);
        return 0;
    case ARGP_KEY_END:
        if ((o->runs > 1 || o->seconds) && (o->verbose || o->pcap || o->keylog))
            argp_failure(state, 2, 0, "--verbose, --pcap and --keylog are for one run");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void failed(struct swarm_result *out, const char *why)
{
    out->good = false;
    snprintf(out->why, sizeof out->why, "%s", why);
}

static void run_once(void *ctx, uint64_t seed, struct swarm_result *out)
{
    const struct options *o = ctx;
    struct sim_opts opts = {.quiet = !o->verbose,
                            .verbose = o->verbose ? stdout : NULL,
                            .pcap = o->pcap,
                            .keylog = o->keylog};
    struct swarm_opts how = {.alone = o->alone, .forged = o->differ};
    struct swarm_result first;

    swarm_run(seed, &opts, &how, out);
    if (!(o->twice || o->differ) || !out->good)
        return;
    first = *out;
    how.mute = o->differ;
    swarm_run(seed, &(struct sim_opts){.quiet = true}, &how, out);
    if (out->good && out->sent_hash != first.sent_hash)
        failed(out, o->differ ? "forged packets change what nodes send, or when"
                              : "two runs of one seed differ");
    if (out->good && !o->differ && out->trace_hash != first.trace_hash)
        failed(out, "two runs of one seed differ");
}

/* ---- failures -------------------------------------------------------------------------------- */

static void print_failure(FILE *f, const struct options *o, uint64_t seed, const char *why)
{
    fprintf(f, "seed %" PRIu64 ": %s\n  replay: %s --seed %" PRIu64 " --verbose%s%s%s\n", seed, why,
            o->program, seed, o->twice ? " --twice" : "", o->alone ? " --alone" : "",
            o->differ ? " --differ" : "");
}

/* The run once more, with its plan and its trace in a file. */
static void keep(const struct options *o, uint64_t seed, const char *why)
{
    struct swarm_result r;
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/%" PRIu64 ".txt", o->keep, seed);
    f = fopen(path, "w");
    if (!f) {
        fprintf(stderr, "sim_swarm: %s: %s\n", path, strerror(errno));
        return;
    }
    print_failure(f, o, seed, why);
    fflush(f);
    swarm_run(seed, &(struct sim_opts){.verbose = f},
              &(struct swarm_opts){.alone = o->alone, .forged = o->differ}, &r);
    if (fclose(f) != 0)
        fprintf(stderr, "sim_swarm: %s: %s\n", path, strerror(errno));
}

/* In a process of its own: it may crash again, and hang. */
static void keep_apart(const struct options *o, uint64_t seed, const char *why)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        alarm(120);
        keep(o, seed, why);
        exit(0);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
}

static void account(void *ctx, uint64_t seed, const struct swarm_result *r)
{
    struct options *o = ctx;
    struct swarm_result *sum = &o->sum;

    if (!r->good) {
        o->bad++;
        print_failure(stdout, o, seed, r->why);
        if (o->keep)
            keep_apart(o, seed, r->why);
        if (o->first)
            exit(1); /* workers end when nobody reads what they write */
    }
    sum->handshakes += r->handshakes;
    sum->failures += r->failures;
    sum->packets += r->packets;
    sum->delivered += r->delivered;
    sum->datagrams += r->datagrams;
    sum->virtual_s += r->virtual_s;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static uint64_t run_all(struct options *o)
{
    struct swarm_pool pool = {.seed = o->seed,
                              .runs = o->seconds ? 0 : o->runs,
                              .seconds = (unsigned)o->seconds,
                              .jobs = (unsigned)o->jobs,
                              .run = run_once,
                              .done = account,
                              .ctx = o};
    struct swarm_result r;

    if (o->runs > 1 || o->seconds)
        return swarm_pool_run(&pool);
    run_once(o, o->seed, &r);
    account(o, o->seed, &r);
    return 1;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = option_list,
        .parser = parse,
        .doc = "Draw a network of ikelet nodes and its faults from a seed, run it, check every "
               "invariant after each event, heal the network and demand that it converges."
               "\vExit status: 0 all runs good, 1 some failed, 2 wrong usage."};
    struct options o = {.seed = 1, .runs = 1, .jobs = 1, .program = argv[0]};
    uint64_t n;

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    n = run_all(&o);
    printf("sim_swarm: seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " of %" PRIu64 " good; "
           "%u IKE SAs up, %u handshakes failed, %u of %u inner packets, %u datagrams, "
           "%" PRIu64 " hours\n",
           o.seed, o.seed + n - 1, n - o.bad, n, (unsigned)o.sum.handshakes,
           (unsigned)o.sum.failures, (unsigned)o.sum.delivered, (unsigned)o.sum.packets,
           (unsigned)o.sum.datagrams, o.sum.virtual_s / 3600);
    return o.bad ? 1 : 0;
}

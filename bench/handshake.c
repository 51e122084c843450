/* SPDX-License-Identifier: MIT */
/*
 * sim_bench: complete handshakes (IKE_SA_INIT, IKE_AUTH with a Child SA, both ends up) per second
 * of wall time in the simulator, one thread computing both ends; with real Diffie-Hellman and with
 * a stub that costs nothing.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "provider.h"
#include "sim/conf.h"
#include "sim/stub.h"

#define REMOTES 50
#define TIMES_MAX 99

struct options {
    unsigned times;
    unsigned rounds;
    const char *ike;
    const char *esp;
};

/* ---- one network of REMOTES initiators and one responder ------------------------------------- */

static const char *numbered(struct sim *s, const char *fmt, unsigned n)
{
    char *out = sim_own(s, 32);

    snprintf(out, 32, fmt, n);
    return out;
}

static void add_gateway(struct sim *s, const struct options *o, const struct ik_crypto *crypto)
{
    struct sim_conf *c = sim_conf_new(s);

    c->config.crypto = crypto;
    c->config.exchanges = ik_exchanges_all;
    for (unsigned i = 0; i < REMOTES; i++) {
        sim_conf_peer(c, &(struct sim_peer_text){.local = "192.0.2.1",
                                                 .local_id = "gw.example.org",
                                                 .remote_id = numbered(s, "r%u.example.org", i),
                                                 .psk = "a good key",
                                                 .ike = o->ike});
        sim_conf_policy(c, &(struct sim_policy_text){.ts_local = "10.2.0.0/16",
                                                     .ts_remote = numbered(s, "10.1.%u.0/24", i),
                                                     .esp = o->esp,
                                                     .peer = (uint16_t)i});
    }
    sim_node_add(s, &(struct sim_node_opts){.config = &c->config,
                                            .addr = sim_addr(s, "192.0.2.1"),
                                            .ike_sas = REMOTES,
                                            .link = {.delay = 5 * IK_MS}});
}

static void add_remote(struct sim *s, const struct options *o, const struct ik_crypto *crypto,
                       unsigned i)
{
    struct sim_conf *c = sim_conf_new(s);
    const char *own = numbered(s, "203.0.113.%u", i + 1);

    c->config.crypto = crypto;
    sim_conf_peer(c, &(struct sim_peer_text){.local = own,
                                             .remote = "192.0.2.1",
                                             .local_id = numbered(s, "r%u.example.org", i),
                                             .remote_id = "gw.example.org",
                                             .psk = "a good key",
                                             .ike = o->ike});
    sim_conf_policy(c, &(struct sim_policy_text){.ts_local = numbered(s, "10.1.%u.0/24", i),
                                                 .ts_remote = "10.2.0.0/16",
                                                 .esp = o->esp});
    sim_node_add(s, &(struct sim_node_opts){.config = &c->config,
                                            .addr = sim_addr(s, own),
                                            .ike_sas = 1,
                                            .link = {.delay = 5 * IK_MS}});
}

/* Answers the handshakes that came to an end at both ends; ends the program if one did not. */
static unsigned round_run(const struct options *o, const struct ik_crypto *crypto, uint64_t seed)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = seed, .quiet = true, .unchecked = true});
    unsigned up;

    add_gateway(s, o, crypto);
    for (unsigned i = 0; i < REMOTES; i++)
        add_remote(s, o, crypto, i);
    for (uint16_t i = 1; i <= REMOTES; i++)
        sim_up(s, i, 0);
    sim_run_for(s, 10 * IK_SECOND);
    up = sim_told_count(s, 0, IK_EV_CHILD_UP, IK_WHY_NONE);
    if (s->failed || up != REMOTES) {
        fprintf(stderr, "sim_bench: %s\n", s->failed ? s->why : "a handshake did not come up");
        exit(EXIT_FAILURE);
    }
    sim_free(s);
    return up;
}

/* ---- timing ---------------------------------------------------------------------------------- */

static uint64_t us_of(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static uint64_t median(uint64_t *v, unsigned n)
{
    qsort(v, n, sizeof *v, order);
    return v[n / 2];
}

/* By wall time, and by CPU time: on a machine that is busy otherwise the two differ. */
static void measure(const struct options *o, const char *name, const struct ik_crypto *crypto)
{
    uint64_t wall[TIMES_MAX], cpu[TIMES_MAX];

    for (unsigned t = 0; t < o->times; t++) {
        uint64_t wall_begin = us_of(CLOCK_MONOTONIC);
        uint64_t cpu_begin = us_of(CLOCK_PROCESS_CPUTIME_ID);
        uint64_t n = 0;
        for (unsigned r = 0; r < o->rounds; r++)
            n += round_run(o, crypto, 1 + t * o->rounds + r);
        wall[t] = n * 1000000 / (us_of(CLOCK_MONOTONIC) - wall_begin + 1);
        cpu[t] = n * 1000000 / (us_of(CLOCK_PROCESS_CPUTIME_ID) - cpu_begin + 1);
    }
    printf("%-6s %8" PRIu64 " handshakes per wall second, %8" PRIu64 " per CPU second\n", name,
           median(wall, o->times), median(cpu, o->times));
}

/* ---- command line ---------------------------------------------------------------------------- */

static unsigned number(const char *text, const char *name, unsigned most, struct argp_state *state)
{
    uint64_t v = 0;

    if (!host_number_parse(text, 0, 1, most, &v))
        argp_failure(state, 2, 0, "--%s: %s is no number from 1 to %u", name, text, most);
    return (unsigned)v;
}

static void suite_check(const char *text, bool ike, struct argp_state *state)
{
    struct ik_proposal p;
    char err[160];
    bool good = ike ? host_suite_parse_ike(text, &p, err, sizeof err)
                    : host_suite_parse_esp(text, &p, err, sizeof err);

    if (!good)
        argp_failure(state, 2, 0, "%s", err);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 't':
        o->times = number(arg, "times", TIMES_MAX, state);
        return 0;
    case 'r':
        o->rounds = number(arg, "rounds", 100000, state);
        return 0;
    case 'i':
        suite_check(arg, true, state);
        o->ike = arg;
        return 0;
    case 'e':
        suite_check(arg, false, state);
        o->esp = arg;
        return 0;
    case ARGP_KEY_ARG:
        argp_failure(state, 2, 0, "%s: no arguments are taken", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_option option_list[] = {
        {"times", 't', "N", 0, "Measure so often; the median counts (default 5)", 0},
        {"rounds", 'r', "N", 0, "Networks of 50 handshakes in one measurement (default 10)", 0},
        {"ike", 'i', "SUITE", 0, "IKE suite (default aes128gcm16-prfsha256-x25519)", 0},
        {"esp", 'e', "SUITE", 0, "ESP suite (default aes128gcm16)", 0},
        {0},
    };
    static const struct argp argp = {
        .options = option_list,
        .parser = parse,
        .doc = "Count complete handshakes per second of wall time in the simulator: both ends "
               "computed, by one thread.\vThe stub stands for X25519 and computes by XOR: what is "
               "left is everything but public-key crypto."};
    struct options o = {
        .times = 5, .rounds = 10, .ike = "aes128gcm16-prfsha256-x25519", .esp = "aes128gcm16"};
    struct ik_crypto stub;

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    printf("IKE %s, ESP %s, %d initiators, one responder; medians of %u\n", o.ike, o.esp, REMOTES,
           o.times);
    measure(&o, "real", host_crypto());
    if (host_crypto_named("openssl") != NULL)
        measure(&o, "openssl", host_crypto_named("openssl"));
    sim_stub_crypto(&stub, host_crypto());
    if (strstr(o.ike, "x25519"))
        measure(&o, "stub", &stub);
    return 0;
}

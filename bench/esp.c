/* SPDX-License-Identifier: MIT */
/*
 * bench_esp: packets and megabytes per second through the whole data plane: a clear IPv4 packet
 * through SPD, SAD and sealing (ik_ipsec_out), and an ESP packet through SAD, replay window,
 * opening and the check of selectors (ik_ipsec_in); in tunnel mode, by one thread. Beside it, the
 * bare cipher with the same lengths, to tell what the rest costs.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "crypto/crypto.h"
#include "host.h"
#include "provider.h"
#include "ipsec/ipsec.h"
#include "util/util.h"

#define BATCH 64
#define BUF 9216
#define AT 64
#define SUITES_MAX 32
#define SAS_MAX 60000

static const char *const default_suites[] = {
    "aes128gcm16",   "aes256gcm16",      "chacha20poly1305", "aes128ccm16",
    "aes128ccm8",    "aes128ctr-sha256", "aes128-sha256",    "aes128-sha1",
    "aes256-sha512", "aes128-aesxcbc",   "null-sha256",
};
static const unsigned sizes[] = {64, 256, 576, 1400, 9000};
#define SIZES_N (sizeof sizes / sizeof sizes[0])

#define PROVIDERS_MAX 4
struct options {
    struct bench_opts bench;
    const char *providers[PROVIDERS_MAX];
    unsigned providers_n;
    const char *suites[SUITES_MAX];
    unsigned suites_n;
    unsigned sas;
    bool fresh; /* key schedules are computed for each packet */
};

/* ---- two ends of n Child SAs, a policy for each; the last one carries the packets ------------ */

struct end {
    struct ik_env env;
    struct ik_ipsec ip;
    struct ik_policy *policies;
    struct ik_child_sa *last;
};

struct ctx {
    struct end end[2];
    struct ik_path path; /* as end 1 sees end 0 */
    unsigned octets;
    uint8_t clear[BUF];
    uint8_t buf[BATCH][BUF];
    struct ik_pkt pkt[BATCH];
    struct ik_sealed sealed[BATCH];
    struct ik_seal_key key, key_in;
};

/* 10.side.a.b, where a.b counts the SAs. */
static struct ik_ts network(unsigned side, unsigned n)
{
    struct ik_ts ts = {.family = 4, .port_hi = 0xffff};

    ts.lo[0] = 10;
    ts.lo[1] = (uint8_t)side;
    ts.lo[2] = (uint8_t)(n >> 8);
    ts.lo[3] = (uint8_t)n;
    memcpy(ts.hi, ts.lo, 4);
    return ts;
}

static void end_init(struct end *e, const struct options *o, const struct ik_crypto *crypto)
{
    memset(e, 0, sizeof *e);
    e->env.crypto = crypto;
    e->env.sa = 0xffff;
    ik_drbg_init(&e->env);
    ik_drbg_seed(&e->env, "thirty-two octets of fixed seed.", 32);
    e->ip.sas_n = e->ip.policies_n = (uint16_t)o->sas;
    e->ip.sas = calloc(o->sas, sizeof *e->ip.sas);
    e->ip.policies = e->policies = calloc(o->sas, sizeof *e->policies);
    e->ip.more = calloc(o->sas, sizeof *e->ip.more);
    e->ip.more_pool.n = (uint16_t)o->sas;
    e->ip.spd = calloc(o->sas, sizeof *e->ip.spd);
    e->ip.prepared = calloc(o->sas, sizeof *e->ip.prepared);
    e->ip.prepared_pool.n = (uint16_t)(o->fresh ? 0 : o->sas);
    if (e->ip.sas == NULL || e->policies == NULL || e->ip.more == NULL || e->ip.spd == NULL ||
        e->ip.prepared == NULL) {
        fprintf(stderr, "bench_esp: no memory for %u SAs\n", o->sas);
        exit(EXIT_FAILURE);
    }
}

static void policy_init(struct ik_policy *p, unsigned side, unsigned n)
{
    p->action = IK_PROTECT;
    p->ts_local_n = p->ts_remote_n = 1;
    p->ts_local[0] = network(side, n);
    p->ts_remote[0] = network(1 - side, n);
}

static void path_init(struct ik_path *p, unsigned side)
{
    *p = (struct ik_path){.carrier = IK_CARRIER_ESP};
    p->local.family = p->remote.family = 4;
    memcpy(p->local.b, (uint8_t[]){192, 0, 2, (uint8_t)(1 + side)}, 4);
    memcpy(p->remote.b, (uint8_t[]){192, 0, 2, (uint8_t)(2 - side)}, 4);
}

static void sas_up(struct ctx *c, const struct ik_encr *encr, const struct ik_integ *integ,
                   unsigned n)
{
    struct ik_child_sa *sa[2];

    for (unsigned i = 0; i < 2; i++)
        sa[i] = ik_sad_alloc(&c->end[i].env, &c->end[i].ip);
    for (unsigned i = 0; i < 2; i++) {
        const struct ik_policy *p = &c->end[i].policies[n];
        struct ik_ipsec *ip = &c->end[i].ip;
        size_t key_len = (size_t)ik_encr_key_len(encr) + ik_integ_key_len(integ);
        sa[i]->policy = (uint16_t)n;
        if (!ik_child_suite_set(ip, sa[i], encr, integ) ||
            !ik_child_ts_set(ip, sa[i], p->ts_local, 1, p->ts_remote, 1))
            abort();
        sa[i]->out.spi = sa[1 - i]->in.spi;
        memset(ik_child_keys(ip, sa[i], true), (int)(i + 1), key_len);
        memset(ik_child_keys(ip, sa[i], false), (int)(2 - i), key_len);
        path_init(&sa[i]->path, i);
        ik_child_prepare(&c->end[i].env, ip, sa[i]);
        ik_child_up(ip, sa[i]);
        c->end[i].last = sa[i];
    }
}

static struct ctx *ctx_new(const struct options *o, const struct ik_crypto *crypto,
                           const struct ik_encr *encr, const struct ik_integ *integ)
{
    struct ctx *c = calloc(1, sizeof *c);

    if (c == NULL) {
        fprintf(stderr, "bench_esp: no memory\n");
        exit(EXIT_FAILURE);
    }
    for (unsigned i = 0; i < 2; i++) {
        end_init(&c->end[i], o, crypto);
        for (unsigned n = 0; n < o->sas; n++)
            policy_init(&c->end[i].policies[n], i, n);
        ik_ipsec_begin(&c->end[i].ip);
    }
    for (unsigned n = 0; n < o->sas; n++)
        sas_up(c, encr, integ, n);
    path_init(&c->path, 1);
    c->key = ik_child_key(&c->end[0].ip, c->end[0].last, true);
    c->key_in = ik_child_key(&c->end[1].ip, c->end[1].last, false);
    return c;
}

static void ctx_free(struct ctx *c)
{
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned n = 0; n < c->end[i].ip.sas_n; n++)
            ik_child_unprepare(&c->end[i].ip, &c->end[i].ip.sas[n]);
        free(c->end[i].ip.sas);
        free(c->end[i].ip.more);
        free(c->end[i].ip.spd);
        free(c->end[i].ip.prepared);
        free(c->end[i].policies);
    }
    free(c);
}

/* An IPv4 packet of that many octets from end 0 to end 1 on the last SA. */
static void clear_init(struct ctx *c, unsigned octets)
{
    const struct ik_policy *p = &c->end[0].policies[c->end[0].ip.policies_n - 1];
    uint8_t *ip = c->clear;

    c->octets = octets;
    memset(ip, 0x5a, octets);
    memset(ip, 0, 28);
    ip[0] = 0x45;
    ik_put16(ip + 2, (uint16_t)octets);
    ip[8] = 64;
    ip[9] = IK_IP_UDP;
    memcpy(ip + 12, p->ts_local[0].lo, 4);
    memcpy(ip + 16, p->ts_remote[0].lo, 4);
    ik_put16(ip + 10, ik_cksum_fold(ik_cksum_add(0, ip, 20)));
}

/* ---- the operations -------------------------------------------------------------------------- */

static void make_clear(void *ctx)
{
    struct ctx *c = ctx;

    for (unsigned i = 0; i < BATCH; i++) {
        memcpy(c->buf[i] + AT, c->clear, c->octets);
        c->pkt[i] =
            (struct ik_pkt){.buf = c->buf[i], .cap = BUF, .off = AT, .len = (uint16_t)c->octets};
    }
}

static void send(void *ctx)
{
    struct ctx *c = ctx;

    for (unsigned i = 0; i < BATCH; i++) {
        const struct ik_path *path;
        uint16_t policy;
        if (ik_ipsec_out(&c->end[0].env, &c->end[0].ip, &c->pkt[i], &path, &policy) !=
            IK_VERDICT_SEND)
            abort();
    }
}

static void make_sent(void *ctx)
{
    make_clear(ctx);
    send(ctx);
}

static void receive(void *ctx)
{
    struct ctx *c = ctx;

    for (unsigned i = 0; i < BATCH; i++) {
        struct ik_child_sa *sa;
        if (ik_ipsec_in(&c->end[1].env, &c->end[1].ip, &c->pkt[i], &c->path, &sa) !=
            IK_VERDICT_DELIVER)
            abort();
    }
}

/* What the ESP packets that were sent are, to the bare cipher. */
static void make_sealed(void *ctx)
{
    struct ctx *c = ctx;

    make_sent(c);
    for (unsigned i = 0; i < BATCH; i++) {
        uint16_t around = (uint16_t)(8 + c->key.encr->iv_len + ik_seal_icv_len(&c->key));
        c->sealed[i] = (struct ik_sealed){.msg = c->pkt[i].buf + c->pkt[i].off,
                                          .aad_len = 8,
                                          .text_len = (uint16_t)(c->pkt[i].len - around)};
    }
}

static void bare_seal(void *ctx)
{
    struct ctx *c = ctx;

    for (unsigned i = 0; i < BATCH; i++)
        ik_seal(&c->end[0].env, &c->key, &c->sealed[i], i);
}

static void bare_open(void *ctx)
{
    struct ctx *c = ctx;

    for (unsigned i = 0; i < BATCH; i++) {
        if (ik_open(&c->end[1].env, &c->key_in, &c->sealed[i]) != IK_OK)
            abort();
    }
}

/* ---- report ---------------------------------------------------------------------------------- */

struct figures {
    double seal, open, bare_seal, bare_open; /* ns a packet */
};

/* Sequence numbers begin again before each figure: no length of run uses them up. */
static double figure(const struct options *o, struct ctx *c, void (*prepare)(void *),
                     void (*run)(void *))
{
    c->end[0].last->seq = 0;
    ik_child_window(&c->end[1].ip, c->end[1].last, 0);
    return bench_run(&o->bench, &(struct bench_job){prepare, run, c, BATCH});
}

static void half(double ns, double bare, double first, unsigned octets)
{
    printf(" %9.0f %8.1f %6.0f%% %5.2f", 1e9 / ns, octets * 1e3 / ns, 100 * bare / ns, first / ns);
}

/* One line of the table: a suite by a provider. */
struct row {
    const char *provider, *suite;
    unsigned octets;
};

static void json_row(struct bench_json *j, const struct row *row, const char *what, double ns,
                     double bare)
{
    if (j->f == NULL)
        return;
    fprintf(j->f,
            "%s\n  {\"provider\": \"%s\", \"suite\": \"%s\", \"octets\": %u, \"what\": "
            "\"%s\", \"ns\": %.1f, \"bare\": %.1f}",
            j->rows ? "," : "", row->provider, row->suite, row->octets, what, ns, bare);
    j->rows = true;
}

static void measure(const struct options *o, const struct row *row, struct ctx *c,
                    struct bench_json *json, struct figures *first)
{
    struct figures f;

    clear_init(c, row->octets);
    f.seal = figure(o, c, make_clear, send);
    f.open = figure(o, c, make_sent, receive);
    f.bare_seal = figure(o, c, make_sealed, bare_seal);
    f.bare_open = figure(o, c, make_sealed, bare_open);
    if (first->seal == 0)
        *first = f;
    printf("%-18s %-8s %5u", row->suite, row->provider, row->octets);
    half(f.seal, f.bare_seal, first->seal, row->octets);
    half(f.open, f.bare_open, first->open, row->octets);
    printf("\n");
    fflush(stdout);
    json_row(json, row, "seal", f.seal, f.bare_seal);
    json_row(json, row, "open", f.open, f.bare_open);
}

static bool suite_rows(const char *text, const struct ik_encr **encr, const struct ik_integ **integ,
                       char *err, size_t err_len)
{
    struct ik_proposal p;

    *encr = NULL;
    *integ = NULL;
    if (!host_suite_parse_esp(text, &p, err, err_len))
        return false;
    for (unsigned i = 0; i < p.transforms_n; i++) {
        const struct ik_transform *t = &p.transforms[i];
        if (t->type == IK_TT_ENCR)
            *encr = ik_crypto_encr(host_crypto(), t->id, t->key_bits);
        if (t->type == IK_TT_INTEG)
            *integ = ik_crypto_integ(host_crypto(), t->id);
    }
    return true;
}

/* One suite, by each provider in turn, so that they are measured side by side. */
static void report_suite(const struct options *o, const char *suite, struct bench_json *json,
                         struct figures *first)
{
    const struct ik_encr *encr;
    const struct ik_integ *integ;
    struct ctx *c[PROVIDERS_MAX];
    char err[160];

    if (!suite_rows(suite, &encr, &integ, err, sizeof err))
        abort(); /* the command line was checked */
    for (unsigned i = 0; i < o->providers_n; i++)
        c[i] = ctx_new(o, host_crypto_named(o->providers[i]), encr, integ);
    for (unsigned size = 0; size < SIZES_N; size++)
        for (unsigned i = 0; i < o->providers_n; i++)
            measure(o, &(struct row){o->providers[i], suite, sizes[size]}, c[i], json,
                    &first[size]);
    for (unsigned i = 0; i < o->providers_n; i++)
        ctx_free(c[i]);
}

static void report(const struct options *o)
{
    struct figures first[SIZES_N] = {0};
    struct bench_json json;

    bench_json_open(&json, &o->bench, "esp");
    printf("tunnel mode, IPv4 in IPv4, %u SA%s, medians of %u; MB/s of clear packets\n", o->sas,
           o->sas == 1 ? "" : "s", o->bench.times);
    printf("%-18s %-8s %5s %9s %8s %7s %5s %9s %8s %7s %5s\n", "suite", "provider", "size",
           "seal pk/s", "MB/s", "cipher", "ratio", "open pk/s", "MB/s", "cipher", "ratio");
    for (unsigned i = 0; i < o->suites_n; i++)
        report_suite(o, o->suites[i], &json, first);
    bench_json_close(&json);
}

/* ---- command line ---------------------------------------------------------------------------- */

static void add_suite(struct options *o, const char *text, struct argp_state *state)
{
    const struct ik_encr *encr;
    const struct ik_integ *integ;
    char err[160];

    if (!suite_rows(text, &encr, &integ, err, sizeof err))
        argp_failure(state, 2, 0, "--suite: %s", err);
    if (o->suites_n == SUITES_MAX)
        argp_failure(state, 2, 0, "--suite: more than %d", SUITES_MAX);
    o->suites[o->suites_n++] = text;
}

static void add_provider(struct options *o, const char *name, struct argp_state *state)
{
    if (host_crypto_named(name) == NULL)
        argp_failure(state, 2, 0, "--provider: %s: this build has %s", name, host_crypto_names());
    if (o->providers_n == PROVIDERS_MAX)
        argp_failure(state, 2, 0, "--provider: more than %d", PROVIDERS_MAX);
    o->providers[o->providers_n++] = name;
}

/* What the command line does not name: everything. */
static void complete(struct options *o)
{
    static const char *const providers[] = {"bearssl", "openssl"};

    if (o->suites_n == 0) {
        memcpy(o->suites, default_suites, sizeof default_suites);
        o->suites_n = sizeof default_suites / sizeof default_suites[0];
    }
    for (unsigned i = 0, n = o->providers_n; n == 0 && i < 2; i++)
        if (host_crypto_named(providers[i]) != NULL)
            o->providers[o->providers_n++] = providers[i];
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->bench;
        return 0;
    case 's':
        add_suite(o, arg, state);
        return 0;
    case 'p':
        add_provider(o, arg, state);
        return 0;
    case 'n':
        o->sas = bench_number(arg, "sas", SAS_MAX, state);
        return 0;
    case 'f':
        o->fresh = true;
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
        {"suite", 's', "SUITE", 0, "ESP suite, as in aes128gcm16; any number of times", 0},
        {"provider", 'p', "NAME", 0,
         "Who computes, bearssl or openssl; any number of times (default: all of this build)", 0},
        {"sas", 'n', "N", 0, "SAs and policies at each end; the last is used (default 1)", 0},
        {"fresh", 'f', NULL, 0,
         "Compute key schedules for each packet, as hosts do that lend no "
         "room for them",
         0},
        {0},
    };
    static const struct argp_child children[] = {{&bench_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = option_list,
        .parser = parse,
        .children = children,
        .doc = "Packets and megabytes (10^6 octets) per second through SPD, SAD and ESP, by one "
               "thread.\vcipher: the part of the time that the bare cipher takes. ratio: speed "
               "against the first suite and provider with packets of the same size.",
    };
    struct options o = {.bench = bench_defaults, .sas = 1};

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    complete(&o);
    report(&o);
    return 0;
}

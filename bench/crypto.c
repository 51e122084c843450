/* SPDX-License-Identifier: MIT */
/*
 * bench_crypto: operations and megabytes per second of every row of the algorithm table, computed
 * by the fastest code that BearSSL has for this CPU ("host"), by OpenSSL's libcrypto where it has
 * the row and the build has it ("openssl"), and by BearSSL's portable code.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "crypto/crypto.h"
#include "host.h"
#include "provider.h"
#include "util/util.h"

#define TEXT 1392 /* a multiple of 16 near to what fits in an Ethernet frame */
#define PRF_TEXT 64
#define DRBG_OCTETS 64
#define BATCH 16 /* operations between two looks at the clock; Diffie-Hellman: one */

/* The tables, each with an env of its own. */
enum {
    HOST,
#ifdef IK_OPENSSL
    OPENSSL,
#endif
    PORTABLE,
    TABLES
};
static const char *const table_names[TABLES] = {
    [HOST] = "host",
#ifdef IK_OPENSSL
    [OPENSSL] = "openssl",
#endif
    [PORTABLE] = "portable",
};

struct bench {
    struct bench_opts opts;
    struct bench_json json;
    struct ik_env env[TABLES];
};

static void env_init(struct ik_env *env, const struct ik_crypto *crypto)
{
    memset(env, 0, sizeof *env);
    env->crypto = crypto;
    env->sa = 0xffff;
    ik_drbg_init(env);
    ik_drbg_seed(env, "thirty-two octets of fixed seed.", 32);
}

/* The word of a suite that names one algorithm. */
static const char *word(uint8_t type, uint16_t id, uint16_t key_bits)
{
    static char text[64];
    struct ik_proposal p = {.transforms_n = 1,
                            .transforms = {{.type = type, .id = id, .key_bits = key_bits}}};

    host_suite_print(&p, text, sizeof text);
    return text;
}

/* One line: all tables, and how many times faster than the portable one the others are. octets: 0
 * if they mean nothing.
 */
static void report(struct bench *b, const char *name, const char *what, unsigned octets,
                   const double ns[TABLES])
{
    printf("%-18s %-8s", name, what);
    for (unsigned t = 0; t < TABLES; t++) {
        printf(" %12.0f", 1e9 / ns[t]);
        if (octets > 0)
            printf(" %9.1f", octets * 1e3 / ns[t]);
        else
            printf(" %9s", "");
        bench_json_row(&b->json, name, what, table_names[t], octets, ns[t]);
    }
    for (unsigned t = 0; t < PORTABLE; t++)
        printf(" %7.1f", ns[PORTABLE] / ns[t]);
    printf("\n");
    fflush(stdout);
}

/* ---- ciphers and integrity ------------------------------------------------------------------- */

#define MSG_MAX (8 + 16 + TEXT + IK_HASH_MAX)

struct seal_ctx {
    struct ik_env *env;
    struct ik_seal_key key;
    struct ik_sealed sealed[BATCH];
    uint8_t msg[BATCH][MSG_MAX];
    uint8_t kept[BATCH][MSG_MAX]; /* as they are when sealed */
};

static const uint8_t key_octets[IK_HASH_MAX] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static void seal(void *ctx)
{
    struct seal_ctx *c = ctx;

    for (unsigned i = 0; i < BATCH; i++)
        ik_seal(c->env, &c->key, &c->sealed[i], i);
}

static void unopened(void *ctx)
{
    struct seal_ctx *c = ctx;

    memcpy(c->msg, c->kept, sizeof c->msg);
}

static void open_all(void *ctx)
{
    struct seal_ctx *c = ctx;

    for (unsigned i = 0; i < BATCH; i++) {
        if (ik_open(c->env, &c->key, &c->sealed[i]) != IK_OK)
            abort();
    }
}

static void seal_ctx_init(struct seal_ctx *c, struct ik_env *env, const struct ik_encr *encr,
                          const struct ik_integ *integ)
{
    memset(c, 0, sizeof *c);
    c->env = env;
    c->key = (struct ik_seal_key){
        .encr = encr, .integ = integ, .encr_key = key_octets, .integ_key = key_octets};
    for (unsigned i = 0; i < BATCH; i++)
        c->sealed[i] = (struct ik_sealed){.msg = c->msg[i], .aad_len = 8, .text_len = TEXT};
    seal(c);
    memcpy(c->kept, c->msg, sizeof c->msg);
}

static void bench_seal(struct bench *b, const char *name, const struct ik_encr *encr,
                       const struct ik_integ *integ)
{
    static struct seal_ctx c;
    double sealing[TABLES], opening[TABLES];

    for (unsigned t = 0; t < TABLES; t++) {
        seal_ctx_init(&c, &b->env[t], encr, integ);
        opening[t] = bench_run(&b->opts, &(struct bench_job){unopened, open_all, &c, BATCH});
        sealing[t] = bench_run(&b->opts, &(struct bench_job){NULL, seal, &c, BATCH});
    }
    report(b, name, "seal", TEXT, sealing);
    report(b, name, "open", TEXT, opening);
}

static void bench_ciphers(struct bench *b)
{
    for (const struct ik_encr *const *row = ik_crypto_portable.encr; *row != NULL; row++) {
        if ((*row)->id != IK_ENCR_NULL)
            bench_seal(b, word(IK_TT_ENCR, (*row)->id, (*row)->key_bits), *row, NULL);
    }
    /* With NULL encryption, what is left is the integrity algorithm. */
    for (const struct ik_integ *const *row = ik_crypto_portable.integ;
         *row != NULL && (*row)->iv_len == 0; row++) /* the others are AH's */
        bench_seal(b, word(IK_TT_INTEG, (*row)->id, 0), &ik_encr_null, *row);
}

/* ---- prf and DRBG ---------------------------------------------------------------------------- */

struct prf_ctx {
    struct ik_env *env;
    const struct ik_prf *prf;
    uint8_t out[IK_HASH_MAX];
};

static void prf(void *ctx)
{
    struct prf_ctx *c = ctx;
    static const uint8_t text[PRF_TEXT] = {1};
    const struct ik_span in[2] = {{key_octets, c->prf->key_len}, {text, sizeof text}};

    for (unsigned i = 0; i < BATCH; i++)
        ik_prf(c->env, c->prf, in, 2, c->out);
}

static void draw(void *ctx)
{
    struct prf_ctx *c = ctx;
    uint8_t out[DRBG_OCTETS];

    for (unsigned i = 0; i < BATCH; i++)
        ik_drbg_bytes(c->env, out, sizeof out);
}

static void bench_prfs(struct bench *b)
{
    double ns[TABLES];

    for (const struct ik_prf *const *row = ik_crypto_portable.prf; *row != NULL; row++) {
        for (unsigned t = 0; t < TABLES; t++) {
            struct prf_ctx c = {.env = &b->env[t], .prf = *row};
            ns[t] = bench_run(&b->opts, &(struct bench_job){NULL, prf, &c, BATCH});
        }
        report(b, word(IK_TT_PRF, (*row)->id, 0), "prf", PRF_TEXT, ns);
    }
    for (unsigned t = 0; t < TABLES; t++) {
        struct prf_ctx c = {.env = &b->env[t]};
        ns[t] = bench_run(&b->opts, &(struct bench_job){NULL, draw, &c, BATCH});
    }
    report(b, "drbg", "draw", DRBG_OCTETS, ns);
}

/* ---- Diffie-Hellman -------------------------------------------------------------------------- */

struct dh_ctx {
    struct ik_env *env;
    struct ik_job job;
    struct ik_job fresh; /* as it is before the run */
};

static void dh_prepare(void *ctx)
{
    struct dh_ctx *c = ctx;

    c->job = c->fresh;
}

static void dh_run(void *ctx)
{
    struct dh_ctx *c = ctx;

    ik_job_run(&c->job);
    if (!c->job.good)
        abort();
}

/* Draws until the private value is in range (RFC 6989: one in 2^32 is not, for P-256). */
static void dh_keygen(struct dh_ctx *c, const struct ik_dh *dh)
{
    do {
        ik_job_begin(c->env, &c->job, 1, dh);
        c->fresh = c->job;
        ik_job_run(&c->job);
    } while (!c->job.good);
}

static void bench_dh(struct bench *b)
{
    for (const struct ik_dh *const *row = ik_crypto_portable.dh; *row != NULL; row++) {
        double keygen[TABLES], shared[TABLES];
        for (unsigned t = 0; t < TABLES; t++) {
            static struct dh_ctx c;
            struct bench_job job = {dh_prepare, dh_run, &c, 1};
            uint8_t peer[IK_DH_PUB_MAX];
            c.env = &b->env[t];
            dh_keygen(&c, *row);
            memcpy(peer, c.job.pub, (*row)->pub_len);
            keygen[t] = bench_run(&b->opts, &job);
            dh_keygen(&c, *row);
            if (ik_job_end(&c.job, 2, (struct ik_span){peer, (*row)->pub_len}) != IK_OK)
                abort();
            c.fresh = c.job;
            shared[t] = bench_run(&b->opts, &job);
        }
        report(b, word(IK_TT_DH, (*row)->id, 0), "keygen", 0, keygen);
        report(b, word(IK_TT_DH, (*row)->id, 0), "shared", 0, shared);
    }
}

/* ---- command line ---------------------------------------------------------------------------- */

static error_t parse(int key, char *arg, struct argp_state *state)
{
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = state->input;
        return 0;
    case ARGP_KEY_ARG:
        argp_failure(state, 2, 0, "%s: no arguments are taken", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_head(void)
{
    printf("%-18s %-8s", "", "");
    for (unsigned t = 0; t < TABLES; t++)
        printf(" %12s %9s", table_names[t], "MB/s");
    for (unsigned t = 0; t < PORTABLE; t++)
        printf(" %7s", "ratio");
    printf("\n");
}

int main(int argc, char **argv)
{
    static struct bench b;
    static const struct argp_child children[] = {{&bench_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .parser = parse,
        .children = children,
        .doc = "Operations and megabytes (10^6 octets) per second of every algorithm, by the "
               "fastest code for this CPU, by OpenSSL's libcrypto if this build has it, and by "
               "portable code.",
    };

    argp_err_exit_status = 2;
    b.opts = bench_defaults;
    argp_parse(&argp, argc, argv, 0, NULL, &b.opts);
    env_init(&b.env[HOST], host_crypto());
#ifdef IK_OPENSSL
    env_init(&b.env[OPENSSL], host_crypto_named("openssl"));
#endif
    env_init(&b.env[PORTABLE], &ik_crypto_portable);
    bench_json_open(&b.json, &b.opts, "crypto");
    printf("ciphers and integrity: %u octets; prf: %u octets of text; medians of %u\n", TEXT,
           PRF_TEXT, b.opts.times);
    print_head();
    bench_ciphers(&b);
    bench_prfs(&b);
    bench_dh(&b);
    bench_json_close(&b.json);
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include "sim/check_secrets.h"

#include <stdlib.h>
#include <string.h>

#include "sim/mem.h"

/* Memory is looked at in steps of so many octets, and of each secret so many beginnings are known:
 * so one of them meets a step, wherever it lies. */
#define STEP 8
/* Octets that are compared at once, and that are looked up at once. */
#define CHUNK 128
#define LINE 64

static uint64_t word(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

/* A bit of the filter. */
static unsigned bit_of(uint64_t v)
{
    return (unsigned)((v * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - SIM_SECRET_BITS));
}

static void add8(struct sim_secrets *s, const uint8_t *p, enum sim_secret what)
{
    uint64_t v = word(p);
    uint32_t *list = &s->lists[bit_of(v) / SIM_SECRET_LIST];

    if (s->parts_n == s->parts_cap) {
        s->parts_cap = s->parts_cap ? 2 * s->parts_cap : 4096;
        s->parts = sim_realloc(s->parts, s->parts_cap, sizeof *s->parts);
    }
    s->parts[s->parts_n++] = (struct sim_secret_part){.v = v, .older = *list, .what = what};
    *list = s->parts_n;
    s->filter[bit_of(v) / 64] |= UINT64_C(1) << bit_of(v) % 64;
}

/* What these eight octets are; of several secrets that they are a part of, the oldest. */
static enum sim_secret part_of(const struct sim_secrets *s, uint64_t v)
{
    uint32_t at = s->lists[bit_of(v) / SIM_SECRET_LIST];
    enum sim_secret what = SIM_SECRET_NONE;

    for (; at; at = s->parts[at - 1].older) {
        if (s->parts[at - 1].v == v)
            what = s->parts[at - 1].what;
    }
    return what;
}

void sim_secrets_free(struct sim_secrets *s)
{
    sim_map_free(&s->known);
    free(s->parts);
}

const char *sim_secret_name(enum sim_secret what)
{
    static const char *const names[] = {"nothing", "a key", "a private value", "g^ir",
                                        "a PSK or what is made of it"};

    return names[what];
}

void sim_secret_add(struct sim_secrets *s, const uint8_t *p, size_t len, enum sim_secret what)
{
    bool fresh;

    /* Both ends have the same keys, and a private value is in each step of a job. */
    sim_map_put(&s->known, sim_spy_digest(0, p, len), what, &fresh);
    if (!fresh)
        return;
    for (size_t i = 0; i < STEP && i + 8 <= len; i++) {
        add8(s, p + i, what);
        add8(s, p + len - 8 - i, what);
    }
}

/* Four words: compilers make vector instructions of what is done with it. */
typedef uint64_t quad __attribute__((vector_size(32), aligned(1), may_alias));

/* How many octets from p on, in chunks, repeat its first word. */
static inline __attribute__((always_inline)) size_t repeats(const uint8_t *p, size_t len)
{
    const uint64_t v = word(p);
    const quad same = {v, v, v, v};
    size_t i = 0;

    for (; i + CHUNK <= len; i += CHUNK) {
        const quad *at = (const quad *)(p + i);
        quad any = (at[0] ^ same) | (at[1] ^ same) | (at[2] ^ same) | (at[3] ^ same);
        if ((any[0] | any[1] | any[2] | any[3]) != 0)
            break;
    }
    return i;
}

#ifdef __x86_64__

static __attribute__((noinline, target("avx2"))) size_t repeats_wide(const uint8_t *p, size_t len)
{
    return repeats(p, len);
}

static size_t constant(const uint8_t *p, size_t len)
{
    return __builtin_cpu_supports("avx2") ? repeats_wide(p, len) : repeats(p, len);
}

#else

static size_t constant(const uint8_t *p, size_t len)
{
    return repeats(p, len);
}

#endif

/* False: these eight octets are no part of a secret. */
static bool maybe(const struct sim_secrets *s, uint64_t v)
{
    unsigned bit = bit_of(v);

    return (s->filter[bit / 64] >> bit % 64 & 1) != 0;
}

/* The same of a line, which is looked at without a branch for each word. */
static bool maybe_in(const struct sim_secrets *s, const uint8_t *p)
{
    bool any = false;

    for (size_t i = 0; i < LINE; i += STEP)
        any |= maybe(s, word(p + i));
    return any;
}

/* Where in p[0..len) a part lies; len: nowhere. */
static size_t find(const struct sim_secrets *s, const uint8_t *p, size_t len, enum sim_secret *what)
{
    for (size_t i = 0; i + STEP <= len; i += STEP) {
        *what = maybe(s, word(p + i)) ? part_of(s, word(p + i)) : SIM_SECRET_NONE;
        if (*what != SIM_SECRET_NONE)
            return i;
    }
    return len;
}

/* How many octets from p on repeat a word that is no part of a secret: most memory of most nodes
 * is as it was lent, or wiped. */
static size_t harmless(const struct sim_secrets *s, const uint8_t *p, size_t len)
{
    if (len < CHUNK || word(p) != word(p + STEP) || maybe(s, word(p)))
        return 0;
    return constant(p, len);
}

size_t sim_secret_find(const struct sim_secrets *s, const uint8_t *p, size_t len,
                       enum sim_secret *what)
{
    size_t i = 0, at, n;

    while (i + LINE <= len) {
        n = harmless(s, p + i, len - i);
        if (n == 0 && maybe_in(s, p + i)) {
            at = find(s, p + i, LINE, what);
            if (at < LINE)
                return i + at;
        }
        i += n ? n : LINE;
    }
    at = find(s, p + i, len - i, what);
    return i + at;
}

/* ---- what is secret -------------------------------------------------------------------------- */

static void add_pads(struct sim_secrets *s, struct ik_span psk)
{
    uint8_t pad[64];

    for (unsigned x = 0x36; x <= 0x5c; x += 0x5c - 0x36) {
        memset(pad, (int)x, sizeof pad);
        for (size_t i = 0; i < psk.len && i < sizeof pad; i++)
            pad[i] ^= psk.p[i];
        /* What of a pad lies behind a short key is no secret, and stands in many places. */
        if (psk.len >= 8)
            sim_secret_add(s, pad, psk.len < sizeof pad ? psk.len : sizeof pad, SIM_SECRET_PSK);
    }
}

/* RFC 7296 2.15: AUTH = prf(prf(Shared Secret, "Key Pad for IKEv2"), <octets>) */
static void add_inner(struct sim_spy *spy, const struct ik_crypto *crypto, struct ik_span psk)
{
    static const uint8_t text[] = "Key Pad for IKEv2";
    struct ik_env env = {.crypto = crypto};

    for (size_t i = 0; crypto->prf[i]; i++) {
        const struct ik_mac *mac = crypto->prf[i]->mac;
        const struct ik_span in[] = {psk, {text, sizeof text - 1}};
        uint8_t out[64];
        mac->run(mac, &env, in, 2, out);
        sim_secret_add(&spy->secrets, out, mac->out_len, SIM_SECRET_PSK);
        add_pads(&spy->secrets, (struct ik_span){out, mac->out_len});
    }
}

void sim_check_secrets_config(struct sim_spy *spy, const struct ik_config *config)
{
    if (!spy->stack)
        return; /* a node's memory may hold the host's configuration */
    for (uint16_t i = 0; i < config->peers_n; i++) {
        struct ik_span psk = config->peers[i].psk;
        sim_secret_add(&spy->secrets, psk.p, psk.len, SIM_SECRET_PSK);
        add_pads(&spy->secrets, psk);
        if (config->peers[i].psk_prf == 0)
            add_inner(spy, config->crypto, psk); /* else psk is that */
#if IK_PPK
        for (uint8_t k = 0; k < config->peers[i].ppks_n; k++) {
            struct ik_span ppk = config->peers[i].ppks[k].key;
            sim_secret_add(&spy->secrets, ppk.p, ppk.len, SIM_SECRET_PSK);
            add_pads(&spy->secrets, ppk);
        }
#endif
    }
}

/* Where the public value was no good, the initiator waits for a better one. If it was the base
 * point, which a forger may send, g^ir is our public value. */
static bool shared_made(const struct ik_job *job)
{
    return job->op == IK_KE_SECRET && job->good &&
           memcmp(job->peer, job->pub, job->dh->shared_len) != 0;
}

void sim_check_secrets_job(struct sim_spy *spy, const struct ik_job *job)
{
    if (job->kind == IK_JOB_NONE)
        return; /* its SA has ended: it is wiped, or about to be */
    sim_secret_add(&spy->secrets, job->priv, job->dh->priv_len, SIM_SECRET_PRIVATE);
    if (shared_made(job))
        sim_secret_add(&spy->secrets, job->peer, job->dh->shared_len, SIM_SECRET_SHARED);
}

/* ---- where it must not be -------------------------------------------------------------------- */

#define WANTED_BITS 12

/* What is looked for; of: NULL: any secret but what the host's configuration holds, too. */
struct wanted {
    const struct sim_key *const *of; /* n times `each` of them */
    size_t n;
    unsigned each;
    uint64_t filter[(1 << WANTED_BITS) / 64]; /* of all eight octets of them */
};

/* A bit of wanted.filter. */
static unsigned wanted_bit(const uint8_t *p)
{
    return bit_of(word(p)) >> (SIM_SECRET_BITS - WANTED_BITS);
}

static void want(struct wanted *w, const struct sim_key *const *of, size_t n, unsigned each)
{
    *w = (struct wanted){.of = of, .n = n, .each = each};
    for (size_t i = 0; i < n * each; i++) {
        const struct sim_key *key = &of[i / each][i % each];
        for (unsigned at = 0; at + 8 <= key->len; at++)
            w->filter[wanted_bit(key->b + at) / 64] |= UINT64_C(1) << wanted_bit(key->b + at) % 64;
    }
}

static bool is_of(const struct sim_key *keys, unsigned n, const uint8_t *p)
{
    for (unsigned i = 0; i < n; i++) {
        for (unsigned at = 0; at + 8 <= keys[i].len; at++) {
            if (memcmp(keys[i].b + at, p, 8) == 0)
                return true;
        }
    }
    return false;
}

/* Are these eight octets a part of one of these? */
static bool is_one(const struct wanted *w, const uint8_t *p)
{
    if ((w->filter[wanted_bit(p) / 64] >> wanted_bit(p) % 64 & 1) == 0)
        return false;
    for (size_t i = 0; i < w->n; i++) {
        if (is_of(w->of[i], w->each, p))
            return true;
    }
    return false;
}

static void scan(struct sim_spy *spy, const struct sim_memory *m, const struct wanted *w)
{
    enum sim_secret what;
    size_t at = 0;

    for (;;) {
        at += sim_secret_find(&spy->secrets, m->p + at, m->len - at, &what);
        if (at >= m->len)
            return;
        if (w->of ? is_one(w, m->p + at) : what != SIM_SECRET_PSK) {
            sim_spy_fail(spy, "n%u: %s is left in %s at offset %zu", m->node, sim_secret_name(what),
                         m->what, at);
            return;
        }
        at += STEP;
    }
}

static void scan_node(struct sim_spy *spy, uint16_t node, const struct wanted *w)
{
    for (size_t i = 0; i < spy->memory_n; i++) {
        if (spy->memory[i].node == node)
            scan(spy, &spy->memory[i], w);
    }
}

void sim_check_secrets_ended(struct sim_spy *spy, uint16_t node, const struct sim_key *const keys[],
                             size_t n)
{
    struct wanted w;

    if (n == 0)
        return;
    want(&w, keys, n, SIM_KEYS_N);
    scan_node(spy, node, &w);
}

void sim_check_secrets_none(struct sim_spy *spy, uint16_t node)
{
    scan_node(spy, node, &(struct wanted){0});
}

static void key_of(struct sim_key *key, const uint8_t *p, uint16_t len)
{
    key->len = len < SIM_KEY_MAX ? (uint8_t)len : SIM_KEY_MAX;
    memcpy(key->b, p, key->len);
}

void sim_check_secrets_take(const struct ik_job *job, struct sim_key out[2])
{
    out[0].len = out[1].len = 0;
    if (!shared_made(job))
        return;
    key_of(&out[0], job->priv, job->dh->priv_len);
    key_of(&out[1], job->peer, job->dh->shared_len);
}

void sim_check_secrets_used(struct sim_spy *spy, uint16_t node, const struct sim_key used[2])
{
    struct wanted w;

    if (used[0].len == 0)
        return;
    want(&w, &used, 1, 2);
    scan_node(spy, node, &w);
}

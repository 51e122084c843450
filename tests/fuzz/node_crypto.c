/* SPDX-License-Identifier: MIT */
#include "node_crypto.h"

#include <string.h>

#include "host.h"

/* Sanitizers would take most of the time here, and have seen it. */
#if defined(__clang__)
#define PLAIN __attribute__((no_sanitize("address", "undefined", "coverage")))
#else
#define PLAIN
#endif

unsigned node_jobs_fail;

/* ---- a sum of octets in a stream ----------------------------------------------------------------
 */

struct sum {
    uint64_t v, word;
    uint32_t fill;
};

PLAIN static inline uint64_t mix(uint64_t v)
{
    v = (v ^ (v >> 32)) * 0xd6e8feb86659fd93u;
    return v ^ (v >> 29);
}

/* However the stream is cut: words of eight octets from its beginning. */
PLAIN static void sum_add(struct sum *s, const uint8_t *p, size_t len)
{
    while (len > 0) {
        if (s->fill % 8 == 0 && len >= 8) {
            uint64_t word;
            memcpy(&word, p, 8);
            s->v = mix(s->v + word);
            s->fill += 8;
            p += 8;
            len -= 8;
            continue;
        }
        s->word |= (uint64_t)*p++ << (8 * (s->fill % 8));
        len--;
        if (++s->fill % 8 == 0) {
            s->v = mix(s->v + s->word);
            s->word = 0;
        }
    }
}

PLAIN static void sum_end(const struct sum *s, uint8_t *out, size_t len)
{
    uint64_t v = mix(s->v + s->word) + s->fill;

    for (size_t i = 0; i < len; i++) {
        v = i % 8 == 0 ? mix(v + 1) : v >> 8;
        out[i] = (uint8_t)v;
    }
}

/* ---- hashes ---------------------------------------------------------------------------------- */

struct hash {
    const br_hash_class *vtable;
    struct sum sum;
};
_Static_assert(sizeof(struct hash) <= sizeof(br_sha1_context), "takes its place");

static br_hash_class sha1, sha256;

static void sha1_init(const br_hash_class **ctx)
{
    *(struct hash *)ctx = (struct hash){.vtable = &sha1, .sum = {.v = 1}};
}

static void sha256_init(const br_hash_class **ctx)
{
    *(struct hash *)ctx = (struct hash){.vtable = &sha256, .sum = {.v = 2}};
}

static void hash_update(const br_hash_class **ctx, const void *data, size_t len)
{
    sum_add(&((struct hash *)ctx)->sum, data, len);
}

static void sha1_out(const br_hash_class *const *ctx, void *out)
{
    sum_end(&((const struct hash *)ctx)->sum, out, 20);
}

static void sha256_out(const br_hash_class *const *ctx, void *out)
{
    sum_end(&((const struct hash *)ctx)->sum, out, 32);
}

/* ---- MACs, prf, integrity -------------------------------------------------------------------- */

#define KEY_LEN 32

static void mac_run(const struct ik_mac *self, struct ik_env *env, const struct ik_span *in,
                    size_t n, uint8_t *out)
{
    struct sum s = {.v = 3};
    uint8_t last = 0;

    (void)env;
    for (size_t i = 0; i < n; i++) {
        if (in[i].len > 0) {
            sum_add(&s, in[i].p, in[i].len);
        }
        if (i == 0) {
            sum_add(&s, &last, 1);
        }
    }
    sum_end(&s, out, self->out_len);
}

static const struct ik_mac mac = {.run = mac_run, .out_len = KEY_LEN};
static const struct ik_prf prf = {.id = IK_PRF_HMAC_SHA2_256, .key_len = KEY_LEN, .mac = &mac};
static const struct ik_integ integ = {
    .id = IK_INTEG_HMAC_SHA2_256_128, .key_len = KEY_LEN, .icv_len = NODE_ICV_LEN, .mac = &mac};

void node_icv(struct ik_span key, const uint8_t *p, size_t len, uint8_t *out)
{
    const struct ik_span in[2] = {key, {p, (uint16_t)len}};
    uint8_t full[KEY_LEN];

    mac_run(&mac, NULL, in, 2, full);
    memcpy(out, full, NODE_ICV_LEN);
}

/* ---- ciphers --------------------------------------------------------------------------------- */

#define AEAD_KEY_LEN (16 + 4)

static int aead_run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
                    const struct ik_sealed *s, int seal)
{
    size_t len = (size_t)s->aad_len + self->iv_len + s->text_len;
    uint8_t icv[NODE_ICV_LEN];

    (void)env;
    node_icv((struct ik_span){key, AEAD_KEY_LEN}, s->msg, len, icv);
    if (seal) {
        memcpy(s->msg + len, icv, sizeof icv);
    }
    return memcmp(s->msg + len, icv, sizeof icv) == 0;
}

static int clear_run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
                     const struct ik_sealed *s, int seal)
{
    (void)self, (void)env, (void)key, (void)s, (void)seal;
    return 1;
}

static const struct ik_encr aead = {.id = IK_ENCR_AES_GCM_16,
                                    .key_bits = 128,
                                    .key_len = 16,
                                    .salt_len = 4,
                                    .iv_len = 8,
                                    .block = 1,
                                    .icv_len = NODE_ICV_LEN,
                                    .flags = IK_ALG_AEAD,
                                    .run = aead_run};
/* What nobody offers: for tickets, whose ICV is of 16 octets. */
static int wide_run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
                    const struct ik_sealed *s, int seal)
{
    size_t len = (size_t)s->aad_len + self->iv_len + s->text_len;

    if (seal) {
        memset(s->msg + len + NODE_ICV_LEN, 0, NODE_ICV_LEN);
    }
    return aead_run(self, env, key, s, seal);
}

static const struct ik_encr wide = {.id = IK_ENCR_CHACHA20_POLY1305,
                                    .key_len = 16,
                                    .salt_len = 4,
                                    .iv_len = 8,
                                    .block = 1,
                                    .icv_len = 2 * NODE_ICV_LEN,
                                    .flags = IK_ALG_AEAD,
                                    .run = wide_run};
static const struct ik_encr blocks = {.id = IK_ENCR_AES_CBC,
                                      .key_bits = 128,
                                      .key_len = 16,
                                      .iv_len = 16,
                                      .block = 16,
                                      .run = clear_run};
static const struct ik_encr stream = {.id = IK_ENCR_AES_CTR,
                                      .key_bits = 128,
                                      .key_len = 16,
                                      .salt_len = 4,
                                      .iv_len = 8,
                                      .block = 1,
                                      .run = clear_run};
static const struct ik_encr null = {
    .id = IK_ENCR_NULL, .block = 1, .flags = IK_ALG_ESP_ONLY, .run = clear_run};

/* ---- groups ---------------------------------------------------------------------------------- */

/* In two slices. */
static bool raise(struct ik_job *job, uint16_t budget)
{
    if (job->work[0]++ == 0 && budget < IK_JOB_WHOLE) {
        return false;
    }
    job->good = node_jobs_fail == 0;
    node_jobs_fail -= node_jobs_fail > 0;
    for (uint16_t i = 0; i < job->dh->pub_len; i++) {
        if (job->op == IK_KE_PUBLIC) {
            job->pub[i] = job->priv[i];
        } else {
            job->peer[i] ^= job->priv[i];
        }
    }
    return true;
}

#define GROUP(number, of)                                                                          \
    {                                                                                              \
        .id = (number), .pub_len = 32, .shared_len = 32, .priv_len = 32, .cost = (of),             \
        .step = raise                                                                              \
    }
static const struct ik_dh x25519 = GROUP(IK_DH_X25519, IK_COST_X25519);
static const struct ik_dh p256 = GROUP(IK_DH_P256, IK_COST_P256);

/* ---- the table ------------------------------------------------------------------------------- */

const struct ik_crypto *node_crypto(void)
{
    static const struct ik_encr *const encrs[] = {&aead, &blocks, &stream, &null, &wide, NULL};
    static const struct ik_integ *const integs[] = {&integ, NULL};
    static const struct ik_prf *const prfs[] = {&prf, NULL};
    static const struct ik_dh *const groups[] = {&x25519, &p256, NULL};
    static struct ik_crypto crypto;

    if (crypto.encr == NULL) {
        crypto = *host_crypto();
        sha1 = br_sha1_vtable;
        sha1.init = sha1_init;
        sha1.update = hash_update;
        sha1.out = sha1_out;
        sha256 = br_sha256_vtable;
        sha256.init = sha256_init;
        sha256.update = hash_update;
        sha256.out = sha256_out;
        crypto.sha1 = &sha1;
        crypto.sha256 = &sha256;
        crypto.encr = encrs;
        crypto.integ = integs;
        crypto.prf = prfs;
        crypto.dh = groups;
    }
    return &crypto;
}

/* SPDX-License-Identifier: MIT */
/* Algorithms for bench_scale: one suite with BearSSL's primitives or, to set SAs up, cheap ones. */
#include <string.h>

#include "host.h"
#include "scale.h"

bool scale_cheap;

/* ---- a hash in SHA-256's place -----------------------------------------------------------------
 */

struct cheap_hash {
    const br_hash_class *vtable;
    uint64_t sum, word;
    uint64_t fill; /* octets so far */
};
_Static_assert(sizeof(struct cheap_hash) <= sizeof(br_sha256_context), "takes its place");

static uint64_t mix(uint64_t v)
{
    v = (v ^ (v >> 32)) * 0xd6e8feb86659fd93u;
    return v ^ (v >> 29);
}

static void hash_init(const br_hash_class **ctx)
{
    struct cheap_hash *h = (struct cheap_hash *)ctx;

    if (!scale_cheap) {
        br_sha256_vtable.init(ctx);
        return;
    }
    h->sum = 1;
    h->word = 0;
    h->fill = 0;
}

static void hash_update(const br_hash_class **ctx, const void *data, size_t len)
{
    struct cheap_hash *h = (struct cheap_hash *)ctx;
    const uint8_t *p = data;

    if (!scale_cheap) {
        br_sha256_vtable.update(ctx, data, len);
        return;
    }
    for (; len > 0; len--, p++) {
        h->word = h->word << 8 | *p;
        if (++h->fill % 8 == 0)
            h->sum = mix(h->sum + h->word);
    }
}

static void hash_out(const br_hash_class *const *ctx, void *out)
{
    const struct cheap_hash *h = (const struct cheap_hash *)ctx;
    uint64_t word = mix(h->sum + h->word) + h->fill;

    if (!scale_cheap) {
        br_sha256_vtable.out(ctx, out);
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        word = mix(word + 1);
        memcpy((uint8_t *)out + 8 * i, &word, 8);
    }
}

/* The core calls these three; the rest of the row is that of SHA-256. */
static br_hash_class hash;

/* ---- a cipher in AES-GCM's place ----------------------------------------------------------------
 */

static struct ik_encr cipher;

static int cipher_run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
                      const struct ik_sealed *s, int seal)
{
    uint8_t *icv = s->msg + s->aad_len + self->iv_len + s->text_len;

    if (!scale_cheap)
        return ik_encr_aes_gcm_16_128.run(self, env, key, s, seal);
    if (seal)
        memcpy(icv, key, self->icv_len);
    return memcmp(icv, key, self->icv_len) == 0;
}

/* ---- a group in X25519's place ------------------------------------------------------------------
 */

static bool group_step(struct ik_job *job, uint16_t budget)
{
    (void)budget;
    for (uint16_t i = 0; i < job->dh->pub_len; i++) {
        if (job->op == IK_KE_PUBLIC)
            job->pub[i] = job->priv[i];
        else
            job->peer[i] ^= job->priv[i];
    }
    job->good = 1;
    return true;
}

static const struct ik_dh group = {.id = IK_DH_X25519,
                                   .pub_len = 32,
                                   .shared_len = 32,
                                   .priv_len = 32,
                                   .cost = IK_COST_X25519,
                                   .step = group_step};

/* ---- the table ------------------------------------------------------------------------------- */

const struct ik_proposal scale_ike = {
    3,
    {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_GCM_16, .key_bits = 128},
     {.type = IK_TT_PRF, .id = IK_PRF_HMAC_SHA2_256},
     {.type = IK_TT_DH, .id = IK_DH_X25519}}};
const struct ik_proposal scale_esp = {
    2,
    {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_GCM_16, .key_bits = 128},
     {.type = IK_TT_ESN, .id = IK_ESN_NO}}};

const struct ik_crypto *scale_crypto(void)
{
    static struct ik_crypto crypto;
    static const struct ik_encr *const encrs[] = {&cipher, NULL};
    static const struct ik_prf *const prfs[] = {&ik_prf_hmac_sha2_256, NULL};
    static const struct ik_dh *const groups[] = {&group, NULL};

    cipher = ik_encr_aes_gcm_16_128;
    cipher.run = cipher_run;
    hash = br_sha256_vtable;
    hash.init = hash_init;
    hash.update = hash_update;
    hash.out = hash_out;
    crypto = *host_crypto();
    crypto.sha256 = &hash;
    crypto.encr = encrs;
    crypto.prf = prfs;
    crypto.dh = groups;
    return &crypto;
}

/* SPDX-License-Identifier: MIT */
/* HMAC (RFC 2104) as prf and as integrity algorithm: SHA-1 (RFC 2404), SHA-2 (RFC 4868). */
#include "crypto/digest.h"
#include "crypto/mac.h"

#define IPAD 0x36
#define OPAD 0x5c

static const br_hash_class *hash_of(const struct ik_mac *self, const struct ik_env *env)
{
    const struct ik_crypto *c = ik_crypto_of(env);

    if (IK_HASH_MAX > 32 && self->hash_id >= br_sha384_ID) {
        return self->hash_id == br_sha384_ID ? c->sha384 : c->sha512;
    }
    return self->hash_id == br_sha1_ID ? c->sha1 : c->sha256;
}

static void flip(uint8_t pad[IK_HASH_BLOCK_MAX], uint8_t mask)
{
    size_t i;

    for (i = 0; i < IK_HASH_BLOCK_MAX; i++) {
        pad[i] ^= mask;
    }
}

#if IK_PREPARE
static void state_of(const br_hash_class *hash, const uint8_t *pad, uint8_t *out)
{
    union ik_hash_state s;

    hash->init(&s.vtable);
    hash->update(&s.vtable, pad, ik_hash_block_len(hash));
    (void)hash->state(&s.vtable, out);
    ik_wipe(&s, sizeof s);
}

/* The hash of what was before state, and of the n parts. */
static void resume(struct ik_env *env, const br_hash_class *hash, const uint8_t *state,
                   const struct ik_span *in, size_t n, uint8_t *out)
{
    union ik_hash_state s;
    uint32_t len = 0;

    hash->init(&s.vtable);
    hash->set_state(&s.vtable, state, ik_hash_block_len(hash));
    for (size_t i = 0; i < n; i++) {
        hash->update(&s.vtable, in[i].p, in[i].len);
        len += in[i].len;
    }
    hash->out(&s.vtable, out);
    if (IK_METER) {
        ik_hash_charge(env, hash, ik_hash_blocks(hash, len));
    }
    ik_wipe(&s, sizeof s);
}
#endif

/* A key longer than a block is hashed first. out holds the inner digest until it is the outer one.
 */
static void run(const struct ik_mac *self, struct ik_env *env, const struct ik_span *in, size_t n,
                uint8_t *out)
{
    const br_hash_class *hash = hash_of(self, env);
    struct ik_span inner = {out, self->out_len};
    uint8_t pad[IK_HASH_BLOCK_MAX];

    memset(pad, 0, sizeof pad);
    if (in[0].len > ik_hash_block_len(hash)) {
        ik_digest(env, hash, NULL, in, 1, pad);
    } else if (in[0].len > 0) {
        memcpy(pad, in[0].p, in[0].len);
    }
    flip(pad, IPAD);
    ik_digest(env, hash, pad, in + 1, n - 1, out);
    flip(pad, IPAD ^ OPAD);
    ik_digest(env, hash, pad, &inner, 1, out);
    ik_charge(env, IK_COST_HMAC, 1);
    ik_wipe(pad, sizeof pad);
}

/* Compressions that a key of that length takes before it is a key. */
static size_t key_blocks(const br_hash_class *hash, uint16_t len)
{
    return len > ik_hash_block_len(hash) ? ik_hash_blocks(hash, len) : 0;
}

void ik_prf_even(struct ik_env *env, const struct ik_prf *prf, uint16_t len, uint16_t longest)
{
    if (prf->mac->run != run) {
        return;
    }
    const br_hash_class *hash = hash_of(prf->mac, env);
    uint8_t out[IK_HASH_MAX];
    size_t have = key_blocks(hash, len), want = key_blocks(hash, longest);
    for (; have < want; have++) {
        ik_digest(env, hash, NULL, NULL, 0, out); /* one block */
    }
}

#if IK_PREPARE
/* The states of the hash after the two pads. */
struct states {
    uint8_t inner[64], outer[64];
};
_Static_assert(sizeof(struct states) <= IK_MAC_CTX_MAX, "room for what is prepared");

static void prepare(const struct ik_mac *self, struct ik_env *env, struct ik_span key, void *ctx)
{
    const br_hash_class *hash = hash_of(self, env);
    struct states *states = ctx;
    uint8_t pad[IK_HASH_BLOCK_MAX];

    IK_ASSERT(key.len <= ik_hash_block_len(hash));
    memset(pad, 0, sizeof pad);
    memcpy(pad, key.p, key.len);
    flip(pad, IPAD);
    state_of(hash, pad, states->inner);
    flip(pad, IPAD ^ OPAD);
    state_of(hash, pad, states->outer);
    if (IK_METER) {
        ik_hash_charge(env, hash, 2);
    }
    ik_wipe(pad, sizeof pad);
}

static void run_prepared(const struct ik_mac *self, struct ik_env *env, void *ctx,
                         const struct ik_span *in, size_t n, uint8_t *out)
{
    const br_hash_class *hash = hash_of(self, env);
    const struct states *states = ctx;
    struct ik_span inner = {out, self->out_len};

    resume(env, hash, states->inner, in, n, out);
    resume(env, hash, states->outer, &inner, 1, out);
    ik_charge(env, IK_COST_HMAC, 1);
}
#define PREPARED                                                                                   \
    , .ctx_len = (uint16_t)sizeof(struct states), .prepare = prepare, .run_prepared = run_prepared
#else
#define PREPARED
#endif

#define MAC(hash, len)                                                                             \
    {                                                                                              \
        .run = run, .hash_id = br_##hash##_ID, .out_len = (len)PREPARED                            \
    }

static const struct ik_mac mac_sha1 = MAC(sha1, 20);
static const struct ik_mac mac_sha256 = MAC(sha256, 32);
static const struct ik_mac mac_sha384 = MAC(sha384, 48);
static const struct ik_mac mac_sha512 = MAC(sha512, 64);

void ik_hmac_sha256(struct ik_env *env, const struct ik_span *in, size_t n, uint8_t *out)
{
    run(&mac_sha256, env, in, n, out);
}

const struct ik_prf ik_prf_hmac_sha1 = {
    .id = IK_PRF_HMAC_SHA1, .key_len = 20, .flags = IK_ALG_LEGACY, .mac = &mac_sha1};
const struct ik_prf ik_prf_hmac_sha2_256 = {
    .id = IK_PRF_HMAC_SHA2_256, .key_len = 32, .mac = &mac_sha256};
const struct ik_prf ik_prf_hmac_sha2_384 = {
    .id = IK_PRF_HMAC_SHA2_384, .key_len = 48, .mac = &mac_sha384};
const struct ik_prf ik_prf_hmac_sha2_512 = {
    .id = IK_PRF_HMAC_SHA2_512, .key_len = 64, .mac = &mac_sha512};

/* RFC 4868 2.1.1: the key is as long as the digest, the ICV is half of it. */
const struct ik_integ ik_integ_hmac_sha1_96 = {.id = IK_INTEG_HMAC_SHA1_96,
                                               .key_len = 20,
                                               .icv_len = 12,
                                               .flags = IK_ALG_LEGACY,
                                               .mac = &mac_sha1};
const struct ik_integ ik_integ_hmac_sha2_256_128 = {
    .id = IK_INTEG_HMAC_SHA2_256_128, .key_len = 32, .icv_len = 16, .mac = &mac_sha256};
const struct ik_integ ik_integ_hmac_sha2_384_192 = {
    .id = IK_INTEG_HMAC_SHA2_384_192, .key_len = 48, .icv_len = 24, .mac = &mac_sha384};
const struct ik_integ ik_integ_hmac_sha2_512_256 = {
    .id = IK_INTEG_HMAC_SHA2_512_256, .key_len = 64, .icv_len = 32, .mac = &mac_sha512};

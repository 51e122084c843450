/* SPDX-License-Identifier: MIT */
/* HMAC (RFC 2104) as prf and as integrity algorithm: SHA-1 (RFC 2404), SHA-2 (RFC 4868). */
#include "crypto/digest.h"

static const br_hash_class *hash_of(const struct ik_mac *self, const struct ik_env *env)
{
    switch (self->hash_id) {
    case br_sha1_ID:
        return env->crypto->sha1;
    case br_sha256_ID:
        return env->crypto->sha256;
    case br_sha384_ID:
        return env->crypto->sha384;
    default:
        return env->crypto->sha512;
    }
}

/* The two pads are one compression each; a key longer than a block is hashed first. */
static void init(const struct ik_mac *self, struct ik_env *env, struct ik_mac_ctx *ctx,
                 const uint8_t *key, size_t key_len)
{
    const br_hash_class *hash = hash_of(self, env);
    br_hmac_key_context keys;

    br_hmac_key_init(&keys, hash, key, key_len);
    br_hmac_init(&ctx->u.hmac, &keys, 0);
    ik_hash_charge(env, hash, 2);
    if (IK_METER && key_len > ik_hash_block_len(hash)) {
        ik_hash_charge(env, hash, ik_hash_blocks(hash, (uint32_t)key_len));
    }
    ik_wipe(&keys, sizeof keys);
}

/* What the message costs is charged in final(), when its length is known. */
static void update(const struct ik_mac *self, struct ik_env *env, struct ik_mac_ctx *ctx,
                   const uint8_t *data, size_t len)
{
    (void)self;
    (void)env;
    if (len > 0) {
        br_hmac_update(&ctx->u.hmac, data, len);
    }
}

static void charge_message(const br_hash_class *hash, struct ik_env *env,
                           const struct ik_mac_ctx *ctx)
{
    uint8_t state[64]; /* of SHA-512, the largest */
    /* BearSSL counts the inner pad too; init() has charged that block already. */
    uint32_t len = (uint32_t)hash->state(&ctx->u.hmac.dig.vtable, state);

    ik_hash_charge(env, hash, ik_hash_blocks(hash, len) - 1);
    ik_hash_charge(env, hash, 1); /* the outer hash: a digest and its padding fit one block */
    ik_wipe(state, sizeof state);
}

static void final(const struct ik_mac *self, struct ik_env *env, struct ik_mac_ctx *ctx,
                  uint8_t *out)
{
    if (IK_METER) {
        charge_message(hash_of(self, env), env, ctx);
    }
    (void)br_hmac_out(&ctx->u.hmac, out);
}

#define MAC(hash, len)                                                                             \
    {                                                                                              \
        .init = init, .update = update, .final = final, .hash_id = br_##hash##_ID,                 \
        .out_len = (len)                                                                           \
    }

static const struct ik_mac mac_sha1 = MAC(sha1, 20);
static const struct ik_mac mac_sha256 = MAC(sha256, 32);
static const struct ik_mac mac_sha384 = MAC(sha384, 48);
static const struct ik_mac mac_sha512 = MAC(sha512, 64);

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

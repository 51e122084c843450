/* SPDX-License-Identifier: MIT */
/*
 * AES-XCBC-MAC (RFC 3566) and AES-CMAC (RFC 4493), as integrity algorithms (RFC 3566, 4494) and as
 * prf (RFC 4434, 4615). Both are CBC-MAC whose last block is marked by one of two keys: last1 if it
 * is whole, last2 if it was padded. They differ in how those keys come to be, and in what a prf key
 * of another length than 16 becomes.
 */
#include "crypto/sealed.h"

/* Runs one block through CBC-MAC: sum := AES(sum ^ block). */
static void step(struct ik_env *env, struct ik_mac_ctx *ctx, uint8_t sum[16],
                 const uint8_t block[16])
{
    ctx->u.aes.keys.vtable->mac(&ctx->u.aes.keys.vtable, sum, block, 16);
    ik_aes_charge(env, 16, 0, 1);
}

static void setup(struct ik_env *env, struct ik_mac_ctx *ctx, const uint8_t key[16])
{
    env->crypto->aes_ctrcbc->init(&ctx->u.aes.keys.vtable, key, 16);
    ik_aes_charge(env, 16, 1, 0);
}

static void start(struct ik_mac_ctx *ctx)
{
    memset(ctx->u.aes.sum, 0, sizeof ctx->u.aes.sum);
    ctx->u.aes.fill = 0;
}

/* RFC 3566 section 4, step 1: K1 to K3 are encryptions of 0x01…, 0x02…, 0x03…. */
static void xcbc_start(struct ik_env *env, struct ik_mac_ctx *ctx, const uint8_t key[16])
{
    uint8_t constant[16];
    uint8_t k1[16];

    setup(env, ctx, key);
    memset(k1, 0, sizeof k1);
    memset(constant, 1, sizeof constant);
    step(env, ctx, k1, constant);
    memset(ctx->u.aes.last1, 0, sizeof ctx->u.aes.last1);
    memset(constant, 2, sizeof constant);
    step(env, ctx, ctx->u.aes.last1, constant);
    memset(ctx->u.aes.last2, 0, sizeof ctx->u.aes.last2);
    memset(constant, 3, sizeof constant);
    step(env, ctx, ctx->u.aes.last2, constant);
    setup(env, ctx, k1);
    ik_wipe(k1, sizeof k1);
    start(ctx);
}

/* Doubling in GF(2^128) as RFC 4493 section 2.3 has it, without a branch on the key. */
static void twice(uint8_t out[16], const uint8_t in[16])
{
    uint8_t carry = (uint8_t)(0x87 & (0 - (in[0] >> 7)));
    size_t i;

    for (i = 0; i < 15; i++) {
        out[i] = (uint8_t)(((unsigned)in[i] << 1) | (in[i + 1] >> 7));
    }
    out[15] = (uint8_t)(((unsigned)in[15] << 1) ^ carry);
}

/* RFC 4493 section 2.3: K1 and K2 are AES(0) doubled and doubled again. */
static void cmac_start(struct ik_env *env, struct ik_mac_ctx *ctx, const uint8_t key[16])
{
    uint8_t l[16];
    uint8_t zero[16];

    setup(env, ctx, key);
    memset(l, 0, sizeof l);
    memset(zero, 0, sizeof zero);
    step(env, ctx, l, zero);
    twice(ctx->u.aes.last1, l);
    twice(ctx->u.aes.last2, ctx->u.aes.last1);
    ik_wipe(l, sizeof l);
    start(ctx);
}

/* A full block waits for more: the last one is treated apart. */
static void update(const struct ik_mac *self, struct ik_env *env, struct ik_mac_ctx *ctx,
                   const uint8_t *data, size_t len)
{
    (void)self;
    while (len > 0) {
        size_t n = 16u - ctx->u.aes.fill;

        if (n == 0) {
            step(env, ctx, ctx->u.aes.sum, ctx->u.aes.block);
            ctx->u.aes.fill = 0;
            n = 16;
        }
        if (n > len) {
            n = len;
        }
        memcpy(ctx->u.aes.block + ctx->u.aes.fill, data, n);
        ctx->u.aes.fill = (uint8_t)(ctx->u.aes.fill + n);
        data += n;
        len -= n;
    }
}

static void final(const struct ik_mac *self, struct ik_env *env, struct ik_mac_ctx *ctx,
                  uint8_t *out)
{
    const uint8_t *last = ctx->u.aes.last1;
    size_t i;

    (void)self;
    if (ctx->u.aes.fill < 16) {
        last = ctx->u.aes.last2;
        ctx->u.aes.block[ctx->u.aes.fill] = 0x80;
        memset(ctx->u.aes.block + ctx->u.aes.fill + 1, 0, 15u - ctx->u.aes.fill);
    }
    for (i = 0; i < 16; i++) {
        ctx->u.aes.block[i] ^= last[i];
    }
    step(env, ctx, ctx->u.aes.sum, ctx->u.aes.block);
    memcpy(out, ctx->u.aes.sum, 16);
}

/* RFC 4434 section 2: a short key is padded with zeros, a long one is hashed under a zero key. */
static void xcbc_init(const struct ik_mac *self, struct ik_env *env, struct ik_mac_ctx *ctx,
                      const uint8_t *key, size_t key_len)
{
    uint8_t k[16];

    memset(k, 0, sizeof k);
    if (key_len > 16) {
        xcbc_start(env, ctx, k);
        update(self, env, ctx, key, key_len);
        final(self, env, ctx, k);
    } else if (key_len > 0) {
        memcpy(k, key, key_len);
    }
    xcbc_start(env, ctx, k);
    ik_wipe(k, sizeof k);
}

/* RFC 4615 section 3: any key that is not of 16 octets is hashed under a zero key. */
static void cmac_init(const struct ik_mac *self, struct ik_env *env, struct ik_mac_ctx *ctx,
                      const uint8_t *key, size_t key_len)
{
    uint8_t k[16];

    memset(k, 0, sizeof k);
    if (key_len == 16) {
        memcpy(k, key, 16);
    } else {
        cmac_start(env, ctx, k);
        update(self, env, ctx, key, key_len);
        final(self, env, ctx, k);
    }
    cmac_start(env, ctx, k);
    ik_wipe(k, sizeof k);
}

static const struct ik_mac mac_xcbc = {
    .init = xcbc_init, .update = update, .final = final, .out_len = 16};
static const struct ik_mac mac_cmac = {
    .init = cmac_init, .update = update, .final = final, .out_len = 16};

const struct ik_prf ik_prf_aes128_xcbc = {
    .id = IK_PRF_AES128_XCBC, .key_len = 16, .fixed = 1, .mac = &mac_xcbc};
const struct ik_prf ik_prf_aes128_cmac = {
    .id = IK_PRF_AES128_CMAC, .key_len = 16, .fixed = 1, .mac = &mac_cmac};
const struct ik_integ ik_integ_aes_xcbc_96 = {
    .id = IK_INTEG_AES_XCBC_96, .key_len = 16, .icv_len = 12, .mac = &mac_xcbc};
const struct ik_integ ik_integ_aes_cmac_96 = {
    .id = IK_INTEG_AES_CMAC_96, .key_len = 16, .icv_len = 12, .mac = &mac_cmac};

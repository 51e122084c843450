/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"
#include "util/util.h"

void ik_prf_init(struct ik_env *env, const struct ik_prf *prf, struct ik_mac_ctx *ctx,
                 const uint8_t *key, size_t key_len)
{
    prf->mac->init(prf->mac, env, ctx, key, key_len);
}

void ik_prf_update(struct ik_env *env, const struct ik_prf *prf, struct ik_mac_ctx *ctx,
                   const uint8_t *data, size_t len)
{
    prf->mac->update(prf->mac, env, ctx, data, len);
}

void ik_prf_final(struct ik_env *env, const struct ik_prf *prf, struct ik_mac_ctx *ctx,
                  uint8_t *out)
{
    prf->mac->final(prf->mac, env, ctx, out);
    ik_wipe(ctx, sizeof *ctx);
}

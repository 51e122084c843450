/* SPDX-License-Identifier: MIT */
#include "crypto/mac.h"
#include "util/util.h"

void ik_integ_icv(struct ik_env *env, const struct ik_integ *integ, const uint8_t *key,
                  const uint8_t *data, size_t len, uint8_t *out)
{
    const struct ik_mac *mac = integ->mac;
    struct ik_mac_ctx ctx;
    uint8_t full[IK_HASH_MAX];

    IK_ASSERT(mac->out_len <= sizeof full);
    mac->init(mac, env, &ctx, key, integ->key_len);
    mac->update(mac, env, &ctx, data, len);
    mac->final(mac, env, &ctx, full);
    memcpy(out, full, integ->icv_len);
    ik_wipe(&ctx, sizeof ctx);
    ik_wipe(full, sizeof full);
}

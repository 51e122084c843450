/* SPDX-License-Identifier: MIT */
#include "crypto/mac.h"
#include "util/util.h"

void ik_integ_icv(struct ik_env *env, const struct ik_integ *integ, const uint8_t *key,
                  struct ik_span data, const uint8_t *esn, uint8_t *out)
{
    const struct ik_mac *mac = integ->mac;
    const struct ik_span in[3] = {{key, integ->key_len}, data, {esn, 4}};
    uint8_t full[IK_HASH_MAX];

    IK_ASSERT(mac->out_len <= sizeof full);
    mac->run(mac, env, in, esn != NULL ? 3 : 2, full);
    memcpy(out, full, integ->icv_len);
    ik_wipe(full, sizeof full);
}

#if IK_PREPARE
void ik_integ_icv_prepared(struct ik_env *env, const struct ik_integ *integ, void *ctx,
                           struct ik_span data, const uint8_t *esn, uint8_t *out)
{
    const struct ik_mac *mac = integ->mac;
    const struct ik_span in[2] = {data, {esn, 4}};
    uint8_t full[IK_HASH_MAX];

    mac->run_prepared(mac, env, ctx, in, esn != NULL ? 2 : 1, full);
    memcpy(out, full, integ->icv_len);
    ik_wipe(full, sizeof full);
}
#endif

#if IK_AH
void ik_integ_parts(struct ik_env *env, const struct ik_seal_key *k, struct ik_span *parts,
                    size_t n, uint8_t *out)
{
    const struct ik_mac *mac = k->integ->mac;
    uint8_t full[IK_HASH_MAX];
    size_t len = (size_t)(k->integ->icv_len - k->integ->iv_len);

#if IK_PREPARE
    if (k->mac_ctx != NULL) {
        mac->run_prepared(mac, env, k->mac_ctx, parts + 1, n - 1, full);
        memcpy(out, full, len);
        ik_wipe(full, sizeof full);
        return;
    }
#endif
    parts[0] = (struct ik_span){k->integ_key, k->integ->key_len};
    mac->run(mac, env, parts, n, full);
    memcpy(out, full, len);
    ik_wipe(full, sizeof full);
    ik_wipe_stack();
}
#endif

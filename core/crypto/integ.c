/* SPDX-License-Identifier: MIT */
#include "crypto/mac.h"
#include "util/util.h"

void ik_integ_icv(struct ik_env *env, const struct ik_integ *integ, const uint8_t *key,
                  const uint8_t *data, size_t len, uint8_t *out)
{
    const struct ik_mac *mac = integ->mac;
    const struct ik_span in[2] = {{key, integ->key_len}, {data, (uint16_t)len}};
    uint8_t full[IK_HASH_MAX];

    IK_ASSERT(len <= UINT16_MAX);
    IK_ASSERT(mac->out_len <= sizeof full);
    mac->run(mac, env, in, 2, full);
    memcpy(out, full, integ->icv_len);
    ik_wipe(full, sizeof full);
}

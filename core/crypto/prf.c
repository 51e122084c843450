/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"
#include "util/util.h"

void ik_prf(struct ik_env *env, const struct ik_prf *prf, const struct ik_span *in, size_t n,
            uint8_t *out)
{
    prf->mac->run(prf->mac, env, in, n, out);
    ik_wipe_stack();
}

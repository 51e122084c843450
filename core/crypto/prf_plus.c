/* SPDX-License-Identifier: MIT */
/*
 * RFC 7296 section 2.13:
 *
 *     prf+ (K,S) = T1 | T2 | T3 | T4 | ...
 *     T1 = prf (K, S | 0x01)
 *     T2 = prf (K, T1 | S | 0x02)
 *     ...
 */
#include "crypto/crypto.h"
#include "util/util.h"

void ik_prf_plus(struct ik_env *env, const struct ik_prf *prf, const struct ik_span key_seed[2],
                 uint8_t *out, size_t len)
{
    uint8_t t[IK_HASH_MAX];
    uint8_t counter = 1;
    struct ik_span in[4] = {key_seed[0], {t, 0}, key_seed[1], {&counter, 1}};

    while (len > 0) {
        size_t n = len < prf->key_len ? len : prf->key_len;

        /* It counts no further than 255. How much a caller takes is fixed by the algorithms, never
         * by the peer; the longest needs 13 blocks. */
        IK_ASSERT(counter != 0);
        ik_prf(env, prf, in, 4, t);
        memcpy(out, t, n);
        in[1].len = prf->key_len;
        counter++;
        out += n;
        len -= n;
    }
    ik_wipe(t, sizeof t);
}

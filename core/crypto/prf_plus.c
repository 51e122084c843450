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

void ik_prf_plus_begin(struct ik_prf_plus *p, const struct ik_prf *prf,
                       const struct ik_span key_seed[IK_PRF_SEEDS])
{
    p->prf = prf;
    memcpy(p->key_seed, key_seed, sizeof p->key_seed);
    p->counter = 0;
    p->left = 0;
}

/* It counts no further than 255. How much a caller takes is fixed by the algorithms, never by the
 * peer; the longest needs 13 blocks. */
static void next_block(struct ik_env *env, struct ik_prf_plus *p)
{
    uint8_t before = p->counter == 0 ? 0 : p->prf->key_len;
    IK_ASSERT(p->counter != 255);
    p->counter++;
#if IK_REKEY
    struct ik_span in[5] = {
        p->key_seed[0], {p->t, before}, p->key_seed[1], p->key_seed[2], {&p->counter, 1}};
#else
    struct ik_span in[4] = {p->key_seed[0], {p->t, before}, p->key_seed[1], {&p->counter, 1}};
#endif
    ik_prf(env, p->prf, in, sizeof in / sizeof *in, p->t);
    p->left = p->prf->key_len;
}

void ik_prf_plus_take(struct ik_env *env, struct ik_prf_plus *p, uint8_t *out, size_t len)
{
    while (len > 0) {
        if (p->left == 0) {
            next_block(env, p);
        }
        size_t n = len < p->left ? len : p->left;
        memcpy(out, p->t + (p->prf->key_len - p->left), n);
        p->left = (uint8_t)(p->left - n);
        out += n;
        len -= n;
    }
}

void ik_prf_plus_end(struct ik_prf_plus *p)
{
    ik_wipe(p, sizeof *p);
}

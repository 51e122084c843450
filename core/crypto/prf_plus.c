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

void ik_prf_plus_begin(struct ik_prf_plus *g, const struct ik_prf *prf, const uint8_t *key,
                       size_t key_len, const uint8_t *seed, size_t seed_len)
{
    IK_ASSERT(prf->key_len <= sizeof g->t);
    IK_ASSERT(key_len <= UINT16_MAX && seed_len <= UINT16_MAX);
    memset(g, 0, sizeof *g);
    g->prf = prf;
    g->key = key;
    g->key_len = (uint16_t)key_len;
    g->seed = seed;
    g->seed_len = (uint16_t)seed_len;
    g->used = prf->key_len; /* nothing is left of T0 */
}

/* The octet at the end of each block counts no further than 255. How much a caller takes is fixed
 * by the algorithms, never by the peer; the longest needs 13 blocks. */
static void next_block(struct ik_env *env, struct ik_prf_plus *g)
{
    const struct ik_span in[4] = {{g->key, g->key_len},
                                  {g->t, g->counter > 0 ? g->prf->key_len : 0},
                                  {g->seed, g->seed_len},
                                  {&g->counter, 1}};

    IK_ASSERT(g->counter < 255);
    g->counter++;
    ik_prf(env, g->prf, in, 4, g->t);
    g->used = 0;
}

void ik_prf_plus_take(struct ik_env *env, struct ik_prf_plus *g, uint8_t *out, size_t len)
{
    while (len > 0) {
        size_t n;

        if (g->used == g->prf->key_len) {
            next_block(env, g);
        }
        n = (size_t)(g->prf->key_len - g->used);
        if (n > len) {
            n = len;
        }
        memcpy(out, g->t + g->used, n);
        g->used = (uint8_t)(g->used + n);
        out += n;
        len -= n;
    }
}

void ik_prf_plus_end(struct ik_prf_plus *g)
{
    ik_wipe(g, sizeof *g);
}

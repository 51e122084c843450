/* SPDX-License-Identifier: MIT */
/* CTR_DRBG with AES-128 and a derivation function (NIST SP 800-90A 10.2.1), for parts that have AES
 * and would need SHA-256 for nothing else. */
#include "crypto/cbc_mac.h"

#define BLOCK 16
#define SEED_LEN (2 * BLOCK) /* 10.2.1, table 3: seedlen is key and block */

/* V = V + 1, out = E(K, V). */
static void next(struct ik_env *env, struct ik_cbc_mac *m, uint8_t *out)
{
    uint8_t *v = env->drbg.v;
    for (uint8_t i = BLOCK; i-- > 0 && ++v[i] == 0;) {
    }
    memcpy(m->sum, v, BLOCK);
    ik_cbc_mac_end(env, m);
    memcpy(out, m->sum, BLOCK);
}

/* 10.2.1.2: K | V = E(K, V + 1) | E(K, V + 2); the schedule of the old K is in m. */
static void update(struct ik_env *env, struct ik_cbc_mac *m)
{
    next(env, m, env->drbg.key);
    next(env, m, env->drbg.v);
}

/* 10.3.2, Block_Cipher_df for SEED_LEN octets: BCC (10.3.3) is CBC-MAC over a counter's block, both
 * lengths, the seed, 0x80 and zeros. */
static void derive(struct ik_env *env, struct ik_cbc_mac *m, const void *seed, size_t len,
                   uint8_t out[SEED_LEN])
{
    uint8_t head[BLOCK + 9];
    memset(head, 0, sizeof head);
    head[BLOCK + 2] = (uint8_t)(len >> 8);
    head[BLOCK + 3] = (uint8_t)len;
    head[BLOCK + 7] = SEED_LEN;
    head[BLOCK + 8] = 0x80;
    for (uint8_t i = 0; i < BLOCK; i++) {
        out[i] = i;
    }
    ik_cbc_mac_begin(env, m, out);
    for (uint8_t at = 0; at < SEED_LEN; at += BLOCK) {
        ik_cbc_mac_again(m);
        head[3] = at / BLOCK;
        ik_cbc_mac_add(env, m, head, BLOCK + 8);
        ik_cbc_mac_add(env, m, seed, len);
        ik_cbc_mac_add(env, m, head + BLOCK + 8, 1);
        ik_cbc_mac_end(env, m);
        memcpy(out + at, m->sum, BLOCK);
    }
    ik_cbc_mac_begin(env, m, out);
    memcpy(m->sum, out + BLOCK, BLOCK);
    for (uint8_t at = 0; at < SEED_LEN; at += BLOCK) {
        ik_cbc_mac_end(env, m);
        memcpy(out + at, m->sum, BLOCK);
    }
}

static void stir(struct ik_env *env, const void *seed, size_t len)
{
    struct ik_cbc_mac m;
    uint8_t material[SEED_LEN];
    derive(env, &m, seed, len, material);
    ik_cbc_mac_begin(env, &m, env->drbg.key);
    update(env, &m);
    for (uint8_t i = 0; i < BLOCK; i++) {
        env->drbg.key[i] ^= material[i];
        env->drbg.v[i] ^= material[BLOCK + i];
    }
    ik_sealed_wipe(material, sizeof material);
    ik_sealed_wipe(&m, sizeof m);
    ik_wipe_stack();
}

/* 10.2.1.5.2: blocks of E(K, V + 1), then an update without seed. */
static void fill(struct ik_env *env, uint8_t *out, size_t len)
{
    struct ik_cbc_mac m;
    uint8_t block[BLOCK];
    ik_cbc_mac_begin(env, &m, env->drbg.key);
    while (len > 0) {
        size_t n = len < BLOCK ? len : BLOCK;
        next(env, &m, block);
        memcpy(out, block, n);
        out += n;
        len -= n;
    }
    update(env, &m);
    ik_sealed_wipe(block, sizeof block);
    ik_sealed_wipe(&m, sizeof m);
    ik_wipe_stack();
}

const struct ik_drbg_row ik_drbg_ctr_aes128 = {.v0 = 0, .stir = stir, .fill = fill};

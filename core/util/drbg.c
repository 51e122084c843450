/* SPDX-License-Identifier: MIT */
/*
 * BearSSL's HMAC_DRBG (NIST SP 800-90A 10.1.2), and what it costs in compressions of SHA-256.
 */
#include "util/util.h"

#define SEED_MIN 32
#define HASH_LEN 32
#define KEY_SETUP 2 /* the key blocks of inner and outer hash */

/* Compressions of one HMAC under a key that is set up: the message with its 9 octets or more of
 * padding, and one block of outer hash. */
static size_t hmac_cost(size_t len)
{
    return len / 64 + (len % 64 + 9 > 64 ? 2 : 1) + 1;
}

/* 10.1.2.2: K = HMAC(K, V | n | seed), V = HMAC(K, V), with the first K set up already; done twice
 * if there is a seed, the second time under the K that the first one has set up. */
static size_t update_cost(size_t seed_len)
{
    size_t pass = hmac_cost(HASH_LEN + 1 + seed_len) + KEY_SETUP + hmac_cost(HASH_LEN);
    return seed_len > 0 ? 2 * pass : pass;
}

/* 10.1.2.5: V = HMAC(K, V) for each 32 octets, then an update without seed. */
static size_t generate_cost(size_t len)
{
    size_t blocks = len / HASH_LEN + (len % HASH_LEN != 0);
    return blocks * hmac_cost(HASH_LEN) + update_cost(0);
}

void ik_drbg_init(struct ik_env *env)
{
    memset(&env->drbg, 0, sizeof env->drbg);
    env->seeded = 0;
}

/* The first seed instantiates (10.1.2.3), those behind it reseed (10.1.2.4). */
void ik_drbg_seed(struct ik_env *env, const void *seed, size_t len)
{
    if (len == 0) {
        return;
    }
    if (env->seeded == 0) {
        br_hmac_drbg_init(&env->drbg, env->crypto->sha256, seed, len);
    } else {
        br_hmac_drbg_update(&env->drbg, seed, len);
    }
    ik_charge(env, IK_COST_SHA256_BLOCK, KEY_SETUP + update_cost(len));
    size_t room = (size_t)(UINT16_MAX - env->seeded);
    env->seeded = len > room ? UINT16_MAX : (uint16_t)(env->seeded + len);
}

bool ik_drbg_ready(const struct ik_env *env)
{
    return env->seeded >= SEED_MIN;
}

void ik_drbg_bytes(struct ik_env *env, void *out, size_t len)
{
    IK_ASSERT(ik_drbg_ready(env));
    if (len == 0) {
        return;
    }
    br_hmac_drbg_generate(&env->drbg, out, len);
    ik_charge(env, IK_COST_SHA256_BLOCK, KEY_SETUP + generate_cost(len));
}

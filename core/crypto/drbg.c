/* SPDX-License-Identifier: MIT */
/* The node's DRBG, and the one of the two that is taken where the host names none: HMAC_DRBG with
 * SHA-256 (NIST SP 800-90A 10.1.2). */
#include "crypto/digest.h"
#include "crypto/mac.h"

#define SEED_MIN 32
#define HASH_LEN 32

static const struct ik_drbg_row *row_of(const struct ik_env *env)
{
    const struct ik_drbg_row *row = ik_crypto_of(env)->drbg;
    return row != NULL ? row : &ik_drbg_hmac_sha256;
}

/* ---- HMAC_DRBG ------------------------------------------------------------------------------ */

/* 10.1.2.2: K = HMAC(K, V | n | seed), V = HMAC(K, V): for n = 0, and if there is a seed for 1. */
static void update(struct ik_env *env, const void *seed, size_t len)
{
    struct ik_drbg *d = &env->drbg;
    uint8_t pass = 0;
    struct ik_span in[4] = {
        {d->key, HASH_LEN}, {d->v, HASH_LEN}, {&pass, 1}, {seed, (uint16_t)len}};

    do {
        ik_hmac_sha256(env, in, 4, d->key);
        ik_hmac_sha256(env, in, 2, d->v);
    } while (len > 0 && ++pass < 2);
    ik_wipe_stack();
}

/* 10.1.2.5: V = HMAC(K, V) for each 32 octets, then an update without seed. */
static void fill(struct ik_env *env, uint8_t *to, size_t len)
{
    struct ik_drbg *d = &env->drbg;
    struct ik_span in[2] = {{d->key, HASH_LEN}, {d->v, HASH_LEN}};

    while (len > 0) {
        size_t n = len < HASH_LEN ? len : HASH_LEN;

        ik_hmac_sha256(env, in, 2, d->v);
        memcpy(to, d->v, n);
        to += n;
        len -= n;
    }
    update(env, NULL, 0);
}

const struct ik_drbg_row ik_drbg_hmac_sha256 = {.v0 = 1, .stir = update, .fill = fill};

/* ---- either --------------------------------------------------------------------------------- */

void ik_drbg_init(struct ik_env *env)
{
    memset(env->drbg.key, 0, sizeof env->drbg.key);
    memset(env->drbg.v, row_of(env)->v0, sizeof env->drbg.v);
    env->seeded = 0;
}

/* The first seed instantiates (10.1.2.3, 10.2.1.3), those behind it reseed (10.1.2.4, 10.2.1.4). */
void ik_drbg_seed(struct ik_env *env, const void *seed, size_t len)
{
    size_t room = (size_t)(UINT16_MAX - env->seeded);

    IK_ASSERT(len <= UINT16_MAX);
    if (len == 0) {
        return;
    }
    row_of(env)->stir(env, seed, len);
    env->seeded = len > room ? UINT16_MAX : (uint16_t)(env->seeded + len);
}

bool ik_drbg_ready(const struct ik_env *env)
{
    return env->seeded >= SEED_MIN;
}

void ik_drbg_bytes(struct ik_env *env, void *out, size_t len)
{
    IK_ASSERT(ik_drbg_ready(env));
    if (len > 0) {
        row_of(env)->fill(env, out, len);
    }
}

/* SPDX-License-Identifier: MIT */
/* prf+ of RFC 7296 2.13 against its definition, written down here once more with bare prf calls. */
#include <signal.h>

#include "tests/kat/kat.h"

#define BLOCKS_MAX 255

static struct ik_env env;
static uint8_t key[100], seed[80];
static uint8_t expect[BLOCKS_MAX * IK_HASH_MAX], got[BLOCKS_MAX * IK_HASH_MAX + 1];

static void setup(void)
{
    kat_env(&env, host_crypto());
    ik_drbg_bytes(&env, key, sizeof key);
    ik_drbg_bytes(&env, seed, sizeof seed);
}

TestSuite(prf_plus, .init = setup);

static void define(const struct ik_prf *prf, size_t key_len, size_t seed_len, size_t blocks)
{
    for (size_t i = 1; i <= blocks; i++) {
        const uint8_t counter = (uint8_t)i;
        uint8_t *t = expect + (i - 1) * prf->key_len;
        struct ik_span last = {i > 1 ? t - prf->key_len : NULL, i > 1 ? prf->key_len : 0};
        const struct ik_span in[4] = {
            {key, (uint16_t)key_len}, last, {seed, (uint16_t)seed_len}, {&counter, 1}};

        ik_prf(&env, prf, in, 4, t);
    }
}

/* Takes len octets, step octets at a time. */
static void take(const struct ik_prf *prf, size_t key_len, size_t seed_len, size_t len, size_t step)
{
    struct ik_prf_plus g;

    memset(got, 0xee, sizeof got);
    ik_prf_plus_begin(&g, prf, key, key_len, seed, seed_len);
    for (size_t at = 0; at < len; at += step) {
        ik_prf_plus_take(&env, &g, got + at, len - at < step ? len - at : step);
    }
    ik_prf_plus_end(&g);
    for (size_t i = 0; i < sizeof g; i++) {
        cr_assert_eq(((const uint8_t *)&g)[i], 0, "the generator keeps secrets");
    }
    cr_assert_eq(got[len], 0xee);
}

Test(prf_plus, as_defined_for_every_prf)
{
    static const size_t steps[] = {1, 3, 16, 20, 32, 36, 64, 100, 400};

    for (const struct ik_prf *const *prf = env.crypto->prf; *prf != NULL; prf++) {
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            define(*prf, (*prf)->key_len, sizeof seed, 400 / (*prf)->key_len + 1u);
            take(*prf, (*prf)->key_len, sizeof seed, 400, steps[i]);
            cr_assert_arr_eq(got, expect, 400, "prf %u step %zu", (*prf)->id, steps[i]);
        }
    }
}

Test(prf_plus, keys_and_seeds_of_any_length)
{
    for (const struct ik_prf *const *prf = env.crypto->prf; *prf != NULL; prf++) {
        for (size_t len = 0; len <= sizeof seed; len += 8) {
            define(*prf, len + 20, len, 3);
            take(*prf, len + 20, len, 3u * (*prf)->key_len, 7);
            cr_assert_arr_eq(got, expect, 3u * (*prf)->key_len);
        }
    }
}

/* "prf+ is not defined beyond 255 times the size of the prf function output." */
Test(prf_plus, gives_255_blocks)
{
    for (const struct ik_prf *const *prf = env.crypto->prf; *prf != NULL; prf++) {
        define(*prf, 16, 32, BLOCKS_MAX);
        take(*prf, 16, 32, (size_t)BLOCKS_MAX * (*prf)->key_len, 1000);
        cr_assert_arr_eq(got, expect, (size_t)BLOCKS_MAX * (*prf)->key_len);
    }
}

Test(prf_plus, does_not_give_one_octet_more, .signal = SIGABRT)
{
    take(&ik_prf_hmac_sha2_256, 16, 32, (size_t)BLOCKS_MAX * 32 + 1, 1000);
}

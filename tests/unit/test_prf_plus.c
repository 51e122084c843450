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

static void take(const struct ik_prf *prf, size_t key_len, size_t seed_len, size_t len)
{
    /* the seed in two parts, either of which may be empty */
    uint16_t part = (uint16_t)(seed_len / 3);
    struct ik_span key_seed[3] = {
        {key, (uint16_t)key_len}, {seed, part}, {seed + part, (uint16_t)(seed_len - part)}};

    static const struct ik_prf_plus none;
    struct ik_prf_plus p;

    memset(got, 0xee, sizeof got);
    ik_prf_plus_begin(&p, prf, key_seed);
    ik_prf_plus_take(&env, &p, got, len);
    cr_assert_eq(got[len], 0xee);
    ik_prf_plus_end(&p);
    cr_assert_eq(memcmp(&p, &none, sizeof p), 0, "it is not wiped");
}

Test(prf_plus, as_defined_for_every_prf)
{
    static const size_t lens[] = {0, 1, 16, 20, 32, 33, 64, 100, 400};

    for (const struct ik_prf *const *prf = env.crypto->prf; *prf != NULL; prf++) {
        define(*prf, (*prf)->key_len, sizeof seed, 400 / (*prf)->key_len + 1u);
        for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
            take(*prf, (*prf)->key_len, sizeof seed, lens[i]);
            cr_assert_arr_eq(got, expect, lens[i], "prf %u len %zu", (*prf)->id, lens[i]);
        }
    }
}

Test(prf_plus, keys_and_seeds_of_any_length)
{
    for (const struct ik_prf *const *prf = env.crypto->prf; *prf != NULL; prf++) {
        for (size_t len = 0; len <= sizeof seed; len += 8) {
            define(*prf, len + 20, len, 3);
            take(*prf, len + 20, len, 3u * (*prf)->key_len);
            cr_assert_arr_eq(got, expect, 3u * (*prf)->key_len);
        }
    }
}

/* Keys are taken one after the other: however it is cut, the stream is the same. */
Test(prf_plus, in_pieces)
{
    for (const struct ik_prf *const *prf = env.crypto->prf; *prf != NULL; prf++) {
        define(*prf, 20, 40, 400 / (*prf)->key_len + 1u);
        for (size_t piece = 0; piece <= 70; piece++) {
            struct ik_span key_seed[3] = {{key, 20}, {seed, 40}, {NULL, 0}};
            struct ik_prf_plus p;
            size_t n = 0;

            memset(got, 0xee, sizeof got);
            ik_prf_plus_begin(&p, *prf, key_seed);
            ik_prf_plus_take(&env, &p, got, 0);
            /* of different lengths: around the piece, and one octet at a time for 0 */
            for (size_t i = 0; n < 400; i++) {
                size_t len = piece + i % 3 < 400 - n ? piece + i % 3 : 400 - n;
                ik_prf_plus_take(&env, &p, got + n, len);
                n += len;
                cr_assert_eq(got[n], 0xee);
            }
            ik_prf_plus_end(&p);
            cr_assert_arr_eq(got, expect, 400, "prf %u, pieces of %zu", (*prf)->id, piece);
        }
    }
}

/* "prf+ is not defined beyond 255 times the size of the prf function output." */
Test(prf_plus, gives_255_blocks)
{
    for (const struct ik_prf *const *prf = env.crypto->prf; *prf != NULL; prf++) {
        define(*prf, 16, 32, BLOCKS_MAX);
        take(*prf, 16, 32, (size_t)BLOCKS_MAX * (*prf)->key_len);
        cr_assert_arr_eq(got, expect, (size_t)BLOCKS_MAX * (*prf)->key_len);
    }
}

Test(prf_plus, does_not_give_one_octet_more, .signal = SIGABRT)
{
    take(&ik_prf_hmac_sha2_256, 16, 32, (size_t)BLOCKS_MAX * 32 + 1);
}

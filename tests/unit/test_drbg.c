/* SPDX-License-Identifier: MIT */
#include <signal.h>

#include "crypto/crypto.h"
#include "octets.h"

static const struct ik_crypto crypto = {.sha256 = &br_sha256_vtable};

static struct ik_env env_of(const struct ik_crypto *c)
{
    struct ik_env env = {.crypto = c};
    ik_drbg_init(&env);
    return env;
}

static void seed_hex(struct ik_env *env, const char *hex)
{
    struct octets seed = unhex(hex);
    ik_drbg_seed(env, seed.b, seed.len);
}

/* RFC 6979 A.2.5, SHA-256, "sample": k is the first output of an HMAC_DRBG whose seed is the
 * private key and the hash (section 3.2). */
Test(drbg, rfc6979_k)
{
    struct ik_env env = env_of(&crypto);
    struct octets k = unhex("a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60");
    uint8_t out[32];
    seed_hex(&env, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
                   "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf");
    ik_drbg_bytes(&env, out, sizeof out);
    cr_assert_arr_eq(out, k.b, 32);
}

/* NIST CAVP drbgvectors_no_reseed, HMAC_DRBG.rsp, SHA-256, no personalization, COUNT = 0: entropy
 * and nonce, two requests, the second is shown. */
Test(drbg, cavp_no_reseed)
{
    struct ik_env env = env_of(&crypto);
    struct octets want = unhex("e528e9abf2dece54d47c7e75e5fe302149f817ea9fb4bee6f4199697d04d5b89"
                               "d54fbb978a15b5c443c9ec21036d2460b6f73ebad0dc2aba6e624abf07745bc1"
                               "07694bb7547bb0995f70de25d6b29e2d3011bb19d27676c07162c8b5ccde0668"
                               "961df86803482cb37ed6d5c0bb8d50cf1f50d476aa0458bdaba806f48be9dcb8");
    uint8_t out[128];
    seed_hex(&env, "ca851911349384bffe89de1cbdc46e6831e44d34a4fb935ee285dd14b71a7488"
                   "659ba96c601dc69fc902940805ec0ca8");
    ik_drbg_bytes(&env, out, sizeof out);
    ik_drbg_bytes(&env, out, sizeof out);
    cr_assert_arr_eq(out, want.b, sizeof out);
}

/* NIST CAVP drbgvectors_pr_false, likewise, with a reseed before the two requests. */
Test(drbg, cavp_reseed)
{
    struct ik_env env = env_of(&crypto);
    struct octets want = unhex("76fc79fe9b50beccc991a11b5635783a83536add03c157fb30645e611c2898bb"
                               "2b1bc215000209208cd506cb28da2a51bdb03826aaf2bd2335d576d519160842"
                               "e7158ad0949d1a9ec3e66ea1b1a064b005de914eac2e9d4f2d72a8616a802254"
                               "22918250ff66a41bd2f864a6a38cc5b6499dc43f7f2bd09e1e0f8f5885935124");
    uint8_t out[128];
    seed_hex(&env, "06032cd5eed33f39265f49ecb142c511da9aff2af71203bffaf34a9ca5bd9c0d"
                   "0e66f71edc43e42a45ad3c6fc6cdc4df");
    seed_hex(&env, "01920a4e669ed3a85ae8a33b35a74ad7fb2a6bb4cf395ce00334a9c9a5a5d552");
    ik_drbg_bytes(&env, out, sizeof out);
    ik_drbg_bytes(&env, out, sizeof out);
    cr_assert_arr_eq(out, want.b, sizeof out);
}

Test(drbg, is_ready_after_32_octets_in_any_portions)
{
    struct ik_env env = env_of(&crypto);
    uint8_t seed[32] = {0};
    cr_assert_not(ik_drbg_ready(&env));
    ik_drbg_seed(&env, NULL, 0);
    ik_drbg_seed(&env, seed, 31);
    cr_assert_not(ik_drbg_ready(&env));
    ik_drbg_seed(&env, seed, 1);
    cr_assert(ik_drbg_ready(&env));
    for (int i = 0; i < 3000; i++) {
        ik_drbg_seed(&env, seed, sizeof seed);
    }
    cr_assert(ik_drbg_ready(&env), "the count of seed octets must not wrap");
    cr_assert_eq(env.seeded, UINT16_MAX);
}

Test(drbg, refuses_to_draw_unseeded, .signal = SIGABRT)
{
    struct ik_env env = env_of(&crypto);
    uint8_t out[1];
    ik_drbg_bytes(&env, out, 1);
}

Test(drbg, same_seed_same_octets_and_each_draw_differs)
{
    struct ik_env a = env_of(&crypto), b = env_of(&crypto), c = env_of(&crypto);
    uint8_t seed[32] = {1}, x[40], y[40], z[40];
    ik_drbg_seed(&a, seed, sizeof seed);
    ik_drbg_seed(&b, seed, sizeof seed);
    seed[31] ^= 1;
    ik_drbg_seed(&c, seed, sizeof seed);
    ik_drbg_bytes(&a, x, sizeof x);
    ik_drbg_bytes(&b, y, sizeof y);
    ik_drbg_bytes(&c, z, sizeof z);
    cr_assert_arr_eq(x, y, sizeof x);
    cr_assert_arr_neq(x, z, sizeof x);
    ik_drbg_bytes(&a, NULL, 0);
    ik_drbg_bytes(&a, x, sizeof x);
    cr_assert_arr_neq(x, y, sizeof x);
    ik_drbg_bytes(&b, y, sizeof y);
    cr_assert_arr_eq(x, y, sizeof x, "drawing nothing changes nothing");
}

/* ---- the meter against a SHA-256 that counts its compressions -------------------------------- */

static uint32_t compressions;

static void counted_init(const br_hash_class **ctx);

static void counted_update(const br_hash_class **ctx, const void *data, size_t len)
{
    br_sha256_context *c = (br_sha256_context *)(void *)ctx;
    compressions += (uint32_t)((c->count % 64 + len) / 64);
    br_sha256_update(c, data, len);
}

static void counted_out(const br_hash_class *const *ctx, void *out)
{
    const br_sha256_context *c = (const br_sha256_context *)(const void *)ctx;
    compressions += c->count % 64 + 9 > 64 ? 2 : 1;
    br_sha256_out(c, out);
}

static uint64_t counted_state(const br_hash_class *const *ctx, void *out)
{
    return br_sha256_state((const br_sha256_context *)(const void *)ctx, out);
}

static void counted_set_state(const br_hash_class **ctx, const void *state, uint64_t count)
{
    br_sha256_set_state((br_sha256_context *)(void *)ctx, state, count);
}

static br_hash_class counted_vtable;

static void counted_init(const br_hash_class **ctx)
{
    br_sha256_init((br_sha256_context *)(void *)ctx);
    *ctx = &counted_vtable;
}

static struct ik_env counted_env(struct ik_crypto *c)
{
    counted_vtable = br_sha256_vtable;
    counted_vtable.init = counted_init;
    counted_vtable.update = counted_update;
    counted_vtable.out = counted_out;
    counted_vtable.state = counted_state;
    counted_vtable.set_state = counted_set_state;
    *c = (struct ik_crypto){.sha256 = &counted_vtable};
    compressions = 0;
    return env_of(c);
}

Test(drbg, meter_counts_every_compression)
{
    struct ik_crypto c;
    struct ik_env env = counted_env(&c);
    uint8_t buf[200] = {0};
    cr_assert_eq(env.meter.n[IK_COST_SHA256_BLOCK], compressions);
    for (size_t len = 0; len <= sizeof buf; len++) {
        ik_drbg_seed(&env, buf, len);
        cr_assert_eq(env.meter.n[IK_COST_SHA256_BLOCK], compressions, "seed of %zu", len);
    }
    for (size_t len = 0; len <= sizeof buf; len++) {
        ik_drbg_bytes(&env, buf, len);
        cr_assert_eq(env.meter.n[IK_COST_SHA256_BLOCK], compressions, "draw of %zu", len);
    }
    cr_assert_gt(compressions, 1000);
}

/* ---- CTR_DRBG ------------------------------------------------------------------------------- */

static const struct ik_crypto ctr = {.aes_ctrcbc = &br_aes_small_ctrcbc_vtable,
                                     .drbg = &ik_drbg_ctr_aes128};

/* Draws so many octets and compares them. */
static void draws(struct ik_env *env, const char *want)
{
    struct octets octets = unhex(want);
    uint8_t out[80];
    ik_drbg_bytes(env, out, octets.len);
    cr_assert_arr_eq(out, octets.b, octets.len);
}

/* CTR-DRBG of OpenSSL 3.0.19 with AES-128 and derivation function over its TEST-RAND: entropy and
 * nonce, two requests, a reseed, a request. */
Test(drbg, ctr_as_openssl_has_it)
{
    const char *const reseed = "c8c3beb9b4afaaa5a09b96918c87827d78736e69645f5a55";
    struct ik_env env = env_of(&ctr);
    seed_hex(&env,
             "030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dc8081828384858687");
    draws(&env, "027c5eeb8ae228dbdfa2e6e722837ede74be1c252c0f5491eb147f2f5a1f8733303debbd970c01c4"
                "76826d8b3c772eb5cb37fa5a3039a93cc486e3aae7fb91485c51e8514e7730b0759e6e0006b081c4");
    draws(&env, "cb85b388ffe4bc");
    seed_hex(&env, reseed);
    draws(&env, "201c3abc353c0110c5555c67247343239c2392f85a26954fb2665e6127610e5138");
    env = env_of(&ctr);
    seed_hex(&env,
             "030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d14"
             "8081828384858687");
    draws(&env, "a01d6d6f0d2acb7a9ee3db50ad36e4f8fc74a40ddbfd62b176f879a7074b67b737f647f22f29d635"
                "5eec036fb2040df9dbd3afd2b234240a6e479b4573c4a1ab7a9ff34f4e9791d1f56a947019b2a13c");
    draws(&env, "d7fa354aec3779");
    seed_hex(&env, reseed);
    draws(&env, "07c530bbcec4e4da5a15c0f55c292a9d78b1711ea37832d70c403a870e5bf96a26");
}

/* V is one number of 128 bits: behind ff…ff comes 0. */
Test(drbg, ctr_carries)
{
    struct ik_env env = env_of(&ctr);
    br_aes_small_ctrcbc_keys keys;
    uint8_t out[32], want[16] = {0}, zeros[16] = {0};
    seed_hex(&env, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    br_aes_small_ctrcbc_init(&keys, env.drbg.key, 16);
    br_aes_small_ctrcbc_mac(&keys, want, zeros, sizeof zeros);
    memset(env.drbg.v, 0xff, 16);
    env.drbg.v[15] = 0xfe;
    ik_drbg_bytes(&env, out, sizeof out);
    cr_assert_arr_eq(out + 16, want, sizeof want);
}

/* 10.2.1.5: what was drawn does not show from the state that is left. */
Test(drbg, ctr_forgets)
{
    struct ik_env env = env_of(&ctr);
    uint8_t out[16], key[16];
    seed_hex(&env, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    memcpy(key, env.drbg.key, 16);
    ik_drbg_bytes(&env, out, 16);
    cr_assert_neq(memcmp(key, env.drbg.key, 16), 0);
}

/* The seed counts whole, in its order and with its length. */
Test(drbg, ctr_seeds_differ)
{
    static const char *const seeds[] = {
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1e",
        "010002030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00"};
    uint8_t out[4][16];
    for (unsigned i = 0; i < 4; i++) {
        struct ik_env env = env_of(&ctr);
        seed_hex(&env, seeds[i]);
        ik_drbg_bytes(&env, out[i], 16);
        for (unsigned j = 0; j < i; j++) {
            cr_assert_neq(memcmp(out[i], out[j], 16), 0);
        }
    }
}

/* SPDX-License-Identifier: MIT */
/* FIPS 180-4 examples, whole and in parts. */
#include "tests/kat/kat.h"

#define TWO_BLOCKS "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

static const struct {
    const char *text, *sha1, *sha256;
} vectors[] = {{"", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
               {"abc", "a9993e364706816aba3e25717850c26c9cd0d89d",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
               {TWO_BLOCKS, "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"}};

/* Splits text into three spans at a and b. */
static void check(struct ik_env *env, size_t v, size_t a, size_t b)
{
    const uint8_t *text = (const uint8_t *)vectors[v].text;
    size_t len = strlen(vectors[v].text);
    struct ik_span parts[3] = {{a > 0 ? text : NULL, (uint16_t)a},
                               {text + a, (uint16_t)(b - a)},
                               {b < len ? text + b : NULL, (uint16_t)(len - b)}};
    struct kat_bytes sha1 = kat_hex(vectors[v].sha1), sha256 = kat_hex(vectors[v].sha256);
    uint8_t out[33];

    out[20] = 0xee;
    ik_sha1(env, parts, 3, out);
    cr_assert_arr_eq(out, sha1.b, 20);
    cr_assert_eq(out[20], 0xee);
    out[32] = 0xee;
    ik_sha256(env, parts, 3, out);
    cr_assert_arr_eq(out, sha256.b, 32);
    cr_assert_eq(out[32], 0xee);
}

Test(digest, fips180_4)
{
    struct ik_env env;

    kat_env(&env, host_crypto());
    for (size_t v = 0; v < sizeof vectors / sizeof *vectors; v++) {
        size_t len = strlen(vectors[v].text);

        for (size_t a = 0; a <= len; a++) {
            for (size_t b = a; b <= len; b++) {
                check(&env, v, a, b);
            }
        }
    }
}

Test(digest, no_parts_at_all)
{
    struct kat_bytes empty = kat_hex(vectors[0].sha256);
    struct ik_env env;
    uint8_t out[32];

    kat_env(&env, host_crypto());
    ik_sha256(&env, NULL, 0, out);
    cr_assert_arr_eq(out, empty.b, 32);
}

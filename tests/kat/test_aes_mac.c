/* SPDX-License-Identifier: MIT */
/*
 * AES-XCBC: RFC 3566 section 4.6 and RFC 4434 section 2.1. AES-CMAC: RFC 4493 section 4 (with RFC
 * 4494 section 5), RFC 4615 section 4, Wycheproof aes_cmac.
 */
#include "tests/kat/mac.h"

#define KEY "000102030405060708090a0b0c0d0e0f"
#define DATA KEY "10111213"
#define CMAC_KEY "2b7e151628aed2a6abf7158809cf4f3c"

struct vector {
    const char *data, *mac;
};

static const struct vector xcbc[] = {
    {"", "75f0251d528ac01c4573dfd584d79f29"},
    {"000102", "5b376580ae2f19afe7219ceef172756f"},
    {"000102030405060708090a0b0c0d0e0f", "d2a246fa349b68a79998a4394ff7a263"},
    {"000102030405060708090a0b0c0d0e0f10111213", "47f51b4564966215b8985c63055ed308"},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "f54f0ec8d2b9f3d36807734bd5283fd4"},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021",
     "becbb3bccdb518a30677d5481fb6b4d8"}};

static const struct vector cmac[] = {
    {"", "bb1d6929e95937287fa37d129b756746"},
    {"6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9dd04a287c"},
    {"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
     "dfa66747de9ae63030ca32611497c827"},
    {"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
     "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
     "51f0bebf7e3b9d92fc49741779363cfe"}};

/* Each as a prf, then as an integrity algorithm of 96 bits. */
static void check(const struct ik_prf *prf, const struct ik_integ *integ, const char *key,
                  const struct vector *v)
{
    char icv[25];

    kat_prf(prf, key, v->data, v->mac);
    memcpy(icv, v->mac, 24);
    icv[24] = '\0';
    kat_integ(integ, key, v->data, icv);
}

Test(aes_mac, rfc3566_xcbc)
{
    for (size_t i = 0; i < sizeof xcbc / sizeof *xcbc; i++) {
        check(&ik_prf_aes128_xcbc, &ik_integ_aes_xcbc_96, KEY, &xcbc[i]);
    }
}

/* RFC 3566 test case 7 */
Test(aes_mac, rfc3566_xcbc_1000_zero_octets)
{
    char zeros[2001];
    struct vector v = {zeros, "f0dafee895db30253761103b5d84528f"};

    memset(zeros, '0', 2000);
    zeros[2000] = '\0';
    check(&ik_prf_aes128_xcbc, &ik_integ_aes_xcbc_96, KEY, &v);
}

Test(aes_mac, rfc4434_xcbc_prf_with_keys_of_other_lengths)
{
    kat_prf(&ik_prf_aes128_xcbc, KEY, DATA, "47f51b4564966215b8985c63055ed308");
    kat_prf(&ik_prf_aes128_xcbc, "00010203040506070809", DATA, "0fa087af7d866e7653434e602fdde835");
    kat_prf(&ik_prf_aes128_xcbc, KEY "edcb", DATA, "8cd3c93ae598a9803006ffb67c40e9e4");
}

Test(aes_mac, rfc4493_cmac)
{
    for (size_t i = 0; i < sizeof cmac / sizeof *cmac; i++) {
        check(&ik_prf_aes128_cmac, &ik_integ_aes_cmac_96, CMAC_KEY, &cmac[i]);
    }
}

Test(aes_mac, rfc4615_cmac_prf_with_keys_of_other_lengths)
{
    kat_prf(&ik_prf_aes128_cmac, KEY "edcb", DATA, "84a348a4a45d235babfffc0d2b4da09a");
    kat_prf(&ik_prf_aes128_cmac, KEY, DATA, "980ae87b5f4c9c5214f5b6a8455e4c2d");
    kat_prf(&ik_prf_aes128_cmac, "00010203040506070809", DATA, "290d9e112edb09ee141fcf64c0b72f3d");
}

/* Both RFCs: an empty key is one like others. XCBC pads it to the zero key, CMAC hashes it. */
Test(aes_mac, empty_keys)
{
    struct kat_bytes none = {.len = 0}, zero = {.len = 16, .b = {0}}, hashed = {.len = 16}, data;
    uint8_t a[16], b[16];
    struct ik_env env;

    kat_env(&env, &ik_crypto_portable);
    data = kat_hex(DATA);
    kat_prf_pieces(&env, &ik_prf_aes128_xcbc, &none, &data, 16, a);
    kat_prf_pieces(&env, &ik_prf_aes128_xcbc, &zero, &data, 16, b);
    cr_assert_arr_eq(a, b, 16);
    kat_prf_pieces(&env, &ik_prf_aes128_cmac, &zero, &none, 16, hashed.b);
    kat_prf_pieces(&env, &ik_prf_aes128_cmac, &none, &data, 16, a);
    kat_prf_pieces(&env, &ik_prf_aes128_cmac, &hashed, &data, 16, b);
    cr_assert_arr_eq(a, b, 16);
}

/* Keys of 192 and 256 bits are AES-192 and AES-256 there, other keys there are errors; RFC 4615
 * gives them another meaning, so that they are not ours. */
static bool run(struct ik_env *env, const struct kat_case *c)
{
    if (kat_size(c, "keySize") != 128) {
        return false;
    }
    return kat_mac_case(env, c, &ik_prf_aes128_cmac, &ik_integ_aes_cmac_96);
}

Test(aes_mac, wycheproof_cmac)
{
    for (size_t t = 0; t < KAT_TABLES; t++) {
        cr_assert_eq(kat_wycheproof("aes_cmac_test.json", kat_table(t), run), 102);
    }
}

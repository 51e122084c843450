/* SPDX-License-Identifier: MIT */
/* ChaCha20-Poly1305: RFC 7634 appendices A (ESP) and B (IKE), Wycheproof chacha20_poly1305. */
#include "tests/kat/aead.h"
#include "tests/kat/wycheproof.h"

#define KEYMAT                                                                                     \
    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"                             \
    "a0a1a2a3"
#define IV 0x1011121314151617u

/* Seals text behind the first aad_len octets of the whole message, and compares all of it. */
static void check(const char *whole_hex, uint16_t aad_len, const char *text_hex)
{
    struct kat_bytes keymat = kat_hex(KEYMAT), whole = kat_hex(whole_hex);
    struct kat_bytes text = kat_hex(text_hex);
    struct ik_seal_key k = {.encr = &ik_encr_chacha20_poly1305, .encr_key = keymat.b};
    struct ik_env env;
    uint8_t msg[256];
    struct ik_sealed s = {.msg = msg, .aad_len = aad_len, .text_len = (uint16_t)text.len};

    cr_assert_eq(whole.len, (size_t)aad_len + 8 + text.len + 16);
    for (size_t t = 0; t < KAT_TABLES; t++) {
        kat_env(&env, kat_table(t));
        memset(msg, 0xee, sizeof msg);
        memcpy(msg, whole.b, aad_len);
        memcpy(msg + aad_len + 8, text.b, text.len);
        ik_seal(&env, &k, &s, IV);
        cr_assert_arr_eq(msg, whole.b, whole.len);
        cr_assert_eq(ik_open(&env, &k, &s), IK_OK);
        cr_assert_arr_eq(msg + aad_len + 8, text.b, text.len);
    }
}

/* The packet begins at the SPI. */
Test(chacha20_poly1305, rfc7634_esp)
{
    check("0102030400000005101112131415161724039428b97f417e3c13753a4f05087b"
          "67c352e6a7fab1b982d466ef407ae5c614ee8099d52844eb61aa95dfab4c02f7"
          "2aa71e7c4c4f64c9befe2facc638e8f3cbec163fac469b502773f6fb94e664da"
          "9165b82829f641e076aaa8266b7fb0f7b11b369907e1ad43",
          8,
          "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10"
          "0007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
          "2425262728292a2b2c2d2e2f303132333435363701020204");
}

Test(chacha20_poly1305, rfc7634_ike)
{
    check("c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029"
          "1011121314151617610394701f8d017f7c129248896b71bfe25236efd7cdc670"
          "66906315b2",
          32, "0000000c000040010000000a00");
}

static bool run(struct ik_env *env, const struct kat_case *c)
{
    struct kat_aead a;

    if (kat_size(c, "ivSize") != 96) {
        return false;
    }
    a = (struct kat_aead){.key = kat_field(c, "key"),
                          .nonce = kat_field(c, "iv"),
                          .aad = kat_field(c, "aad"),
                          .text = kat_field(c, "msg"),
                          .ct = kat_field(c, "ct"),
                          .tag = kat_field(c, "tag")};
    if (kat_result_is(c, "valid")) {
        kat_aead_valid(env, &ik_encr_chacha20_poly1305, &a);
        return true;
    }
    cr_assert(kat_result_is(c, "invalid"), "acceptable: case %d", kat_id(c));
    cr_assert(!kat_aead_opens(env, &ik_encr_chacha20_poly1305, &a), "case %d", kat_id(c));
    return true;
}

Test(chacha20_poly1305, wycheproof)
{
    for (size_t t = 0; t < KAT_TABLES; t++) {
        cr_assert_eq(kat_wycheproof("chacha20_poly1305_test.json", kat_table(t), run), 316);
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * AES-GMAC in ESP (RFC 4543). The first is the packet of draft-mcgrew-gcm-test-01 that Linux and
 * others test themselves with; the others were computed with OpenSSL's AES-GCM over SPI | sequence
 * number | IV | payload.
 */
#include "tests/kat/aead.h"

#define KEY "4c80cdefbb5d10da906ac73c3613a634"
#define SALT "22433c64"
#define TEXT                                                                                       \
    "45000030da3a00008001df3bc0a80005c0a800010800c6cd0200070061626364"                             \
    "65666768696a6b6c6d6e6f707172737401020201"

static const struct {
    const char *key, *iv, *esn, *tag;
} packets[] = {
    {KEY, "0000000000000000", NULL, "f2a9a836e155106aa8dcd618e4099aaa"},
    {KEY, "0102030405060708", "00000001", "6e5d4afae0483d07de9e730b0b80569d"},
    {KEY "436a3163c37ca609ad01d5bbfedc08c4", "0102030405060708", NULL,
     "b74a34708d70f03ab5d5c46c344eee5b"},
};

/* | SPI, sequence number | IV | text | ICV |: the text stays as it is. */
static void check(struct ik_env *env, size_t n)
{
    struct kat_bytes key = kat_hex(packets[n].key), salt = kat_hex(SALT), text = kat_hex(TEXT);
    struct kat_bytes iv = kat_hex(packets[n].iv), tag = kat_hex(packets[n].tag);
    struct kat_bytes esn = kat_hex(packets[n].esn != NULL ? packets[n].esn : "");
    uint8_t keymat[36], msg[8 + 8 + 52 + 16] = {0, 0, 0x43, 0x21, 0, 0, 0, 7};
    struct ik_seal_key k = {
        .encr = ik_crypto_encr(env->crypto, IK_ENCR_NULL_AUTH_AES_GMAC, (uint16_t)(key.len * 8)),
        .encr_key = keymat};
    struct ik_sealed s = {.msg = msg, .aad_len = 8, .text_len = (uint16_t)text.len};

    cr_assert_eq(text.len, 52);
    s.esn = esn.len > 0 ? esn.b : NULL;
    memcpy(keymat, key.b, key.len);
    memcpy(keymat + key.len, salt.b, salt.len);
    memcpy(msg + 16, text.b, text.len);
    ik_seal(env, &k, &s, (uint64_t)ik_get32(iv.b) << 32 | ik_get32(iv.b + 4));
    cr_assert_arr_eq(msg + 8, iv.b, 8);
    cr_assert_arr_eq(msg + 16, text.b, text.len);
    cr_assert_arr_eq(msg + 68, tag.b, 16);
    cr_assert_eq(ik_open(env, &k, &s), IK_OK);
    cr_assert_arr_eq(msg + 16, text.b, text.len);
}

Test(aes_gmac, packets)
{
    struct ik_env env;

    for (size_t t = 0; t < KAT_TABLES; t++) {
        kat_env(&env, kat_table(t));
        for (size_t n = 0; n < sizeof packets / sizeof *packets; n++) {
            check(&env, n);
        }
    }
}

/* SPDX-License-Identifier: MIT */
/* AES-CBC: RFC 3602 section 4 (128 bits) and NIST SP 800-38A appendix F.2 (all key lengths). */
#include "tests/kat/kat.h"

static const struct vector {
    const char *name, *key, *iv, *text, *ct;
} vectors[] = {
    {"RFC 3602 case 1", "06a9214036b8a15b512e03d534120006", "3dafba429d9eb430b422da802c9fac41",
     "53696e676c6520626c6f636b206d7367", "e353779c1079aeb82708942dbe77181a"},
    {"RFC 3602 case 2", "c286696d887c9aa0611bbb3e2025a45a", "562e17996d093d28ddb3ba695a2e6f58",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1"},
    {"RFC 3602 case 3", "6c3ea0477630ce21a2ce334aa746c2cd", "c782dc4c098c66cbd9cd27d825682c81",
     "5468697320697320612034382d62797465206d65737361676520286578616374"
     "6c7920332041455320626c6f636b7329",
     "d0a02b3836451753d493665d33f0e8862dea54cdb293abc7506939276772f8d5"
     "021c19216bad525c8579695d83ba2684"},
    {"RFC 3602 case 4", "56e47a38c5598974bc46903dba290349", "8ce82eefbea0da3c44699ed7db51b7d9",
     "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
     "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf",
     "c30e32ffedc0774e6aff6af0869f71aa0f3af07a9a31a9c684db207eb0ef8e4e"
     "35907aa632c3ffdf868bb7b29d3d46ad83ce9f9a102ee99d49a53e87f4c3da55"},
    {"RFC 3602 case 5", "90d382b410eeba7ad938c46cec1a82bf", "e96e8c08ab465763fd098d45dd3ff893",
     "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f1011121314151617"
     "18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637"
     "0102030405060708090a0b0c0d0e0e01",
     "f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856"
     "a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874a"
     "a269add047ad2d5913ac19b7cfbad4a6"},
    {"RFC 3602 case 6", "90d382b410eeba7ad938c46cec1a82bf", "69d08df7d203329db093fc4924e5bd80",
     "0800b5e8a80a0500a69c083d0b660e0077777777777777777777777701020201",
     "f51995881ec4e0c4488987ce742e8109689bb379d2d750c0d915dca346a89f75"},
    {"RFC 3602 case 7", "0123456789abcdef0123456789abcdef", "f4e765244f6407adf13dc1380f673f37",
     "45000054090400004001f988c0a87b03c0a87bc808009f76a90a0100b49c083d"
     "02a2040008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
     "2425262728292a2b2c2d2e2f30313233343536370102030405060708090a0a04",
     "773b5241a4c449225e4f3ce5ed611b0c237ca96cf74a93013c1b0ea1a0cf70f8"
     "e4ecaec78ac53aad7a0f022b859243c647752e94a859352b8a4d4d2decd136e5"
     "c177f132ad3fbfb2201ac9904c74ee0a109e0ca1e4dfe9d5a100b842f1c22f0d"},
    {"RFC 3602 case 8", "0123456789abcdef0123456789abcdef", "85d47224b5f3dd5d2101d4ea8dffab22",
     "45000044090c00004001f990c0a87b03c0a87bc80800d63caa0a0200c69c083d"
     "a3de0300ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "ffffffff0102030405060708090a0a04",
     "15b92683819596a8047232cc00f7048fe45318e11f8a0f62ede3c3fc61203bb5"
     "0f980a08c9843fd3a1b06d5c07ff9639b7eb7dfb3512e5de435e7207ed971ef3"
     "d2726d9b5ef6affc6d17a0decbb13892"},
    {"SP 800-38A F.2.1 CBC-AES128", "2b7e151628aed2a6abf7158809cf4f3c",
     "000102030405060708090a0b0c0d0e0f",
     "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
     "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
     "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
     "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"},
    {"SP 800-38A F.2.3 CBC-AES192", "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
     "000102030405060708090a0b0c0d0e0f",
     "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
     "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
     "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
     "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd"},
    {"SP 800-38A F.2.5 CBC-AES256",
     "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "000102030405060708090a0b0c0d0e0f",
     "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
     "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
     "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
     "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"}};

static const struct ik_encr *row_of(size_t key_len)
{
    return ik_crypto_encr(&ik_crypto_portable, IK_ENCR_AES_CBC, (uint16_t)(key_len * 8));
}

/* ik_seal draws the IV, so the row itself is asked. */
static void check(struct ik_env *env, const struct vector *v)
{
    struct kat_bytes key = kat_hex(v->key), iv = kat_hex(v->iv), text = kat_hex(v->text);
    struct kat_bytes ct = kat_hex(v->ct);
    const struct ik_encr *encr = row_of(key.len);
    uint8_t msg[16 + 128];
    struct ik_sealed s = {.msg = msg, .text_len = (uint16_t)text.len};

    cr_assert_not_null(encr);
    cr_assert_eq(iv.len, encr->iv_len);
    memcpy(msg, iv.b, iv.len);
    memcpy(msg + iv.len, text.b, text.len);
    cr_assert_eq(encr->run(encr, env, key.b, &s, 1), 1);
    cr_assert_arr_eq(msg, iv.b, iv.len, "%s: the IV was changed", v->name);
    cr_assert_arr_eq(msg + iv.len, ct.b, ct.len, "%s", v->name);
    cr_assert_eq(encr->run(encr, env, key.b, &s, 0), 1);
    cr_assert_arr_eq(msg, iv.b, iv.len, "%s: the IV was changed", v->name);
    cr_assert_arr_eq(msg + iv.len, text.b, text.len, "%s", v->name);
}

Test(aes_cbc, rfc3602_and_nist)
{
    struct ik_env env;

    for (size_t t = 0; t < KAT_TABLES; t++) {
        kat_env(&env, kat_table(t));
        for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
            check(&env, &vectors[i]);
        }
    }
}

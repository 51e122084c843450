/* SPDX-License-Identifier: MIT */
/*
 * AES-GCM: test cases 4, 10 and 16 of McGrew and Viega, "The Galois/Counter Mode of Operation",
 * which NIST took over; Wycheproof aes_gcm. A shorter ICV is the beginning of the longest (RFC 4106
 * section 6).
 */
#include "tests/kat/aead.h"
#include "tests/kat/wycheproof.h"

#define KEY "feffe9928665731c6d6a8f9467308308"

static const struct {
    const char *key, *ct, *tag;
} vectors[] = {{KEY,
                "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
                "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
                "5bc94fbc3221a5db94fae95ae7121a47"},
               {KEY "feffe9928665731c",
                "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c"
                "7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710",
                "2519498e80f1478f37ba55bd6d27618c"},
               {KEY KEY,
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
                "76fc6ece0f4e1768cddf8853bb2d551b"}};

static const uint16_t ids[] = {IK_ENCR_AES_GCM_8, IK_ENCR_AES_GCM_12, IK_ENCR_AES_GCM_16};

static const struct ik_encr *row(struct ik_env *env, uint16_t id, size_t key_len)
{
    const struct ik_encr *encr = ik_crypto_encr(env->crypto, id, (uint16_t)(key_len * 8));

    cr_assert_not_null(encr);
    return encr;
}

Test(aes_gcm, mcgrew_viega)
{
    struct ik_env env;

    for (size_t i = 0; i < KAT_TABLES * sizeof vectors / sizeof *vectors; i++) {
        struct kat_aead a = {
            .key = kat_hex(vectors[i / KAT_TABLES].key),
            .nonce = kat_hex("cafebabefacedbaddecaf888"),
            .aad = kat_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
            .text = kat_hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"),
            .ct = kat_hex(vectors[i / KAT_TABLES].ct),
            .tag = kat_hex(vectors[i / KAT_TABLES].tag)};

        kat_env(&env, kat_table(i % KAT_TABLES));
        for (size_t j = 0; j < 3; j++) {
            kat_aead_valid(&env, row(&env, ids[j], a.key.len), &a);
        }
    }
}

/* Other nonces than 12 octets do not exist in IPsec. A false tag may begin like the right one, so
 * that it is tried with the longest only. */
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
    cr_assert_eq(a.tag.len, 16);
    if (kat_result_is(c, "valid")) {
        for (size_t j = 0; j < 3; j++) {
            kat_aead_valid(env, row(env, ids[j], a.key.len), &a);
        }
        return true;
    }
    cr_assert(kat_result_is(c, "invalid"), "acceptable: case %d", kat_id(c));
    cr_assert(!kat_aead_opens(env, row(env, IK_ENCR_AES_GCM_16, a.key.len), &a), "case %d",
              kat_id(c));
    return true;
}

Test(aes_gcm, wycheproof)
{
    for (size_t t = 0; t < KAT_TABLES; t++) {
        cr_assert_geq(kat_wycheproof("aes_gcm_test.json", kat_table(t), run), 190);
    }
}

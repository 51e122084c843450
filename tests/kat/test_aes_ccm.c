/* SPDX-License-Identifier: MIT */
/*
 * AES-CCM. IPsec's nonce has 11 octets, for which Wycheproof has vectors with ICVs of 16 only, and
 * an ICV of CCM is no beginning of a longer one. So CCM is written here once more, straight from
 * RFC 3610 section 2; it proves itself on every Wycheproof vector with any nonce and ICV, and then
 * the rows are compared with it.
 */
#include "tests/kat/aead.h"
#include "tests/kat/wycheproof.h"

static void aes(const uint8_t *key, size_t key_len, const uint8_t in[16], uint8_t out[16])
{
    br_aes_big_cbcenc_keys keys;
    uint8_t iv[16] = {0};

    br_aes_big_cbcenc_init(&keys, key, key_len);
    memcpy(out, in, 16);
    br_aes_big_cbcenc_run(&keys, iv, out, 16);
}

/* RFC 3610 2.2: X_i+1 := E(K, X_i XOR B_i), over data padded with zeros. */
static void mac(const struct kat_bytes *key, uint8_t x[16], const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i += 16) {
        for (size_t j = 0; j < 16 && i + j < len; j++) {
            x[j] ^= data[i + j];
        }
        aes(key->b, key->len, x, x);
    }
}

/* RFC 3610 2.2 and 2.3; the lengths of tests fit 16 bits. */
static void ccm(const struct kat_aead *v, size_t icv_len, uint8_t *ct, uint8_t *icv)
{
    size_t l = 15 - v->nonce.len;
    uint8_t x[16] = {0}, b[16] = {0}, a[16] = {0}, s[16];
    uint8_t header[2 + KAT_MAX];

    b[0] = (uint8_t)((v->aad.len > 0 ? 64 : 0) + 8 * ((icv_len - 2) / 2) + l - 1);
    memcpy(b + 1, v->nonce.b, v->nonce.len);
    ik_put16(b + 14, (uint16_t)v->text.len);
    mac(&v->key, x, b, 16);
    if (v->aad.len > 0) {
        ik_put16(header, (uint16_t)v->aad.len);
        memcpy(header + 2, v->aad.b, v->aad.len);
        mac(&v->key, x, header, 2 + v->aad.len);
    }
    mac(&v->key, x, v->text.b, v->text.len);

    a[0] = (uint8_t)(l - 1);
    memcpy(a + 1, v->nonce.b, v->nonce.len);
    aes(v->key.b, v->key.len, a, s);
    for (size_t i = 0; i < icv_len; i++) {
        icv[i] = x[i] ^ s[i];
    }
    for (size_t i = 0; i < v->text.len; i++) {
        ik_put16(a + 14, (uint16_t)(i / 16 + 1));
        aes(v->key.b, v->key.len, a, s);
        ct[i] = v->text.b[i] ^ s[i % 16];
    }
}

static struct kat_aead aead_of(const struct kat_case *c)
{
    return (struct kat_aead){.key = kat_field(c, "key"),
                             .nonce = kat_field(c, "iv"),
                             .aad = kat_field(c, "aad"),
                             .text = kat_field(c, "msg"),
                             .ct = kat_field(c, "ct"),
                             .tag = kat_field(c, "tag")};
}

/* invalid cases are false tags, and sizes that CCM does not have. */
static bool run_reference(struct ik_env *env, const struct kat_case *c)
{
    struct kat_aead a = aead_of(c);
    uint8_t ct[KAT_MAX], icv[16];

    (void)env;
    if (!kat_result_is(c, "valid")) {
        return false;
    }
    ccm(&a, a.tag.len, ct, icv);
    cr_assert_arr_eq(ct, a.ct.b, a.ct.len, "case %d", kat_id(c));
    cr_assert_arr_eq(icv, a.tag.b, a.tag.len, "case %d", kat_id(c));
    return true;
}

Test(aes_ccm, the_reference_is_right)
{
    cr_assert_geq(kat_wycheproof("aes_ccm_test.json", &ik_crypto_portable, run_reference), 400);
}

static bool run(struct ik_env *env, const struct kat_case *c)
{
    struct kat_aead a = aead_of(c);
    const struct ik_encr *encr =
        ik_crypto_encr(env->crypto, IK_ENCR_AES_CCM_16, (uint16_t)(a.key.len * 8));

    if (kat_size(c, "ivSize") != 88 || kat_size(c, "tagSize") != 128) {
        return false;
    }
    cr_assert(kat_result_is(c, "valid"));
    kat_aead_valid(env, encr, &a);
    a.tag.b[15] ^= 1;
    cr_assert(!kat_aead_opens(env, encr, &a));
    return true;
}

Test(aes_ccm, wycheproof)
{
    for (size_t t = 0; t < KAT_TABLES; t++) {
        cr_assert_eq(kat_wycheproof("aes_ccm_test.json", kat_table(t), run), 18);
    }
}

static void check_sizes(struct ik_env *env, const struct ik_encr *encr)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 32, 100, 1400};
    static const size_t aads[] = {0, 8, 12, 14, 15, 32, 60};
    struct kat_aead a = {.key = {.len = encr->key_len}, .nonce = {.len = 11}};

    ik_drbg_bytes(env, a.key.b, a.key.len);
    ik_drbg_bytes(env, a.nonce.b, a.nonce.len);
    ik_drbg_bytes(env, a.text.b, 1400);
    ik_drbg_bytes(env, a.aad.b, 60);
    for (size_t i = 0; i < 8 * 7; i++) {
        a.text.len = a.ct.len = sizes[i / 7];
        a.aad.len = aads[i % 7];
        a.tag.len = encr->icv_len;
        ccm(&a, encr->icv_len, a.ct.b, a.tag.b);
        kat_aead_valid(env, encr, &a);
    }
}

/* ICVs of 8, 12 and 16 octets, keys of three lengths. */
Test(aes_ccm, all_rows_as_rfc3610)
{
    struct ik_env env;

    for (size_t t = 0; t < KAT_TABLES; t++) {
        for (uint16_t id = IK_ENCR_AES_CCM_8; id <= IK_ENCR_AES_CCM_16; id++) {
            for (uint16_t bits = 128; bits <= 256; bits = (uint16_t)(bits + 64)) {
                kat_env(&env, kat_table(t));
                check_sizes(&env, ik_crypto_encr(env.crypto, id, bits));
            }
        }
    }
}

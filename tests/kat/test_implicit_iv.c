/* SPDX-License-Identifier: MIT */
/*
 * Implicit IVs (RFC 8750). The RFC has no vectors; but with an IV that is the sequence number, the
 * cipher with an explicit one, which has, must give the same text and ICV.
 */
#include "tests/kat/aead.h"

#define TEXT_LEN 100

static const struct {
    uint16_t implicit, explicit, key_bits;
} pairs[] = {
    {IK_ENCR_AES_CCM_8_IIV, IK_ENCR_AES_CCM_8, 128},
    {IK_ENCR_AES_CCM_8_IIV, IK_ENCR_AES_CCM_8, 192},
    {IK_ENCR_AES_CCM_8_IIV, IK_ENCR_AES_CCM_8, 256},
    {IK_ENCR_AES_GCM_16_IIV, IK_ENCR_AES_GCM_16, 128},
    {IK_ENCR_AES_GCM_16_IIV, IK_ENCR_AES_GCM_16, 192},
    {IK_ENCR_AES_GCM_16_IIV, IK_ENCR_AES_GCM_16, 256},
    {IK_ENCR_CHACHA20_POLY1305_IIV, IK_ENCR_CHACHA20_POLY1305, 0},
};

/* Fills text with what follows from its place, and seals. Answers where the text begins. */
static uint8_t *seal(struct ik_env *env, const struct ik_seal_key *k, struct ik_sealed *s,
                     uint64_t number)
{
    uint8_t *text = s->msg + 8 + k->encr->iv_len;

    memset(s->msg, 0x5a, 8);
    ik_put32(s->msg + 4, (uint32_t)number);
    for (uint8_t i = 0; i < TEXT_LEN; i++) {
        text[i] = i;
    }
    ik_seal(env, k, s, number);
    return text;
}

static void same(struct ik_env *env, size_t n, uint64_t number, bool extended)
{
    uint8_t key[36], a[256], b[256], esn[4];
    struct ik_seal_key with = {
        .encr = ik_crypto_encr(env->crypto, pairs[n].explicit, pairs[n].key_bits), .encr_key = key};
    struct ik_seal_key without = {
        .encr = ik_crypto_encr(env->crypto, pairs[n].implicit, pairs[n].key_bits), .encr_key = key};
    struct ik_sealed sa = {.msg = a, .aad_len = 8, .text_len = TEXT_LEN};
    struct ik_sealed sb = {.msg = b, .aad_len = 8, .text_len = TEXT_LEN};

    for (uint8_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)(0xa0 + i);
    }
    ik_put32(esn, (uint32_t)(number >> 32));
    sa.esn = sb.esn = extended ? esn : NULL;
    const uint8_t *x = seal(env, &with, &sa, number), *y = seal(env, &without, &sb, number);
    cr_assert_eq(y - b, 8, "there is no IV");
    cr_assert_arr_eq(x, y, (size_t)TEXT_LEN + with.encr->icv_len);
    cr_assert_eq(ik_open(env, &without, &sb), IK_OK);
    cr_assert_eq(y[TEXT_LEN - 1], TEXT_LEN - 1);
}

Test(implicit_iv, as_an_explicit_one_that_is_the_sequence_number)
{
    struct ik_env env;

    for (size_t t = 0; t < KAT_TABLES; t++) {
        kat_env(&env, kat_table(t));
        for (size_t n = 0; n < sizeof pairs / sizeof *pairs; n++) {
            same(&env, n, 1, false);
            same(&env, n, 0xfffffffe, false);
            same(&env, n, 1, true);
            same(&env, n, 0x0102030405060708, true);
        }
    }
}

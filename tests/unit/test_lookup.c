/* SPDX-License-Identifier: MIT */
/* Rows by IANA number, and what each row says of itself, against a table written from the RFCs. */
#include "tests/kat/kat.h"

static const struct {
    uint16_t id, key_bits;
    uint8_t key_len, salt_len, iv_len, block, icv_len, flags;
} ciphers[] = {
    /* RFC 2410 */
    {11, 0, 0, 0, 0, 1, 0, IK_ALG_ESP_ONLY},
    /* RFC 3602 */
    {12, 128, 16, 0, 16, 16, 0, 0},
    {12, 192, 24, 0, 16, 16, 0, 0},
    {12, 256, 32, 0, 16, 16, 0, 0},
    /* RFC 3686, RFC 5930 */
    {13, 128, 16, 4, 8, 1, 0, 0},
    {13, 192, 24, 4, 8, 1, 0, 0},
    {13, 256, 32, 4, 8, 1, 0, 0},
    /* RFC 4309, RFC 5282 */
    {14, 128, 16, 3, 8, 1, 8, IK_ALG_AEAD},
    {14, 192, 24, 3, 8, 1, 8, IK_ALG_AEAD},
    {14, 256, 32, 3, 8, 1, 8, IK_ALG_AEAD},
    {15, 128, 16, 3, 8, 1, 12, IK_ALG_AEAD},
    {15, 192, 24, 3, 8, 1, 12, IK_ALG_AEAD},
    {15, 256, 32, 3, 8, 1, 12, IK_ALG_AEAD},
    {16, 128, 16, 3, 8, 1, 16, IK_ALG_AEAD},
    {16, 192, 24, 3, 8, 1, 16, IK_ALG_AEAD},
    {16, 256, 32, 3, 8, 1, 16, IK_ALG_AEAD},
    /* RFC 4106, RFC 5282 */
    {18, 128, 16, 4, 8, 1, 8, IK_ALG_AEAD},
    {18, 192, 24, 4, 8, 1, 8, IK_ALG_AEAD},
    {18, 256, 32, 4, 8, 1, 8, IK_ALG_AEAD},
    {19, 128, 16, 4, 8, 1, 12, IK_ALG_AEAD},
    {19, 192, 24, 4, 8, 1, 12, IK_ALG_AEAD},
    {19, 256, 32, 4, 8, 1, 12, IK_ALG_AEAD},
    {20, 128, 16, 4, 8, 1, 16, IK_ALG_AEAD},
    {20, 192, 24, 4, 8, 1, 16, IK_ALG_AEAD},
    {20, 256, 32, 4, 8, 1, 16, IK_ALG_AEAD},
    /* RFC 7634 */
    {28, 0, 32, 4, 8, 1, 16, IK_ALG_AEAD},
    {21, 128, 16, 4, 8, 1, 16, IK_ALG_AEAD | IK_ALG_ESP_ONLY},
    {21, 192, 24, 4, 8, 1, 16, IK_ALG_AEAD | IK_ALG_ESP_ONLY},
    {21, 256, 32, 4, 8, 1, 16, IK_ALG_AEAD | IK_ALG_ESP_ONLY},
    {29, 128, 16, 3, 0, 1, 8, IK_ALG_AEAD | IK_ALG_ESP_ONLY | IK_ALG_IMPLICIT_IV},
    {29, 192, 24, 3, 0, 1, 8, IK_ALG_AEAD | IK_ALG_ESP_ONLY | IK_ALG_IMPLICIT_IV},
    {29, 256, 32, 3, 0, 1, 8, IK_ALG_AEAD | IK_ALG_ESP_ONLY | IK_ALG_IMPLICIT_IV},
    {30, 128, 16, 4, 0, 1, 16, IK_ALG_AEAD | IK_ALG_ESP_ONLY | IK_ALG_IMPLICIT_IV},
    {30, 192, 24, 4, 0, 1, 16, IK_ALG_AEAD | IK_ALG_ESP_ONLY | IK_ALG_IMPLICIT_IV},
    {30, 256, 32, 4, 0, 1, 16, IK_ALG_AEAD | IK_ALG_ESP_ONLY | IK_ALG_IMPLICIT_IV},
    {31, 0, 32, 4, 0, 1, 16, IK_ALG_AEAD | IK_ALG_ESP_ONLY | IK_ALG_IMPLICIT_IV},
};

Test(lookup, ciphers)
{
    size_t listed = 0;

    for (size_t i = 0; i < sizeof ciphers / sizeof *ciphers; i++) {
        const struct ik_encr *e =
            ik_crypto_encr(&ik_crypto_portable, ciphers[i].id, ciphers[i].key_bits);

        cr_assert_not_null(e, "row %zu", i);
        cr_assert_eq(e->id, ciphers[i].id);
        cr_assert_eq(e->key_bits, ciphers[i].key_bits);
        cr_assert_eq(e->key_len, ciphers[i].key_len);
        cr_assert_eq(e->salt_len, ciphers[i].salt_len);
        cr_assert_eq(e->iv_len, ciphers[i].iv_len);
        cr_assert_eq(e->block, ciphers[i].block);
        cr_assert_eq(e->icv_len, ciphers[i].icv_len);
        cr_assert_eq(e->flags, ciphers[i].flags);
    }
    while (ik_crypto_portable.encr[listed] != NULL) {
        listed++;
    }
    cr_assert_eq(listed, sizeof ciphers / sizeof *ciphers);
}

static const struct {
    uint16_t id;
    uint8_t key_len, fixed, flags;
} prfs[] = {
    {2, 20, 0, IK_ALG_LEGACY}, /* RFC 2104 */
    {4, 16, 1, 0},             /* RFC 4434 */
    {5, 32, 0, 0},             /* RFC 4868 */
    {6, 48, 0, 0},
    {7, 64, 0, 0},
    {8, 16, 1, 0}, /* RFC 4615 */
};

Test(lookup, prfs)
{
    size_t listed = 0;

    for (size_t i = 0; i < sizeof prfs / sizeof *prfs; i++) {
        const struct ik_prf *p = ik_crypto_prf(&ik_crypto_portable, prfs[i].id);

        cr_assert_not_null(p, "row %zu", i);
        cr_assert_eq(p->id, prfs[i].id);
        cr_assert_eq(p->key_len, prfs[i].key_len);
        cr_assert_eq(p->mac->out_len, prfs[i].key_len);
        cr_assert_eq(p->fixed, prfs[i].fixed);
        cr_assert_eq(p->flags, prfs[i].flags);
    }
    while (ik_crypto_portable.prf[listed] != NULL) {
        listed++;
    }
    cr_assert_eq(listed, sizeof prfs / sizeof *prfs);
}

static const struct {
    uint16_t id;
    uint8_t key_len, icv_len, flags;
} integs[] = {
    {2, 20, 12, IK_ALG_LEGACY}, /* RFC 2404 */
    {5, 16, 12, 0},             /* RFC 3566 */
    {8, 16, 12, 0},             /* RFC 4494 */
    {9, 20, 24, 0},             /* RFC 4543 */
    {10, 28, 24, 0},
    {11, 36, 24, 0},
    {12, 32, 16, 0}, /* RFC 4868 */
    {13, 48, 24, 0},
    {14, 64, 32, 0},
};

Test(lookup, integrity)
{
    size_t listed = 0;

    for (size_t i = 0; i < sizeof integs / sizeof *integs; i++) {
        const struct ik_integ *g = ik_crypto_integ(&ik_crypto_portable, integs[i].id);

        cr_assert_not_null(g, "row %zu", i);
        cr_assert_eq(g->id, integs[i].id);
        cr_assert_eq(g->key_len, integs[i].key_len);
        cr_assert_eq(g->icv_len, integs[i].icv_len);
        cr_assert_eq(g->flags, integs[i].flags);
    }
    while (ik_crypto_portable.integ[listed] != NULL) {
        listed++;
    }
    cr_assert_eq(listed, sizeof integs / sizeof *integs);
}

static const struct {
    uint16_t id, pub_len, shared_len;
    uint8_t priv_len, flags, cost;
} groups[] = {
    {2, 128, 128, 32, IK_ALG_LEGACY, IK_COST_MODP1024}, /* RFC 7296 appendix B.2 */
    {14, 256, 256, 32, 0, IK_COST_MODP2048},            /* RFC 3526 */
    {15, 384, 384, 40, 0, IK_COST_MODP3072},
    {19, 64, 32, 32, 0, IK_COST_P256}, /* RFC 5903 */
    {20, 96, 48, 48, 0, IK_COST_P384},
    {21, 132, 66, 66, 0, IK_COST_P521},
    {31, 32, 32, 32, 0, IK_COST_X25519}, /* RFC 8031 */
};

Test(lookup, groups)
{
    size_t listed = 0;

    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        const struct ik_dh *d = ik_crypto_dh(&ik_crypto_portable, groups[i].id);

        cr_assert_not_null(d, "row %zu", i);
        cr_assert_eq(d->id, groups[i].id);
        cr_assert_eq(d->pub_len, groups[i].pub_len);
        cr_assert_eq(d->shared_len, groups[i].shared_len);
        cr_assert_eq(d->priv_len, groups[i].priv_len);
        cr_assert_eq(d->flags, groups[i].flags);
        cr_assert_eq(d->cost, groups[i].cost);
    }
    while (ik_crypto_portable.dh[listed] != NULL) {
        listed++;
    }
    cr_assert_eq(listed, sizeof groups / sizeof *groups);
}

Test(lookup, what_is_not_listed_is_not_found)
{
    static const struct ik_encr *const one_encr[] = {&ik_encr_aes_ccm_8_128, NULL};
    static const struct ik_prf *const one_prf[] = {&ik_prf_hmac_sha2_256, NULL};
    static const struct ik_integ *const no_integ[] = {NULL};
    struct ik_crypto c = {.encr = one_encr, .prf = one_prf, .integ = no_integ, .dh = NULL};

    cr_assert_eq(ik_crypto_encr(&c, IK_ENCR_AES_CCM_8, 128), &ik_encr_aes_ccm_8_128);
    cr_assert_null(ik_crypto_encr(&c, IK_ENCR_AES_CCM_8, 256));
    cr_assert_null(ik_crypto_encr(&c, IK_ENCR_AES_CCM_8, 0));
    cr_assert_null(ik_crypto_encr(&c, IK_ENCR_AES_CCM_12, 128));
    cr_assert_null(ik_crypto_encr(&c, 0, 0));
    cr_assert_eq(ik_crypto_prf(&c, IK_PRF_HMAC_SHA2_256), &ik_prf_hmac_sha2_256);
    cr_assert_null(ik_crypto_prf(&c, IK_PRF_HMAC_SHA1));
    cr_assert_null(ik_crypto_integ(&c, IK_INTEG_HMAC_SHA2_256_128));
    cr_assert_null(ik_crypto_integ(&c, IK_INTEG_NONE));
    cr_assert_null(ik_crypto_dh(&c, IK_DH_X25519));
}

/* RFC 7634 section 4: ChaCha20-Poly1305 has no Key Length attribute; AES-CBC must have one (RFC
 * 7296 3.3.5). */
Test(lookup, key_length_attribute_must_fit)
{
    cr_assert_null(ik_crypto_encr(&ik_crypto_portable, IK_ENCR_CHACHA20_POLY1305, 256));
    cr_assert_null(ik_crypto_encr(&ik_crypto_portable, IK_ENCR_AES_CBC, 0));
    cr_assert_null(ik_crypto_encr(&ik_crypto_portable, IK_ENCR_AES_CBC, 129));
    cr_assert_null(ik_crypto_encr(&ik_crypto_portable, IK_ENCR_NULL, 128));
}

/* A minimal build lists what it likes; what its buffers can't hold does not exist. */
Test(lookup, rows_beyond_the_limits_of_the_build_are_absent)
{
    static struct ik_encr encr;
    static struct ik_prf prf;
    static struct ik_integ integ;
    static struct ik_mac mac;
    static struct ik_dh pub, priv;
    static const struct ik_encr *const encrs[] = {&encr, NULL};
    static const struct ik_prf *const some_prfs[] = {&prf, NULL};
    static const struct ik_integ *const some_integs[] = {&integ, NULL};
    static const struct ik_dh *const dhs[] = {&pub, &priv, NULL};
    struct ik_crypto c = {.encr = encrs, .prf = some_prfs, .integ = some_integs, .dh = dhs};

    encr = (struct ik_encr){.id = 100, .key_len = IK_ENCR_KEY_MAX - 3, .salt_len = 4};
    prf = (struct ik_prf){.id = 100, .key_len = IK_HASH_MAX + 1, .mac = &mac};
    mac = (struct ik_mac){.out_len = IK_HASH_MAX + 1};
    integ = (struct ik_integ){.id = 100, .mac = &mac};
    pub = (struct ik_dh){.id = 100, .pub_len = IK_DH_PUB_MAX + 1};
    priv = (struct ik_dh){.id = 101, .priv_len = IK_DH_PRIV_MAX + 1};
    cr_assert_null(ik_crypto_encr(&c, 100, 0));
    cr_assert_null(ik_crypto_prf(&c, 100));
    cr_assert_null(ik_crypto_integ(&c, 100));
    cr_assert_null(ik_crypto_dh(&c, 100));
    cr_assert_null(ik_crypto_dh(&c, 101));

    encr.salt_len = 3;
    prf.key_len = mac.out_len = IK_HASH_MAX;
    pub.pub_len = IK_DH_PUB_MAX;
    priv.priv_len = IK_DH_PRIV_MAX;
    cr_assert_eq(ik_crypto_encr(&c, 100, 0), &encr);
    cr_assert_eq(ik_crypto_prf(&c, 100), &prf);
    cr_assert_eq(ik_crypto_integ(&c, 100), &integ);
    cr_assert_eq(ik_crypto_dh(&c, 100), &pub);
    cr_assert_eq(ik_crypto_dh(&c, 101), &priv);
}

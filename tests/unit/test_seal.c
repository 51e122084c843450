/* SPDX-License-Identifier: MIT */
/*
 * Every cipher with every integrity algorithm through ik_seal and ik_open: what was sealed opens,
 * and what was changed anywhere does not.
 */
#include "tests/kat/kat.h"

#define AAD_LEN 8
#define TEXT_MAX 1600

static struct ik_env env;
static uint8_t encr_key[36], integ_key[64];

static void setup(void)
{
    kat_env(&env, host_crypto());
    ik_drbg_bytes(&env, encr_key, sizeof encr_key);
    ik_drbg_bytes(&env, integ_key, sizeof integ_key);
}

TestSuite(seal, .init = setup);

static size_t whole(const struct ik_seal_key *k, const struct ik_sealed *s)
{
    return (size_t)s->aad_len + k->encr->iv_len + s->text_len + ik_seal_icv_len(k);
}

static uint8_t *text_of(const struct ik_seal_key *k, const struct ik_sealed *s)
{
    return s->msg + s->aad_len + k->encr->iv_len;
}

/* Fills aad and text by a rule that text_is_good() repeats; the rest is junk. */
static struct ik_sealed fill(const struct ik_seal_key *k, uint8_t *msg, uint16_t aad_len,
                             uint16_t text_len)
{
    struct ik_sealed s = {.msg = msg, .aad_len = aad_len, .text_len = text_len};

    memset(msg, 0xee, whole(k, &s) + 1);
    for (uint16_t i = 0; i < aad_len; i++) {
        msg[i] = (uint8_t)(i + 1);
    }
    for (uint16_t i = 0; i < text_len; i++) {
        text_of(k, &s)[i] = (uint8_t)(i * 7 + 3);
    }
    return s;
}

static bool text_is_good(const struct ik_seal_key *k, const struct ik_sealed *s)
{
    for (uint16_t i = 0; i < s->text_len; i++) {
        if (text_of(k, s)[i] != (uint8_t)(i * 7 + 3)) {
            return false;
        }
    }
    return true;
}

typedef void (*check_fn)(const struct ik_seal_key *k);

/* All pairs that RFC 7296 3.3 allows: an AEAD alone, another cipher with each INTEG. */
static void each_pair(check_fn check)
{
    for (const struct ik_encr *const *e = env.crypto->encr; *e != NULL; e++) {
        struct ik_seal_key k = {.encr = *e, .encr_key = encr_key, .integ_key = integ_key};

        if (((*e)->flags & IK_ALG_AEAD) != 0) {
            check(&k);
            continue;
        }
        for (const struct ik_integ *const *i = env.crypto->integ; *i != NULL; i++) {
            k.integ = *i;
            if ((*i)->iv_len == 0) { /* else of AH only */
                check(&k);
            }
        }
    }
}

/* Is the text encrypted? */
static bool hides(const struct ik_encr *encr)
{
    return encr->id != IK_ENCR_NULL && encr->id != IK_ENCR_NULL_AUTH_AES_GMAC;
}

static uint16_t padded(const struct ik_seal_key *k, unsigned len)
{
    return (uint16_t)((len + k->encr->block - 1u) / k->encr->block * k->encr->block);
}

static void check_round_trip(const struct ik_seal_key *k)
{
    static const uint16_t sizes[] = {0, 1, 4, 15, 16, 17, 31, 32, 63, 64, 65, 100, 1400, TEXT_MAX};
    static const uint16_t aads[] = {0, 8, 12, 14, 16, 32, 61};
    uint8_t msg[64 + 16 + TEXT_MAX + 64];

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t j = 0; j < sizeof aads / sizeof *aads; j++) {
            if (aads[j] < 8 && (k->encr->flags & IK_ALG_IMPLICIT_IV) != 0) {
                continue; /* there is no sequence number */
            }
            struct ik_sealed s = fill(k, msg, aads[j], padded(k, sizes[i]));
            size_t len = whole(k, &s);

            ik_seal(&env, k, &s, 0x0102030405060708u);
            cr_assert_eq(msg[len], 0xee, "seal wrote behind the ICV");
            if (s.text_len >= 16 && hides(k->encr)) {
                cr_assert(!text_is_good(k, &s));
            }
            cr_assert_eq(ik_open(&env, k, &s), IK_OK, "encr %u-%u size %u aad %u", k->encr->id,
                         k->encr->key_bits, s.text_len, s.aad_len);
            cr_assert(text_is_good(k, &s));
            cr_assert_eq(msg[len], 0xee, "open wrote behind the ICV");
        }
    }
}

Test(seal, every_pair_opens_what_it_sealed)
{
    each_pair(check_round_trip);
}

static void check_every_bit(const struct ik_seal_key *k)
{
    uint8_t sealed[AAD_LEN + 16 + 32 + 64], msg[sizeof sealed];
    struct ik_sealed s = fill(k, sealed, AAD_LEN, padded(k, 20));
    size_t len = whole(k, &s);

    ik_seal(&env, k, &s, 7);
    s.msg = msg;
    for (size_t bit = 0; bit < 8 * len; bit++) {
        memcpy(msg, sealed, sizeof msg);
        msg[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        cr_assert_eq(ik_open(&env, k, &s), IK_ERR_AUTH, "encr %u: bit %zu", k->encr->id, bit);
        if (hides(k->encr)) {
            cr_assert(!text_is_good(k, &s), "text of a forged message is visible");
        }
        if (k->integ != NULL) {
            /* RFC 4303 3.4.4.1: checked first; nothing has been decrypted. */
            msg[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            cr_assert_arr_eq(msg, sealed, len, "encr %u: bit %zu: decrypted", k->encr->id, bit);
        }
    }
    memcpy(msg, sealed, sizeof msg);
    cr_assert_eq(ik_open(&env, k, &s), IK_OK);
}

Test(seal, every_flipped_bit_is_refused)
{
    each_pair(check_every_bit);
}

/* A shorter or longer text, with the ICV where it is then expected, does not open. */
static void check_every_length(const struct ik_seal_key *k)
{
    uint8_t sealed[AAD_LEN + 16 + 96 + 64], msg[sizeof sealed];
    struct ik_sealed s = fill(k, sealed, AAD_LEN, padded(k, 48));
    uint16_t right = s.text_len;

    ik_seal(&env, k, &s, 7);
    s.msg = msg;
    for (uint16_t len = 0; len <= right; len++) {
        memcpy(msg, sealed, sizeof msg);
        s.text_len = len;
        enum ik_status want = len == right                ? IK_OK
                              : len % k->encr->block != 0 ? IK_ERR_SYNTAX
                                                          : IK_ERR_AUTH;
        cr_assert_eq(ik_open(&env, k, &s), want, "encr %u length %u", k->encr->id, len);
    }
}

Test(seal, every_truncation_is_refused)
{
    each_pair(check_every_length);
}

static void check_keys_matter(const struct ik_seal_key *k)
{
    uint8_t msg[AAD_LEN + 16 + 32 + 64];
    uint8_t other_encr[36], other_integ[64];
    struct ik_seal_key other = *k;
    struct ik_sealed s = fill(k, msg, AAD_LEN, padded(k, 20));
    size_t key_len = (size_t)k->encr->key_len + k->encr->salt_len;

    for (size_t i = 0; i < key_len; i++) {
        s = fill(k, msg, AAD_LEN, s.text_len);
        ik_seal(&env, k, &s, 7);
        memcpy(other_encr, encr_key, sizeof other_encr);
        other_encr[i] ^= 1;
        other.encr_key = other_encr;
        enum ik_status status = ik_open(&env, &other, &s);
        cr_assert(status != IK_OK || !text_is_good(k, &s), "octet %zu of the key is not used", i);
    }
    other = *k;
    for (size_t i = 0; k->integ != NULL && i < k->integ->key_len; i++) {
        s = fill(k, msg, AAD_LEN, s.text_len);
        ik_seal(&env, k, &s, 7);
        memcpy(other_integ, integ_key, sizeof other_integ);
        other_integ[i] ^= 1;
        other.integ_key = other_integ;
        cr_assert_eq(ik_open(&env, &other, &s), IK_ERR_AUTH);
    }
}

Test(seal, every_octet_of_key_and_salt_matters)
{
    each_pair(check_keys_matter);
}

/* CBC: random, never twice the same. Others: the counter, big-endian. */
static void check_iv(const struct ik_seal_key *k)
{
    static const uint8_t counter[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t first[AAD_LEN + 16 + 32 + 64], second[sizeof first];
    struct ik_sealed s = fill(k, first, AAD_LEN, 16);

    ik_seal(&env, k, &s, 0x0102030405060708u);
    s = fill(k, second, AAD_LEN, 16);
    ik_seal(&env, k, &s, 0x0102030405060708u);
    if (k->encr->iv_len == 8) {
        cr_assert_arr_eq(first + AAD_LEN, counter, 8);
        cr_assert_arr_eq(first, second, whole(k, &s));
    } else if (k->encr->iv_len == 16) {
        cr_assert(memcmp(first + AAD_LEN, second + AAD_LEN, 16) != 0);
    }
}

Test(seal, iv_is_random_for_cbc_and_the_counter_for_others)
{
    each_pair(check_iv);
}

/* RFC 7296 3.3: ENCR without INTEG, which a configuration may still ask of ESP. */
Test(seal, a_cipher_without_integrity_has_no_icv)
{
    uint8_t msg[AAD_LEN + 16 + 32 + 1];
    struct ik_seal_key k = {.encr = &ik_encr_aes_cbc_128, .encr_key = encr_key};
    struct ik_sealed s = fill(&k, msg, AAD_LEN, 32);

    cr_assert_eq(ik_seal_icv_len(&k), 0);
    ik_seal(&env, &k, &s, 0);
    cr_assert(!text_is_good(&k, &s));
    cr_assert_eq(ik_open(&env, &k, &s), IK_OK);
    cr_assert(text_is_good(&k, &s));
}

/* What one implementation seals, the others open. */
Test(seal, all_tables_agree)
{
    uint8_t msg[AAD_LEN + 16 + 112 + 64];

    for (const struct ik_encr *const *e = env.crypto->encr; *e != NULL; e++) {
        struct ik_seal_key k = {.encr = *e, .encr_key = encr_key, .integ_key = integ_key};

        k.integ = ((*e)->flags & IK_ALG_AEAD) != 0 ? NULL : &ik_integ_aes_cmac_96;
        for (size_t i = 0; i < KAT_TABLES * KAT_TABLES; i++) {
            struct ik_sealed s = fill(&k, msg, AAD_LEN, padded(&k, 101));

            env.crypto = kat_table(i / KAT_TABLES);
            ik_seal(&env, &k, &s, 9);
            env.crypto = kat_table(i % KAT_TABLES);
            cr_assert_eq(ik_open(&env, &k, &s), IK_OK);
            cr_assert(text_is_good(&k, &s));
        }
    }
}

/* The longest messages that struct ik_pkt holds: nearly all aad, nearly all text. */
Test(seal, long_messages)
{
    static const uint16_t lens[][2] = {{0xfeff, 160}, {AAD_LEN, 65456}};
    uint8_t *msg = malloc(65536);

    cr_assert_not_null(msg);
    for (const struct ik_encr *const *e = env.crypto->encr; *e != NULL; e++) {
        struct ik_seal_key k = {.encr = *e, .encr_key = encr_key, .integ_key = integ_key};

        k.integ = ((*e)->flags & IK_ALG_AEAD) != 0 ? NULL : &ik_integ_hmac_sha2_256_128;
        for (size_t i = 0; i < 2; i++) {
            struct ik_sealed s = fill(&k, msg, lens[i][0], lens[i][1]);

            ik_seal(&env, &k, &s, 1);
            cr_assert_eq(ik_open(&env, &k, &s), IK_OK);
            cr_assert(text_is_good(&k, &s));
            ik_seal(&env, &k, &s, 2);
            msg[s.aad_len + 100] ^= 1;
            cr_assert_eq(ik_open(&env, &k, &s), IK_ERR_AUTH);
        }
    }
    free(msg);
}

/* SPDX-License-Identifier: MIT */
/*
 * Providers of algorithms: whatever computes, the result is the same. The known answers of
 * tests/kat hold for each table; here both get the same inputs, many of them.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "provider.h"

#include "crypto/crypto.h"
#include "util/util.h"

Test(provider, has_a_name)
{
    cr_expect_eq(host_crypto_named("bearssl"), host_crypto());
    cr_expect_null(host_crypto_named("rot13"));
    cr_expect_null(host_crypto_named(""));
    cr_expect_not_null(strstr(host_crypto_names(), "bearssl"));
}

static void env_with(struct ik_env *env, const struct ik_crypto *crypto)
{
    memset(env, 0, sizeof *env);
    env->crypto = crypto;
    env->sa = 0xffff;
    ik_drbg_init(env);
    ik_drbg_seed(env, "thirty-two octets of fixed seed.", 32);
}

/* ---- an AEAD that counts --------------------------------------------------------------------- */

static int begun, ended;

static void count_begin(const struct ik_aead *self, void *ctx, const uint8_t *key, size_t key_len)
{
    (void)self, (void)key, (void)key_len;
    begun++;
    memset(ctx, 0x77, IK_AEAD_CTX_MAX);
}

static int count_run(void *ctx, const uint8_t nonce[12], const struct ik_span *aad, size_t aad_n,
                     uint8_t *text, size_t len, uint8_t *icv, size_t icv_len, int seal)
{
    (void)nonce, (void)aad, (void)aad_n, (void)text, (void)len, (void)icv, (void)icv_len;
    cr_assert_eq(*(uint8_t *)ctx, 0x77);
    return seal;
}

static void count_end(void *ctx)
{
    cr_assert_eq(*(uint8_t *)ctx, 0x77);
    ended++;
}

static void seal_and_open(struct ik_env *env, const struct ik_seal_key *key)
{
    uint8_t msg[8 + 8 + 64 + 16] = {0};
    const struct ik_sealed s = {.msg = msg, .aad_len = 8, .text_len = 64};

    ik_seal(env, key, &s, 1);
    cr_expect_eq(ik_open(env, key, &s), IK_ERR_AUTH); /* as it says of every ICV */
}

/* What it keeps elsewhere is let go, as often as it was begun. */
Test(provider, aead_of_the_host_is_ended)
{
    static const struct ik_aead counting = {
        .begin = count_begin, .run = count_run, .end = count_end};
    static const struct ik_encr *const rows[] = {&ik_encr_aes_gcm_16_128,
                                                 &ik_encr_chacha20_poly1305};
    static const uint8_t key_octets[IK_ENCR_KEY_MAX] = {1};
    struct ik_crypto crypto = *host_crypto();
    struct ik_prepared kept;
    struct ik_env env;

    crypto.aes_gcm = crypto.chacha20_poly1305 = &counting;
    env_with(&env, &crypto);
    for (unsigned i = 0; i < 2; i++) {
        struct ik_seal_key key = {.encr = rows[i], .encr_key = key_octets};
        seal_and_open(&env, &key);
        cr_expect_eq(begun, 2);
        cr_expect_eq(ended, 2);
        key.encr_ctx = kept.encr[0].room;
        ik_seal_prepare(&env, &key, 1);
        seal_and_open(&env, &key);
        cr_expect_eq(begun, 3);
        cr_expect_eq(ended, 2);
        ik_seal_release(&key);
        cr_expect_eq(ended, 3);
        begun = ended = 0;
    }
}

#ifdef IK_OPENSSL

static const struct ik_crypto *openssl(void)
{
    return host_crypto_named("openssl");
}

/* All that libcrypto can compute, whatever is faster on this CPU. */
static const struct ik_crypto *all_openssl(void)
{
    static struct ik_crypto c;

    c = *openssl();
    c.aes_gcm = &openssl_aes_gcm;
    return &c;
}

Test(provider, openssl_is_one_table)
{
    cr_assert_not_null(openssl());
    cr_expect_eq(openssl(), openssl());
    cr_expect(ik_crypto_fits(openssl()));
    cr_expect_neq(openssl()->sha256, host_crypto()->sha256);
    cr_expect_neq(openssl()->ec_nist, host_crypto()->ec_nist);
    cr_expect_neq(openssl()->modexp, host_crypto()->modexp);
    cr_expect_not_null(openssl()->chacha20_poly1305);
    cr_expect_not_null(strstr(host_crypto_names(), "openssl"));
}

/* ---- hashes ---------------------------------------------------------------------------------- */

/* Room for either's context. */
union state {
    const br_hash_class *vtable;
    uint64_t room[64];
};

static void digest(const br_hash_class *hash, const uint8_t *p, size_t len, size_t cut,
                   uint8_t *out)
{
    union state s;

    cr_assert_leq(hash->context_size, sizeof s);
    hash->init(&s.vtable);
    hash->update(&s.vtable, p, cut);
    hash->update(&s.vtable, p + cut, len - cut);
    hash->out(&s.vtable, out);
    uint8_t again[64];
    hash->out(&s.vtable, again); /* leaves the context as it is */
    cr_assert_arr_eq(out, again, hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK);
}

/* The state after a block goes from one to the other. */
static void carry(const br_hash_class *from, const br_hash_class *to, size_t block,
                  const uint8_t *p, size_t len, uint8_t *out)
{
    union state a, b;
    uint8_t state[64];

    from->init(&a.vtable);
    from->update(&a.vtable, p, block);
    cr_assert_eq(from->state(&a.vtable, state), block);
    to->init(&b.vtable);
    to->set_state(&b.vtable, state, block);
    to->update(&b.vtable, p + block, len - block);
    to->out(&b.vtable, out);
}

static void same_hash(const br_hash_class *ours, const br_hash_class *theirs)
{
    uint8_t text[300], a[64] = {0}, b[64] = {0};
    size_t block = (size_t)1 << (ours->desc >> BR_HASHDESC_LBLEN_OFF & BR_HASHDESC_LBLEN_MASK);

    cr_assert_eq(ours->desc, theirs->desc);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 7);
    for (size_t len = 0; len <= sizeof text; len++) {
        digest(ours, text, len, len / 3, a);
        digest(theirs, text, len, len / 2, b);
        cr_assert_arr_eq(a, b, sizeof a, "%zu octets", len);
        if (len < block)
            continue;
        carry(ours, theirs, block, text, len, b);
        cr_assert_arr_eq(a, b, sizeof a, "%zu octets, carried", len);
        carry(theirs, ours, block, text, len, b);
        cr_assert_arr_eq(a, b, sizeof a, "%zu octets, carried back", len);
    }
}

Test(provider, hashes_agree)
{
    same_hash(host_crypto()->sha1, openssl()->sha1);
    same_hash(host_crypto()->sha256, openssl()->sha256);
    same_hash(host_crypto()->sha384, openssl()->sha384);
    same_hash(host_crypto()->sha512, openssl()->sha512);
}

/* ---- ciphers --------------------------------------------------------------------------------- */

#define AAD 8
#define TEXT_MAX 1472

struct end {
    struct ik_env env;
    struct ik_seal_key key;
    struct ik_prepared kept;
};

static const uint8_t key_octets[IK_HASH_MAX] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static void end_init(struct end *e, const struct ik_crypto *crypto, const struct ik_encr *encr,
                     bool prepared, int seal)
{
    memset(e, 0, sizeof *e);
    env_with(&e->env, crypto);
    e->key = (struct ik_seal_key){
        .encr = encr,
        .integ = encr->flags & IK_ALG_AEAD ? NULL : &ik_integ_hmac_sha2_256_128,
        .encr_key = key_octets,
        .integ_key = key_octets,
    };
    if (prepared) {
        e->key.encr_ctx = e->kept.encr[0].room;
        e->key.mac_ctx = e->kept.mac[0].room;
        ik_seal_prepare(&e->env, &e->key, seal);
    }
}

static void end_done(struct end *e)
{
    ik_seal_release(&e->key);
}

static void fill(uint8_t *msg, size_t len)
{
    for (size_t i = 0; i < len; i++)
        msg[i] = (uint8_t)(i * 5 + 1);
}

/* Both seal the same; each opens what is sealed, and nothing else. */
static void one_message(struct end out[2], struct end in[2], uint16_t len, bool esn)
{
    static uint8_t msg[2][AAD + 16 + TEXT_MAX + 64];
    const struct ik_encr *encr = out[0].key.encr;
    size_t whole = (size_t)AAD + encr->iv_len + len + ik_seal_icv_len(&out[0].key);
    const uint8_t high[4] = {0, 0, 0, 9};

    for (unsigned t = 0; t < 2; t++) {
        struct ik_sealed s = {
            .msg = msg[t], .aad_len = AAD, .text_len = len, .esn = esn ? high : NULL};
        fill(msg[t], whole);
        ik_seal(&out[t].env, &out[t].key, &s, 77);
    }
    cr_assert_arr_eq(msg[0], msg[1], whole, "encr %u/%u, %u octets", encr->id, encr->key_bits, len);
    for (unsigned t = 0; t < 2; t++) {
        struct ik_sealed s = {
            .msg = msg[t], .aad_len = AAD, .text_len = len, .esn = esn ? high : NULL};
        cr_assert_eq(ik_open(&in[t].env, &in[t].key, &s), IK_OK);
    }
    cr_assert_arr_eq(msg[0], msg[1], whole);
}

static void forged(struct end *out, struct end *in, uint16_t len)
{
    static uint8_t msg[AAD + 16 + TEXT_MAX + 64], kept[sizeof msg];
    const struct ik_encr *encr = out->key.encr;
    size_t whole = (size_t)AAD + encr->iv_len + len + ik_seal_icv_len(&out->key);
    const struct ik_sealed s = {.msg = msg, .aad_len = AAD, .text_len = len};

    fill(msg, whole);
    ik_seal(&out->env, &out->key, &s, 78);
    memcpy(kept, msg, whole);
    for (size_t bit = 0; bit < 8 * whole; bit++) {
        memcpy(msg, kept, whole);
        msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
        /* An implicit IV is the sequence number: it is covered, too. */
        cr_assert_eq(ik_open(&in->env, &in->key, &s), IK_ERR_AUTH, "encr %u, bit %zu", encr->id,
                     bit);
    }
    memcpy(msg, kept, whole);
    cr_assert_eq(ik_open(&in->env, &in->key, &s), IK_OK);
}

static void one_cipher(const struct ik_encr *encr, bool prepared)
{
    static const uint16_t lengths[] = {0, 1, 15, 16, 17, 63, 64, 65, 255, 256, 1440, TEXT_MAX};
    struct end out[2], in[2];

    for (unsigned t = 0; t < 2; t++) {
        const struct ik_crypto *crypto = t == 0 ? host_crypto() : all_openssl();
        end_init(&out[t], crypto, encr, prepared, 1);
        end_init(&in[t], crypto, encr, prepared, 0);
    }
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        if (lengths[i] % encr->block == 0) {
            one_message(out, in, lengths[i], false);
            one_message(out, in, lengths[i], true);
        }
    cr_assert(memcmp(&out[0].env.meter, &out[1].env.meter, sizeof out[0].env.meter) == 0);
    forged(&out[1], &in[1], 32);
    for (unsigned t = 0; t < 2; t++) {
        end_done(&out[t]);
        end_done(&in[t]);
    }
}

Test(provider, ciphers_agree)
{
    unsigned n = 0;

    for (const struct ik_encr *const *e = openssl()->encr; *e != NULL; e++) {
        one_cipher(*e, false);
        one_cipher(*e, true);
        n++;
    }
    cr_expect_geq(n, 26);
}

/* ---- groups ---------------------------------------------------------------------------------- */

static void key_pair(struct ik_job *job, const struct ik_crypto *crypto, const struct ik_dh *dh)
{
    struct ik_env env;

    env_with(&env, crypto);
    do {
        ik_job_begin(&env, job, 1, dh);
        ik_job_run(job);
    } while (!job->good);
}

/* The secret of what `with` computes for the pair of job and the value pub. */
static bool secret_of(struct ik_job *job, const uint8_t *pub, uint16_t len)
{
    if (ik_job_end(job, 2, (struct ik_span){pub, len}) != IK_OK)
        return false;
    ik_job_run(job);
    return job->good;
}

Test(provider, groups_agree)
{
    for (const struct ik_dh *const *dh = openssl()->dh; *dh != NULL; dh++) {
        struct ik_job a, b;
        uint8_t pub[IK_DH_PUB_MAX];
        key_pair(&a, host_crypto(), *dh);
        key_pair(&b, openssl(), *dh);
        cr_assert_arr_eq(a.pub, b.pub, (*dh)->pub_len, "group %u", (*dh)->id);
        memcpy(pub, a.pub, sizeof pub);
        cr_assert(secret_of(&a, pub, (*dh)->pub_len), "group %u", (*dh)->id);
        cr_assert(secret_of(&b, pub, (*dh)->pub_len), "group %u", (*dh)->id);
        cr_assert_arr_eq(a.peer, b.peer, (*dh)->shared_len, "group %u", (*dh)->id);
    }
}

/* RFC 6989: values out of range, and points beside the curve. */
Test(provider, bad_values_are_refused)
{
    for (const struct ik_dh *const *dh = openssl()->dh; *dh != NULL; dh++) {
        uint8_t pub[IK_DH_PUB_MAX];
        struct ik_job job, fresh;
        key_pair(&fresh, openssl(), *dh);
        if ((*dh)->id == IK_DH_X25519)
            continue; /* ikelet's own, under either provider */
        job = fresh;
        memset(pub, 0xff, sizeof pub); /* not below p */
        cr_expect_not(secret_of(&job, pub, (*dh)->pub_len), "group %u", (*dh)->id);
        job = fresh;
        memset(pub, 0, sizeof pub); /* 0; no point of the curve */
        cr_expect_not(secret_of(&job, pub, (*dh)->pub_len), "group %u", (*dh)->id);
        if ((*dh)->prime != NULL)
            continue;
        job = fresh;
        memcpy(pub, fresh.pub, sizeof pub);
        pub[(*dh)->pub_len - 1] ^= 1; /* beside the curve */
        cr_expect_not(secret_of(&job, pub, (*dh)->pub_len), "group %u", (*dh)->id);
    }
}

Test(provider, factors_out_of_range_are_refused)
{
    static const int curves[] = {BR_EC_secp256r1, BR_EC_secp384r1, BR_EC_secp521r1};
    uint8_t zero[66] = {0}, point[133];

    for (unsigned i = 0; i < 3; i++) {
        size_t len;
        const uint8_t *generator = host_crypto()->ec_nist->generator(curves[i], &len);
        memcpy(point, generator, len);
        cr_expect_eq(openssl()->ec_nist->mul(point, len, zero, sizeof zero, curves[i]), 0);
        memcpy(point, generator, len);
        cr_expect_eq(openssl()->ec_nist->mul(point, len - 1, generator + 1, 32, curves[i]), 0);
    }
    cr_expect_eq(openssl()->ec_nist->mul(point, 65, zero, 32, BR_EC_curve25519), 0);
    cr_expect_eq(openssl()->ec_nist->mulgen(point, zero, 32, BR_EC_curve25519), 0);
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The fast table of this CPU computes what the portable one does: whatever BearSSL picks here, the
 * known answers that hold for the portable code hold for it.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "crypto/crypto.h"
#include "host.h"
#include "util/util.h"

static void env_with(struct ik_env *env, const struct ik_crypto *crypto)
{
    uint8_t seed[32];
    memset(env, 0, sizeof *env);
    memset(seed, 0x5a, sizeof seed);
    env->crypto = crypto;
    env->sa = 0xffff;
    ik_drbg_init(env);
    ik_drbg_seed(env, seed, sizeof seed);
}

Test(host_crypto, nothing_is_missing)
{
    const struct ik_crypto *c = host_crypto();
    cr_expect_eq(c, host_crypto());
    cr_expect(c->aes_cbcenc != NULL && c->aes_cbcdec != NULL && c->aes_ctr != NULL);
    cr_expect(c->aes_ctrcbc != NULL && c->ghash != NULL && c->chacha20 != NULL);
    cr_expect(c->poly1305 != NULL && c->ec_nist != NULL && c->ec_x25519 != NULL);
    cr_expect(c->modexp != NULL && c->sha1 != NULL && c->sha256 != NULL);
    cr_expect(c->encr != NULL && c->prf != NULL && c->integ != NULL && c->dh != NULL);
}

#define AAD 8
#define TEXT 1424 /* a multiple of 16 */

/* Seals by one table and opens by the other. */
static void exchange(const struct ik_encr *encr, const struct ik_crypto *from,
                     const struct ik_crypto *to)
{
    static uint8_t msg[AAD + 16 + TEXT + 64];
    uint8_t encr_key[IK_ENCR_KEY_MAX], integ_key[IK_HASH_MAX];
    struct ik_env a, b;
    const struct ik_seal_key key = {
        .encr = encr,
        .integ = encr->flags & IK_ALG_AEAD ? NULL : &ik_integ_hmac_sha2_256_128,
        .encr_key = encr_key,
        .integ_key = integ_key,
    };
    const struct ik_sealed s = {.msg = msg, .aad_len = AAD, .text_len = TEXT};
    uint8_t *text = msg + AAD + encr->iv_len;
    env_with(&a, from);
    env_with(&b, to);
    memset(encr_key, 0x11, sizeof encr_key);
    memset(integ_key, 0x22, sizeof integ_key);
    memset(msg, 0x33, sizeof msg);
    for (unsigned i = 0; i < TEXT; i++)
        text[i] = (uint8_t)i;
    ik_seal(&a, &key, &s, 7);
    cr_assert_eq(ik_open(&b, &key, &s), IK_OK, "encr %u/%u", encr->id, encr->key_bits);
    for (unsigned i = 0; i < TEXT; i++)
        cr_assert_eq(text[i], (uint8_t)i);
}

Test(host_crypto, ciphers_agree_with_the_portable_ones)
{
    unsigned n = 0;
    for (const struct ik_encr *const *e = host_crypto()->encr; *e != NULL; e++, n++) {
        exchange(*e, host_crypto(), &ik_crypto_portable);
        exchange(*e, &ik_crypto_portable, host_crypto());
    }
    cr_expect_geq(n, 26);
}

static void key_pair(struct ik_job *job, const struct ik_crypto *crypto, const struct ik_dh *dh)
{
    struct ik_env env;
    env_with(&env, crypto);
    do {
        ik_job_begin(&env, job, 1, dh);
        ik_job_run(job);
    } while (!job->good);
}

Test(host_crypto, groups_agree_with_the_portable_ones)
{
    for (const struct ik_dh *const *dh = host_crypto()->dh; *dh != NULL; dh++) {
        struct ik_job fast, slow;
        struct ik_env env;
        uint8_t pub[IK_DH_PUB_MAX];
        key_pair(&fast, host_crypto(), *dh);
        key_pair(&slow, &ik_crypto_portable, *dh);
        cr_expect_arr_eq(fast.pub, slow.pub, (*dh)->pub_len, "group %u", (*dh)->id);
        memcpy(pub, slow.pub, sizeof pub);
        env_with(&env, host_crypto());
        cr_assert_eq(ik_job_end(&fast, 2, (struct ik_span){pub, (*dh)->pub_len}), IK_OK);
        env_with(&env, &ik_crypto_portable);
        cr_assert_eq(ik_job_end(&slow, 2, (struct ik_span){pub, (*dh)->pub_len}), IK_OK);
        ik_job_run(&fast);
        ik_job_run(&slow);
        cr_assert(fast.good && slow.good, "group %u", (*dh)->id);
        cr_expect_arr_eq(fast.peer, slow.peer, (*dh)->shared_len, "group %u", (*dh)->id);
    }
}

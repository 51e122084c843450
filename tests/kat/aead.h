/* SPDX-License-Identifier: MIT */
/* One AEAD vector through ik_seal and ik_open, with every table of implementations. */
#ifndef IK_TESTS_AEAD_H
#define IK_TESTS_AEAD_H

#include "tests/kat/kat.h"

struct kat_aead {
    struct kat_bytes key, nonce, aad, text, ct, tag;
};

/* Lays | aad | IV | text | ICV | into msg; the IV is the end of the nonce. */
static inline struct ik_sealed kat_aead_lay(const struct ik_encr *encr, const struct kat_aead *v,
                                            const struct kat_bytes *text, uint8_t *msg)
{
    struct ik_sealed s = {
        .msg = msg, .aad_len = (uint16_t)v->aad.len, .text_len = (uint16_t)text->len};

    memcpy(msg, v->aad.b, v->aad.len);
    msg += v->aad.len;
    memcpy(msg, v->nonce.b + encr->salt_len, encr->iv_len);
    msg += encr->iv_len;
    memcpy(msg, text->b, text->len);
    memcpy(msg + text->len, v->tag.b, encr->icv_len);
    return s;
}

static inline void kat_aead_key(const struct ik_encr *encr, const struct kat_aead *v, uint8_t *key)
{
    memcpy(key, v->key.b, encr->key_len);
    memcpy(key + encr->key_len, v->nonce.b, encr->salt_len);
}

static inline uint64_t kat_iv(const struct ik_encr *encr, const struct kat_aead *v)
{
    uint64_t iv = 0;

    for (size_t i = 0; i < encr->iv_len; i++) {
        iv = iv << 8 | v->nonce.b[encr->salt_len + i];
    }
    return iv;
}

/* Does it open, and is text right? */
static inline bool kat_aead_opens(struct ik_env *env, const struct ik_encr *encr,
                                  const struct kat_aead *v)
{
    static uint8_t msg[3 * KAT_MAX];
    uint8_t key[40];
    struct ik_seal_key k = {.encr = encr, .encr_key = key};
    struct ik_sealed s = kat_aead_lay(encr, v, &v->ct, msg);

    kat_aead_key(encr, v, key);
    if (ik_open(env, &k, &s) != IK_OK) {
        return false;
    }
    cr_assert_eq(v->text.len, v->ct.len);
    cr_assert_arr_eq(msg + v->aad.len + encr->iv_len, v->text.b, v->text.len);
    return true;
}

/* A valid vector: sealing gives it, opening takes it. The tag may be longer than the row's ICV. */
static inline void kat_aead_valid(struct ik_env *env, const struct ik_encr *encr,
                                  const struct kat_aead *v)
{
    static uint8_t msg[3 * KAT_MAX];
    uint8_t key[40];
    struct ik_seal_key k = {.encr = encr, .encr_key = key};
    struct ik_sealed s = kat_aead_lay(encr, v, &v->text, msg);
    const uint8_t *text = msg + v->aad.len + encr->iv_len;

    cr_assert_eq(v->key.len, encr->key_len);
    cr_assert_eq(v->nonce.len, (size_t)encr->salt_len + encr->iv_len);
    cr_assert_geq(v->tag.len, encr->icv_len);
    kat_aead_key(encr, v, key);
    ik_seal(env, &k, &s, kat_iv(encr, v));
    cr_assert_arr_eq(text, v->ct.b, v->ct.len);
    cr_assert_arr_eq(text + v->ct.len, v->tag.b, encr->icv_len);
    cr_assert(kat_aead_opens(env, encr, v));
}

#endif

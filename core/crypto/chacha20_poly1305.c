/* SPDX-License-Identifier: MIT */
/* ChaCha20-Poly1305 in ESP and IKE (RFC 7634). */
#include "crypto/sealed.h"

#define KEY_LEN 32
#define SALT_LEN 4
#define IV_LEN 8
#define ICV_LEN 16

/* RFC 7634 section 2: the nonce is salt (4, from KEYMAT) | IV (8). */
static int run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
               const struct ik_sealed *s, int seal)
{
    const struct ik_crypto *c = ik_crypto_of(env);
    uint8_t nonce[SALT_LEN + IV_LEN], tag[ICV_LEN], room[IK_AAD_ESN];
    struct ik_span aad = ik_sealed_aad(s, room);
    int good;

    memcpy(nonce, key + KEY_LEN, SALT_LEN);
    ik_sealed_nonce_iv(self, s, nonce + SALT_LEN);
    c->poly1305(key, nonce, ik_sealed_text(self, s), s->text_len, aad.p, aad.len, tag, c->chacha20,
                seal);
    /* RFC 8439 2.8: one ChaCha20 block makes the Poly1305 key; one Poly1305 block is the lengths.
     */
    ik_charge(env, IK_COST_CHACHA20_BLOCK, 1u + s->text_len / 64u + (s->text_len % 64u != 0));
    ik_charge(env, IK_COST_POLY1305_BLOCK, (size_t)1 + ik_blocks(aad.len) + ik_blocks(s->text_len));
    good = ik_sealed_tag(tag, ik_sealed_icv(self, s), self->icv_len, seal);
    ik_sealed_wipe(nonce, sizeof nonce);
    return good;
}

const struct ik_encr ik_encr_chacha20_poly1305 = {
    .id = IK_ENCR_CHACHA20_POLY1305,
    .key_bits = 0, /* RFC 7634 section 4: no Key Length attribute */
    .key_len = KEY_LEN,
    .salt_len = SALT_LEN,
    .iv_len = IV_LEN,
    .block = 1,
    .icv_len = ICV_LEN,
    .flags = IK_ALG_AEAD,
    .run = run,
};

#if IK_IMPLICIT_IV
const struct ik_encr ik_encr_chacha20_poly1305_iiv = {
    .id = IK_ENCR_CHACHA20_POLY1305_IIV,
    .key_len = KEY_LEN,
    .salt_len = SALT_LEN,
    .block = 1,
    .icv_len = ICV_LEN,
    .flags = IK_ALG_AEAD | IK_ALG_ESP_ONLY | IK_ALG_IMPLICIT_IV,
    .run = run,
};
#endif

/* SPDX-License-Identifier: MIT */
/* ChaCha20-Poly1305 in ESP and IKE (RFC 7634). */
#include "crypto/sealed.h"

#define KEY_LEN 32
#define SALT_LEN 4
#define IV_LEN 8
#define ICV_LEN 16

struct chapoly {
#if IK_PREPARE
    const struct ik_aead *aead; /* the host's, which keeps own; NULL: BearSSL's, by the key */
    union ik_aead_ctx own;
#endif
    uint8_t key[KEY_LEN + SALT_LEN];
};

static void begin(struct ik_env *env, const uint8_t *key, struct chapoly *c)
{
    memcpy(c->key, key, sizeof c->key);
#if IK_PREPARE
    c->aead = ik_crypto_of(env)->chacha20_poly1305;
    if (c->aead != NULL) {
        c->aead->begin(c->aead, c->own.room, key, KEY_LEN);
    }
#else
    (void)env;
#endif
}

static void end(struct chapoly *c)
{
#if IK_PREPARE
    if (c->aead != NULL) {
        c->aead->end(c->own.room);
    }
#else
    (void)c;
#endif
}

static int by_pieces(const struct ik_encr *self, struct ik_env *env, const struct chapoly *c,
                     const uint8_t *nonce, struct ik_span aad, const struct ik_sealed *s, int seal)
{
    const struct ik_crypto *crypto = ik_crypto_of(env);
    uint8_t tag[ICV_LEN];

    crypto->poly1305(c->key, nonce, ik_sealed_text(self, s), s->text_len, aad.p, aad.len, tag,
                     crypto->chacha20, seal);
    return ik_sealed_tag(tag, ik_sealed_icv(self, s), self->icv_len, seal);
}

static int work(const struct ik_encr *self, struct ik_env *env, struct chapoly *c,
                const uint8_t *nonce, struct ik_span aad, const struct ik_sealed *s, int seal)
{
#if IK_PREPARE
    if (c->aead != NULL) {
        return c->aead->run(c->own.room, nonce, &aad, 1, ik_sealed_text(self, s), s->text_len,
                            ik_sealed_icv(self, s), self->icv_len, seal);
    }
#endif
    return by_pieces(self, env, c, nonce, aad, s, seal);
}

/* RFC 7634 section 2: the nonce is salt (4, from KEYMAT) | IV (8). */
static int message(const struct ik_encr *self, struct ik_env *env, struct chapoly *c,
                   const struct ik_sealed *s, int seal)
{
    uint8_t nonce[SALT_LEN + IV_LEN], room[IK_AAD_ESN];
    struct ik_span aad = ik_sealed_aad(s, room);

    memcpy(nonce, c->key + KEY_LEN, SALT_LEN);
    ik_sealed_nonce_iv(self, s, nonce + SALT_LEN);
    int good = work(self, env, c, nonce, aad, s, seal);
    /* RFC 8439 2.8: one ChaCha20 block makes the Poly1305 key; one Poly1305 block is the lengths.
     */
    ik_charge(env, IK_COST_CHACHA20_BLOCK, 1u + s->text_len / 64u + (s->text_len % 64u != 0));
    ik_charge(env, IK_COST_POLY1305_BLOCK, (size_t)1 + ik_blocks(aad.len) + ik_blocks(s->text_len));
    ik_sealed_wipe(nonce, sizeof nonce);
    return good;
}

static int run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
               const struct ik_sealed *s, int seal)
{
    struct chapoly c;

    begin(env, key, &c);
    int good = message(self, env, &c, s, seal);
    end(&c);
    ik_wipe(&c, sizeof c);
    return good;
}

#if IK_PREPARE
_Static_assert(sizeof(struct chapoly) <= IK_ENCR_CTX_MAX, "room for what is prepared");

static void prepare(const struct ik_encr *self, struct ik_env *env, const uint8_t *key, int seal,
                    void *ctx)
{
    (void)self, (void)seal;
    begin(env, key, ctx);
}

static int run_prepared(const struct ik_encr *self, struct ik_env *env, void *ctx,
                        const struct ik_sealed *s, int seal)
{
    return message(self, env, ctx, s, seal);
}

static void release(void *ctx)
{
    end(ctx);
}
#endif

const struct ik_encr ik_encr_chacha20_poly1305 = {
    .id = IK_ENCR_CHACHA20_POLY1305,
    .key_bits = 0, /* RFC 7634 section 4: no Key Length attribute */
    .key_len = KEY_LEN,
    .salt_len = SALT_LEN,
    .iv_len = IV_LEN,
    .block = 1,
    .icv_len = ICV_LEN,
    .flags = IK_ALG_AEAD,
    .run = run IK_PREPARED_AEAD(sizeof(struct chapoly)),
};

#if IK_IMPLICIT_IV
const struct ik_encr ik_encr_chacha20_poly1305_iiv = {
    .id = IK_ENCR_CHACHA20_POLY1305_IIV,
    .key_len = KEY_LEN,
    .salt_len = SALT_LEN,
    .block = 1,
    .icv_len = ICV_LEN,
    .flags = IK_ALG_AEAD | IK_ALG_ESP_ONLY | IK_ALG_IMPLICIT_IV,
    .run = run IK_PREPARED_AEAD(sizeof(struct chapoly)),
};
#endif

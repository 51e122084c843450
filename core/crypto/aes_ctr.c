/* SPDX-License-Identifier: MIT */
/* AES-CTR in ESP (RFC 3686) and in IKE (RFC 5930), which are alike. */
#include "crypto/sealed.h"

#define SALT_LEN 4

struct ctr {
    br_aes_gen_ctr_keys keys;
    uint8_t salt[SALT_LEN];
};

static void begin(const struct ik_encr *self, struct ik_env *env, const uint8_t *key, struct ctr *c)
{
    memcpy(c->salt, key + self->key_len, SALT_LEN);
    ik_crypto_of(env)->aes_ctr->init(&c->keys.vtable, key, self->key_len);
    ik_aes_charge(env, self->key_len, 1, 0);
}

/* RFC 3686 section 4: the counter block is nonce (4, from KEYMAT) | IV (8) | counter (4), and the
 * counter of the first block is 1. Both ways are the same. */
static void message(const struct ik_encr *self, struct ik_env *env, struct ctr *c,
                    const struct ik_sealed *s)
{
    uint8_t nonce[12];

    memcpy(nonce, c->salt, SALT_LEN);
    memcpy(nonce + SALT_LEN, ik_sealed_iv(s), 8);
    (void)c->keys.vtable->run(&c->keys.vtable, nonce, 1, ik_sealed_text(self, s), s->text_len);
    ik_aes_charge(env, self->key_len, 0, ik_blocks(s->text_len));
    ik_sealed_wipe(nonce, sizeof nonce);
}

static int run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
               const struct ik_sealed *s, int seal)
{
    struct ctr c;

    (void)seal;
    begin(self, env, key, &c);
    message(self, env, &c, s);
    ik_wipe(&c, sizeof c);
    return 1;
}

#if IK_PREPARE
_Static_assert(sizeof(struct ctr) <= IK_ENCR_CTX_MAX, "room for what is prepared");

static void prepare(const struct ik_encr *self, struct ik_env *env, const uint8_t *key, int seal,
                    void *ctx)
{
    (void)seal;
    begin(self, env, key, ctx);
}

static int run_prepared(const struct ik_encr *self, struct ik_env *env, void *ctx,
                        const struct ik_sealed *s, int seal)
{
    (void)seal;
    message(self, env, ctx, s);
    return 1;
}
#endif

#define ROW(bits)                                                                                  \
    {                                                                                              \
        .id = IK_ENCR_AES_CTR, .key_bits = (bits), .key_len = (bits) / 8, .salt_len = 4,           \
        .iv_len = 8, .block = 1, .run = run IK_PREPARED(sizeof(struct ctr))                        \
    }

const struct ik_encr ik_encr_aes_ctr_128 = ROW(128);
const struct ik_encr ik_encr_aes_ctr_192 = ROW(192);
const struct ik_encr ik_encr_aes_ctr_256 = ROW(256);

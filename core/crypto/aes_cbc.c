/* SPDX-License-Identifier: MIT */
/* AES-CBC (RFC 3602; in IKE: RFC 7296 section 3.14). The IV is random and explicit. */
#include "crypto/sealed.h"

union cbc {
    br_aes_gen_cbcenc_keys enc;
    br_aes_gen_cbcdec_keys dec;
};

static void begin(const struct ik_encr *self, struct ik_env *env, const uint8_t *key, int seal,
                  union cbc *c)
{
    if (seal) {
        ik_crypto_of(env)->aes_cbcenc->init(&c->enc.vtable, key, self->key_len);
    } else {
        ik_crypto_of(env)->aes_cbcdec->init(&c->dec.vtable, key, self->key_len);
    }
    ik_aes_charge(env, self->key_len, 1, 0);
}

/* BearSSL leaves the last ciphertext block in the IV that it is given; ours stays in the message.
 */
static void message(const struct ik_encr *self, struct ik_env *env, const union cbc *c,
                    const struct ik_sealed *s, int seal)
{
    uint8_t iv[16];

    memcpy(iv, ik_sealed_iv(s), sizeof iv);
    if (seal) {
        c->enc.vtable->run(&c->enc.vtable, iv, ik_sealed_text(self, s), s->text_len);
    } else {
        c->dec.vtable->run(&c->dec.vtable, iv, ik_sealed_text(self, s), s->text_len);
    }
    ik_aes_charge(env, self->key_len, 0, ik_blocks(s->text_len));
}

static int run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
               const struct ik_sealed *s, int seal)
{
    union cbc c;

    begin(self, env, key, seal, &c);
    message(self, env, &c, s, seal);
    ik_wipe(&c, sizeof c);
    return 1;
}

#if IK_PREPARE
_Static_assert(sizeof(union cbc) <= IK_ENCR_CTX_MAX, "room for what is prepared");

static void prepare(const struct ik_encr *self, struct ik_env *env, const uint8_t *key, int seal,
                    void *ctx)
{
    begin(self, env, key, seal, ctx);
}

static int run_prepared(const struct ik_encr *self, struct ik_env *env, void *ctx,
                        const struct ik_sealed *s, int seal)
{
    message(self, env, ctx, s, seal);
    return 1;
}
#endif

#define ROW(bits)                                                                                  \
    {                                                                                              \
        .id = IK_ENCR_AES_CBC, .key_bits = (bits), .key_len = (bits) / 8, .iv_len = 16,            \
        .block = 16, .run = run IK_PREPARED(sizeof(union cbc))                                     \
    }

const struct ik_encr ik_encr_aes_cbc_128 = ROW(128);
const struct ik_encr ik_encr_aes_cbc_192 = ROW(192);
const struct ik_encr ik_encr_aes_cbc_256 = ROW(256);

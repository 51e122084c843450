/* SPDX-License-Identifier: MIT */
/* AES-CBC (RFC 3602; in IKE: RFC 7296 section 3.14). The IV is random and explicit. */
#include "crypto/sealed.h"

static void encrypt(const struct ik_encr *self, struct ik_env *env, const uint8_t *key, void *iv,
                    uint8_t *text, uint16_t len)
{
    br_aes_gen_cbcenc_keys keys;

    env->crypto->aes_cbcenc->init(&keys.vtable, key, self->key_len);
    keys.vtable->run(&keys.vtable, iv, text, len);
    ik_wipe(&keys, sizeof keys);
}

static void decrypt(const struct ik_encr *self, struct ik_env *env, const uint8_t *key, void *iv,
                    uint8_t *text, uint16_t len)
{
    br_aes_gen_cbcdec_keys keys;

    env->crypto->aes_cbcdec->init(&keys.vtable, key, self->key_len);
    keys.vtable->run(&keys.vtable, iv, text, len);
    ik_wipe(&keys, sizeof keys);
}

/* BearSSL leaves the last ciphertext block in the IV that it is given; ours stays in the message.
 */
static int run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
               const struct ik_sealed *s, int seal)
{
    uint8_t iv[16];

    memcpy(iv, ik_sealed_iv(s), sizeof iv);
    (seal ? encrypt : decrypt)(self, env, key, iv, ik_sealed_text(self, s), s->text_len);
    ik_aes_charge(env, self->key_len, 1, ik_blocks(s->text_len));
    return 1;
}

#define ROW(bits)                                                                                  \
    {                                                                                              \
        .id = IK_ENCR_AES_CBC, .key_bits = (bits), .key_len = (bits) / 8, .iv_len = 16,            \
        .block = 16, .run = run                                                                    \
    }

const struct ik_encr ik_encr_aes_cbc_128 = ROW(128);
const struct ik_encr ik_encr_aes_cbc_192 = ROW(192);
const struct ik_encr ik_encr_aes_cbc_256 = ROW(256);

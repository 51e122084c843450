/* SPDX-License-Identifier: MIT */
/* AES-CBC (RFC 3602; in IKE: RFC 7296 section 3.14). The IV is random and explicit. */
#include "crypto/sealed.h"

/* BearSSL leaves the last ciphertext block in the IV that it is given; ours stays in the message.
 */
static void seal(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
                 const struct ik_sealed *s)
{
    br_aes_gen_cbcenc_keys keys;
    uint8_t iv[16];

    memcpy(iv, ik_sealed_iv(s), sizeof iv);
    env->crypto->aes_cbcenc->init(&keys.vtable, key, self->key_len);
    keys.vtable->run(&keys.vtable, iv, ik_sealed_text(self, s), s->text_len);
    ik_aes_charge(env, self->key_len, 1, ik_blocks(s->text_len));
    ik_wipe(&keys, sizeof keys);
}

static int open(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
                const struct ik_sealed *s)
{
    br_aes_gen_cbcdec_keys keys;
    uint8_t iv[16];

    memcpy(iv, ik_sealed_iv(s), sizeof iv);
    env->crypto->aes_cbcdec->init(&keys.vtable, key, self->key_len);
    keys.vtable->run(&keys.vtable, iv, ik_sealed_text(self, s), s->text_len);
    ik_aes_charge(env, self->key_len, 1, ik_blocks(s->text_len));
    ik_wipe(&keys, sizeof keys);
    return 1;
}

#define ROW(bits)                                                                                  \
    {                                                                                              \
        .id = IK_ENCR_AES_CBC, .key_bits = (bits), .key_len = (bits) / 8, .iv_len = 16,            \
        .block = 16, .seal = seal, .open = open                                                    \
    }

const struct ik_encr ik_encr_aes_cbc_128 = ROW(128);
const struct ik_encr ik_encr_aes_cbc_192 = ROW(192);
const struct ik_encr ik_encr_aes_cbc_256 = ROW(256);

/* SPDX-License-Identifier: MIT */
/* AES-CTR in ESP (RFC 3686) and in IKE (RFC 5930), which are alike. */
#include "crypto/sealed.h"

/* RFC 3686 section 4: the counter block is nonce (4, from KEYMAT) | IV (8) | counter (4), and the
 * counter of the first block is 1. */
static int run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
               const struct ik_sealed *s, int seal)
{
    br_aes_gen_ctr_keys keys;
    uint8_t nonce[12];

    (void)seal; /* both ways are the same */
    memcpy(nonce, key + self->key_len, 4);
    memcpy(nonce + 4, ik_sealed_iv(s), 8);
    env->crypto->aes_ctr->init(&keys.vtable, key, self->key_len);
    (void)keys.vtable->run(&keys.vtable, nonce, 1, ik_sealed_text(self, s), s->text_len);
    ik_aes_charge(env, self->key_len, 1, ik_blocks(s->text_len));
    ik_wipe(&keys, sizeof keys);
    ik_wipe(nonce, sizeof nonce);
    return 1;
}

#define ROW(bits)                                                                                  \
    {                                                                                              \
        .id = IK_ENCR_AES_CTR, .key_bits = (bits), .key_len = (bits) / 8, .salt_len = 4,           \
        .iv_len = 8, .block = 1, .run = run                                                        \
    }

const struct ik_encr ik_encr_aes_ctr_128 = ROW(128);
const struct ik_encr ik_encr_aes_ctr_192 = ROW(192);
const struct ik_encr ik_encr_aes_ctr_256 = ROW(256);

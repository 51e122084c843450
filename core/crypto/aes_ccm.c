/* SPDX-License-Identifier: MIT */
/* AES-CCM with ICVs of 8, 12 and 16 octets: in ESP RFC 4309, in IKE RFC 5282. */
#include "crypto/sealed.h"

#define SALT_LEN 3
#define IV_LEN 8

struct ccm {
    br_aes_gen_ctrcbc_keys keys;
    br_ccm_context ctx;
};

/* B0, the counter block and the header: 16-octet blocks that the cipher computes. RFC 3610 2.2: the
 * header begins with its length, in 2 octets below 0xff00 and in 6 above. */
static size_t blocks_before_text(uint16_t aad_len)
{
    size_t extra = aad_len == 0 ? 0 : aad_len < 0xff00 ? 2 : 6;
    size_t last = aad_len % 16u + extra;

    return 2 + aad_len / 16u + last / 16 + (last % 16 != 0);
}

/* RFC 4309 section 4: the nonce is salt (3, from KEYMAT) | IV (8), which leaves L = 4. */
static void begin(struct ccm *c, const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
                  const struct ik_sealed *s)
{
    uint8_t nonce[SALT_LEN + IV_LEN];

    memcpy(nonce, key + self->key_len, SALT_LEN);
    memcpy(nonce + SALT_LEN, ik_sealed_iv(s), IV_LEN);
    env->crypto->aes_ctrcbc->init(&c->keys.vtable, key, self->key_len);
    br_ccm_init(&c->ctx, &c->keys.vtable);
    (void)br_ccm_reset(&c->ctx, nonce, sizeof nonce, s->aad_len, s->text_len, self->icv_len);
    br_ccm_aad_inject(&c->ctx, s->msg, s->aad_len);
    br_ccm_flip(&c->ctx);
    ik_aes_charge(env, self->key_len, 1, blocks_before_text(s->aad_len));
    ik_wipe(nonce, sizeof nonce);
}

/* Each block of text is encrypted once for CTR and once for CBC-MAC. */
static void run(struct ccm *c, const struct ik_encr *self, struct ik_env *env,
                const struct ik_sealed *s, int encrypt)
{
    br_ccm_run(&c->ctx, encrypt, ik_sealed_text(self, s), s->text_len);
    ik_aes_charge(env, self->key_len, 0, (size_t)2 * ik_blocks(s->text_len));
}

static void seal(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
                 const struct ik_sealed *s)
{
    struct ccm c;

    begin(&c, self, env, key, s);
    run(&c, self, env, s, 1);
    (void)br_ccm_get_tag(&c.ctx, ik_sealed_icv(self, s));
    ik_wipe(&c, sizeof c);
}

/* CCM authenticates the plaintext, so this family alone decrypts before it knows. */
static int open(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
                const struct ik_sealed *s)
{
    struct ccm c;
    uint8_t tag[16];
    int good;

    begin(&c, self, env, key, s);
    run(&c, self, env, s, 0);
    (void)br_ccm_get_tag(&c.ctx, tag);
    good = ik_ct_eq(tag, ik_sealed_icv(self, s), self->icv_len);
    ik_wipe(&c, sizeof c);
    ik_wipe(tag, sizeof tag);
    return good;
}

#define ROW(icv, bits)                                                                             \
    {                                                                                              \
        .id = IK_ENCR_AES_CCM_##icv, .key_bits = (bits), .key_len = (bits) / 8,                    \
        .salt_len = SALT_LEN, .iv_len = IV_LEN, .block = 1, .icv_len = (icv),                      \
        .flags = IK_ALG_AEAD, .seal = seal, .open = open                                           \
    }

const struct ik_encr ik_encr_aes_ccm_8_128 = ROW(8, 128);
const struct ik_encr ik_encr_aes_ccm_8_192 = ROW(8, 192);
const struct ik_encr ik_encr_aes_ccm_8_256 = ROW(8, 256);
const struct ik_encr ik_encr_aes_ccm_12_128 = ROW(12, 128);
const struct ik_encr ik_encr_aes_ccm_12_192 = ROW(12, 192);
const struct ik_encr ik_encr_aes_ccm_12_256 = ROW(12, 256);
const struct ik_encr ik_encr_aes_ccm_16_128 = ROW(16, 128);
const struct ik_encr ik_encr_aes_ccm_16_192 = ROW(16, 192);
const struct ik_encr ik_encr_aes_ccm_16_256 = ROW(16, 256);

/* SPDX-License-Identifier: MIT */
/* AES-GCM with ICVs of 8, 12 and 16 octets: in ESP RFC 4106, in IKE RFC 5282. AES-GMAC in ESP: RFC
 * 4543. */
#include "crypto/sealed.h"

#define SALT_LEN 4
#define IV_LEN 8

struct gcm {
    br_aes_gen_ctr_keys keys;
    br_gcm_context ctx; /* points to keys */
    uint8_t salt[SALT_LEN];
};

static void begin(const struct ik_encr *self, struct ik_env *env, const uint8_t *key, struct gcm *c)
{
    ik_crypto_of(env)->aes_ctr->init(&c->keys.vtable, key, self->key_len);
    br_gcm_init(&c->ctx, &c->keys.vtable, ik_crypto_of(env)->ghash);
    memcpy(c->salt, key + self->key_len, SALT_LEN);
    /* One block for the hash key. */
    ik_aes_charge(env, self->key_len, 1, 1);
}

static bool is_gmac(const struct ik_encr *self)
{
    return self->id == IK_ENCR_NULL_AUTH_AES_GMAC;
}

/* RFC 4543 3.3: GMAC only authenticates; the payload begins with the IV. */
static void take_text(const struct ik_encr *self, br_gcm_context *ctx, const struct ik_sealed *s,
                      int seal)
{
    if (is_gmac(self)) {
        br_gcm_aad_inject(ctx, ik_sealed_iv(s), (size_t)IV_LEN + s->text_len);
        br_gcm_flip(ctx);
    } else {
        br_gcm_flip(ctx);
        br_gcm_run(ctx, seal, ik_sealed_text(self, s), s->text_len);
    }
}

/* Beside the text: one block for the tag; in GHASH, the lengths. */
static void charge(const struct ik_encr *self, struct ik_env *env, uint16_t aad, uint16_t text)
{
    bool gmac = is_gmac(self);
    size_t hashed =
        gmac ? ik_blocks((uint16_t)(aad + IV_LEN + text)) : ik_blocks(aad) + ik_blocks(text);
    ik_aes_charge(env, self->key_len, 0, 1 + (gmac ? 0 : ik_blocks(text)));
    ik_charge(env, IK_COST_GHASH_BLOCK, hashed + 1);
}

/* RFC 4106 section 4: the nonce is salt (4, from KEYMAT) | IV (8). */
static int message(const struct ik_encr *self, struct ik_env *env, struct gcm *c,
                   const struct ik_sealed *s, int seal)
{
    uint8_t nonce[SALT_LEN + IV_LEN], tag[16], room[IK_AAD_ESN];
    struct ik_span aad = ik_sealed_aad(s, room);

    memcpy(nonce, c->salt, SALT_LEN);
    ik_sealed_nonce_iv(self, s, nonce + SALT_LEN);
    br_gcm_reset(&c->ctx, nonce, sizeof nonce);
    br_gcm_aad_inject(&c->ctx, aad.p, aad.len);
    take_text(self, &c->ctx, s, seal);
    br_gcm_get_tag(&c->ctx, tag);
    charge(self, env, aad.len, s->text_len);
    ik_sealed_wipe(nonce, sizeof nonce);
    return ik_sealed_tag(tag, ik_sealed_icv(self, s), self->icv_len, seal);
}

static int run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
               const struct ik_sealed *s, int seal)
{
    struct gcm c;

    begin(self, env, key, &c);
    int good = message(self, env, &c, s, seal);
    ik_wipe(&c, sizeof c);
    return good;
}

#if IK_PREPARE
_Static_assert(sizeof(struct gcm) <= IK_ENCR_CTX_MAX, "room for what is prepared");

static void prepare(const struct ik_encr *self, struct ik_env *env, const uint8_t *key, int seal,
                    void *ctx)
{
    (void)seal;
    begin(self, env, key, ctx);
}

static int run_prepared(const struct ik_encr *self, struct ik_env *env, void *ctx,
                        const struct ik_sealed *s, int seal)
{
    return message(self, env, ctx, s, seal);
}
#endif

#define ANY(name, iv, icv, bits, further)                                                          \
    {                                                                                              \
        .id = IK_ENCR_##name, .key_bits = (bits), .key_len = (bits) / 8, .salt_len = SALT_LEN,     \
        .iv_len = (iv), .block = 1, .icv_len = (icv), .flags = IK_ALG_AEAD | (further),            \
        .run = run IK_PREPARED(sizeof(struct gcm))                                                 \
    }
#define ROW(icv, bits) ANY(AES_GCM_##icv, IV_LEN, icv, bits, 0)

const struct ik_encr ik_encr_aes_gcm_8_128 = ROW(8, 128);
const struct ik_encr ik_encr_aes_gcm_8_192 = ROW(8, 192);
const struct ik_encr ik_encr_aes_gcm_8_256 = ROW(8, 256);
const struct ik_encr ik_encr_aes_gcm_12_128 = ROW(12, 128);
const struct ik_encr ik_encr_aes_gcm_12_192 = ROW(12, 192);
const struct ik_encr ik_encr_aes_gcm_12_256 = ROW(12, 256);
const struct ik_encr ik_encr_aes_gcm_16_128 = ROW(16, 128);
const struct ik_encr ik_encr_aes_gcm_16_192 = ROW(16, 192);
const struct ik_encr ik_encr_aes_gcm_16_256 = ROW(16, 256);

#define GMAC(bits) ANY(NULL_AUTH_AES_GMAC, IV_LEN, 16, bits, IK_ALG_ESP_ONLY)
const struct ik_encr ik_encr_null_auth_aes_gmac_128 = GMAC(128);
const struct ik_encr ik_encr_null_auth_aes_gmac_192 = GMAC(192);
const struct ik_encr ik_encr_null_auth_aes_gmac_256 = GMAC(256);

#if IK_IMPLICIT_IV
#define IIV(bits) ANY(AES_GCM_16_IIV, 0, 16, bits, IK_ALG_ESP_ONLY | IK_ALG_IMPLICIT_IV)
const struct ik_encr ik_encr_aes_gcm_16_iiv_128 = IIV(128);
const struct ik_encr ik_encr_aes_gcm_16_iiv_192 = IIV(192);
const struct ik_encr ik_encr_aes_gcm_16_iiv_256 = IIV(256);
#endif

/* SPDX-License-Identifier: MIT */
/* AES-GCM with ICVs of 8, 12 and 16 octets: in ESP RFC 4106, in IKE RFC 5282. AES-GMAC in ESP: RFC
 * 4543. */
#include "crypto/sealed.h"

#define SALT_LEN 4
#define IV_LEN 8

struct gcm {
#if IK_PREPARE
    const struct ik_aead *aead; /* the host's; NULL: by pieces */
#endif
    union {
#if IK_PREPARE
        union ik_aead_ctx own;
#endif
        struct pieces {
            br_aes_gen_ctr_keys keys;
            br_gcm_context ctx; /* points to keys */
        } pieces;
    } by;
    uint8_t salt[SALT_LEN];
};

static void begin_pieces(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
                         struct pieces *p)
{
    ik_crypto_of(env)->aes_ctr->init(&p->keys.vtable, key, self->key_len);
    br_gcm_init(&p->ctx, &p->keys.vtable, ik_crypto_of(env)->ghash);
}

static void begin(const struct ik_encr *self, struct ik_env *env, const uint8_t *key, struct gcm *c)
{
    memcpy(c->salt, key + self->key_len, SALT_LEN);
    /* One block for the hash key. */
    ik_aes_charge(env, self->key_len, 1, 1);
#if IK_PREPARE
    c->aead = ik_crypto_of(env)->aes_gcm;
    if (c->aead != NULL) {
        c->aead->begin(c->aead, c->by.own.room, key, self->key_len);
        return;
    }
#endif
    begin_pieces(self, env, key, &c->by.pieces);
}

static void end(struct gcm *c)
{
#if IK_PREPARE
    if (c->aead != NULL) {
        c->aead->end(c->by.own.room);
    }
#else
    (void)c;
#endif
}

static bool is_gmac(const struct ik_encr *self)
{
    return self->id == IK_ENCR_NULL_AUTH_AES_GMAC;
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

/* What is authenticated only. RFC 4543 3.3: with GMAC, that is all: the payload begins with the IV.
 */
struct clear {
    struct ik_span parts[2];
    size_t n;
    uint16_t text_len; /* octets to encrypt */
};

static struct clear clear_of(const struct ik_encr *self, const struct ik_sealed *s,
                             uint8_t room[IK_AAD_ESN])
{
    struct clear c = {.parts = {ik_sealed_aad(s, room)}, .n = 1, .text_len = s->text_len};
    if (is_gmac(self)) {
        c.parts[c.n++] = (struct ik_span){ik_sealed_iv(s), (uint16_t)(IV_LEN + s->text_len)};
        c.text_len = 0;
    }
    return c;
}

static int by_pieces(const struct ik_encr *self, br_gcm_context *ctx, const uint8_t *nonce,
                     const struct clear *clear, const struct ik_sealed *s, int seal)
{
    uint8_t tag[16];

    br_gcm_reset(ctx, nonce, SALT_LEN + IV_LEN);
    for (size_t i = 0; i < clear->n; i++) {
        br_gcm_aad_inject(ctx, clear->parts[i].p, clear->parts[i].len);
    }
    br_gcm_flip(ctx);
    br_gcm_run(ctx, seal, ik_sealed_text(self, s), clear->text_len);
    br_gcm_get_tag(ctx, tag);
    return ik_sealed_tag(tag, ik_sealed_icv(self, s), self->icv_len, seal);
}

static int work(const struct ik_encr *self, struct gcm *c, const uint8_t *nonce,
                const struct clear *clear, const struct ik_sealed *s, int seal)
{
#if IK_PREPARE
    if (c->aead != NULL) {
        return c->aead->run(c->by.own.room, nonce, clear->parts, clear->n, ik_sealed_text(self, s),
                            clear->text_len, ik_sealed_icv(self, s), self->icv_len, seal);
    }
#endif
    return by_pieces(self, &c->by.pieces.ctx, nonce, clear, s, seal);
}

/* RFC 4106 section 4: the nonce is salt (4, from KEYMAT) | IV (8). */
static int message(const struct ik_encr *self, struct ik_env *env, struct gcm *c,
                   const struct ik_sealed *s, int seal)
{
    uint8_t nonce[SALT_LEN + IV_LEN], room[IK_AAD_ESN];
    struct clear clear = clear_of(self, s, room);

    memcpy(nonce, c->salt, SALT_LEN);
    ik_sealed_nonce_iv(self, s, nonce + SALT_LEN);
    int good = work(self, c, nonce, &clear, s, seal);
    charge(self, env, clear.parts[0].len, s->text_len);
    ik_sealed_wipe(nonce, sizeof nonce);
    return good;
}

static int run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
               const struct ik_sealed *s, int seal)
{
    struct gcm c;

    begin(self, env, key, &c);
    int good = message(self, env, &c, s, seal);
    end(&c);
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

static void release(void *ctx)
{
    end(ctx);
}
#endif

#define ANY(name, iv, icv, bits, further)                                                          \
    {                                                                                              \
        .id = IK_ENCR_##name, .key_bits = (bits), .key_len = (bits) / 8, .salt_len = SALT_LEN,     \
        .iv_len = (iv), .block = 1, .icv_len = (icv), .flags = IK_ALG_AEAD | (further),            \
        .run = run IK_PREPARED_AEAD(sizeof(struct gcm))                                            \
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

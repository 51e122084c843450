/* SPDX-License-Identifier: MIT */
/* AES-CCM with ICVs of 8, 12 and 16 octets: in ESP RFC 4309, in IKE RFC 5282. */
#include "crypto/sealed.h"

#define SALT_LEN 3
#define IV_LEN 8
#define BLOCK 16
/* Flags of RFC 3610 2.2 and 2.3: the counter has L = 4 octets, and there is a header. */
#define FLAGS_COUNTER 3
#define FLAGS_HEADER 0x40

/* RFC 3610 2.2: the length of a longer header would take 6 octets, not 2. */
_Static_assert(IK_MSG_MAX < 0xff00, "a header is part of a message");

struct ccm {
    union ik_aes_keys keys;
    uint8_t counter[BLOCK]; /* flags and salt stay there from message to message */
    uint8_t sum[BLOCK];     /* of CBC-MAC */
};

/* Ends a block of CBC-MAC. */
static void end_block(struct ccm *c)
{
    static const uint8_t zeros[BLOCK];

    c->keys.vtable->mac(&c->keys.vtable, c->sum, zeros, BLOCK);
}

static void ctr(struct ccm *c, uint8_t block[BLOCK])
{
    c->keys.vtable->ctr(&c->keys.vtable, c->counter, block, BLOCK);
}

/*
 * RFC 4309 section 4: the nonce is salt (3, from KEYMAT) | IV (8). Counter blocks and the first
 * block of CBC-MAC begin with flags and nonce; a counter follows in the former, the length of the
 * text in the latter.
 */
static void begin(struct ccm *c, const struct ik_encr *self, const struct ik_sealed *s,
                  uint16_t aad_len)
{
    ik_sealed_nonce_iv(self, s, c->counter + 1 + SALT_LEN);
    memset(c->counter + 12, 0, 4);
    memcpy(c->sum, c->counter, BLOCK);
    c->sum[0] |= (uint8_t)(4 * (self->icv_len - 2) + (aad_len > 0 ? FLAGS_HEADER : 0));
    ik_put16(c->sum + 14, s->text_len);
    end_block(c);
    c->counter[15] = 1;
}

static void header(struct ccm *c, const uint8_t *aad, uint16_t len)
{
    uint16_t i, at = 2;

    if (len == 0) {
        return;
    }
    c->sum[0] ^= (uint8_t)(len >> 8);
    c->sum[1] ^= (uint8_t)len;
    for (i = 0; i < len; i++) {
        c->sum[at++] ^= aad[i];
        if (at == BLOCK) {
            end_block(c);
            at = 0;
        }
    }
    if (at > 0) {
        end_block(c);
    }
}

/* Whole blocks. BearSSL's names are those of EAX, whose MAC is over what is encrypted; CCM's is
 * over what is not. */
static void blocks(struct ccm *c, int seal, uint8_t *text, uint16_t len)
{
    const br_block_ctrcbc_class *aes = c->keys.vtable;

    (seal ? aes->decrypt : aes->encrypt)(&c->keys.vtable, c->counter, c->sum, text, len);
}

/* Less than a block. */
static void rest(struct ccm *c, int seal, uint8_t *text, uint16_t len)
{
    uint8_t stream[BLOCK];
    uint16_t i;

    memset(stream, 0, sizeof stream);
    ctr(c, stream);
    for (i = 0; i < len; i++) {
        uint8_t other = text[i] ^ stream[i];

        c->sum[i] ^= seal ? text[i] : other;
        text[i] = other;
    }
    end_block(c);
}

/* B0, the counter block and the header: 16-octet blocks that the cipher computes. */
static size_t blocks_before_text(uint16_t aad_len)
{
    return 2 + (aad_len > 0 ? ((size_t)aad_len + 2 + 15) / BLOCK : 0);
}

static void take_key(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
                     struct ccm *c)
{
    ik_aes_begin(&c->keys, env, key, self->key_len);
    c->counter[0] = FLAGS_COUNTER;
    memcpy(c->counter + 1, key + self->key_len, SALT_LEN);
}

/* CCM authenticates the plaintext: it is decrypted before the tag is known. ik_open() wipes it. */
static int message(const struct ik_encr *self, struct ik_env *env, struct ccm *c,
                   const struct ik_sealed *s, int seal)
{
    uint8_t room[IK_AAD_ESN];
    struct ik_span aad = ik_sealed_aad(s, room);
    /* Where the IV is always there, its length need not be looked up. */
    uint8_t *text = IK_IMPLICIT_IV ? ik_sealed_text(self, s) : ik_sealed_iv(s) + IV_LEN;
    uint16_t part = s->text_len % BLOCK, whole = (uint16_t)(s->text_len - part);

    begin(c, self, s, aad.len);
    header(c, aad.p, aad.len);
    blocks(c, seal, text, whole);
    if (part > 0) {
        rest(c, seal, text + whole, part);
    }
    /* The tag is encrypted by the counter block whose counter is 0. */
    memset(c->counter + 12, 0, 4);
    ctr(c, c->sum);
    /* Each block of text is encrypted once for CTR and once for CBC-MAC. */
    ik_aes_charge(env, self->key_len, 0,
                  blocks_before_text(aad.len) + (size_t)2 * ik_blocks(s->text_len));
    return ik_sealed_tag(c->sum, text + s->text_len, self->icv_len, seal);
}

static int run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
               const struct ik_sealed *s, int seal)
{
    struct ccm c;

    take_key(self, env, key, &c);
    int good = message(self, env, &c, s, seal);
    ik_wipe(&c, sizeof c);
    return good;
}

#if IK_PREPARE
_Static_assert(sizeof(struct ccm) <= IK_ENCR_CTX_MAX, "room for what is prepared");

static void prepare(const struct ik_encr *self, struct ik_env *env, const uint8_t *key, int seal,
                    void *ctx)
{
    (void)seal;
    take_key(self, env, key, ctx);
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
        .run = run IK_PREPARED(sizeof(struct ccm))                                                 \
    }
#define ROW(icv, bits) ANY(AES_CCM_##icv, IV_LEN, icv, bits, 0)

const struct ik_encr ik_encr_aes_ccm_8_128 = ROW(8, 128);
const struct ik_encr ik_encr_aes_ccm_8_192 = ROW(8, 192);
const struct ik_encr ik_encr_aes_ccm_8_256 = ROW(8, 256);
const struct ik_encr ik_encr_aes_ccm_12_128 = ROW(12, 128);
const struct ik_encr ik_encr_aes_ccm_12_192 = ROW(12, 192);
const struct ik_encr ik_encr_aes_ccm_12_256 = ROW(12, 256);
const struct ik_encr ik_encr_aes_ccm_16_128 = ROW(16, 128);
const struct ik_encr ik_encr_aes_ccm_16_192 = ROW(16, 192);
const struct ik_encr ik_encr_aes_ccm_16_256 = ROW(16, 256);

#if IK_IMPLICIT_IV
#define IIV(bits) ANY(AES_CCM_8_IIV, 0, 8, bits, IK_ALG_ESP_ONLY | IK_ALG_IMPLICIT_IV)
const struct ik_encr ik_encr_aes_ccm_8_iiv_128 = IIV(128);
const struct ik_encr ik_encr_aes_ccm_8_iiv_192 = IIV(192);
const struct ik_encr ik_encr_aes_ccm_8_iiv_256 = IIV(256);
#endif

/* SPDX-License-Identifier: MIT */
/*
 * What the cipher families share: where the parts of a sealed message lie, and how AES is charged.
 */
#ifndef IK_CRYPTO_SEALED_H
#define IK_CRYPTO_SEALED_H

#include "crypto/crypto.h"
#include "util/util.h"

/* Of what a cipher had on its stack: all of it is overwritten after the message or the train of
 * messages, where IK_WIPE_STACK is 1 (ik_wipe_stack). */
static inline void ik_sealed_wipe(void *p, size_t len)
{
    if (!IK_WIPE_STACK) {
        ik_wipe(p, len);
    }
}

/* | aad | IV | text | ICV |, see ik_crypto.h. */
static inline uint8_t *ik_sealed_iv(const struct ik_sealed *s)
{
    return s->msg + s->aad_len;
}

static inline uint8_t *ik_sealed_text(const struct ik_encr *encr, const struct ik_sealed *s)
{
    return ik_sealed_iv(s) + encr->iv_len;
}

static inline uint8_t *ik_sealed_icv(const struct ik_encr *encr, const struct ik_sealed *s)
{
    return ik_sealed_text(encr, s) + s->text_len;
}

/* The high half of an extended sequence number, or NULL. */
static inline const uint8_t *ik_sealed_esn(const struct ik_sealed *s)
{
#if IK_ESN
    return s->esn;
#else
    (void)s;
    return NULL;
#endif
}

/* The 8 octets of IV in an AEAD's nonce: those that are sent, or the sequence number (RFC 8750 5:
 * "the IV is set to the ESN", or 32 zero bits before a number of 32). */
static inline void ik_sealed_nonce_iv(const struct ik_encr *encr, const struct ik_sealed *s,
                                      uint8_t iv[8])
{
#if IK_IMPLICIT_IV
    if ((encr->flags & IK_ALG_IMPLICIT_IV) != 0) {
        const uint8_t *esn = ik_sealed_esn(s);
        memset(iv, 0, 4);
        if (esn != NULL) {
            memcpy(iv, esn, 4);
        }
        memcpy(iv + 4, s->msg + 4, 4);
        return;
    }
#else
    (void)encr;
#endif
    memcpy(iv, ik_sealed_iv(s), 8);
}

#define IK_AAD_ESN 12
/* What an AEAD authenticates beside the text: what lies before the IV, or with an extended sequence
 * number SPI | high half | low half (RFC 4106 section 5, RFC 4309, RFC 7634), which is put into
 * room. */
static inline struct ik_span ik_sealed_aad(const struct ik_sealed *s, uint8_t room[IK_AAD_ESN])
{
    const uint8_t *esn = ik_sealed_esn(s);
    if (esn == NULL) {
        return (struct ik_span){s->msg, s->aad_len};
    }
    memcpy(room, s->msg, 4);
    memcpy(room + 4, esn, 4);
    memcpy(room + 8, s->msg + 4, 4);
    return (struct ik_span){room, IK_AAD_ESN};
}

/* In a row: its prepare() and run_prepared(), by these names, and the size of their context. */
#if IK_PREPARE
#define IK_PREPARED(len)                                                                           \
    , .ctx_len = (uint16_t)(len), .prepare = prepare, .run_prepared = run_prepared
#define IK_PREPARED_AEAD(len) IK_PREPARED(len), .release = release
#else
#define IK_PREPARED(len)
#define IK_PREPARED_AEAD(len)
#endif

#if IK_PREPARE
/* What an AEAD of the host (struct ik_aead) keeps here. */
union ik_aead_ctx {
    uint64_t align[2];
    uint8_t room[IK_AEAD_CTX_MAX];
};
#endif

/* What an AEAD does with the tag that it computed: seal 1: writes len octets of it to icv; 0:
 * answers whether they are there. Wipes the 16 octets at tag. */
int ik_sealed_tag(uint8_t tag[16], uint8_t *icv, uint8_t len, int seal);

/* Key schedule of the host's ctrcbc class. */
union ik_aes_keys {
    const br_block_ctrcbc_class *vtable;
#ifdef IK_AES_KEYS_MAX
    uint8_t room[IK_AES_KEYS_MAX];
#else
    br_aes_gen_ctrcbc_keys any;
#endif
};

void ik_aes_begin(union ik_aes_keys *keys, struct ik_env *env, const uint8_t *key, uint8_t key_len);

/* len octets in blocks of 16, the last one perhaps partial. No sum here: size_t may be 16 bits. */
static inline uint16_t ik_blocks(uint16_t len)
{
    return (uint16_t)(len / 16 + (len % 16 != 0));
}

/* Charges key schedules and blocks to the counters of this key length (16, 24 or 32 octets). */
#if IK_METER
void ik_aes_charge(struct ik_env *env, uint8_t key_len, size_t setups, size_t blocks);
#else
static inline void ik_aes_charge(struct ik_env *env, uint8_t key_len, size_t setups, size_t blocks)
{
    (void)env, (void)key_len, (void)setups, (void)blocks;
}
#endif

#endif

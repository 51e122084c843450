/* SPDX-License-Identifier: MIT */
/*
 * What the cipher families share: where the parts of a sealed message lie, and how AES is charged.
 */
#ifndef IK_CRYPTO_SEALED_H
#define IK_CRYPTO_SEALED_H

#include "crypto/crypto.h"
#include "util/util.h"

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

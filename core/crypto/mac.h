/* SPDX-License-Identifier: MIT */
/* The MAC families, and integrity as core/crypto/seal.c uses it. */
#ifndef IK_CRYPTO_MAC_H
#define IK_CRYPTO_MAC_H

#include "crypto/crypto.h"

/* HMAC with SHA-256 as struct ik_mac's run(), whatever rows the host lists: for the DRBG. */
void ik_hmac_sha256(struct ik_env *env, const struct ik_span *in, size_t n, uint8_t *out);

/* Writes integ->icv_len octets: the truncated MAC of data under integ->key_len octets of key. */
void ik_integ_icv(struct ik_env *env, const struct ik_integ *integ, const uint8_t *key,
                  const uint8_t *data, size_t len, uint8_t *out);

#endif

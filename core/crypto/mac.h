/* SPDX-License-Identifier: MIT */
/* The MAC families, and integrity as core/crypto/seal.c uses it. */
#ifndef IK_CRYPTO_MAC_H
#define IK_CRYPTO_MAC_H

#include "crypto/crypto.h"

/* HMAC with SHA-256 as struct ik_mac's run(), whatever rows the host lists: for the DRBG. */
void ik_hmac_sha256(struct ik_env *env, const struct ik_span *in, size_t n, uint8_t *out);

/* Writes integ->icv_len octets: the truncated MAC of data, and of the 4 octets at esn if that is
 * not NULL, under integ->key_len octets of key. */
void ik_integ_icv(struct ik_env *env, const struct ik_integ *integ, const uint8_t *key,
                  struct ik_span data, const uint8_t *esn, uint8_t *out);
#if IK_PREPARE
/* Likewise with a key that was prepared. */
void ik_integ_icv_prepared(struct ik_env *env, const struct ik_integ *integ, void *ctx,
                           struct ik_span data, const uint8_t *esn, uint8_t *out);
#endif

#endif

/* SPDX-License-Identifier: MIT */
/* How hash functions are charged. */
#ifndef IK_CRYPTO_DIGEST_H
#define IK_CRYPTO_DIGEST_H

#include "crypto/crypto.h"
#include "util/util.h"

/* Charges whole compressions. */
#if IK_METER
void ik_hash_charge(struct ik_env *env, const br_hash_class *hash, size_t compressions);
#else
static inline void ik_hash_charge(struct ik_env *env, const br_hash_class *hash,
                                  size_t compressions)
{
    (void)env, (void)hash, (void)compressions;
}
#endif

/* Compressions that a message of len octets takes, with its padding (FIPS 180-4 section 5.1). */
size_t ik_hash_blocks(const br_hash_class *hash, uint32_t len);

/* Octets of one block. */
size_t ik_hash_block_len(const br_hash_class *hash);

#endif

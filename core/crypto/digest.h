/* SPDX-License-Identifier: MIT */
/* Hash functions: digests of several parts, and how they are charged. */
#ifndef IK_CRYPTO_DIGEST_H
#define IK_CRYPTO_DIGEST_H

#include "crypto/crypto.h"
#include "util/util.h"

/* Octets of the largest block of this build's hashes. */
#define IK_HASH_BLOCK_MAX (IK_HASH_MAX > 32 ? 128 : 64)

/* What BearSSL calls br_hash_compat_context, no larger than this build's hashes; and what other
 * libraries need for SHA-512. */
union ik_hash_state {
    const br_hash_class *vtable;
    br_sha1_context sha1;
    br_sha256_context sha256;
#if IK_HASH_MAX > 32
    br_sha512_context sha512;
    uint8_t room[232];
#endif
};

/* The digest of pad, which is one block of the hash or NULL for none, and of the n parts. */
void ik_digest(struct ik_env *env, const br_hash_class *hash, const uint8_t *pad,
               const struct ik_span *parts, size_t n, uint8_t *out);

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

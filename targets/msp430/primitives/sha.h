/* SPDX-License-Identifier: MIT */
/*
 * SHA-1 and SHA-256 (FIPS 180-4) as BearSSL hash classes, a tenth as large and SHA-256 faster;
 * SHA-1 is for NAT detection only, and has no fast one. They do what core/crypto asks for: out()
 * spends the context, state() and set_state() are there of the fast one only.
 */
#ifndef PRIMITIVES_SHA_H
#define PRIMITIVES_SHA_H

#include <bearssl.h>

/* sha1.S, sha256.S, sha256_fast.S: the block, in words of this part's order, is spoilt. */
void ik_sha1_block(uint32_t val[5], uint32_t block[16]);
void ik_sha256_block(uint32_t val[8], uint32_t block[16]);
void ik_sha256_fast_block(uint32_t val[8], uint32_t block[16]);
/* sha_swap.S: n words, at least one, from big-endian to this part's order or back. */
void ik_sha_swap(uint32_t *words, unsigned n);

extern const br_hash_class small_sha1, small_sha256, fast_sha256;

#endif

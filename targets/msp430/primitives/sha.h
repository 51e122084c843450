/* SPDX-License-Identifier: MIT */
/*
 * SHA-1 and SHA-256 (FIPS 180-4) as BearSSL hash classes, with loops where BearSSL's are unrolled:
 * 10 KB smaller together, and SHA-256, in assembly, twice as fast. The contexts are BearSSL's
 * br_sha1_context and br_sha256_context.
 */
#ifndef PRIMITIVES_SHA_H
#define PRIMITIVES_SHA_H

#include <bearssl.h>

/* sha256.S */
void ik_sha256_block(uint32_t val[8], const unsigned char block[64]);

extern const br_hash_class small_sha1, small_sha256;

#endif

/* SPDX-License-Identifier: MIT */
/*
 * X25519 (RFC 7748) for the MSP430 with the 16-bit hardware multiplier, as a group that is computed
 * in slices (ik_job_step()). Time and addresses do not depend on the scalar or the point.
 */
#ifndef MSP430_X25519_H
#define MSP430_X25519_H

#include "ikelet/ik_crypto.h"

/* An element of GF(2^255 - 19): 16 words, least significant first, any value below 2^256. */
typedef uint16_t ik_fe[16];

/* The assembly (fe.S, fe_mul.S). out may be an operand. The square and the product with 121666 do
 * not look at b. */
typedef void ik_fe_op(uint16_t *out, const uint16_t *a, const uint16_t *b);
ik_fe_op ik_fe_mul, ik_fe_sqr, ik_fe_add, ik_fe_sub, ik_fe_mul_121666;
/* Swaps a and b if mask is all ones, not if it is 0. */
void ik_fe_cswap(uint16_t *a, uint16_t *b, uint16_t mask);

/* IK_DH_X25519. It needs nothing of struct ik_crypto. */
extern const struct ik_dh small_x25519;

#endif

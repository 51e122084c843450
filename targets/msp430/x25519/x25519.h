/* SPDX-License-Identifier: MIT */
/*
 * X25519 (RFC 7748) for the MSP430 with the 16-bit hardware multiplier, as a computation that can
 * be taken in slices: the radio is served between them. Time and addresses do not depend on the
 * scalar or the point.
 */
#ifndef MSP430_X25519_H
#define MSP430_X25519_H

#include <stddef.h>
#include <stdint.h>

/* An element of GF(2^255 - 19): 16 words, least significant first, any value below 2^256. */
typedef uint16_t ik_fe[16];

/* The assembly (fe.S, fe_mul.S). out may be an operand. */
void ik_fe_mul(ik_fe out, const ik_fe a, const ik_fe b);
void ik_fe_sqr(ik_fe out, const ik_fe a);
void ik_fe_add(ik_fe out, const ik_fe a, const ik_fe b);
void ik_fe_sub(ik_fe out, const ik_fe a, const ik_fe b);
void ik_fe_mul_121666(ik_fe out, const ik_fe a);
/* Swaps a and b if mask is all ones, not if it is 0. */
void ik_fe_cswap(ik_fe a, ik_fe b, uint16_t mask);

/* A scalar multiplication under way. Secret; ik_x25519_result() wipes it. */
struct ik_x25519 {
    uint8_t k[32];
    ik_fe x1, x2, z2, x3, z3, t0, t1;
    int16_t bit;      /* of the scalar, that is next: 254 … 0; -1: the inversion is under way */
    uint16_t swapped; /* mask: (x2, z2) and (x3, z3) are swapped */
    uint8_t row;      /* of the inversion's chain */
    uint8_t squares;  /* done in that row */
};

/* k: 32 octets, clamped here (RFC 7748 section 5). u: 32 octets, its top bit ignored. */
void ik_x25519_begin(struct ik_x25519 *s, const uint8_t *k, const uint8_t *u);

/*
 * Works on for about `cycles` at most: a step of the ladder (40 000 cycles) or one field operation
 * of the inversion (5000) more than that. Answers 1 when the result is there.
 */
int ik_x25519_step(struct ik_x25519 *s, uint32_t cycles);

/* out: the 32 octets of the result. Wipes *s. */
void ik_x25519_result(struct ik_x25519 *s, uint8_t *out);

#endif

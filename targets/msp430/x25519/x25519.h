/* SPDX-License-Identifier: MIT */
/*
 * X25519 (RFC 7748) for the MSP430 with a hardware multiplier, as a group that is computed in
 * slices (ik_job_step()). Time and addresses do not depend on the scalar or the point.
 */
#ifndef MSP430_X25519_H
#define MSP430_X25519_H

#include "ikelet/ik_crypto.h"

/* IK_DH_X25519: small; fast; and for parts that have the 32-bit multiplier MPY32. They need nothing
 * of struct ik_crypto. */
extern const struct ik_dh small_x25519, mpy16_x25519, mpy32_x25519;
#ifdef MPY32L
#define fast_x25519 mpy32_x25519
#else
#define fast_x25519 mpy16_x25519
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Every primitive of the minimal profile, and the helpers that the compiler calls, as operations on
 * one buffer. The same source runs in the simulator and on the host; the results have to be the
 * same octets.
 */
#ifndef TESTS_TARGET_OPS_H
#define TESTS_TARGET_OPS_H

#include <stdint.h>

#include "ikelet/ik_crypto.h"
#include "x25519/fe.h"

#define OPS_CAP 768

/* Implementations of the same: what the core is given, and the field of X25519. */
struct ops_set {
    const struct ik_crypto *crypto;
    ik_fe_run *fe;
};

/* The answer takes the place of the input, which is len octets; returns the answer's length. An
 * operation that there is not answers 0. */
uint16_t ops_run(const struct ops_set *set, uint8_t op, uint8_t *io, uint16_t len);

#endif

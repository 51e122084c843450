/* SPDX-License-Identifier: MIT */
#ifndef PRIMITIVES_EC_H
#define PRIMITIVES_EC_H

#include <bearssl.h>

/* X25519 by x25519/. Only what the core calls: mul and mulgen on BR_EC_curve25519. */
extern const br_ec_impl small_x25519;

#endif

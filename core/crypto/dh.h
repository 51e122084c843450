/* SPDX-License-Identifier: MIT */
/* Big-endian integers of equal length, compared in a time that depends on the length only. */
#ifndef IK_CRYPTO_DH_H
#define IK_CRYPTO_DH_H

#include <stddef.h>
#include <stdint.h>

/* 1 if a < b, else 0. */
int ik_dh_below(const uint8_t *a, const uint8_t *b, size_t len);
/* 1 if a is the small number v, else 0. */
int ik_dh_is(const uint8_t *a, size_t len, uint8_t v);

#endif

/* SPDX-License-Identifier: MIT */
#include "crypto/dh.h"

/* The borrow out of a - b. */
int ik_dh_below(const uint8_t *a, const uint8_t *b, size_t len)
{
    unsigned borrow = 0;

    while (len > 0) {
        len--;
        borrow = (((unsigned)a[len] - b[len] - borrow) >> 8) & 1u;
    }
    return (int)borrow;
}

int ik_dh_is(const uint8_t *a, size_t len, uint8_t v)
{
    unsigned differ = (unsigned)a[len - 1] ^ v;
    size_t i;

    for (i = 0; i + 1 < len; i++) {
        differ |= a[i];
    }
    return (int)(((differ - 1u) >> 8) & 1u);
}

/* SPDX-License-Identifier: MIT */
#include "crypto/dh.h"

#include "tests/kat/kat.h"

/* All pairs of two-octet numbers with these octets in them. */
static const uint8_t octets[] = {0, 1, 2, 0x7f, 0x80, 0x81, 0xfe, 0xff};
#define N (sizeof octets * sizeof octets)

static unsigned number(size_t i, uint8_t out[2])
{
    out[0] = octets[i / sizeof octets];
    out[1] = octets[i % sizeof octets];
    return out[0] * 256u + out[1];
}

Test(dh, below)
{
    uint8_t a[2], b[2];

    for (size_t i = 0; i < N * N; i++) {
        unsigned x = number(i / N, a), y = number(i % N, b);

        cr_assert_eq(ik_dh_below(a, b, 2), x < y, "%u < %u", x, y);
    }
}

Test(dh, is)
{
    uint8_t a[2];

    for (size_t i = 0; i < N * sizeof octets; i++) {
        unsigned x = number(i / sizeof octets, a);
        uint8_t v = octets[i % sizeof octets];

        cr_assert_eq(ik_dh_is(a, 2, v), x == v, "%u == %u", x, v);
    }
    cr_assert_eq(ik_dh_is((const uint8_t[]){5}, 1, 5), 1);
    cr_assert_eq(ik_dh_is((const uint8_t[]){5}, 1, 4), 0);
}

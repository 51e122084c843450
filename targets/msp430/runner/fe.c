/* SPDX-License-Identifier: MIT */
/*
 * The field arithmetic of ../x25519 in C, for host programs: slow, and right by inspection. An
 * element is 32 octets, least significant first, which is what its 16 words are on the hosts that
 * this runs on.
 */
#include <string.h>

#include "x25519/x25519.h"

#define LEN 32

static void load(uint8_t *out, const uint16_t *in)
{
    memcpy(out, in, LEN);
}

/* out := p modulo 2^256 - 38, where n octets of p are there. */
static void fold(uint16_t *out, uint32_t *p, int n)
{
    uint8_t octets[LEN];

    for (int pass = 0; pass < 3; pass++) {
        uint32_t carry = 0;

        for (int i = LEN; i < n; i++) {
            p[i - LEN] += 38 * p[i];
            p[i] = 0;
        }
        for (int i = 0; i < LEN; i++) {
            carry += p[i];
            p[i] = carry & 0xff;
            carry >>= 8;
        }
        p[0] += 38 * carry;
    }
    for (int i = 0; i < LEN; i++) {
        octets[i] = (uint8_t)p[i];
    }
    memcpy(out, octets, LEN);
}

void ik_fe_mul(uint16_t *out, const uint16_t *a, const uint16_t *b)
{
    uint8_t x[LEN], y[LEN];
    uint32_t p[2 * LEN] = {0};

    load(x, a);
    load(y, b);
    for (int i = 0; i < LEN; i++) {
        for (int j = 0; j < LEN; j++) {
            p[i + j] += (uint32_t)x[i] * y[j];
        }
    }
    fold(out, p, 2 * LEN);
}

void ik_fe_sqr(uint16_t *out, const uint16_t *a, const uint16_t *b)
{
    (void)b;
    ik_fe_mul(out, a, a);
}

void ik_fe_mul_121666(uint16_t *out, const uint16_t *a, const uint16_t *b)
{
    static const uint8_t factor[LEN] = {0x42, 0xdb, 0x01};
    uint16_t words[LEN / 2];

    (void)b;
    memcpy(words, factor, LEN);
    ik_fe_mul(out, a, words);
}

void ik_fe_add(uint16_t *out, const uint16_t *a, const uint16_t *b)
{
    uint8_t x[LEN], y[LEN];
    uint32_t p[LEN];

    load(x, a);
    load(y, b);
    for (int i = 0; i < LEN; i++) {
        p[i] = (uint32_t)x[i] + y[i];
    }
    fold(out, p, LEN);
}

/* a + 2 (2^256 - 38) - b, octet by octet without a borrow. */
void ik_fe_sub(uint16_t *out, const uint16_t *a, const uint16_t *b)
{
    uint8_t x[LEN], y[LEN];
    uint32_t p[LEN];

    load(x, a);
    load(y, b);
    for (int i = 0; i < LEN; i++) {
        p[i] = (uint32_t)x[i] + (i == 0 ? 2u * (256 - 38) : 2u * 255) - y[i];
    }
    fold(out, p, LEN);
}

void ik_fe_cswap(uint16_t *a, uint16_t *b, uint16_t mask)
{
    for (int i = 0; i < LEN / 2; i++) {
        uint16_t change = (uint16_t)((a[i] ^ b[i]) & mask);

        a[i] ^= change;
        b[i] ^= change;
    }
}

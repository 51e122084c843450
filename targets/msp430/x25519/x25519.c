/* SPDX-License-Identifier: MIT */
/* The Montgomery ladder of RFC 7748 section 5 over the field arithmetic in assembly. */
#include <string.h>

#include "x25519.h"

/* What the parts take, rounded up (measured in the simulator; see the README): slices are cut by
 * it. */
#define LADDER_CYCLES 40000
#define FIELD_CYCLES 5000

static void load(ik_fe out, const uint8_t *in)
{
    for (uint8_t i = 0; i < 16; i++) {
        out[i] = (uint16_t)(in[2 * i] | (uint16_t)in[2 * i + 1] << 8);
    }
}

static void store(uint8_t *out, const ik_fe in)
{
    for (uint8_t i = 0; i < 16; i++) {
        out[2 * i] = (uint8_t)in[i];
        out[2 * i + 1] = (uint8_t)(in[i] >> 8);
    }
}

void ik_x25519_begin(struct ik_x25519 *s, const uint8_t *k, const uint8_t *u)
{
    memset(s, 0, sizeof *s);
    memcpy(s->k, k, 32);
    s->k[0] &= 0xf8;
    s->k[31] = (uint8_t)((s->k[31] & 0x7f) | 0x40);
    load(s->x1, u);
    s->x1[15] &= 0x7fff;
    memcpy(s->x3, s->x1, sizeof s->x3);
    s->x2[0] = 1;
    s->z3[0] = 1;
    s->bit = 254;
}

/* One bit: (x2 : z2) doubles, (x3 : z3) becomes the sum of both. 121666 (A² - B²) + B² is A² +
 * 121665 (A² - B²). */
static void ladder(struct ik_x25519 *s)
{
    ik_fe_sub(s->t0, s->x3, s->z3);
    ik_fe_sub(s->t1, s->x2, s->z2);
    ik_fe_add(s->x2, s->x2, s->z2);
    ik_fe_add(s->z2, s->x3, s->z3);
    ik_fe_mul(s->z3, s->t0, s->x2);
    ik_fe_mul(s->z2, s->z2, s->t1);
    ik_fe_sqr(s->t0, s->t1);
    ik_fe_sqr(s->t1, s->x2);
    ik_fe_add(s->x3, s->z3, s->z2);
    ik_fe_sub(s->z2, s->z3, s->z2);
    ik_fe_mul(s->x2, s->t1, s->t0);
    ik_fe_sub(s->t1, s->t1, s->t0);
    ik_fe_sqr(s->z2, s->z2);
    ik_fe_mul_121666(s->z3, s->t1);
    ik_fe_sqr(s->x3, s->x3);
    ik_fe_add(s->t0, s->t0, s->z3);
    ik_fe_mul(s->z3, s->x1, s->z2);
    ik_fe_mul(s->z2, s->t1, s->t0);
}

static void swap(struct ik_x25519 *s, uint16_t mask)
{
    ik_fe_cswap(s->x2, s->x3, mask);
    ik_fe_cswap(s->z2, s->z3, mask);
}

static void one_bit(struct ik_x25519 *s)
{
    uint8_t octet = s->k[s->bit >> 3];
    uint16_t mask = (uint16_t)(0u - ((octet >> (s->bit & 7)) & 1u));
    swap(s, mask ^ s->swapped);
    s->swapped = mask;
    ladder(s);
    if (--s->bit < 0) {
        swap(s, s->swapped);
        memcpy(s->t0, s->z2, sizeof s->t0);
    }
}

/*
 * z^(p - 2) = 1/z by Fermat. t0 runs through the powers: each row squares it so many times,
 * multiplies it by an element and keeps it in another. e(n) is 2^n - 1; the remarks say to which
 * power z is raised.
 */
enum { Z, KEEP_A, KEEP_B, KEEP_C, NONE };
static const struct {
    uint8_t squares, factor, keep;
} chain[] = {
    {1, NONE, KEEP_A},    /* 2 */
    {2, Z, KEEP_B},       /* 9 */
    {0, KEEP_A, KEEP_C},  /* 11 */
    {1, KEEP_B, KEEP_B},  /* e(5) */
    {5, KEEP_B, KEEP_A},  /* e(10) */
    {10, KEEP_A, KEEP_B}, /* e(20) */
    {20, KEEP_B, NONE},   /* e(40) */
    {10, KEEP_A, KEEP_A}, /* e(50) */
    {50, KEEP_A, KEEP_B}, /* e(100) */
    {100, KEEP_B, NONE},  /* e(200) */
    {50, KEEP_A, NONE},   /* e(250) */
    {5, KEEP_C, NONE},    /* 2^255 - 21 */
};
#define ROWS (sizeof chain / sizeof chain[0])

static uint16_t *element(struct ik_x25519 *s, uint8_t which)
{
    switch (which) {
    case Z:
        return s->z2;
    case KEEP_A:
        return s->x1;
    case KEEP_B:
        return s->x3;
    default:
        return s->z3;
    }
}

static void one_power(struct ik_x25519 *s)
{
    if (s->squares < chain[s->row].squares) {
        ik_fe_sqr(s->t0, s->t0);
        s->squares++;
        return;
    }
    if (chain[s->row].factor != NONE) {
        ik_fe_mul(s->t0, s->t0, element(s, chain[s->row].factor));
    }
    if (chain[s->row].keep != NONE) {
        memcpy(element(s, chain[s->row].keep), s->t0, sizeof s->t0);
    }
    s->row++;
    s->squares = 0;
}

int ik_x25519_step(struct ik_x25519 *s, uint32_t cycles)
{
    uint32_t used = 0;
    do {
        if (s->bit >= 0) {
            one_bit(s);
            used += LADDER_CYCLES;
        } else if (s->row < ROWS) {
            one_power(s);
            used += FIELD_CYCLES;
        } else {
            return 1;
        }
    } while (used < cycles);
    return 0;
}

/* x - p if that is not negative, else x. */
static void subtract_p(ik_fe x)
{
    ik_fe y;
    uint32_t carry = 19; /* x + 19 - 2^255 */
    for (uint8_t i = 0; i < 16; i++) {
        carry += x[i];
        y[i] = (uint16_t)carry;
        carry >>= 16;
    }
    uint16_t not_less = (uint16_t)(0u - ((uint16_t)(y[15] >> 15) | (uint16_t)carry));
    y[15] = (uint16_t)(y[15] - 0x8000u);
    for (uint8_t i = 0; i < 16; i++) {
        x[i] ^= (uint16_t)((x[i] ^ y[i]) & not_less);
    }
    memset(y, 0, sizeof y);
}

void ik_x25519_result(struct ik_x25519 *s, uint8_t *out)
{
    ik_fe_mul(s->x2, s->x2, s->t0);
    /* It is below 2^256 = 2 p + 38. */
    subtract_p(s->x2);
    subtract_p(s->x2);
    store(out, s->x2);
    volatile uint8_t *p = (volatile uint8_t *)s;
    for (size_t i = 0; i < sizeof *s; i++) {
        p[i] = 0;
    }
}

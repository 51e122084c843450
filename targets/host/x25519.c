/* SPDX-License-Identifier: MIT */
/*
 * X25519 (RFC 7748 section 5) for CPUs that multiply 64 by 64 bits: BearSSL 0.6 has it for 32 bits
 * at most, which takes five times as long. Constant time: no branch, no address depends on a
 * scalar or a point.
 *
 * A field element is the sum of v[i] * 2^(51 i), modulo 2^255 - 19. What mul() gives has limbs
 * below 2^52, what add() and sub() give of those below 2^54, and mul() takes limbs below 2^54.
 */
#include "host.h"

#if defined(__SIZEOF_INT128__)

#include <string.h>

#define LEN 32
#define LIMBS 5
#define MASK (((uint64_t)1 << 51) - 1)
#define A24 121665

__extension__ typedef unsigned __int128 wide;

typedef struct {
    uint64_t v[LIMBS];
} fe;

/* ---- the field ------------------------------------------------------------------------------ */

static uint64_t load64(const uint8_t *p)
{
    uint64_t x = 0;
    for (int i = 7; i >= 0; i--) {
        x = x << 8 | p[i];
    }
    return x;
}

/* The top bit counts for nothing (RFC 7748 section 5). */
static fe from_octets(const uint8_t p[LEN])
{
    fe r;
    r.v[0] = load64(p) & MASK;
    r.v[1] = load64(p + 6) >> 3 & MASK;
    r.v[2] = load64(p + 12) >> 6 & MASK;
    r.v[3] = load64(p + 19) >> 1 & MASK;
    r.v[4] = load64(p + 24) >> 12 & MASK;
    return r;
}

static fe carried(fe a)
{
    for (int i = 0; i < LIMBS - 1; i++) {
        a.v[i + 1] += a.v[i] >> 51;
        a.v[i] &= MASK;
    }
    a.v[0] += 19 * (a.v[4] >> 51);
    a.v[4] &= MASK;
    return a;
}

/* The value below the prime: what is not below it carries out of 2^255 when 19 is added. */
static void to_octets(uint8_t p[LEN], fe a)
{
    a = carried(carried(a));
    uint64_t carry = 19;
    for (int i = 0; i < LIMBS; i++) {
        carry = (a.v[i] + carry) >> 51;
    }
    a.v[0] += 19 * carry;
    for (int i = 0; i < LIMBS - 1; i++) {
        a.v[i + 1] += a.v[i] >> 51;
        a.v[i] &= MASK;
    }
    a.v[4] &= MASK; /* 2^255 goes with the prime */
    for (int i = 0; i < LEN; i++) {
        int bit = 8 * i, limb = bit / 51, shift = bit % 51;
        uint64_t x = a.v[limb] >> shift;
        if (shift > 43 && limb < LIMBS - 1) {
            x |= a.v[limb + 1] << (51 - shift);
        }
        p[i] = (uint8_t)x;
    }
}

static fe add(const fe *a, const fe *b)
{
    fe r = {{a->v[0] + b->v[0], a->v[1] + b->v[1], a->v[2] + b->v[2], a->v[3] + b->v[3],
             a->v[4] + b->v[4]}};
    return r;
}

/* Four times the prime keeps the limbs from going below zero. */
static fe sub(const fe *a, const fe *b)
{
    const uint64_t first = 4 * (MASK - 18), other = 4 * MASK;
    fe r = {{a->v[0] + first - b->v[0], a->v[1] + other - b->v[1], a->v[2] + other - b->v[2],
             a->v[3] + other - b->v[3], a->v[4] + other - b->v[4]}};
    return r;
}

static inline fe reduced(wide t[LIMBS])
{
    t[1] += t[0] >> 51;
    t[2] += t[1] >> 51;
    t[3] += t[2] >> 51;
    t[4] += t[3] >> 51;
    wide low = (t[4] >> 51) * 19 + ((uint64_t)t[0] & MASK);
    fe r = {{(uint64_t)low & MASK, ((uint64_t)t[1] & MASK) + (uint64_t)(low >> 51),
             (uint64_t)t[2] & MASK, (uint64_t)t[3] & MASK, (uint64_t)t[4] & MASK}};
    return r;
}

static inline fe mul(const fe *x, const fe *y)
{
    const uint64_t *a = x->v, *b = y->v;
    uint64_t b1 = 19 * b[1], b2 = 19 * b[2], b3 = 19 * b[3], b4 = 19 * b[4];
    wide t[LIMBS];
    t[0] =
        (wide)a[0] * b[0] + (wide)a[1] * b4 + (wide)a[2] * b3 + (wide)a[3] * b2 + (wide)a[4] * b1;
    t[1] =
        (wide)a[0] * b[1] + (wide)a[1] * b[0] + (wide)a[2] * b4 + (wide)a[3] * b3 + (wide)a[4] * b2;
    t[2] = (wide)a[0] * b[2] + (wide)a[1] * b[1] + (wide)a[2] * b[0] + (wide)a[3] * b4 +
           (wide)a[4] * b3;
    t[3] = (wide)a[0] * b[3] + (wide)a[1] * b[2] + (wide)a[2] * b[1] + (wide)a[3] * b[0] +
           (wide)a[4] * b4;
    t[4] = (wide)a[0] * b[4] + (wide)a[1] * b[3] + (wide)a[2] * b[2] + (wide)a[3] * b[1] +
           (wide)a[4] * b[0];
    return reduced(t);
}

static inline fe square(const fe *x)
{
    const uint64_t *a = x->v;
    uint64_t d0 = 2 * a[0], d1 = 2 * a[1], d2 = 2 * a[2], a3 = 19 * a[3], a4 = 19 * a[4];
    wide t[LIMBS];
    t[0] = (wide)a[0] * a[0] + (wide)d1 * a4 + (wide)d2 * a3;
    t[1] = (wide)d0 * a[1] + (wide)d2 * a4 + (wide)a[3] * a3;
    t[2] = (wide)d0 * a[2] + (wide)a[1] * a[1] + (wide)(2 * a[3]) * a4;
    t[3] = (wide)d0 * a[3] + (wide)d1 * a[2] + (wide)a[4] * a4;
    t[4] = (wide)d0 * a[4] + (wide)d1 * a[3] + (wide)a[2] * a[2];
    return reduced(t);
}

static fe times_a24(const fe *a)
{
    wide t[LIMBS] = {(wide)a->v[0] * A24, (wide)a->v[1] * A24, (wide)a->v[2] * A24,
                     (wide)a->v[3] * A24, (wide)a->v[4] * A24};
    return reduced(t);
}

static fe squares(fe a, int n)
{
    while (n-- > 0) {
        a = square(&a);
    }
    return a;
}

/* a^(p - 2): the exponent in binary is 250 ones, then 01011. ones(n) is a^(2^n - 1). */
static fe inverted(const fe *a)
{
    fe a2 = square(a), t = squares(a2, 2);
    fe a9 = mul(&t, a), a11 = mul(&a9, &a2);
    t = square(&a11);
    fe ones5 = mul(&t, &a9);
    t = squares(ones5, 5);
    fe ones10 = mul(&t, &ones5);
    t = squares(ones10, 10);
    fe ones20 = mul(&t, &ones10);
    t = squares(ones20, 20);
    fe ones40 = mul(&t, &ones20);
    t = squares(ones40, 10);
    fe ones50 = mul(&t, &ones10);
    t = squares(ones50, 50);
    fe ones100 = mul(&t, &ones50);
    t = squares(ones100, 100);
    t = mul(&t, &ones100);
    t = squares(t, 50);
    t = mul(&t, &ones50);
    t = squares(t, 5);
    return mul(&t, &a11);
}

/* Through a volatile pointer, so that no compiler finds it needless. */
static void wipe(void *p, size_t len)
{
    volatile uint8_t *octets = p;
    while (len-- > 0) {
        *octets++ = 0;
    }
}

/* ---- the ladder ----------------------------------------------------------------------------- */

/* The four coordinates of RFC 7748: of the multiple so far, and of the one after it. */
struct ladder {
    fe x2, z2, x3, z3;
};

static void swap(fe *a, fe *b, uint64_t yes)
{
    for (int i = 0; i < LIMBS; i++) {
        uint64_t x = (a->v[i] ^ b->v[i]) & (0 - yes);
        a->v[i] ^= x;
        b->v[i] ^= x;
    }
}

static void step(struct ladder *l, const fe *x1)
{
    fe a = add(&l->x2, &l->z2), b = sub(&l->x2, &l->z2);
    fe c = add(&l->x3, &l->z3), d = sub(&l->x3, &l->z3);
    fe aa = square(&a), bb = square(&b), da = mul(&d, &a), cb = mul(&c, &b);
    fe e = sub(&aa, &bb), sum = add(&da, &cb), difference = sub(&da, &cb);
    l->x3 = square(&sum);
    difference = square(&difference);
    l->z3 = mul(x1, &difference);
    l->x2 = mul(&aa, &bb);
    fe t = times_a24(&e);
    t = add(&aa, &t);
    l->z2 = mul(&e, &t);
}

static void multiply(uint8_t out[LEN], const uint8_t scalar[LEN], const uint8_t point[LEN])
{
    uint8_t k[LEN];
    memcpy(k, scalar, LEN);
    k[0] &= 248;
    k[31] = (uint8_t)((k[31] & 127) | 64);
    fe x1 = from_octets(point);
    struct ladder l = {.x2 = {{1}}, .x3 = x1, .z3 = {{1}}};
    uint64_t before = 0;
    for (int i = 254; i >= 0; i--) {
        uint64_t bit = k[i / 8] >> (i % 8) & 1;
        swap(&l.x2, &l.x3, before ^ bit);
        swap(&l.z2, &l.z3, before ^ bit);
        before = bit;
        step(&l, &x1);
    }
    swap(&l.x2, &l.x3, before);
    swap(&l.z2, &l.z3, before);
    fe z = inverted(&l.z2), x = mul(&l.x2, &z);
    to_octets(out, x);
    wipe(k, sizeof k);
    wipe(&l, sizeof l);
    wipe(&z, sizeof z);
    wipe(&x, sizeof x);
}

/* ---- as BearSSL has it ---------------------------------------------------------------------- */

static uint32_t ec_mul(unsigned char *point, size_t point_len, const unsigned char *scalar,
                       size_t scalar_len, int curve)
{
    if (point_len != LEN || scalar_len != LEN || curve != BR_EC_curve25519) {
        return 0;
    }
    multiply(point, scalar, point);
    return 1;
}

static size_t ec_mulgen(unsigned char *out, const unsigned char *scalar, size_t scalar_len,
                        int curve)
{
    static const uint8_t generator[LEN] = {9};
    if (scalar_len != LEN || curve != BR_EC_curve25519) {
        return 0;
    }
    multiply(out, scalar, generator);
    return LEN;
}

const br_ec_impl *host_x25519(void)
{
    static br_ec_impl impl;
    impl = br_ec_c25519_m31;
    impl.mul = ec_mul;
    impl.mulgen = ec_mulgen;
    return &impl;
}

#else

const br_ec_impl *host_x25519(void)
{
    return &br_ec_c25519_m31;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The field arithmetic of ../x25519 in C, for host programs: slow, and right by inspection. An
 * element is 32 octets, least significant first, which is what its 16 words are on the hosts that
 * this runs on. All results are below 2^255 - 19.
 */
#include "x25519/fe.h"

#define LEN 32

/* Carries, and what is beyond 255 bits of p comes back with 19. */
static void carry(uint32_t *p)
{
    uint32_t carry = 0;

    for (int i = 0; i < LEN; i++) {
        carry += p[i];
        p[i] = carry & 0xff;
        carry >>= 8;
    }
    p[0] += 19 * (2 * carry + (p[LEN - 1] >> 7));
    p[LEN - 1] &= 0x7f;
}

/* out := p modulo 2^255 - 19, where 64 octets of p are there; each below 2^24. */
static void reduce(uint8_t *out, uint32_t *p)
{
    for (int i = 0; i < LEN; i++) {
        p[i] += 38 * p[LEN + i];
    }
    for (int pass = 0; pass < 4; pass++) {
        carry(p);
    }
    /* 2^255 - 19 or more becomes small with 19 more, but for the 19 */
    p[0] += 19;
    carry(p);
    carry(p);
    for (int i = 0; i < LEN; i++) {
        p[i] += i == 0 ? 256 - 19 : 255;
        p[i + 1] += p[i] >> 8;
        out[i] = (uint8_t)p[i];
    }
}

static void add_product(uint32_t *p, const uint8_t *a, const uint8_t *b)
{
    for (int i = 0; i < LEN; i++) {
        for (int j = 0; j < LEN; j++) {
            p[i + j] += (uint32_t)a[i] * b[j];
        }
    }
}

static void add(uint32_t *p, const uint8_t *a)
{
    for (int i = 0; i < LEN; i++) {
        p[i] += a[i];
    }
}

/* 2 (2^256 - 38) - a, octet by octet without a borrow. */
static void add_negative(uint32_t *p, const uint8_t *a)
{
    for (int i = 0; i < LEN; i++) {
        p[i] += (i == 0 ? 2u * (256 - 38) : 2u * 255) - a[i];
    }
}

static void operate(int op, uint8_t *out, const uint8_t *a, const uint8_t *b)
{
    static const uint8_t factor[LEN] = {60833 & 0xff, 60833 >> 8}, eight[LEN] = {8};
    uint32_t p[2 * LEN] = {0};

    switch (op) {
    case FE_MUL:
        add_product(p, a, b);
        break;
    case FE_SQR:
        add_product(p, a, a);
        break;
    case FE_NINE:
        add(p, a);
        add_product(p, b, eight);
        break;
    case FE_MAC:
        add(p, a);
        add_product(p, b, factor);
        break;
    case FE_ADD:
        add(p, a);
        add(p, b);
        break;
    default:
        add(p, a);
        add_negative(p, b);
        break;
    }
    reduce(out, p);
}

static void select(uint8_t *a, const uint8_t *b, uint8_t mask)
{
    for (int i = 0; i < 2 * LEN; i++) {
        a[i] ^= (uint8_t)((a[i] ^ b[i]) & mask);
    }
}

void ik_fe_small_run(uint16_t *elements, const uint8_t *program)
{
    uint8_t *e = (uint8_t *)elements;

    for (; *program != FE_END; program += 3) {
        int op = program[0] & FE_OP_MASK;
        uint8_t *out = e + (program[0] & ~FE_OP_MASK), *a = e + program[1], *b = e + program[2];

        if (op == FE_SELECT) {
            select(out, a, *b);
        } else {
            operate(op, out, a, b);
        }
    }
}

void ik_fe_mpy16_run(uint16_t *elements, const uint8_t *program)
{
    ik_fe_small_run(elements, program);
}

void ik_fe_mpy32_run(uint16_t *elements, const uint8_t *program)
{
    ik_fe_small_run(elements, program);
}

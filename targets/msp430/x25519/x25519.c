/* SPDX-License-Identifier: MIT */
/* The Montgomery ladder of RFC 7748 section 5 over the field arithmetic in assembly. */
#include "x25519/x25519.h"

#include <string.h>

#define LEN 32
#define BITS 255

/* In thousands of cycles, rounded up: what a step of the ladder and one of the inversion take, with
 * their share of what begins and ends a slice. */
#define LADDER_COST 40
#define POWER_COST 5

/* Where the elements lie, in octets, while there is work on them. */
enum element {
    X1 = 0,
    X2 = LEN,
    Z2 = 2 * LEN,
    X3 = 3 * LEN,
    Z3 = 4 * LEN,
    KEPT_END = 5 * LEN,
    T0 = KEPT_END,
    T1 = 6 * LEN,
    ELEMENTS_LEN = 7 * LEN
};

/* What stays in the job between two slices; T0 and T1 need not. The scalar is job->priv, and X1
 * lies in job->peer. */
struct run {
    uint16_t kept[(KEPT_END - X2) / 2];
    uint16_t swapped; /* mask: (X2, Z2) and (X3, Z3) are swapped */
    uint8_t bits;    /* of the scalar, that are done: all of them, and the inversion is under way */
    uint8_t row;     /* of the inversion's chain */
    uint8_t squares; /* done in that row */
};
_Static_assert(sizeof(struct run) <= sizeof((struct ik_job *)0)->work, "IK_DH_WORK_MAX");

static uint16_t *at(uint16_t *e, uint8_t element)
{
    return (uint16_t *)((uint8_t *)e + element);
}

/* The compiler makes a branch of a mask if it finds out that it is one. */
static uint16_t mask_of(uint16_t bit)
{
    __asm__("" : "+r"(bit));
    return (uint16_t)(0u - bit);
}

/* ---- the ladder ------------------------------------------------------------------------------ */

enum op { MUL, SQR, ADD, SUB, MUL_121666 };
static ik_fe_op *const ops[] = {ik_fe_mul, ik_fe_sqr, ik_fe_add, ik_fe_sub, ik_fe_mul_121666};

/* One bit: (X2 : Z2) doubles, (X3 : Z3) becomes the sum of both. 121666 (A² - B²) + B² is A² +
 * 121665 (A² - B²). */
static const struct {
    uint8_t op, out, a, b;
} ladder[] = {
    {SUB, T0, X3, Z3}, {SUB, T1, X2, Z2},        {ADD, X2, X2, Z2}, {ADD, Z2, X3, Z3},
    {MUL, Z3, T0, X2}, {MUL, Z2, Z2, T1},        {SQR, T0, T1, T1}, {SQR, T1, X2, X2},
    {ADD, X3, Z3, Z2}, {SUB, Z2, Z3, Z2},        {MUL, X2, T1, T0}, {SUB, T1, T1, T0},
    {SQR, Z2, Z2, Z2}, {MUL_121666, Z3, T1, T1}, {SQR, X3, X3, X3}, {ADD, T0, T0, Z3},
    {MUL, Z3, X1, Z2}, {MUL, Z2, T1, T0},
};

static void swap(uint16_t *e, uint16_t mask)
{
    ik_fe_cswap(at(e, X2), at(e, X3), mask);
    ik_fe_cswap(at(e, Z2), at(e, Z3), mask);
}

static void one_bit(struct run *r, uint16_t *e, const uint8_t *k)
{
    uint8_t bit = (uint8_t)(BITS - 1 - r->bits);
    uint16_t mask = mask_of((k[bit >> 3] >> (bit & 7)) & 1u);

    swap(e, mask ^ r->swapped);
    r->swapped = mask;
    for (uint8_t i = 0; i < sizeof ladder / sizeof ladder[0]; i++) {
        ops[ladder[i].op](at(e, ladder[i].out), at(e, ladder[i].a), at(e, ladder[i].b));
    }
    if (++r->bits == BITS) {
        swap(e, mask);
        memcpy(at(e, Z3), at(e, Z2), LEN);
    }
}

/* ---- the inversion --------------------------------------------------------------------------- */

/*
 * z^(p - 2) = 1/z by Fermat. Z3 runs through the powers of z, which Z2 holds: each row squares it
 * so many times, multiplies it by an element and keeps it in another (T1: it need not be kept).
 * e(n) is 2^n - 1; the remarks say to which power z is raised.
 */
static const struct row {
    uint8_t squares, factor, keep;
} chain[] = {
    {0, Z2, X1},   /* 2 */
    {2, Z2, X3},   /* 9 */
    {0, X1, Z2},   /* 11 */
    {1, X3, X3},   /* e(5) */
    {5, X3, X1},   /* e(10) */
    {10, X1, X3},  /* e(20) */
    {20, X3, T1},  /* e(40) */
    {10, X1, X1},  /* e(50) */
    {50, X1, X3},  /* e(100) */
    {100, X3, T1}, /* e(200) */
    {50, X1, T1},  /* e(250) */
    {5, Z2, T1},   /* 2^255 - 21 */
};
#define ROWS (sizeof chain / sizeof chain[0])

static void one_power(struct run *r, uint16_t *e)
{
    const struct row *row = &chain[r->row];
    uint16_t *z = at(e, Z3);

    if (r->squares < row->squares) {
        ik_fe_sqr(z, z, z);
        r->squares++;
        return;
    }
    ik_fe_mul(z, z, at(e, row->factor));
    memcpy(at(e, row->keep), z, LEN);
    r->row++;
    r->squares = 0;
}

/* ---- a job ----------------------------------------------------------------------------------- */

/* RFC 7748 section 5: the scalar is clamped, the point's top bit ignored. */
static void begin(struct ik_job *job, uint16_t *e)
{
    if (job->kind == IK_JOB_DH_KEYGEN) {
        *at(e, X1) = 9;
    }
    job->priv[0] &= 0xf8;
    job->priv[31] = (uint8_t)((job->priv[31] & 0x7f) | 0x40);
    at(e, X1)[15] &= 0x7fff;
    memcpy(at(e, X3), at(e, X1), LEN);
    *at(e, X2) = *at(e, Z3) = 1;
}

/*
 * X2 := the one value below p that it stands for. 2^255 is 19: the highest bit is folded in twice,
 * of x, then below 2^255 + 19, and of x + 19, which tells whether x is p or more.
 */
static void canonical(uint16_t *e)
{
    uint16_t *x = at(e, X2), *small = at(e, T0), *sum = at(e, T1);

    memset(small, 0, LEN);
    for (uint8_t i = 0; i < 2; i++) {
        *small = i == 0 ? 0 : 19;
        ik_fe_add(sum, x, small);
        *small = mask_of(sum[15] >> 15) & 19u;
        x[15] &= 0x7fff;
        ik_fe_add(x, x, small);
    }
    x[15] &= 0x7fff;
}

/* Section 6.1: zero comes of a point of small order, and is refused without a branch on anything
 * else. */
static void end(struct ik_job *job, uint16_t *e)
{
    uint16_t any = 0;

    ik_fe_mul(at(e, X2), at(e, X2), at(e, Z3));
    canonical(e);
    memcpy(job->kind == IK_JOB_DH_KEYGEN ? job->pub : (uint8_t *)at(e, X1), at(e, X2), LEN);
    for (uint8_t i = 0; i < LEN / 2; i++) {
        any |= at(e, X2)[i];
    }
    job->good = any != 0;
}

static bool work(struct ik_job *job, struct run *r, uint16_t *e, uint16_t budget)
{
    if (r->bits == 0) {
        begin(job, e);
    }
    for (;;) {
        uint8_t cost = POWER_COST;

        if (r->bits < BITS) {
            one_bit(r, e, job->priv);
            cost = LADDER_COST;
        } else if (r->row < ROWS) {
            one_power(r, e);
        } else {
            end(job, e);
            return true;
        }
        if (budget < 2 * cost) {
            return false;
        }
        budget = (uint16_t)(budget - cost);
    }
}

static bool step(struct ik_job *job, uint16_t budget)
{
    struct run *r = (struct run *)job->work;
    uint16_t e[ELEMENTS_LEN / 2];
    bool ended;

    memcpy(at(e, X1), job->peer, LEN);
    memcpy(at(e, X2), r->kept, sizeof r->kept);
    ended = work(job, r, e, budget);
    memcpy(job->peer, at(e, X1), LEN);
    memcpy(r->kept, at(e, X2), sizeof r->kept);
    memset(e, 0, sizeof e);
    __asm__ volatile("" ::"r"(e) : "memory"); /* the clearing stays */
    return ended;
}

const struct ik_dh small_x25519 = {
    .id = IK_DH_X25519,
    .pub_len = LEN,
    .shared_len = LEN,
    .priv_len = LEN,
    .cost = IK_COST_X25519,
    .step = step,
};

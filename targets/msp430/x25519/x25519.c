/* SPDX-License-Identifier: MIT */
/* The Montgomery ladder of RFC 7748 section 5 over the field arithmetic in assembly. */
#include "x25519/x25519.h"

#include <string.h>

#include "x25519/fe.h"
#include "x25519/step.h"

#define LEN 32
#define BITS 255

/* The elements, by their offset in the job's work. */
enum element {
    X1 = 0,
    X2 = LEN,
    Z2 = 2 * LEN,
    X3 = 3 * LEN,
    Z3 = 4 * LEN,
    T0 = 5 * LEN,
    T1 = 6 * LEN,
    OTHER = 7 * LEN /* a mask */
};

struct run {
    uint16_t elements[OTHER / 2];
    uint16_t other;  /* mask: the next bit of the scalar is not as the one before */
    uint16_t before; /* mask: the one before */
    uint8_t bits;    /* of the scalar, that are done; all: the inversion is under way */
    uint8_t row;     /* of the inversion's chain */
    uint8_t squares; /* done in that row */
};
_Static_assert(sizeof(struct run) <= sizeof((struct ik_job *)0)->work, "IK_DH_WORK_MAX");

/* ---- the ladder ------------------------------------------------------------------------------ */

/* One bit: (X2 : Z2), or (X3 : Z3) if the bit is another than before, doubles into (X2 : Z2), and
 * (X3 : Z3) becomes the sum of both, but for the factor that is the point. E (B² + 121666 E), for
 * E = A² - B², is E (A² + 121665 E); 121666 E is 60833 (E + E). */
/* clang-format off */
static const uint8_t ladder[] = {
    FE_ADD | T0, X2, Z2, FE_SUB | T1, X2, Z2, FE_ADD | X2, X3, Z3, FE_SUB | Z2, X3, Z3,
    FE_MUL | X3, Z2, T0, FE_MUL | Z3, X2, T1, FE_SELECT | T0, X2, OTHER,
    FE_SQR | T0, T0, T0, FE_SQR | T1, T1, T1, FE_MUL | X2, T0, T1, FE_SUB | T0, T0, T1,
    FE_ADD | Z2, T0, T0, FE_MAC | T1, T1, Z2, FE_MUL | Z2, T0, T1,
    FE_ADD | T0, X3, Z3, FE_SUB | Z3, X3, Z3, FE_SQR | X3, T0, T0, FE_SQR | Z3, Z3, Z3,
    FE_END};
static const uint8_t by_point[] = {FE_MUL | Z3, X1, Z3, FE_END};
/* clang-format on */
/* The base point is 9. */
static const uint8_t by_nine[] = {FE_NINE | Z3, Z3, Z3, FE_END};

/* The compiler makes a branch of a mask if it finds out that it is one. */
static uint16_t mask_of(uint16_t bit)
{
    __asm__("" : "+r"(bit));
    return (uint16_t)(0u - bit);
}

static void one_bit(struct run *r, ik_fe_run *fe, const struct ik_job *job)
{
    uint8_t bit = (uint8_t)(BITS - 1 - r->bits);
    uint16_t *e = r->elements, mask = mask_of((job->priv[bit >> 3] >> (bit & 7)) & 1u);

    r->other = mask ^ r->before;
    r->before = mask;
    fe(e, ladder);
    fe(e, job->op == IK_KE_PUBLIC ? by_nine : by_point);
    if (++r->bits == BITS) {
        memcpy(e + X3 / 2, e + Z2 / 2, LEN);
    }
}

/* ---- the inversion --------------------------------------------------------------------------- */

/*
 * z^(p - 2) = 1/z by Fermat; p - 2 is 250 ones and 01011. X3 runs through the powers of z, which Z2
 * holds: each row squares it so many times, then multiplies by what it was before the row, or after
 * one or two squares by z: that appends the binary digits 1 or 01.
 */
static const uint8_t chain[] = {1, 1, 3, 1, 7, 1, 15, 1, 31, 62, 1, 125, 2, 2, 1};

static const uint8_t powers[][4] = {{FE_SQR | Z3, X3, X3, FE_END},
                                    {FE_SQR | Z3, Z3, Z3, FE_END},
                                    {FE_MUL | X3, Z3, Z2, FE_END},
                                    {FE_MUL | X3, Z3, X3, FE_END}};

static void one_power(struct run *r, ik_fe_run *fe)
{
    uint8_t squares = chain[r->row], what = 0;

    if (r->squares == squares) {
        what = squares <= 2 ? 2 : 3;
        r->row++;
        r->squares = 0;
    } else if (r->squares++ != 0) {
        what = 1;
    }
    fe(r->elements, powers[what]);
}

/* ---- a job ----------------------------------------------------------------------------------- */

/* RFC 7748 section 5: the scalar is clamped, the point's top bit ignored. */
static void begin(struct ik_job *job, uint16_t *e)
{
    if (job->op == IK_KE_PUBLIC) {
        job->peer[0] = 9;
    }
    job->priv[0] &= 0xf8;
    job->priv[31] = (uint8_t)((job->priv[31] & 0x7f) | 0x40);
    job->peer[31] &= 0x7f;
    memcpy(e + X1 / 2, job->peer, LEN);
    memcpy(e + X3 / 2, job->peer, LEN);
    e[X2 / 2] = e[Z3 / 2] = 1;
}

static const uint8_t quotient[] = {FE_MUL | X2, X2, X3, FE_END};

/* e += more, less 2^255 if that carries out of 255 bits: answers whether it did. e is below 2^255,
 * more below 2^15 and -2^15 or above. */
static uint16_t add_small(uint16_t *e, int16_t more)
{
    int32_t sum = more;

    for (uint8_t i = 0; i < LEN / 2; i++) {
        sum += e[i];
        e[i] = (uint16_t)sum;
        sum >>= 16;
    }
    uint16_t out = e[LEN / 2 - 1] >> 15;
    e[LEN / 2 - 1] &= 0x7fff;
    return out;
}

/* e := what is congruent to it and below 2^255 - 19. What carries out of 255 bits comes back as 19;
 * then 19 go in, which carry out if e was 2^255 - 19 or more, and out again if they did not. */
static void reduce(uint16_t *e)
{
    uint16_t out = add_small(e, 0);

    out = add_small(e, (int16_t)(19 * out));
    out |= add_small(e, 19);
    (void)add_small(e, (int16_t)(19 * out - 19));
}

/* Section 6.1: zero comes of a point of small order, and is refused without a branch on anything
 * else. */
static void end(struct ik_job *job, uint16_t *e, ik_fe_run *fe)
{
    uint16_t any = 0;

    fe(e, quotient);
    reduce(e + X2 / 2);
    memcpy(job->op == IK_KE_PUBLIC ? job->pub : job->peer, e + X2 / 2, LEN);
    for (uint8_t i = 0; i < LEN / 2; i++) {
        any |= e[X2 / 2 + i];
    }
    job->good = any != 0;
}

bool ik_x25519_step(struct ik_job *job, uint16_t budget, const struct ik_fe *fe)
{
    struct run *r = (struct run *)job->work;

    if (r->bits == 0) {
        begin(job, r->elements);
    }
    for (;;) {
        uint8_t cost = fe->power_cost;

        if (r->bits < BITS) {
            one_bit(r, fe->run, job);
            cost = fe->ladder_cost;
        } else if (r->row < sizeof chain) {
            one_power(r, fe->run);
        } else {
            end(job, r->elements, fe->run);
            return true;
        }
        if (budget < 2 * cost) {
            return false;
        }
        budget = (uint16_t)(budget - cost);
    }
}

/* SPDX-License-Identifier: MIT */
/* X25519 of the firmware (its C, over field arithmetic in C), cut in slices, against BearSSL's. */
#include "tests/kat/kat.h"
#include "x25519/x25519.h"

#define BITS 255
#define POWERS (254 + 12) /* squares and products of the inversion */

static struct ik_env env;

static void setup(void)
{
    kat_env(&env, host_crypto());
}

TestSuite(x25519, .init = setup);

/* Answers the number of steps. */
static unsigned run(struct ik_job *job, uint16_t budget)
{
    unsigned steps = 1;

    while (!ik_job_step(job, budget)) {
        cr_assert_eq(job->good, 0);
        steps++;
    }
    for (size_t i = 0; i < sizeof job->work / sizeof job->work[0]; i++) {
        cr_assert_eq(job->work[i], 0, "wiped");
    }
    return steps;
}

/* As many steps as the budget wants: 37 for a bit, 5 for a power. */
static unsigned wanted(uint16_t budget)
{
    unsigned bits = budget < 37 ? 1 : budget / 37, powers = budget < 5 ? 1 : budget / 5;

    return BITS / bits + POWERS / powers;
}

Test(x25519, every_budget_gives_the_same)
{
    static const uint16_t budgets[] = {0, 1, 37, 38, 74, 150, 1000, IK_JOB_WHOLE};

    for (size_t i = 0; i < sizeof budgets / sizeof budgets[0]; i++) {
        struct ik_job ours, theirs;
        uint8_t pub[32];

        ik_job_keygen(&env, &ours, 1, &small_x25519);
        ik_job_keygen(&env, &theirs, 2, &ik_dh_x25519);
        memcpy(theirs.priv, ours.priv, 32);
        ik_job_run(&theirs);
        unsigned steps = run(&ours, budgets[i]), about = wanted(budgets[i]);
        cr_assert(steps >= about && steps <= about + 3, "%u: %u steps, not %u", budgets[i], steps,
                  about);
        cr_assert_eq(ours.good, 1);
        cr_assert_arr_eq(ours.pub, theirs.pub, 32);

        ik_drbg_bytes(&env, pub, sizeof pub);
        cr_assert_eq(ik_job_shared(&env, &ours, 3, pub, 32), IK_OK);
        cr_assert_eq(ik_job_shared(&env, &theirs, 4, pub, 32), IK_OK);
        run(&ours, budgets[i]);
        ik_job_run(&theirs);
        cr_assert_eq(ours.good, 1);
        cr_assert_arr_eq(ours.peer, theirs.peer, 32);
    }
}

/* All the values between p - 1 and 2^255 + 18 that the end has to reduce come of u = 0 and 1 and of
 * what is congruent to them; and a point of small order is refused (RFC 7748 section 6.1). */
Test(x25519, points_of_small_order_are_refused)
{
    static const uint8_t low[][32] = {
        {0},
        {1},
        {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
        {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
    };

    for (size_t i = 0; i < sizeof low / sizeof low[0]; i++) {
        static const uint8_t zero[32];
        struct ik_job job;

        ik_job_keygen(&env, &job, 1, &small_x25519);
        cr_assert_eq(ik_job_shared(&env, &job, 2, low[i], 32), IK_OK);
        run(&job, 150);
        cr_assert_eq(job.good, 0);
        cr_assert_arr_eq(job.peer, zero, 32);
    }
}

/* The SA ended: whatever was computed is given up at the next step. */
Test(x25519, cancelled_midway)
{
    struct ik_job job;

    ik_job_keygen(&env, &job, 1, &small_x25519);
    for (unsigned i = 0; i < 100; i++) {
        cr_assert_not(ik_job_step(&job, 0));
    }
    job.kind = IK_JOB_NONE;
    cr_assert_eq(run(&job, 0), 1);
    cr_assert_eq(job.good, 0);
}

/* SPDX-License-Identifier: MIT */
/* X25519 of the firmware (its C, over field arithmetic in C), cut in slices, against BearSSL's. */
#include "tests/kat/kat.h"
#include "tests/unit/pair.h"
#include "x25519/x25519.h"

#define BITS 255
#define POWERS (254 + 15) /* squares and products of the inversion */

static struct ik_env env;

static void setup(void)
{
    kat_env(&env, host_crypto());
}

TestSuite(x25519, .init = setup);

/* All, and what a bit and a power are charged. */
static const struct row {
    const struct ik_dh *dh;
    unsigned bit, power;
} rows[] = {{&small_x25519, 40, 5}, {&mpy16_x25519, 29, 4}, {&mpy32_x25519, 18, 2}};
#define ROWS (sizeof rows / sizeof rows[0])

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

/* As many steps as the budget wants. */
static unsigned wanted(const struct row *row, uint16_t budget)
{
    unsigned bits = budget < row->bit ? 1 : budget / row->bit;
    unsigned powers = budget < row->power ? 1 : budget / row->power;

    return BITS / bits + POWERS / powers;
}

Test(x25519, every_budget_gives_the_same)
{
    static const uint16_t budgets[] = {0, 1, 18, 29, 40, 41, 80, 160, 1000, IK_JOB_WHOLE};

    for (size_t i = 0; i < ROWS * sizeof budgets / sizeof budgets[0]; i++) {
        const struct row *row = &rows[i % ROWS];
        uint16_t budget = budgets[i / ROWS];
        struct ik_job ours, theirs;
        uint8_t pub[32];

        ik_job_begin(&env, &ours, 1, row->dh);
        ik_job_begin(&env, &theirs, 2, &ik_dh_x25519);
        memcpy(theirs.priv, ours.priv, 32);
        ik_job_run(&theirs);
        unsigned steps = run(&ours, budget), about = wanted(row, budget);
        cr_assert(steps >= about && steps <= about + 3, "%u: %u steps, not %u", budget, steps,
                  about);
        cr_assert_eq(ours.good, 1);
        cr_assert_arr_eq(ours.pub, theirs.pub, 32);

        ik_drbg_bytes(&env, pub, sizeof pub);
        cr_assert_eq(ik_job_end(&ours, 3, (struct ik_span){pub, 32}), IK_OK);
        cr_assert_eq(ik_job_end(&theirs, 4, (struct ik_span){pub, 32}), IK_OK);
        run(&ours, budget);
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

        ik_job_begin(&env, &job, 1, &small_x25519);
        cr_assert_eq(ik_job_end(&job, 2, (struct ik_span){low[i], 32}), IK_OK);
        run(&job, 150);
        cr_assert_eq(job.good, 0);
        cr_assert_arr_eq(job.peer, zero, 32);
    }
}

/* ---- in a node --------------------------------------------------------------------------------
 */

static const struct ik_dh *const sliced[] = {&small_x25519, NULL};
static struct ik_crypto crypto;

/* Two nodes; the initiator's jobs wait. */
static struct pair *called(void)
{
    struct pair *p = pair_new();

    crypto = *host_crypto();
    crypto.dh = sliced;
    p->end[0].config.crypto = &crypto;
    p->hold_jobs = true;
    pair_start(p);
    pair_up(p);
    return p;
}

/* The initiator's job to its end, with what `between` does to it after each slice. */
static void held_job(struct pair *p, unsigned who, void (*between)(struct pair *p, unsigned n))
{
    struct ik_job *job = p->end[who].held;
    unsigned n = 0;

    cr_assert_not_null(job);
    p->end[who].held = NULL;
    while (!ik_job_step(job, 150)) {
        p->now += IK_SECOND / 50;
        between(p, n++);
        cr_assert_null(p->end[who].held);
    }
    ik_node_job_done(&p->end[who].node, p->now, job);
    pair_settle(p);
}

static void nothing(struct pair *p, unsigned n)
{
    (void)p, (void)n;
}

/* Whatever was sent last is said again, and the user is impatient. */
static void disturb(struct pair *p, unsigned n)
{
    if (p->grams_n > 0 && n % 7 == 0) {
        pair_deliver(p, &p->grams[p->grams_n - 1]);
    }
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
}

Test(x25519, handshake_in_slices)
{
    struct pair *calm = called(), *noisy = called();
    struct pair *both[2] = {calm, noisy};

    for (unsigned i = 0; i < 2; i++) {
        struct pair *p = both[i];
        for (unsigned jobs = 0; jobs < 3; jobs++) {
            held_job(p, p->end[1].held != NULL, i == 0 ? nothing : disturb);
        }
        pair_assert_up(p);
        pair_assert_data(p, 0);
    }
    cr_assert_eq(calm->end[0].ike_sas[0].window.request, noisy->end[0].ike_sas[0].window.request);
    free(calm);
    free(noisy);
}

/* Its SA ends midway: the next step is the last, the job is wiped when it comes back, and its slot
 * is free for another. */
Test(x25519, cancelled_midway)
{
    static const struct ik_job none;
    struct pair *p = called();
    struct end *e = &p->end[0];
    struct ik_job *job = e->held;

    for (unsigned i = 0; i < 30; i++) {
        cr_assert_not(ik_job_step(job, 150));
    }
    ik_node_down(&e->node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(pair_last(e)->event, IK_EV_IKE_FAILED);
    cr_assert(ik_job_step(job, 0));
    cr_assert_eq(job->good, 0);
    cr_assert_arr_eq(job->work, none.work, sizeof none.work);
    e->held = NULL;
    ik_node_job_done(&e->node, p->now, job);
    cr_assert_eq(memcmp(job, &none, sizeof none), 0);
    pair_settle(p);
    pair_assert_usage(p, 0, 0, 0);

    p->hold_jobs = false;
    pair_up(p);
    pair_settle(p);
    pair_assert_up(p);
    free(p);
}

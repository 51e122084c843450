/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "sim/clock.h"
#include "sim/rng.h"

static int order[512];
static int fired;

struct mark {
    struct sim_timer t;
    int number;
};

static void note(struct sim_timer *t)
{
    order[fired++] = ((struct mark *)t->ctx)->number;
}

static void arm(struct sim_clock *c, struct mark *m, int number, ik_time at)
{
    m->number = number;
    m->t.fire = note;
    m->t.ctx = m;
    sim_timer_set(c, &m->t, at);
}

Test(sim_clock, runs_in_order_of_time_then_of_setting)
{
    struct sim_clock c;
    struct mark m[5] = {{{0}, 0}};
    sim_clock_init(&c);
    fired = 0;
    arm(&c, &m[0], 0, 30);
    arm(&c, &m[1], 1, 10);
    arm(&c, &m[2], 2, 20);
    arm(&c, &m[3], 3, 10);
    arm(&c, &m[4], 4, 20);
    cr_assert_eq(sim_clock_next(&c), 10);
    while (sim_clock_step(&c))
        ;
    const int want[] = {1, 3, 2, 4, 0};
    cr_assert_eq(fired, 5);
    cr_assert_arr_eq(order, want, sizeof want);
    cr_assert_eq(c.now, 30);
    cr_assert_eq(sim_clock_next(&c), IK_NEVER);
    sim_clock_free(&c);
}

Test(sim_clock, moves_and_clears_timers)
{
    struct sim_clock c;
    struct mark m[3] = {{{0}, 0}};
    sim_clock_init(&c);
    fired = 0;
    arm(&c, &m[0], 0, 10);
    arm(&c, &m[1], 1, 20);
    arm(&c, &m[2], 2, 30);
    sim_timer_set(&c, &m[2].t, 5);
    sim_timer_clear(&c, &m[0].t);
    sim_timer_clear(&c, &m[0].t);
    sim_timer_set(&c, &m[1].t, IK_NEVER);
    cr_assert(sim_clock_step(&c));
    cr_assert_not(sim_clock_step(&c));
    cr_assert_eq(fired, 1);
    cr_assert_eq(order[0], 2);
    cr_assert_eq(c.now, 5);
    sim_clock_free(&c);
}

static void arm_two(struct sim_clock *c, struct mark *m)
{
    sim_clock_init(c);
    fired = 0;
    arm(c, &m[0], 0, 10);
    arm(c, &m[1], 1, 10);
}

/* Whoever looks at his timer once more does not lose his place by it. */
Test(sim_clock, setting_to_the_same_moment_changes_nothing)
{
    struct sim_clock c;
    struct mark m[2] = {{{0}, 0}};
    arm_two(&c, m);
    sim_timer_set(&c, &m[0].t, 10);
    while (sim_clock_step(&c))
        ;
    cr_assert_eq(order[0], 0);
    cr_assert_eq(order[1], 1);
    sim_clock_free(&c);
}

Test(sim_clock, setting_again_after_another_moment_counts_as_set_last)
{
    struct sim_clock c;
    struct mark m[2] = {{{0}, 0}};
    arm_two(&c, m);
    sim_timer_set(&c, &m[0].t, 11);
    sim_timer_set(&c, &m[0].t, 10);
    while (sim_clock_step(&c))
        ;
    cr_assert_eq(order[0], 1);
    cr_assert_eq(order[1], 0);
    sim_clock_free(&c);
}

Test(sim_clock, time_never_runs_backwards)
{
    struct sim_clock c;
    struct mark m = {{0}, 0};
    sim_clock_init(&c);
    fired = 0;
    arm(&c, &m, 0, 100);
    cr_assert(sim_clock_step(&c));
    arm(&c, &m, 0, 50);
    cr_assert_eq(sim_clock_next(&c), 100);
    cr_assert(sim_clock_step(&c));
    cr_assert_eq(c.now, 100);
    sim_clock_free(&c);
}

/* Against a plain search for the least, with timers set, moved and cleared at random. */
Test(sim_clock, agrees_with_a_plain_search)
{
    static struct mark m[200];
    struct sim_clock c;
    struct sim_rng r;
    sim_clock_init(&c);
    sim_rng_init(&r, 11);
    for (int round = 0; round < 4000; round++) {
        int i = (int)sim_rng_below(&r, 200);
        unsigned what = (unsigned)sim_rng_below(&r, 8);
        if (what < 5)
            arm(&c, &m[i], i, c.now + sim_rng_below(&r, 50));
        else if (what == 5)
            sim_timer_clear(&c, &m[i].t);
        const struct sim_timer *least = NULL;
        for (int k = 0; k < 200; k++) {
            const struct sim_timer *t = &m[k].t;
            if (t->slot &&
                (!least || t->at < least->at || (t->at == least->at && t->order < least->order)))
                least = t;
        }
        cr_assert_eq(sim_clock_next(&c), least ? least->at : IK_NEVER);
        if (what >= 6 && least) {
            fired = 0;
            int want = ((struct mark *)least->ctx)->number;
            cr_assert(sim_clock_step(&c));
            cr_assert_eq(order[0], want);
        }
    }
    sim_clock_free(&c);
    for (int k = 0; k < 200; k++)
        cr_assert_eq(m[k].t.slot, 0);
}

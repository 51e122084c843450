/* SPDX-License-Identifier: MIT */
/*
 * Pools that become full in the midst of an exchange: at each step of a handshake and of its end,
 * at either end, of each kind, for a moment and for longer than anybody waits. Whatever comes of
 * it is told, nothing is lost from a pool, and when there is room again all works.
 */
#include "story.h"

#define STEPS 14 /* more than a handshake or its end has */

static struct sim *begin(bool up)
{
    const struct sim_pair pair = {.mode = IK_TUNNEL};
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1, .stack = true});

    sim_pair_add(s, &pair);
    sim_up(s, A, 0);
    if (up) {
        cr_assert(sim_run_for(s, IK_SECOND), "%s", s->why);
        cr_assert_eq(sim_told_count(s, B, IK_EV_CHILD_UP, IK_WHY_NONE), 1);
        sim_down(s, A, IK_NO_SLOT);
    }
    return s;
}

static void all_down(struct sim *s)
{
    sim_down(s, A, IK_NO_SLOT);
    sim_down(s, B, IK_NO_SLOT);
    cr_assert(sim_run_idle(s, 3600 * IK_SECOND), "%s", s->why);
    sim_check_end(s);
    cr_assert_not(s->failed, "%s", s->why);
}

/* There is room again, and time has passed. */
static void then_all_works(struct sim *s)
{
    unsigned before;

    all_down(s);
    before = sim_told_count(s, A, IK_EV_CHILD_UP, IK_WHY_NONE);
    sim_up(s, A, 0);
    cr_assert(sim_run_for(s, IK_SECOND), "%s", s->why);
    cr_assert_eq(sim_told_count(s, A, IK_EV_CHILD_UP, IK_WHY_NONE), before + 1);
    all_down(s);
}

/* Answers how many packets the starving node has refused for want of room. */
static uint32_t starve(bool up, unsigned steps, uint16_t node, enum sim_pool kind, ik_time span)
{
    struct sim *s = begin(up);
    uint32_t refused;

    while (steps > 0 && sim_step(s))
        steps--;
    cr_assert(sim_starve_for(s, node, kind, span), "%s", s->why);
    refused = sim_dropped(s, node, IK_DROP_IKE_NO_ROOM);
    then_all_works(s);
    sim_free(s);
    return refused;
}

static void starve_each(bool up)
{
    static const ik_time spans[] = {5 * IK_MS, IK_SECOND, 120 * IK_SECOND};
    uint32_t refused[SIM_POOLS] = {0};

    for (unsigned steps = 0; steps < STEPS; steps++) {
        for (unsigned i = 0; i < 2 * SIM_POOLS * 3; i++) {
            enum sim_pool kind = (enum sim_pool)(i / 6);
            refused[kind] += starve(up, steps, i & 1, kind, spans[i / 2 % 3]);
        }
    }
    if (up)
        cr_assert_gt(refused[SIM_BUFFERS], 0);
    else
        cr_assert(refused[SIM_HANDSHAKES] > 0 && refused[SIM_BUFFERS] > 0);
}

Test(full_pools, while_it_opens)
{
    starve_each(false);
}

Test(full_pools, while_it_ends)
{
    starve_each(true);
}

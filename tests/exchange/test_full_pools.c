/* SPDX-License-Identifier: MIT */
/*
 * Pools that become full in the midst of an exchange: at each step of a handshake, of a renewal and
 * of its end, at either end, of each kind, for a moment and for longer than anybody waits. Whatever
 * comes of it is told, nothing is lost from a pool, and when there is room again all works.
 */
#include "story.h"

#define STEPS 14 /* more than a handshake or its end has */

/* What is under way meanwhile. */
enum stage { OPENING, ENDING, REKEYING_CHILD, REKEYING_IKE };

static void tune(struct sim_conf *a, struct sim_conf *b)
{
    a->config.exchanges = b->config.exchanges = ik_exchanges_all;
    /* What was kept of the exchanges before can stand in for nothing. */
    a->config.response_for = b->config.response_for = 200 * IK_MS;
}

static void go_on(struct sim *s, enum stage stage)
{
#if IK_REKEY
    for (uint16_t slot = 0; slot < 4; slot++) {
        if (stage == REKEYING_CHILD)
            sim_rekey_child(s, A, slot);
        else if (stage == REKEYING_IKE)
            sim_rekey_ike(s, A, slot);
    }
#endif
    if (stage == ENDING)
        sim_down(s, A, IK_NO_SLOT);
}

static struct sim *begin(enum stage stage)
{
    bool pfs = stage == REKEYING_CHILD;
    const struct sim_pair pair = {
        .mode = IK_TUNNEL, .esp_a = pfs ? "aes128gcm16-x25519" : NULL, .tune = tune};
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1, .stack = true});

    sim_pair_add(s, &pair);
    sim_up(s, A, 0);
    if (stage != OPENING) {
        cr_assert(sim_run_for(s, IK_SECOND), "%s", s->why);
        cr_assert_eq(sim_told_count(s, B, IK_EV_CHILD_UP, IK_WHY_NONE), 1);
        go_on(s, stage);
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
static uint32_t starve(enum stage stage, unsigned steps, uint16_t node, enum sim_pool kind,
                       ik_time span)
{
    struct sim *s = begin(stage);
    uint32_t refused;

    while (steps > 0 && sim_step(s))
        steps--;
    cr_assert(sim_starve_for(s, node, kind, span), "%s", s->why);
    refused = sim_dropped(s, node, IK_DROP_IKE_NO_ROOM);
    then_all_works(s);
    sim_free(s);
    return refused;
}

static void starve_each(enum stage stage)
{
    static const ik_time spans[] = {5 * IK_MS, IK_SECOND, 120 * IK_SECOND};
    uint32_t refused[SIM_POOLS] = {0};

    for (unsigned steps = 0; steps < STEPS; steps++) {
        for (unsigned i = 0; i < 2 * SIM_POOLS * 3; i++) {
            enum sim_pool kind = (enum sim_pool)(i / 6);
            refused[kind] += starve(stage, steps, i & 1, kind, spans[i / 2 % 3]);
        }
    }
    cr_assert_gt(refused[SIM_BUFFERS], 0);
    if (stage == OPENING)
        cr_assert_gt(refused[SIM_HANDSHAKES], 0);
}

Test(full_pools, while_it_opens)
{
    starve_each(OPENING);
}

Test(full_pools, while_it_ends)
{
    starve_each(ENDING);
}

#if IK_REKEY
Test(full_pools, while_a_child_is_rekeyed)
{
    starve_each(REKEYING_CHILD);
}

Test(full_pools, while_an_ike_sa_is_rekeyed)
{
    starve_each(REKEYING_IKE);
}

static void anew_each_four_seconds(struct sim_conf *a, struct sim_conf *b)
{
    struct sim_conf *const both[] = {a, b};
    tune(a, b);
    a->config.life = &ik_lifetimes;
    a->peers[0].reauth_s = 4;
    for (unsigned i = 0; i < 2; i++) {
        struct ik_policy *more = &both[i]->policies[1];
        *more = both[i]->policies[0];
        more->ts_local[0].proto = more->ts_remote[0].proto = 17;
        both[i]->config.policies_n = 2;
    }
}

/* What takes the place of an IKE SA ends as soon as it begins: nothing is asked in it. */
Test(full_pools, when_it_is_to_be_reauthenticated)
{
    for (unsigned kind = 0; kind < SIM_POOLS; kind++) {
        const struct sim_pair pair = {.tune = anew_each_four_seconds, .pool_a = 8, .pool_b = 8};
        struct sim *s = sim_new(&(struct sim_opts){.seed = 1});
        sim_pair_add(s, &pair);
        sim_up(s, A, 0);
        sim_up(s, A, 1);
        cr_assert(sim_run_for(s, 2 * IK_SECOND), "%s", s->why);
        cr_assert(sim_starve_for(s, A, (enum sim_pool)kind, 5 * IK_SECOND), "%s", s->why);
        then_all_works(s);
        sim_free(s);
    }
}

/* A request that was taken is answered when its key exchange is computed, whoever has taken all
 * buffers meanwhile: it would not be taken once more. */
static void answers_without_a_buffer(enum stage stage)
{
    const struct sim_pair pair = {
        .esp_a = "aes128gcm16-x25519", .tune = tune, .cpu_b = &sim_cpu_busy};
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});
    ik_time begun;

    sim_pair_add(s, &pair);
    sim_up(s, A, 0);
    cr_assert(sim_run_for(s, 5 * IK_SECOND), "%s", s->why);
    cr_assert_eq(sim_told_count(s, B, IK_EV_CHILD_UP, IK_WHY_NONE), 1);
    begun = s->clock.now;
    go_on(s, stage);
    while (sim_told_count(s, B, IK_EV_CHILD_DOWN, IK_WHY_NONE) == 0 &&
           s->nodes[B]->core.handshakes_left == s->nodes[B]->core.host.handshakes_n)
        cr_assert(sim_step(s), "%s", s->why);
    cr_assert(sim_starve_for(s, B, SIM_BUFFERS, 10 * IK_SECOND), "%s", s->why);
    cr_assert_lt(s->clock.now, begun + 30 * IK_SECOND);
    cr_assert(sim_run_for(s, 60 * IK_SECOND), "%s", s->why);
    cr_assert_eq(sim_told_count(s, A, IK_EV_IKE_DOWN, IK_WHY_TIMEOUT), 0);
    cr_assert_eq(sim_told_count(s, A, stage == REKEYING_IKE ? IK_EV_IKE_DOWN : IK_EV_CHILD_DOWN,
                                IK_WHY_REKEYED),
                 1);
    sim_free(s);
}

Test(full_pools, answer_to_a_child_rekeying)
{
    answers_without_a_buffer(REKEYING_CHILD);
}

Test(full_pools, answer_to_an_ike_rekeying)
{
    answers_without_a_buffer(REKEYING_IKE);
}
#endif

/* SPDX-License-Identifier: MIT */
/* What fails for one is no reason for others to wait: packets that ask for their SAs. */
#include "story.h"

#if IK_PACKET_TS

#define MANY 20 /* more than the node tells apart */

/* A and B have a policy for each of two networks of the other's; B takes the first only. */
static void second_is_refused(struct sim_conf *a, struct sim_conf *b)
{
    a->config.exchanges = b->config.exchanges = ik_exchanges_all;
    sim_conf_policy(a, &(struct sim_policy_text){.ts_local = "10.1.0.0/16",
                                                 .ts_remote = "10.9.0.0/16",
                                                 .esp = "aes128gcm16"});
}

static void send(struct sim *s, const char *dst)
{
    sim_traffic_send(s, A,
                     &(struct sim_inner){.src = sim_addr(s, "10.1.0.1"), .dst = sim_addr(s, dst)});
    cr_assert(sim_run_for(s, 500 * IK_MS), "%s", s->why);
}

Test(pause, of_another_policy, FULL)
{
    const struct sim_pair pair = {
        .ts_a = "10.1.0.0/16", .ts_b = "10.2.0.0/16", .tune = second_is_refused};
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});
    sim_pair_add(s, &pair);
    send(s, "10.9.0.1");
    cr_assert_eq(sim_told_count(s, A, IK_EV_CHILD_FAILED, IK_WHY_TS), 1);
    send(s, "10.9.0.1");
    send(s, "10.2.0.1");
    cr_assert_eq(sim_told_count(s, A, IK_EV_CHILD_UP, IK_WHY_NONE), 1, "asked for at once");
    cr_assert_eq(sim_told_count(s, A, IK_EV_CHILD_FAILED, IK_WHY_TS), 1, "not again so soon");
    cr_assert(sim_run_for(s, 2 * IK_SECOND), "%s", s->why);
    send(s, "10.9.0.1");
    cr_assert_eq(sim_told_count(s, A, IK_EV_CHILD_FAILED, IK_WHY_TS), 2, "after a while");
    sim_free(s);
}

static void many_are_refused(struct sim_conf *a, struct sim_conf *b)
{
    a->config.exchanges = b->config.exchanges = ik_exchanges_all;
    for (unsigned i = 0; i < MANY; i++) {
        char *net = sim_own(a->sim, 40);
        snprintf(net, 40, "10.%u.0.0/16", 100 + i);
        sim_conf_policy(a, &(struct sim_policy_text){
                               .ts_local = "10.1.0.0/16", .ts_remote = net, .esp = "aes128gcm16"});
    }
}

/* Packets for all of them: each asks now and then, none as often as there are packets. */
Test(pause, of_many_policies, FULL)
{
    const struct sim_pair pair = {
        .ts_a = "10.1.0.0/16", .ts_b = "10.2.0.0/16", .pool_a = 32, .tune = many_are_refused};
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});
    char dst[40];
    sim_pair_add(s, &pair);
    for (unsigned turn = 0; turn < 100; turn++) {
        for (unsigned i = 0; i < MANY; i++) {
            snprintf(dst, sizeof dst, "10.%u.0.1", 100 + i);
            sim_traffic_send(
                s, A, &(struct sim_inner){.src = sim_addr(s, "10.1.0.1"), .dst = sim_addr(s, dst)});
        }
        cr_assert(sim_run_for(s, 100 * IK_MS), "%s", s->why);
    }
    unsigned failed = sim_told_count(s, A, IK_EV_CHILD_FAILED, IK_WHY_TS);
    cr_assert_gt(failed, MANY, "%u", failed);
    cr_assert_leq(failed, MANY * 10 / 2 + MANY, "%u in 10 s", failed);
    sim_free(s);
}

#endif

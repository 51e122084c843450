/* SPDX-License-Identifier: MIT */
/* Rekeying of Child SAs and of IKE SAs (RFC 7296 1.3.2, 1.3.3, 2.8, 2.17, 2.18), and its collisions
 * (2.8.1, 2.8.2, 2.25). */
#include "story.h"

#include "ike/xchg/xchg.h"

#include "sim/node.h"

#define CREATE IK_EX_CREATE_CHILD_SA
#define INFO IK_EX_INFORMATIONAL

/* A is no mere initiator: it can be asked for all that B can. */
static void list_all(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    a->config.exchanges = ik_exchanges_all;
}

static const struct sim_pair whole = {.tune = list_all};

/* ---- what a story can do --------------------------------------------------------------------- */

static void child(struct sim *s, uint16_t n, bool delete)
{
    struct sim_node *node = s->nodes[n];
    for (uint16_t i = 0; i < node->opts.child_sas; i++) {
        if (node->child_sas[i].state == IK_CHILD_UP) {
            if (delete)
                ik_node_down_child(&node->core, s->clock.now, i);
            else
                ik_node_rekey_child(&node->core, s->clock.now, i);
            sim_node_pump(node);
            return;
        }
    }
    sim_fail(s, "n%u has no Child SA that is up", n);
}

static void ike(struct sim *s, uint16_t n)
{
    struct sim_node *node = s->nodes[n];
    for (uint16_t i = 0; i < node->opts.ike_sas; i++) {
        if (node->ike_sas[i].state == IK_IKE_UP) {
            ik_node_rekey_ike(&node->core, s->clock.now, i);
            sim_node_pump(node);
            return;
        }
    }
    sim_fail(s, "n%u has no IKE SA that is up", n);
}

static void rekey_child_a(struct sim *s)
{
    child(s, A, false);
}

static void rekey_child_b(struct sim *s)
{
    child(s, B, false);
}

static void delete_child_a(struct sim *s)
{
    child(s, A, true);
}

static void delete_child_b(struct sim *s)
{
    child(s, B, true);
}

static void rekey_ike_a(struct sim *s)
{
    ike(s, A);
}

static void rekey_ike_b(struct sim *s)
{
    ike(s, B);
}

/* One IKE SA that is up at each end, with one Child SA that sends; what was before is gone. */
static void one_of_each(struct sim *s)
{
    for (uint16_t n = 0; n < 2; n++) {
        const struct sim_node *node = s->nodes[n];
        unsigned ikes = 0, children = 0;
        for (uint16_t i = 0; i < node->opts.ike_sas; i++)
            ikes += node->ike_sas[i].state != IK_IKE_FREE;
        for (uint16_t i = 0; i < node->opts.child_sas; i++)
            children += node->child_sas[i].state != IK_CHILD_FREE;
        if (ikes != 1 || children != 1)
            sim_fail(s, "n%u has %u IKE SAs and %u Child SAs", n, ikes, children);
    }
}

#define REKEYED_CHILD(n) EXPECT(n, IK_EV_CHILD_UP), EXPECT_WHY(n, IK_EV_CHILD_DOWN, IK_WHY_REKEYED)
#define REKEYED_IKE(n) EXPECT(n, IK_EV_IKE_UP), EXPECT_WHY(n, IK_EV_IKE_DOWN, IK_WHY_REKEYED)
#define SETTLED FORGET(A), FORGET(B), WAIT(120 * IK_SECOND), FORGET(A), FORGET(B), CALL(one_of_each)

/* ---- one at a time --------------------------------------------------------------------------- */

Test(rekey, child_by_the_initiator)
{
    STORY(&whole, UP(A, 0), UP_BOTH, CALL(rekey_child_a), REKEYED_CHILD(A), REKEYED_CHILD(B),
          TALK(0), WAIT(20 * IK_SECOND), CALL(one_of_each), DOWN_BOTH(A, B));
}

Test(rekey, child_by_the_responder)
{
    STORY(&whole, UP(A, 0), UP_BOTH, CALL(rekey_child_b), REKEYED_CHILD(A), REKEYED_CHILD(B),
          TALK(0), WAIT(20 * IK_SECOND), CALL(one_of_each), DOWN_BOTH(B, A));
}

Test(rekey, ike_by_the_initiator)
{
    STORY(&whole, UP(A, 0), UP_BOTH, CALL(rekey_ike_a), REKEYED_IKE(A), REKEYED_IKE(B), TALK(0),
          WAIT(20 * IK_SECOND), CALL(one_of_each), DOWN_BOTH(A, B));
}

Test(rekey, ike_by_the_responder)
{
    STORY(&whole, UP(A, 0), UP_BOTH, CALL(rekey_ike_b), REKEYED_IKE(A), REKEYED_IKE(B), TALK(0),
          WAIT(20 * IK_SECOND), CALL(one_of_each), DOWN_BOTH(A, B));
}

/* A successor can do all that its predecessor could. */
Test(rekey, again_and_again)
{
    STORY(&whole, UP(A, 0), UP_BOTH, CALL(rekey_ike_a), REKEYED_IKE(A), REKEYED_IKE(B),
          CALL(rekey_child_b), REKEYED_CHILD(A), REKEYED_CHILD(B), CALL(rekey_ike_b),
          REKEYED_IKE(A), REKEYED_IKE(B), CALL(rekey_child_a), REKEYED_CHILD(A), REKEYED_CHILD(B),
          TALK(0), WAIT(20 * IK_SECOND), CALL(one_of_each), DOWN_BOTH(A, B));
}

Test(rekey, every_message_lost_once)
{
    for (unsigned mask = 0; mask < 16; mask++) {
        const struct story_step steps[] = {
            UP(A, 0),
            UP_BOTH,
            RULE(A, CREATE, REQUEST, mask & 1 ? 1 : 99, .act = SIM_DROP),
            RULE(B, CREATE, RESPONSE, mask & 2 ? 1 : 99, .act = SIM_DROP),
            RULE(A, INFO, REQUEST, mask & 4 ? 1 : 99, .act = SIM_DROP),
            RULE(B, INFO, RESPONSE, mask & 8 ? 1 : 99, .act = SIM_DROP),
            CALL(rekey_child_a),
            REKEYED_CHILD(A),
            REKEYED_CHILD(B),
            CALL(rekey_ike_a),
            REKEYED_IKE(A),
            REKEYED_IKE(B),
            TALK(0),
            WAIT(20 * IK_SECOND),
            CALL(one_of_each),
            DOWN_BOTH(A, B),
        };
        cr_assert(story_pair(mask, &whole, steps, sizeof steps / sizeof *steps), "%u", mask);
    }
}

Test(rekey, every_message_comes_twice)
{
    STORY(&whole, TWICE(SIM_ANY, SIM_ANY, SIM_ANY, EVERY), UP(A, 0), UP_BOTH, CALL(rekey_child_a),
          REKEYED_CHILD(A), REKEYED_CHILD(B), CALL(rekey_ike_b), REKEYED_IKE(A), REKEYED_IKE(B),
          TALK(0), WAIT(20 * IK_SECOND), CALL(one_of_each), DOWN_BOTH(A, B));
}

/* ---- refused for the moment, again and again (2.25) ------------------------------------------ */

static void rekey_in_vain(struct sim *s)
{
    rekey_child_a(s);
    sim_starve_for(s, B, SIM_HANDSHAKES, 60 * IK_SECOND);
}

/* What was given up may be tried once more. */
Test(rekey, given_up_and_tried_again)
{
    STORY(&whole, UP(A, 0), UP_BOTH, CALL(rekey_in_vain), CALL(rekey_child_a), REKEYED_CHILD(A),
          REKEYED_CHILD(B), TALK(0), WAIT(20 * IK_SECOND), CALL(one_of_each), DOWN_BOTH(A, B));
}

/* Of two SAs that were made at once one goes, and that is no end of anything. */
static void nothing_ended(struct sim *s)
{
    for (uint16_t node = 0; node < s->nodes_n; node++) {
        if (!s->failed && sim_told_count(s, node, IK_EV_CHILD_DOWN, IK_WHY_DELETED_PEER) > 0)
            sim_fail(s, "n%u: a Child SA that was replaced is told as deleted", node);
    }
}

static void put_off(struct sim *s)
{
    rekey_child_a(s);
    sim_starve_for(s, B, SIM_HANDSHAKES, IK_SECOND / 2);
}

/* A's request is put off, meanwhile B rekeys, and its Delete is long on the way: A asks no more,
 * and takes it for what it is. */
Test(rekey, put_off_and_overtaken)
{
    STORY(&whole, UP(A, 0), UP_BOTH, RULE(B, INFO, REQUEST, EVERY, .act = SIM_DROP), CALL(put_off),
          CALL(rekey_child_b), WAIT(25 * IK_SECOND), CLEAR_RULES, SETTLED, CALL(nothing_ended),
          TALK(0), DOWN_BOTH(A, B));
}

/* ---- both at once ---------------------------------------------------------------------------- */

Test(rekey, both_rekey_the_child)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        const struct story_step steps[] = {UP(A, 0),
                                           UP_BOTH,
                                           CALL(rekey_child_a),
                                           CALL(rekey_child_b),
                                           SETTLED,
                                           CALL(nothing_ended),
                                           TALK(0),
                                           DOWN_BOTH(A, B)};
        cr_assert(story_pair(seed, &whole, steps, sizeof steps / sizeof *steps), "%u",
                  (unsigned)seed);
    }
}

Test(rekey, both_rekey_the_ike_sa)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        const struct story_step steps[] = {UP(A, 0), UP_BOTH, CALL(rekey_ike_a), CALL(rekey_ike_b),
                                           SETTLED,  TALK(0), DOWN_BOTH(A, B)};
        cr_assert(story_pair(seed, &whole, steps, sizeof steps / sizeof *steps), "%u",
                  (unsigned)seed);
    }
}

/* Each combination of what either end does at once, of who is late by how much, of which response
 * is lost: in the end the two agree. */
static void (*const deeds[])(struct sim *s) = {rekey_child_a, rekey_child_b, rekey_ike_a,
                                               rekey_ike_b};

Test(rekey, every_collision_ends_well)
{
    unsigned n = 0;
    for (unsigned first = 0; first < 4; first++) {
        for (unsigned second = 0; second < 4; second++) {
            for (unsigned fault = 0; fault < 8; fault++) {
                struct story_step steps[] = {
                    UP(A, 0),
                    UP_BOTH,
                    RULE(A, CREATE, SIM_ANY, fault & 1 ? 1 : 99, .act = SIM_DROP),
                    RULE(B, CREATE, SIM_ANY, fault & 2 ? 1 : 99, .act = SIM_DROP),
                    RULE(A, CREATE, SIM_ANY, fault & 4 ? 2 : 99, .act = SIM_DELAY,
                         .delay = 3 * IK_SECOND),
                    CALL(deeds[first]),
                    CALL(deeds[second]),
                    SETTLED,
                    CALL(nothing_ended),
                    CLEAR_RULES,
                    TALK(0),
                    DOWN_BOTH(A, B),
                };
                cr_expect(story_pair(n, &whole, steps, sizeof steps / sizeof *steps),
                          "%u then %u, fault %u", first, second, fault);
                n++;
            }
        }
    }
}

/* As peers do whose IKE SA is rekeyed under a request of theirs: what was asked is never thought of
 * again. */
static void forget_request_b(struct sim *s)
{
    struct ik_node *b = &s->nodes[B]->core;
    for (uint16_t i = 0; i < s->nodes[B]->opts.ike_sas; i++) {
        struct ik_ike_sa *sa = ik_ike_at(b, i);
        struct ik_task *task = ik_task_of(b, sa, &ik_exchange_child_rekey);
        if (task != NULL) {
            struct ik_handshake *hs = ik_handshake_at(b, task->handshake);
            ik_child_free(b, ik_child_at(&b->ipsec, hs->child));
            ik_child_rival_stays(b, hs);
            if (task->child != IK_NO_SLOT)
                ik_child_at(&b->ipsec, task->child)->rekeyed = false;
            ik_task_drop(b, sa, task);
        }
    }
}

static void a_renews(struct sim_conf *a, struct sim_conf *b)
{
    list_all(a, b);
    a->config.life = &ik_lifetimes;
    a->policies[0].rekey_s = 3000;
}

static const struct sim_pair renewing = {.tune = a_renews};

/* Both rekey the Child SA, and A never hears of B's answer to its own. */
#define FORGOTTEN                                                                                  \
    UP(A, 0), UP_BOTH, DROP(A, CREATE, RESPONSE, EVERY), CALL(rekey_child_a), CALL(rekey_child_b), \
        WAIT(IK_SECOND), CALL(forget_request_b), CLEAR_RULES, WAIT(8 * IK_SECOND), FORGET(A),      \
        FORGET(B)

/* B never hears what became of its request, be it the one that stays or not. Then B rekeys what it
 * has: that carries what A sends, not the other, of which B knows nothing; and A deletes that after
 * a while. */
Test(rekey, one_of_which_the_peer_knows_nothing)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        const struct story_step steps[] = {
            FORGOTTEN, CALL(rekey_child_b), WAIT(IK_SECOND), FORGET(A), FORGET(B), TALK(0), SETTLED,
            TALK(1),   DOWN_BOTH(A, B)};
        cr_assert(story_pair(seed, &whole, steps, STEPS_N(steps)), "%u", (unsigned)seed);
    }
}

/* Nor does B do anything more: A goes on with the old one, and, when B has had its time to delete
 * it, rekeys it. */
Test(rekey, old_one_that_the_peer_does_not_delete)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        const struct story_step steps[] = {FORGOTTEN, TALK(0), SETTLED, TALK(1), DOWN_BOTH(A, B)};
        cr_assert(story_pair(seed, &renewing, steps, STEPS_N(steps)), "%u", (unsigned)seed);
    }
}

/* B rekeys, and A, whose own request does not arrive, has two IKE SAs. Then B deletes the new one
 * first: the Child SA ends with the old one, and is told. */
Test(rekey, what_the_peer_made_is_deleted_before_the_old_one)
{
    STORY(&whole, UP(A, 0), UP_BOTH, DROP(A, CREATE, REQUEST, EVERY), DROP(B, INFO, REQUEST, 1),
          CALL(rekey_ike_a), CALL(rekey_ike_b), EXPECT(A, IK_EV_IKE_UP), WAIT(IK_SECOND / 2),
          DOWN(B), EXPECT(A, IK_EV_IKE_DOWN), EXPECT(A, IK_EV_CHILD_DOWN),
          EXPECT(A, IK_EV_IKE_DOWN), FORGET(B), WAIT(60 * IK_SECOND), FORGET(A), FORGET(B),
          USAGE(A, 0, 0), USAGE(B, 0, 0));
}

static void rekey_both_b(struct sim *s)
{
    rekey_ike_b(s);
    rekey_child_b(s);
}

static const struct sim_pair slow_whole = {.tune = list_all, .cpu_a = &sim_cpu_msp430f1611};

/* A computes its answer, and the value for a request of its own: that has not left, so B's counts,
 * and the Child SA is found where B looks for it. */
Test(rekey, what_has_not_left_gives_way)
{
    STORY(&slow_whole, UP(A, 0), UP_BOTH, CALL(rekey_both_b), WAIT(IK_SECOND), CALL(rekey_ike_a),
          SETTLED, CALL(nothing_ended), TALK(0), DOWN_BOTH(A, B));
}

/* A's request is out, and lost. B has a new IKE SA and at once asks there for what A still has in
 * the old one. */
Test(rekey, child_in_an_ike_sa_that_is_undecided)
{
    STORY(&whole, UP(A, 0), UP_BOTH, DROP(A, CREATE, REQUEST, 1), CALL(rekey_ike_a),
          CALL(rekey_both_b), SETTLED, CALL(nothing_ended), TALK(0), DOWN_BOTH(A, B));
}

static void rekey_ike_delete_child_b(struct sim *s)
{
    rekey_ike_b(s);
    delete_child_b(s);
}

Test(rekey, child_deleted_in_an_ike_sa_that_is_undecided)
{
    STORY(&whole, UP(A, 0), UP_BOTH, DROP(A, CREATE, REQUEST, 1), CALL(rekey_ike_a),
          CALL(rekey_ike_delete_child_b), FORGET(A), FORGET(B), WAIT(120 * IK_SECOND), FORGET(A),
          FORGET(B), USAGE(A, 1, 0), USAGE(B, 1, 0), DOWN(A));
}

/* What was sealed before, and is three seconds on its way, is received by the old Child SA. */
Test(rekey, what_is_under_way_arrives)
{
    STORY(&whole, UP(A, 0), UP_BOTH, MARK,
          ON_KIND(A, SIM_ESP, 1, .act = SIM_DELAY, .delay = 3 * IK_SECOND),
          ON_KIND(B, SIM_ESP, 1, .act = SIM_DELAY, .delay = 3 * IK_SECOND), SEND(A, 1, 64),
          SEND(B, 1, 64), CALL(rekey_child_a), REKEYED_CHILD(A), REKEYED_CHILD(B),
          WAIT(10 * IK_SECOND), LOSSLESS, CALL(one_of_each), DOWN_BOTH(A, B));
}

/* 2.25.1: whoever makes a Child SA puts off who would rekey the IKE SA. */
Test(rekey, ike_waits_for_a_child)
{
    STORY(&whole, UP(A, 0), UP_BOTH, DROP(A, CREATE, REQUEST, 1), CALL(rekey_child_a),
          CALL(rekey_ike_b), WAIT(IK_SECOND / 2), SILENT(A), SILENT(B), SETTLED, DOWN_BOTH(A, B));
}

static void rekey_child_and_ike(struct sim *s)
{
    rekey_child_a(s);
    rekey_ike_b(s);
}

static void both_came_about(struct sim *s)
{
    for (uint16_t n = 0; n < 2; n++) {
        if (sim_told_count(s, n, IK_EV_CHILD_UP, IK_WHY_NONE) != 2 ||
            sim_told_count(s, n, IK_EV_IKE_UP, IK_WHY_NONE) != 2)
            sim_fail(s, "n%u has not rekeyed both", n);
    }
}

/* 2.25.1, 2.25.2: each refuses the other for the moment. They do not meet again for ever. */
Test(rekey, child_and_ike_at_once)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        const struct story_step steps[] = {UP(A, 0),
                                           UP_BOTH,
                                           CALL(rekey_child_and_ike),
                                           WAIT(20 * IK_SECOND),
                                           CALL(both_came_about),
                                           SETTLED,
                                           TALK(0),
                                           DOWN_BOTH(A, B)};
        cr_expect(story_pair(seed, &whole, steps, STEPS_N(steps)), "%u", (unsigned)seed);
    }
}

/* ---- against Delete -------------------------------------------------------------------------- */

static void no_child(struct sim *s)
{
    for (uint16_t n = 0; n < 2; n++) {
        const struct sim_node *node = s->nodes[n];
        for (uint16_t i = 0; i < node->opts.child_sas; i++) {
            if (node->child_sas[i].state != IK_CHILD_FREE)
                sim_fail(s, "n%u still has a Child SA", n);
        }
    }
}

Test(rekey, child_deleted_by_its_initiator)
{
    STORY(&whole, UP(A, 0), UP_BOTH, CALL(delete_child_a),
          EXPECT_WHY(A, IK_EV_CHILD_DOWN, IK_WHY_DELETED_HERE),
          EXPECT_WHY(B, IK_EV_CHILD_DOWN, IK_WHY_DELETED_PEER), CALL(no_child), DOWN(A),
          EXPECT(A, IK_EV_IKE_DOWN), EXPECT(B, IK_EV_IKE_DOWN), END_ALL);
}

Test(rekey, both_delete_the_child)
{
    STORY(&whole, UP(A, 0), UP_BOTH, CALL(delete_child_a), CALL(delete_child_b),
          EXPECT(A, IK_EV_CHILD_DOWN), EXPECT(B, IK_EV_CHILD_DOWN), WAIT(10 * IK_SECOND),
          CALL(no_child), DOWN(A), EXPECT(A, IK_EV_IKE_DOWN), EXPECT(B, IK_EV_IKE_DOWN), END_ALL);
}

/* The Delete and the rekeying cross: either there is one, or none; the ends agree. */
static void same_number(struct sim *s)
{
    unsigned children[2] = {0, 0};
    for (uint16_t n = 0; n < 2; n++) {
        for (uint16_t i = 0; i < s->nodes[n]->opts.child_sas; i++)
            children[n] += s->nodes[n]->child_sas[i].state != IK_CHILD_FREE;
    }
    if (children[0] != children[1])
        sim_fail(s, "%u Child SAs here, %u there", children[0], children[1]);
}

Test(rekey, child_rekeyed_here_and_deleted_there)
{
    for (unsigned fault = 0; fault < 8; fault++) {
        const struct story_step steps[] = {
            UP(A, 0),
            UP_BOTH,
            RULE(A, SIM_ANY, SIM_ANY, fault & 1 ? 3 : 99, .act = SIM_DROP),
            RULE(B, SIM_ANY, SIM_ANY, fault & 2 ? 3 : 99, .act = SIM_DROP),
            RULE(A, SIM_ANY, SIM_ANY, fault & 4 ? 4 : 99, .act = SIM_DELAY, .delay = 2 * IK_SECOND),
            CALL(rekey_child_a),
            CALL(delete_child_b),
            FORGET(A),
            FORGET(B),
            WAIT(200 * IK_SECOND),
            FORGET(A),
            FORGET(B),
            CALL(same_number),
            DOWN(A),
            WAIT(100 * IK_SECOND),
            FORGET(A),
            FORGET(B),
            USAGE(A, 0, 0),
            USAGE(B, 0, 0),
            END_ALL,
        };
        cr_assert(story_pair(fault, &whole, steps, sizeof steps / sizeof *steps), "%u", fault);
    }
}

/* ---- further Child SAs ----------------------------------------------------------------------- */

/* A second policy of both, for another host behind A. */
static uint16_t second_policy(struct sim_conf *c, bool a)
{
    uint16_t n =
        sim_conf_policy(c, &(struct sim_policy_text){.ts_local = a ? "10.77.0.1" : "10.2.0.0/16",
                                                     .ts_remote = a ? "10.2.0.0/16" : "10.77.0.1",
                                                     .esp = "aes128gcm16",
                                                     .peer = 0});
    return n;
}

static void list_two(struct sim_conf *a, struct sim_conf *b)
{
    list_all(a, b);
    (void)second_policy(a, true);
    (void)second_policy(b, false);
}

static const struct sim_pair two_policies = {.tune = list_two};

Test(rekey, further_child)
{
    STORY(&two_policies, UP(A, 0), UP_BOTH, UP(A, 1), EXPECT(A, IK_EV_CHILD_UP),
          EXPECT(B, IK_EV_CHILD_UP), USAGE(A, 1, 2), USAGE(B, 1, 2), CONVERGED, DOWN(A),
          EXPECT(A, IK_EV_CHILD_DOWN), EXPECT(A, IK_EV_CHILD_DOWN), EXPECT(A, IK_EV_IKE_DOWN),
          EXPECT(B, IK_EV_CHILD_DOWN), EXPECT(B, IK_EV_CHILD_DOWN), EXPECT(B, IK_EV_IKE_DOWN),
          END_ALL);
}

/* Asked for before there is an IKE SA: it waits for that, and makes none of its own. */
Test(rekey, further_child_while_the_first_is_on_its_way)
{
    STORY(&two_policies, UP(A, 0), UP(A, 1), EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP),
          EXPECT(A, IK_EV_CHILD_UP), USAGE(A, 1, 2), WAIT(IK_SECOND), USAGE(B, 1, 2), CONVERGED);
}

Test(rekey, further_child_of_an_ike_sa_that_never_comes)
{
    STORY(&two_policies, OFF(B), UP(A, 0), UP(A, 1), EXPECT(A, IK_EV_CHILD_FAILED),
          EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_TIMEOUT), USAGE(A, 0, 0));
}

static void rekey_second_b(struct sim *s)
{
    sim_rekey_child(s, B, 1);
}

static void delete_second_b(struct sim *s)
{
    ik_node_down_child(&s->nodes[B]->core, s->clock.now, 1);
    sim_node_pump(s->nodes[B]);
}

/* B has made it, and its response is late: A knows nothing of what B rekeys, and says so in a way
 * that does not make B forget it. */
Test(rekey, further_child_rekeyed_before_it_is_known)
{
    STORY(&two_policies, UP(A, 0), UP_BOTH, DROP(B, CREATE, RESPONSE, EVERY), UP(A, 1),
          EXPECT(B, IK_EV_CHILD_UP), CALL(rekey_second_b), WAIT(100 * IK_MS), CLEAR_RULES,
          EXPECT(A, IK_EV_CHILD_UP), SILENT(B), EXPECT(B, IK_EV_CHILD_UP),
          EXPECT(A, IK_EV_CHILD_UP), WAIT(10 * IK_SECOND), USAGE(A, 1, 2), USAGE(B, 1, 2),
          FORGET(A), FORGET(B), CONVERGED);
}

/* Or deletes: A makes none of it when the response comes. */
Test(rekey, further_child_deleted_before_it_is_known)
{
    STORY(&two_policies, UP(A, 0), UP_BOTH, DROP(B, CREATE, RESPONSE, EVERY), UP(A, 1),
          EXPECT(B, IK_EV_CHILD_UP), CALL(delete_second_b), WAIT(100 * IK_MS), CLEAR_RULES,
          EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_DELETED_PEER), WAIT(10 * IK_SECOND),
          USAGE(A, 1, 1), USAGE(B, 1, 1), FORGET(B), SILENT(A), CONVERGED);
}

static const struct sim_pair tight = {.tune = list_two, .pool_b = 3};

/* What a rekeying leaves receives on for 5 s, but for one where B's pool is full: somebody else may
 * need the place. */
Test(rekey, old_one_goes_soon_from_a_full_pool)
{
    STORY(&tight, UP(A, 0), UP_BOTH, UP(A, 1), EXPECT(A, IK_EV_CHILD_UP), EXPECT(B, IK_EV_CHILD_UP),
          CALL(rekey_child_a), WAIT(900 * IK_MS), USAGE(A, 1, 3), USAGE(B, 1, 3), WAIT(IK_SECOND),
          USAGE(A, 1, 3), USAGE(B, 1, 2), WAIT(5 * IK_SECOND), USAGE(A, 1, 2), FORGET(A), FORGET(B),
          CONVERGED);
}

static const struct sim_pair slow = {.tune = list_two, .cpu_a = &sim_cpu_msp430f1611};

/* While A computes its answer to the rekeying of the IKE SA it is asked for another Child SA. B,
 * who is in the midst of it, refuses for the moment (2.25.2); then the IKE SA is another one. */
Test(rekey, further_child_while_the_ike_sa_is_rekeyed)
{
    STORY(&slow, UP(A, 0), UP_BOTH, CALL(rekey_ike_b), WAIT(IK_SECOND), UP(A, 1),
          EXPECT(A, IK_EV_IKE_UP), EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_REKEYED),
          EXPECT(A, IK_EV_CHILD_UP), WAIT(60 * IK_SECOND), USAGE(A, 1, 2), USAGE(B, 1, 2),
          CONVERGED);
}

/* The same, and the old IKE SA is long in going. */
Test(rekey, further_child_while_the_old_ike_sa_stays)
{
    STORY(&slow, UP(A, 0), UP_BOTH, CALL(rekey_ike_b), WAIT(IK_SECOND),
          DELAY(B, CREATE, RESPONSE, EVERY, 6 * IK_SECOND), DROP(B, INFO, REQUEST, EVERY), UP(A, 1),
          EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP), CLEAR_RULES);
}

/* The same, but no answer comes before the old IKE SA ends. */
Test(rekey, further_child_whose_request_dies_with_the_old_ike_sa)
{
    STORY(&slow, UP(A, 0), UP_BOTH, CALL(rekey_ike_b), WAIT(IK_SECOND),
          RULE(A, CREATE, REQUEST, EVERY, .act = SIM_DROP), UP(A, 1), EXPECT(A, IK_EV_IKE_UP),
          EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_REKEYED), CLEAR_RULES, EXPECT(A, IK_EV_CHILD_UP),
          WAIT(60 * IK_SECOND), USAGE(A, 1, 2), USAGE(B, 1, 2), CONVERGED);
}

static const struct sim_pair with_group = {.tune = list_all, .esp_a = "aes128-sha256-x25519"};

Test(rekey, child_with_a_group_of_its_own)
{
    STORY(&with_group, UP(A, 0), UP_BOTH, CALL(rekey_child_a), REKEYED_CHILD(A), REKEYED_CHILD(B),
          CALL(rekey_child_b), REKEYED_CHILD(A), REKEYED_CHILD(B), TALK(0), WAIT(20 * IK_SECOND),
          CALL(one_of_each), DOWN_BOTH(A, B));
}

static const struct sim_pair other_group = {
    .tune = list_all, .esp_a = "aes128-sha256-ecp256-x25519", .esp_b = "aes128-sha256-x25519"};

/* A guesses P-256 of its two groups, B wants the other (1.3). */
Test(rekey, child_with_another_group)
{
    STORY(&other_group, UP(A, 0), UP_BOTH, CALL(rekey_child_a), REKEYED_CHILD(A), REKEYED_CHILD(B),
          TALK(0), WAIT(20 * IK_SECOND), CALL(one_of_each), DOWN_BOTH(A, B));
}

/* ---- lives ----------------------------------------------------------------------------------- */

static void short_lives(struct sim_conf *a, struct sim_conf *b)
{
    list_all(a, b);
    a->config.life = b->config.life = &ik_lifetimes;
    a->policies[0].rekey_s = 100;
    b->peers[0].rekey_s = 300;
}

static const struct sim_pair aging = {.tune = short_lives};

/* A renews the Child SA each 90 to 100 s, B the IKE SA; packets flow all the while. */
static void half_an_hour(struct sim *s)
{
    for (unsigned i = 0; i < 1800 && !s->failed; i++) {
        sim_pair_send(s, &aging, A, 100);
        sim_pair_send(s, &aging, B, 100);
        sim_run_for(s, IK_SECOND);
    }
    if (!s->failed && (sim_told_count(s, A, IK_EV_CHILD_UP, IK_WHY_NONE) < 18 ||
                       sim_told_count(s, A, IK_EV_IKE_UP, IK_WHY_NONE) < 6))
        sim_fail(s, "%u Child SAs and %u IKE SAs came up",
                 (unsigned)sim_told_count(s, A, IK_EV_CHILD_UP, IK_WHY_NONE),
                 (unsigned)sim_told_count(s, A, IK_EV_IKE_UP, IK_WHY_NONE));
}

Test(rekey, by_age)
{
    STORY(&aging, UP(A, 0), UP_BOTH, MARK, CALL(half_an_hour), LOSSLESS, FORGET(A), FORGET(B),
          DOWN(B), FORGET(A), FORGET(B), WAIT(60 * IK_SECOND), USAGE(A, 0, 0), USAGE(B, 0, 0));
}

static void few_packets(struct sim_conf *a, struct sim_conf *b)
{
    list_all(a, b);
    a->config.life = b->config.life = &ik_lifetimes;
    a->policies[0].rekey_packets = 10;
    b->policies[0].life_packets = 15;
}

static const struct sim_pair counted = {.tune = few_packets};

static void fifty_packets(struct sim *s)
{
    for (unsigned i = 0; i < 50 && !s->failed; i++) {
        sim_pair_send(s, &counted, A, 100);
        sim_run_for(s, IK_SECOND);
    }
    if (!s->failed && sim_told_count(s, A, IK_EV_CHILD_UP, IK_WHY_NONE) < 5)
        sim_fail(s, "only %u Child SAs came up",
                 (unsigned)sim_told_count(s, A, IK_EV_CHILD_UP, IK_WHY_NONE));
}

Test(rekey, by_packets)
{
    STORY(&counted, UP(A, 0), UP_BOTH, MARK, CALL(fifty_packets), LOSSLESS);
}

static void hard_only(struct sim_conf *a, struct sim_conf *b)
{
    list_all(a, b);
    a->config.life = b->config.life = &ik_lifetimes;
    a->policies[0].life_s = 50;
    b->peers[0].life_s = 80;
}

static const struct sim_pair mortal = {.tune = hard_only};

Test(rekey, hard_limits)
{
    STORY(&mortal, UP(A, 0), UP_BOTH, EXPECT_WHY(A, IK_EV_CHILD_DOWN, IK_WHY_EXPIRED),
          BY(51 * IK_SECOND), EXPECT_WHY(B, IK_EV_CHILD_DOWN, IK_WHY_DELETED_PEER),
          EXPECT_WHY(B, IK_EV_IKE_DOWN, IK_WHY_EXPIRED), BY(82 * IK_SECOND),
          EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_DELETED_PEER), END_ALL);
}

/* Its Delete waits for its answer when its life is over: it ends here, and is deleted once. */
Test(rekey, hard_limit_of_what_is_being_deleted)
{
    STORY(&mortal, UP(A, 0), UP_BOTH, WAIT(49 * IK_SECOND), DROP(B, INFO, RESPONSE, EVERY),
          CALL(delete_child_a), EXPECT_WHY(B, IK_EV_CHILD_DOWN, IK_WHY_DELETED_PEER),
          EXPECT_WHY(A, IK_EV_CHILD_DOWN, IK_WHY_EXPIRED), BY(52 * IK_SECOND), WAIT(IK_SECOND),
          CLEAR_RULES, EXPECT_WHY(B, IK_EV_IKE_DOWN, IK_WHY_EXPIRED), BY(82 * IK_SECOND),
          EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_DELETED_PEER), END_ALL);
}

/* B makes no Child SA but the first (RFC 7815), and A's rekeying comes to nothing. */
static void refuse_children(struct sim_conf *a, struct sim_conf *b)
{
    static const struct ik_exchange *const few[] = {&ik_exchange_init_r, &ik_exchange_auth_r,
                                                    &ik_exchange_informational,
                                                    &ik_exchange_child_refused, NULL};
    list_two(a, b);
    a->config.life = &ik_lifetimes;
    a->policies[0].rekey_s = 20;
    a->policies[0].life_s = 50;
    b->config.exchanges = few;
}

static const struct sim_pair frozen = {.tune = refuse_children};

/* 2.8: the IKE SA is closed, too, or it would be no use ever after; packets make another one. */
Test(rekey, hard_limit_of_what_cannot_be_rekeyed)
{
    STORY(&frozen, UP(A, 0), UP_BOTH, EXPECT_WHY(A, IK_EV_CHILD_DOWN, IK_WHY_EXPIRED),
          EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_EXPIRED), BY(51 * IK_SECOND),
          EXPECT_WHY(B, IK_EV_CHILD_DOWN, IK_WHY_DELETED_PEER),
          EXPECT_WHY(B, IK_EV_IKE_DOWN, IK_WHY_DELETED_PEER), WAIT(IK_SECOND), USAGE(A, 0, 0),
          SEND(A, 1, 100), UP_BOTH, CONVERGED);
}

/* Each packet that is sent during a rekeying arrives, whichever of its messages is late. */
static void send_both(struct sim *s)
{
    for (unsigned i = 0; i < 200 && !s->failed; i++) {
        sim_pair_send(s, &whole, A, 100);
        sim_pair_send(s, &whole, B, 100);
        sim_run_for(s, 25 * IK_MS);
    }
}

Test(rekey, no_packet_is_lost)
{
    for (unsigned late = 0; late < 64; late++) {
        const struct story_step steps[] = {
            UP(A, 0),
            UP_BOTH,
            MARK,
            RULE(A, CREATE, SIM_ANY, late & 1 ? 1 : 99, .act = SIM_DELAY, .delay = 400 * IK_MS),
            RULE(B, CREATE, SIM_ANY, late & 2 ? 1 : 99, .act = SIM_DELAY, .delay = 300 * IK_MS),
            RULE(A, INFO, SIM_ANY, late & 4 ? 1 : 99, .act = SIM_DROP),
            RULE(B, INFO, SIM_ANY, late & 8 ? 1 : 99, .act = SIM_DROP),
            CALL(late & 16 ? rekey_child_a : rekey_child_b),
            CALL(late & 32 ? rekey_ike_b : rekey_child_b),
            CALL(send_both),
            LOSSLESS,
        };
        cr_expect(story_pair(late, &whole, steps, sizeof steps / sizeof *steps), "%u", late);
    }
}

/* The response comes when the user has asked for the end: what was made goes, too, at once. */
Test(rekey, ike_deleted_while_its_rekeying_is_out)
{
    STORY(&whole, UP(A, 0), UP_BOTH, DELAY(B, CREATE, RESPONSE, 1, 500 * IK_MS), CALL(rekey_ike_a),
          WAIT(100 * IK_MS), DOWN(A), WAIT(5 * IK_SECOND), USAGE(A, 0, 0), FORGET(A), FORGET(B),
          WAIT(30 * IK_SECOND), USAGE(B, 0, 0), END_ALL);
}

/* ---- silence --------------------------------------------------------------------------------- */

static void watch(struct sim_conf *a, struct sim_conf *b)
{
    list_all(a, b);
    a->config.life = b->config.life = &ik_lifetimes;
    a->peers[0].liveness_s = 20;
    b->peers[0].liveness_s = 30;
}

static const struct sim_pair watching = {.tune = watch};

Test(rekey, silent_peer_is_noticed)
{
    STORY(&watching, UP(A, 0), UP_BOTH, OFF(B), EXPECT_WHY(A, IK_EV_CHILD_DOWN, IK_WHY_TIMEOUT),
          EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_TIMEOUT), BY(150 * IK_SECOND), USAGE(A, 0, 0));
}

static void watch_and_renew(struct sim_conf *a, struct sim_conf *b)
{
    watch(a, b);
    /* Tried for ten seconds, and again ten seconds later: of two, one always waits. */
    a->peers[0].rekey_s = 3;
    a->policies[0].rekey_s = 8;
}

static void starve_a(struct sim *s)
{
    sim_starve_for(s, A, SIM_HANDSHAKES, 200 * IK_SECOND);
}

/* What waits for a place in a pool asks nobody, and may wait for ever. */
Test(rekey, silent_peer_is_noticed_where_nothing_can_be_renewed)
{
    const struct sim_pair p = {.tune = watch_and_renew};
    STORY(&p, UP(A, 0), UP_BOTH, OFF(B), CALL(starve_a),
          EXPECT_WHY(A, IK_EV_CHILD_DOWN, IK_WHY_TIMEOUT),
          EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_TIMEOUT), BY(150 * IK_SECOND), USAGE(A, 0, 0));
}

static unsigned asked(const struct sim *s, uint16_t n)
{
    return s->nodes[n]->core.env.counters.count[IK_COUNT_IKE_SENT];
}

/* Packets of the peer, each 10 s, are as good as an answer. */
static void talk_ten_minutes(struct sim *s)
{
    unsigned before = asked(s, A) + asked(s, B);
    for (unsigned i = 0; i < 60 && !s->failed; i++) {
        sim_pair_send(s, &watching, A, 100);
        sim_pair_send(s, &watching, B, 100);
        sim_run_for(s, 10 * IK_SECOND);
    }
    if (asked(s, A) + asked(s, B) != before)
        sim_fail(s, "somebody was asked for a sign of life, who gave one each 10 s");
}

Test(rekey, traffic_is_a_sign_of_life)
{
    STORY(&watching, UP(A, 0), UP_BOTH, CALL(talk_ten_minutes), SILENT(A), SILENT(B));
}

/* A host that restarts is back without anybody's doing, in both directions. */
Test(rekey, restart_is_noticed_and_mended)
{
    STORY(&watching, UP(A, 0), UP_BOTH, OFF(B), WAIT(IK_SECOND), ON(B), WAIT(200 * IK_SECOND),
          FORGET(A), FORGET(B), SEND(A, 1, 100), WAIT(5 * IK_SECOND), MARK, SEND(A, 1, 100),
          SEND(B, 1, 100), WAIT(IK_SECOND), LOSSLESS, CONVERGED);
}

/* ---- one IKE SA with a peer ------------------------------------------------------------------ */

static void replace(struct sim_conf *a, struct sim_conf *b)
{
    watch(a, b);
    a->peers[0].unique = b->peers[0].unique = IK_UNIQUE_REPLACE;
}

static const struct sim_pair unique = {.tune = replace};

Test(rekey, older_one_is_replaced)
{
    STORY(&unique, UP(A, 0), UP_BOTH, OFF(A), ON(A), UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
          EXPECT(A, IK_EV_CHILD_UP), EXPECT(B, IK_EV_IKE_UP), EXPECT(B, IK_EV_CHILD_UP), SILENT(B),
          WAIT(4 * IK_SECOND), SEND(B, 1, 100), WAIT(IK_SECOND), DELIVERED(A, 1),
          EXPECT_WHY(B, IK_EV_CHILD_DOWN, IK_WHY_REKEYED),
          EXPECT_WHY(B, IK_EV_IKE_DOWN, IK_WHY_REPLACED), USAGE(B, 1, 1), CONVERGED);
}

/* Where both stay, too, and the one that came back says nothing. */
Test(rekey, restarted_peer_that_listens)
{
    STORY(&whole, UP(A, 0), UP_BOTH, OFF(A), ON(A), UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
          EXPECT(A, IK_EV_CHILD_UP), WAIT(5 * IK_SECOND), SEND(B, 1, 100), WAIT(IK_SECOND),
          DELIVERED(A, 1));
}

/* It comes back, and goes: nothing is left of its life before. */
Test(rekey, older_one_goes_though_the_newer_one_went)
{
    STORY(&unique, UP(A, 0), UP_BOTH, OFF(A), ON(A), UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
          WAIT(IK_SECOND), DOWN(A), WAIT(IK_SECOND), FORGET(A), FORGET(B),
          EXPECT_WHY(B, IK_EV_CHILD_DOWN, IK_WHY_REPLACED),
          EXPECT_WHY(B, IK_EV_IKE_DOWN, IK_WHY_REPLACED), END_ALL);
}

/* However often a peer comes back, there are two at the most. */
Test(rekey, restarted_again_and_again)
{
    const struct sim_pair p = {.tune = replace, .pool_b = 4};
    STORY(&p, UP(A, 0), UP_BOTH, OFF(A), ON(A), UP(A, 0), WAIT(IK_SECOND), OFF(A), ON(A), UP(A, 0),
          WAIT(IK_SECOND), OFF(A), ON(A), UP(A, 0), WAIT(IK_SECOND), OFF(A), ON(A), UP(A, 0),
          WAIT(IK_SECOND), USAGE(A, 1, 1), TALK(0), WAIT(120 * IK_SECOND), USAGE(B, 1, 1),
          CONVERGED);
}

static void refuse_new(struct sim_conf *a, struct sim_conf *b)
{
    watch(a, b);
    b->peers[0].unique = IK_UNIQUE_REFUSE;
}

static const struct sim_pair refusing = {.tune = refuse_new};

/* The old one is found dead meanwhile: then the peer is let in. */
Test(rekey, new_one_is_refused)
{
    STORY(&refusing, UP(A, 0), UP_BOTH, OFF(A), ON(A), UP(A, 0),
          EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_AUTH),
          EXPECT_WHY(B, IK_EV_IKE_FAILED, IK_WHY_AUTH),
          EXPECT_WHY(B, IK_EV_CHILD_DOWN, IK_WHY_TIMEOUT),
          EXPECT_WHY(B, IK_EV_IKE_DOWN, IK_WHY_TIMEOUT), UP(A, 0), UP_BOTH, CONVERGED);
}

static void call_both(struct sim *s)
{
    sim_up(s, A, 0);
    sim_up(s, B, 0);
}

Test(rekey, both_call_and_one_stays)
{
    for (uint64_t seed = 1; seed <= 16; seed++) {
        const struct story_step steps[] = {
            DELAY(A, IK_EX_IKE_AUTH, SIM_ANY, seed & 1 ? 1 : 99, 700 * IK_MS),
            DELAY(B, IK_EX_IKE_AUTH, SIM_ANY, seed & 2 ? 1 : 99, 300 * IK_MS),
            DELAY(B, IK_EX_IKE_SA_INIT, SIM_ANY, seed & 4 ? 1 : 99, 100 * IK_MS),
            CALL(call_both),
            WAIT(60 * IK_SECOND),
            FORGET(A),
            FORGET(B),
            USAGE(A, 1, 1),
            USAGE(B, 1, 1),
            CONVERGED,
            TALK(0)};
        cr_expect(story_pair(seed, &unique, steps, sizeof steps / sizeof *steps), "%u",
                  (unsigned)seed);
    }
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void prefer_others(struct sim_conf *a, struct sim_conf *b)
{
    list_all(a, b);
}

/* Either prf is good to both; what they have is what they keep (2.18). */
static const struct sim_pair two_prfs = {.tune = prefer_others,
                                         .ike_a = "aes128-sha256-prfsha512-prfsha256-x25519",
                                         .ike_b = "aes128-sha256-prfsha256-prfsha512-x25519"};

static uint16_t prf_of(struct sim *s, uint16_t n)
{
    struct ik_ike_info info;
    for (uint16_t i = 0; i < s->nodes[n]->opts.ike_sas; i++) {
        if (ik_ike_info(&s->nodes[n]->core, i, &info) && info.state == IK_IKE_UP)
            return info.prf_id;
    }
    return 0;
}

static void same_prf(struct sim *s)
{
    if (prf_of(s, A) != IK_PRF_HMAC_SHA2_256 || prf_of(s, B) != IK_PRF_HMAC_SHA2_256)
        sim_fail(s, "prf %u and %u", prf_of(s, A), prf_of(s, B));
}

Test(rekey, ike_keeps_its_prf)
{
    STORY(&two_prfs, UP(A, 0), UP_BOTH, CALL(same_prf), CALL(rekey_ike_a), REKEYED_IKE(A),
          REKEYED_IKE(B), CALL(same_prf), CALL(rekey_ike_b), REKEYED_IKE(A), REKEYED_IKE(B),
          CALL(same_prf), TALK(0));
}

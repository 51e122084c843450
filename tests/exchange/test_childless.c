/* SPDX-License-Identifier: MIT */
/* IKE SAs without a Child SA: by agreement (RFC 6023), and because it was refused (RFC 7296 1.2).
 */
#include "story.h"

#include "sim/node.h"

#define INIT IK_EX_IKE_SA_INIT
#define AUTH IK_EX_IKE_AUTH
#define CREATE IK_EX_CREATE_CHILD_SA

static uint8_t of_a, of_b;

static void tune(struct sim_conf *a, struct sim_conf *b)
{
    a->config.exchanges = ik_exchanges_all;
    a->peers[0].childless = of_a;
    b->peers[0].childless = of_b;
}

static const struct sim_pair pair = {.tune = tune};

static void set(enum ik_childless a, enum ik_childless b)
{
    of_a = (uint8_t)a;
    of_b = (uint8_t)b;
}

static void up_peer(struct sim *s)
{
    ik_node_up_peer(&s->nodes[A]->core, s->clock.now, 0);
    sim_node_pump(s->nodes[A]);
}

#define CHILD_ALONE                                                                                \
    EXPECT(A, IK_EV_IKE_UP), EXPECT(B, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP),                   \
        EXPECT(B, IK_EV_CHILD_UP), SILENT(A), SILENT(B)

/* ---- by agreement ---------------------------------------------------------------------------- */

Test(childless, the_first_child_follows)
{
    set(IK_CHILDLESS_FORCE, IK_CHILDLESS_ALLOW);
    STORY(&pair, HOLD(A, CREATE, REQUEST, FIRST, 1), UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
          EXPECT(B, IK_EV_IKE_UP), SILENT(A), SILENT(B), USAGE(B, 1, 0), RELEASE(1),
          EXPECT(A, IK_EV_CHILD_UP), EXPECT(B, IK_EV_CHILD_UP), USAGE(A, 1, 1), TALK(0), CONVERGED,
          DOWN_BOTH(A, B));
}

Test(childless, forced_by_both)
{
    set(IK_CHILDLESS_FORCE, IK_CHILDLESS_FORCE);
    STORY(&pair, UP(A, 0), CHILD_ALONE, TALK(0), DOWN_BOTH(B, A));
}

Test(childless, begun_by_a_packet)
{
    set(IK_CHILDLESS_FORCE, IK_CHILDLESS_ALLOW);
    STORY(&pair, SEND(A, 1, 100), CHILD_ALONE, TALK(0), DOWN_BOTH(A, B));
}

/* Who allows it makes one in IKE_AUTH as ever. */
Test(childless, allowed_is_not_wanted)
{
    set(IK_CHILDLESS_ALLOW, IK_CHILDLESS_ALLOW);
    STORY(&pair, UP(A, 0), UP_BOTH, WAIT(IK_SECOND), COUNT(A, IK_COUNT_IKE_SENT, 2), TALK(0),
          DOWN_BOTH(A, B));
}

/* An IKE SA for its own sake; later packets ask for a Child SA of it, from either end. */
Test(childless, alone)
{
    set(IK_CHILDLESS_ALLOW, IK_CHILDLESS_ALLOW);
    STORY(&pair, CALL(up_peer), EXPECT(A, IK_EV_IKE_UP), EXPECT(B, IK_EV_IKE_UP),
          WAIT(60 * IK_SECOND), SILENT(A), SILENT(B), USAGE(A, 1, 0), USAGE(B, 1, 0), CONVERGED,
          CALL(up_peer), WAIT(IK_SECOND), SILENT(A), USAGE(A, 1, 0), SEND(A, 1, 100),
          EXPECT(A, IK_EV_CHILD_UP), EXPECT(B, IK_EV_CHILD_UP), TALK(0), USAGE(B, 1, 1),
          DOWN_BOTH(A, B));
    STORY(&pair, CALL(up_peer), EXPECT(A, IK_EV_IKE_UP), EXPECT(B, IK_EV_IKE_UP), DOWN(A),
          EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_DELETED_HERE),
          EXPECT_WHY(B, IK_EV_IKE_DOWN, IK_WHY_DELETED_PEER), END_ALL);
}

static void rekey_ike(struct sim *s)
{
    struct sim_node *n = s->nodes[A];
    for (uint16_t i = 0; i < n->opts.ike_sas; i++)
        ik_node_rekey_ike(&n->core, s->clock.now, i);
    sim_node_pump(n);
}

Test(childless, rekeyed_without_ever_having_had_one)
{
    set(IK_CHILDLESS_ALLOW, IK_CHILDLESS_ALLOW);
    STORY(&pair, CALL(up_peer), EXPECT(A, IK_EV_IKE_UP), EXPECT(B, IK_EV_IKE_UP), CALL(rekey_ike),
          EXPECT(A, IK_EV_IKE_UP), EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_REKEYED),
          EXPECT(B, IK_EV_IKE_UP), EXPECT_WHY(B, IK_EV_IKE_DOWN, IK_WHY_REKEYED), UP(A, 0),
          EXPECT(A, IK_EV_CHILD_UP), EXPECT(B, IK_EV_CHILD_UP), TALK(0), DOWN_BOTH(A, B));
}

Test(childless, nobody_to_call)
{
    set(IK_CHILDLESS_NEVER, IK_CHILDLESS_ALLOW);
    STORY(&pair, CALL(up_peer), EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_CHILDLESS), USAGE(A, 0, 0),
          END_ALL);
}

/* ---- without agreement ----------------------------------------------------------------------- */

/* The IKE_SA_INIT response may be anybody's: it is waited for a better one (2.21.1). */
Test(childless, responder_that_never_does)
{
    set(IK_CHILDLESS_FORCE, IK_CHILDLESS_NEVER);
    STORY(&pair, UP(A, 0), EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_CHILDLESS), SILENT(B),
          COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 6), WAIT(60 * IK_SECOND), END_ALL);
}

/* 1.2: the Child SA is refused alone. */
Test(childless, initiator_that_always_wants_one)
{
    set(IK_CHILDLESS_NEVER, IK_CHILDLESS_FORCE);
    STORY(&pair, UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
          EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_NO_ADDITIONAL), EXPECT(B, IK_EV_IKE_UP),
          EXPECT_WHY(B, IK_EV_CHILD_FAILED, IK_WHY_NO_ADDITIONAL), USAGE(A, 1, 0), USAGE(B, 1, 0),
          DOWN(A), EXPECT(A, IK_EV_IKE_DOWN), EXPECT(B, IK_EV_IKE_DOWN), END_ALL);
}

/* The address allowed it; the name does not. */
static void other_name_first(struct sim_conf *a, struct sim_conf *b)
{
    (void)a;
    b->peers[1] = b->peers[0];
    b->peers[0].remote_id.type = IK_ID_KEY_ID;
    b->peers[0].childless = IK_CHILDLESS_ALLOW;
    b->config.peers_n = 2;
    b->policies[0].peer = 1;
    a->config.exchanges = ik_exchanges_all;
    a->peers[0].childless = IK_CHILDLESS_FORCE;
}

Test(childless, not_for_who_calls)
{
    const struct sim_pair other = {.tune = other_name_first};
    STORY(&other, UP(A, 0), EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_SYNTAX),
          EXPECT_WHY(B, IK_EV_IKE_FAILED, IK_WHY_CHILDLESS), WAIT(60 * IK_SECOND), USAGE(A, 0, 0),
          USAGE(B, 0, 0), END_ALL);
}

/* ---- losses ---------------------------------------------------------------------------------- */

Test(childless, every_message_lost_once)
{
    set(IK_CHILDLESS_FORCE, IK_CHILDLESS_ALLOW);
    for (unsigned mask = 0; mask < 64; mask++) {
        const struct story_step steps[] = {
            DROP(A, INIT, REQUEST, mask & 1 ? 1 : 99),
            DROP(B, INIT, RESPONSE, mask & 2 ? 1 : 99),
            DROP(A, AUTH, REQUEST, mask & 4 ? 1 : 99),
            DROP(B, AUTH, RESPONSE, mask & 8 ? 1 : 99),
            DROP(A, CREATE, REQUEST, mask & 16 ? 1 : 99),
            DROP(B, CREATE, RESPONSE, mask & 32 ? 1 : 99),
            UP(A, 0),
            CHILD_ALONE,
            TALK(0),
            CONVERGED,
            DOWN_BOTH(A, B),
        };
        cr_assert(story_pair(mask, &pair, steps, STEPS_N(steps)), "mask %u", mask);
    }
}

Test(childless, every_message_twice)
{
    set(IK_CHILDLESS_FORCE, IK_CHILDLESS_ALLOW);
    STORY(&pair, TWICE(A, AUTH, REQUEST, EVERY), TWICE(B, AUTH, RESPONSE, EVERY),
          TWICE(A, CREATE, REQUEST, EVERY), TWICE(B, CREATE, RESPONSE, EVERY), UP(A, 0),
          CHILD_ALONE, TALK(0), USAGE(A, 1, 1), USAGE(B, 1, 1), CLEAR_RULES, DOWN_BOTH(A, B));
}

Test(childless, no_answer_to_the_second_exchange)
{
    set(IK_CHILDLESS_FORCE, IK_CHILDLESS_ALLOW);
    STORY(&pair, DROP(B, CREATE, RESPONSE, EVERY), UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
          EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_TIMEOUT),
          EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_TIMEOUT), USAGE(A, 0, 0));
}

Test(childless, hung_up_in_between)
{
    set(IK_CHILDLESS_FORCE, IK_CHILDLESS_ALLOW);
    STORY(&pair, HOLD(A, CREATE, REQUEST, FIRST, 1), UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
          EXPECT(B, IK_EV_IKE_UP), DOWN(A), EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_DELETED_HERE),
          RELEASE(1), EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_DELETED_HERE), WAIT(60 * IK_SECOND),
          USAGE(A, 0, 0), USAGE(B, 0, 0));
}

/* ---- refused (RFC 7296 1.2) ------------------------------------------------------------------ */

/* In CREATE_CHILD_SA: the IKE SA stays, and is asked once more. */
Test(childless, child_refused_later)
{
    const struct sim_pair other = {.tune = tune, .wide_a = "10.9.0.0/24"};
    set(IK_CHILDLESS_FORCE, IK_CHILDLESS_ALLOW);
    STORY(&other, UP(A, 0), EXPECT(A, IK_EV_IKE_UP), EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_TS),
          EXPECT(B, IK_EV_IKE_UP), FORGET(B), USAGE(A, 1, 0), USAGE(B, 1, 0), WAIT(5 * IK_SECOND),
          UP(A, 0), EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_TS), USAGE(A, 1, 0), USAGE(B, 1, 0),
          DOWN(A), EXPECT(A, IK_EV_IKE_DOWN), FORGET(B), END_ALL);
}

/* Policy 0 is nobody's at B; policy 1 is what it has. */
static void second_policy(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    a->config.exchanges = ik_exchanges_all;
    a->policies[1] = a->policies[0];
    a->policies[0].ts_local[0].lo[3] = a->policies[0].ts_local[0].hi[3] = 9;
    a->policies[0].ts_remote[0].lo[0] = a->policies[0].ts_remote[0].hi[0] = 172;
    a->config.policies_n = 2;
}

/* In IKE_AUTH: what comes up is as good an IKE SA as any: it is rekeyed, and takes another Child SA
 * by CREATE_CHILD_SA. */
Test(childless, child_refused_in_ike_auth)
{
    const struct sim_pair other = {.tune = second_policy};
    STORY(&other, UP(A, 0), EXPECT(A, IK_EV_IKE_UP), EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_TS),
          EXPECT(B, IK_EV_IKE_UP), EXPECT_WHY(B, IK_EV_CHILD_FAILED, IK_WHY_TS), USAGE(A, 1, 0),
          USAGE(B, 1, 0), CALL(rekey_ike), EXPECT(A, IK_EV_IKE_UP),
          EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_REKEYED), EXPECT(B, IK_EV_IKE_UP),
          EXPECT_WHY(B, IK_EV_IKE_DOWN, IK_WHY_REKEYED), UP(A, 1), EXPECT(A, IK_EV_CHILD_UP),
          EXPECT(B, IK_EV_CHILD_UP), TALK(0), DOWN_BOTH(A, B));
}

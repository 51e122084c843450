/* SPDX-License-Identifier: MIT */
/* Reauthentication, make before break (RFC 7296 2.8.3, RFC 4478). */
#include "story.h"

#include "sim/node.h"

#if IK_REKEY

#define INIT IK_EX_IKE_SA_INIT
#define AUTH IK_EX_IKE_AUTH
#define CREATE IK_EX_CREATE_CHILD_SA
#define INFO IK_EX_INFORMATIONAL

static uint32_t lasts_a, lasts_b, rekeys;
static uint8_t unique;
static bool two_policies, b_calls, childless;

static void tune(struct sim_conf *a, struct sim_conf *b)
{
    struct sim_conf *both[] = {a, b};
    for (unsigned i = 0; i < 2; i++) {
        both[i]->config.exchanges = ik_exchanges_all;
        both[i]->config.life = &ik_lifetimes;
        both[i]->peers[0].unique = unique;
        both[i]->peers[0].rekey_s = i == 0 ? rekeys : 0;
        both[i]->peers[0].reauth_s = i == 0 ? lasts_a : lasts_b;
#if IK_CHILDLESS
        both[i]->peers[0].childless = childless ? IK_CHILDLESS_FORCE : IK_CHILDLESS_NEVER;
#endif
        if (b_calls) {
            b->peers[0].remote = a->peers[0].local;
        }
        if (two_policies) {
            both[i]->policies[1] = both[i]->policies[0];
            both[i]->policies[1].ts_local[0].port_lo = both[i]->policies[1].ts_local[0].port_hi = 7;
            both[i]->policies[1].ts_local[0].proto = 17;
            both[i]->policies[1].ts_remote[0].proto = 17;
            both[i]->config.policies_n = 2;
        }
    }
}

static const struct sim_pair pair = {.tune = tune};

static void set(uint32_t a, uint32_t b)
{
    lasts_a = a;
    lasts_b = b;
    rekeys = 0;
    unique = IK_UNIQUE_KEEP;
    two_policies = false;
    b_calls = true;
    childless = false;
}

static void reauth_now(struct sim *s, uint16_t node)
{
    for (uint16_t i = 0; i < s->nodes[node]->opts.ike_sas; i++) {
        sim_reauth(s, node, i);
    }
}

static void reauth_a(struct sim *s)
{
    reauth_now(s, A);
}

static void reauth_b(struct sim *s)
{
    reauth_now(s, B);
}

/* What both tell of it: the new ones come up, the old ones end, and nobody is told of a loss. */
#define ANEW(who)                                                                                  \
    EXPECT(who, IK_EV_IKE_UP), EXPECT(who, IK_EV_CHILD_UP),                                        \
        EXPECT_WHY(who, IK_EV_IKE_DOWN, IK_WHY_REKEYED),                                           \
        EXPECT_WHY(who, IK_EV_CHILD_DOWN, IK_WHY_REKEYED)

/* Packets both ways, one each 20 ms, over so many seconds. */
#define TICK SEND(A, 1, 60), SEND(B, 1, 60), WAIT(20 * IK_MS)
#define TICKS10 TICK, TICK, TICK, TICK, TICK, TICK, TICK, TICK, TICK, TICK
#define TRAFFIC TICKS10, TICKS10, TICKS10, TICKS10, TICKS10

Test(reauth, by_command)
{
    for (unsigned who = 0; who < 2; who++) {
        set(0, 0);
        STORY(&pair, UP(A, 0), UP_BOTH, CALL(who == 0 ? reauth_a : reauth_b), ANEW(A), ANEW(B),
              USAGE(A, 1, 1), USAGE(B, 1, 1), CONVERGED, TALK(0), DOWN_BOTH(A, B));
    }
}

Test(reauth, no_packet_is_lost)
{
    for (unsigned who = 0; who < 2; who++) {
        for (unsigned policy = 0; policy < 2; policy++) {
            set(0, 0);
            unique = policy == 0 ? IK_UNIQUE_KEEP : IK_UNIQUE_REPLACE;
            STORY(&pair, UP(A, 0), UP_BOTH, MARK, TRAFFIC, CALL(who == 0 ? reauth_a : reauth_b),
                  TRAFFIC, CALL(who == 0 ? reauth_a : reauth_b), TRAFFIC, WAIT(IK_SECOND), LOSSLESS,
                  WAIT(10 * IK_SECOND), USAGE(A, 1, 1), USAGE(B, 1, 1), CONVERGED);
        }
    }
}

/* On a slow path, and with each message of it lost once. */
Test(reauth, no_packet_is_lost_with_messages_lost)
{
    for (unsigned mask = 0; mask < 128; mask++) {
        const struct story_step steps[] = {
            UP(A, 0),
            UP_BOTH,
            MARK,
            DROP(A, INIT, REQUEST, mask & 1 ? 1 : 99),
            DROP(B, INIT, RESPONSE, mask & 2 ? 1 : 99),
            DROP(A, AUTH, REQUEST, mask & 4 ? 1 : 99),
            DROP(B, AUTH, RESPONSE, mask & 8 ? 1 : 99),
            DROP(A, INFO, REQUEST, mask & 16 ? 1 : 99),
            DROP(B, INFO, RESPONSE, mask & 32 ? 1 : 99),
            CALL(reauth_a),
            TRAFFIC,
            TRAFFIC,
            TRAFFIC,
            TRAFFIC,
            TRAFFIC,
            WAIT(IK_SECOND),
            LOSSLESS,
            WAIT(15 * IK_SECOND),
            USAGE(A, 1, 1),
            USAGE(B, 1, 1),
            CONVERGED,
        };
        set(0, 0);
        unique = mask & 64 ? IK_UNIQUE_REPLACE : IK_UNIQUE_KEEP;
        cr_assert(story_pair(mask, &pair, steps, STEPS_N(steps)), "mask %u", mask);
    }
}

/* Where Child SAs come by CREATE_CHILD_SA, who answers waits in the same way. */
Test(reauth, no_packet_is_lost_where_children_follow)
{
    for (unsigned policy = 0; policy < 2; policy++) {
        set(0, 0);
        childless = true;
        unique = policy == 0 ? IK_UNIQUE_KEEP : IK_UNIQUE_REPLACE;
        STORY(&pair, UP(A, 0), UP_BOTH, MARK, DELAY(B, CREATE, RESPONSE, 1, 500 * IK_MS), TRAFFIC,
              CALL(reauth_a), TRAFFIC, TRAFFIC, WAIT(IK_SECOND), LOSSLESS, WAIT(10 * IK_SECOND),
              USAGE(A, 1, 1), USAGE(B, 1, 1), CONVERGED);
    }
}

/* Each policy that has a Child SA has one in the new IKE SA. */
Test(reauth, of_several_children)
{
    set(0, 0);
    two_policies = true;
    STORY(&pair, UP(A, 0), UP_BOTH, UP(A, 1), EXPECT(A, IK_EV_CHILD_UP), FORGET(B), CALL(reauth_a),
          WAIT(10 * IK_SECOND), USAGE(A, 1, 2), USAGE(B, 1, 2), FORGET(A), FORGET(B), TALK(0));
}

static void rekey_child_a(struct sim *s)
{
    sim_rekey_child(s, A, 0);
}

/* The pool has room for four, and the one that was rekeyed just now takes the third: nothing is
 * begun that would lose a Child SA; and when it is gone, all have their like. */
Test(reauth, when_there_is_room_for_all)
{
    set(0, 0);
    two_policies = true;
    STORY(&pair, UP(A, 0), UP_BOTH, UP(A, 1), EXPECT(A, IK_EV_CHILD_UP), FORGET(B),
          CALL(rekey_child_a), WAIT(IK_SECOND), USAGE(A, 1, 3), FORGET(A), CALL(reauth_a),
          WAIT(2 * IK_SECOND), USAGE(A, 1, 3), SILENT(A), WAIT(4 * IK_SECOND),
          EXPECT(A, IK_EV_CHILD_DOWN), EXPECT(A, IK_EV_IKE_UP), BY(8 * IK_SECOND),
          WAIT(20 * IK_SECOND), USAGE(A, 1, 2), USAGE(B, 1, 2), FORGET(A), FORGET(B), TALK(0));
}

static const struct sim_pair slow = {
    .tune = tune, .cpu_a = &sim_cpu_msp430f1611, .esp_a = "aes128gcm16-x25519"};

/* Each CREATE_CHILD_SA takes A 2.6 s; B, which would end the old IKE SA itself for a peer that was
 * restarted, waits on while new Child SAs come. */
Test(reauth, of_several_children_by_a_slow_peer)
{
    set(0, 0);
    unique = IK_UNIQUE_REPLACE;
    childless = two_policies = true;
    STORY(&slow, UP(A, 0), WAIT(9 * IK_SECOND), UP(A, 1), WAIT(9 * IK_SECOND), USAGE(A, 1, 2),
          FORGET(A), FORGET(B), CALL(reauth_a), WAIT(20 * IK_SECOND), EXPECT(A, IK_EV_IKE_UP),
          EXPECT(A, IK_EV_CHILD_UP), EXPECT(A, IK_EV_CHILD_UP),
          EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_REKEYED),
          EXPECT_WHY(A, IK_EV_CHILD_DOWN, IK_WHY_REKEYED),
          EXPECT_WHY(A, IK_EV_CHILD_DOWN, IK_WHY_REKEYED), USAGE(B, 1, 2), FORGET(B), TALK(0));
}

Test(reauth, by_age)
{
    set(60, 0);
    STORY(&pair, UP(A, 0), UP_BOTH, WAIT(50 * IK_SECOND), SILENT(A), ANEW(A), ANEW(B),
          WAIT(50 * IK_SECOND), CONVERGED, USAGE(A, 1, 1), USAGE(B, 1, 1));
}

/* It is the age of the authentication: a rekeying does not make it younger. */
Test(reauth, by_age_over_rekeyings)
{
    set(100, 0);
    rekeys = 40;
    STORY(&pair, UP(A, 0), UP_BOTH, WAIT(88 * IK_SECOND), FORGET(A), FORGET(B),
          COUNT(A, IK_COUNT_JOBS, 6), WAIT(13 * IK_SECOND), COUNT(A, IK_COUNT_IKE_SAS_UP, 4),
          WAIT(10 * IK_SECOND), CONVERGED);
}

/* RFC 4478: the responder says how long it is good, and the initiator repeats it in time. */
Test(reauth, told_by_the_responder)
{
    set(0, 60);
    STORY(&pair, UP(A, 0), UP_BOTH, WAIT(50 * IK_SECOND), SILENT(A), ANEW(A), ANEW(B),
          WAIT(20 * IK_SECOND), CONVERGED, USAGE(A, 1, 1), USAGE(B, 1, 1));
}

/* Who does not know the notify: then the responder calls, ... */
static void forget_what_it_said(struct sim *s)
{
    struct sim_node *n = s->nodes[A];
    for (ik_slot i = 0; i < n->core.host.ike_sas_n; i++) {
        n->core.host.ike_sas[i].moment[IK_TIMER_REAUTH] = IK_MS_NONE;
    }
}

Test(reauth, responder_calls_when_nothing_comes)
{
    set(0, 60);
    STORY(&pair, UP(A, 0), UP_BOTH, CALL(forget_what_it_said), WAIT(70 * IK_SECOND), SILENT(A),
          ANEW(B), ANEW(A), CONVERGED, USAGE(A, 1, 1), USAGE(B, 1, 1));
}

/* ... or, where it cannot, deletes. */
Test(reauth, responder_deletes_when_nothing_comes)
{
    set(0, 60);
    b_calls = false;
    STORY(&pair, UP(A, 0), UP_BOTH, CALL(forget_what_it_said), WAIT(70 * IK_SECOND), SILENT(A),
          EXPECT_WHY(B, IK_EV_CHILD_DOWN, IK_WHY_EXPIRED),
          EXPECT_WHY(B, IK_EV_IKE_DOWN, IK_WHY_EXPIRED),
          EXPECT_WHY(A, IK_EV_CHILD_DOWN, IK_WHY_DELETED_PEER),
          EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_DELETED_PEER), END_ALL);
}

/* What comes to nothing leaves the old ones in service, and is tried again. */
Test(reauth, refused_and_tried_again)
{
    set(0, 0);
    STORY(&pair, UP(A, 0), UP_BOTH, DROP(A, AUTH, REQUEST, EVERY), CALL(reauth_a),
          EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_TIMEOUT), MARK, TALK(0), LOSSLESS, CLEAR_RULES,
          ANEW(A), WAIT(60 * IK_SECOND), CONVERGED, USAGE(A, 1, 1), USAGE(B, 1, 1));
}

Test(reauth, both_at_once)
{
    for (uint64_t seed = 1; seed <= 16; seed++) {
        const struct story_step steps[] = {UP(A, 0),
                                           UP_BOTH,
                                           MARK,
                                           DELAY(A, AUTH, SIM_ANY, seed & 1 ? 1 : 99, 70 * IK_MS),
                                           DELAY(B, AUTH, SIM_ANY, seed & 2 ? 1 : 99, 30 * IK_MS),
                                           DELAY(B, INIT, SIM_ANY, seed & 4 ? 1 : 99, 10 * IK_MS),
                                           DELAY(A, INFO, SIM_ANY, seed & 8 ? 1 : 99, 300 * IK_MS),
                                           CALL(reauth_a),
                                           CALL(reauth_b),
                                           TRAFFIC,
                                           TRAFFIC,
                                           WAIT(60 * IK_SECOND),
                                           LOSSLESS,
                                           CONVERGED,
                                           USAGE(A, 1, 1),
                                           USAGE(B, 1, 1)};
        set(0, 0);
        unique = IK_UNIQUE_REPLACE;
        cr_expect(story_pair(seed, &pair, steps, STEPS_N(steps)), "%u", (unsigned)seed);
    }
}

/* The old one is rekeyed, or deleted, meanwhile. */
static void rekey_a(struct sim *s)
{
    for (uint16_t i = 0; i < s->nodes[A]->opts.ike_sas; i++) {
        sim_rekey_ike(s, A, i);
    }
}

Test(reauth, among_a_rekeying)
{
    for (unsigned late = 0; late < 4; late++) {
        const struct story_step steps[] = {
            UP(A, 0),
            UP_BOTH,
            MARK,
            DELAY(B, INIT, RESPONSE, late & 1 ? 1 : 99, 50 * IK_MS),
            DELAY(B, CREATE, RESPONSE, late & 2 ? 1 : 99, 50 * IK_MS),
            CALL(reauth_a),
            CALL(rekey_a),
            TRAFFIC,
            WAIT(60 * IK_SECOND),
            LOSSLESS,
            CONVERGED,
            USAGE(A, 1, 1),
            USAGE(B, 1, 1)};
        set(0, 0);
        cr_expect(story_pair(late, &pair, steps, STEPS_N(steps)), "%u", late);
    }
}

static void delete_old_b(struct sim *s)
{
    ik_node_down_ike(&s->nodes[B]->core, sim_node_now(s->nodes[B]), 0);
    sim_node_pump(s->nodes[B]);
}

Test(reauth, old_one_deleted_meanwhile)
{
    set(0, 0);
    STORY(&pair, UP(A, 0), UP_BOTH, DELAY(B, INIT, RESPONSE, 1, 500 * IK_MS), CALL(reauth_a),
          WAIT(100 * IK_MS), CALL(delete_old_b), WAIT(60 * IK_SECOND), FORGET(A), FORGET(B),
          CONVERGED, USAGE(A, 1, 1), USAGE(B, 1, 1), TALK(0));
}

/* Who answered sends by the old Child SA until the new one is in use; if that one goes before, by
 * the new one. */
static void delete_old_child_b(struct sim *s)
{
    ik_node_down_child(&s->nodes[B]->core, sim_node_now(s->nodes[B]), 0);
    sim_node_pump(s->nodes[B]);
}

Test(reauth, old_child_deleted_before_the_new_one_is_in_use)
{
    set(0, 0);
    STORY(&pair, UP(A, 0), UP_BOTH, DELAY(A, INFO, REQUEST, 1, 2 * IK_SECOND), CALL(reauth_a),
          WAIT(500 * IK_MS), CALL(delete_old_child_b), WAIT(200 * IK_MS), MARK, SEND(B, 1, 100),
          WAIT(IK_SECOND), LOSSLESS, DELIVERED(A, 1), WAIT(20 * IK_SECOND), CONVERGED);
}

/* The new one comes up, but its Child SA is refused: the old ones serve on. */
static void refuse_suite_b(struct sim *s)
{
    static const struct ik_proposal other = {
        .transforms_n = 2,
        .transforms = {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_CBC, .key_bits = 256},
                       {.type = IK_TT_INTEG, .id = IK_INTEG_HMAC_SHA2_512_256}}};
    struct ik_policy *p = (struct ik_policy *)(uintptr_t)&s->nodes[B]->opts.config->policies[0];
    p->proposals = &other;
    p->proposals_n = 1;
}

Test(reauth, child_refused_this_time)
{
    set(0, 0);
    unique = IK_UNIQUE_REPLACE;
    STORY(&pair, UP(A, 0), UP_BOTH, CALL(refuse_suite_b), CALL(reauth_a), EXPECT(A, IK_EV_IKE_UP),
          EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_NO_PROPOSAL),
          EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_REFUSED), SILENT(A), WAIT(5 * IK_SECOND), SILENT(A),
          USAGE(A, 1, 1), MARK, TALK(0), LOSSLESS);
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A packet asks for its SA with its own selectors first (RFC 7296 2.9), so that of several policies
 * the peer takes the one that holds it; and a packet outside of what is up asks for more.
 */
#include "story.h"

#include "ike/xchg/xchg.h"

#include "sim/node.h"

#if IK_PACKET_TS

#define CREATE IK_EX_CREATE_CHILD_SA

/* What B has beside its first policy. */
static const char *second_local;
static bool b_calls, a_initiates_only, one_of_a_flow;

static void tune(struct sim_conf *a, struct sim_conf *b)
{
    a->config.exchanges = a_initiates_only ? ik_exchanges_initiator : ik_exchanges_all;
    a->config.life = b->config.life = &ik_lifetimes;
    b->policies[1] = b->policies[0];
    b->policies[1].ts_local_n = 1;
    cr_assert(host_ts_parse(second_local, &b->policies[1].ts_local[0]));
    b->config.policies_n = 2;
    if (b_calls)
        b->peers[0].remote = a->peers[0].local;
    if (one_of_a_flow)
        a->peers[0].unique = b->peers[0].unique = IK_UNIQUE_REPLACE;
}

static const struct sim_pair nets = {
    .ts_b = "10.0.0.0/8", .wide_a = "10.1.0.0/24", .wide_b = "10.2.0.0/24", .tune = tune};
static const struct sim_pair ports = {
    .ts_b = "10.2.0.0/24", .wide_a = "10.1.0.0/24", .wide_b = "10.2.0.0/24[udp/53]", .tune = tune};

static void set(const char *local)
{
    second_local = local;
    b_calls = a_initiates_only = one_of_a_flow = false;
}

/* ---- packets --------------------------------------------------------------------------------- */

static void packet(struct sim *s, uint16_t from, const char *src, const char *dst, uint16_t port)
{
    sim_traffic_send(s, from,
                     &(struct sim_inner){.src = sim_addr(s, src),
                                         .dst = sim_addr(s, dst),
                                         .src_port = from == A ? 1000 : port,
                                         .dst_port = from == A ? port : 1000,
                                         .to = (uint16_t)(from == A ? B + 1 : A + 1)});
}

static void to_2(struct sim *s)
{
    packet(s, A, "10.1.0.1", "10.2.0.1", 7);
}

/* Beside 10.2.0.0/24. */
static void to_3(struct sim *s)
{
    packet(s, A, "10.1.0.1", "10.2.1.1", 7);
}

static void to_9(struct sim *s)
{
    packet(s, A, "10.1.0.1", "10.9.0.1", 7);
}

static void from_9(struct sim *s)
{
    packet(s, B, "10.9.0.1", "10.1.0.1", 7);
}

static void from_2(struct sim *s)
{
    packet(s, B, "10.2.0.1", "10.1.0.1", 7);
}

static void to_200(struct sim *s)
{
    packet(s, A, "10.1.0.1", "10.2.0.200", 7);
}

static void from_200(struct sim *s)
{
    packet(s, B, "10.2.0.200", "10.1.0.1", 7);
}

/* Outside of all that B has. */
static void to_7(struct sim *s)
{
    packet(s, A, "10.1.0.1", "10.7.0.1", 7);
}

static void to_port_53(struct sim *s)
{
    packet(s, A, "10.1.0.1", "10.2.0.1", 53);
}

#define BOTH_WAYS                                                                                  \
    MARK, CALL(to_2), CALL(to_9), CALL(from_2), CALL(from_9), WAIT(IK_SECOND), LOSSLESS

/* Both are up, each by its packet. */
#define BOTH_UP                                                                                    \
    CALL(to_9), UP_BOTH, CALL(to_2), EXPECT(A, IK_EV_CHILD_UP), EXPECT(B, IK_EV_CHILD_UP),         \
        SILENT(A), SILENT(B), USAGE(A, 1, 2), USAGE(B, 1, 2)

/* ---- which policy ---------------------------------------------------------------------------- */

Test(first, policy_of_the_packet)
{
    set("10.9.0.0/24");
    STORY(&nets, BOTH_UP, BOTH_WAYS, CONVERGED, DOWN(A), FORGET(A), FORGET(B), WAIT(IK_SECOND),
          END_ALL);
}

/* Without a packet it is the first policy that fits; then a packet asks for the other. */
Test(first, packet_outside_of_what_is_up)
{
    set("10.9.0.0/24");
    STORY(&nets, UP(A, 0), UP_BOTH, CALL(to_9), EXPECT(A, IK_EV_CHILD_UP),
          EXPECT(B, IK_EV_CHILD_UP), BOTH_WAYS, USAGE(A, 1, 2), CONVERGED);
}

Test(first, protocol_and_ports)
{
    set("10.2.0.0/24[udp/7]");
    STORY(&ports, CALL(to_2), UP_BOTH, CALL(to_port_53), EXPECT(A, IK_EV_CHILD_UP),
          EXPECT(B, IK_EV_CHILD_UP), MARK, CALL(to_2), CALL(to_port_53), CALL(from_2),
          WAIT(IK_SECOND), LOSSLESS, CONVERGED);
}

/* With the messages lost once, and a train of packets meanwhile: one SA for all. */
Test(first, train_of_packets_on_a_bad_path)
{
    set("10.9.0.0/24");
    STORY(&nets, UP(A, 0), UP_BOTH, DROP(A, CREATE, REQUEST, 1), DROP(B, CREATE, RESPONSE, 1),
          CALL(to_9), CALL(to_9), WAIT(100 * IK_MS), CALL(to_9), WAIT(IK_SECOND), CALL(to_9),
          WAIT(10 * IK_SECOND), EXPECT(A, IK_EV_CHILD_UP), EXPECT(B, IK_EV_CHILD_UP), SILENT(A),
          HITS(0, 1), HITS(1, 1), BOTH_WAYS, USAGE(A, 1, 2), CONVERGED);
}

/* ---- what B does not allow ------------------------------------------------------------------- */

/* It is refused, the user hears why, and what is up serves on. Not each packet asks. */
Test(first, packet_that_nobody_takes)
{
    set("10.2.0.0/24");
    STORY(&nets, UP(A, 0), UP_BOTH, CALL(to_7), CALL(to_7),
          EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_TS), CALL(to_7), CALL(to_7), WAIT(IK_SECOND),
          SILENT(A), SILENT(B), USAGE(A, 1, 1), USAGE(B, 1, 1), WAIT(5 * IK_SECOND), CALL(to_7),
          EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_TS), MARK, CALL(to_2), CALL(from_2),
          WAIT(IK_SECOND), LOSSLESS, CONVERGED);
}

/* As first SA of all: B gives what it has, and what B has is of use to others. */
Test(first, packet_that_nobody_takes_comes_first)
{
    set("10.2.0.0/24");
    STORY(&nets, CALL(to_7), UP_BOTH, MARK, CALL(to_2), CALL(from_2), WAIT(IK_SECOND), LOSSLESS,
          CALL(to_7), EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_TS), USAGE(A, 1, 1), USAGE(B, 1, 1),
          CONVERGED);
}

/* B's policies are others now, for these addresses of its own. */
static void configure_b(struct sim *s, const char *first, const char *second)
{
    struct sim_node *n = s->nodes[B];
    struct ik_config *other = sim_own(s, sizeof *other);
    struct ik_policy *policies = sim_own(s, 2 * sizeof *policies);
    const char *const local[] = {first, second};

    *other = *n->opts.config;
    for (unsigned i = 0; i < 2; i++) {
        policies[i] = other->policies[0];
        if (!host_ts_parse(local[i], &policies[i].ts_local[0]))
            sim_fail(s, "%s: no selector", local[i]);
    }
    other->policies = policies;
    other->policies_n = 2;
    if (ik_node_configure(&n->core, sim_node_now(n), other) != IK_OK)
        sim_fail(s, "B takes no other policies");
    sim_node_pump(n);
}

static void halve_b(struct sim *s)
{
    configure_b(s, "10.2.0.128/25", "10.2.0.0/24");
}

static void widen_b(struct sim *s)
{
    configure_b(s, "10.2.0.0/23", "10.9.0.0/24");
}

/* A responder that answers with other packets, which have an SA: that goes back, and none of them
 * is lost over it. */
Test(first, answer_without_the_packet)
{
    set("10.9.0.0/24");
    STORY(&nets, UP(A, 0), UP_BOTH, CALL(halve_b), MARK, CALL(to_2), CALL(from_2), WAIT(IK_SECOND),
          LOSSLESS, CALL(to_7), WAIT(25 * IK_MS), MARK, CALL(from_200), WAIT(10 * IK_MS),
          CALL(from_200), CALL(from_2), CALL(to_200), WAIT(10 * IK_MS), CALL(from_200),
          WAIT(IK_SECOND), LOSSLESS, EXPECT(A, IK_EV_CHILD_UP),
          EXPECT_WHY(A, IK_EV_CHILD_DOWN, IK_WHY_TS), EXPECT(B, IK_EV_CHILD_UP),
          EXPECT_WHY(B, IK_EV_CHILD_DOWN, IK_WHY_DELETED_PEER), USAGE(A, 1, 1), USAGE(B, 1, 1),
          CONVERGED);
}

/* The same with more than that: what no SA had until now stays. */
Test(first, answer_without_the_packet_but_with_more)
{
    set("10.9.0.0/24");
    STORY(&nets, UP(A, 0), UP_BOTH, CALL(widen_b), CALL(to_7), EXPECT(A, IK_EV_CHILD_UP),
          EXPECT(B, IK_EV_CHILD_UP), SILENT(A), SILENT(B), WAIT(IK_SECOND), USAGE(A, 1, 2),
          USAGE(B, 1, 2), MARK, CALL(to_3), CALL(to_2), CALL(from_2), WAIT(IK_SECOND), LOSSLESS,
          SILENT(A), SILENT(B));
}

/* Who cannot ask for a further one does not set up another IKE SA for it. */
Test(first, initiator_without_create_child_sa)
{
    set("10.9.0.0/24");
    a_initiates_only = true;
    STORY(&nets, UP(A, 0), UP_BOTH, CALL(to_9), WAIT(IK_SECOND), SILENT(A), SILENT(B),
          USAGE(A, 1, 1), USAGE(B, 1, 1), CONVERGED);
}

/* ---- renewal --------------------------------------------------------------------------------- */

static void rekey_all(struct sim *s, uint16_t n)
{
    struct sim_node *node = s->nodes[n];
    bool up[64] = {false};

    for (uint16_t i = 0; i < node->opts.child_sas && i < 64; i++)
        up[i] = node->child_sas[i].state == IK_CHILD_UP;
    for (uint16_t i = 0; i < node->opts.child_sas && i < 64; i++) {
        if (up[i])
            sim_rekey_child(s, n, i);
    }
}

static void rekey_a(struct sim *s)
{
    rekey_all(s, A);
}

static void rekey_b(struct sim *s)
{
    rekey_all(s, B);
}

static void reauth_of(struct sim *s, uint16_t n)
{
    for (uint16_t i = 0; i < s->nodes[n]->opts.ike_sas; i++)
        sim_reauth(s, n, i);
}

static void reauth_a(struct sim *s)
{
    reauth_of(s, A);
}

static void reauth_b(struct sim *s)
{
    reauth_of(s, B);
}

/* A packet of each, every 20 ms. */
static void talk(struct sim *s)
{
    for (unsigned i = 0; i < 50 && !s->failed; i++) {
        to_2(s);
        to_9(s);
        from_2(s);
        from_9(s);
        sim_run_for(s, 20 * IK_MS);
    }
}

/* 2.9.2: each has afterwards what it had, for its own selectors are asked for first. */
Test(first, rekeyed)
{
    for (unsigned who = 0; who < 3; who++) {
        set("10.9.0.0/24");
        STORY(&nets, BOTH_UP, MARK, CALL(who != 1 ? rekey_a : rekey_b),
              CALL(who != 0 ? rekey_b : rekey_a), CALL(talk), WAIT(10 * IK_SECOND), LOSSLESS,
              BOTH_WAYS, USAGE(A, 1, 2), USAGE(B, 1, 2), CONVERGED);
    }
}

/* Several Child SAs of one policy, each with one in its place. */
Test(first, reauthenticated)
{
    for (unsigned who = 0; who < 2; who++) {
        set("10.9.0.0/24");
        b_calls = true;
        STORY(&nets, BOTH_UP, MARK, CALL(who == 0 ? reauth_a : reauth_b), CALL(talk), CALL(talk),
              WAIT(10 * IK_SECOND), LOSSLESS, BOTH_WAYS, USAGE(A, 1, 2), USAGE(B, 1, 2), CONVERGED);
    }
}

/* B asks, too, at the same moment: each of the two has one, and both serve; or, where there is to
 * be one for a flow, soon one. */
Test(first, both_at_once)
{
    for (unsigned one = 0; one < 2; one++) {
        set("10.9.0.0/24");
        b_calls = true;
        one_of_a_flow = one != 0;
        STORY(&nets, UP(A, 0), UP_BOTH, CALL(to_9), CALL(from_9), WAIT(IK_SECOND), USAGE(A, 1, 3),
              USAGE(B, 1, 3), FORGET(A), FORGET(B), BOTH_WAYS, WAIT(10 * IK_SECOND), BOTH_WAYS,
              USAGE(A, 1, one ? 2 : 3), USAGE(B, 1, one ? 2 : 3));
        if (one)
            STORY(&nets, UP(A, 0), UP_BOTH, CALL(to_9), CALL(from_9), WAIT(15 * IK_SECOND),
                  CONVERGED);
    }
}

#endif

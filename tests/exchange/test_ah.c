/* SPDX-License-Identifier: MIT */
/*
 * AH that IKE has negotiated (RFC 4302, RFC 7296 3.3.1, 1.4.1, 1.3.3). Between the two, a router
 * writes into each header what routers may.
 */
#include "story.h"

#include "ike/xchg/xchg.h"

#include "sim/node.h"

#if IK_AH

static const char *const suites[] = {"sha1",       "sha256",     "sha384",     "sha512",
                                     "aesxcbc",    "aescmac",    "sha256-esn", "sha384-x25519",
                                     "aes128gmac", "aes192gmac", "aes256gmac", "aes128gmac-esn"};

static void list_all(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    a->config.exchanges = ik_exchanges_all;
}

/* ESP would be a mistake. */
static void watch(void *ctx, const struct sim_dgram *d)
{
    struct sim_view v;

    sim_view(d, &v);
    if (v.kind == SIM_ESP || v.kind == SIM_JUNK)
        sim_fail(ctx, "what is neither IKE nor AH");
}

static void watch_protocol(struct sim *s)
{
    s->net.tap = watch;
    s->net.tap_ctx = s;
}

static const struct sim_pair tunnel = {.ah_a = "sha256", .tune = list_all};
static const struct sim_pair transport = {.ah_a = "sha256", .mode = IK_TRANSPORT, .tune = list_all};

Test(ah, every_suite_and_way)
{
    for (size_t i = 0; i < 6 * sizeof suites / sizeof *suites; i++) {
        const struct sim_pair p = {.ah_a = suites[i / 6],
                                   .mode = i % 6 < 4 ? IK_TUNNEL : IK_TRANSPORT,
                                   .v6 = i % 2 != 0,
                                   .inner6 = i % 6 >= 2};
        STORY(&p, CALL(watch_protocol), UP(A, 0), UP_BOTH, TALK(0), TALK(1),
              COUNT(A, IK_COUNT_AH_OUT, 2), COUNT(A, IK_COUNT_AH_IN, 2), LOSSLESS, DOWN_BOTH(A, B));
    }
}

/* ---- negotiation ----------------------------------------------------------------------------- */

/* The two want different protocols: neither is the other's proposal. */
Test(ah, esp_is_another_protocol)
{
    const struct sim_pair p = {.ah_a = "sha256", .esp_b = "aes128gcm16"};
    const struct sim_pair q = {.esp_a = "aes128-sha256", .ah_b = "sha256"};
    STORY(&p, UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
          EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_NO_PROPOSAL), FORGET(B), DOWN(A), FORGET(A),
          WAIT(IK_SECOND), FORGET(A), FORGET(B), END_ALL);
    STORY(&q, UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
          EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_NO_PROPOSAL), FORGET(B), DOWN(A), FORGET(A),
          WAIT(IK_SECOND), FORGET(A), FORGET(B), END_ALL);
}

Test(ah, first_proposal_in_common)
{
    const struct sim_pair p = {.ah_a = "sha512,sha384-esn,aescmac", .ah_b = "aescmac,sha1"};
    STORY(&p, CALL(watch_protocol), UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

/* RFC 3715 2.1: no packet would pass, and both ends say so instead of an SA that is of no use. */
Test(ah, cannot_pass_a_nat)
{
    static const struct sim_nat_opts box = {.idle_for = 60 * IK_SECOND};
    const struct sim_pair p = {.ah_a = "sha256", .nat_a = &box};
    STORY(&p, UP(A, 0), EXPECT(A, IK_EV_IKE_UP), EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_AH_NAT),
          EXPECT(B, IK_EV_IKE_UP), EXPECT_WHY(B, IK_EV_CHILD_FAILED, IK_WHY_AH_NAT),
          COUNT(A, IK_COUNT_AH_OUT, 0), DOWN(A), WAIT(IK_SECOND), FORGET(A), FORGET(B), END_ALL);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void child(struct sim *s, uint16_t n, bool delete)
{
    struct sim_node *node = s->nodes[n];

    for (uint16_t i = 0; i < node->opts.child_sas; i++) {
        if (node->child_sas[i].state != IK_CHILD_UP)
            continue;
        if (delete)
            ik_node_down_child(&node->core, s->clock.now, i);
        else
            ik_node_rekey_child(&node->core, s->clock.now, i);
        sim_node_pump(node);
        return;
    }
    sim_fail(s, "n%u has no Child SA that is up", n);
}

static void rekey_a(struct sim *s)
{
    child(s, A, false);
}

static void rekey_b(struct sim *s)
{
    child(s, B, false);
}

static void delete_a(struct sim *s)
{
    child(s, A, true);
}

static void delete_b(struct sim *s)
{
    child(s, B, true);
}

#define REKEYED(n) EXPECT(n, IK_EV_CHILD_UP), EXPECT_WHY(n, IK_EV_CHILD_DOWN, IK_WHY_REKEYED)

Test(ah, rekeyed_by_either)
{
    const struct sim_pair pfs = {.ah_a = "sha256-esn-x25519", .tune = list_all};
    const struct sim_pair *const pairs[] = {&tunnel, &transport, &pfs};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        STORY(pairs[i], CALL(watch_protocol), UP(A, 0), UP_BOTH, TALK(0), CALL(rekey_a), REKEYED(A),
              REKEYED(B), TALK(1), CALL(rekey_b), REKEYED(A), REKEYED(B), TALK(2),
              WAIT(20 * IK_SECOND), USAGE(A, 1, 1), USAGE(B, 1, 1), LOSSLESS, DOWN_BOTH(A, B));
    }
}

/* 2.8.1: both ask at once; one of the two new ones stays. */
Test(ah, rekeyed_by_both_at_once)
{
    STORY(&tunnel, UP(A, 0), UP_BOTH, CALL(rekey_a), CALL(rekey_b), WAIT(20 * IK_SECOND), FORGET(A),
          FORGET(B), USAGE(A, 1, 1), USAGE(B, 1, 1), TALK(0), DOWN_BOTH(A, B));
}

/* 1.4.1: a Delete of AH's SPIs, answered with those of the other way. */
Test(ah, deleted_by_either)
{
    STORY(&tunnel, UP(A, 0), UP_BOTH, TALK(0), CALL(delete_a),
          EXPECT_WHY(A, IK_EV_CHILD_DOWN, IK_WHY_DELETED_HERE),
          EXPECT_WHY(B, IK_EV_CHILD_DOWN, IK_WHY_DELETED_PEER), USAGE(A, 1, 0), USAGE(B, 1, 0),
          DOWN(A), WAIT(IK_SECOND), FORGET(A), FORGET(B), END_ALL);
    STORY(&transport, UP(A, 0), UP_BOTH, TALK(0), CALL(delete_b),
          EXPECT_WHY(B, IK_EV_CHILD_DOWN, IK_WHY_DELETED_HERE),
          EXPECT_WHY(A, IK_EV_CHILD_DOWN, IK_WHY_DELETED_PEER), USAGE(A, 1, 0), USAGE(B, 1, 0),
          DOWN(B), WAIT(IK_SECOND), FORGET(A), FORGET(B), END_ALL);
}

/* ---- on the way ------------------------------------------------------------------------------ */

Test(ah, twice_is_a_replay)
{
    STORY(&tunnel, ON_KIND(A, SIM_AH, EVERY, .act = SIM_TWICE), UP(A, 0), UP_BOTH, SEND(A, 3, 100),
          WAIT(IK_SECOND), DELIVERED(B, 3), DROPPED(B, IK_DROP_AH_REPLAY, 3), DOWN_BOTH(A, B));
}

/* A bit of the last octet. */
Test(ah, bent_on_the_way)
{
    STORY(&transport, ON_KIND(A, SIM_AH, FIRST, .act = SIM_FLIP, .bit = -1), UP(A, 0), UP_BOTH,
          SEND(A, 2, 100), WAIT(IK_SECOND), DELIVERED(B, 1), DROPPED(B, IK_DROP_AH_INTEGRITY, 1),
          DOWN_BOTH(A, B));
}

/* By one of a former life: unknown. */
Test(ah, behind_the_delete)
{
    STORY(&tunnel, UP(A, 0), UP_BOTH, ON_KIND(A, SIM_AH, FIRST, .act = SIM_HOLD, .label = 'x'),
          SEND(A, 1, 100), WAIT(IK_SECOND), DOWN_BOTH(A, B), RELEASE('x'), WAIT(IK_SECOND),
          DROPPED(B, IK_DROP_AH_UNKNOWN_SPI, 1), DELIVERED(B, 0));
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The peer of an IKE SA has made another one with another node of the same host, which that node is
 * told of (ik_node_rival): of two, one, as within one node (unique.c).
 */
#include "story.h"

#include "sim/node.h"

#if IK_REKEY

static void tune(struct sim_conf *a, struct sim_conf *b)
{
    struct sim_conf *both[] = {a, b};
    for (unsigned i = 0; i < 2; i++) {
        both[i]->config.exchanges = ik_exchanges_all;
        both[i]->config.life = &ik_lifetimes;
        both[i]->peers[0].unique = IK_UNIQUE_REPLACE;
    }
}

static void tune_keep(struct sim_conf *a, struct sim_conf *b)
{
    tune(a, b);
    b->peers[0].unique = IK_UNIQUE_KEEP;
}

static const struct sim_pair pair = {.tune = tune}, keeping = {.tune = tune_keep};

/* Of the IKE SA that a node has in slot 0, as another node of its host may have it. */
static struct ik_rival rival_of(struct sim *s, uint16_t who)
{
    struct ik_ike_info info;
    struct ik_rival out = {.age_ms = 0};
    cr_assert(ik_ike_info(&s->nodes[who]->core, 0, &info));
    memcpy(out.peer_id, info.peer_id, sizeof out.peer_id);
    memset(out.spi_i, 0x55, sizeof out.spi_i);
    return out;
}

static ik_slot tell(struct sim *s, uint16_t who, const struct ik_rival *rival)
{
    struct sim_node *n = s->nodes[who];
    ik_slot slot = ik_node_rival(&n->core, sim_node_now(n), rival);
    sim_node_pump(n);
    return slot;
}

/* B is responder of the new one, which was begun after the old one was up. */
static void newer(struct sim *s)
{
    struct ik_rival r = rival_of(s, B);
    cr_assert_eq(tell(s, B, &r), IK_NO_SLOT);
    cr_assert_eq(tell(s, B, &r), IK_NO_SLOT); /* twice is no sooner */
}

static void newer_and_only(struct sim *s)
{
    struct ik_rival r = rival_of(s, B);
    r.only = true;
    cr_assert_eq(tell(s, B, &r), IK_NO_SLOT);
}

static void older(struct sim *s)
{
    struct ik_rival r = rival_of(s, B);
    r.age_ms = 60000;
    r.only = true;
    cr_assert_eq(tell(s, B, &r), IK_NO_SLOT);
}

static void of_ours(struct sim *s)
{
    struct ik_rival r = rival_of(s, B);
    r.initiator = true;
    cr_assert_eq(tell(s, B, &r), IK_NO_SLOT);
}

static void of_somebody_else(struct sim *s)
{
    struct ik_rival r = rival_of(s, B);
    r.only = true;
    for (unsigned i = 1; i < 256; i++) { /* some fall into the same bucket */
        struct ik_rival other = r;
        other.peer_id[3] ^= (uint8_t)i;
        cr_assert_eq(tell(s, B, &other), IK_NO_SLOT);
    }
}

/* Both ends began at the same time: B called, too, by another node, with a lower or a higher SPI.
 */
static void crossed(struct sim *s, uint8_t octet, ik_slot stays)
{
    struct ik_rival r = rival_of(s, B);
    r.initiator = true;
    r.age_ms = 60000;
    memset(r.spi_i, octet, sizeof r.spi_i);
    cr_assert_eq(tell(s, B, &r), stays);
}

static void crossed_by_higher(struct sim *s)
{
    crossed(s, 0xff, IK_NO_SLOT);
}

static void crossed_by_lower(struct sim *s)
{
    crossed(s, 0, 0);
}

#define REPLACED                                                                                   \
    EXPECT_WHY(B, IK_EV_CHILD_DOWN, IK_WHY_REPLACED), EXPECT_WHY(B, IK_EV_IKE_DOWN, IK_WHY_REPLACED)
#define DELETED                                                                                    \
    EXPECT_WHY(A, IK_EV_CHILD_DOWN, IK_WHY_DELETED_PEER),                                          \
        EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_DELETED_PEER)

Test(rival, newer_one_takes_the_place_after_a_while)
{
    STORY(&pair, UP(A, 0), UP_BOTH, WAIT(10 * IK_SECOND), CALL(newer), WAIT(900 * IK_MS), TALK(0),
          SILENT(B), REPLACED, DELETED, END_ALL);
}

Test(rival, after_initial_contact_at_once)
{
    STORY(&pair, UP(A, 0), UP_BOTH, WAIT(10 * IK_SECOND), CALL(newer_and_only), REPLACED,
          USAGE(B, 0, 0));
}

Test(rival, initial_contact_counts_whatever_is_kept)
{
    STORY(&keeping, UP(A, 0), UP_BOTH, WAIT(10 * IK_SECOND), CALL(newer), WAIT(20 * IK_SECOND),
          SILENT(B), CALL(newer_and_only), REPLACED, USAGE(B, 0, 0));
}

Test(rival, others_change_nothing)
{
    STORY(&pair, UP(A, 0), UP_BOTH, WAIT(10 * IK_SECOND), CALL(older), CALL(of_ours),
          CALL(of_somebody_else), WAIT(20 * IK_SECOND), SILENT(A), SILENT(B), TALK(0),
          USAGE(A, 1, 1), USAGE(B, 1, 1), CONVERGED);
}

Test(rival, of_two_that_crossed_the_lower_spi_goes)
{
    STORY(&pair, UP(A, 0), UP_BOTH, WAIT(IK_SECOND), CALL(crossed_by_higher), WAIT(4900 * IK_MS),
          SILENT(B), WAIT(IK_SECOND), REPLACED, DELETED, END_ALL);
}

Test(rival, of_two_that_crossed_the_higher_spi_stays)
{
    STORY(&pair, UP(A, 0), UP_BOTH, WAIT(IK_SECOND), CALL(crossed_by_lower), WAIT(20 * IK_SECOND),
          SILENT(A), SILENT(B), USAGE(A, 1, 1), USAGE(B, 1, 1), CONVERGED);
}

/* ---- another configuration --------------------------------------------------------------------
 */

static void forget_peer(struct sim *s)
{
    struct sim_node *n = s->nodes[B];
    struct ik_config *none = sim_own(s, sizeof *none);
    *none = *n->opts.config;
    none->peers = sim_own(s, 1); /* none: what lies there is nobody's */
    none->policies = NULL;
    none->peers_n = none->policies_n = 0;
    if (ik_node_configure(&n->core, sim_node_now(n), none) != IK_OK)
        sim_fail(s, "B takes no empty configuration");
    sim_node_pump(n);
}

/* What is closing for it does not look for its peer there. */
Test(rival, configuration_without_the_peer)
{
    STORY(&pair, UP(A, 0), UP_BOTH, WAIT(IK_SECOND), CALL(forget_peer),
          EXPECT_WHY(B, IK_EV_CHILD_DOWN, IK_WHY_CONFIG),
          EXPECT_WHY(B, IK_EV_IKE_DOWN, IK_WHY_CONFIG), DELETED, END_ALL);
}

#endif

/* SPDX-License-Identifier: MIT */
/* Another configuration in the place of the present one: which SAs stay, and under which numbers.
 */
#include "pair.h"

/* A second configuration of one end, which begins as a copy of its first. */
struct other {
    struct ik_config config;
    struct ik_peer peer[2];
    struct ik_policy policy[2];
};

static void copy(struct other *o, const struct end *e)
{
    *o = (struct other){.config = e->config};
    memcpy(o->peer, e->peer, sizeof o->peer);
    memcpy(o->policy, e->policy, sizeof o->policy);
    o->config.peers = o->peer;
    o->config.policies = o->policy;
}

static void configure(struct pair *p, unsigned who, const struct other *o)
{
    cr_assert_eq(ik_node_configure(&p->end[who].node, p->now, &o->config), IK_OK);
    pair_settle(p);
}

static struct pair *up(void)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

static void assert_data_both_ways(struct pair *p)
{
    pair_assert_data(p, 0);
    pair_assert_data(p, 1);
}

/* All is deleted, at both ends, because of the configuration of end `who`. */
static void assert_ike_deleted(struct pair *p, unsigned who)
{
    cr_assert_eq(pair_count(&p->end[who], IK_EV_IKE_DOWN), 1);
    cr_assert_eq(pair_find(&p->end[who], IK_EV_IKE_DOWN)->reason, IK_WHY_CONFIG);
    cr_assert_eq(pair_find(&p->end[!who], IK_EV_IKE_DOWN)->reason, IK_WHY_DELETED_PEER);
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, who, 0, 0);
    pair_assert_usage(p, !who, 0, 0);
}

/* The Child SA is, and the IKE SA stays. */
static void assert_child_deleted(struct pair *p, unsigned who)
{
    cr_assert_eq(pair_count(&p->end[who], IK_EV_IKE_DOWN), 0);
    cr_assert_eq(pair_count(&p->end[who], IK_EV_CHILD_DOWN), 1);
    cr_assert_eq(pair_find(&p->end[who], IK_EV_CHILD_DOWN)->reason, IK_WHY_CONFIG);
    cr_assert_eq(pair_find(&p->end[!who], IK_EV_CHILD_DOWN)->reason, IK_WHY_DELETED_PEER);
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, who, 1, 0);
    pair_assert_usage(p, !who, 1, 0);
}

/* ---- what stays ----------------------------------------------------------------------------- */

Test(configure, the_same_again_changes_nothing)
{
    for (unsigned who = 0; who < 2; who++) {
        struct pair *p = up();
        unsigned sent = p->grams_n, told = p->end[who].told_n;
        struct other o;
        copy(&o, &p->end[who]);
        configure(p, who, &o);
        cr_assert_eq(p->grams_n, sent);
        cr_assert_eq(p->end[who].told_n, told);
        cr_assert_eq(p->end[who].node.config, &o.config);
        assert_data_both_ways(p);
        free(p);
    }
}

/* Entry 0 is somebody else now: SAs have the numbers of the entries that they are of. */
Test(configure, entries_in_another_order)
{
    for (unsigned who = 0; who < 2; who++) {
        struct pair *p = up();
        struct end *e = &p->end[who];
        struct other o;
        copy(&o, e);
        o.peer[1] = o.peer[0];
        o.peer[0].remote = pair_addr("192.0.2.77");
        o.peer[0].remote_id.data = pair_text("somebody.example");
        o.policy[1] = o.policy[0];
        o.policy[1].peer = 1;
        o.policy[0].ts_remote[0] = pair_ts("10.77.0.0/24");
        o.config.peers_n = o.config.policies_n = 2;
        configure(p, who, &o);
        assert_data_both_ways(p);
        cr_assert_eq(e->ike_sas[pair_find(e, IK_EV_IKE_UP)->ike].peer, 1);
        cr_assert_eq(e->child_sas[pair_find(e, IK_EV_CHILD_UP)->child].policy, 1);
        /* It is found by its new number: nothing else is begun. */
        unsigned sent = p->grams_n;
        ik_node_up(&e->node, p->now, 1);
        pair_settle(p);
        cr_assert_eq(p->grams_n, sent);
        ik_node_down(&e->node, p->now, 0);
        pair_settle(p);
        cr_assert_eq(pair_count(e, IK_EV_IKE_DOWN), 0);
        ik_node_down(&e->node, p->now, 1);
        pair_settle(p);
        cr_assert_eq(pair_last(e)->event, IK_EV_IKE_DOWN);
        cr_assert_eq(pair_last(e)->peer, 1);
        free(p);
    }
}

Test(configure, a_policy_that_protects_more)
{
    for (unsigned who = 0; who < 2; who++) {
        struct pair *p = up();
        struct other o;
        copy(&o, &p->end[who]);
        o.policy[0].ts_local[0] = o.policy[0].ts_remote[0] = pair_ts("10.0.0.0/8");
        configure(p, who, &o);
        assert_data_both_ways(p);
        free(p);
    }
}

/* ---- what does not -------------------------------------------------------------------------- */

typedef void (*change)(struct other *o);

static void nobody(struct other *o)
{
    o->config.peers_n = o->config.policies_n = 0;
}

static void another_name(struct other *o)
{
    o->peer[0].remote_id.data = pair_text("another.example");
}

static void another_name_of_ours(struct other *o)
{
    o->peer[0].local_id.data = pair_text("another.example");
}

static void another_address(struct other *o)
{
    o->peer[0].remote = pair_addr("192.0.2.77");
}

static void another_address_of_ours(struct other *o)
{
    o->peer[0].local = pair_addr("192.0.2.77");
}

static void another_suite(struct other *o)
{
    static struct ik_proposal other[1];
    o->peer[0].proposals = other;
    o->peer[0].proposals_n = pair_suites("aes256-sha256-x25519", true, other);
}

Test(configure, an_ike_sa_that_is_not_allowed_any_more)
{
    static const change changes[] = {
        nobody,       another_name, another_name_of_ours, another_address, another_address_of_ours,
        another_suite};
    for (unsigned i = 0; i < 2 * sizeof changes / sizeof changes[0]; i++) {
        struct pair *p = up();
        struct other o;
        copy(&o, &p->end[i & 1]);
        changes[i / 2](&o);
        configure(p, i & 1, &o);
        assert_ike_deleted(p, i & 1);
        free(p);
    }
}

static void no_policy(struct other *o)
{
    o->config.policies_n = 0;
}

static void narrower(struct other *o)
{
    o->policy[0].ts_remote[0].hi[3] = 254;
}

static void narrower_here(struct other *o)
{
    o->policy[0].ts_local[0].lo[3] = 1;
}

static void discarded(struct other *o)
{
    o->policy[0].action = IK_DISCARD;
}

static void of_somebody_else(struct other *o)
{
    o->peer[1] = o->peer[0];
    o->peer[1].remote = pair_addr("192.0.2.77");
    o->peer[1].remote_id.data = pair_text("somebody.example");
    o->config.peers_n = 2;
    o->policy[0].peer = 1;
}

Test(configure, a_child_sa_that_is_not_allowed_any_more)
{
    static const change changes[] = {no_policy, narrower, narrower_here, discarded,
                                     of_somebody_else};
    for (unsigned i = 0; i < 2 * sizeof changes / sizeof changes[0]; i++) {
        struct pair *p = up();
        struct other o;
        copy(&o, &p->end[i & 1]);
        changes[i / 2](&o);
        configure(p, i & 1, &o);
        assert_child_deleted(p, i & 1);
        free(p);
    }
}

#if IK_PACKET_TS
/* RFC 4301 4.4.1.2: what has more than one value is no SA of an entry that takes it from packets.
 */
Test(configure, that_takes_selectors_from_packets)
{
    for (unsigned one = 0; one < 2; one++) {
        struct pair *p = pair_new();
        struct other o;
        if (one) {
            p->end[0].policy[0].ts_remote[0] = pair_ts("10.2.0.1/32");
        }
        pair_start(p);
        pair_up(p);
        pair_assert_up(p);
        copy(&o, &p->end[0]);
        o.policy[0].pfp = IK_PFP_REMOTE;
        o.policy[0].ts_remote[0] = pair_ts("10.2.0.0/16");
        configure(p, 0, &o);
        if (one) {
            cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_DOWN), 0);
        } else {
            assert_child_deleted(p, 0);
        }
        free(p);
    }
}
#endif

Test(configure, in_another_mode)
{
    struct pair *p = pair_new();
    for (unsigned who = 0; who < 2; who++) {
        struct ik_policy *s = &p->end[who].policy[0];
        s->mode = IK_TRANSPORT;
        s->ts_local[0] = pair_ts(who ? "192.0.2.2" : "192.0.2.1");
        s->ts_remote[0] = pair_ts(who ? "192.0.2.1" : "192.0.2.2");
    }
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    struct other o;
    copy(&o, &p->end[0]);
    o.policy[0].mode = IK_TUNNEL;
    configure(p, 0, &o);
    assert_child_deleted(p, 0);
    free(p);
}

/* ---- selectors that are the policy's own ---------------------------------------------------- */

static struct pair *up_with_three(uint16_t more)
{
    struct pair *p = pair_new();
    for (unsigned who = 0; who < 2; who++) {
        struct ik_policy *s = &p->end[who].policy[0];
        s->ts_local_n = s->ts_remote_n = 2;
        s->ts_local[1] = pair_ts(who ? "10.4.0.0/24" : "10.3.0.0/24");
        s->ts_remote[1] = pair_ts(who ? "10.3.0.0/24" : "10.4.0.0/24");
    }
    p->end[0].host.child_more_n = more;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

/* They stay what was agreed on, whatever the policy says now. */
Test(configure, selectors_are_kept_apart_from_the_policy)
{
    struct pair *p = up_with_three(PAIR_SAS);
    struct ik_child_sa *child = &p->end[0].child_sas[pair_find(&p->end[0], IK_EV_CHILD_UP)->child];
    struct other o;
    uint8_t n;
    cr_assert(child->own_ts);
    copy(&o, &p->end[0]);
    o.policy[0].ts_local_n = o.policy[0].ts_remote_n = 1;
    o.policy[0].ts_local[0] = o.policy[0].ts_remote[0] = pair_ts("10.0.0.0/8");
    configure(p, 0, &o);
    configure(p, 0, &o);
    cr_assert_not(child->own_ts);
    const struct ik_ts *ts = ik_child_ts_local(&p->end[0].node.ipsec, child, &n);
    cr_assert_eq(n, 2);
    cr_assert(ik_ts_within(&ts[1], &p->end[0].policy[0].ts_local[1]));
    ts = ik_child_ts_remote(&p->end[0].node.ipsec, child, &n);
    cr_assert_eq(n, 2);
    cr_assert(ik_ts_within(&ts[1], &p->end[0].policy[0].ts_remote[1]));
    assert_data_both_ways(p);
    free(p);
}

Test(configure, no_room_to_keep_them)
{
    struct pair *p = up_with_three(0);
    struct other o;
    copy(&o, &p->end[0]);
    configure(p, 0, &o);
    assert_child_deleted(p, 0);
    free(p);
}

/* ---- the rest ------------------------------------------------------------------------------- */

/* An IKE SA that is opening has agreed on nothing yet. */
Test(configure, in_the_midst_of_opening)
{
    struct pair *p = pair_new();
    struct other o;
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    cr_assert_eq(p->grams_n, 1);
    copy(&o, &p->end[0]);
    cr_assert_eq(ik_node_configure(&p->end[0].node, p->now, &o.config), IK_OK);
    pair_drain(p, 0);
    cr_assert_eq(pair_find(&p->end[0], IK_EV_IKE_FAILED)->reason, IK_WHY_CONFIG);
    pair_pass(p, 60 * IK_SECOND);
    pair_assert_usage(p, 0, 0, 0);
    pair_up(p); /* by the new one */
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 1);
    free(p);
}

/* While its Delete is under way the SA is left alone. */
Test(configure, in_the_midst_of_closing)
{
    struct pair *p = up();
    struct other o;
    ik_node_down(&p->end[0].node, p->now, IK_NO_SLOT);
    pair_drain(p, 0);
    copy(&o, &p->end[0]);
    nobody(&o);
    configure(p, 0, &o);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_DOWN), 1);
    cr_assert_eq(pair_find(&p->end[0], IK_EV_IKE_DOWN)->reason, IK_WHY_DELETED_HERE);
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, 0, 0, 0);
    free(p);
}

Test(configure, a_wrong_configuration_changes_nothing)
{
    struct pair *p = up();
    struct other o;
    unsigned sent = p->grams_n;
    copy(&o, &p->end[0]);
    o.policy[0].peer = 7;
    cr_assert_eq(ik_node_configure(&p->end[0].node, p->now, &o.config), IK_ERR_CONFIG);
    pair_settle(p);
    cr_assert_eq(p->grams_n, sent);
    cr_assert_eq(p->end[0].node.config, &p->end[0].config);
    assert_data_both_ways(p);
    free(p);
}

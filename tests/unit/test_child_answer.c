/* SPDX-License-Identifier: MIT */
/* CREATE_CHILD_SA at the responder: by which policy, and to what it is narrowed (RFC 7296 2.8, 2.9,
 * 2.9.2). */
#include "craft.h"

static craft_edit edit;

/* Rewrites the requests of CREATE_CHILD_SA. */
static bool edit_request(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 1 && g->b[18] == IK_EX_CREATE_CHILD_SA && edit != NULL) {
        craft_rewrite(p, g, edit);
        p->seen++;
    }
    return true;
}

/* End 1 has two policies, for these addresses of its own. */
static struct pair *two_policies(const char *first, const char *second)
{
    struct pair *p = pair_new();
    p->end[0].config.exchanges = ik_exchanges_all;
    p->end[1].policy[1] = p->end[1].policy[0];
    p->end[1].policy[0].ts_local[0] = pair_ts(first);
    p->end[1].policy[1].ts_local[0] = pair_ts(second);
    p->end[1].config.policies_n = 2;
    p->hook = edit_request;
    return p;
}

static const struct ik_child_sa *child_up(struct pair *p, unsigned who)
{
    const struct ik_child_sa *found = NULL;
    for (unsigned i = 0; i < PAIR_SAS; i++) {
        const struct ik_child_sa *c = &p->end[who].child_sas[i];
        if (c->state == IK_CHILD_UP) {
            cr_assert_null(found, "end %u has two", who);
            found = c;
        }
    }
    cr_assert_not_null(found, "end %u has none", who);
    return found;
}

/* What end 0 may send to by the one that is up. */
static void assert_remote(struct pair *p, const char *text)
{
    struct ik_ts want = pair_ts(text);
    uint8_t n;
    const struct ik_ts *ts = ik_child_ts_remote(&p->end[0].node.ipsec, child_up(p, 0), &n);
    cr_assert_eq(n, 1);
    cr_assert_eq(memcmp(ts, &want, sizeof want), 0, "not %s", text);
}

static void rekey(struct pair *p)
{
    ik_node_rekey_child(&p->end[0].node, p->now, pair_find(&p->end[0], IK_EV_CHILD_UP)->child);
    pair_settle(p);
}

#define HEAD 4      /* octets of a TS payload's body before its selectors */
#define SELECTOR 16 /* octets of one of IPv4 */

static void swapped(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl == NULL || pl->type != IK_PL_TSR) {
        if (pl != NULL) {
            craft_copy(c, pl);
        }
        return;
    }
    cr_assert_eq(pl->body.p[0], 2);
    ik_payload_open(c, IK_PL_TSR);
    ik_wr_bytes(&c->w, pl->body.p, HEAD);
    ik_wr_bytes(&c->w, pl->body.p + HEAD + SELECTOR, SELECTOR);
    ik_wr_bytes(&c->w, pl->body.p + HEAD, SELECTOR);
    ik_payload_close(c);
}

/* Its peer asks for all that its configuration has, in the order of that, which a policy before the
 * old one's fits, too: the new one is for what the old one is for. */
Test(child_answer, rekeyed_by_the_policy_of_the_old_one)
{
    struct pair *p = two_policies("10.2.0.0/24", "10.9.0.0/24");
    struct ik_policy *all = &p->end[0].policy[0];
    all->ts_remote_n = 2;
    all->ts_remote[0] = pair_ts("10.9.0.0/24");
    all->ts_remote[1] = pair_ts("10.2.0.0/24");
    edit = swapped;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(child_up(p, 1)->policy, 1);
    rekey(p);
    cr_assert_eq(p->seen, 1);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 2);
    assert_remote(p, "10.9.0.0/24");
    free(p);
}

/* And if another one allows all that it has, and more. */
Test(child_answer, rekeyed_by_the_policy_of_the_old_one_though_another_has_more)
{
    struct pair *p = two_policies("10.0.0.0/8", "10.9.0.0/24");
    p->end[0].policy[0].ts_remote[0] = pair_ts("10.0.0.0/8");
    edit = NULL;
    pair_start(p);
    ik_node_up(&p->end[1].node, p->now, 1);
    pair_settle(p);
    pair_assert_up(p);
    rekey(p);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 2);
    assert_remote(p, "10.9.0.0/24");
    cr_assert_eq(child_up(p, 1)->policy, 1);
    free(p);
}

/* 2.9.2: "The responder MUST NOT narrow down the Traffic Selectors narrower than the scope
 * currently in use." By the policy of the old one nothing can be agreed on any more, and the other
 * is for a part of it only: the old one stays. */
Test(child_answer, rekeyed_to_no_less)
{
    struct pair *p = two_policies("10.2.0.0/28", "10.2.0.0/24");
    struct ik_proposal with_group;
    edit = NULL;
    pair_suites("aes128gcm16-x25519", false, &with_group);
    p->end[1].policy[1].proposals = &with_group;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(child_up(p, 1)->policy, 1);
    rekey(p);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 1);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_DOWN), 0);
    cr_assert(craft_last_has(p, 1, IK_N_NO_PROPOSAL_CHOSEN));
    assert_remote(p, "10.2.0.0/24");
    pair_assert_usage(p, 1, 1, 1);
    free(p);
}

static void fewer(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl != NULL && pl->type == IK_PL_TSR) {
        struct ik_ts ts = pair_ts("10.2.0.0/28");
        ik_ts_put(c, IK_PL_TSR, &ts, 1);
    } else if (pl != NULL) {
        craft_copy(c, pl);
    }
}

/* A peer that asks for less is given that: it is not we who narrow. */
Test(child_answer, rekeyed_to_as_little_as_is_asked_for)
{
    struct pair *p = two_policies("10.7.0.0/24", "10.2.0.0/24");
    edit = fewer;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    rekey(p);
    cr_assert_eq(p->seen, 1);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 2);
    assert_remote(p, "10.2.0.0/28");
    free(p);
}

static void short_nonce(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl != NULL && pl->type == IK_PL_NONCE) {
        ik_nonce_put(c, (struct ik_span){pl->body.p, 16});
    } else if (pl != NULL) {
        craft_copy(c, pl);
    }
}

/* 2.10: "at least half the key size of the negotiated pseudorandom function". 2.21.3: who says
 * INVALID_SYNTAX has no IKE SA any more, and whom it is said to neither. */
static void nonce_too_short(void (*ask)(struct pair *p))
{
    struct pair *p = two_policies("10.2.0.0/24", "10.7.0.0/24");
    pair_set_suites(&p->end[0], "aes128-sha256-prfsha512-x25519", "aes128gcm16");
    pair_set_suites(&p->end[1], "aes128-sha256-prfsha512-x25519", "aes128gcm16");
    edit = short_nonce;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    ask(p);
    cr_assert_eq(p->seen, 1);
    for (unsigned who = 0; who < 2; who++) {
        cr_assert_eq(pair_find(&p->end[who], IK_EV_IKE_DOWN)->reason, IK_WHY_SYNTAX);
        cr_assert_eq(pair_count(&p->end[who], IK_EV_CHILD_DOWN), 1);
    }
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, 0, 0, 0);
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

static void rekey_ike(struct pair *p)
{
    ik_node_rekey_ike(&p->end[0].node, p->now, craft_sa(p, 0)->slot);
    pair_settle(p);
}

Test(child_answer, nonce_that_is_too_short)
{
    nonce_too_short(rekey);
    nonce_too_short(rekey_ike);
}

static void ask_once_more(struct pair *p, const struct ik_ts *first)
{
    cr_assert(ik_child_create(&p->end[0].node, craft_sa(p, 0), 0, first));
    pair_settle(p);
}

static bool told_of_others;

/* Do the responses of CREATE_CHILD_SA say that another one might take more? */
static bool look_at_response(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    static uint8_t buf[PAIR_BUF];
    struct ik_msg m;
    struct ik_notify n;
    (void)path;
    if (to == 0 && g->b[18] == IK_EX_CREATE_CHILD_SA) {
        cr_assert(ik_export_open(&p->end[0].node, 0, g->b, g->len, buf, sizeof buf, &m));
        told_of_others |= ik_notify_find(&m, IK_N_ADDITIONAL_TS_POSSIBLE, &n);
        p->seen++;
    }
    return true;
}

/* 2.9: another policy would take what this one leaves out, or some of it. */
Test(child_answer, additional_ts_possible)
{
    static const struct {
        const char *first, *second;
        bool told;
    } rows[] = {{"10.2.0.0/25", "10.2.0.128/25", true}, {"10.2.0.0/25", "10.2.0.0/24", false},
                {"10.2.0.0/25", "10.2.0.0/26", false},  {"10.2.0.0/25", "10.3.0.0/24", false},
                {"10.2.0.0/25", "0.0.0.0/0", false},    {"10.2.0.128/26", "10.2.0.0/25", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair *p = two_policies(rows[i].first, rows[i].second);
        pair_start(p);
        pair_up(p);
        pair_assert_up(p);
        cr_assert_eq(craft_last_has(p, 1, IK_N_ADDITIONAL_TS_POSSIBLE), rows[i].told, "row %zu", i);
        p->hook = look_at_response;
        told_of_others = false;
        rekey(p);
        cr_assert_eq(p->seen, 1);
        cr_assert_not(told_of_others, "a rekeying takes what there was");
        ask_once_more(p, NULL);
        cr_assert_eq(p->seen, 2);
        cr_assert_eq(told_of_others, rows[i].told, "row %zu", i);
        free(p);
    }
}

/* Not if that is of a suite that was not offered, or protects nothing. */
Test(child_answer, additional_ts_impossible)
{
    static struct ik_proposal other[2];
    for (unsigned k = 0; k < 2; k++) {
        struct pair *p = two_policies("10.2.0.0/25", "10.2.0.128/25");
        if (k == 0) {
            p->end[1].policy[1].proposals = other;
            p->end[1].policy[1].proposals_n = pair_suites("aes256gcm16", false, other);
        } else {
            p->end[1].policy[1].action = IK_DISCARD;
        }
        pair_start(p);
        pair_up(p);
        pair_assert_up(p);
        cr_assert_not(craft_last_has(p, 1, IK_N_ADDITIONAL_TS_POSSIBLE));
    }
}

static bool lose_informational(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)path;
    return to != 1 || g->b[18] != IK_EX_INFORMATIONAL;
}

/* Of two for a flow one is deleted, but not the successor of one that is rekeyed and whose Delete
 * has not come yet. */
Test(child_answer, rekeyed_is_no_twin)
{
    for (unsigned turn = 0; turn < 8; turn++) { /* whichever has the lower SPI */
        struct pair *p = two_policies("10.2.0.0/24", "10.7.0.0/24");
        p->end[1].config.life = &ik_lifetimes;
        p->end[1].peer[0].unique = IK_UNIQUE_REPLACE;
        pair_start(p);
        ik_node_seed(&p->end[1].node, &turn, sizeof turn);
        pair_up(p);
        pair_assert_up(p);
        p->hook = lose_informational;
        rekey(p);
        cr_assert_eq(pair_count(&p->end[1], IK_EV_CHILD_UP), 2);
        pair_assert_data(p, 0); /* by the new one, which is up at both ends now */
        struct ik_ike_sa *sa = craft_sa(p, 1);
        sa->moment[IK_TIMER_UNIQUE] = ik_in(&p->end[1].node, 1000); /* of another Child SA's */
        ik_touch(&p->end[1].node, sa);
        pair_pass(p, 2 * IK_SECOND);
        p->hook = NULL;
        pair_pass(p, 20 * IK_SECOND);
        for (unsigned who = 0; who < 2; who++) {
            cr_assert_eq(pair_count(&p->end[who], IK_EV_CHILD_DOWN), 1);
            cr_assert_eq(pair_find(&p->end[who], IK_EV_CHILD_DOWN)->reason, IK_WHY_REKEYED);
            pair_assert_data(p, who);
        }
        free(p);
    }
}

/* 2.8: "IKEv2 deliberately allows parallel SAs with the same Traffic Selectors between common
 * endpoints." */
Test(child_answer, parallel)
{
    struct pair *p = two_policies("10.2.0.0/24", "10.7.0.0/24");
    p->end[0].policy[0].ts_remote[0] = pair_ts("10.2.0.0/16");
    edit = NULL;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    ask_once_more(p, NULL);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 2);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_FAILED), 0);
    pair_assert_usage(p, 0, 1, 2);
    pair_assert_usage(p, 1, 1, 2);
    free(p);
}

#if IK_PACKET_TS
/* But for a packet that it would not take there is no use in another one. */
Test(child_answer, nothing_for_the_packet)
{
    struct pair *p = two_policies("10.2.0.0/24", "10.7.0.0/24");
    struct ik_ts first[2] = {pair_ts("10.1.0.1/32"), pair_ts("10.2.3.1/32")};
    p->end[0].policy[0].ts_remote[0] = pair_ts("10.2.0.0/16");
    edit = NULL;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    ask_once_more(p, first);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 1);
    cr_assert_eq(pair_find(&p->end[0], IK_EV_CHILD_FAILED)->reason, IK_WHY_TS);
    pair_assert_usage(p, 1, 1, 1);
    free(p);
}
#endif

/* SPDX-License-Identifier: MIT */
/* IKE_AUTH at the responder: who may come in, and what is said to who may not. */
#include "craft.h"

static const struct gram *last_from(const struct pair *p, unsigned from)
{
    const struct gram *g = NULL;
    for (unsigned i = 0; i < p->grams_n; i++) {
        g = p->grams[i].from == from ? &p->grams[i] : g;
    }
    cr_assert_not_null(g);
    return g;
}

static void assert_refused(struct pair *p)
{
    cr_assert_eq(p->end[0].told_n, 1);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_AUTH);
    cr_assert_eq(pair_last(&p->end[0])->notify, IK_N_AUTHENTICATION_FAILED);
    cr_assert_eq(p->end[1].told_n, 1);
    cr_assert_eq(pair_last(&p->end[1])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_AUTH);
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, 0, 0, 0);
    pair_assert_usage(p, 1, 0, 0);
}

static struct pair *call(void (*set)(struct pair *))
{
    struct pair *p = pair_new();
    set(p);
    pair_start(p);
    p->hook = NULL;
    ik_node_up(&p->end[0].node, p->now, 0);
    while (pair_drain(p, 0), p->grams_n < 3) {
        pair_step(p);
    }
    return p;
}

static void wrong_psk(struct pair *p)
{
    p->end[0].peer[0].psk = pair_text("another pre-shared key of length");
}
static void wrong_psk_other_length(struct pair *p)
{
    p->end[0].peer[0].psk = pair_text("x");
}
static void unknown_id(struct pair *p)
{
    p->end[0].peer[0].local_id.data = pair_text("nobody.example");
}
static void unknown_id_type(struct pair *p)
{
    p->end[0].peer[0].local_id.type = IK_ID_KEY_ID;
}
static void unknown_id_and_psk(struct pair *p)
{
    unknown_id(p);
    wrong_psk(p);
}

/* Whoever is refused sees the same: number, length and shape of messages, and the state after. */
Test(auth_r, no_oracle_about_what_was_wrong)
{
    void (*const ways[])(struct pair *) = {wrong_psk, wrong_psk_other_length, unknown_id,
                                           unknown_id_type, unknown_id_and_psk};
    struct pair *first = NULL;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct pair *p = call(ways[i]);
        /* Before the initiator's own end wipes its keys. */
        while (p->delivered < 3) {
            pair_deliver(p, &p->grams[p->delivered++]);
        }
        cr_assert(craft_last_has(p, 1, IK_N_AUTHENTICATION_FAILED), "way %zu", i);
        pair_settle(p);
        assert_refused(p);
        cr_assert_eq(p->grams_n, 4);
        cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_NO_PEER) +
                         pair_drops(&p->end[1], IK_DROP_IKE_AUTH),
                     1);
        if (first == NULL) {
            first = p;
            continue;
        }
        cr_assert_eq(last_from(p, 1)->len, last_from(first, 1)->len);
        cr_assert_eq(memcmp(last_from(p, 1)->b + 16, last_from(first, 1)->b + 16, 12), 0);
        const struct ik_meter *a = &p->end[1].node.env.meter, *b = &first->end[1].node.env.meter;
        for (unsigned c = 0; c < IK_COST_N; c++) {
            cr_assert_eq(a->n[c], b->n[c], "way %zu costs other %s", i, host_cost_name(c));
        }
        free(p);
    }
    free(first);
}

/* The refusal is kept for a moment, in case it got lost. */
Test(auth_r, refusal_comes_again)
{
    struct pair *p = call(wrong_psk);
    pair_deliver(p, &p->grams[p->delivered++]);
    pair_deliver(p, &p->grams[2]);
    unsigned n = p->grams_n;
    pair_deliver(p, &p->grams[2]);
    cr_assert_eq(p->grams_n, n + 1);
    cr_assert_eq(memcmp(p->grams[n].b, p->grams[n - 1].b, p->grams[n].len), 0);
    /* but nothing else is answered */
    struct gram other = p->grams[2];
    other.b[23]++;
    pair_deliver(p, &other);
    other = p->grams[2];
    other.b[18] = IK_EX_INFORMATIONAL;
    pair_deliver(p, &other);
    other = p->grams[2];
    other.b[19] |= IK_FLAG_RESPONSE;
    pair_deliver(p, &other);
    cr_assert_eq(p->grams_n, n + 1);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_UNEXPECTED), 2);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_MSGID), 1);
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, 1, 0, 0);
    pair_deliver(p, &p->grams[2]);
    cr_assert_eq(p->grams_n, n + 1);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_UNKNOWN_SPI), 1);
    free(p);
}

/* PAD entries: the one that names the caller wins over the one for anybody. */
Test(auth_r, named_peer_before_any)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[1];
    e->config.peers_n = 2;
    e->peer[1] = e->peer[0];
    e->peer[0].remote_id = (struct ik_id){.type = IK_ID_ANY};
    e->peer[0].psk = pair_text("everybody's key");
    e->policy[0].peer = 1;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(pair_last(e)->peer, 1);
    free(p);
}

Test(auth_r, peer_with_the_wanted_idr_first)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[1];
    e->config.peers_n = 2;
    e->peer[1] = e->peer[0];
    e->peer[0].local_id.data = pair_text("another-gw.example");
    e->policy[0].peer = 1;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(pair_last(e)->peer, 1);
    free(p);
}

/* The suite was chosen when only the address was known; it must be the caller's, too. */
Test(auth_r, suite_of_another_peer_is_refused)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[1];
    e->config.peers_n = 2;
    e->peer[1] = e->peer[0];
    e->peer[1].remote_id.data = pair_text("somebody.else");
    pair_set_suites(&p->end[0], "aes128-sha1-x25519", "aes128gcm16");
    pair_suites("aes128-sha256-x25519", true, &e->ike[0]);
    pair_suites("aes128-sha1-x25519", true, &e->ike[1]);
    e->peer[0].proposals_n = e->peer[1].proposals_n = 1;
    e->peer[1].proposals = &e->ike[1];
    pair_start(p);
    pair_up(p);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_AUTH);
    cr_assert_eq(pair_drops(e, IK_DROP_IKE_NO_PEER), 1);
    free(p);
}

/* ---- what fails of the Child SA only (1.2, 2.21.2) ------------------------------------------- */

static void child_only(void (*set)(struct pair *), enum ik_reason why, uint16_t notify)
{
    struct pair *p = pair_new();
    set(p);
    pair_start(p);
    pair_up(p);
    for (unsigned who = 0; who < 2; who++) {
        cr_assert_eq(pair_count(&p->end[who], IK_EV_IKE_UP), 1);
        cr_assert_eq(pair_count(&p->end[who], IK_EV_CHILD_UP), 0);
        cr_assert_eq(pair_last(&p->end[who])->event, IK_EV_CHILD_FAILED);
        cr_assert_eq(pair_last(&p->end[who])->reason, why);
        pair_assert_usage(p, who, 1, 0);
    }
    cr_assert_eq(pair_last(&p->end[0])->notify, notify);
    cr_assert_eq(p->grams_n, 4);
    cr_assert(craft_last_has(p, 1, notify));
    /* The IKE SA lives: a Delete is answered. */
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_DOWN);
    cr_assert_eq(pair_last(&p->end[1])->event, IK_EV_IKE_DOWN);
    free(p);
}

static void other_esp(struct pair *p)
{
    pair_set_suites(&p->end[0], "aes128-sha256-x25519", "aes256-sha512");
}
static void other_ts(struct pair *p)
{
    p->end[1].policy[0].ts_remote[0] = pair_ts("10.99.0.0/16");
}
static void no_policy(struct pair *p)
{
    p->end[1].config.policies_n = 0;
}
static void no_child_pool(struct pair *p)
{
    p->end[1].host.child_sas_n = 0;
}
static void transport_here_only(struct pair *p)
{
    p->end[1].policy[0].mode = IK_TRANSPORT;
}

Test(auth_r, child_only_failures)
{
    child_only(other_esp, IK_WHY_NO_PROPOSAL, IK_N_NO_PROPOSAL_CHOSEN);
    child_only(other_ts, IK_WHY_TS, IK_N_TS_UNACCEPTABLE);
    child_only(no_policy, IK_WHY_TS, IK_N_TS_UNACCEPTABLE);
    child_only(no_child_pool, IK_WHY_NO_ADDITIONAL, IK_N_NO_ADDITIONAL_SAS);
    child_only(transport_here_only, IK_WHY_NO_PROPOSAL, IK_N_NO_PROPOSAL_CHOSEN);
}

Test(auth_r, first_policy_that_fits)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[1];
    e->config.policies_n = 2;
    e->policy[1] = e->policy[0];
    e->policy[0].ts_remote[0] = pair_ts("10.99.0.0/16");
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(pair_last(e)->policy, 1);
    free(p);
}

/* 2.9: a later policy that takes the initiator's first choices goes before an earlier one that does
 * not. */
Test(auth_r, policy_of_the_first_choices)
{
    for (unsigned both = 0; both < 2; both++) {
        struct pair *p = pair_new();
        struct end *e = &p->end[1];
        p->end[0].policy[0].ts_local_n = 2;
        p->end[0].policy[0].ts_local[0] = pair_ts("10.1.0.200/32");
        p->end[0].policy[0].ts_local[1] = pair_ts("10.1.0.0/24");
        e->config.policies_n = 2;
        e->policy[0].ts_remote[0] = pair_ts(both ? "10.1.0.0/24" : "10.1.0.0/25");
        e->policy[1] = e->policy[0];
        e->policy[1].ts_remote[0] = pair_ts("10.1.0.128/25");
        pair_start(p);
        pair_up(p);
        pair_assert_up(p);
        cr_assert_eq(pair_last(e)->policy, both ? 0 : 1);
        const struct ik_child_sa *child = &p->end[0].child_sas[0];
        struct ik_ts first = pair_ts("10.1.0.200/32");
        cr_assert_eq(child->ts_local_n, 1);
        cr_assert(ik_ts_within(&first, &child->ts_local[0]));
        free(p);
    }
}

Test(auth_r, policy_of_another_peer_is_not_taken)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[1];
    e->config.peers_n = 2;
    e->peer[1] = e->peer[0];
    e->peer[1].remote_id.data = pair_text("somebody.else");
    e->policy[0].peer = 1;
    pair_start(p);
    pair_up(p);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_CHILD_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_TS);
    free(p);
}

/* 2.9: "the responder narrows the Traffic Selectors to some subset of the initiator's proposal". */
Test(auth_r, narrows_to_its_policy)
{
    struct pair *p = pair_new();
    p->end[0].policy[0].ts_local[0] = pair_ts("10.0.0.0/8");
    p->end[0].policy[0].ts_remote[0] = pair_ts("0.0.0.0/0");
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    struct ik_ts left = pair_ts("10.1.0.0/24"), right = pair_ts("10.2.0.0/24");
    const struct ik_child_sa *a = &p->end[0].child_sas[0], *b = &p->end[1].child_sas[0];
    cr_assert_eq(a->ts_local_n, 1);
    cr_assert_eq(memcmp(&a->ts_local[0], &left, sizeof left), 0);
    cr_assert_eq(memcmp(&a->ts_remote[0], &right, sizeof right), 0);
    cr_assert_eq(memcmp(&b->ts_local[0], &right, sizeof right), 0);
    cr_assert_eq(memcmp(&b->ts_remote[0], &left, sizeof left), 0);
    free(p);
}

/* ---- INITIAL_CONTACT (2.4) ------------------------------------------------------------------- */

/* The client forgets all and comes again. */
static void restart(struct pair *p)
{
    struct end *e = &p->end[0];
    ik_node_wipe(&e->node);
    cr_assert_eq(ik_node_init(&e->node, &e->config, &e->host, p->now), IK_OK);
    ik_node_seed(&e->node, "another forty-eight octets of whatever it may be", 48);
    pair_up(p);
}

Test(auth_r, initial_contact_replaces)
{
    struct pair *p = pair_new();
    p->end[0].peer[0].initial_contact = true;
    pair_start(p);
    pair_up(p);
    p->end[1].told_n = 0;
    restart(p);
    pair_assert_usage(p, 1, 1, 1);
    /* The old one's end is told before the new one's beginning. */
    const uint8_t order[] = {IK_EV_CHILD_DOWN, IK_EV_IKE_DOWN, IK_EV_IKE_UP, IK_EV_CHILD_UP};
    cr_assert_eq(p->end[1].told_n, 4);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(p->end[1].told[i].event, order[i]);
    }
    cr_assert_eq(p->end[1].told[1].reason, IK_WHY_REPLACED);
    pair_assert_data(p, 0);
    free(p);
}

/* A Child SA pool without one to spare: the old one makes place. */
Test(auth_r, initial_contact_frees_the_child_in_time)
{
    struct pair *p = pair_new();
    p->end[0].peer[0].initial_contact = true;
    p->end[1].host.child_sas_n = 1;
    p->end[1].host.ike_sas_n = 2;
    pair_start(p);
    pair_up(p);
    restart(p);
    pair_assert_usage(p, 1, 1, 1);
    pair_assert_data(p, 1);
    free(p);
}

Test(auth_r, without_initial_contact_both_live)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    restart(p);
    pair_assert_usage(p, 1, 2, 2);
    free(p);
}

Test(auth_r, initial_contact_of_somebody_else_does_not_replace)
{
    struct pair *p = pair_new();
    p->end[0].peer[0].initial_contact = true;
    p->end[1].peer[0].remote_id = (struct ik_id){.type = IK_ID_ANY};
    pair_start(p);
    pair_up(p);
    p->end[0].peer[0].local_id.data = pair_text("second-client.example");
    restart(p);
    pair_assert_usage(p, 1, 2, 2);
    free(p);
}

/* ---- malformed ------------------------------------------------------------------------------- */

static struct pair *half_way(void)
{
    struct pair *p = pair_new();
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    while (p->grams_n < 3) {
        pair_step(p);
    }
    return p; /* IKE_AUTH is on its way */
}

Test(auth_r, unsupported_critical_payload)
{
    struct pair *p = half_way();
    static const uint8_t inner[] = {0, 0x80, 0, 4};
    craft_sealed(p, 0, craft_sa(p, 0),
                 &(struct craft){IK_EX_IKE_AUTH, false, 1, 200, inner, sizeof inner});
    cr_assert(craft_last_has(p, 1, IK_N_UNSUPPORTED_CRITICAL_PAYLOAD));
    cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_CRITICAL);
    pair_settle(p);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_CRITICAL);
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

Test(auth_r, malformed_inside)
{
    static const uint8_t inner[] = {0, 0, 0, 3};
    struct pair *p = half_way();
    craft_sealed(p, 0, craft_sa(p, 0),
                 &(struct craft){IK_EX_IKE_AUTH, false, 1, IK_PL_NOTIFY, inner, sizeof inner});
    cr_assert(craft_last_has(p, 1, IK_N_INVALID_SYNTAX));
    cr_assert_eq(pair_last(&p->end[1])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_SYNTAX);
    free(p);
}

Test(auth_r, nothing_inside)
{
    struct pair *p = half_way();
    craft_sealed(p, 0, craft_sa(p, 0),
                 &(struct craft){IK_EX_IKE_AUTH, false, 1, IK_PL_NONE, NULL, 0});
    cr_assert(craft_last_has(p, 1, IK_N_INVALID_SYNTAX));
    free(p);
}

/* Who leaves AUTH out wants EAP (2.16). */
Test(auth_r, eap_is_refused)
{
    uint8_t inner[64];
    struct ik_chain c;
    struct pair *p = half_way();
    ik_chain_begin(&c, inner, sizeof inner);
    ik_id_put(&c, IK_PL_IDI, &(struct ik_id){IK_ID_FQDN, pair_text("client.example")});
    craft_sealed(p, 0, craft_sa(p, 0),
                 &(struct craft){IK_EX_IKE_AUTH, false, 1, IK_PL_IDI, inner, c.w.len});
    cr_assert(craft_last_has(p, 1, IK_N_AUTHENTICATION_FAILED));
    free(p);
}

Test(auth_r, other_exchange_before_auth_is_ignored)
{
    struct pair *p = half_way();
    unsigned n = p->grams_n;
    craft_notify(p, 0, IK_EX_INFORMATIONAL, false, 1, IK_N_INITIAL_CONTACT);
    craft_notify(p, 0, IK_EX_CREATE_CHILD_SA, false, 1, IK_N_INITIAL_CONTACT);
    cr_assert_eq(p->grams_n, n);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_UNEXPECTED), 2);
    pair_settle(p);
    pair_assert_up(p);
    free(p);
}

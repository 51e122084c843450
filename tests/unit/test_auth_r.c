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
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_MSGID), 3);
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, 1, 0, 0);
    pair_deliver(p, &p->grams[2]);
    cr_assert_eq(p->grams_n, n + 1);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_UNKNOWN_SPI), 1);
    free(p);
}

/* There are no keys any more that could tell who sent it: so nothing but the very message is
 * answered, whichever octet is another. */
Test(auth_r, dead_sa_answers_the_very_message_only)
{
    struct pair *p = call(wrong_psk);
    pair_deliver(p, &p->grams[p->delivered++]);
    pair_deliver(p, &p->grams[2]);
    cr_assert_eq(craft_sa(p, 1)->state, IK_IKE_DEAD);
    unsigned n = p->grams_n;
    for (uint16_t i = 0; i < p->grams[2].len; i++) {
        struct gram other = p->grams[2];
        other.b[i] ^= 1;
        pair_deliver(p, &other);
        cr_assert_eq(p->grams_n, n, "octet %u", i);
    }
    struct gram other = p->grams[2];
    other.len--;
    pair_deliver(p, &other);
    other.len = (uint16_t)(other.len + 2);
    pair_deliver(p, &other);
    cr_assert_eq(p->grams_n, n);
    pair_deliver(p, &p->grams[2]);
    cr_assert_eq(p->grams_n, n + 1);
    cr_assert_eq(memcmp(p->grams[n].b, p->grams[n - 1].b, p->grams[n].len), 0);
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

/* Then the one for the names below its domain. */
Test(auth_r, peer_of_a_subtree_before_any)
{
    static const char *const id[3] = {NULL, "*.example", "client.example"};
    for (unsigned order = 0; order < 6; order++) {
        struct pair *p = pair_new();
        struct end *e = &p->end[1];
        unsigned best = 0;
        for (unsigned i = 0; i < 2; i++) {
            unsigned k = (order + (order / 3 + 1) * i) % 3;
            e->peer[i] = e->peer[0];
            e->peer[i].remote_id = id[k] != NULL ? (struct ik_id){IK_ID_FQDN, pair_text(id[k])}
                                                 : (struct ik_id){.type = IK_ID_ANY};
            best = i == 1 && k > order % 3 ? 1 : best;
        }
        e->config.peers_n = 2;
        e->policy[0].peer = (uint16_t)best;
        pair_start(p);
        pair_up(p);
        pair_assert_up(p);
        cr_assert_eq(pair_last(e)->peer, best, "order %u", order);
        free(p);
    }
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
static void transport_here_only(struct pair *p)
{
    p->end[1].policy[0].mode = IK_TRANSPORT;
}

Test(auth_r, child_only_failures)
{
    child_only(other_esp, IK_WHY_NO_PROPOSAL, IK_N_NO_PROPOSAL_CHOSEN);
    child_only(other_ts, IK_WHY_TS, IK_N_TS_UNACCEPTABLE);
    child_only(no_policy, IK_WHY_TS, IK_N_TS_UNACCEPTABLE);
    child_only(transport_here_only, IK_WHY_NO_PROPOSAL, IK_N_NO_PROPOSAL_CHOSEN);
}

/* The only place for a Child SA is taken by another client. */
Test(auth_r, no_room_for_a_child)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[1];
    p->end[0].config.policies_n = 2;
    p->end[0].policy[1] = p->end[0].policy[0];
    e->host.child_sas_n = 1;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    ik_node_up(&p->end[0].node, p->now, 1);
    pair_settle(p);
    for (unsigned who = 0; who < 2; who++) {
        cr_assert_eq(pair_count(&p->end[who], IK_EV_IKE_UP), 2);
        cr_assert_eq(pair_last(&p->end[who])->event, IK_EV_CHILD_FAILED);
        cr_assert_eq(pair_last(&p->end[who])->reason, IK_WHY_NO_ADDITIONAL);
        pair_assert_usage(p, who, 2, 1);
    }
    cr_assert_eq(pair_last(&p->end[0])->notify, IK_N_NO_ADDITIONAL_SAS);
    pair_assert_data(p, 0);
    free(p);
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
        uint8_t n;
        const struct ik_ts *local =
            ik_child_ts_local(&p->end[0].node.ipsec, &p->end[0].child_sas[0], &n);
        struct ik_ts first = pair_ts("10.1.0.200/32");
        cr_assert_eq(n, 1);
        cr_assert(ik_ts_within(&first, local));
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
    cr_assert_not(a->own_ts, "what was agreed on is not the policy's own");
    cr_assert_eq(memcmp(&a->ts[0], &left, sizeof left), 0);
    cr_assert_eq(memcmp(&a->ts[1], &right, sizeof right), 0);
    cr_assert_eq(memcmp(&b->ts[0], &right, sizeof right), 0);
    cr_assert_eq(memcmp(&b->ts[1], &left, sizeof left), 0);
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
    ik_node_seed(&e->node, &p->grams_n, sizeof p->grams_n); /* each life is another */
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

/* A Child SA keeps its place until its end is told. With one to spare the new one finds room at
 * once; without, the second time: there never is need of a third. */
Test(auth_r, initial_contact_frees_the_child_in_time)
{
    for (unsigned spare = 0; spare < 2; spare++) {
        struct pair *p = pair_new();
        p->end[0].peer[0].initial_contact = true;
        p->end[1].host.child_sas_n = (uint16_t)(1 + spare);
        p->end[1].host.ike_sas_n = 2;
        pair_start(p);
        pair_up(p);
        restart(p);
        cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_FAILED), !spare);
        if (!spare) {
            pair_pass(p, 10 * IK_SECOND);
            pair_up(p);
        }
        pair_assert_usage(p, 1, spare ? 1 : 2, 1);
        pair_assert_data(p, 1);
        free(p);
    }
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
    p->end[0].policy[0].ts_local[0] = pair_ts("10.1.0.0/25");
    pair_start(p);
    pair_up(p);
    p->end[0].peer[0].local_id.data = pair_text("second-client.example");
    p->end[0].policy[0].ts_local[0] = pair_ts("10.1.0.128/25");
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

/* ---- names as people write them (RFC 4343, RFC 5321 2.4) ----------------------------------------
 */

struct names {
    uint8_t type;
    const char *configured, *said;
    bool same;
};
static const struct names names[] = {
    {IK_ID_FQDN, "client.example", "CLIENT.Example", true},
    {IK_ID_FQDN, "CLIENT.EXAMPLE", "client.example", true},
    {IK_ID_FQDN, "client.example", "client.exampl\x45", true},
    {IK_ID_FQDN, "client.example", "client.example.", false},
    {IK_ID_FQDN, "client.example", "cliant.example", false},
    /* octets next to the letters, and above ASCII, have no case */
    {IK_ID_FQDN, "a@example", "a`example", false},
    {IK_ID_FQDN, "a[example", "a{example", false},
    {IK_ID_FQDN, "\xc4.example", "\xe4.example", false},
    {IK_ID_RFC822_ADDR, "me@client.example", "me@Client.EXAMPLE", true},
    {IK_ID_RFC822_ADDR, "me@client.example", "Me@client.example", false},
    {IK_ID_RFC822_ADDR, "\"a@b\"@client.example", "\"a@B\"@client.example", false},
    {IK_ID_RFC822_ADDR, "\"a@b\"@client.example", "\"a@b\"@CLIENT.example", true},
    {IK_ID_RFC822_ADDR, "nobody", "NOBODY", false},
    {IK_ID_KEY_ID, "client.example", "CLIENT.example", false},
    {IK_ID_DER_ASN1_DN,
     "0\x0c"
     "client",
     "0\x0c"
     "CLIENT",
     false},
    /* RFC 4301 4.4.3.1: all names below a domain, all users of one */
    {IK_ID_FQDN, "*.example.org", "a.example.org", true},
    {IK_ID_FQDN, "*.example.org", "A.b.Example.ORG", true},
    {IK_ID_FQDN, "*.example.org", "example.org", false},
    {IK_ID_FQDN, "*.example.org", ".example.org", false},
    {IK_ID_FQDN, "*.example.org", "anexample.org", false},
    {IK_ID_FQDN, "*.example.org", "a.example.org.evil", false},
    {IK_ID_FQDN, "*.example.org", "a.example.com", false},
    {IK_ID_FQDN, "*.", "a.", false},
    {IK_ID_FQDN, "*", "a", false},
    {IK_ID_FQDN, "*@example.org", "a@example.org", false},
    {IK_ID_FQDN, "a*.example.org", "ab.example.org", false},
    {IK_ID_RFC822_ADDR, "*@company.com", "alice@company.com", true},
    {IK_ID_RFC822_ADDR, "*@company.com", "\"a@b\"@Company.Com", true},
    {IK_ID_RFC822_ADDR, "*@company.com", "@company.com", false},
    {IK_ID_RFC822_ADDR, "*@company.com", "alice@mail.company.com", false},
    {IK_ID_RFC822_ADDR, "*@company.com", "alice@acompany.com", false},
    {IK_ID_RFC822_ADDR, "*.company.com", "alice@mail.company.com", false},
    {IK_ID_KEY_ID, "*.example.org", "a.example.org", false},
};

static void assert_names(const struct names *n, unsigned sayer)
{
    struct pair *p = pair_new();
    p->end[sayer].peer[0].local_id = (struct ik_id){n->type, pair_text(n->said)};
    p->end[!sayer].peer[0].remote_id = (struct ik_id){n->type, pair_text(n->configured)};
    pair_start(p);
    pair_up(p);
    if (n->same) {
        pair_assert_up(p);
    } else {
        cr_assert_eq(pair_count(&p->end[!sayer], IK_EV_IKE_UP), 0, "%s is %s", n->said,
                     n->configured);
        cr_assert_eq(pair_last(&p->end[!sayer])->reason, IK_WHY_AUTH);
    }
    free(p);
}

/* alice@company.com said as an FQDN is no user of company.com. */
Test(auth_r, names_of_another_type)
{
    struct pair *p = pair_new();
    p->end[0].peer[0].local_id = (struct ik_id){IK_ID_FQDN, pair_text("alice@company.com")};
    p->end[1].peer[0].remote_id = (struct ik_id){IK_ID_RFC822_ADDR, pair_text("*@company.com")};
    pair_start(p);
    pair_up(p);
    cr_assert_eq(pair_count(&p->end[1], IK_EV_IKE_UP), 0);
    free(p);
}

Test(auth_r, names_compare_as_people_write_them)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_names(&names[i], 0);
        assert_names(&names[i], 1);
    }
}

/* IDr, too, chooses the entry in whatever case it is written. */
Test(auth_r, wanted_idr_in_another_case)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[1];
    e->config.peers_n = 2;
    e->peer[1] = e->peer[0];
    e->peer[0].local_id.data = pair_text("another-gw.example");
    e->policy[0].peer = 1;
    p->end[0].peer[0].remote_id.data = pair_text("Gw.Example");
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(pair_last(e)->peer, 1);
    free(p);
}

/* Whoever comes again is the same in another case: its SA of before goes. */
Test(auth_r, initial_contact_in_another_case)
{
    struct pair *p = pair_new();
    p->end[0].peer[0].initial_contact = true;
    p->end[1].peer[0].remote_id = (struct ik_id){.type = IK_ID_ANY};
    p->end[0].policy[0].ts_local[0] = pair_ts("10.1.0.0/25");
    pair_start(p);
    pair_up(p);
    p->end[0].peer[0].local_id.data = pair_text("CLIENT.example");
    restart(p);
    pair_assert_usage(p, 1, 1, 1);
    /* A key id of the same octets is somebody else. */
    p->end[0].peer[0].local_id.type = IK_ID_KEY_ID;
    p->end[0].policy[0].ts_local[0] = pair_ts("10.1.0.128/25");
    restart(p);
    pair_assert_usage(p, 1, 2, 2);
    free(p);
}

/* ---- the host knows who it is (IK_FX_LOOKUP) ------------------------------------------------- */

static struct ik_span answer_psk;
static uint16_t answer_peer;
static bool known_as(struct end *e, const struct ik_effect *fx, struct ik_credential *who)
{
    const struct ik_id *said = &e->pair->end[0].peer[0].local_id;
    cr_assert_eq(fx->id.type, said->type);
    cr_assert_eq(fx->id.data.len, said->data.len);
    cr_assert_eq(memcmp(fx->id.data.p, said->data.p, said->data.len), 0);
    cr_assert(ik_addr_eq(&fx->path->remote, &e->pair->end[0].peer[0].local));
    *who = (struct ik_credential){answer_peer, answer_psk};
    return answer_psk.len > 0;
}

static const char right_psk[] = "a pre-shared key of some length";

/* The responder has no key of its own, and knows nobody. */
static struct pair *asks_host(void)
{
    struct pair *p = pair_new();
    p->end[1].config.lookup = true;
    p->end[1].peer[0].psk = (struct ik_span){NULL, 0};
    p->end[1].peer[0].remote_id = (struct ik_id){.type = IK_ID_ANY};
    p->end[1].lookup = known_as;
    answer_psk = pair_text(right_psk);
    answer_peer = 0;
    return p;
}

Test(auth_r, host_knows_the_caller)
{
    struct pair *p = asks_host();
    p->end[0].peer[0].local_id = (struct ik_id){IK_ID_KEY_ID, pair_text("\x01\xffsomebody")};
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(p->end[1].lookups, 1);
    cr_assert_eq(p->grams_n, 4);
    pair_assert_data(p, 0);
    pair_assert_data(p, 1);
    free(p);
}

/* Messages 1 and 2 and the request that is kept have all buffers. The answer goes into that of
 * message 1, which has served: the request would not be taken once more. */
Test(auth_r, host_answers_when_no_buffer_is_left)
{
    for (unsigned good = 0; good < 2; good++) {
        struct pair *p = asks_host();
        p->end[1].host.buffers_n = 3;
        p->end[1].host.shorts_n = 0;
        answer_psk = good ? pair_text(right_psk) : (struct ik_span){NULL, 0};
        pair_start(p);
        ik_node_up(&p->end[0].node, p->now, 0);
        pair_settle(p);
        cr_assert_eq(p->grams_n, 4);
        cr_assert_eq(pair_last(&p->end[0])->event, good ? IK_EV_CHILD_UP : IK_EV_IKE_FAILED);
        free(p);
    }
}

/* Nor is it lost where the host names somebody who may not come without a Child SA (RFC 6023). */
Test(auth_r, host_refuses_a_childless_one_when_no_buffer_is_left)
{
    struct pair *p = asks_host();
    p->end[0].config.exchanges = ik_exchanges_all;
    p->end[0].peer[0].childless = IK_CHILDLESS_FORCE;
    p->end[1].peer[1] = p->end[1].peer[0];
    p->end[1].peer[0].childless = IK_CHILDLESS_ALLOW;
    p->end[1].peer[1].childless = IK_CHILDLESS_NEVER;
    p->end[1].config.peers_n = 2;
    p->end[1].host.buffers_n = 3;
    p->end[1].host.shorts_n = 0;
    answer_peer = 1;
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(p->grams_n, 4);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->notify, IK_N_INVALID_SYNTAX);
    cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_CHILDLESS);
    free(p);
}

/* The refusal that the initiator sees, and what it cost. */
static struct pair *host_says(const char *psk, uint16_t peer, const char *tried)
{
    struct pair *p = asks_host();
    answer_psk = pair_text(psk);
    answer_peer = peer;
    p->end[0].peer[0].psk = pair_text(tried);
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    while (p->delivered < 3) {
        pair_step(p);
    }
    cr_assert(craft_last_has(p, 1, IK_N_AUTHENTICATION_FAILED));
    pair_settle(p);
    assert_refused(p);
    cr_assert_eq(p->end[1].lookups, 1);
    return p;
}

/* Nobody known, known with another key, known as nobody who is configured: all the same. */
Test(auth_r, no_oracle_where_the_host_knows)
{
    struct pair *unknown = host_says("", 0, right_psk);
    const struct {
        const char *psk;
        uint16_t peer;
    } ways[] = {{"another key of more or less len", 0},
                {"x", 0},
                {right_psk, 1},
                {right_psk, 0xffff},
                {"a key that is longer than the block of any hash: then it is hashed itself, which "
                 "costs a compression more, or two of them with the hashes of 64 octets a block",
                 0}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct pair *p = host_says(ways[i].psk, ways[i].peer, right_psk);
        const struct gram *a = last_from(p, 1), *b = last_from(unknown, 1);
        cr_assert_eq(p->grams_n, unknown->grams_n);
        cr_assert_eq(a->len, b->len);
        cr_assert_eq(memcmp(a->b + 16, b->b + 16, 12), 0);
        cr_assert_eq(a->at, b->at);
        cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_NO_PEER) +
                         pair_drops(&p->end[1], IK_DROP_IKE_AUTH),
                     1);
        const struct ik_meter *m = &p->end[1].node.env.meter, *n = &unknown->end[1].node.env.meter;
        for (unsigned c = 0; c < IK_COST_N && i < 4; c++) {
            cr_assert_eq(m->n[c], n->n[c], "way %zu costs other %s", i, host_cost_name(c));
        }
        free(p);
    }
    free(unknown);
}

/* From the longest key on that the host has ever brought, nobody costs less. */
Test(auth_r, a_long_key_at_the_host_is_no_oracle)
{
    static char of_200[201];
    const char *psks[] = {of_200, "", "x", right_psk};
    uint32_t cost[4];
    memset(of_200, 'k', 200);
    struct pair *p = asks_host();
    p->end[0].peer[0].psk = pair_text("something else");
    pair_start(p);
    for (unsigned i = 0; i < 5; i++) {
        const struct ik_meter *m = &p->end[1].node.env.meter;
        answer_psk = pair_text(psks[i == 0 ? 0 : i - 1]);
        uint32_t before = m->n[IK_COST_SHA256_BLOCK];
        pair_up(p);
        pair_pass(p, 10 * IK_SECOND);
        if (i > 0) {
            cost[i - 1] = m->n[IK_COST_SHA256_BLOCK] - before;
            cr_assert_eq(cost[i - 1], cost[0], "key %u", i - 1);
        }
    }
    cr_assert_eq(p->end[1].lookups, 5);
    free(p);
}

/* The answer comes late: what is repeated meanwhile asks nobody again. */
Test(auth_r, host_answers_late)
{
    for (unsigned known = 0; known < 2; known++) {
        struct pair *p = asks_host();
        struct end *e = &p->end[1];
        e->lookup = NULL;
        pair_start(p);
        pair_up(p);
        pair_pass(p, 4 * IK_SECOND);
        cr_assert_eq(e->lookups, 1);
        cr_assert_eq(p->grams_n, 5, "two repetitions");
        cr_assert_eq(pair_drops(e, IK_DROP_IKE_MSGID), 2);
        cr_assert_eq(e->told_n, 0);
        ik_node_identified(&e->node, p->now, e->lookup_ike, e->lookup_number,
                           known ? &(struct ik_credential){0, answer_psk} : NULL);
        /* Answered by the kept request's path, and to later repetitions too. */
        pair_drain(p, 1);
        cr_assert_eq(p->grams_n, 6);
        struct gram first = p->grams[5];
        pair_deliver(p, &p->grams[4]);
        cr_assert_eq(p->grams_n, 7);
        cr_assert_eq(memcmp(p->grams[6].b, first.b, first.len), 0);
        pair_settle(p);
        if (known) {
            pair_assert_up(p);
            pair_assert_data(p, 0);
        } else {
            assert_refused(p);
        }
        /* A second answer is to no question. */
        ik_node_identified(&e->node, p->now, e->lookup_ike, e->lookup_number, NULL);
        pair_settle(p);
        if (known) {
            pair_assert_up(p);
        }
        free(p);
    }
}

/* It comes too late: the SA is gone. And numbers that are none. */
Test(auth_r, host_answers_when_nobody_waits)
{
    struct pair *p = asks_host();
    struct end *e = &p->end[1];
    struct ik_credential who = {0, answer_psk};
    e->lookup = NULL;
    e->config.half_open_for = 5 * IK_SECOND;
    pair_start(p);
    pair_up(p);
    ik_node_identified(&e->node, p->now, e->lookup_ike, e->lookup_number + 1, &who);
    ik_node_identified(&e->node, p->now, (ik_slot)(e->lookup_ike + 1), e->lookup_number, &who);
    ik_node_identified(&e->node, p->now, PAIR_SAS, e->lookup_number, &who);
    ik_node_identified(&e->node, p->now, IK_NO_SLOT, e->lookup_number, NULL);
    pair_settle(p);
    cr_assert_eq(e->told_n, 0);
    p->delivered = p->grams_n;
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_pass(p, 6 * IK_SECOND);
    pair_assert_usage(p, 1, 0, 0);
    ik_node_identified(&e->node, p->now, e->lookup_ike, e->lookup_number, &who);
    pair_settle(p);
    pair_assert_usage(p, 1, 0, 0);
    cr_assert_eq(e->told_n, 0);
    free(p);
}

/* Somebody else has the slot, and waits too: with the key of the first, he must not come in. */
Test(auth_r, late_answer_is_not_of_who_has_the_slot_now)
{
    struct pair *p = asks_host();
    struct end *e = &p->end[1];
    e->lookup = NULL;
    e->host.ike_sas_n = 1;
    e->config.half_open_for = 5 * IK_SECOND;
    pair_start(p);
    pair_up(p);
    uint16_t ike = e->lookup_ike;
    uint32_t number = e->lookup_number;
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_pass(p, 6 * IK_SECOND);
    pair_assert_usage(p, 1, 0, 0);
    p->end[0].peer[0].local_id.data = pair_text("the-boss.example");
    pair_up(p);
    cr_assert_eq(e->lookups, 2);
    cr_assert_eq(e->lookup_ike, ike);
    ik_node_identified(&e->node, p->now, ike, number, &(struct ik_credential){0, answer_psk});
    pair_settle(p);
    cr_assert_eq(pair_count(e, IK_EV_IKE_UP), 0);
    ik_node_identified(&e->node, p->now, ike, e->lookup_number, NULL);
    pair_settle(p);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_AUTH);
    free(p);
}

/* The suite was agreed on with another entry than the one that the host names. */
Test(auth_r, host_names_an_entry_without_the_suite)
{
    struct pair *p = asks_host();
    struct end *e = &p->end[1];
    e->config.peers_n = 2;
    e->peer[1] = e->peer[0];
    pair_set_suites(&p->end[0], "aes128-sha1-modp1024", "aes128gcm16");
    pair_suites("aes128-sha1-modp1024", true, &e->ike[0]);
    pair_suites("aes128-sha256-x25519", true, &e->ike[1]);
    e->peer[0].proposals_n = e->peer[1].proposals_n = 1;
    e->peer[1].proposals = &e->ike[1];
    answer_peer = 1;
    pair_start(p);
    pair_up(p);
    cr_assert_eq(e->lookups, 1);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_AUTH);
    cr_assert_eq(pair_drops(e, IK_DROP_IKE_NO_PEER), 1);
    free(p);
}

/* ---- how long IKE_AUTH is waited for --------------------------------------------------------- */

/* Loses two answers to IKE_SA_INIT, then two IKE_AUTH. */
static bool unlucky(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    bool lost = to == 0 ? g->b[18] == IK_EX_IKE_SA_INIT && p->seen < 2
                        : g->b[18] == IK_EX_IKE_AUTH && p->seen < 4;
    p->seen += lost;
    return !lost;
}

/* From the last answer on: the client has it after 3 s, and IKE_AUTH comes through after 6. */
Test(auth_r, waited_for_from_the_last_answer_on)
{
    struct pair *p = pair_new();
    p->end[1].config.half_open_for = 5 * IK_SECOND;
    p->hook = unlucky;
    pair_start(p);
    pair_up(p);
    pair_pass(p, 7 * IK_SECOND);
    cr_assert_eq(p->seen, 4);
    pair_assert_up(p);
    free(p);
    p = pair_new();
    p->end[1].config.half_open_for = 3 * IK_SECOND / 2;
    p->hook = unlucky;
    pair_start(p);
    pair_up(p);
    pair_pass(p, 7 * IK_SECOND);
    cr_assert_eq(pair_count(&p->end[1], IK_EV_IKE_UP), 0, "but not for ever");
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

/* SPDX-License-Identifier: MIT */
/* What a host keeps of a session (RFC 5723), and what it is asked when one is resumed. */
#include "craft.h"

#if IK_RESUME

static struct ik_session sessions[1];

static struct pair *resuming(void)
{
    struct pair *p = pair_new();
    memset(sessions, 0, sizeof sessions);
    p->end[0].host.sessions = sessions;
    p->end[0].host.sessions_n = 1;
    p->end[0].config.exchanges = ik_exchanges_all;
    p->end[0].peer[0].resume = true;
    p->end[1].config.ticket_s = 600;
    return p;
}

static bool known;

static bool look_up(struct end *e, const struct ik_effect *fx, struct ik_credential *who)
{
    (void)fx;
    *who = (struct ik_credential){0, e->peer[0].psk};
    return known;
}

/* Up, then both forget the IKE SA; what end 0 could resume is in *kept. */
static void up_and_down(struct pair *p, struct ik_session *kept, uint32_t *left_s)
{
    pair_start(p);
    cr_assert_not(ik_node_session_get(&p->end[0].node, 0, kept, left_s));
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_settle(p);
    cr_assert(ik_node_session_get(&p->end[0].node, 0, kept, left_s));
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_settle(p);
}

static bool up_again(struct pair *p, const struct ik_session *kept, uint32_t left_s)
{
    unsigned told = p->end[0].told_n;
    ik_node_session_put(&p->end[0].node, p->now, 0, kept, left_s);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_settle(p);
    cr_assert_gt(p->end[0].told_n, told);
    return p->end[0].told[told].event == IK_EV_IKE_UP;
}

Test(ticket, taken_out_and_put_back)
{
    struct pair *p = resuming();
    struct ik_session kept, other;
    uint32_t left_s;
    up_and_down(p, &kept, &left_s);
    cr_assert_eq(left_s, 600);
    cr_assert_not(ik_node_session_get(&p->end[0].node, 0, &other, &left_s), "it was deleted");
    p->now += 100 * IK_SECOND;
    cr_assert(up_again(p, &kept, 500));
    cr_assert_eq(p->end[0].jobs, 2, "without a key exchange");
    cr_assert(ik_node_session_get(&p->end[0].node, 0, &other, &left_s));
    cr_assert_eq(left_s, 600, "a new one has come");
    cr_assert_neq(memcmp(&kept, &other, sizeof kept), 0);
    free(p);
}

/* Another life of the responder, which draws what the one before did not. */
static void restart_responder(struct pair *p)
{
    struct end *e = &p->end[1];
    ik_node_wipe(&e->node);
    cr_assert_eq(ik_node_init(&e->node, &e->config, &e->host, p->now), IK_OK);
    ik_node_seed(&e->node, "another seed of the responder's, which is as long", 48);
}

/* passed: seconds that it was off. Answers whether end 0 resumes. */
static bool after_a_restart(struct pair *p, const struct ik_session *kept, bool keep,
                            uint32_t passed)
{
    struct ik_kept_ticket_keys keys;
    unsigned jobs = p->end[0].jobs;
    ik_node_ticket_keys_get(&p->end[1].node, &keys);
    cr_assert_eq(keys.known, 1);
    p->now += passed * IK_SECOND;
    restart_responder(p);
    keys.age_s[0] += passed;
    if (keep) {
        ik_node_ticket_keys_put(&p->end[1].node, p->now, &keys);
    }
    cr_assert(up_again(p, kept, 600));
    return p->end[0].jobs == jobs;
}

Test(ticket, keys_are_kept_over_a_restart)
{
    for (unsigned keep = 0; keep < 2; keep++) {
        struct pair *p = resuming();
        struct ik_session kept, next;
        uint32_t left_s;
        up_and_down(p, &kept, &left_s);
        cr_assert_eq(after_a_restart(p, &kept, keep, 100), keep);
        cr_assert(ik_node_session_get(&p->end[0].node, 0, &next, &left_s));
        /* It opens by the key of before, and seals by another: their IVs begin at the same. */
        cr_assert_eq(ik_get32(next.ticket), ik_get32(kept.ticket) + keep);
        free(p);
    }
}

/* The time that it was off counts. */
Test(ticket, kept_keys_make_no_ticket_younger)
{
    struct pair *p = resuming();
    struct ik_session kept;
    uint32_t left_s;
    up_and_down(p, &kept, &left_s);
    cr_assert_not(after_a_restart(p, &kept, true, 650));
    free(p);
}

Test(ticket, kept_keys_that_are_too_old)
{
    struct pair *p = resuming();
    struct ik_session kept;
    struct ik_kept_ticket_keys keys;
    uint32_t left_s;
    up_and_down(p, &kept, &left_s);
    ik_node_ticket_keys_get(&p->end[1].node, &keys);
    keys.age_s[0] = 1200;
    ik_node_ticket_keys_put(&p->end[1].node, p->now, &keys);
    ik_node_ticket_keys_get(&p->end[1].node, &keys);
    cr_assert_eq(keys.known, 0);
    free(p);
}

#if IK_REKEY
/* ---- asked for once it is up (4.1) ----------------------------------------------------------- */

static struct pair *both_up(void)
{
    struct pair *p = resuming();
    p->end[1].config.exchanges = ik_exchanges_all;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

static void ask(struct pair *p, uint32_t msgid)
{
    craft_notify(p, 0, IK_EX_INFORMATIONAL, false, msgid, IK_N_TICKET_REQUEST);
}

Test(ticket, of_what_is_rekeyed_already)
{
    struct pair *p = both_up();
    ask(p, 2);
    cr_assert(craft_last_has(p, 1, IK_N_TICKET_LT_OPAQUE));
    craft_sa(p, 1)->state = IK_IKE_REKEYED;
    ask(p, 3);
    cr_assert(craft_last_has(p, 1, IK_N_TICKET_NACK));
}

Test(ticket, one_place_an_ike_sa)
{
    static struct ik_ticket tickets[3];
    struct pair *p = resuming();
    unsigned taken = 0;
    p->end[1].host.tickets = tickets;
    p->end[1].host.tickets_n = 3;
    p->end[1].config.ticket_by_reference = true;
    pair_start(p);
    pair_up(p);
    for (uint32_t id = 2; id < 9; id++) {
        ask(p, id);
        cr_assert(craft_last_has(p, 1, IK_N_TICKET_LT_OPAQUE));
    }
    for (unsigned i = 0; i < 3; i++)
        taken += tickets[i].taken;
    cr_assert_eq(taken, 1);
}

/* "the IV … MUST NOT repeat" (RFC 5116): a key serves no longer than there are. */
Test(ticket, as_many_as_a_key_has_ivs)
{
    struct pair *p = both_up();
    struct ik_ticket_keys *k = &p->end[1].node.ticket_keys;
    uint32_t serial = k->serial;
    uint8_t key[sizeof k->key[0]];
    memcpy(key, k->key[0], sizeof key);
    k->sealed = UINT32_MAX - 1;
    ask(p, 2);
    cr_assert_eq(k->sealed, UINT32_MAX);
    cr_assert_eq(k->serial, serial);
    ask(p, 3);
    cr_assert(craft_last_has(p, 1, IK_N_TICKET_LT_OPAQUE));
    cr_assert_eq(k->sealed, 1);
    cr_assert_eq(k->serial, serial + 1);
    cr_assert_eq(k->known, 2);
    cr_assert_arr_eq(k->key[1], key, sizeof key);
    cr_assert_arr_neq(k->key[0], key, sizeof key);
    free(p);
}

/* Another IKE SA's ticket takes no place of one by which somebody is being resumed. */
Test(ticket, in_use_while_others_are_given)
{
    static struct ik_ticket tickets[2];
    struct pair *p = resuming();
    struct ik_session kept;
    uint32_t left_s;
    memset(tickets, 0, sizeof tickets);
    p->end[1].host.tickets = tickets;
    p->end[1].host.tickets_n = 2;
    p->end[1].config.ticket_by_reference = true;
    up_and_down(p, &kept, &left_s);
    ik_node_session_put(&p->end[0].node, p->now, 0, &kept, left_s);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    cr_assert(pair_step(p)); /* the request of IKE_SESSION_RESUME is answered */
    cr_assert_eq(tickets[0].opening, 1);
    for (uint8_t i = 1; i < 4; i++) {
        uint8_t buf[600];
        struct ik_chain c;
        struct ik_ike_sa other = *craft_sa(p, 1);
        other.spi_i[0] ^= i;
        other.ticket_at = 0;
        ik_chain_begin(&c, buf, sizeof buf);
        ik_ticket_put(&p->end[1].node, &other, &c);
    }
    pair_settle(p);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_UP), 2);
    cr_assert_eq(p->end[0].jobs, 2, "without a key exchange");
    cr_assert_eq(tickets[0].opening + tickets[1].opening, 0);
    free(p);
}

static void with_request(struct ik_chain *c, const struct ik_payload *payload)
{
    if (payload != NULL)
        craft_copy(c, payload);
    else
        ik_notify_put(c, &(struct ik_notify){.type = IK_N_TICKET_REQUEST});
}

/* A peer of another make asks together with the rekeying: it is told to ask later, once. */
Test(ticket, asked_for_with_a_rekeying)
{
    for (unsigned kind = 0; kind < 3; kind++) {
        struct pair *p = both_up();
        unsigned before = p->grams_n, told = 0;
        bool gives = kind == 1;
        p->end[1].config.ticket_s = kind == 0 ? 0 : 600;
        p->end[1].config.ticket_by_reference = kind == 2; /* and there is no place */
        ik_node_rekey_ike(&p->end[0].node, p->now, craft_sa(p, 0)->slot);
        pair_drain(p, 0);
        cr_assert_eq(p->grams_n, before + 1);
        craft_rewrite(p, &p->grams[before], with_request);
        while (pair_step(p))
            told += craft_last_has(p, 1, gives ? IK_N_TICKET_ACK : IK_N_TICKET_NACK);
        cr_assert_gt(told, 0);
    }
}

static void later(struct ik_chain *c, const struct ik_payload *payload)
{
    struct ik_notify n = {.type = IK_N_TICKET_ACK};
    if (payload == NULL)
        ik_notify_put(c, &n);
    else if (payload->type != IK_PL_NOTIFY)
        craft_copy(c, payload);
}

/* The peer says that it will give one later: it is asked. */
Test(ticket, asked_for_later)
{
    struct pair *p = resuming();
    struct ik_session kept;
    uint32_t left_s;
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    for (unsigned i = 0; i < 4; i++) { /* IKE_SA_INIT, IKE_AUTH: each response is the even one */
        pair_drain(p, i % 2);
        cr_assert_eq(p->grams_n, i + 1);
        if (i == 3)
            craft_rewrite(p, &p->grams[i], later);
        pair_deliver(p, &p->grams[p->delivered++]);
    }
    cr_assert_not(ik_node_session_get(&p->end[0].node, 0, &kept, &left_s));
    pair_settle(p);
    cr_assert(ik_node_session_get(&p->end[0].node, 0, &kept, &left_s));
}
#endif

Test(ticket, put_back_for_no_time_or_for_nobody)
{
    struct pair *p = resuming();
    struct ik_session kept;
    uint32_t left_s;
    up_and_down(p, &kept, &left_s);
    ik_node_session_put(&p->end[0].node, p->now, 1, &kept, left_s); /* there is no place for it */
    ik_node_session_put(&p->end[1].node, p->now, 0, &kept, left_s);
    cr_assert_not(ik_node_session_get(&p->end[0].node, 1, &kept, &left_s));
    kept.ticket_len = IK_TICKET_MAX + 1;
    ik_node_session_put(&p->end[0].node, p->now, 0, &kept, 600);
    cr_assert_not(ik_node_session_get(&p->end[0].node, 0, &kept, &left_s));
    kept.ticket_len = IK_TICKET_MAX;
    cr_assert(up_again(p, &kept, 0));
    cr_assert_eq(p->end[0].jobs, 4, "in full");
    free(p);
}

/* Whom the host does not know any more comes back by no ticket. */
Test(ticket, host_is_asked_who_may_resume)
{
    for (unsigned may = 0; may < 2; may++) {
        struct pair *p = resuming();
        struct ik_session kept;
        uint32_t left_s;
        p->end[1].config.lookup = true;
        p->end[1].lookup = look_up;
        known = true;
        up_and_down(p, &kept, &left_s);
        known = may != 0;
        cr_assert_eq(up_again(p, &kept, left_s), may != 0);
        cr_assert_eq(p->end[0].jobs, 2, "without a key exchange");
        cr_assert_eq(p->end[1].lookups, 2);
        cr_assert_eq(ik_node_session_get(&p->end[0].node, 0, &kept, &left_s), may != 0,
                     "what did not serve is not kept");
        free(p);
    }
}

#endif

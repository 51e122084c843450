/* SPDX-License-Identifier: MIT */
/* RFC 7296 1.4: INFORMATIONAL, Deletes from both ends, and those that cross. CREATE_CHILD_SA. */
#include "craft.h"

static struct pair *up(void)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

static uint16_t inner_len(struct pair *p, unsigned from, struct ik_msg *m)
{
    static uint8_t buf[PAIR_BUF];
    const struct gram *g = NULL;
    for (unsigned i = 0; i < p->grams_n; i++) {
        g = p->grams[i].from == from ? &p->grams[i] : g;
    }
    cr_assert_not_null(g);
    cr_assert(ik_export_open(&p->end[from].node, 0, g->b, g->len, buf, sizeof buf, m));
    return (uint16_t)(m->payloads_n - 1);
}

Test(informational, empty_is_answered_empty)
{
    for (unsigned from = 0; from < 2; from++) {
        struct pair *p = up();
        struct ik_msg m;
        uint32_t id = from == 0 ? 2 : 0;
        craft_sealed(p, from, craft_sa(p, from),
                     &(struct craft){IK_EX_INFORMATIONAL, false, id, IK_PL_NONE, NULL, 0});
        cr_assert_eq(p->grams_n, 5);
        cr_assert_eq(inner_len(p, !from, &m), 0);
        cr_assert_eq(m.hdr.msgid, id);
        cr_assert_eq(m.hdr.exchange, IK_EX_INFORMATIONAL);
        /* The flag names the original initiator, whoever answers. */
        cr_assert_eq(m.hdr.flags, IK_FLAG_RESPONSE | (from == 1 ? IK_FLAG_INITIATOR : 0));
        free(p);
    }
}

/* Each request is done once; a repeated one gets the same octets again. */
Test(informational, window_of_one)
{
    struct pair *p = up();
    uint8_t msg[PAIR_BUF];
    struct end *e = &p->end[1];
    const struct craft empty[] = {{IK_EX_INFORMATIONAL, false, 2, IK_PL_NONE, NULL, 0},
                                  {IK_EX_INFORMATIONAL, false, 3, IK_PL_NONE, NULL, 0},
                                  {IK_EX_INFORMATIONAL, false, 5, IK_PL_NONE, NULL, 0},
                                  {IK_EX_INFORMATIONAL, false, 1, IK_PL_NONE, NULL, 0}};
    uint16_t len = craft_seal(p, 0, craft_sa(p, 0), &empty[0], msg);
    craft_give(p, 0, msg, len);
    craft_give(p, 0, msg, len);
    cr_assert_eq(p->grams_n, 6);
    cr_assert_eq(memcmp(p->grams[4].b, p->grams[5].b, p->grams[4].len), 0);
    cr_assert_eq(e->node.env.counters.count[IK_COUNT_IKE_REANSWERED], 1);
    craft_sealed(p, 0, craft_sa(p, 0), &empty[1]);
    cr_assert_eq(p->grams_n, 7);
    /* 2 is older than the last answer, 5 not next, 1 long ago. */
    craft_give(p, 0, msg, len);
    craft_sealed(p, 0, craft_sa(p, 0), &empty[2]);
    craft_sealed(p, 0, craft_sa(p, 0), &empty[3]);
    cr_assert_eq(p->grams_n, 7);
    cr_assert_eq(pair_drops(e, IK_DROP_IKE_MSGID), 3);
    free(p);
}

/* A repeated request must authenticate, too, and be of the same exchange. */
Test(informational, forged_repetition_is_not_answered)
{
    struct pair *p = up();
    uint8_t msg[PAIR_BUF];
    const struct craft empty = {IK_EX_INFORMATIONAL, false, 2, IK_PL_NONE, NULL, 0};
    const struct craft other = {IK_EX_CREATE_CHILD_SA, false, 2, IK_PL_NONE, NULL, 0};
    uint16_t len = craft_seal(p, 0, craft_sa(p, 0), &empty, msg);
    craft_give(p, 0, msg, len);
    unsigned n = p->grams_n;
    msg[len - 1] ^= 1;
    craft_give(p, 0, msg, len);
    craft_sealed(p, 0, craft_sa(p, 0), &other);
    cr_assert_eq(p->grams_n, n);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_INTEGRITY), 1);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_UNEXPECTED), 1);
    free(p);
}

Test(informational, response_that_nobody_awaits)
{
    struct pair *p = up();
    craft_notify(p, 0, IK_EX_INFORMATIONAL, true, 0, IK_N_INITIAL_CONTACT);
    craft_notify(p, 1, IK_EX_INFORMATIONAL, true, 2, IK_N_INITIAL_CONTACT);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_MSGID), 1);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_MSGID), 1);
    free(p);
}

Test(informational, unknown_notifies_are_ignored)
{
    struct pair *p = up();
    struct ik_msg m;
    craft_notify(p, 1, IK_EX_INFORMATIONAL, false, 0, 40000);
    cr_assert_eq(inner_len(p, 0, &m), 0);
    craft_notify(p, 1, IK_EX_INFORMATIONAL, false, 1, 1234); /* an error nobody knows */
    cr_assert_eq(inner_len(p, 0, &m), 0);
    pair_assert_usage(p, 0, 1, 1);
    free(p);
}

/* 2.4: INITIAL_CONTACT belongs in the first IKE_AUTH; "receiving parties MAY ignore it in other
 * messages". */
Test(informational, initial_contact_is_too_late)
{
    struct pair *p = pair_new();
    p->end[0].config.policies_n = 2;
    p->end[0].policy[1] = p->end[0].policy[0];
    pair_start(p);
    pair_up(p);
    ik_node_up(&p->end[0].node, p->now, 1);
    pair_settle(p);
    pair_assert_usage(p, 1, 2, 2);
    craft_notify(p, 0, IK_EX_INFORMATIONAL, false, 2, IK_N_INITIAL_CONTACT);
    pair_assert_usage(p, 1, 2, 2);
    free(p);
}

static void fatal(unsigned from, uint32_t msgid, uint16_t type, bool ends)
{
    struct pair *p = up();
    if (msgid == 3) {
        craft_notify(p, from, IK_EX_INFORMATIONAL, false, 2, 40000);
    }
    craft_notify(p, from, IK_EX_INFORMATIONAL, false, msgid, type);
    cr_assert_eq(pair_count(&p->end[!from], IK_EV_IKE_DOWN), ends);
    if (ends) {
        cr_assert_eq(pair_last(&p->end[!from])->notify, type);
        cr_assert_eq(pair_last(&p->end[!from])->reason, ik_reason_of(type));
    }
    free(p);
}

/* 2.21.2: "in the INFORMATIONAL exchange immediately following it" only. */
Test(informational, error_right_after_ike_auth_ends_it)
{
    fatal(0, 2, IK_N_AUTHENTICATION_FAILED, true);
    fatal(0, 2, IK_N_INVALID_SYNTAX, true);
    fatal(0, 2, IK_N_UNSUPPORTED_CRITICAL_PAYLOAD, true);
    fatal(0, 2, IK_N_TEMPORARY_FAILURE, false);
    fatal(0, 3, IK_N_AUTHENTICATION_FAILED, false);
    fatal(1, 0, IK_N_AUTHENTICATION_FAILED, false);
}

Test(informational, unsupported_critical_payload)
{
    for (unsigned from = 0; from < 2; from++) {
        struct pair *p = up();
        static const uint8_t inner[] = {0, 0x80, 0, 4};
        uint32_t id = from == 0 ? 2 : 0;
        craft_sealed(p, from, craft_sa(p, from),
                     &(struct craft){IK_EX_INFORMATIONAL, false, id, 99, inner, sizeof inner});
        cr_assert(craft_last_has(p, !from, IK_N_UNSUPPORTED_CRITICAL_PAYLOAD));
        struct ik_msg m;
        struct ik_notify n;
        inner_len(p, !from, &m);
        cr_assert(ik_notify_find(&m, IK_N_UNSUPPORTED_CRITICAL_PAYLOAD, &n));
        cr_assert_eq(n.data.len, 1);
        cr_assert_eq(n.data.p[0], 99);
        pair_assert_usage(p, !from, 1, 1);
        /* The same, not critical, is skipped. */
        static const uint8_t skipped[] = {0, 0, 0, 4};
        craft_sealed(p, from, craft_sa(p, from),
                     &(struct craft){IK_EX_INFORMATIONAL, false, id + 1, 99, skipped, 4});
        cr_assert_eq(inner_len(p, !from, &m), 0);
        free(p);
    }
}

/* 2.21.3: fatal to both sides. */
Test(informational, malformed_request_ends_it)
{
    static const uint8_t inner[] = {0, 0, 0, 200};
    struct pair *p = up();
    craft_sealed(p, 0, craft_sa(p, 0),
                 &(struct craft){IK_EX_INFORMATIONAL, false, 2, IK_PL_DELETE, inner, sizeof inner});
    cr_assert(craft_last_has(p, 1, IK_N_INVALID_SYNTAX));
    cr_assert_eq(pair_last(&p->end[1])->event, IK_EV_IKE_DOWN);
    cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_SYNTAX);
    cr_assert_eq(pair_count(&p->end[1], IK_EV_CHILD_DOWN), 1);
    free(p);
}

static void invalid(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl == NULL) {
        ik_notify_put(c, &(struct ik_notify){.type = IK_N_INVALID_SYNTAX});
    }
}

/* Each response to end 0. */
static bool all_invalid(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 0 && (g->b[19] & IK_FLAG_RESPONSE) != 0) {
        craft_rewrite(p, g, invalid);
    }
    return true;
}

/* Its sender has no IKE SA any more, so it is sent no Delete either. */
Test(informational, invalid_syntax_in_a_response_ends_it)
{
    for (unsigned what = 0; what < 3; what++) {
        struct pair *p = pair_new();
        p->end[0].config.exchanges = ik_exchanges_all;
        pair_start(p);
        pair_up(p);
        unsigned sent = p->grams_n;
        p->hook = all_invalid;
        if (what == 0) {
            ik_node_check(&p->end[0].node, p->now, 0);
        } else if (what == 1) {
            ik_node_rekey_child(&p->end[0].node, p->now,
                                pair_find(&p->end[0], IK_EV_CHILD_UP)->child);
        } else {
            ik_node_rekey_ike(&p->end[0].node, p->now, 0);
        }
        pair_settle(p);
        const struct told *down = pair_find(&p->end[0], IK_EV_IKE_DOWN);
        cr_assert_eq(down->reason, IK_WHY_SYNTAX);
        cr_assert_eq(down->notify, IK_N_INVALID_SYNTAX);
        cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_DOWN), 1);
        cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_FAILED), 0);
        cr_assert_eq(p->grams_n, sent + 2, "request and response");
        pair_assert_usage(p, 0, 0, 0);
        free(p);
    }
}

static bool lose(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)to, (void)path, (void)g;
    return false;
}

/* What ends anyway ends for the reason that it had. */
Test(informational, invalid_syntax_in_answer_to_a_delete)
{
    struct pair *p = up();
    p->hook = lose;
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_settle(p);
    craft_notify(p, 1, IK_EX_INFORMATIONAL, true, 2, IK_N_INVALID_SYNTAX);
    pair_settle(p);
    cr_assert_eq(pair_find(&p->end[0], IK_EV_IKE_DOWN)->reason, IK_WHY_DELETED_HERE);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_DOWN), 1);
    pair_assert_usage(p, 0, 0, 0);
    free(p);
}

/* A peer that speaks more than we do, or one that errs: nothing ends, and its id is not used up. */
Test(informational, unknown_exchange_ends_nothing)
{
    static const uint8_t types[] = {0,
                                    IK_EX_IKE_SA_INIT - 1,
                                    IK_EX_IKE_AUTH,
                                    38,
                                    43, /* IKE_SESSION_RESUME, IKE_INTERMEDIATE */
                                    99,
                                    240,
                                    255};
    for (unsigned from = 0; from < 2; from++) {
        struct pair *p = up();
        uint32_t id = from == 0 ? 2 : 0;
        unsigned n = p->grams_n;
        for (size_t i = 0; i < sizeof types; i++) {
            craft_notify(p, from, types[i], false, id, IK_N_INITIAL_CONTACT);
            cr_assert_eq(pair_drops(&p->end[!from], IK_DROP_IKE_UNEXPECTED), i + 1);
        }
        cr_assert_eq(p->grams_n, n);
        craft_sealed(p, from, craft_sa(p, from),
                     &(struct craft){IK_EX_INFORMATIONAL, false, id, IK_PL_NONE, NULL, 0});
        cr_assert_eq(p->grams_n, n + 1);
        pair_assert_usage(p, !from, 1, 1);
        pair_assert_data(p, from);
        cr_assert_eq(p->end[!from].told_n, 2);
        free(p);
    }
}

/* ---- Delete of a Child SA -------------------------------------------------------------------- */

static void delete_spi(struct pair *p, unsigned from, uint32_t msgid, uint8_t protocol,
                       uint32_t spi)
{
    uint8_t inner[64], octets[8] = {9, 9, 9, 9};
    struct ik_chain c;
    ik_put32(octets + 4, spi);
    ik_chain_begin(&c, inner, sizeof inner);
    ik_delete_put(&c, &(struct ik_delete){protocol, 4, 2, {octets, 8}});
    craft_sealed(p, from, craft_sa(p, from),
                 &(struct craft){IK_EX_INFORMATIONAL, false, msgid, IK_PL_DELETE, inner, c.w.len});
}

/* It has the id of our request, and is authentic, but answers something else: it ends nothing, and
 * the right one may still come. */
Test(informational, response_of_another_exchange)
{
    static const uint8_t others[] = {IK_EX_IKE_AUTH, IK_EX_CREATE_CHILD_SA, 99};
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    ik_node_check(&p->end[0].node, p->now, craft_sa(p, 0)->slot);
    pair_drain(p, 0);
    for (unsigned i = 0; i < sizeof others; i++) {
        craft_notify(p, 1, others[i], true, 2, IK_N_INITIAL_CONTACT);
        cr_assert_eq(craft_sa(p, 0)->state, IK_IKE_UP);
        cr_assert_neq(craft_sa(p, 0)->tasks, IK_NO_SLOT);
        cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_UNEXPECTED), i + 1);
    }
    pair_settle(p);
    cr_assert_eq(craft_sa(p, 0)->tasks, IK_NO_SLOT);
    cr_assert_eq(craft_sa(p, 0)->state, IK_IKE_UP);
    pair_assert_data(p, 0);
    free(p);
}

Test(informational, child_delete_is_answered_with_its_pair)
{
    for (unsigned from = 0; from < 2; from++) {
        struct pair *p = up();
        struct ik_msg m;
        struct ik_delete del;
        uint32_t in = p->end[from].child_sas[0].in.spi, out = p->end[from].child_sas[0].out.spi;
        delete_spi(p, from, from == 0 ? 2 : 0, IK_PROTO_ESP, in);
        cr_assert_eq(inner_len(p, !from, &m), 1);
        cr_assert_eq(ik_delete_parse(ik_msg_find(&m, IK_PL_DELETE)->body, &del), IK_OK);
        cr_assert_eq(del.protocol, IK_PROTO_ESP);
        cr_assert_eq(del.count, 1);
        cr_assert_eq(ik_get32(del.spis.p), out);
        cr_assert_eq(pair_last(&p->end[!from])->event, IK_EV_CHILD_DOWN);
        cr_assert_eq(pair_last(&p->end[!from])->reason, IK_WHY_DELETED_PEER);
        pair_assert_usage(p, !from, 1, 0);
        /* Once more: there is nothing to delete. */
        delete_spi(p, from, from == 0 ? 3 : 1, IK_PROTO_ESP, in);
        cr_assert_eq(inner_len(p, !from, &m), 0);
        free(p);
    }
}

Test(informational, delete_of_what_is_not_there)
{
    struct pair *p = up();
    struct ik_msg m;
    const struct ik_child_sa *child = &p->end[0].child_sas[0];
    delete_spi(p, 0, 2, IK_PROTO_ESP, 0x12345678);
    cr_assert_eq(inner_len(p, 1, &m), 0);
    delete_spi(p, 0, 3, IK_PROTO_AH, child->in.spi);
    cr_assert_eq(inner_len(p, 1, &m), 0);
    delete_spi(p, 0, 4, IK_PROTO_ESP, child->out.spi); /* not the sender's inbound one */
    cr_assert_eq(inner_len(p, 1, &m), 0);
    pair_assert_usage(p, 1, 1, 1);
    pair_assert_data(p, 0);
    free(p);
}

/* 1.4.1: SPIs in one payload or in several; the pair is named once. */
Test(informational, delete_in_several_payloads)
{
    struct pair *p = up();
    uint8_t inner[64], in[8], unknown[8] = {1, 1, 1, 1, 2, 2, 2, 2};
    struct ik_chain c;
    struct ik_msg m;
    struct ik_delete del;
    ik_put32(in, p->end[0].child_sas[0].in.spi);
    ik_put32(in + 4, p->end[0].child_sas[0].in.spi);
    ik_chain_begin(&c, inner, sizeof inner);
    ik_delete_put(&c, &(struct ik_delete){IK_PROTO_ESP, 4, 2, {unknown, 8}});
    ik_delete_put(&c, &(struct ik_delete){IK_PROTO_ESP, 4, 2, {in, 8}});
    ik_delete_put(&c, &(struct ik_delete){IK_PROTO_ESP, 4, 1, {in, 4}});
    ik_delete_put(&c, &(struct ik_delete){IK_PROTO_ESP, 4, 0, {NULL, 0}});
    ik_delete_put(&c, &(struct ik_delete){200, 0, 0, {NULL, 0}});
    craft_sealed(p, 0, craft_sa(p, 0),
                 &(struct craft){IK_EX_INFORMATIONAL, false, 2, IK_PL_DELETE, inner, c.w.len});
    cr_assert_eq(inner_len(p, 1, &m), 1);
    cr_assert_eq(ik_delete_parse(ik_msg_find(&m, IK_PL_DELETE)->body, &del), IK_OK);
    cr_assert_eq(del.count, 1);
    pair_assert_usage(p, 1, 1, 0);
    free(p);
}

/* Two Child SAs of one IKE SA, as rekeying makes them: those that are named go, in one payload or
 * in several, and each has its pair in the answer. */
static void with_second_child(struct pair *p, uint32_t in[2][2])
{
    for (unsigned who = 0; who < 2; who++) {
        struct end *e = &p->end[who];
        struct ik_child_sa *child = ik_child_add(&e->node, craft_sa(p, who), 0);
        cr_assert_not_null(child);
        in[who][0] = e->child_sas[0].in.spi;
        in[who][1] = child->in.spi;
    }
    for (unsigned who = 0; who < 2; who++) {
        struct ik_ipsec *ip = &p->end[who].node.ipsec;
        struct ik_child_sa *old = &p->end[who].child_sas[0], *child = &p->end[who].child_sas[1];
        uint8_t n;
        const struct ik_ts *local = ik_child_ts_local(ip, old, &n);
        child->out.spi = in[!who][1];
        cr_assert(ik_child_suite_set(ip, child, old->encr, old->integ));
        cr_assert(ik_child_ts_set(ip, child, local, 1, ik_child_ts_remote(ip, old, &n), 1));
        ik_child_window(ip, child, 0);
        child->path = old->path;
        ik_child_up(ip, child);
    }
}

static void delete_list(struct pair *p, uint32_t msgid, const uint32_t *spis, uint8_t n, bool apart)
{
    uint8_t inner[128], octets[4 * 4];
    struct ik_chain c;
    ik_chain_begin(&c, inner, sizeof inner);
    for (uint8_t i = 0; i < n; i++) {
        ik_put32(octets + 4 * i, spis[i]);
        if (apart) {
            ik_delete_put(&c, &(struct ik_delete){IK_PROTO_ESP, 4, 1, {octets + 4 * i, 4}});
        }
    }
    if (!apart) {
        ik_delete_put(&c, &(struct ik_delete){IK_PROTO_ESP, 4, n, {octets, (uint16_t)(4 * n)}});
    }
    craft_sealed(p, 0, craft_sa(p, 0),
                 &(struct craft){IK_EX_INFORMATIONAL, false, msgid, IK_PL_DELETE, inner, c.w.len});
}

/* The SPIs of all Deletes in the answer. */
static unsigned deleted(const struct ik_msg *m, uint32_t *spis)
{
    struct ik_delete del;
    unsigned n = 0;
    for (uint8_t i = 1; i < m->payloads_n; i++) {
        cr_assert_eq(m->payloads[i].type, IK_PL_DELETE);
        cr_assert_eq(ik_delete_parse(m->payloads[i].body, &del), IK_OK);
        for (uint16_t k = 0; k < del.count; k++) {
            spis[n++] = ik_get32(del.spis.p + 4 * k);
        }
    }
    return n;
}

Test(informational, several_children_in_one_request)
{
    for (unsigned apart = 0; apart < 2; apart++) {
        struct pair *p = up();
        struct ik_msg m;
        uint32_t in[2][2], got[4];
        with_second_child(p, in);
        pair_assert_usage(p, 1, 1, 2);
        const uint32_t wanted[] = {in[0][1], 0xdeadbeef, in[0][0], in[0][1]};
        delete_list(p, 2, wanted, 4, apart);
        inner_len(p, 1, &m);
        cr_assert_eq(deleted(&m, got), 2);
        cr_assert_eq(got[0], in[1][1]);
        cr_assert_eq(got[1], in[1][0]);
        cr_assert_eq(pair_count(&p->end[1], IK_EV_CHILD_DOWN), 2);
        cr_assert_neq(p->end[1].told[2].child, p->end[1].told[3].child);
        pair_assert_usage(p, 1, 1, 0);
        free(p);
    }
}

Test(informational, one_of_two_children)
{
    for (unsigned which = 0; which < 2; which++) {
        struct pair *p = up();
        struct ik_msg m;
        uint32_t in[2][2], got[4];
        with_second_child(p, in);
        delete_list(p, 2, &in[0][which], 1, false);
        inner_len(p, 1, &m);
        cr_assert_eq(deleted(&m, got), 1);
        cr_assert_eq(got[0], in[1][which]);
        pair_assert_usage(p, 1, 1, 1);
        cr_assert_eq(p->end[1].child_sas[!which].state, IK_CHILD_UP);
        /* The client sends by the one that is left. */
        ik_child_retire(&p->end[0].node.ipsec, &p->end[0].child_sas[which], IK_CHILD_OLD);
        pair_assert_data(p, 0);
        pair_assert_data(p, 1);
        free(p);
    }
}

/* 1.4.1, 2.25.1: a Child SA whose Delete is under way here is not named in the answer to the
 * peer's. */
Test(informational, child_deletes_that_cross)
{
    struct pair *p = pair_new();
    struct ik_msg m;
    p->end[0].policy[0].mode = IK_TRANSPORT; /* the responder declines: its Child SA is deleted */
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    while (pair_count(&p->end[0], IK_EV_CHILD_FAILED) == 0) {
        pair_step(p);
        pair_drain(p, 0);
    }
    uint32_t spi = p->end[1].child_sas[0].in.spi;
    delete_spi(p, 1, 0, IK_PROTO_ESP, spi);
    cr_assert_eq(inner_len(p, 0, &m), 0);
    pair_settle(p);
    pair_assert_usage(p, 0, 1, 0);
    pair_assert_usage(p, 1, 1, 0);
    free(p);
}

/* ---- Delete of the IKE SA -------------------------------------------------------------------- */

static bool lose_all(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)to, (void)path, (void)g;
    return false;
}

static void assert_down(struct pair *p, unsigned who, enum ik_reason why)
{
    cr_assert_eq(pair_count(&p->end[who], IK_EV_IKE_DOWN), 1);
    cr_assert_eq(pair_count(&p->end[who], IK_EV_CHILD_DOWN), 1);
    cr_assert_eq(pair_last(&p->end[who])->event, IK_EV_IKE_DOWN);
    cr_assert_eq(pair_last(&p->end[who])->reason, why);
}

Test(informational, delete_by_the_responder)
{
    struct pair *p = up();
    ik_node_down(&p->end[1].node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(p->grams_n, 6);
    assert_down(p, 0, IK_WHY_DELETED_PEER);
    assert_down(p, 1, IK_WHY_DELETED_HERE);
    free(p);
}

/*
 *     client --- Delete ---.   .--- Delete --- gateway
 *                           \ /
 *                            X
 *     client <-------------´   `-------------> gateway
 *
 * 2.25.2: each answers, and forgets its own.
 */
Test(informational, deletes_that_cross)
{
    struct pair *p = up();
    ik_node_down(&p->end[0].node, p->now, 0);
    ik_node_down(&p->end[1].node, p->now, 0);
    pair_settle(p);
    assert_down(p, 0, IK_WHY_DELETED_HERE);
    assert_down(p, 1, IK_WHY_DELETED_HERE);
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, 0, 0, 0);
    pair_assert_usage(p, 1, 0, 0);
    cr_assert_eq(p->grams_n, 4 + 4);
    free(p);
}

/* The answer to a Delete is lost: whoever answered still has it for a while. */
Test(informational, answer_to_a_delete_is_lost)
{
    struct pair *p = up();
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_step(p); /* the Delete arrives */
    pair_drain(p, 1);
    cr_assert_eq(p->grams_n, 6);
    p->delivered = 6; /* its answer does not */
    assert_down(p, 1, IK_WHY_DELETED_PEER);
    pair_pass(p, 2 * IK_SECOND);
    assert_down(p, 0, IK_WHY_DELETED_HERE);
    cr_assert_eq(p->grams_n, 8);
    cr_assert_eq(memcmp(p->grams[5].b, p->grams[7].b, p->grams[5].len), 0);
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

/* A dead SA that only keeps an answer makes place where the pool is full. */
Test(informational, dead_sa_makes_place)
{
    struct pair *p = pair_new();
    p->end[1].host.ike_sas_n = 1;
    pair_start(p);
    pair_up(p);
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_settle(p);
    pair_assert_usage(p, 1, 1, 0);
    pair_up(p);
    cr_assert_eq(pair_count(&p->end[1], IK_EV_CHILD_UP), 2);
    pair_assert_usage(p, 1, 1, 1);
    free(p);
}

/* Down while a Delete of the Child SA is unanswered: the window is one, so one after the other. */
Test(informational, delete_waits_for_the_window)
{
    struct pair *p = pair_new();
    p->end[0].policy[0].mode = IK_TRANSPORT; /* the responder declines: its Child SA is deleted */
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    while (pair_count(&p->end[0], IK_EV_CHILD_FAILED) == 0) {
        pair_step(p);
        pair_drain(p, 0);
    }
    unsigned n = p->grams_n;
    cr_assert_eq(p->grams[n - 1].b[18], IK_EX_INFORMATIONAL);
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    cr_assert_eq(p->grams_n, n);
    pair_settle(p);
    cr_assert_eq(p->grams_n, n + 3); /* its answer, then Delete of the IKE SA and the answer */
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_DOWN);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_DELETED_HERE);
    free(p);
}

Test(informational, requests_are_answered_while_deleting)
{
    struct pair *p = up();
    struct ik_msg m;
    p->hook = lose_all;
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_settle(p);
    craft_sealed(p, 1, craft_sa(p, 1),
                 &(struct craft){IK_EX_INFORMATIONAL, false, 0, IK_PL_NONE, NULL, 0});
    cr_assert_eq(inner_len(p, 0, &m), 0);
    /* 2.25.2: not now */
    craft_notify(p, 1, IK_EX_CREATE_CHILD_SA, false, 1, IK_N_REKEY_SA);
    cr_assert(craft_last_has(p, 0, IK_N_TEMPORARY_FAILURE));
    cr_assert_eq(craft_sa(p, 0)->state, IK_IKE_CLOSING);
    free(p);
}

/* ---- CREATE_CHILD_SA ------------------------------------------------------------------------- */

/* RFC 7815 2.2: by who does not rekey, in either role. */
static const struct ik_exchange *const no_rekeying[] = {&ik_exchange_init_r, &ik_exchange_auth_r,
                                                        &ik_exchange_informational,
                                                        &ik_exchange_child_refused, NULL};

Test(create_child, is_answered_with_no_additional_sas)
{
    for (unsigned from = 0; from < 2; from++) {
        struct pair *p = pair_new();
        p->end[1].config.exchanges = no_rekeying;
        pair_start(p);
        pair_up(p);
        pair_assert_up(p);
        craft_notify(p, from, IK_EX_CREATE_CHILD_SA, false, from == 0 ? 2 : 0, IK_N_REKEY_SA);
        cr_assert(craft_last_has(p, !from, IK_N_NO_ADDITIONAL_SAS));
        pair_assert_usage(p, !from, 1, 1);
        pair_assert_data(p, from);
        free(p);
    }
}

/* SPDX-License-Identifier: MIT */
/* INVALID_MESSAGE_ID (RFC 7296 2.3): who has lost count is told, and believed. */
#include "craft.h"

#if IK_HINTS

#define CLIENT 0
#define GATEWAY 1

static struct pair *up_with(bool hints)
{
    struct pair *p = pair_new();
    p->end[CLIENT].config.exchanges = p->end[GATEWAY].config.exchanges = ik_exchanges_all;
    p->end[CLIENT].config.hints = p->end[GATEWAY].config.hints = hints;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

/* The client asks with that id, sealed as it should be. */
static unsigned ask(struct pair *p, uint32_t msgid)
{
    unsigned n = p->grams_n;
    craft_sealed(p, CLIENT, craft_sa(p, CLIENT),
                 &(struct craft){IK_EX_INFORMATIONAL, false, msgid, IK_PL_NONE, NULL, 0});
    pair_settle(p);
    return n;
}

static uint32_t expected(struct pair *p)
{
    return craft_sa(p, GATEWAY)->window.expected;
}

/* What the gateway told in datagram n. */
static void assert_told(struct pair *p, unsigned n, uint32_t msgid)
{
    uint8_t buf[PAIR_BUF];
    struct ik_msg m;
    struct ik_notify notify;
    const struct gram *g = &p->grams[n];
    cr_assert_gt(p->grams_n, n);
    cr_assert_eq(g->from, GATEWAY);
    cr_assert(ik_export_open(&p->end[CLIENT].node, 0, g->b, g->len, buf, sizeof buf, &m));
    cr_assert_eq(m.hdr.exchange, IK_EX_INFORMATIONAL);
    cr_assert_eq(m.hdr.flags & IK_FLAG_RESPONSE, 0, "MUST NOT be sent in a response");
    cr_assert(ik_notify_find(&m, IK_N_INVALID_MESSAGE_ID, &notify));
    cr_assert_eq(notify.data.len, 4);
    cr_assert_eq(ik_get32(notify.data.p), msgid);
}

static bool lose_all(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)to, (void)path, (void)g;
    return false;
}

/* Counts in how many datagrams the gateway says so, by whichever IKE SA. */
static bool count_told(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    uint8_t buf[PAIR_BUF];
    struct ik_msg m;
    struct ik_notify n;
    (void)path;
    for (uint16_t slot = 0; to == CLIENT && slot < PAIR_SAS; slot++) {
        p->seen += ik_export_open(&p->end[CLIENT].node, slot, g->b, g->len, buf, sizeof buf, &m) &&
                   ik_notify_find(&m, IK_N_INVALID_MESSAGE_ID, &n);
    }
    return true;
}

Test(invalid_id, ahead_of_the_window_is_told)
{
    static const uint32_t ahead[] = {1, 2, 1000, 0x7fffffff, 0xfffffff0};
    for (size_t i = 0; i < sizeof ahead / sizeof *ahead; i++) {
        struct pair *p = up_with(true);
        uint32_t id = expected(p) + ahead[i];
        unsigned n = ask(p, id);
        assert_told(p, n, id);
        cr_assert_eq(p->grams_n, n + 2, "told, and that is answered");
        cr_assert_eq(p->end[GATEWAY].node.env.counters.drop[IK_DROP_IKE_MSGID], 1);
        pair_assert_up(p);
        pair_assert_data(p, CLIENT);
        free(p);
    }
}

Test(invalid_id, not_told_unless_it_is_configured)
{
    struct pair *p = up_with(false);
    unsigned n = ask(p, expected(p) + 1);
    cr_assert_eq(p->grams_n, n);
    free(p);
}

/* Inside of the window, and taken already; its answer is still computed, and it comes again. */
Test(invalid_id, a_copy_of_what_is_being_answered_is_not_told)
{
    struct pair *p = up_with(true);
    struct ik_window *w = &craft_sa(p, GATEWAY)->window;
    w->size_in = 4;
    w->beyond = 2;
    unsigned n = ask(p, w->expected + 2);
    cr_assert_eq(p->grams_n, n);
    n = ask(p, w->expected + 4);
    assert_told(p, n, w->expected + 4);
    free(p);
}

/* After a rekeying the window is one until it is told anew: by the first request, this one too. */
Test(invalid_id, inside_of_the_window_that_is_told_with_it_is_not_told)
{
    struct pair *p = up_with(true);
    struct ik_window *w = &craft_sa(p, GATEWAY)->window;
    p->end[GATEWAY].config.window = 4;
    unsigned n = ask(p, w->expected + 1);
    cr_assert_eq(p->grams_n, n);
    n = ask(p, w->expected + 4);
    assert_told(p, n, w->expected + 4);
    cr_assert_eq(w->size_in, 4);
    free(p);
}

/* It waited until a request of ours was answered; those that were missing have come meanwhile. */
Test(invalid_id, taken_back_if_the_window_has_moved)
{
    struct pair *p = up_with(true);
    p->hook = lose_all;
    ik_node_check(&p->end[GATEWAY].node, p->now, 0);
    pair_settle(p);
    uint32_t id = expected(p);
    ask(p, id + 1);
    ask(p, id);
    cr_assert_eq(expected(p), id + 1);
    p->hook = count_told;
    pair_pass(p, 10 * IK_SECOND);
    cr_assert_eq(p->seen, 0);
    pair_assert_up(p);
    free(p);
}

/* A late copy is nobody's mistake. */
Test(invalid_id, behind_the_window_is_not_told)
{
    struct pair *p = up_with(true);
    unsigned n = ask(p, 0);
    cr_assert_eq(p->grams_n, n);
    free(p);
}

Test(invalid_id, forged_is_not_told)
{
    struct pair *p = up_with(true);
    uint8_t buf[PAIR_BUF];
    uint16_t len =
        craft_seal(p, CLIENT, craft_sa(p, CLIENT),
                   &(struct craft){IK_EX_INFORMATIONAL, false, 9, IK_PL_NONE, NULL, 0}, buf);
    unsigned n = p->grams_n;
    for (uint16_t at = 20; at < len; at++) {
        buf[at] ^= 1;
        craft_give(p, CLIENT, buf, len);
        pair_settle(p);
        buf[at] ^= 1;
    }
    cr_assert_eq(p->grams_n, n);
    craft_give(p, CLIENT, buf, len);
    pair_settle(p);
    assert_told(p, n, 9);
    free(p);
}

/* "notifications of this type MUST be rate limited" */
Test(invalid_id, told_once_a_second)
{
    struct pair *p = up_with(true);
    for (unsigned second = 0; second < 3; second++) {
        unsigned n = ask(p, 100 * second + 50);
        assert_told(p, n, 100 * second + 50);
        for (unsigned i = 1; i < 10; i++) {
            pair_pass(p, 90 * IK_MS);
            n = ask(p, 100 * second + 50 + i);
            cr_assert_eq(p->grams_n, n, "second %u, %u", second, i);
        }
        pair_pass(p, 200 * IK_MS);
    }
    pair_assert_up(p);
    free(p);
}

/* ---- heeded ---------------------------------------------------------------------------------- */

/* The gateway says so of that id, in a request. */
static unsigned refuse(struct pair *p, uint32_t msgid, uint16_t len)
{
    uint8_t inner[16] = {
        0, 0, 0, 0, 0, 0, IK_N_INVALID_MESSAGE_ID >> 8, IK_N_INVALID_MESSAGE_ID & 0xff};
    struct craft m = {IK_EX_INFORMATIONAL, false, 0, IK_PL_NOTIFY, inner, (uint16_t)(8 + len)};
    unsigned n = p->grams_n;
    m.msgid = craft_sa(p, CLIENT)->window.expected;
    inner[3] = (uint8_t)(8 + len);
    ik_put32(inner + 8, msgid);
    craft_sealed(p, GATEWAY, craft_sa(p, GATEWAY), &m);
    pair_settle(p);
    return n;
}

/* A request of the client's is out, and will not be answered. */
static uint32_t out(struct pair *p)
{
    uint32_t id = craft_sa(p, CLIENT)->window.request;
    p->hook = lose_all;
    ik_node_check(&p->end[CLIENT].node, p->now, 0);
    pair_settle(p);
    return id;
}

Test(invalid_id, of_a_request_that_is_out_ends_the_ike_sa)
{
    struct pair *p = up_with(true);
    unsigned n = refuse(p, out(p), 4);
    cr_assert_eq(p->grams_n, n + 1, "it is answered");
    cr_assert_neq(p->grams[n].b[19] & IK_FLAG_RESPONSE, 0);
    const struct told *down = pair_find(&p->end[CLIENT], IK_EV_IKE_DOWN);
    cr_assert_not_null(down);
    cr_assert_eq(down->reason, IK_WHY_TIMEOUT);
    cr_assert_eq(down->notify, IK_N_INVALID_MESSAGE_ID);
    free(p);
}

Test(invalid_id, of_nothing_that_is_out_ends_nothing)
{
    struct pair *p = up_with(true);
    refuse(p, 0, 4);
    refuse(p, craft_sa(p, CLIENT)->window.request, 4);
    uint32_t id = out(p);
    refuse(p, id + 1, 4);
    refuse(p, id - 1, 4);
    refuse(p, id, 3);
    refuse(p, id, 5);
    cr_assert_eq(pair_count(&p->end[CLIENT], IK_EV_IKE_DOWN), 0);
    p->hook = NULL;
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_up(p);
    free(p);
}

static bool lose_requests_of_gateway(struct pair *p, unsigned to, struct ik_path *path,
                                     struct gram *g)
{
    (void)count_told(p, to, path, g);
    return to != CLIENT || (g->b[19] & IK_FLAG_RESPONSE) != 0;
}

/* It waits for the window, and then the IKE SA is rekeyed: in its successor the ids are others. */
Test(invalid_id, not_told_by_a_successor)
{
    struct pair *p = up_with(true);
    p->hook = lose_requests_of_gateway;
    ik_node_check(&p->end[GATEWAY].node, p->now, 0);
    pair_settle(p);
    ask(p, expected(p) + 3);
    ik_ike_rekey(&p->end[CLIENT].node, craft_sa(p, CLIENT));
    pair_settle(p);
    p->hook = count_told;
    pair_pass(p, 10 * IK_SECOND);
    cr_assert_eq(p->seen, 0);
    cr_assert_eq(pair_count(&p->end[CLIENT], IK_EV_IKE_UP), 2);
    pair_assert_data(p, CLIENT);
    free(p);
}

#endif

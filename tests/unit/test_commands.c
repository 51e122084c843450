/* SPDX-License-Identifier: MIT */
/* What a host can do to one SA: end it, look whether its peer is there, move it to another address.
 */
#include "craft.h"

static bool lose_all(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)to, (void)path, (void)g;
    return false;
}

/* Two IKE SAs between the two, each with a Child SA. */
static struct pair *two_up(void)
{
    struct pair *p = pair_new();
    p->end[0].config.policies_n = 2;
    p->end[0].policy[1] = p->end[0].policy[0];
    pair_start(p);
    pair_up(p);
    ik_node_up(&p->end[0].node, p->now, 1);
    pair_settle(p);
    for (unsigned who = 0; who < 2; who++) {
        cr_assert_eq(pair_count(&p->end[who], IK_EV_CHILD_UP), 2);
    }
    return p;
}

static struct pair *up(void)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

/* Slots that hold nothing which is up. */
static const ik_slot nowhere[] = {2, PAIR_SAS - 1, PAIR_SAS, 0x7fff, IK_NO_SLOT};
#define NOWHERE (sizeof nowhere / sizeof nowhere[0])

/* ---- down_ike -------------------------------------------------------------------------------- */

Test(commands, down_of_one_ike_sa)
{
    for (unsigned which = 0; which < 4; which++) {
        struct pair *p = two_up();
        unsigned who = which & 1;
        ik_slot ike = (ik_slot)(which >> 1);
        struct end *e = &p->end[who];
        ik_node_down_ike(&e->node, p->now, ike);
        pair_settle(p);
        cr_assert_eq(pair_count(e, IK_EV_IKE_DOWN), 1);
        cr_assert_eq(pair_last(e)->ike, ike);
        cr_assert_eq(pair_last(e)->reason, IK_WHY_DELETED_HERE);
        cr_assert_eq(pair_count(&p->end[!who], IK_EV_IKE_DOWN), 1);
        /* The client has set up another one since: so ends a reauthentication. */
        bool replaced = IK_REKEY && who == 0 && ike == 0;
        cr_assert_eq(pair_last(&p->end[!who])->reason,
                     replaced ? IK_WHY_REKEYED : IK_WHY_DELETED_PEER);
        pair_pass(p, 10 * IK_SECOND);
        pair_assert_usage(p, 0, 1, 1);
        pair_assert_usage(p, 1, 1, 1);
        pair_assert_data(p, 1);
        if (ike == 1) { /* the client's packets are of the first policy */
            pair_assert_data(p, 0);
        }
        free(p);
    }
}

Test(commands, down_twice_is_once)
{
    struct pair *p = up();
    ik_node_down_ike(&p->end[0].node, p->now, 0);
    ik_node_down_ike(&p->end[0].node, p->now, 0);
    ik_node_down(&p->end[0].node, p->now, IK_NO_SLOT);
    pair_settle(p);
    cr_assert_eq(p->grams_n, 6);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_DOWN), 1);
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, 0, 0, 0);
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

/* While it opens: the initiator's ends and says so to the user; the responder's was never told. */
Test(commands, down_while_it_opens)
{
    struct pair *p = pair_new();
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    while (p->grams_n < 3) {
        pair_step(p);
    }
    p->delivered = p->grams_n;
    ik_node_down_ike(&p->end[0].node, p->now, 0);
    ik_node_down_ike(&p->end[1].node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(p->grams_n, 3);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_DELETED_HERE);
    cr_assert_eq(p->end[1].told_n, 0);
    pair_assert_usage(p, 0, 0, 0);
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

Test(commands, of_what_is_not_there)
{
    struct pair *p = two_up();
    unsigned n = p->grams_n;
    for (size_t i = 0; i < NOWHERE; i++) {
        ik_node_down_ike(&p->end[0].node, p->now, nowhere[i]);
        ik_node_down_child(&p->end[0].node, p->now, nowhere[i]);
        ik_node_check(&p->end[0].node, p->now, nowhere[i]);
    }
    ik_node_down(&p->end[0].node, p->now, 7);
    pair_settle(p);
    cr_assert_eq(p->grams_n, n);
    cr_assert_eq(p->end[0].told_n, 4);
    pair_assert_usage(p, 0, 2, 2);
    free(p);
}

/* ---- down_child ------------------------------------------------------------------------------ */

Test(commands, down_of_a_child_sa)
{
    for (unsigned who = 0; who < 2; who++) {
        struct pair *p = up();
        struct end *e = &p->end[who];
        struct ik_msg m;
        struct ik_delete del;
        static uint8_t buf[PAIR_BUF];
        ik_slot child = pair_find(e, IK_EV_CHILD_UP)->child;
        uint32_t spi = e->child_sas[child].in.spi;
        ik_node_down_child(&e->node, p->now, child);
        pair_drain(p, who);
        const struct gram *g = &p->grams[4];
        cr_assert(ik_export_open(&p->end[!who].node, 0, g->b, g->len, buf, sizeof buf, &m));
        cr_assert_eq(ik_delete_parse(ik_msg_find(&m, IK_PL_DELETE)->body, &del), IK_OK);
        cr_assert_eq(del.protocol, IK_PROTO_ESP);
        cr_assert_eq(del.count, 1);
        cr_assert_eq(ik_get32(del.spis.p), spi);
        pair_settle(p);
        cr_assert_eq(p->grams_n, 6);
        cr_assert_eq(pair_last(e)->event, IK_EV_CHILD_DOWN);
        cr_assert_eq(pair_last(e)->reason, IK_WHY_DELETED_HERE);
        cr_assert_eq(pair_last(&p->end[!who])->event, IK_EV_CHILD_DOWN);
        cr_assert_eq(pair_last(&p->end[!who])->reason, IK_WHY_DELETED_PEER);
        pair_assert_usage(p, 0, 1, 0);
        pair_assert_usage(p, 1, 1, 0);
        /* Once more is nothing; the IKE SA goes on. */
        ik_node_down_child(&e->node, p->now, child);
        pair_settle(p);
        cr_assert_eq(p->grams_n, 6);
        ik_node_down(&e->node, p->now, 0);
        pair_settle(p);
        cr_assert_eq(pair_last(&p->end[!who])->event, IK_EV_IKE_DOWN);
        free(p);
    }
}

/* The Delete is repeated until it is answered. */
Test(commands, down_of_a_child_sa_over_a_bad_link)
{
    struct pair *p = up();
    p->hook = lose_all;
    ik_node_down_child(&p->end[0].node, p->now, 0);
    pair_pass(p, 2 * IK_SECOND);
    cr_assert_eq(p->grams_n, 6);
    cr_assert_eq(memcmp(p->grams[4].b, p->grams[5].b, p->grams[4].len), 0);
    cr_assert_eq(pair_count(&p->end[1], IK_EV_CHILD_DOWN), 0);
    p->hook = NULL;
    pair_pass(p, 2 * IK_SECOND);
    cr_assert_eq(pair_count(&p->end[1], IK_EV_CHILD_DOWN), 1);
    pair_pass(p, 100 * IK_SECOND);
    pair_assert_usage(p, 0, 1, 0);
    pair_assert_usage(p, 1, 1, 0);
    free(p);
}

/* ---- check (2.4) ----------------------------------------------------------------------------- */

Test(commands, check_of_a_peer_that_is_there)
{
    for (unsigned who = 0; who < 2; who++) {
        struct pair *p = up();
        struct ik_ike_info info;
        pair_pass(p, 3 * IK_SECOND);
        ik_node_check(&p->end[who].node, p->now, 0);
        pair_settle(p);
        cr_assert_eq(p->grams_n, 6);
        cr_assert_eq(p->grams[4].b[18], IK_EX_INFORMATIONAL);
        cr_assert_eq(p->end[who].told_n, 2);
        for (unsigned i = 0; i < 2; i++) {
            cr_assert(ik_ike_info(&p->end[i].node, 0, &info));
            cr_assert_eq(info.heard_ms, 0);
        }
        pair_pass(p, 100 * IK_SECOND);
        cr_assert_eq(p->grams_n, 6);
        pair_assert_usage(p, who, 1, 1);
        free(p);
    }
}

Test(commands, check_of_a_peer_that_is_gone)
{
    struct pair *p = up();
    struct end *e = &p->end[0];
    p->hook = lose_all;
    ik_time begun = p->now;
    ik_node_check(&e->node, p->now, 0);
    pair_pass(p, 94 * IK_SECOND);
    cr_assert_eq(e->told_n, 2);
    pair_pass(p, 2 * IK_SECOND);
    cr_assert_eq(pair_count(e, IK_EV_CHILD_DOWN), 1);
    cr_assert_eq(pair_last(e)->event, IK_EV_IKE_DOWN);
    cr_assert_eq(pair_last(e)->reason, IK_WHY_TIMEOUT);
    cr_assert_eq(pair_last(e)->at - begun, 95 * IK_SECOND);
    cr_assert_eq(p->grams_n, 4 + 7);
    pair_assert_usage(p, 0, 0, 0);
    free(p);
}

/* One question is enough, and any request is one. */
Test(commands, check_while_a_request_is_out)
{
    struct pair *p = up();
    p->hook = lose_all;
    for (unsigned i = 0; i < 5; i++) {
        ik_node_check(&p->end[0].node, p->now, 0);
        pair_drain(p, 0);
    }
    cr_assert_eq(p->grams_n, 5);
    ik_node_down_child(&p->end[1].node, p->now, 0);
    ik_node_check(&p->end[1].node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(p->grams_n, 6);
    p->hook = NULL;
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, 0, 1, 0);
    pair_assert_usage(p, 1, 1, 0);
    free(p);
}

/* Asked for while the answer to a check is out, the Delete waits for it. */
Test(commands, down_behind_a_check)
{
    struct pair *p = up();
    ik_node_check(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    ik_node_down_ike(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    cr_assert_eq(p->grams_n, 5);
    pair_settle(p);
    cr_assert_eq(p->grams_n, 8);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_DOWN);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_DELETED_HERE);
    cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_DELETED_PEER);
    free(p);
}

/* ---- another address ------------------------------------------------------------------------- */

Test(commands, readdress)
{
    struct pair *p = up();
    struct end *e = &p->end[0];
    struct ik_addr was = e->peer[0].local, is = pair_addr("192.0.2.77");
    struct ik_addr other = pair_addr("198.51.100.1");
    ik_node_readdress(&e->node, p->now, &other, &is);
    pair_assert_data(p, 0);
    cr_assert(ik_addr_eq(&p->grams[p->grams_n - 1].path.local, &was), "not his address");
    ik_node_readdress(&e->node, p->now, &was, &is);
    cr_assert_gt(ik_node_deadline(&e->node), p->now);
    pair_assert_data(p, 0);
    cr_assert(ik_addr_eq(&p->grams[p->grams_n - 1].path.local, &is));
    cr_assert(ik_addr_eq(&p->grams[p->grams_n - 1].path.remote, &e->peer[0].remote));
    ik_node_check(&e->node, p->now, 0);
    pair_drain(p, 0);
    cr_assert(ik_addr_eq(&p->grams[p->grams_n - 1].path.local, &is));
    pair_settle(p);
    pair_assert_usage(p, 0, 1, 1);
    free(p);
}

/* A request that is out goes on from the new one, with the same octets. */
Test(commands, readdress_while_it_opens)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[0];
    struct ik_addr was = e->peer[0].local, is = pair_addr("192.0.2.77");
    p->hook = lose_all;
    p->end[1].peer[0].remote.family = 0;
    pair_start(p);
    pair_up(p);
    ik_node_readdress(&e->node, p->now, &was, &is);
    p->hook = NULL;
    pair_pass(p, 2 * IK_SECOND);
    cr_assert(ik_addr_eq(&p->grams[1].path.local, &is));
    cr_assert_eq(memcmp(p->grams[0].b, p->grams[1].b, p->grams[0].len), 0);
    pair_assert_up(p);
    pair_assert_data(p, 0);
    cr_assert(ik_addr_eq(&p->grams[p->grams_n - 1].path.local, &is));
    pair_assert_data(p, 1);
    cr_assert(ik_addr_eq(&p->grams[p->grams_n - 1].path.remote, &is));
    free(p);
}

/* SPDX-License-Identifier: MIT */
/* Messages that do not fit in a buffer, and authentic ones that are not what they should be. */
#include "craft.h"

static struct pair *up(void)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

static struct pair *opening(void)
{
    struct pair *p = pair_new();
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    return p;
}

static void fill(struct ik_node *node, struct ik_draft *d)
{
    static const uint8_t data[1000];
    for (unsigned i = 0; i <= IK_MSG_MAX / sizeof data; i++) {
        ik_put_notify(node, &d->c, IK_N_COOKIE, (struct ik_span){data, sizeof data});
    }
}

/* ---- too long -------------------------------------------------------------------------------- */

Test(draft, that_does_not_fit)
{
    for (unsigned clear = 0; clear < 2; clear++) {
        struct pair *p = clear ? opening() : up();
        struct ik_node *node = &p->end[0].node;
        struct ik_draft d;
        uint16_t left = node->buffers_left;
        uint32_t drops = pair_drops(&p->end[0], IK_DROP_IKE_NO_ROOM);
        ik_draft_begin(node, craft_sa(p, 0), &d, IK_EX_INFORMATIONAL, false, 7);
        ik_slot slot = d.buffer;
        cr_assert_eq(node->buffers_left, left - 1);
        fill(node, &d);
        cr_assert_eq(ik_draft_end(node, craft_sa(p, 0), &d), IK_NO_SLOT);
        cr_assert_eq(node->buffers_left, left);
        cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_NO_ROOM), drops + 1);
        for (unsigned i = 0; i < sizeof p->end[0].buffers[slot].b; i++) {
            cr_assert_eq(p->end[0].buffers[slot].b[i], 0, "octet %u", i);
        }
        free(p);
    }
}

Test(draft, of_a_request_that_does_not_fit)
{
    struct pair *p = up();
    struct ik_node *node = &p->end[0].node;
    struct ik_ike_sa *sa = craft_sa(p, 0);
    struct ik_task *task = ik_task_add(node, sa, &ik_exchange_liveness);
    struct ik_draft d;
    cr_assert_not_null(task);
    ik_request_begin(node, sa, &d, task);
    fill(node, &d);
    cr_assert_eq(ik_request_end(node, sa, &d, task), IK_STEP_ENDED);
    pair_settle(p);
    cr_assert_eq(pair_find(&p->end[0], IK_EV_IKE_DOWN)->reason, IK_WHY_NO_ROOM);
    pair_assert_usage(p, 0, 0, 0);
    free(p);
}

Test(draft, of_a_response_that_does_not_fit)
{
    struct pair *p = up();
    struct ik_node *node = &p->end[1].node;
    struct ik_rx rx = {.sa = craft_sa(p, 1)};
    struct ik_draft d;
    uint16_t left = node->buffers_left;
    rx.m.hdr.exchange = IK_EX_INFORMATIONAL;
    rx.m.hdr.msgid = 2;
    ik_response_begin(node, &rx, &d);
    fill(node, &d);
    cr_assert_not(ik_response_end(node, &rx, &d));
    cr_assert_eq(node->buffers_left, left);
    free(p);
}

/* ---- odd, but authentic ---------------------------------------------------------------------- */

/* A request or response of nothing but padding, which says that it is longer than it is. */
static void give_badly_padded(struct pair *p, unsigned from, bool response, uint32_t msgid)
{
    const struct ik_ike_sa *sa = craft_sa(p, from);
    uint8_t buf[256];
    struct ik_hdr hdr;
    struct ik_chain c;
    struct ik_sealed s = {.msg = buf};
    struct ik_seal_key key = ik_sk_key(sa, sa->initiator);
    ik_hdr_fill(sa, &hdr, IK_EX_INFORMATIONAL, response, msgid);
    ik_msg_begin(&c, buf, sizeof buf, &hdr);
    ik_sk_open(&c, sa->suite.encr->iv_len, 0, 0);
    ik_sk_close(&c, IK_PL_NONE, sa->suite.encr->block, ik_seal_icv_len(&key), &s.aad_len,
                &s.text_len);
    buf[s.aad_len + sa->suite.encr->iv_len + s.text_len - 1] = 200;
    ik_seal(&p->end[from].node.env, &key, &s, 1u << 30);
    craft_give(p, from, buf, c.w.len);
}

Test(draft, badly_padded_request)
{
    struct pair *p = up();
    give_badly_padded(p, 0, false, 2);
    cr_assert(craft_last_has(p, 1, IK_N_INVALID_SYNTAX));
    cr_assert_eq(pair_find(&p->end[1], IK_EV_IKE_DOWN)->reason, IK_WHY_SYNTAX);
    free(p);
}

/* What cannot be read is the answer nevertheless: the SA ends by a Delete (2.21). */
Test(draft, badly_padded_response)
{
    struct pair *p = up();
    ik_node_check(&p->end[0].node, p->now, craft_sa(p, 0)->slot);
    pair_drain(p, 0);
    give_badly_padded(p, 1, true, 2);
    cr_assert_eq(craft_sa(p, 0)->state, IK_IKE_CLOSING);
    pair_settle(p);
    cr_assert_eq(pair_find(&p->end[0], IK_EV_IKE_DOWN)->reason, IK_WHY_SYNTAX);
    cr_assert_eq(pair_find(&p->end[1], IK_EV_IKE_DOWN)->reason, IK_WHY_DELETED_PEER);
    pair_pass(p, 60 * IK_SECOND);
    pair_assert_usage(p, 0, 0, 0);
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

/* Shorter than IV and ICV: nobody has sealed it, and nothing comes of it. */
Test(draft, sk_without_room_for_an_icv)
{
    struct pair *p = up();
    const struct ik_ike_sa *sa = craft_sa(p, 0);
    for (uint16_t len = 0; len <= 32; len++) {
        uint8_t buf[128];
        struct ik_hdr hdr;
        struct ik_chain c;
        uint32_t drops = pair_drops(&p->end[1], IK_DROP_IKE_INTEGRITY);
        unsigned sent = p->grams_n;
        ik_hdr_fill(sa, &hdr, IK_EX_INFORMATIONAL, false, 2);
        ik_msg_begin(&c, buf, sizeof buf, &hdr);
        ik_payload_open(&c, IK_PL_SK);
        ik_wr_zero(&c.w, len);
        ik_payload_close(&c);
        cr_assert_eq(ik_msg_end(&c), IK_OK);
        craft_give(p, 0, buf, c.w.len);
        pair_settle(p);
        cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_INTEGRITY), drops + 1, "%u", len);
        cr_assert_eq(p->grams_n, sent);
    }
    pair_assert_data(p, 0);
    free(p);
}

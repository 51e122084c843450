/* SPDX-License-Identifier: MIT */
/* What somebody without keys may send, and what keys do not allow (RFC 7296 2.1 to 2.4, 2.21). */
#include "craft.h"

/* ---- message IDs (2.2, 2.3) ------------------------------------------------------------------ */

static bool other_ids_first(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    static const uint32_t ids[] = {0, 2, 0xffffffff};
    (void)path;
    if (g->b[18] == IK_EX_IKE_SA_INIT || p->seen > 0) {
        return true;
    }
    p->seen++;
    bool response = to == 0;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        craft_notify(p, g->from, IK_EX_IKE_AUTH, response, ids[i], IK_N_AUTHENTICATION_FAILED);
    }
    return true;
}

/* IKE_AUTH under the right keys and a wrong Message ID is neither taken nor answered. */
Test(forged, auth_with_another_message_id)
{
    for (unsigned from = 0; from < 2; from++) {
        struct pair *p = pair_new();
        pair_start(p);
        ik_node_up(&p->end[0].node, p->now, 0);
        while (p->grams_n < 3 + from) {
            pair_step(p);
        }
        p->hook = other_ids_first;
        pair_settle(p);
        /* 0 would repeat IKE_SA_INIT, but is of another exchange */
        cr_assert_eq(pair_drops(&p->end[!from], IK_DROP_IKE_MSGID), from == 0 ? 2 : 3);
        cr_assert_eq(pair_drops(&p->end[!from], IK_DROP_IKE_UNEXPECTED), from == 0 ? 1 : 0);
        pair_assert_up(p);
        free(p);
    }
}

/* 2.2: the Message ID does not wrap. */
Test(forged, last_message_id_is_not_taken)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    craft_sa(p, 1)->msgid_in = UINT32_MAX - 1;
    unsigned n = p->grams_n;
    craft_notify(p, 0, IK_EX_INFORMATIONAL, false, UINT32_MAX - 1, 40000);
    cr_assert_eq(p->grams_n, n + 1);
    craft_notify(p, 0, IK_EX_INFORMATIONAL, false, UINT32_MAX, 40000);
    craft_notify(p, 0, IK_EX_INFORMATIONAL, false, 0, 40000);
    cr_assert_eq(p->grams_n, n + 1);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_MSGID), 2);
    free(p);
}

/* ---- forged clear messages, at every moment (2.4, 2.21.1, 2.21.4) ---------------------------- */

static uint16_t clear_message(struct pair *p, uint8_t *buf, uint8_t exchange, uint8_t flags,
                              uint32_t msgid, uint16_t notify)
{
    const struct ik_ike_sa *sa = craft_sa(p, 0);
    struct ik_hdr hdr = {.version = 0x20, .exchange = exchange, .flags = flags, .msgid = msgid};
    struct ik_chain c;
    memcpy(hdr.spi_i, sa->spi_i, IK_SPI_LEN);
    memcpy(hdr.spi_r, sa->spi_r, IK_SPI_LEN);
    ik_msg_begin(&c, buf, 256, &hdr);
    if (notify != 0) {
        /* for INVALID_KE_PAYLOAD: a group that was not offered */
        ik_notify_put(&c,
                      &(struct ik_notify){.type = notify, .data = {(const uint8_t *)"\0\x13", 2}});
    } else {
        ik_delete_put(&c, &(struct ik_delete){.protocol = IK_PROTO_IKE});
    }
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    return c.w.len;
}

/* What somebody who reads along, but has no keys, may send to both. */
static void forge_all(struct pair *p)
{
    static const uint16_t notifies[] = {0,
                                        IK_N_INVALID_IKE_SPI,
                                        IK_N_INVALID_MAJOR_VERSION,
                                        IK_N_INVALID_SYNTAX,
                                        IK_N_INVALID_MESSAGE_ID,
                                        IK_N_INVALID_SPI,
                                        IK_N_UNSUPPORTED_CRITICAL_PAYLOAD,
                                        IK_N_NO_PROPOSAL_CHOSEN,
                                        IK_N_INVALID_KE_PAYLOAD,
                                        IK_N_AUTHENTICATION_FAILED,
                                        8192,
                                        40000};
    static const uint8_t exchanges[] = {IK_EX_IKE_SA_INIT, IK_EX_IKE_AUTH, IK_EX_CREATE_CHILD_SA,
                                        IK_EX_INFORMATIONAL, 99};
    uint8_t buf[256];
    for (size_t e = 0; e < sizeof exchanges; e++) {
        for (size_t i = 0; i < sizeof notifies / sizeof notifies[0]; i++) {
            for (unsigned to = 0; to < 2; to++) {
                uint8_t i_flag = to == 1 ? IK_FLAG_INITIATOR : 0;
                for (uint32_t id = 0; id < 3; id++) {
                    craft_give(p, !to, buf,
                               clear_message(p, buf, exchanges[e], i_flag | IK_FLAG_RESPONSE, id,
                                             notifies[i]));
                    craft_give(p, !to, buf,
                               clear_message(p, buf, exchanges[e], i_flag, id, notifies[i]));
                }
            }
        }
    }
}

Test(forged, clear_messages_end_nothing)
{
    for (unsigned when = 1; when <= 4; when++) {
        struct pair *p = pair_new();
        pair_start(p);
        ik_node_up(&p->end[0].node, p->now, 0);
        while (p->grams_n < when) {
            pair_step(p);
        }
        forge_all(p);
        pair_pass(p, IK_SECOND / 2);
        pair_assert_up(p);
        unsigned n = p->grams_n;
        forge_all(p);
        cr_assert_eq(p->grams_n, n, "an SA that is up answers nothing in clear");
        pair_assert_data(p, 0);
        pair_assert_data(p, 1);
        cr_assert_eq(p->end[0].told_n + p->end[1].told_n, 4);
        free(p);
    }
}

/* ---- IKE_SA_INIT from elsewhere -------------------------------------------------------------- */

/* 2.1, 2.11: the same octets from another address are the same request, answered to where they
 * came from; the IKE SA goes on with whoever has its keys. */
Test(forged, same_request_from_two_addresses)
{
    struct pair *p = pair_new();
    p->end[1].peer[0].remote.family = 0;
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    struct ik_path elsewhere = pair_turn(&p->grams[0].path);
    elsewhere.remote = pair_addr("203.0.113.77");
    elsewhere.remote_port = 1025;
    pair_deliver(p, &p->grams[0]);
    struct gram copy = p->grams[0];
    pair_give(p, 1, &elsewhere, copy.b, copy.len);
    pair_assert_usage(p, 1, 1, 0);
    cr_assert_eq(p->grams_n, 3);
    cr_assert_eq(p->grams[2].path.remote_port, 1025);
    cr_assert(ik_addr_eq(&p->grams[2].path.remote, &elsewhere.remote));
    cr_assert_eq(memcmp(p->grams[1].b, p->grams[2].b, p->grams[1].len), 0);
    p->delivered = 1;
    pair_settle(p);
    pair_assert_up(p);
    cr_assert(ik_addr_eq(&craft_sa(p, 1)->path.remote, &p->end[0].peer[0].local));
    free(p);
}

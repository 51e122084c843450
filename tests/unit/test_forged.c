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
    craft_sa(p, 1)->window.expected = UINT32_MAX - 1;
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

/* The client's request once more, from there. */
static void request_from(struct pair *p, const char *addr, uint16_t port)
{
    struct ik_path elsewhere = pair_turn(&p->grams[0].path);
    struct gram copy = p->grams[0];
    elsewhere.remote = pair_addr(addr);
    elsewhere.remote_port = port;
    pair_give(p, 1, &elsewhere, copy.b, copy.len);
    cr_assert_eq(p->grams[p->grams_n - 1].path.remote_port, port);
    cr_assert(ik_addr_eq(&p->grams[p->grams_n - 1].path.remote, &elsewhere.remote));
}

static struct pair *anybody_calls(void)
{
    struct pair *p = pair_new();
    p->end[1].peer[0].remote.family = 0;
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    pair_deliver(p, &p->grams[0]);
    return p;
}

/* 2.1, 2.11: the same octets from another port are the same request, answered to where they came
 * from; the IKE SA goes on with whoever has its keys. */
Test(forged, same_request_from_two_ports)
{
    struct pair *p = anybody_calls();
    request_from(p, "192.0.2.1", 1025);
    pair_assert_usage(p, 1, 1, 0);
    cr_assert_eq(p->grams_n, 3);
    cr_assert_eq(memcmp(p->grams[1].b, p->grams[2].b, p->grams[1].len), 0);
    p->delivered = 1;
    pair_settle(p);
    pair_assert_up(p);
    cr_assert(ik_addr_eq(&craft_sa(p, 1)->route.path.remote, &p->end[0].peer[0].local));
    free(p);
}

/* From another address they are somebody else's request, who is answered something else and gets
 * nowhere: whatever the addresses, so that the hash of the index makes no difference. */
Test(forged, same_request_from_many_addresses)
{
    for (unsigned i = 1; i < 255; i++) {
        struct pair *p = anybody_calls();
        char addr[32];
        snprintf(addr, sizeof addr, "203.0.113.%u", i);
        request_from(p, addr, 500);
        cr_assert_eq(p->grams_n, 3);
        cr_assert_neq(memcmp(p->grams[1].b, p->grams[2].b, p->grams[1].len), 0, "%s", addr);
        pair_assert_usage(p, 1, 2, 0);
        p->delivered = 1;
        pair_settle(p);
        pair_assert_up(p);
        pair_pass(p, 31 * IK_SECOND);
        pair_assert_usage(p, 1, 1, 1);
        pair_assert_data(p, 0);
        free(p);
    }
}

/* ---- a clear error changes nothing but the reason (2.21.1) ----------------------------------- */

static bool lose_all(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)to, (void)path, (void)g;
    return false;
}

/* A call that nobody answers; every so often, somebody forges that error. 0: nobody does. */
static struct pair *unanswered(uint16_t error, ik_time every)
{
    struct pair *p = pair_new();
    p->hook = lose_all;
    p->end[0].config.retransmit.jitter_256 = 128;
    pair_start(p);
    pair_up(p);
    while (pair_count(&p->end[0], IK_EV_IKE_FAILED) == 0) {
        pair_pass(p, every);
        if (error != 0 && p->end[0].told_n == 0) {
            craft_clear_error(p, error, "\0\x13", 2);
        }
    }
    return p;
}

Test(forged, clear_error_changes_nothing_but_the_reason)
{
    static const uint16_t errors[] = {IK_N_INVALID_MAJOR_VERSION,
                                      IK_N_INVALID_SYNTAX,
                                      IK_N_UNSUPPORTED_CRITICAL_PAYLOAD,
                                      IK_N_NO_PROPOSAL_CHOSEN,
                                      IK_N_INVALID_KE_PAYLOAD,
                                      IK_N_AUTHENTICATION_FAILED,
                                      IK_N_TEMPORARY_FAILURE,
                                      8192};
    static const ik_time every[] = {77 * IK_MS, IK_SECOND, 13 * IK_SECOND};
    struct pair *calm = unanswered(0, IK_SECOND);
    cr_assert_eq(calm->grams_n, 7);
    cr_assert_eq(pair_last(&calm->end[0])->reason, IK_WHY_TIMEOUT);
    for (size_t i = 0; i < 3 * sizeof errors / sizeof errors[0]; i++) {
        uint16_t error = errors[i / 3];
        struct pair *p = unanswered(error, every[i % 3]);
        cr_assert_eq(p->grams_n, calm->grams_n);
        for (unsigned k = 0; k < p->grams_n; k++) {
            const struct gram *a = &p->grams[k], *b = &calm->grams[k];
            cr_assert_eq(a->at, b->at, "error %u: transmission %u", error, k);
            cr_assert_eq(a->len, b->len);
            cr_assert_eq(memcmp(a->b, b->b, a->len), 0);
        }
        const struct told *end = pair_last(&p->end[0]);
        cr_assert_eq(end->at, pair_last(&calm->end[0])->at);
        cr_assert_eq(p->end[0].told_n, 1);
        cr_assert_eq(end->reason, ik_reason_of(error));
        cr_assert_eq(end->notify, error);
        free(p);
    }
    free(calm);
}

/* ---- who asks -------------------------------------------------------------------------------- */

/* A request inside an IKE SA that its initiator is opening: an honest responder has none. */
Test(forged, responder_asks_who_is_opening)
{
    static const uint8_t types[] = {IK_EX_IKE_AUTH, IK_EX_CREATE_CHILD_SA, IK_EX_INFORMATIONAL};
    struct pair *p = pair_new();
    p->end[0].config.exchanges = ik_exchanges_all;
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    while (p->grams_n < 3) {
        pair_step(p);
    }
    /* What end 1 would say as the initiator of IKE_AUTH, with a proof that is good. */
    uint8_t inner[512], octets[IK_HASH_MAX];
    struct ik_chain c;
    struct ik_ike_sa *sa = craft_sa(p, 1);
    struct ik_span psk = p->end[1].peer[0].psk;
    sa->peer = 0;
    ik_auth_octets(&p->end[1].node, sa, psk, NULL, octets);
    ik_chain_begin(&c, inner, sizeof inner);
    ik_id_put(&c, IK_PL_IDI, &p->end[1].peer[0].local_id);
    ik_auth_put(&c, &(struct ik_auth){IK_AUTH_SHARED_KEY_MIC, {octets, sa->suite.prf->key_len}});
    const struct ik_proposals esp =
        ik_proposals_child(&p->end[1].node, &p->end[1].policy[0], false);
    ik_proposal_put(&c, &esp, (struct ik_span){(const uint8_t[]){1, 2, 3, 4}, 4});
    ik_ts_put(&c, IK_PL_TSI, p->end[1].policy[0].ts_local, 1);
    ik_ts_put(&c, IK_PL_TSR, p->end[1].policy[0].ts_remote, 1);
    sa->peer = IK_NO_SLOT;
    unsigned n = p->grams_n;
    for (size_t i = 0; i < sizeof types; i++) {
        craft_sealed(p, 1, sa, &(struct craft){types[i], false, 0, IK_PL_IDI, inner, c.w.len});
    }
    cr_assert_eq(p->grams_n, n);
    cr_assert_eq(p->end[0].told_n, 0);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_UNEXPECTED), 3);
    pair_settle(p);
    pair_assert_up(p);
    pair_assert_data(p, 0);
    free(p);
}

/* SPDX-License-Identifier: MIT */
/* Messages that reach no handler, or should not: versions, SPIs, IDs, bits, lengths. */
#include "craft.h"

static struct pair *up(void)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

static struct pair *idle(void)
{
    struct pair *p = pair_new();
    pair_start(p);
    return p;
}

static uint16_t header(uint8_t *buf, uint8_t version, uint8_t exchange, uint8_t flags)
{
    struct ik_hdr hdr = {.version = version, .exchange = exchange, .flags = flags, .msgid = 7};
    struct ik_chain c;
    memset(hdr.spi_i, 0x11, 8);
    memset(hdr.spi_r, 0x22, 8);
    ik_msg_begin(&c, buf, 64, &hdr);
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    return c.w.len;
}

/* 2.5: "MUST drop the message and SHOULD send an unauthenticated Notify message of type
 * INVALID_MAJOR_VERSION containing the highest (closest) version number it supports". */
Test(receive, higher_major_version)
{
    struct pair *p = idle();
    uint8_t buf[64];
    struct ik_msg m;
    struct ik_notify n;
    uint16_t len = header(buf, 0x30, 34, IK_FLAG_INITIATOR);
    craft_give(p, 0, buf, len);
    cr_assert_eq(p->grams_n, 1);
    cr_assert_eq(ik_msg_parse(p->grams[0].b, p->grams[0].len, &m), IK_OK);
    cr_assert(ik_notify_find(&m, IK_N_INVALID_MAJOR_VERSION, &n));
    cr_assert_eq(m.hdr.version, 0x20);
    cr_assert_eq(m.hdr.flags, IK_FLAG_RESPONSE);
    cr_assert_eq(m.hdr.msgid, 7);
    cr_assert_eq(m.hdr.exchange, 34);
    cr_assert_eq(m.hdr.spi_i[0], 0x11);
    cr_assert_eq(m.hdr.spi_r[0], 0x22);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_VERSION), 1);

    /* not so often, never to a response, and not for IKEv1 */
    craft_give(p, 0, buf, len);
    cr_assert_eq(p->grams_n, 1);
    p->now += 100 * IK_MS;
    craft_give(p, 0, buf, header(buf, 0x30, 34, IK_FLAG_INITIATOR | IK_FLAG_RESPONSE));
    craft_give(p, 0, buf, header(buf, 0x10, 2, 0));
    cr_assert_eq(p->grams_n, 1);
    craft_give(p, 0, buf, header(buf, 0x30, 34, 0));
    cr_assert_eq(p->grams_n, 2);
    cr_assert_eq(p->grams[1].b[19], IK_FLAG_RESPONSE | IK_FLAG_INITIATOR);
    free(p);
}

/* Who only begins answers nothing that is not protected. */
Test(receive, higher_major_version_at_an_initiator)
{
    struct pair *p = idle();
    uint8_t buf[64];
    craft_give(p, 1, buf, header(buf, 0x30, 34, IK_FLAG_INITIATOR));
    cr_assert_eq(p->grams_n, 0);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_VERSION), 1);
    free(p);
}

/* "the minor version number […] MUST be ignored" */
static bool minor(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)to, (void)path;
    g->b[17] = 0x20;
    return true;
}

Test(receive, answer_to_another_version_in_udp_4500)
{
    struct pair *p = idle();
    uint8_t buf[68] = {0};
    struct ik_path path = craft_path(p, 0, IK_CARRIER_UDP4500);
    uint16_t len = header(buf + 4, 0x40, 34, IK_FLAG_INITIATOR);
    p->hook = minor;
    pair_give(p, 1, &path, buf, len + 4u);
    cr_assert_eq(p->grams_n, 1);
    cr_assert_eq(ik_get32(p->grams[0].b), 0);
    cr_assert_eq(p->grams[0].b[4 + 17], 0x20);
    free(p);
}

Test(receive, unknown_spi_is_dropped_without_an_answer)
{
    struct pair *p = up();
    uint8_t buf[64];
    unsigned n = p->grams_n;
    const uint8_t flags[] = {0, IK_FLAG_INITIATOR, IK_FLAG_RESPONSE,
                             IK_FLAG_INITIATOR | IK_FLAG_RESPONSE};
    for (unsigned i = 0; i < 4; i++) {
        craft_give(p, 0, buf, header(buf, 0x20, IK_EX_INFORMATIONAL, flags[i]));
    }
    cr_assert_eq(p->grams_n, n);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_UNKNOWN_SPI), 4);
    free(p);
}

Test(receive, one_spi_right_and_one_wrong)
{
    struct pair *p = up();
    struct gram g = p->grams[2];
    g.b[0] ^= 1; /* the initiator's, at the responder */
    pair_deliver(p, &g);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_UNKNOWN_SPI), 1);
    g = p->grams[3];
    g.b[8] ^= 1;
    pair_deliver(p, &g);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_UNKNOWN_SPI), 1);
    free(p);
}

/* Every message of a handshake, with every bit turned: dropped, or harmless; never both sides up
 * with different keys. */
Test(receive, every_bit_of_a_handshake, .timeout = 120)
{
    for (unsigned which = 0; which < 4; which++) {
        struct pair *p = pair_new_family("aes128gcm8-prfsha256-x25519", "aes128gcm8", 4);
        pair_start(p);
        ik_node_up(&p->end[0].node, p->now, 0);
        while (p->grams_n <= which) {
            pair_step(p);
        }
        struct pair *before = malloc(sizeof *before);
        cr_assert_not_null(before);
        struct gram *g = &p->grams[which];
        for (unsigned bit = 0; bit < g->len * 8u; bit += which < 2 ? 3 : 1) {
            uint32_t received = p->end[!g->from].node.env.counters.count[IK_COUNT_IKE_RECEIVED];
            if (which < 2) {
                memcpy(before, p, sizeof *p); /* clear messages may have effect */
            }
            struct gram bad = *g;
            bad.b[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            struct ik_path path = pair_turn(&bad.path);
            if (which < 2) {
                ik_node_rx(&p->end[!g->from].node, p->now, &path,
                           &(struct ik_pkt){.buf = bad.b, .cap = sizeof bad.b, .len = bad.len});
                memcpy(p, before, sizeof *p);
                continue;
            }
            pair_give(p, !g->from, &path, bad.b, bad.len);
            cr_assert_eq(p->end[!g->from].node.env.counters.count[IK_COUNT_IKE_RECEIVED], received,
                         "message %u, bit %u", which, bit);
        }
        pair_settle(p);
        pair_assert_up(p);
        free(before);
        free(p);
    }
}

Test(receive, every_truncation_of_a_handshake)
{
    for (unsigned which = 0; which < 4; which++) {
        struct pair *p = pair_new();
        pair_start(p);
        ik_node_up(&p->end[0].node, p->now, 0);
        while (p->grams_n <= which) {
            pair_step(p);
        }
        const struct gram *g = &p->grams[which];
        struct ik_path path = pair_turn(&g->path);
        for (unsigned len = 0; len < g->len; len++) {
            pair_give(p, !g->from, &path, g->b, len);
        }
        /* and with octets behind it */
        pair_give(p, !g->from, &path, g->b, g->len + 1u);
        const struct end *e = &p->end[!g->from];
        cr_assert_eq(pair_drops(e, IK_DROP_RX_SHORT), 28);
        cr_assert_eq(pair_drops(e, IK_DROP_IKE_SYNTAX), g->len - 28u + 1u);
        cr_assert_eq(p->end[0].told_n + p->end[1].told_n, which == 3 ? 2 : 0);
        pair_settle(p);
        pair_assert_up(p);
        free(p);
    }
}

/* A payload before SK is not secret; it must not be taken for one that was. */
Test(receive, payloads_before_sk)
{
    struct pair *p = up();
    uint8_t buf[PAIR_BUF];
    const struct ik_ike_sa *sa = craft_sa(p, 0);
    struct ik_hdr hdr;
    struct ik_chain c;
    struct ik_sealed s = {.msg = buf};
    struct ik_seal_key key = ik_sk_key(sa, true);
    ik_hdr_fill(sa, &hdr, IK_EX_INFORMATIONAL, false, 2);
    ik_msg_begin(&c, buf, sizeof buf, &hdr);
    ik_delete_put(&c, &(struct ik_delete){.protocol = IK_PROTO_IKE});
    ik_sk_open(&c, sa->suite.encr->iv_len, 0, 0);
    ik_notify_put(&c, &(struct ik_notify){.type = 40000});
    ik_sk_close(&c, 0, sa->suite.encr->block, ik_seal_icv_len(&key), &s.aad_len, &s.text_len);
    ik_seal(&p->end[0].node.env, &key, &s, 99);
    craft_give(p, 0, buf, c.w.len);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_UNEXPECTED), 1);
    pair_assert_usage(p, 1, 1, 1);
    free(p);
}

/* Clear messages under an SPI that has keys. */
Test(receive, clear_message_in_a_protected_exchange)
{
    struct pair *p = up();
    uint8_t buf[128];
    struct ik_hdr hdr;
    struct ik_chain c;
    ik_hdr_fill(craft_sa(p, 0), &hdr, IK_EX_INFORMATIONAL, false, 2);
    ik_msg_begin(&c, buf, sizeof buf, &hdr);
    ik_delete_put(&c, &(struct ik_delete){.protocol = IK_PROTO_IKE});
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    craft_give(p, 0, buf, c.w.len);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_UNEXPECTED), 1);
    pair_assert_usage(p, 1, 1, 1);
    free(p);
}

/* ---- IKE_SA_INIT requests -------------------------------------------------------------------- */

Test(receive, critical_payload_in_the_first_request)
{
    struct pair *p = idle();
    uint8_t buf[64];
    struct ik_msg m;
    struct ik_notify n;
    struct ik_hdr hdr = {
        .version = 0x20, .exchange = IK_EX_IKE_SA_INIT, .flags = IK_FLAG_INITIATOR};
    struct ik_chain c;
    memset(hdr.spi_i, 0x11, 8);
    ik_msg_begin(&c, buf, sizeof buf, &hdr);
    ik_payload_open(&c, 77);
    ik_payload_close(&c);
    buf[IK_HDR_LEN + 1] = 0x80;
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    craft_give(p, 0, buf, c.w.len);
    cr_assert_eq(p->grams_n, 1);
    cr_assert_eq(ik_msg_parse(p->grams[0].b, p->grams[0].len, &m), IK_OK);
    cr_assert(ik_notify_find(&m, IK_N_UNSUPPORTED_CRITICAL_PAYLOAD, &n));
    cr_assert_eq(n.data.len, 1);
    cr_assert_eq(n.data.p[0], 77);
    /* A node that answers nobody says nothing. */
    craft_give(p, 1, buf, c.w.len);
    cr_assert_eq(p->grams_n, 1);
    free(p);
}

static void refused(void (*how)(struct gram *), enum ik_drop why)
{
    struct pair *p = idle();
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    struct gram g = p->grams[0];
    how(&g);
    pair_deliver(p, &g);
    cr_assert_eq(p->grams_n, 1, "it was answered");
    cr_assert_eq(pair_drops(&p->end[1], why), 1);
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

static void no_spi_i(struct gram *g)
{
    memset(g->b, 0, 8);
}
static void has_spi_r(struct gram *g)
{
    g->b[12] = 1;
}
static void msgid_1(struct gram *g)
{
    g->b[23] = 1;
}
static void not_of_initiator(struct gram *g)
{
    g->b[19] = 0;
}
static void as_response(struct gram *g)
{
    g->b[19] = IK_FLAG_RESPONSE;
}
static uint16_t at(const struct gram *g, uint8_t type)
{
    struct ik_msg m;
    cr_assert_eq(ik_msg_parse(g->b, g->len, &m), IK_OK);
    return (uint16_t)(ik_msg_find(&m, type)->body.p - g->b);
}
static void cut(struct gram *g, uint16_t from, uint16_t n)
{
    memmove(g->b + from, g->b + from + n, (size_t)(g->len - from - n));
    g->len = (uint16_t)(g->len - n);
    ik_put32(g->b + 24, g->len);
}
static void short_public_value(struct gram *g)
{
    uint16_t ke = at(g, IK_PL_KE);
    ik_put16(g->b + ke - 2, 4 + 4 + 31);
    cut(g, (uint16_t)(ke + 4), 1);
}
static void short_nonce(struct gram *g)
{
    uint16_t nonce = at(g, IK_PL_NONCE);
    ik_put16(g->b + nonce - 2, 4 + 15);
    cut(g, nonce, 17);
}

Test(receive, first_requests_that_are_none)
{
    refused(no_spi_i, IK_DROP_IKE_SYNTAX);
    refused(has_spi_r, IK_DROP_IKE_SYNTAX);
    refused(msgid_1, IK_DROP_IKE_UNEXPECTED);
    refused(not_of_initiator, IK_DROP_IKE_SYNTAX);
    refused(as_response, IK_DROP_IKE_UNKNOWN_SPI);
    refused(short_public_value, IK_DROP_IKE_BAD_KE);
    refused(short_nonce, IK_DROP_IKE_SYNTAX);
}

Test(receive, node_that_answers_nobody)
{
    struct pair *p = idle();
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    struct gram g = p->grams[0];
    struct ik_path path = pair_turn(&g.path);
    pair_give(p, 0, &path, g.b, g.len);
    cr_assert_eq(p->grams_n, 1);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_UNEXPECTED), 1);
    free(p);
}

Test(receive, nobody_at_that_address)
{
    struct pair *p = pair_new();
    p->end[1].peer[0].remote = pair_addr("198.51.100.77");
    pair_start(p);
    pair_up(p);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_NO_PEER), 1);
    cr_assert(craft_last_has(p, 1, IK_N_NO_PROPOSAL_CHOSEN));
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

/* The public value is looked at before anything is said. */
static void zero_public_value(struct gram *g)
{
    memset(g->b + at(g, IK_PL_KE) + 4, 0, 32);
}

Test(receive, bad_public_value_of_the_initiator)
{
    refused(zero_public_value, IK_DROP_IKE_BAD_KE);
}

Test(receive, bad_public_value_is_a_failed_sa)
{
    struct pair *p = idle();
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    struct gram g = p->grams[0];
    zero_public_value(&g);
    pair_deliver(p, &g);
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_IKE_SAS_FAILED], 1);
    cr_assert_eq(p->end[1].node.half_open, 0);
    free(p);
}

/* Of each pool that a new one takes from; test_half_open.c has who gets the last places. */
Test(receive, pool_full_of_half_open_sas)
{
    for (unsigned which = 0; which < 3; which++) {
        struct pair *p = pair_new();
        struct end *e = &p->end[1];
        uint16_t *const n[] = {&e->host.ike_sas_n, &e->host.handshakes_n, &e->host.buffers_n};
        *n[which] = which == 2 ? 4 : 2; /* its request and its response */
        e->peer[0].remote.family = 0;
        pair_start(p);
        ik_node_up(&p->end[0].node, p->now, 0);
        pair_drain(p, 0);
        for (uint8_t i = 0; i < 4; i++) {
            struct gram g = p->grams[0];
            g.b[3] = i; /* another SPI, from another address */
            g.path.local.b[3] = (uint8_t)(10 + i);
            pair_deliver(p, &g);
        }
        pair_assert_usage(p, 1, 2, 0);
        cr_assert_eq(pair_drops(e, IK_DROP_IKE_NO_ROOM), 2, "pool %u", which);
        cr_assert_eq(pair_count(e, IK_EV_NO_ROOM), 1);
        free(p);
    }
}

/* Two initiators behind one NAT may draw the same SPI (2.1). */
Test(receive, same_spi_other_nonce_is_another_initiator)
{
    struct pair *p = idle();
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    struct gram g = p->grams[0];
    pair_deliver(p, &p->grams[0]);
    g.b[at(&g, IK_PL_NONCE)] ^= 1;
    pair_deliver(p, &g);
    pair_assert_usage(p, 1, 2, 0);
    /* both repeated: both answered again */
    pair_deliver(p, &g);
    pair_deliver(p, &p->grams[0]);
    pair_assert_usage(p, 1, 2, 0);
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_IKE_REANSWERED], 2);
    free(p);
}

/* While its jobs run, a repeated request is only dropped. */
Test(receive, repeated_while_jobs_run)
{
    struct pair *p = idle();
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    p->hold_jobs = true;
    pair_deliver(p, &p->grams[0]);
    pair_deliver(p, &p->grams[0]);
    pair_assert_usage(p, 1, 1, 0);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_MSGID), 1);
    /* It expires with the job out; the job comes back to nobody, and its handshake is kept so long.
     */
    p->now += 31 * IK_SECOND;
    pair_drain(p, 1);
    pair_assert_usage(p, 1, 0, 0);
    cr_assert_eq(sound_free_handshakes(&p->end[1].node, NULL), PAIR_SAS - 1);
    cr_assert_eq(p->end[1].held->kind, IK_JOB_NONE);
    ik_job_run(p->end[1].held);
    ik_node_job_done(&p->end[1].node, p->now, p->end[1].held);
    pair_drain(p, 1);
    pair_assert_usage(p, 1, 0, 0);
    cr_assert_eq(sound_free_handshakes(&p->end[1].node, NULL), PAIR_SAS);
    free(p);
}

/* Another request with the same SPI and nonce is not that one, as long as IKE_AUTH has not come. */
Test(receive, other_request_of_the_same_initiator)
{
    struct pair *p = idle();
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    struct gram g = p->grams[0];
    g.b[at(&g, IK_PL_KE) + 4] ^= 1;
    p->hold_jobs = true;
    pair_deliver(p, &p->grams[0]);
    p->end[1].held = NULL;
    pair_deliver(p, &g);
    pair_assert_usage(p, 1, 2, 0);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_MSGID), 0);
    free(p);
}

/* A message longer than is kept. */
Test(receive, too_long)
{
    struct pair *p = idle();
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    struct gram g = p->grams[0];
    uint16_t grow = (uint16_t)(IK_MSG_MAX + 1 - g.len);
    /* a Vendor ID behind the last payload */
    struct ik_msg m;
    cr_assert_eq(ik_msg_parse(g.b, g.len, &m), IK_OK);
    const struct ik_payload *last = &m.payloads[m.payloads_n - 1];
    g.b[last->body.p - g.b - 4] = IK_PL_VENDOR;
    memset(g.b + g.len, 0, grow);
    ik_put16(g.b + g.len + 2, grow);
    g.len = IK_MSG_MAX + 1;
    ik_put32(g.b + 24, g.len);
    pair_deliver(p, &g);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_NO_ROOM), 1);
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

/* An answer without state is built in the host's buffer: if that is too small, there is none. */
Test(receive, no_room_for_a_clear_answer)
{
    struct pair *p = idle();
    uint8_t buf[64];
    uint16_t len = header(buf, 0x30, 34, IK_FLAG_INITIATOR);
    struct ik_path path = craft_path(p, 0, IK_CARRIER_UDP500);
    struct ik_effect fx;
    for (uint16_t cap = len; cap < len + 9; cap++) {
        uint8_t tight[64];
        memcpy(tight, buf, len);
        struct ik_pkt pkt = {.buf = tight, .cap = cap, .len = len};
        p->now += IK_SECOND;
        ik_node_rx(&p->end[1].node, p->now, &path, &pkt);
        cr_assert_eq(ik_node_poll(&p->end[1].node, p->now, &fx), cap == len + 8);
    }
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_NO_ROOM), 8);
    free(p);
}

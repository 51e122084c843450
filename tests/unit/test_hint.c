/* SPDX-License-Identifier: MIT */
/* SAs that are not here: what is told of them, and how far it is believed (RFC 7296 1.5, 2.21.4).
 */
#include "craft.h"

#if IK_HINTS

#define CLIENT 0
#define GATEWAY 1

static struct pair *up_with(bool hints)
{
    struct pair *p = pair_new();
    p->end[CLIENT].config.hints = p->end[GATEWAY].config.hints = hints;
    p->end[CLIENT].config.retransmit.tries = 3;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

/* The gateway has lost all that it knew. */
static void restart(struct pair *p)
{
    struct end *e = &p->end[GATEWAY];
    ik_node_wipe(&e->node);
    cr_assert_eq(ik_node_init(&e->node, &e->config, &e->host, p->now), IK_OK);
    ik_node_seed(&e->node, "another seed, of 32 octets or so", 32);
}

static void send(struct pair *p, unsigned from)
{
    uint8_t buf[512];
    struct ik_pkt pkt = pair_packet(p, from, buf, sizeof buf);
    ik_node_tx(&p->end[from].node, p->now, &pkt);
    pair_drain(p, from);
    pair_settle(p);
}

/* What the gateway has said since the datagram of that number; 0 if nothing. */
static uint16_t said(const struct pair *p, unsigned since, struct ik_msg *m)
{
    struct ik_notify n;
    for (unsigned i = since; i < p->grams_n; i++) {
        const struct gram *g = &p->grams[i];
        if (g->from != GATEWAY) {
            continue;
        }
        cr_assert_eq(g->path.carrier, IK_CARRIER_UDP500);
        cr_assert_eq(g->path.remote_port, 500);
        cr_assert_eq(ik_msg_parse(g->b, g->len, m), IK_OK);
        if (ik_notify_find(m, IK_N_INVALID_SPI, &n)) {
            cr_assert_eq(n.data.len, 4);
            cr_assert_eq(ik_get32(n.data.p), p->end[CLIENT].child_sas[0].out.spi);
            return IK_N_INVALID_SPI;
        }
        return ik_notify_find(m, IK_N_INVALID_IKE_SPI, &n) ? IK_N_INVALID_IKE_SPI : 1;
    }
    return 0;
}

static unsigned checks(const struct pair *p, unsigned since)
{
    unsigned n = 0;
    for (unsigned i = since; i < p->grams_n; i++) {
        const struct gram *g = &p->grams[i];
        n += g->from == CLIENT && g->path.carrier == IK_CARRIER_UDP500 &&
             g->b[18] == IK_EX_INFORMATIONAL;
    }
    return n;
}

Test(hint, who_has_lost_everything_says_so)
{
    struct pair *p = up_with(true);
    struct ik_msg m;
    pair_pass(p, 10 * IK_SECOND);
    restart(p);
    unsigned n = p->grams_n;
    send(p, CLIENT);
    cr_assert_eq(said(p, n, &m), IK_N_INVALID_SPI);
    cr_assert_eq(m.hdr.exchange, IK_EX_INFORMATIONAL);
    cr_assert_eq(m.hdr.flags, IK_FLAG_INITIATOR);
    cr_assert_eq(m.hdr.msgid, 0);
    cr_assert_eq(checks(p, n), 1, "a sign of life is asked for");
    cr_assert_eq(said(p, n + 2, &m), IK_N_INVALID_IKE_SPI);
    cr_assert_eq(m.hdr.flags, IK_FLAG_RESPONSE, "of the request's responder");
    cr_assert_eq(m.hdr.msgid, 2);
    cr_assert_eq(memcmp(m.hdr.spi_i, p->end[CLIENT].ike_sas[0].spi_i, IK_SPI_LEN), 0);
    cr_assert_eq(memcmp(m.hdr.spi_r, p->end[CLIENT].ike_sas[0].spi_r, IK_SPI_LEN), 0);
    pair_assert_usage(p, CLIENT, 1, 1);
    /* It is not believed: the request goes on until its time is up. */
    pair_pass(p, 300 * IK_SECOND);
    cr_assert_eq(checks(p, n), 3);
    cr_assert_eq(pair_find(&p->end[CLIENT], IK_EV_IKE_DOWN)->reason, IK_WHY_TIMEOUT);
    free(p);
}

Test(hint, nothing_is_told_unless_it_is_configured)
{
    struct pair *p = up_with(false);
    struct ik_msg m;
    restart(p);
    unsigned n = p->grams_n;
    send(p, CLIENT);
    ik_node_check(&p->end[CLIENT].node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(said(p, n, &m), 0);
    free(p);
}

/* So many packets, one answer a second. */
Test(hint, told_once_a_second)
{
    struct pair *p = up_with(true);
    struct ik_msg m;
    restart(p);
    for (unsigned second = 0; second < 3; second++) {
        unsigned n = p->grams_n;
        send(p, CLIENT);
        cr_assert_eq(said(p, n, &m), IK_N_INVALID_SPI);
        for (unsigned i = 0; i < 9; i++) {
            n = p->grams_n;
            pair_pass(p, 100 * IK_MS);
            send(p, CLIENT);
            cr_assert_eq(said(p, n, &m), 0);
        }
        pair_pass(p, 102 * IK_MS);
    }
    free(p);
}

static void wayward(struct pair *p, unsigned from, uint8_t carrier)
{
    uint8_t b[64] = {0x12, 0x34, 0x56, 0x78};
    struct ik_path path = craft_path(p, from, carrier);
    pair_give(p, !from, &path, b, sizeof b);
}

/* 1.5: with an IKE SA it would have to be told over that. */
Test(hint, not_told_to_whom_there_is_an_ike_sa)
{
    struct pair *p = up_with(true);
    unsigned n = p->grams_n;
    wayward(p, CLIENT, IK_CARRIER_ESP);
    cr_assert_eq(p->grams_n, n);
    restart(p);
    pair_pass(p, 2 * IK_SECOND);
    wayward(p, CLIENT, IK_CARRIER_UDP4500);
    cr_assert_eq(p->grams_n, n + 1);
    cr_assert_eq(p->grams[n].path.carrier, IK_CARRIER_UDP4500);
    cr_assert_eq(p->grams[n].path.remote_port, 4500);
    cr_assert_eq(ik_get32(p->grams[n].b), 0, "behind the marker");
    free(p);
}

/* A loop of answers to answers can't come about. */
Test(hint, neither_responses_nor_what_is_in_clear_is_answered)
{
    struct pair *p = up_with(true);
    uint8_t b[64];
    struct ik_chain c;
    struct ik_hdr hdr = {.spi_i = {9}, .spi_r = {8}, .version = 0x20};
    unsigned n = p->grams_n;
    for (unsigned i = 0; i < 6; i++) {
        hdr.exchange = i & 1 ? IK_EX_INFORMATIONAL : IK_EX_CREATE_CHILD_SA;
        hdr.flags = i < 2 ? IK_FLAG_RESPONSE : IK_FLAG_INITIATOR;
        ik_msg_begin(&c, b, sizeof b, &hdr);
        if (i < 4) {
            ik_payload_open(&c, i < 2 ? IK_PL_SK : IK_PL_NOTIFY);
            ik_wr_bytes(&c.w, (const uint8_t *)"\0\0\0\4", 4);
            ik_payload_close(&c);
        }
        cr_assert_eq(ik_msg_end(&c), IK_OK);
        craft_give(p, CLIENT, b, c.w.len);
        pair_pass(p, IK_SECOND);
    }
    cr_assert_eq(p->grams_n, n);
    free(p);
}

/* ---- heeded, and not believed ---------------------------------------------------------------- */

static void invalid_spi(struct pair *p, const char *from, uint32_t spi, uint8_t flags, uint16_t len)
{
    uint8_t b[64], data[8] = {0};
    struct ik_chain c;
    const struct ik_hdr hdr = {
        .spi_i = {7}, .version = 0x20, .exchange = IK_EX_INFORMATIONAL, .flags = flags};
    struct ik_path path = craft_path(p, GATEWAY, IK_CARRIER_UDP500);
    path.remote = pair_addr(from);
    ik_put32(data, spi);
    ik_msg_begin(&c, b, sizeof b, &hdr);
    ik_notify_put(&c, &(struct ik_notify){.type = IK_N_INVALID_SPI, .data = {data, len}});
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    pair_give(p, CLIENT, &path, b, c.w.len);
    pair_settle(p);
}

#define FROM_GATEWAY "192.0.2.2"

Test(hint, forged_costs_a_sign_of_life)
{
    struct pair *p = up_with(false);
    uint32_t spi = p->end[CLIENT].child_sas[0].out.spi;
    pair_pass(p, 10 * IK_SECOND);
    unsigned n = p->grams_n;
    for (unsigned i = 0; i < 40; i++) {
        invalid_spi(p, FROM_GATEWAY, spi, IK_FLAG_INITIATOR, 4);
        pair_pass(p, 100 * IK_MS);
    }
    cr_assert_eq(checks(p, n), 1, "it has answered, and is alive for a while");
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_up(p);
    pair_assert_usage(p, CLIENT, 1, 1);
    pair_assert_data(p, CLIENT);
    free(p);
}

Test(hint, of_who_was_heard_lately_is_none)
{
    struct pair *p = up_with(false);
    uint32_t spi = p->end[CLIENT].child_sas[0].out.spi;
    pair_pass(p, 10 * IK_SECOND);
    send(p, GATEWAY);
    unsigned n = p->grams_n;
    pair_pass(p, 4 * IK_SECOND);
    invalid_spi(p, FROM_GATEWAY, spi, IK_FLAG_INITIATOR, 4);
    cr_assert_eq(checks(p, n), 0);
    pair_pass(p, 2 * IK_SECOND);
    invalid_spi(p, FROM_GATEWAY, spi, IK_FLAG_INITIATOR, 4);
    cr_assert_eq(checks(p, n), 1);
    free(p);
}

Test(hint, that_fits_nothing_is_none)
{
    struct pair *p = up_with(false);
    const struct ik_child_sa *child = &p->end[CLIENT].child_sas[0];
    uint32_t in = child->in.spi, out = child->out.spi;
    pair_pass(p, 10 * IK_SECOND);
    unsigned n = p->grams_n;
    invalid_spi(p, "192.0.2.77", out, IK_FLAG_INITIATOR, 4);
    pair_pass(p, 2 * IK_SECOND);
    invalid_spi(p, FROM_GATEWAY, in, IK_FLAG_INITIATOR, 4);
    pair_pass(p, 2 * IK_SECOND);
    invalid_spi(p, FROM_GATEWAY, out + 1, IK_FLAG_INITIATOR, 4);
    invalid_spi(p, FROM_GATEWAY, out, IK_FLAG_INITIATOR, 3);
    invalid_spi(p, FROM_GATEWAY, out, IK_FLAG_INITIATOR, 8);
    invalid_spi(p, FROM_GATEWAY, out, IK_FLAG_RESPONSE, 4);
    cr_assert_eq(p->grams_n, n);
    pair_pass(p, 2 * IK_SECOND);
    invalid_spi(p, FROM_GATEWAY, out, IK_FLAG_INITIATOR, 4);
    cr_assert_eq(checks(p, n), 1);
    free(p);
}

#endif

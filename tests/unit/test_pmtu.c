/* SPDX-License-Identifier: MIT */
/* What a path takes (RFC 4301 8.2): of whom it is believed, and what is said inside. */
#include "craft.h"

#define SPI UINT32_C(0x12345678)
#define SENT 1000

/* ---- what routers say ------------------------------------------------------------------------ */

static struct ik_env env;
static struct ik_child_sa sas[2];
static struct ik_ipsec ip = {.sas = sas, .sas_n = 2, .fresh = 2};

/* One SA that sends, in the second slot. */
static struct ik_child_sa *sender(uint8_t carrier, int family)
{
    memset(sas, 0, sizeof sas);
    memset(&env, 0, sizeof env);
    env.now = 5000000;
    struct ik_child_sa *sa = &sas[1];
    sa->slot = 1;
    sa->state = IK_CHILD_UP;
    sa->ah = carrier == IK_CARRIER_AH;
    sa->out.spi = SPI;
    sa->seq = SENT;
    sa->path.carrier = carrier;
    sa->path.local = pair_addr(family == 6 ? "2001:db8::1" : "192.0.2.1");
    sa->path.remote = pair_addr(family == 6 ? "2001:db8::2" : "192.0.2.2");
    return sa;
}

static uint16_t told(const uint8_t *q, uint16_t len, uint16_t mtu)
{
    ik_pmtu_told(&env, &ip, &sas[1].path, (struct ik_span){q, len}, mtu);
    return sas[1].mtu;
}

/* Four octets name the SA, eight the packet: as many come back at the least (RFC 792). */
Test(pmtu, truncated)
{
    uint8_t q[16] = {0};
    ik_put32(q, SPI);
    ik_put32(q + 4, SENT);
    for (uint16_t len = 0; len <= sizeof q; len++) {
        sender(IK_CARRIER_ESP, 4);
        cr_assert_eq(told(q, len, 1000), len < 4 ? 0 : 1000);
        cr_assert_eq(env.counters.drop[IK_DROP_TOO_BIG], len < 4);
        cr_assert_eq(env.counters.count[IK_COUNT_TOO_BIG], len >= 4);
    }
}

/* Numbers of packets that have left, with an extended number the low half of it. */
Test(pmtu, numbers)
{
    static const struct {
        uint64_t sent;
        uint32_t told;
        bool good;
    } rows[] = {{1, 1, true},
                {1, 0, false},
                {1, 2, false},
                {SENT, SENT, true},
                {SENT, SENT + 1, false},
                {SENT, 1, true},
                {SENT, UINT32_MAX, false},
                {UINT64_C(0x100000005), 5, true},
                {UINT64_C(0x100000005), 6, true}, /* of 2^32 packets before */
                {UINT64_C(0x100000005), UINT32_MAX, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t q[8];
        sender(IK_CARRIER_ESP, 4)->seq = rows[i].sent;
        ik_put32(q, SPI);
        ik_put32(q + 4, rows[i].told);
        cr_assert_eq(told(q, sizeof q, 1000), rows[i].good ? 1000 : 0, "%zu", i);
    }
}

/* An SA that has ended has sent nothing; an old one has. */
Test(pmtu, states)
{
    uint8_t q[4];
    ik_put32(q, SPI);
    for (uint8_t state = IK_CHILD_FREE; state <= IK_CHILD_DELETING; state++) {
        sender(IK_CARRIER_UDP4500, 4)->state = state;
        cr_assert_eq(told(q, 4, 1000), state >= IK_CHILD_UP ? 1000 : 0);
    }
}

/* No path takes less than each link must. Where it is less than each host must, that is what we
 * send, and it may be cut. */
Test(pmtu, least)
{
    for (int family = 4; family <= 6; family += 2) {
        uint16_t least = family == 6 ? 1280 : 68;
        uint8_t q[4];
        ik_put32(q, SPI);
        for (uint16_t mtu = 0; mtu < 1300; mtu++) {
            sender(IK_CARRIER_ESP, family);
            uint16_t is = family == 4 && mtu < 576 ? 576 : mtu;
            cr_assert_eq(told(q, 4, mtu), mtu >= least ? is : 0);
        }
    }
}

/* Between AH and its IP header others may stand, and some of it may be missing. */
Test(pmtu, behind_extension_headers)
{
    uint8_t q[80] = {0x60, 0, 0, 0, 0, 64, IK_IP_HOPOPT};
    q[40] = IK_IP_IPV6_OPTS; /* 8 octets */
    q[48] = IK_IP_AH;        /* 16 */
    q[49] = 1;
    ik_put32(q + 64 + 4, SPI);
    ik_put32(q + 64 + 8, SENT);
    for (uint16_t len = 0; len <= sizeof q; len++) {
        uint8_t *exact = malloc(len ? len : 1); /* a sanitizer sees what is read behind */
        memcpy(exact, q, len);
        sender(IK_CARRIER_AH, 6);
        cr_assert_eq(told(exact, len, 1300), len < 72 ? 0 : 1300);
        free(exact);
    }
    q[48] = IK_IP_ESP;
    sender(IK_CARRIER_AH, 6);
    cr_assert_eq(told(q, sizeof q, 1300), 0);
}

Test(pmtu, behind_ipv4_options)
{
    uint8_t q[60] = {0x47};
    q[9] = IK_IP_AH;
    ik_put32(q + 28 + 4, SPI);
    ik_put32(q + 28 + 8, SENT);
    for (uint16_t len = 0; len <= sizeof q; len++) {
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, q, len);
        sender(IK_CARRIER_AH, 4);
        cr_assert_eq(told(exact, len, 1000), len < 36 ? 0 : 1000);
        free(exact);
    }
    q[7] = 1; /* a later piece has no AH */
    sender(IK_CARRIER_AH, 4);
    cr_assert_eq(told(q, sizeof q, 1000), 0);
}

/* Of ten thousand SAs one is looked for in so many milliseconds, not as often as anybody likes. */
Test(pmtu, not_too_often)
{
    static struct ik_child_sa many[10000];
    struct ik_ipsec large = {.sas = many, .sas_n = 10000, .fresh = 10000};
    uint8_t q[4];
    sender(IK_CARRIER_ESP, 4);
    ik_put32(q, SPI);
    many[9999] = sas[1];
    for (unsigned ms = 0; ms < 100; ms++, env.now++)
        ik_pmtu_told(&env, &large, &sas[1].path, (struct ik_span){q, 4}, (uint16_t)(1400 - ms));
    cr_assert_eq(env.counters.count[IK_COUNT_TOO_BIG], 10);
    cr_assert_eq(env.counters.drop[IK_DROP_TOO_BIG], 90);
}

/* ---- what is said inside --------------------------------------------------------------------- */

static struct pair *narrow(int family, uint16_t mtu)
{
    struct pair *p = pair_new_family("aes128-sha256-x25519", "aes128gcm16", family);
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    pair_pass(p, IK_SECOND);
    p->end[0].child_sas[0].mtu = mtu;
    p->end[0].child_sas[0].mtu_at = (uint16_t)(p->end[0].node.env.now >> 10);
    return p;
}

/* An inner packet of so many octets, that must not be cut. */
static struct ik_pkt large(struct pair *p, uint8_t *buf, size_t cap, uint16_t len)
{
    struct ik_pkt pkt = pair_packet(p, 0, buf, cap);
    uint8_t *b = buf + pkt.off;
    if (b[0] >> 4 == 6) {
        ik_put16(b + 4, (uint16_t)(len - 40));
    } else {
        ik_put16(b + 2, len);
        b[6] = 0x40;
        ik_put16(b + 10, 0);
        ik_put16(b + 10, ik_cksum_fold(ik_cksum_add(0, b, 20)));
    }
    pkt.len = len;
    return pkt;
}

/* RFC 1191 4, RFC 4443 3.2: from where the packet was to go, with the number and its beginning. */
Test(pmtu, message_inside)
{
    for (int family = 4; family <= 6; family += 2) {
        struct pair *p = narrow(family, 1400);
        uint8_t buf[3000] = {0}, copy[3000];
        struct ik_pkt pkt = large(p, buf, sizeof buf, 1399);
        memcpy(copy, buf + pkt.off, 1399);
        ik_node_tx(&p->end[0].node, p->now, &pkt);
        pair_drain(p, 0);
        const uint8_t *m = p->end[0].got, *icmp = m + (family == 6 ? 40 : 20);
        uint16_t fits = ik_pmtu_inner(&p->end[0].child_sas[0]);
        uint16_t at = family == 6 ? 8 : 12, n = family == 6 ? 16 : 4;
        cr_assert_eq(p->end[0].got_n, 1);
        cr_assert_eq(p->end[0].got_len, family == 6 ? 1280 : 576);
        cr_assert_eq(icmp[0], family == 6 ? 2 : 3);
        cr_assert_eq(icmp[1], family == 6 ? 0 : 4);
        cr_assert_eq(ik_get32(icmp + 4), fits);
        cr_assert_eq(memcmp(m + at, copy + at + n, n), 0);
        cr_assert_eq(memcmp(m + at + n, copy + at, n), 0);
        cr_assert_eq(memcmp(icmp + 8, copy, 500), 0);
        cr_assert_eq(p->end[0].child_sas[0].drops, 1);
        free(p);
    }
}

/* RFC 4443 2.4 (f): not too many of them. */
Test(pmtu, not_too_many_messages)
{
    struct pair *p = narrow(4, 1400);
    for (unsigned ms = 0; ms < 100; ms++) {
        uint8_t buf[3000] = {0};
        struct ik_pkt pkt = large(p, buf, sizeof buf, 1399);
        ik_node_tx(&p->end[0].node, p->now, &pkt);
        pair_drain(p, 0);
        pair_pass(p, IK_MS);
    }
    cr_assert_eq(p->end[0].got_n, 10);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_PATH_MTU), 100);
    free(p);
}

/* Of IPv6 in transport mode only TCP is told, for it can make smaller segments. */
Test(pmtu, tcp_in_transport_mode)
{
    static const uint8_t protos[] = {IK_IP_TCP, IK_IP_UDP, IK_IP_ICMPV6};
    for (size_t i = 0; i < sizeof protos; i++) {
        struct ik_flow flow = {.family = 6, .proto = protos[i], .len = 1400, .hdr_len = 40};
        struct ik_child_sa *sa = sender(IK_CARRIER_ESP, 6);
        const struct ik_pkt pkt = {0};
        sa->mode = IK_TRANSPORT;
        sa->encr = &ik_encr_aes_gcm_16_128;
        sa->mtu = 1400;
        sa->mtu_at = (uint16_t)(env.now >> 10);
        cr_assert_eq(ik_pmtu_fit(&env, &ip, sa, &pkt, &flow),
                     protos[i] == IK_IP_TCP ? IK_FIT_NOT : IK_FIT_PIECES);
        flow.len = 1280;
        cr_assert_eq(ik_pmtu_fit(&env, &ip, sa, &pkt, &flow), IK_FIT_WHOLE);
    }
}

/* Nobody has said that another path is narrow, too. */
Test(pmtu, another_path)
{
    struct pair *p = narrow(4, 1400);
    const struct ik_addr was = pair_addr("192.0.2.1"), is = pair_addr("192.0.2.9");
    struct ik_child_info info;
    cr_assert(ik_child_info(&p->end[0].node, 0, &info));
    cr_assert_eq(info.mtu, 1400);
    ik_node_readdress(&p->end[0].node, p->now, &is, &was); /* it has no such */
    cr_assert_eq(p->end[0].child_sas[0].mtu, 1400);
    ik_node_readdress(&p->end[0].node, p->now, &was, &is);
    cr_assert(ik_child_info(&p->end[0].node, 0, &info));
    cr_assert_eq(info.mtu, 0);
    free(p);
}

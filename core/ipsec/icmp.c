/* SPDX-License-Identifier: MIT */
/*
 * Telling the sender that his packet can't be protected, or is too big for the path (RFC 4301
 * 5.1.1, 8.2.1): ICMP (RFC 792 and 1191, RFC 4443 section 3) with as much of the packet as fits.
 */
#include "ipsec/ipsec.h"
#include "util/util.h"

#if IK_HOLD

#define ICMP_HDR 8
#define IPV4_HDR 20
#define IPV6_HDR 40
#define V4_MAX 576  /* RFC 1812 4.3.2.3 */
#define V6_MAX 1280 /* RFC 4443 2.4 (c) */
#define TTL 64

/* The message by IP version: its type, and code by reason. */
#define V4_UNREACHABLE 3
#define V4_HOST 1
#define V4_PROHIBITED 13
#define V4_TOO_BIG 4
#define V6_UNREACHABLE 1
#define V6_ADDRESS 3
#define V6_PROHIBITED 1
#define V6_PACKET_TOO_BIG 2

/* RFC 1122 3.2.2: an ICMP error is never answered by one. */
static bool is_error(const uint8_t *upper, const struct ik_flow *flow)
{
    if (flow->len == flow->hdr_len) {
        return false;
    }
    switch (flow->proto) {
    case IK_IP_ICMP: /* unreachable, source quench, redirect, time exceeded, parameter problem */
        return upper[0] >= 3 && upper[0] <= 12 && upper[0] != 8 && upper[0] != 9 && upper[0] != 10;
    case IK_IP_ICMPV6: /* RFC 4443 2.1; redirects (RFC 4861) */
        return upper[0] < 128 || upper[0] == 137;
    default:
        return false;
    }
}

/* Is it the address of one host? */
static bool is_host(const uint8_t *a, uint8_t family)
{
    static const uint8_t none[16];
    if (ik_is_v4(family)) {
        return a[0] != 0 && a[0] != 127 && a[0] < 224;
    }
    return a[0] != 0xff && !ik_ct_eq(a, none, sizeof none);
}

static bool may_tell(const struct ik_pkt *pkt, const struct ik_flow *flow)
{
    return !flow->fragment && is_host(flow->src, flow->family) &&
           is_host(flow->dst, flow->family) && !is_error(pkt->buf + pkt->off + flow->hdr_len, flow);
}

static void put_v4(uint8_t *ip, uint16_t len, const struct ik_flow *flow, const uint8_t *from)
{
    memset(ip, 0, IPV4_HDR);
    ip[0] = 0x45;
    ip[1] = 0xc0; /* RFC 1812 4.3.2.5: precedence of ICMP errors */
    ik_put16(ip + 2, len);
    ip[8] = TTL;
    ip[9] = IK_IP_ICMP;
    memcpy(ip + 12, from, 4);
    memcpy(ip + 16, flow->src, 4);
    ik_put16(ip + 10, ik_cksum_fold(ik_cksum_add(0, ip, IPV4_HDR)));
}

static void put_v6(uint8_t *ip, uint16_t len, const struct ik_flow *flow, const uint8_t *from)
{
    ik_put32(ip, UINT32_C(0x60000000));
    ik_put16(ip + 4, (uint16_t)(len - IPV6_HDR));
    ip[6] = IK_IP_ICMPV6;
    ip[7] = TTL;
    memcpy(ip + 8, from, 16);
    memcpy(ip + 24, flow->src, 16);
}

/* The sum of what is before the message. */
static uint32_t pseudo_header(const uint8_t *ip, uint8_t family, uint16_t len)
{
    return ik_is_v4(family) ? 0 : ik_cksum_add((uint32_t)len + IK_IP_ICMPV6, ip + 8, 32);
}

/* What the message says: of either IP version. */
struct saying {
    uint8_t type4, code4, type6, code6;
    uint16_t mtu; /* the last word of the header */
};

/* Makes the packet the message. */
static bool say(struct ik_pkt *pkt, const struct ik_addr *from, const struct saying *what)
{
    struct ik_flow flow;
    if (ik_flow_parse(pkt->buf + pkt->off, pkt->len, &flow) != IK_OK || !may_tell(pkt, &flow)) {
        return false;
    }
    bool v4 = ik_is_v4(flow.family);
    uint16_t head = (uint16_t)((v4 ? IPV4_HDR : IPV6_HDR) + ICMP_HDR);
    uint16_t most = (uint16_t)((v4 ? V4_MAX : V6_MAX) - head);
    uint16_t quoted = flow.len < most ? flow.len : most;
    if (pkt->off < head) {
        return false;
    }
    pkt->off = (uint16_t)(pkt->off - head);
    pkt->len = (uint16_t)(head + quoted);
    uint8_t *ip = pkt->buf + pkt->off, *icmp = ip + head - ICMP_HDR;
    const uint8_t *own = from->family == flow.family ? from->b : flow.dst;
    (v4 ? put_v4 : put_v6)(ip, pkt->len, &flow, own);
    memset(icmp, 0, ICMP_HDR);
    icmp[0] = v4 ? what->type4 : what->type6;
    icmp[1] = v4 ? what->code4 : what->code6;
    ik_put16(icmp + 6, what->mtu);
    uint16_t len = (uint16_t)(ICMP_HDR + quoted);
    uint32_t sum = pseudo_header(ip, flow.family, len);
    ik_put16(icmp + 2, ik_cksum_fold(ik_cksum_add(sum, icmp, len)));
    return true;
}

bool ik_icmp_unreachable(struct ik_pkt *pkt, const struct ik_addr *from, bool silent)
{
    static const struct saying no_answer = {V4_UNREACHABLE, V4_HOST, V6_UNREACHABLE, V6_ADDRESS, 0};
    static const struct saying refused = {V4_UNREACHABLE, V4_PROHIBITED, V6_UNREACHABLE,
                                          V6_PROHIBITED, 0};
    return say(pkt, from, silent ? &no_answer : &refused);
}

#if IK_PMTU
bool ik_icmp_too_big(struct ik_pkt *pkt, uint16_t mtu)
{
    static const struct ik_addr nobody;
    const struct saying too_big = {V4_UNREACHABLE, V4_TOO_BIG, V6_PACKET_TOO_BIG, 0, mtu};
    return say(pkt, &nobody, &too_big);
}
#endif

#endif

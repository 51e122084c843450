/* SPDX-License-Identifier: MIT */
/*
 * Transport mode (RFC 4301 4.1, RFC 4303 3.1.1). The IP header stays as it was, but it is the
 * host's to write: outbound it is taken off and said in pkt->outer and the path, inbound one is
 * made from these. What they can't say is refused, not lost.
 */
#include "ipsec/ipsec.h"
#include "util/util.h"

#define IPV4_HDR 20
#define IPV6_HDR 40

#if IK_TRANSPORT_MODE

static uint8_t header_len(uint8_t family)
{
    return family == 4 ? IPV4_HDR : IPV6_HDR;
}

static bool same_addr(const struct ik_addr *a, uint8_t family, const uint8_t *b)
{
    return a->family == family && ik_ct_eq(a->b, b, family == 4 ? 4 : 16);
}

bool ik_transport_strip(struct ik_pkt *pkt, const struct ik_flow *flow, const struct ik_path *path)
{
    /* RFC 4303 3.3.4: whole datagrams only. 2.6: next header 59 would be a dummy. */
    if (flow->any_fragment || flow->proto == IK_IP_NONE ||
        flow->hdr_len != header_len(flow->family) ||
        !same_addr(&path->local, flow->family, flow->src) ||
        !same_addr(&path->remote, flow->family, flow->dst)) {
        return false;
    }
    ik_outer_read(pkt->buf + pkt->off, &pkt->outer);
    pkt->off = (uint16_t)(pkt->off + flow->hdr_len);
    pkt->len = (uint16_t)(flow->len - flow->hdr_len);
    return true;
}

/* Room for hdr octets in front: head room, or else by moving the packet to where there is some. */
static bool make_room(struct ik_env *env, struct ik_pkt *pkt, uint8_t hdr)
{
    uint32_t len = (uint32_t)pkt->len + hdr;
    if (len > pkt->cap) {
        return false;
    }
    if (pkt->off < hdr) {
        memmove(pkt->buf + hdr, pkt->buf + pkt->off, pkt->len);
        ik_charge(env, IK_COST_COPY_OCTETS, pkt->len);
        pkt->off = hdr;
    }
    pkt->off = (uint16_t)(pkt->off - hdr);
    pkt->len = (uint16_t)len;
    return true;
}

#if IK_AH
bool ik_make_room(struct ik_env *env, struct ik_pkt *pkt, uint8_t hdr)
{
    return make_room(env, pkt, hdr);
}
#endif

/* RFC 791 3.1. Identification is 0: the datagram is whole, and stays so where it is delivered. */
static void put_v4(uint8_t *ip, const struct ik_pkt *pkt, const struct ik_path *path, uint8_t proto)
{
    memset(ip, 0, IPV4_HDR);
    ip[0] = 0x45;
    ip[1] = pkt->outer.tclass;
    ik_put16(ip + 2, pkt->len);
    ip[6] = pkt->outer.df ? 0x40 : 0;
    ip[8] = pkt->outer.ttl;
    ip[9] = proto;
    memcpy(ip + 12, path->remote.b, 4);
    memcpy(ip + 16, path->local.b, 4);
    ik_put16(ip + 10, ik_cksum_fold(ik_cksum_add(0, ip, IPV4_HDR)));
}

/* RFC 8200 section 3 */
static void put_v6(uint8_t *ip, const struct ik_pkt *pkt, const struct ik_path *path, uint8_t proto)
{
    ik_put32(ip, UINT32_C(0x60000000) | (uint32_t)pkt->outer.tclass << 20 |
                     (pkt->outer.label & 0xfffffu));
    ik_put16(ip + 4, (uint16_t)(pkt->len - IPV6_HDR));
    ip[6] = proto;
    ip[7] = pkt->outer.ttl;
    memcpy(ip + 8, path->remote.b, 16);
    memcpy(ip + 24, path->local.b, 16);
}

bool ik_transport_build(struct ik_env *env, struct ik_pkt *pkt, const struct ik_path *path,
                        uint8_t proto)
{
    uint8_t family = path->remote.family;
    if ((family != 4 && family != 6) || path->local.family != family ||
        !make_room(env, pkt, header_len(family))) {
        return false;
    }
    uint8_t *ip = pkt->buf + pkt->off;
    if (family == 4) {
        put_v4(ip, pkt, path, proto);
    } else {
        put_v6(ip, pkt, path, proto);
    }
    return true;
}

/* The offset of the checksum in the upper layer, 0 for a protocol whose checksum covers no address
 * or is none of ours. */
static uint8_t cksum_at(const struct ik_flow *flow)
{
    switch (flow->proto) {
    case IK_IP_TCP:
        return 16;
    case IK_IP_UDP:
        return 6;
    case IK_IP_ICMPV6:
        return flow->family == 6 ? 2 : 0;
    default:
        return 0;
    }
}

void ik_transport_cksum(struct ik_pkt *pkt, const struct ik_flow *flow)
{
    uint8_t *up = pkt->buf + pkt->off + flow->hdr_len;
    uint16_t len = (uint16_t)(flow->len - flow->hdr_len);
    uint8_t at = cksum_at(flow);
    if (at == 0 || len < at + 2) {
        return;
    }
    if (flow->proto == IK_IP_UDP) {
        /* RFC 768: 0 means that the sender made none; its length may end before TFC padding. */
        uint16_t udp_len = ik_get16(up + 4);
        if (ik_get16(up + at) == 0 || udp_len < 8 || udp_len > len) {
            return;
        }
        len = udp_len;
    }
    ik_put16(up + at, 0);
    uint32_t sum = (uint32_t)len + flow->proto;
    sum = ik_cksum_add(sum, flow->src, 16);
    sum = ik_cksum_add(sum, flow->dst, 16);
    uint16_t cksum = ik_cksum_fold(ik_cksum_add(sum, up, len));
    ik_put16(up + at, cksum == 0 && flow->proto == IK_IP_UDP ? 0xffff : cksum);
}

#endif

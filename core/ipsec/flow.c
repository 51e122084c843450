/* SPDX-License-Identifier: MIT */
/* The selectors of a packet from its headers (RFC 791, RFC 8200, RFC 4301 4.4.1.1). */
#include "ipsec/ipsec.h"
#include "util/util.h"

#define IPV4_HDR 20
#define IPV6_HDR 40

uint8_t ik_ports_len(uint8_t proto)
{
    switch (proto) {
    case IK_IP_TCP:
    case IK_IP_UDP:
    case IK_IP_DCCP:
    case IK_IP_SCTP:
    case IK_IP_UDPLITE:
        return 4;
    case IK_IP_ICMP:
    case IK_IP_ICMPV6:
        return 2;
    case IK_IP_MOBILITY:
        return 3;
    default:
        return 0;
    }
}

/* up: the upper layer's first octet. */
static void read_ports(const uint8_t *up, struct ik_flow *f)
{
    switch (f->proto) {
    case IK_IP_ICMP:
    case IK_IP_ICMPV6:
        f->src_port = f->dst_port = ik_get16(up);
        break;
    case IK_IP_MOBILITY:
        /* RFC 6275 6.1.1: the MH Type is the third octet. */
        f->src_port = f->dst_port = (uint16_t)((unsigned)up[2] << 8);
        break;
    default:
        f->src_port = ik_get16(up);
        f->dst_port = ik_get16(up + 2);
    }
}

/* A packet, or first fragment, whose ports are cut off must not pass as one without ports. */
static enum ik_status parse_upper(const uint8_t *ip, struct ik_flow *f)
{
    uint8_t need = ik_ports_len(f->proto);
    if (f->fragment || need == 0) {
        return IK_OK;
    }
    if (f->len - f->hdr_len < need) {
        return IK_ERR_SYNTAX;
    }
    f->ports = true;
    read_ports(ip + f->hdr_len, f);
    return IK_OK;
}

/* RFC 1071: is the sum of the header's words all ones? The order of octets does not matter to it.
 */
static bool cksum_good(const uint8_t *ip, uint16_t hdr_len)
{
    uint64_t sum = 0;
    for (uint16_t i = 0; i < hdr_len; i = (uint16_t)(i + 4u)) {
        uint32_t word;
        memcpy(&word, ip + i, sizeof word);
        sum += word;
    }
    sum = (sum & 0xffffffffu) + (sum >> 32);
    sum = (sum & 0xffffu) + (sum >> 16 & 0xffffu) + (sum >> 32);
    sum = (sum & 0xffffu) + (sum >> 16);
    return ((sum & 0xffffu) + (sum >> 16)) == 0xffffu;
}

static enum ik_status parse_v4(const uint8_t *ip, size_t len, struct ik_flow *f)
{
    if (len < IPV4_HDR) {
        return IK_ERR_SYNTAX;
    }
    f->hdr_len = (uint16_t)((ip[0] & 0x0fu) * 4u);
    f->len = ik_get16(ip + 2);
    if (f->hdr_len < IPV4_HDR || f->len < f->hdr_len || f->len > len ||
        !cksum_good(ip, f->hdr_len)) {
        return IK_ERR_SYNTAX;
    }
    uint16_t frag = ik_get16(ip + 6);
    uint16_t offset = frag & 0x1fffu;
    f->fragment = offset != 0;
    f->any_fragment = f->fragment || (frag & 0x2000u) != 0;
    f->proto_at = 9;
    f->proto = ip[9];
    memcpy(f->src, ip + 12, 4);
    memcpy(f->dst, ip + 16, 4);
    /* RFC 4301 7.2, RFC 1858: would overwrite flags of a TCP header that has been judged. */
    if (f->proto == IK_IP_TCP && offset == 1) {
        return IK_ERR_SYNTAX;
    }
    return parse_upper(ip, f);
}

/* Reads the Fragment header (RFC 8200 4.5) at hdr_len. One with offset 0 and no more to come is a
 * whole packet (RFC 6946). */
static void parse_fragment(const uint8_t *ip, struct ik_flow *f)
{
    uint16_t frag = ik_get16(ip + f->hdr_len + 2);
    f->fragment = (frag & 0xfff8u) != 0;
    f->any_fragment = f->any_fragment || f->fragment || (frag & 1u) != 0;
}

static bool is_extension(uint8_t proto)
{
    return proto == IK_IP_HOPOPT || proto == IK_IP_IPV6_ROUTE || proto == IK_IP_IPV6_FRAG ||
           proto == IK_IP_IPV6_OPTS;
}

/*
 * RFC 4301 4.4.1.1: hop-by-hop options, routing, fragment and destination options are skipped; AH
 * and ESP are next layer protocols. The walk ends at a later fragment: what follows its header is
 * no header.
 */
static enum ik_status skip_extensions(const uint8_t *ip, struct ik_flow *f)
{
    if (!IK_IP6_EXT) {
        return is_extension(f->proto) ? IK_ERR_SYNTAX : IK_OK;
    }
    while (is_extension(f->proto) && !f->fragment) {
        if (f->proto == IK_IP_HOPOPT && f->hdr_len != IPV6_HDR) {
            return IK_ERR_SYNTAX;
        }
        if (f->len - f->hdr_len < 8) {
            return IK_ERR_SYNTAX;
        }
        uint16_t ext_len = 8;
        if (f->proto == IK_IP_IPV6_FRAG) {
            parse_fragment(ip, f);
        } else {
            ext_len = (uint16_t)(8u + 8u * ip[f->hdr_len + 1]);
        }
        if (f->len - f->hdr_len < ext_len) {
            return IK_ERR_SYNTAX;
        }
        f->proto_at = f->hdr_len;
        f->proto = ip[f->proto_at];
        f->hdr_len = (uint16_t)(f->hdr_len + ext_len);
    }
    return IK_OK;
}

static enum ik_status parse_v6(const uint8_t *ip, size_t len, struct ik_flow *f)
{
    if (len < IPV6_HDR) {
        return IK_ERR_SYNTAX;
    }
    uint16_t payload = ik_get16(ip + 4);
    if (payload > len - IPV6_HDR || payload > 0xffff - IPV6_HDR) {
        return IK_ERR_SYNTAX;
    }
    f->len = (uint16_t)(IPV6_HDR + payload);
    f->hdr_len = IPV6_HDR;
    f->proto_at = 6;
    f->proto = ip[6];
    memcpy(f->src, ip + 8, 16);
    memcpy(f->dst, ip + 24, 16);
    enum ik_status st = skip_extensions(ip, f);
    return st == IK_OK ? parse_upper(ip, f) : st;
}

enum ik_status ik_flow_parse(const uint8_t *ip, size_t len, struct ik_flow *out)
{
    memset(out, 0, sizeof *out);
    if (len == 0) {
        return IK_ERR_SYNTAX;
    }
    out->family = ip[0] >> 4;
    switch (out->family) {
    case 4:
        return IK_IPV4 ? parse_v4(ip, len, out) : IK_ERR_SYNTAX;
    case 6:
        return parse_v6(ip, len, out);
    default:
        return IK_ERR_SYNTAX;
    }
}

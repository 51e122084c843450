/* SPDX-License-Identifier: MIT */
#include "icmp.h"

#include <string.h>

#define ECHO_HEAD 8

/* Types of both versions. */
struct types {
    uint8_t proto, request, reply;
};
static const struct types types4 = {IK_IP_ICMP, 8, 0};
static const struct types types6 = {IK_IP_ICMPV6, 128, 129};

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* Reads the IP header: fills the addresses and answers the header's length, 0 if there is no ICMP
 * behind it. *len becomes that of the packet. */
static size_t parse_ip(const uint8_t *p, size_t *len, struct icmp *out)
{
    if (*len >= 20 && p[0] >> 4 == 4) {
        size_t head = (size_t)(p[0] & 15) * 4, total = get16(p + 2);
        bool fragment = (get16(p + 6) & 0x3fff) != 0;
        if (p[9] != IK_IP_ICMP || head < 20 || total < head || total > *len || fragment)
            return 0;
        out->src.family = out->dst.family = 4;
        memcpy(out->src.b, p + 12, 4);
        memcpy(out->dst.b, p + 16, 4);
        out->ttl = p[8];
        *len = total;
        return head;
    }
    if (*len < 40 || p[0] >> 4 != 6 || p[6] != IK_IP_ICMPV6 || get16(p + 4) + 40U > *len)
        return 0;
    out->src.family = out->dst.family = 6;
    memcpy(out->src.b, p + 8, 16);
    memcpy(out->dst.b, p + 24, 16);
    out->ttl = p[7];
    *len = get16(p + 4) + 40U;
    return 40;
}

static uint16_t checksum(const struct icmp *m, const uint8_t *message, size_t len)
{
    uint32_t sum = m->dst.family == 6 ? host_cksum_pseudo(&m->src, &m->dst, IK_IP_ICMPV6, len) : 0;
    return host_cksum_fold(host_cksum_add(sum, message, len));
}

void icmp_parse(const uint8_t *packet, size_t len, struct icmp *out)
{
    memset(out, 0, sizeof *out);
    size_t head = parse_ip(packet, &len, out);
    if (head == 0 || len - head < ECHO_HEAD)
        return;
    const struct types *t = out->dst.family == 6 ? &types6 : &types4;
    const uint8_t *m = packet + head;
    if (checksum(out, m, len - head) != 0)
        return;
    out->type = m[0];
    out->code = m[1];
    out->kind = ICMP_OTHER;
    if (m[1] != 0 || (m[0] != t->request && m[0] != t->reply))
        return;
    out->kind = m[0] == t->request ? ICMP_ECHO_REQUEST : ICMP_ECHO_REPLY;
    out->id = get16(m + 4);
    out->seq = get16(m + 6);
    out->data = m + ECHO_HEAD;
    out->len = len - head - ECHO_HEAD;
}

size_t icmp_put_echo(uint8_t *out, size_t cap, const struct icmp *echo)
{
    const struct types *t = echo->dst.family == 6 ? &types6 : &types4;
    size_t head = echo->dst.family == 6 ? 40 : 20, len = ECHO_HEAD + echo->len;
    if (cap < head + len)
        return 0;
    uint8_t *m = out + head;
    if (echo->len > 0)
        memmove(m + ECHO_HEAD, echo->data, echo->len);
    host_ip_put(out, &echo->src, &echo->dst, t->proto, 64, len);
    memset(m, 0, 4);
    m[0] = echo->kind == ICMP_ECHO_REQUEST ? t->request : t->reply;
    put16(m + 4, echo->id);
    put16(m + 6, echo->seq);
    put16(m + 2, checksum(echo, m, len));
    return head + len;
}

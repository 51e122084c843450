/* SPDX-License-Identifier: MIT */
#include "sim/traffic.h"

#include <string.h>

#include "sim/node.h"

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}

/* RFC 1071, over an even or odd number of octets; section 2 (A) and (B): in larger words, too. */
static uint32_t sum_add(uint32_t sum, const uint8_t *p, size_t len)
{
    uint64_t wide = 0;

    for (; len >= 4; p += 4, len -= 4)
        wide += (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    wide = (wide >> 32) + (wide & 0xffffffff);
    sum += (uint32_t)(wide >> 16 & 0xffff) + (uint32_t)(wide & 0xffff) + (uint32_t)(wide >> 32);
    for (; len > 1; p += 2, len -= 2)
        sum += (uint32_t)p[0] << 8 | p[1];
    return len ? sum + ((uint32_t)p[0] << 8) : sum;
}

static uint32_t sum_fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

static uint16_t header_put(uint8_t *ip, const struct sim_inner *in, uint16_t udp_len, uint32_t id)
{
    if (in->src.family == 6) {
        ip[0] = 0x60;
        put16(ip + 4, udp_len);
        ip[6] = IK_IP_UDP;
        ip[7] = 64;
        memcpy(ip + 8, in->src.b, 16);
        memcpy(ip + 24, in->dst.b, 16);
        return 40;
    }
    ip[0] = 0x45;
    put16(ip + 2, 20u + udp_len);
    put16(ip + 4, id & 0xffff);
    ip[8] = 64;
    ip[9] = IK_IP_UDP;
    memcpy(ip + 12, in->src.b, 4);
    memcpy(ip + 16, in->dst.b, 4);
    put16(ip + 10, sum_fold(sum_add(0, ip, 20)));
    return 20;
}

/* Counts up from `from`; the first octets are taken. */
static void fill(uint8_t *p, size_t len, uint8_t from)
{
    size_t i = SIM_PAYLOAD_MIN;

    for (; i < len && i < SIM_PAYLOAD_MIN + 256; i++)
        p[i] = (uint8_t)(from + i);
    for (; i < len; i += 256) /* octets that came before, again */
        memcpy(p + i, p + i - 256, len - i < 256 ? len - i : 256);
}

uint16_t sim_traffic_build(const struct sim_inner *in, uint32_t id, uint8_t *out, uint16_t cap)
{
    uint16_t payload = in->payload < SIM_PAYLOAD_MIN ? SIM_PAYLOAD_MIN : in->payload;
    size_t ip_len = in->src.family == 6 ? 40 : 20;
    uint16_t udp_len = (uint16_t)(8 + payload);
    size_t n = in->src.family == 6 ? 16 : 4;
    uint8_t *udp;
    uint32_t sum;

    if (payload > cap || ip_len + udp_len > cap)
        return 0;
    memset(out, 0, ip_len + 8);
    udp = out + header_put(out, in, udp_len, id);
    put16(udp, in->src_port ? in->src_port : 7);
    put16(udp + 2, in->dst_port ? in->dst_port : 7);
    put16(udp + 4, udp_len);
    memcpy(udp + 8, SIM_MARK, SIM_MARK_LEN);
    put32(udp + 8 + SIM_MARK_LEN, id);
    fill(udp + 8, payload, (uint8_t)id);
    sum = sum_add(sum_add(sum_add(IK_IP_UDP + (uint32_t)udp_len, in->src.b, n), in->dst.b, n), udp,
                  udp_len);
    sum = sum_fold(sum);
    put16(udp + 6, sum ? sum : 0xffff);
    return (uint16_t)(ip_len + udp_len);
}

bool sim_traffic_parse(const uint8_t *ip, uint16_t len, uint32_t *id, uint16_t *udp_at)
{
    uint16_t at = len && ip[0] >> 4 == 6 ? 40 : 20;
    const uint8_t *n;

    if (len < at + 8 + SIM_PAYLOAD_MIN)
        return false;
    if (memcmp(ip + at + 8, SIM_MARK, SIM_MARK_LEN) != 0)
        return false;
    n = ip + at + 8 + SIM_MARK_LEN;
    *id = (uint32_t)n[0] << 24 | (uint32_t)n[1] << 16 | (uint32_t)n[2] << 8 | n[3];
    *udp_at = at;
    return true;
}

bool sim_traffic_seen(const uint8_t *p, uint16_t len)
{
    const uint8_t *end = p + len, *at = p;

    while (at && end - at >= SIM_MARK_LEN) {
        if (memcmp(at, SIM_MARK, SIM_MARK_LEN) == 0)
            return true;
        at = memchr(at + 1, SIM_MARK[0], (size_t)(end - at - 1));
    }
    return false;
}

/* Packets that a node has refused because their path is narrow. */
static uint32_t too_long(const struct sim *s, uint16_t node)
{
#if IK_PMTU
    return sim_dropped(s, node, IK_DROP_PATH_MTU);
#else
    (void)s, (void)node;
    return 0;
#endif
}

uint32_t sim_traffic_send_odd(struct sim *s, uint16_t node, const struct sim_inner *in, uint16_t at,
                              uint8_t mask)
{
    uint8_t buf[SIM_PACKET_MAX];
    uint32_t id = (uint32_t)s->check.packets_n;
    uint16_t len = sim_traffic_build(in, id, buf, sizeof buf);

    buf[at] ^= mask;
    if (mask && in->src.family == 4) {
        put16(buf + 10, 0);
        put16(buf + 10, sum_fold(sum_add(0, buf, 20)));
    }
    id = sim_check_packet(s, node, len);
    memcpy(s->check.packets[id].bytes, buf, len);
    if (in->to)
        s->check.packets[id].meant = (uint16_t)(in->to - 1);
    sim_note(s, "n%u inner id=%u len=%u odd=%u/%u", node, (unsigned)id, len, at, mask);
    uint32_t refused = too_long(s, node);
    sim_tx(s, node, buf, len);
    s->check.packets[id].too_long = too_long(s, node) > refused;
    return id;
}

uint32_t sim_traffic_send(struct sim *s, uint16_t node, const struct sim_inner *in)
{
    return sim_traffic_send_odd(s, node, in, 0, 0);
}

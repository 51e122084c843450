/* SPDX-License-Identifier: MIT */
/* IPv6 (RFC 8200) and UDP headers of packets on the link. */
#include <string.h>

#include "app/door.h"

static void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)((uint16_t)p[0] << 8 | p[1]);
}

/* RFC 1071, with the carry taken in at once. */
static uint16_t sum(uint16_t s, const uint8_t *p, uint16_t len)
{
    for (; len > 0; len = len > 1 ? (uint16_t)(len - 2) : 0, p += 2) {
        uint16_t word = len > 1 ? get16(p) : (uint16_t)((uint16_t)p[0] << 8);

        s = (uint16_t)(s + word);
        s = (uint16_t)(s + (s < word));
    }
    return s;
}

/* RFC 8200 8.1: addresses, length and protocol are summed too. udp: header with what follows in
 * body (NULL: it follows directly). */
static uint16_t udp_sum(const uint8_t *ip, const uint8_t *udp, const uint8_t *body,
                        uint16_t body_len)
{
    uint8_t tail[4] = {0, IP_UDP, (uint8_t)((body_len + UDP_LEN) >> 8),
                       (uint8_t)(body_len + UDP_LEN)};
    uint16_t s = sum(0, ip + 8, 32);

    s = sum(s, tail, sizeof tail);
    s = sum(s, udp, UDP_LEN);
    return sum(s, body, body_len);
}

static void put_ip(uint8_t *p, const uint8_t *from, const uint8_t *to, uint8_t next, uint16_t len)
{
    memset(p, 0, IP6_LEN);
    p[0] = 0x60;
    put16(p + 4, len);
    p[6] = next;
    p[7] = 64;
    memcpy(p + 8, from, 16);
    memcpy(p + 24, to, 16);
}

static void put_udp(uint8_t *ip, uint16_t from, uint16_t to, const uint8_t *body, uint16_t len)
{
    uint8_t *udp = ip + IP6_LEN;
    uint16_t s;

    put16(udp, from);
    put16(udp + 2, to);
    put16(udp + 4, (uint16_t)(UDP_LEN + len));
    put16(udp + 6, 0);
    s = (uint16_t)~udp_sum(ip, udp, body, len);
    put16(udp + 6, s == 0 ? 0xffff : s);
}

uint16_t ip6_outer(uint8_t head[IP6_LEN + UDP_LEN], const struct ik_path *path, const uint8_t *data,
                   uint16_t len)
{
    if (path->carrier == IK_CARRIER_ESP) {
        put_ip(head, path->local.b, path->remote.b, IP_ESP, len);
        return IP6_LEN;
    }
    put_ip(head, path->local.b, path->remote.b, IP_UDP, (uint16_t)(len + UDP_LEN));
    put_udp(head, path->local_port, path->remote_port, data, len);
    return IP6_LEN + UDP_LEN;
}

void ip6_inner(struct ik_pkt *pkt, const struct ik_ts *from, const struct ik_ts *to,
               uint16_t body_len)
{
    uint8_t *ip = pkt->buf + pkt->off;

    put_ip(ip, from->lo, to->lo, IP_UDP, (uint16_t)(UDP_LEN + body_len));
    put_udp(ip, DOOR_PORT, DOOR_PORT, ip + IP6_LEN + UDP_LEN, body_len);
    pkt->len = (uint16_t)(IP6_LEN + UDP_LEN + body_len);
}

static void advance(struct ik_pkt *pkt, uint16_t by)
{
    pkt->off = (uint16_t)(pkt->off + by);
    pkt->len = (uint16_t)(pkt->len - by);
}

static bool read_udp(struct ik_pkt *pkt, const uint8_t *ip, struct ik_path *path)
{
    const uint8_t *udp = pkt->buf + pkt->off;
    uint16_t len;

    if (pkt->len < UDP_LEN) {
        return false;
    }
    len = get16(udp + 4);
    if (len < UDP_LEN || len > pkt->len || get16(udp + 6) == 0 ||
        udp_sum(ip, udp, udp + UDP_LEN, (uint16_t)(len - UDP_LEN)) != 0xffff) {
        return false;
    }
    path->remote_port = get16(udp);
    path->local_port = get16(udp + 2);
    path->carrier = path->local_port == 500 ? IK_CARRIER_UDP500 : IK_CARRIER_UDP4500;
    pkt->len = len;
    advance(pkt, UDP_LEN);
    return path->local_port == 500 || path->local_port == 4500;
}

bool ip6_read(struct ik_pkt *pkt, const uint8_t local[16], struct ik_path *path)
{
    const uint8_t *ip = pkt->buf + pkt->off;
    uint16_t len;

    memset(path, 0, sizeof *path);
    if (pkt->len < IP6_LEN || ip[0] >> 4 != 6 || memcmp(ip + 24, local, 16) != 0) {
        return false;
    }
    len = get16(ip + 4);
    if (len > pkt->len - IP6_LEN) {
        return false;
    }
    path->local.family = path->remote.family = 6;
    memcpy(path->local.b, ip + 24, 16);
    memcpy(path->remote.b, ip + 8, 16);
    pkt->len = (uint16_t)(IP6_LEN + len);
    advance(pkt, IP6_LEN);
    if (ip[6] == IP_ESP) {
        path->carrier = IK_CARRIER_ESP;
        return true;
    }
    return ip[6] == IP_UDP && read_udp(pkt, ip, path);
}

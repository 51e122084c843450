/* SPDX-License-Identifier: MIT */
/* IPv6 (RFC 8200) and UDP headers of packets on the link. */
#include <string.h>

#include "app/door.h"

/* Headers begin at even addresses, so that these are two instructions. */
static void put16(uint8_t *ip, uint16_t at, uint16_t v)
{
    uint8_t *p = (uint8_t *)__builtin_assume_aligned(ip, 2) + at;

    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static uint16_t get16(const uint8_t *ip, uint16_t at)
{
    const uint8_t *p = (const uint8_t *)__builtin_assume_aligned(ip, 2) + at;

    return (uint16_t)((uint16_t)p[0] << 8 | p[1]);
}

/* RFC 1071, with the carry taken in at once. */
static uint16_t sum(uint16_t s, const uint8_t *p, uint16_t len)
{
    for (uint16_t i = 0; i < len; i++) {
        uint16_t word = i % 2 == 0 ? (uint16_t)((uint16_t)p[i] << 8) : p[i];

        s = (uint16_t)(s + word);
        s = (uint16_t)(s + (s < word));
    }
    return s;
}

/* RFC 8200 8.1: addresses, length and protocol are summed too. len: of UDP header and body. */
static uint16_t udp_sum(const uint8_t *ip, const uint8_t *body, uint16_t len)
{
    uint16_t s = sum((uint16_t)(len + IP_UDP), ip + 8, 32 + UDP_LEN);

    return sum(s, body, (uint16_t)(len - UDP_LEN));
}

uint16_t ip6_put(uint8_t ip[IP6_LEN + UDP_LEN], const struct ip6_ends *ends, const uint8_t *body,
                 uint16_t len)
{
    uint16_t head = IP6_LEN;

    memset(ip, 0, IP6_LEN + UDP_LEN);
    ip[0] = 0x60;
    ip[6] = IP_ESP;
    ip[7] = 64;
    memcpy(ip + 8, ends->from, 16);
    memcpy(ip + 24, ends->to, 16);
    if (ends->from_port != 0) {
        uint16_t s;

        head += UDP_LEN;
        len = (uint16_t)(len + UDP_LEN);
        ip[6] = IP_UDP;
        put16(ip, 40, ends->from_port);
        put16(ip, 42, ends->to_port);
        put16(ip, 44, len);
        s = udp_sum(ip, body, len);
        put16(ip, 46, s == 0xffff ? s : (uint16_t)~s);
    }
    put16(ip, 4, len);
    return head;
}

static bool read_udp(const uint8_t *ip, uint16_t len, struct ik_path *path)
{
    path->remote_port = get16(ip, 40);
    path->local_port = get16(ip, 42);
    path->carrier = path->local_port == 500 ? IK_CARRIER_UDP500 : IK_CARRIER_UDP4500;
    return (path->local_port == 500 || path->local_port == 4500) && get16(ip, 44) == len &&
           get16(ip, 46) != 0 && udp_sum(ip, ip + IP6_LEN + UDP_LEN, len) == 0xffff;
}

bool ip6_read(struct ik_pkt *pkt, const uint8_t local[16], struct ik_path *path)
{
    const uint8_t *ip = pkt->buf + pkt->off;
    uint16_t len = get16(ip, 4), head = IP6_LEN;

    memset(path, 0, sizeof *path);
    /* Less than a UDP header is no ESP either; the difference is large then. */
    if (pkt->len < IP6_LEN + UDP_LEN || ip[0] >> 4 != 6 || memcmp(ip + 24, local, 16) != 0 ||
        (uint16_t)(len - UDP_LEN) > pkt->len - IP6_LEN - UDP_LEN) {
        return false;
    }
    path->local.family = path->remote.family = 6;
    memcpy(path->local.b, local, 16);
    memcpy(path->remote.b, ip + 8, 16);
    path->carrier = IK_CARRIER_ESP;
    if (ip[6] == IP_UDP) {
        if (!read_udp(ip, len, path)) {
            return false;
        }
        head += UDP_LEN;
    } else if (ip[6] != IP_ESP) {
        return false;
    }
    pkt->off = (uint16_t)(pkt->off + head);
    pkt->len = (uint16_t)(IP6_LEN + len - head);
    return true;
}

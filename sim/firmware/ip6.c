/* SPDX-License-Identifier: MIT */
#include "sim/firmware/ip6.h"

#include <string.h>

enum { UDP = 17, ESP = 50, HOPS = 64 };

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* RFC 8200 8.1; of a good datagram it is 0. */
static uint16_t udp_sum(const struct ip6_view *v, const uint8_t *udp, uint16_t len)
{
    return host_cksum_fold(host_cksum_add(host_cksum_pseudo(&v->from, &v->to, UDP, len), udp, len));
}

static const char *view_udp(struct ip6_view *v)
{
    const uint8_t *udp = v->body;

    if (v->len < UDP_HEAD || get16(udp + 4) != v->len)
        return "the UDP length is not that of the datagram";
    if (get16(udp + 6) == 0 || udp_sum(v, udp, v->len) != 0)
        return "the UDP checksum is wrong";
    v->from_port = get16(udp);
    v->to_port = get16(udp + 2);
    v->carrier = v->to_port == IK_PORT_IKE ? IK_CARRIER_UDP500 : IK_CARRIER_UDP4500;
    v->body += UDP_HEAD;
    v->len = (uint16_t)(v->len - UDP_HEAD);
    return NULL;
}

const char *ip6_view(const uint8_t *packet, uint16_t len, struct ip6_view *out)
{
    *out = (struct ip6_view){.from = {.family = 6}, .to = {.family = 6}};
    if (len < IP6_HEAD || packet[0] >> 4 != 6)
        return "it has no IPv6 header";
    if (get16(packet + 4) != len - IP6_HEAD)
        return "the payload length is not that of the packet";
    if (packet[7] == 0)
        return "the hop limit is 0";
    memcpy(out->from.b, packet + 8, 16);
    memcpy(out->to.b, packet + 24, 16);
    out->body = packet + IP6_HEAD;
    out->len = (uint16_t)(len - IP6_HEAD);
    out->carrier = IK_CARRIER_ESP;
    if (packet[6] == UDP)
        return view_udp(out);
    return packet[6] == ESP ? NULL : "it is neither UDP nor ESP";
}

static void write_udp(uint8_t *udp, const struct ip6_view *what)
{
    uint16_t len = (uint16_t)(UDP_HEAD + what->len), sum;

    put16(udp, what->from_port);
    put16(udp + 2, what->to_port);
    put16(udp + 4, len);
    put16(udp + 6, 0);
    sum = udp_sum(what, udp, len);
    put16(udp + 6, sum != 0 ? sum : 0xffff);
}

uint16_t ip6_write(uint8_t *packet, size_t cap, const struct ip6_view *what)
{
    uint16_t head = what->from_port != 0 ? UDP_HEAD : 0;
    uint16_t len = (uint16_t)(head + what->len);

    if ((size_t)IP6_HEAD + len > cap)
        return 0;
    memset(packet, 0, IP6_HEAD);
    packet[0] = 0x60;
    put16(packet + 4, len);
    packet[6] = head != 0 ? UDP : ESP;
    packet[7] = HOPS;
    memcpy(packet + 8, what->from.b, 16);
    memcpy(packet + 24, what->to.b, 16);
    memmove(packet + IP6_HEAD + head, what->body, what->len);
    if (head != 0)
        write_udp(packet + IP6_HEAD, what);
    return (uint16_t)(IP6_HEAD + len);
}

uint16_t ip6_datagram(uint8_t *packet, size_t cap, const struct sim_dgram *d)
{
    bool esp = d->path.carrier == IK_CARRIER_ESP;
    struct ip6_view what = {.from = d->path.local,
                            .to = d->path.remote,
                            .from_port = esp ? 0 : d->path.local_port,
                            .to_port = esp ? 0 : d->path.remote_port,
                            .body = d->data,
                            .len = d->len};

    return d->path.remote.family == 6 ? ip6_write(packet, cap, &what) : 0;
}

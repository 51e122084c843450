/* SPDX-License-Identifier: MIT */
#include "split.h"

#include <string.h>

#include "cksum.h"
#include "host.h"

#define TCP_FIN_PSH 0x09
#define TCP_CWR 0x80
#define TCP_CKSUM_AT 16
#define UDP_CKSUM_AT 6

static void put16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void store(uint8_t *at, uint16_t folded)
{
    uint16_t sum = (uint16_t)~folded;
    memcpy(at, &sum, sizeof sum);
}

/* NEEDS_CSUM: from csum_start on, with what stands in the field for the pseudo header. */
static bool complete(uint8_t *packet, size_t len, const struct virtio_net_hdr *h)
{
    size_t start = h->csum_start, at = start + h->csum_offset;
    if (at + 2 > len)
        return false;
    uint16_t sum = (uint16_t)~cksum_fold(cksum_add(0, packet + start, len - start));
    if (sum == 0 && h->csum_offset == UDP_CKSUM_AT)
        sum = 0xffff; /* RFC 768: 0 is no checksum */
    memcpy(packet + at, &sum, sizeof sum);
    return true;
}

static bool is_train(const uint8_t *packet, size_t len, const struct virtio_net_hdr *h,
                     uint8_t proto, uint8_t version)
{
    size_t transport = h->csum_start, least = proto == IK_IP_TCP ? 20 : 8;
    return (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0 && h->gso_size > 0 &&
           packet[0] >> 4 == version && transport >= (version == 4 ? 20u : 40u) &&
           transport + least <= len;
}

bool split_begin(struct split *s, uint8_t *packet, size_t len, const struct virtio_net_hdr *h)
{
    memset(s, 0, sizeof *s);
    s->packet = packet;
    s->len = s->head = len;
    uint8_t type = h->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN, version = packet[0] >> 4;
    if (len < 20)
        return false;
    if (type == VIRTIO_NET_HDR_GSO_NONE)
        return (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0 || complete(packet, len, h);
    if (type == VIRTIO_NET_HDR_GSO_TCPV4 || type == VIRTIO_NET_HDR_GSO_TCPV6) {
        version = type == VIRTIO_NET_HDR_GSO_TCPV4 ? 4 : 6;
        s->proto = IK_IP_TCP;
    } else if (type == 5 /* VIRTIO_NET_HDR_GSO_UDP_L4 */) {
        s->proto = IK_IP_UDP;
    } else {
        return false;
    }
    if (!is_train(packet, len, h, s->proto, version))
        return false;
    s->transport = h->csum_start;
    s->head =
        s->transport + (s->proto == IK_IP_TCP ? (size_t)(packet[s->transport + 12] >> 4) * 4 : 8);
    s->each = h->gso_size;
    return s->head <= len && (s->proto != IK_IP_TCP || s->head >= s->transport + 20);
}

/* The IP header of one: its length, and for IPv4 its identification and checksum. */
static void fix_ip(uint8_t *out, size_t total, unsigned number)
{
    if (out[0] >> 4 == 6) {
        put16(out + 4, total - 40);
        return;
    }
    size_t ihl = (size_t)(out[0] & 15) * 4;
    put16(out + 2, total);
    put16(out + 4, (size_t)(out[4] << 8 | out[5]) + number);
    memset(out + 10, 0, 2);
    store(out + 10, cksum_fold(cksum_add(0, out, ihl)));
}

static void fix_tcp(uint8_t *tcp, size_t at, bool first, bool last)
{
    uint32_t seq = (uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 | (uint32_t)tcp[6] << 8 | tcp[7];
    seq += (uint32_t)at;
    put16(tcp + 4, seq >> 16);
    put16(tcp + 6, seq & 0xffff);
    if (!first)
        tcp[13] &= (uint8_t)~TCP_CWR;
    if (!last)
        tcp[13] &= (uint8_t)~TCP_FIN_PSH;
}

static void fix_cksum(const struct split *s, uint8_t *out, size_t total)
{
    uint8_t *field = out + s->transport + (s->proto == IK_IP_TCP ? TCP_CKSUM_AT : UDP_CKSUM_AT);
    size_t len = total - s->transport;
    memset(field, 0, 2);
    uint64_t sum = cksum_pseudo(out, s->proto, len);
    store(field, cksum_fold(cksum_add(sum, out + s->transport, len)));
    if (s->proto == IK_IP_UDP && field[0] == 0 && field[1] == 0)
        memset(field, 0xff, 2);
}

size_t split_next(struct split *s, uint8_t *out, size_t cap)
{
    size_t left = s->len - s->head - s->at, n = s->each < left ? s->each : left;
    size_t total = s->head + n;
    if ((s->number > 0 && (left == 0 || s->each == 0)) || total > cap)
        return 0;
    memcpy(out, s->packet, s->head);
    if (s->each != 0) {
        memcpy(out + s->head, s->packet + s->head + s->at, n);
        fix_ip(out, total, s->number);
        if (s->proto == IK_IP_TCP)
            fix_tcp(out + s->transport, s->at, s->number == 0, n == left);
        else
            put16(out + s->transport + 4, total - s->transport);
        fix_cksum(s, out, total);
    }
    s->at += n;
    s->number++;
    return total;
}

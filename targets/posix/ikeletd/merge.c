/* SPDX-License-Identifier: MIT */
#include "merge.h"

#include <string.h>

#include "cksum.h"
#include "host.h"

#define TCP_ACK 0x10
#define TCP_PSH 0x08
#define TCP_CKSUM_AT 16
#define TOTAL_MAX 65535

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* ---- one packet ------------------------------------------------------------------------------ */

struct segment {
    uint8_t *ip, *tcp;
    size_t len, transport, headers, payload;
};

static size_t ip_header(const uint8_t *ip, size_t len)
{
    if (len >= 40 && ip[0] == 0x45 && ip[9] == IK_IP_TCP && get16(ip + 2) == len &&
        (get16(ip + 6) & 0x3fff) == 0)
        return 20;
    if (len >= 60 && ip[0] >> 4 == 6 && ip[6] == IK_IP_TCP && get16(ip + 4) + 40u == len)
        return 40;
    return 0;
}

/* A whole TCP segment with payload, nothing special about it, and a checksum that is right. */
static bool read_segment(uint8_t *ip, size_t len, struct segment *s)
{
    s->transport = ip_header(ip, len);
    if (s->transport == 0)
        return false;
    s->ip = ip;
    s->tcp = ip + s->transport;
    s->len = len;
    s->headers = s->transport + (size_t)(s->tcp[12] >> 4) * 4;
    if (s->headers < s->transport + 20 || s->headers >= len)
        return false;
    s->payload = len - s->headers;
    uint64_t sum = cksum_pseudo(ip, IK_IP_TCP, len - s->transport);
    return (s->tcp[13] & ~TCP_PSH) == TCP_ACK &&
           cksum_fold(cksum_add(sum, s->tcp, len - s->transport)) == 0xffff;
}

/* ---- trains ---------------------------------------------------------------------------------- */

static uint8_t *first_of(const struct merge_train *t)
{
    return t->io[1].iov_base;
}

static bool same_flow(const struct merge_train *t, const uint8_t *ip, size_t transport)
{
    const uint8_t *first = first_of(t);
    size_t at = transport == 20 ? 12 : 8; /* addresses, and the ports behind them */
    return t->n > 0 && t->transport == transport && first[0] >> 4 == ip[0] >> 4 &&
           memcmp(first + at, ip + at, transport - at) == 0 &&
           memcmp(first + transport, ip + transport, 4) == 0;
}

/* Is it what the sender would have sent as the next one of a train? */
static bool goes_on(const struct merge_train *t, const struct segment *s)
{
    const uint8_t *first = first_of(t), *tcp = first + t->transport;
    bool v4 = t->transport == 20;
    if (t->shut || t->n > MERGE_PACKETS || t->total + s->payload > TOTAL_MAX ||
        s->headers != t->headers || s->payload > t->head.gso_size ||
        get32(s->tcp + 4) != t->next_seq)
        return false;
    /* Acknowledgement, window and options; TOS and TTL; DF, or identifications that count. */
    if (memcmp(tcp + 8, s->tcp + 8, 5) != 0 || memcmp(tcp + 14, s->tcp + 14, 2) != 0 ||
        memcmp(tcp + 20, s->tcp + 20, s->headers - s->transport - 20) != 0)
        return false;
    if (!v4)
        return memcmp(first, s->ip, 4) == 0 && first[7] == s->ip[7];
    return first[1] == s->ip[1] && first[8] == s->ip[8] && first[6] == s->ip[6] &&
           ((first[6] & 0x40) != 0 || get16(s->ip + 4) == t->next_id);
}

static void begin(struct merge_train *t, const struct segment *s)
{
    memset(&t->head, 0, sizeof t->head);
    t->io[0] = (struct iovec){&t->head, sizeof t->head};
    t->io[1] = (struct iovec){s->ip, s->len};
    t->n = 2;
    t->total = s->len;
    t->transport = s->transport;
    t->headers = s->headers;
    t->head.gso_size = (uint16_t)s->payload;
    t->shut = false;
}

static void went_on(struct merge_train *t, const struct segment *s)
{
    t->next_seq = get32(s->tcp + 4) + (uint32_t)s->payload;
    t->next_id = (uint16_t)(get16(s->ip + 4) + 1u);
    t->shut = s->payload < t->head.gso_size || (s->tcp[13] & TCP_PSH) != 0;
}

static void append(struct merge_train *t, const struct segment *s)
{
    t->io[t->n++] = (struct iovec){s->ip + s->headers, s->payload};
    t->total += s->payload;
    first_of(t)[t->transport + 13] |= s->tcp[13] & TCP_PSH;
}

/* The headers of the whole: lengths, and the checksum that the kernel completes. */
static void finish(struct merge_train *t)
{
    uint8_t *ip = first_of(t);
    bool v4 = t->transport == 20;
    if (v4) {
        uint16_t sum;
        put16(ip + 2, t->total);
        memset(ip + 10, 0, 2);
        sum = (uint16_t)~cksum_fold(cksum_add(0, ip, 20));
        memcpy(ip + 10, &sum, 2);
    } else {
        put16(ip + 4, t->total - 40);
    }
    uint16_t pseudo = cksum_fold(cksum_pseudo(ip, IK_IP_TCP, t->total - t->transport));
    memcpy(ip + t->transport + TCP_CKSUM_AT, &pseudo, 2);
    t->head.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    t->head.gso_type = v4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
    t->head.csum_start = (uint16_t)t->transport;
    t->head.csum_offset = TCP_CKSUM_AT;
    t->head.hdr_len = (uint16_t)t->headers;
}

static void flush(struct merge *m, struct merge_train *t)
{
    if (t->n == 0)
        return;
    if (t->n > 2)
        finish(t);
    else
        t->head.gso_size = 0;
    m->write(m->ctx, t->io, (int)t->n);
    t->n = 0;
}

static void write_alone(struct merge *m, uint8_t *packet, size_t len)
{
    struct virtio_net_hdr head = {0};
    const struct iovec io[] = {{&head, sizeof head}, {packet, len}};
    m->write(m->ctx, io, 2);
}

static struct merge_train *train_of(struct merge *m, const uint8_t *ip, size_t transport)
{
    for (unsigned i = 0; i < MERGE_FLOWS; i++)
        if (same_flow(&m->train[i], ip, transport))
            return &m->train[i];
    return NULL;
}

void merge_add(struct merge *m, uint8_t *packet, size_t len)
{
    struct segment s;
    size_t transport = m->on ? ip_header(packet, len) : 0;
    struct merge_train *t = transport != 0 ? train_of(m, packet, transport) : NULL;
    if (transport == 0 || !read_segment(packet, len, &s)) {
        if (t != NULL)
            flush(m, t); /* what came before it in its flow goes first */
        write_alone(m, packet, len);
        return;
    }
    if (t != NULL && goes_on(t, &s)) {
        append(t, &s);
    } else {
        if (t == NULL) {
            t = &m->train[m->next];
            m->next = (m->next + 1) % MERGE_FLOWS;
        }
        flush(m, t);
        begin(t, &s);
    }
    went_on(t, &s);
}

void merge_flush(struct merge *m)
{
    for (unsigned i = 0; i < MERGE_FLOWS; i++)
        flush(m, &m->train[i]);
}

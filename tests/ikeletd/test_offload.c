/* SPDX-License-Identifier: MIT */
/* Trains of segments apart and together again: split.c, merge.c, mss.c, cksum.c. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cksum.h"
#include "host.h"
#include "merge.h"
#include "mss.h"
#include "split.h"

#define MSS 1000

/* A TCP packet of version 4 or 6 with n octets of payload, the checksum in place. */
static size_t make(uint8_t *out, unsigned version, uint32_t seq, size_t n, uint8_t flags)
{
    struct ik_addr src = {.family = (uint8_t)version, .b = {10, 0, 0, 1}};
    struct ik_addr dst = {.family = (uint8_t)version, .b = {10, 0, 0, 2}};
    size_t ip = host_ip_put(out, &src, &dst, IK_IP_TCP, 64, 32 + n);
    uint8_t *tcp = out + ip;
    memset(tcp, 0, 32);
    tcp[1] = 80;
    tcp[3] = 99;
    for (unsigned i = 0; i < 4; i++)
        tcp[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
    tcp[12] = 8 << 4; /* 12 octets of options */
    tcp[13] = flags;
    memset(tcp + 20, 1, 12);
    for (size_t i = 0; i < n; i++)
        tcp[32 + i] = (uint8_t)(seq + i);
    uint16_t sum =
        (uint16_t)~cksum_fold(cksum_add(cksum_pseudo(out, IK_IP_TCP, 32 + n), tcp, 32 + n));
    memcpy(tcp + 16, &sum, 2);
    return ip + 32 + n;
}

static bool tcp_is_right(const uint8_t *p, size_t len)
{
    size_t ip = p[0] >> 4 == 4 ? 20 : 40;
    uint64_t sum = cksum_pseudo(p, IK_IP_TCP, len - ip);
    return cksum_fold(cksum_add(sum, p + ip, len - ip)) == 0xffff &&
           (ip == 40 || cksum_fold(cksum_add(0, p, 20)) == 0xffff);
}

/* What the kernel hands over: the checksum field holds the pseudo header's sum only. */
static void as_train(uint8_t *p, size_t len, struct virtio_net_hdr *h)
{
    size_t ip = p[0] >> 4 == 4 ? 20 : 40;
    uint16_t pseudo = cksum_fold(cksum_pseudo(p, IK_IP_TCP, len - ip));
    memcpy(p + ip + 16, &pseudo, 2);
    *h = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                                 .gso_type =
                                     ip == 20 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6,
                                 .gso_size = MSS,
                                 .csum_start = (uint16_t)ip,
                                 .csum_offset = 16};
}

Test(offload, cksum_of_every_length)
{
    uint8_t p[70];
    for (size_t i = 0; i < sizeof p; i++)
        p[i] = (uint8_t)(i * 37 + 5);
    for (size_t len = 0; len <= sizeof p; len++) {
        uint16_t want = (uint16_t)~host_cksum_fold(host_cksum_add(0, p, len));
        uint16_t got = cksum_fold(cksum_add(0, p, len));
        const uint8_t octets[2] = {(uint8_t)(want >> 8), (uint8_t)want};
        cr_assert(memcmp(octets, &got, 2) == 0, "%zu octets", len);
    }
}

Test(offload, a_train_becomes_segments)
{
    static uint8_t p[65536], out[2000];
    for (unsigned version = 4; version <= 6; version += 2) {
        struct virtio_net_hdr h;
        struct split s;
        size_t len = make(p, version, 0xfffffe00, 3 * MSS + 7, 0x99), n; /* CWR ACK PSH FIN */
        size_t ip = version == 4 ? 20 : 40, at = 0;
        unsigned number = 0;
        as_train(p, len, &h);
        cr_assert(split_begin(&s, p, len, &h));
        while ((n = split_next(&s, out, sizeof out)) != 0) {
            size_t payload = n - ip - 32;
            cr_assert_eq(payload, number < 3 ? MSS : 7u);
            cr_assert(tcp_is_right(out, n), "segment %u of IPv%u", number, version);
            cr_assert_eq(out[ip + 13], number == 0 ? 0x90 : number < 3 ? 0x10 : 0x19);
            for (size_t i = 0; i < payload; i++)
                cr_assert_eq(out[ip + 32 + i], (uint8_t)(0xfffffe00 + at + i));
            at += payload;
            number++;
        }
        cr_assert_eq(number, 4);
    }
}

Test(offload, a_checksum_is_completed)
{
    uint8_t p[200], out[200];
    struct virtio_net_hdr h;
    struct split s;
    size_t len = make(p, 4, 7, 50, 0x10);
    as_train(p, len, &h);
    h.gso_type = VIRTIO_NET_HDR_GSO_NONE;
    cr_assert(split_begin(&s, p, len, &h));
    cr_assert_eq(split_next(&s, out, sizeof out), len);
    cr_assert(tcp_is_right(out, len));
    cr_assert_eq(split_next(&s, out, sizeof out), 0);
}

Test(offload, headers_that_lie_are_refused)
{
    uint8_t p[300], out[300];
    struct split s;
    srand(5);
    for (unsigned i = 0; i < 200000; i++) {
        struct virtio_net_hdr h;
        size_t len = make(p, i % 2 ? 4 : 6, i, 100, 0x10);
        as_train(p, len, &h);
        ((uint8_t *)&h)[rand() % (int)sizeof h] = (uint8_t)rand();
        p[rand() % (int)len] = (uint8_t)rand();
        if (split_begin(&s, p, (size_t)rand() % (len + 1), &h))
            while (split_next(&s, out, sizeof out) != 0)
                ;
    }
}

/* ---- merge ----------------------------------------------------------------------------------- */

static struct {
    unsigned n;
    uint8_t packet[40][70000];
    size_t len[40];
    struct virtio_net_hdr head[40];
} written;

static void on_write(void *ctx, const struct iovec *io, int n)
{
    (void)ctx;
    unsigned at = written.n++;
    memcpy(&written.head[at], io[0].iov_base, io[0].iov_len);
    written.len[at] = 0;
    for (int i = 1; i < n; i++) {
        memcpy(written.packet[at] + written.len[at], io[i].iov_base, io[i].iov_len);
        written.len[at] += io[i].iov_len;
    }
}

static uint8_t packets[70][1200];

static struct merge fresh(void)
{
    written.n = 0;
    return (struct merge){.on = true, .write = on_write};
}

Test(offload, segments_become_a_train_and_segments_again)
{
    for (unsigned version = 4; version <= 6; version += 2) {
        static uint8_t out[2000], want[10][1200];
        size_t len[10], n;
        struct merge m = fresh();
        struct split s;
        for (unsigned i = 0; i < 10; i++) {
            len[i] =
                make(packets[i], version, 5000 + i * MSS, i < 9 ? MSS : 30, i < 9 ? 0x10 : 0x18);
            memcpy(want[i], packets[i], len[i]);
            merge_add(&m, packets[i], len[i]);
        }
        merge_flush(&m);
        cr_assert_eq(written.n, 1);
        cr_assert_eq(written.head[0].gso_size, MSS);
        cr_assert(split_begin(&s, written.packet[0], written.len[0], &written.head[0]));
        for (unsigned i = 0; i < 10; i++) {
            n = split_next(&s, out, sizeof out);
            cr_assert_eq(n, len[i]);
            if (version == 4) /* all had the same identification: a train counts */
                memcpy(out + 4, want[i] + 4, 2), memcpy(out + 10, want[i] + 10, 2);
            cr_assert(memcmp(out, want[i], n) == 0, "segment %u of IPv%u", i, version);
        }
    }
}

/* Two packets of which the second may not join the first. */
static void expect_apart(void (*change)(uint8_t *second), const char *what)
{
    struct merge m = fresh();
    size_t a = make(packets[0], 4, 100, MSS, 0x10), b = make(packets[1], 4, 100 + MSS, MSS, 0x10);
    packets[0][6] = packets[1][6] = 0x40; /* DF */
    change(packets[1]);
    merge_add(&m, packets[0], a);
    merge_add(&m, packets[1], b);
    merge_flush(&m);
    cr_assert_eq(written.n, 2, "%s", what);
    cr_assert_eq(written.head[0].gso_type, VIRTIO_NET_HDR_GSO_NONE);
    cr_assert_eq(written.len[0], a);
}

static void fix(uint8_t *p)
{
    uint16_t sum;
    memset(p + 36, 0, 2);
    sum = (uint16_t)~cksum_fold(cksum_add(cksum_pseudo(p, IK_IP_TCP, 32 + MSS), p + 20, 32 + MSS));
    memcpy(p + 36, &sum, 2);
}

static void bad_sum(uint8_t *p)
{
    p[100] ^= 1;
}
static void syn(uint8_t *p)
{
    p[33] = 0x12;
    fix(p);
}
static void gap(uint8_t *p)
{
    p[27] ^= 1;
    fix(p);
}
static void window(uint8_t *p)
{
    p[35] ^= 1;
    fix(p);
}
static void ack(uint8_t *p)
{
    p[31] ^= 1;
    fix(p);
}
static void option(uint8_t *p)
{
    p[45] ^= 1;
    fix(p);
}
static void tos(uint8_t *p)
{
    p[1] = 4;
}
static void ttl(uint8_t *p)
{
    p[8] = 3;
}
static void port(uint8_t *p)
{
    p[21] ^= 1;
    fix(p);
}

Test(offload, what_does_not_fit_stays_apart)
{
    expect_apart(bad_sum, "a wrong checksum");
    expect_apart(syn, "SYN");
    expect_apart(gap, "a gap");
    expect_apart(window, "another window");
    expect_apart(ack, "another acknowledgement");
    expect_apart(option, "another option");
    expect_apart(tos, "another TOS");
    expect_apart(ttl, "another TTL");
    expect_apart(port, "another flow");
}

Test(offload, a_flow_keeps_its_order)
{
    struct merge m = fresh();
    size_t a = make(packets[0], 4, 100, MSS, 0x10), b = make(packets[1], 4, 100 + MSS, 0, 0x11);
    merge_add(&m, packets[0], a);
    merge_add(&m, packets[1], b); /* FIN: by itself, behind the data */
    cr_assert_eq(written.n, 2);
    cr_assert_eq(written.len[0], a);
    cr_assert_eq(written.len[1], b);
}

Test(offload, trains_end_at_64_packets)
{
    struct merge m = fresh();
    for (unsigned i = 0; i < 70; i++)
        merge_add(&m, packets[i], make(packets[i], 4, 100 + i * 500, 500, 0x10));
    merge_flush(&m);
    cr_assert(written.n >= 2 && written.n <= 3, "%u", written.n);
}

/* ---- mss ------------------------------------------------------------------------------------- */

Test(offload, mss_of_a_syn_is_lowered)
{
    uint8_t p[200];
    for (unsigned version = 4; version <= 6; version += 2) {
        size_t ip = version == 4 ? 20 : 40, len = make(p, version, 1, 0, 0x02);
        const uint8_t mss[4] = {2, 4, 0x05, 0xb4}; /* 1460 */
        uint16_t sum;
        memcpy(p + ip + 22, mss, 4); /* behind two NOPs */
        memset(p + ip + 16, 0, 2);
        sum = (uint16_t)~cksum_fold(cksum_add(cksum_pseudo(p, IK_IP_TCP, 32), p + ip, 32));
        memcpy(p + ip + 16, &sum, 2);
        cr_assert(mss_clamp(p, len, 1400));
        cr_assert_eq(p[ip + 24] << 8 | p[ip + 25], version == 4 ? 1360 : 1340);
        cr_assert(tcp_is_right(p, len));
        cr_assert_not(mss_clamp(p, len, 1400), "it is low enough already");
        p[ip + 13] = 0x10;
        cr_assert_not(mss_clamp(p, len, 600), "no SYN");
    }
}

Test(offload, mss_of_noise)
{
    uint8_t p[100];
    srand(9);
    for (unsigned i = 0; i < 300000; i++) {
        size_t len = make(p, i % 2 ? 4 : 6, 1, 20, 0x02);
        for (unsigned k = 0; k < 3; k++)
            p[rand() % (int)len] = (uint8_t)rand();
        (void)mss_clamp(p, (size_t)rand() % (len + 1), 1400);
    }
}

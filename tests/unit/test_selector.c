/* SPDX-License-Identifier: MIT */
/* Traffic selectors against all packets of a small world. */
#include "ipsec_ends.h"

static struct ik_ts ts4(unsigned lo, unsigned hi, uint8_t proto, unsigned port_lo, unsigned port_hi)
{
    uint8_t a[4] = {10, 0, 0, (uint8_t)lo}, b[4] = {10, 0, 0, (uint8_t)hi};
    struct ik_ts ts = ts_range(4, a, b);
    ts.proto = proto;
    ts.port_lo = (uint16_t)port_lo;
    ts.port_hi = (uint16_t)port_hi;
    return ts;
}

static struct ik_flow flow4(unsigned src, unsigned dst, uint8_t proto, bool ports, unsigned sport,
                            unsigned dport)
{
    struct ik_flow f = {.family = 4, .proto = proto, .ports = ports};
    memcpy(f.src, (uint8_t[]){10, 0, 0, (uint8_t)src}, 4);
    memcpy(f.dst, (uint8_t[]){10, 0, 0, (uint8_t)dst}, 4);
    f.src_port = (uint16_t)sport;
    f.dst_port = (uint16_t)dport;
    return f;
}

static bool match(const struct ik_ts *local, const struct ik_ts *remote, const struct ik_flow *f,
                  bool outbound)
{
    return ik_ts_match(local, 1, remote, 1, f, outbound);
}

#if IK_PACKET_TS
/* RFC 7296 2.9: what of a policy is a packet's alone. */
Test(selector, of_a_packet)
{
    struct ik_policy p = {.ts_local_n = 1, .ts_remote_n = 2};
    struct ik_flow udp = flow4(7, 20, 17, true, 1000, 53), icmp = flow4(7, 20, 1, true, 8, 8),
                   later = flow4(7, 30, 17, false, 0, 0), other = flow4(7, 40, 17, true, 1, 2);
    struct ik_ts l, r, want;
    p.ts_local[0] = ts4(5, 9, 0, 0, 65535);
    p.ts_remote[0] = ts4(20, 20, 0, 0, 65535);
    p.ts_remote[1] = ts4(30, 39, 17, 65535, 0); /* OPAQUE */
    cr_assert(ik_ts_of_flow(&p, &udp, &l, &r));
    want = ts4(7, 7, 17, 1000, 1000);
    cr_assert_eq(memcmp(&l, &want, sizeof l), 0);
    want = ts4(20, 20, 17, 53, 53);
    cr_assert_eq(memcmp(&r, &want, sizeof r), 0);
    /* One asks, another answers: of all types. */
    cr_assert(ik_ts_of_flow(&p, &icmp, &l, &r));
    want = ts4(7, 7, 1, 0, 65535);
    cr_assert_eq(memcmp(&l, &want, sizeof l), 0);
    cr_assert(ik_ts_of_flow(&p, &later, &l, &r));
    want = ts4(30, 30, 17, 65535, 0);
    cr_assert_eq(memcmp(&r, &want, sizeof r), 0);
    cr_assert_not(ik_ts_of_flow(&p, &other, &l, &r));
}
#endif

Test(selector, addresses)
{
    struct ik_ts l = ts4(5, 9, 0, 0, 65535), r = ts4(20, 20, 0, 0, 65535);
    for (unsigned a = 0; a < 256; a++) {
        struct ik_flow out = flow4(a, 20, 17, true, 1, 2), in = flow4(20, a, 17, true, 1, 2);
        cr_assert_eq(match(&l, &r, &out, true), a >= 5 && a <= 9);
        cr_assert_eq(match(&l, &r, &in, false), a >= 5 && a <= 9);
        cr_assert_not(match(&l, &r, &in, true));
    }
}

/* The first octet that differs decides, and all 16 count. */
Test(selector, v6_addresses)
{
    uint8_t lo[16] = {0xfd, 0, 5}, hi[16] = {0xfd, 1, 2, [15] = 3};
    struct ik_ts l = ts_range(6, lo, hi), r = l;
    struct ik_flow f = {.family = 6, .proto = 6, .ports = true};
    memcpy(f.dst, lo, 16);
    memcpy(f.src, lo, 16);
    cr_assert(match(&l, &r, &f, true));
    memcpy(f.src, hi, 16);
    cr_assert(match(&l, &r, &f, true));
    f.src[15]++;
    cr_assert_not(match(&l, &r, &f, true));
    memcpy(f.src, (uint8_t[16]){0xfd, 0, 0xff, 0xff}, 16);
    cr_assert(match(&l, &r, &f, true));
    memcpy(f.src, (uint8_t[16]){0xfd, 0, 4, 0xff}, 16);
    cr_assert_not(match(&l, &r, &f, true));
    f.family = 4;
    memcpy(f.src, lo, 16);
    cr_assert_not(match(&l, &r, &f, true));
}

Test(selector, ports)
{
    struct ik_ts l = ts4(0, 255, 17, 100, 200), r = ts4(0, 255, 17, 53, 53);
    cr_assert(match(&l, &r, &(struct ik_flow){0}, true) == false);
    struct ik_flow f = flow4(1, 2, 17, true, 100, 53);
    cr_assert(match(&l, &r, &f, true));
    f.src_port = 200;
    cr_assert(match(&l, &r, &f, true));
    f.src_port = 99;
    cr_assert_not(match(&l, &r, &f, true));
    f.src_port = 201;
    cr_assert_not(match(&l, &r, &f, true));
    f = flow4(1, 2, 17, true, 53, 150);
    cr_assert(match(&l, &r, &f, false));
    f.proto = 6;
    cr_assert_not(match(&l, &r, &f, false));
}

/* ANY takes what has no visible ports, OPAQUE takes only that, a range never does (7.1 to 7.3). */
Test(selector, any_and_opaque)
{
    struct ik_ts any = ts4(0, 255, 0, 0, 65535), opaque = ts4(0, 255, 0, 65535, 0);
    struct ik_ts range = ts4(0, 255, 0, 0, 65534);
    struct ik_flow with = flow4(1, 2, 17, true, 0, 0), without = flow4(1, 2, 17, false, 0, 0);
    cr_assert(match(&any, &any, &with, true));
    cr_assert(match(&any, &any, &without, true));
    cr_assert_not(match(&opaque, &any, &with, true));
    cr_assert_not(match(&any, &opaque, &with, true));
    cr_assert(match(&opaque, &opaque, &without, true));
    cr_assert(match(&range, &range, &with, true));
    cr_assert_not(match(&range, &any, &without, true));
    cr_assert_not(match(&any, &range, &without, true));
}

/* The examples B, C and D of RFC 4301 4.4.1.3. */
Test(selector, one_selector_protocols)
{
    static const uint8_t protos[] = {IK_IP_ICMP, IK_IP_ICMPV6, IK_IP_MOBILITY};
    for (size_t i = 0; i < sizeof protos; i++) {
        struct ik_ts typed = ts4(0, 255, protos[i], 0x0800, 0x0803);
        struct ik_ts opaque = ts4(0, 255, protos[i], 65535, 0);
        struct ik_flow f = flow4(1, 2, protos[i], true, 0x0802, 0x0802);
        cr_assert(match(&typed, &typed, &f, true));
        cr_assert(match(&typed, &typed, &f, false));
        /* C: may be sent, not received. */
        cr_assert(match(&typed, &opaque, &f, true));
        cr_assert_not(match(&typed, &opaque, &f, false));
        /* D: may be received, not sent. */
        cr_assert_not(match(&opaque, &typed, &f, true));
        cr_assert(match(&opaque, &typed, &f, false));
        f.src_port = f.dst_port = 0x0804;
        cr_assert_not(match(&typed, &typed, &f, true));
        cr_assert_not(match(&typed, &typed, &f, false));
    }
}

/* ---- within and intersect against every packet ----------------------------------------------- */

static const unsigned ranges[][2] = {{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}};
static const uint8_t protos[] = {0, 1, 6, 47};
static const unsigned ports[][2] = {{0, 65535}, {65535, 0}, {0, 0},    {5, 7},
                                    {6, 9},     {80, 80},   {0, 65534}};
static const unsigned seen_ports[] = {0, 5, 6, 8, 80, 65534, 65535};

#define ALL_N (6 * 4 * 7)
static struct ik_ts all[ALL_N];

static void make_all(void)
{
    unsigned n = 0;
    for (unsigned r = 0; r < 6; r++) {
        for (unsigned p = 0; p < 4; p++) {
            for (unsigned o = 0; o < 7; o++) {
                all[n++] = ts4(ranges[r][0], ranges[r][1], protos[p], ports[o][0], ports[o][1]);
            }
        }
    }
}

TestSuite(selector, .init = make_all);

#define PACKETS_N (3 * (2 + 3) * 8)
static struct ik_flow packets[PACKETS_N];
static unsigned packets_n;

static void make_packets(void)
{
    static const uint8_t packet_protos[] = {1, 6, 17};
    packets_n = 0;
    for (unsigned a = 0; a < 3; a++) {
        for (unsigned p = 0; p < sizeof packet_protos; p++) {
            for (unsigned o = 0; o < 7; o++) {
                packets[packets_n++] =
                    flow4(a, 9, packet_protos[p], true, seen_ports[o], seen_ports[o]);
            }
            packets[packets_n++] = flow4(a, 9, packet_protos[p], false, 0, 0);
        }
        packets[packets_n++] = flow4(a, 9, 47, false, 0, 0);
    }
    cr_assert_leq(packets_n, PACKETS_N);
}

static bool takes(const struct ik_ts *ts, const struct ik_flow *f)
{
    struct ik_ts anywhere = ts4(0, 255, 0, 0, 65535);
    return match(ts, &anywhere, f, true);
}

Test(selector, within_means_every_packet)
{
    make_packets();
    for (unsigned i = 0; i < ALL_N; i++) {
        for (unsigned j = 0; j < ALL_N; j++) {
            bool all_taken = true;
            for (unsigned k = 0; k < packets_n; k++) {
                all_taken =
                    all_taken && (!takes(&all[i], &packets[k]) || takes(&all[j], &packets[k]));
            }
            bool within = ik_ts_within(&all[i], &all[j]);
            if (within) {
                cr_assert(all_taken, "%u within %u", i, j);
            } else if (all[i].proto != 47) {
                /* A port range of GRE takes no packet: there, "not within" is only cautious. */
                cr_assert_not(all_taken, "%u not within %u", i, j);
            }
        }
    }
}

Test(selector, intersection_means_both)
{
    make_packets();
    for (unsigned i = 0; i < ALL_N; i++) {
        for (unsigned j = 0; j < ALL_N; j++) {
            struct ik_ts both;
            bool some = ik_ts_intersect(&all[i], &all[j], &both);
            for (unsigned k = 0; k < packets_n; k++) {
                bool want = ik_ts_good(&all[i]) && ik_ts_good(&all[j]) &&
                            takes(&all[i], &packets[k]) && takes(&all[j], &packets[k]);
                cr_assert_eq(some && takes(&both, &packets[k]), want, "%u and %u", i, j);
            }
            if (some) {
                cr_assert(ik_ts_within(&both, &all[i]));
                cr_assert(ik_ts_within(&both, &all[j]));
            }
        }
    }
}

Test(selector, intersection_may_overwrite)
{
    struct ik_ts a = ts4(0, 5, 0, 0, 65535), b = ts4(3, 9, 17, 10, 20);
    cr_assert(ik_ts_intersect(&a, &b, &a));
    struct ik_ts want = ts4(3, 5, 17, 10, 20);
    cr_assert_eq(memcmp(&a, &want, sizeof a), 0);
}

/* What a peer may send: ranges the wrong way round, no family. They hold nothing and fit nowhere.
 */
Test(selector, senseless_ones)
{
    struct ik_ts good = ts4(0, 255, 0, 0, 65535), out;
    struct ik_ts bad[] = {ts4(9, 5, 0, 0, 65535), ts4(0, 9, 0, 7, 6), ts4(0, 9, 0, 65535, 1),
                          ts4(0, 9, 0, 0, 65535), ts4(0, 9, 0, 0, 65535)};
    bad[3].family = 0;
    bad[4].family = 6;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_not(ik_ts_within(&bad[i], &good), "%zu", i);
        cr_assert_not(ik_ts_within(&good, &bad[i]), "%zu", i);
        cr_assert_not(ik_ts_intersect(&bad[i], &good, &out), "%zu", i);
        cr_assert_not(ik_ts_intersect(&good, &bad[i], &out), "%zu", i);
        struct ik_flow f = flow4(7, 7, 17, true, 6, 7);
        cr_assert_not(match(&bad[i], &good, &f, true), "%zu", i);
    }
}

/* RFC 7296 3.13.1: ports only where the protocol has them, addresses in order. */
Test(selector, good_ones_take_a_packet)
{
    make_packets();
    for (unsigned i = 0; i < ALL_N; i++) {
        bool some = false;
        for (unsigned k = 0; k < packets_n; k++) {
            some = some || takes(&all[i], &packets[k]);
        }
        if (ik_ts_good(&all[i])) {
            cr_assert(some, "%u is good, and takes nothing", i);
        } else {
            bool some_only = all[i].port_lo != 0 || all[i].port_hi != 65535;
            cr_assert(some_only && (all[i].proto == 0 || all[i].proto == 47), "%u", i);
        }
    }
    struct ik_ts bad[] = {ts4(9, 5, 0, 0, 65535), ts4(0, 9, 6, 7, 6),  ts4(0, 9, 6, 65535, 1),
                          ts4(0, 9, 6, 0, 65535), ts4(0, 9, 50, 1, 2), ts4(0, 9, 0, 1, 2)};
    bad[3].family = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_not(ik_ts_good(&bad[i]), "%zu", i);
    }
}

/* A pair is good if, and only if, some packet has its ends in both: all pairs, all packets of both
 * directions. */
Test(selector, good_pairs_take_a_packet)
{
    static const uint8_t packet_protos[] = {1, 6, 17, 47};
    struct ik_flow flows[256];
    unsigned n = 0, good_n = 0;
    for (unsigned p = 0; p < sizeof packet_protos; p++) {
        for (unsigned s = 0; s < 7 && packet_protos[p] != 47; s++) {
            for (unsigned d = 0; d < 7; d++) {
                flows[n++] = flow4(2, 2, packet_protos[p], true, seen_ports[s],
                                   packet_protos[p] == 1 ? seen_ports[s] : seen_ports[d]);
            }
        }
        flows[n++] = flow4(2, 2, packet_protos[p], false, 0, 0);
    }
    cr_assert_leq(n, 256);
    for (unsigned i = 0; i < ALL_N; i++) {
        for (unsigned j = 0; j < ALL_N; j++) {
            struct ik_ts l = all[i], r = all[j];
            memset(l.lo, 0, 4), memset(r.lo, 0, 4);
            memset(l.hi, 255, 4), memset(r.hi, 255, 4);
            memcpy(l.lo, (uint8_t[]){10, 0, 0, 2}, 4), memcpy(r.lo, l.lo, 4);
            bool some = false;
            for (unsigned k = 0; k < n; k++) {
                some = some || match(&l, &r, &flows[k], true) || match(&l, &r, &flows[k], false);
            }
            bool good = ik_ts_pair_good(&l, &r);
            bool senseless = !ik_ts_good(&l) || !ik_ts_good(&r);
            cr_assert_eq(good, some && !senseless, "%u with %u", i, j);
            good_n += good;
        }
    }
    cr_assert_gt(good_n, 100);
}

Test(selector, pair_of_two_families)
{
    struct ik_ts four = ts4(0, 255, 0, 0, 65535), six = ts_v6_net(1);
    cr_assert(ik_ts_pair_good(&four, &four));
    cr_assert(ik_ts_pair_good(&six, &six));
    cr_assert_not(ik_ts_pair_good(&four, &six));
    cr_assert_not(ik_ts_pair_good(&six, &four));
}

/* What has no partner goes, and then what had only that. */
Test(selector, pairs)
{
    struct ik_ts l[3] = {ts_v6_net(1), ts4(0, 9, 6, 1, 2), ts4(0, 9, 17, 1, 2)};
    struct ik_ts r[2] = {ts4(0, 9, 17, 0, 65535), ts4(0, 9, 1, 0, 65535)};
    uint8_t l_n = 3, r_n = 2;
    struct ik_ts udp = l[2], udp_far = r[0];
    cr_assert(ik_ts_pairs(l, &l_n, r, &r_n));
    cr_assert_eq(l_n, 1);
    cr_assert_eq(r_n, 1);
    cr_assert_eq(memcmp(&l[0], &udp, sizeof udp), 0);
    cr_assert_eq(memcmp(&r[0], &udp_far, sizeof udp), 0);
    r[0] = ts_v6_net(2);
    cr_assert_not(ik_ts_pairs(l, &l_n, r, &r_n));
}

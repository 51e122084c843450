/* SPDX-License-Identifier: MIT */
#include "ipsec_ends.h"

static struct ik_env env;

static void setup(void)
{
    env_init(&env);
}

TestSuite(transport, .init = setup);

static struct ik_path path_between(uint8_t family)
{
    return (struct ik_path){
        .carrier = IK_CARRIER_UDP4500, .local = gateway(family, 0), .remote = gateway(family, 1)};
}

static struct ik_flow flow_of(const struct ik_pkt *pkt)
{
    struct ik_flow flow;
    cr_assert_eq(ik_flow_parse(pkt->buf + pkt->off, pkt->len, &flow), IK_OK);
    return flow;
}

static bool strip(struct ik_pkt *pkt, const struct ik_path *path)
{
    struct ik_flow flow = flow_of(pkt);
    return ik_transport_strip(pkt, &flow, path);
}

Test(transport, strip_and_build_are_inverse)
{
    for (uint8_t family = 4; family <= 6; family += 2) {
        uint8_t buf[ENDS_BUF], want[ENDS_BUF];
        uint16_t len = make_udp(buf + ENDS_AT, 0, IK_TRANSPORT, family, 33);
        memcpy(want, buf + ENDS_AT, len);
        struct ik_pkt pkt = pkt_of(buf, len);
        struct ik_path path = path_between(family), back = path_turned(&path);
        uint16_t hdr = family == 4 ? 20 : 40;
        cr_assert(strip(&pkt, &path));
        cr_assert_eq(pkt.off, ENDS_AT + hdr);
        cr_assert_eq(pkt.len, len - hdr);
        cr_assert(ik_transport_build(&env, &pkt, &back, IK_IP_UDP));
        cr_assert_eq(pkt.off, ENDS_AT);
        cr_assert_eq(pkt.len, len);
        struct ik_flow flow = flow_of(&pkt);
        cr_assert_eq(flow.proto, IK_IP_UDP);
        cr_assert_eq(flow.dst_port, 7);
        cr_assert_eq(memcmp(flow.src, path.local.b, 16), 0);
        cr_assert_eq(memcmp(flow.dst, path.remote.b, 16), 0);
        cr_assert_eq(buf[ENDS_AT + (family == 4 ? 8 : 7)], 63);
        cr_assert_eq(memcmp(buf + ENDS_AT + hdr, want + hdr, len - hdr), 0);
        cr_assert_eq(env.meter.n[IK_COST_COPY_OCTETS], 0);
    }
}

/* Octets behind the packet stay behind. */
Test(transport, strip_cuts_padding)
{
    uint8_t buf[ENDS_BUF] = {0};
    uint16_t len = make_udp(buf + ENDS_AT, 0, IK_TRANSPORT, 4, 33);
    struct ik_pkt pkt = pkt_of(buf, len + 9u);
    struct ik_path path = path_between(4);
    cr_assert(strip(&pkt, &path));
    cr_assert_eq(pkt.len, len - 20);
}

static void assert_not_stripped(uint8_t *buf, size_t len, const struct ik_path *path)
{
    struct ik_pkt pkt = pkt_of(buf, len), before = pkt;
    cr_assert_not(strip(&pkt, path));
    cr_assert_eq(pkt.off, before.off);
    cr_assert_eq(pkt.len, before.len);
}

Test(transport, strip_refuses_fragments)
{
    uint8_t buf[ENDS_BUF];
    struct ik_path path = path_between(4);
    uint16_t len = make_udp(buf + ENDS_AT, 0, IK_TRANSPORT, 4, 33);
    buf[ENDS_AT + 6] = 0x20;
    v4_cksum(buf + ENDS_AT);
    assert_not_stripped(buf, len, &path);
    buf[ENDS_AT + 6] = 0;
    buf[ENDS_AT + 7] = 9;
    v4_cksum(buf + ENDS_AT);
    assert_not_stripped(buf, len, &path);
}

Test(transport, strip_refuses_options_and_extensions)
{
    uint8_t buf[ENDS_BUF], up[64] = {0};
    struct ik_path path = path_between(4);
    make_v4(buf + ENDS_AT, path.local.b, path.remote.b, 17, up, 24);
    buf[ENDS_AT] = 0x46;
    buf[ENDS_AT + 20] = 1;
    v4_cksum(buf + ENDS_AT);
    assert_not_stripped(buf, 44, &path);

    static const uint8_t extensions[] = {IK_IP_HOPOPT, IK_IP_IPV6_ROUTE, IK_IP_IPV6_FRAG,
                                         IK_IP_IPV6_OPTS};
    path = path_between(6);
    for (size_t i = 0; i < sizeof extensions; i++) {
        up[0] = 17;
        uint16_t len = make_v6(buf + ENDS_AT, path.local.b, path.remote.b, extensions[i], up, 24);
        assert_not_stripped(buf, len, &path);
    }
}

/* RFC 4303 2.6: the receiver would take it for a dummy. */
Test(transport, strip_refuses_no_next_header)
{
    uint8_t buf[ENDS_BUF];
    struct ik_path path = path_between(6);
    uint16_t len = make_v6(buf + ENDS_AT, path.local.b, path.remote.b, IK_IP_NONE, "", 0);
    assert_not_stripped(buf, len, &path);
}

/* The other end makes the header from the path: other addresses would be lost. */
Test(transport, strip_refuses_other_addresses)
{
    for (uint8_t family = 4; family <= 6; family += 2) {
        uint8_t buf[ENDS_BUF];
        uint16_t len = make_udp(buf + ENDS_AT, 0, IK_TRANSPORT, family, 33);
        size_t last = family == 4 ? 3 : 15;
        struct ik_path path = path_between(family);
        path.local.b[last] ^= 4;
        assert_not_stripped(buf, len, &path);
        path = path_between(family);
        path.remote.b[last] ^= 4;
        assert_not_stripped(buf, len, &path);
        path = path_between(10 - family);
        assert_not_stripped(buf, len, &path);
        path = path_between(family);
        path.local.family = 0;
        assert_not_stripped(buf, len, &path);
    }
}

/* Every head room: the packet moves only if it must, and only if there is a place. */
Test(transport, build_in_every_room)
{
    for (uint8_t family = 4; family <= 6; family += 2) {
        uint16_t hdr = family == 4 ? 20 : 40;
        struct ik_path path = path_between(family);
        for (uint16_t head = 0; head <= 48; head++) {
            for (uint16_t tail = 0; tail <= 48; tail++) {
                uint16_t cap = (uint16_t)(head + 30 + tail);
                uint8_t *buf = malloc(cap);
                cr_assert_not_null(buf);
                for (uint16_t i = 0; i < 30; i++) {
                    buf[head + i] = (uint8_t)i;
                }
                struct ik_pkt pkt = {.buf = buf, .cap = cap, .off = head, .len = 30};
                env.meter.n[IK_COST_COPY_OCTETS] = 0;
                bool built = ik_transport_build(&env, &pkt, &path, 253);
                cr_assert_eq(built, head + tail >= hdr);
                if (built) {
                    cr_assert_eq(pkt.len, hdr + 30);
                    cr_assert_leq(pkt.off + pkt.len, cap);
                    for (uint16_t i = 0; i < 30; i++) {
                        cr_assert_eq(buf[pkt.off + hdr + i], i);
                    }
                    cr_assert_eq(env.meter.n[IK_COST_COPY_OCTETS], head < hdr ? 30 : 0);
                    cr_assert_eq(flow_of(&pkt).proto, 253);
                }
                free(buf);
            }
        }
    }
}

Test(transport, build_needs_addresses)
{
    uint8_t buf[ENDS_BUF];
    struct ik_pkt pkt = pkt_of(buf, 30);
    struct ik_path path = path_between(4);
    path.remote.family = 0;
    cr_assert_not(ik_transport_build(&env, &pkt, &path, 17));
    path = path_between(4);
    path.local = gateway(6, 0);
    cr_assert_not(ik_transport_build(&env, &pkt, &path, 17));
}

/* ---- checksums behind NAT (RFC 3948 3.1.2) --------------------------------------------------- */

struct sum_case {
    uint8_t family, proto, at;
};
static const struct sum_case sums[] = {
    {4, IK_IP_TCP, 16}, {4, IK_IP_UDP, 6},    {6, IK_IP_TCP, 16},
    {6, IK_IP_UDP, 6},  {6, IK_IP_ICMPV6, 2},
};

/* A packet whose checksum is wrong by what NAT did to its source; answers its length. */
static uint16_t make_broken(uint8_t *ip, const struct sum_case *c, size_t up_len)
{
    uint8_t up[256] = {0};
    struct ik_addr src = gateway(c->family, 0), dst = gateway(c->family, 1), real = src;
    for (size_t i = 0; i < up_len; i++) {
        up[i] = (uint8_t)(i * 31 + up_len);
    }
    if (c->proto == IK_IP_UDP) {
        ik_put16(up + 4, (uint16_t)up_len);
    }
    ik_put16(up + c->at, 0);
    real.b[0] = 172;
    ik_put16(up + c->at, pseudo_cksum(c->family, real.b, dst.b, c->proto, up, up_len));
    return c->family == 4 ? make_v4(ip, src.b, dst.b, c->proto, up, up_len)
                          : make_v6(ip, src.b, dst.b, c->proto, up, up_len);
}

static bool sum_good(const struct ik_pkt *pkt)
{
    struct ik_flow f = flow_of(pkt);
    const uint8_t *up = pkt->buf + pkt->off + f.hdr_len;
    size_t len = f.proto == IK_IP_UDP ? ik_get16(up + 4) : (size_t)(f.len - f.hdr_len);
    return pseudo_cksum(f.family, f.src, f.dst, f.proto, up, len) == 0;
}

static void fix(struct ik_pkt *pkt)
{
    struct ik_flow flow = flow_of(pkt);
    ik_transport_cksum(pkt, &flow);
}

Test(transport, cksum_is_mended)
{
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        for (size_t len = sums[i].at + 2u > 8 ? 18 : 8; len < 120; len++) {
            uint8_t buf[ENDS_BUF];
            struct ik_pkt pkt = pkt_of(buf, make_broken(buf + ENDS_AT, &sums[i], len));
            cr_assert_not(sum_good(&pkt));
            fix(&pkt);
            cr_assert(sum_good(&pkt), "case %zu length %zu", i, len);
            /* A right one stays as it is. */
            uint8_t once[ENDS_BUF];
            memcpy(once, buf + ENDS_AT, pkt.len);
            fix(&pkt);
            cr_assert_eq(memcmp(once, buf + ENDS_AT, pkt.len), 0);
        }
    }
}

/* RFC 768: a sum of 0 is sent as 65535, and 0 means that there is none. */
Test(transport, udp_zero_cksum)
{
    uint8_t buf[ENDS_BUF];
    uint16_t len = make_broken(buf + ENDS_AT, &sums[1], 40);
    struct ik_pkt pkt = pkt_of(buf, len);
    ik_put16(buf + ENDS_AT + 26, 0);
    fix(&pkt);
    cr_assert_eq(ik_get16(buf + ENDS_AT + 26), 0);

    bool seen = false;
    for (unsigned v = 0; v < 0x10000; v++) {
        ik_put16(buf + ENDS_AT + 26, 1);
        ik_put16(buf + ENDS_AT + 30, (uint16_t)v);
        fix(&pkt);
        cr_assert_neq(ik_get16(buf + ENDS_AT + 26), 0);
        seen = seen || ik_get16(buf + ENDS_AT + 26) == 0xffff;
    }
    cr_assert(seen);
}

/* What is not ours to mend, or is cut, is left alone. */
Test(transport, cksum_left_alone)
{
    uint8_t buf[ENDS_BUF], before[ENDS_BUF];
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        uint8_t need = sums[i].proto == IK_IP_ICMPV6 ? 2 : 4;
        for (size_t len = need; len < sums[i].at + 2u; len++) {
            uint8_t *end = buf + ENDS_AT;
            uint16_t total = make_broken(end, &sums[i], 60);
            (void)total;
            size_t hdr = sums[i].family == 4 ? 20 : 40;
            if (hdr == 20) {
                ik_put16(end + 2, (uint16_t)(hdr + len));
                v4_cksum(end);
            } else {
                ik_put16(end + 4, (uint16_t)len);
            }
            memcpy(before, buf, sizeof buf);
            struct ik_pkt pkt = pkt_of(buf, hdr + len);
            fix(&pkt);
            cr_assert_eq(memcmp(before, buf, sizeof buf), 0);
        }
    }
    /* UDP lengths that do not fit. */
    for (unsigned bad = 0; bad < 3; bad++) {
        struct ik_pkt pkt = pkt_of(buf, make_broken(buf + ENDS_AT, &sums[1], 40));
        ik_put16(buf + ENDS_AT + 24, (uint16_t[]){0, 7, 41}[bad]);
        memcpy(before, buf, sizeof buf);
        fix(&pkt);
        cr_assert_eq(memcmp(before, buf, sizeof buf), 0);
    }
    /* Other protocols; ICMPv6 has a sum over addresses in IPv6 only. */
    for (unsigned i = 0; i < 2; i++) {
        struct ik_pkt pkt = pkt_of(buf, make_broken(buf + ENDS_AT, &sums[0], 40));
        buf[ENDS_AT + 9] = (uint8_t[]){47, IK_IP_ICMPV6}[i];
        v4_cksum(buf + ENDS_AT);
        memcpy(before, buf, sizeof buf);
        fix(&pkt);
        cr_assert_eq(memcmp(before, buf, sizeof buf), 0);
    }
}

/* UDP may end before its packet does (TFC padding): the sum is of the datagram. */
Test(transport, udp_shorter_than_its_packet)
{
    uint8_t buf[ENDS_BUF];
    struct ik_pkt pkt = pkt_of(buf, make_broken(buf + ENDS_AT, &sums[1], 40));
    ik_put16(buf + ENDS_AT + 24, 29);
    fix(&pkt);
    cr_assert(sum_good(&pkt));
}

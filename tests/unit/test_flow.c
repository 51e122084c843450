/* SPDX-License-Identifier: MIT */
#include "ipsec_ends.h"

static const uint8_t src4[4] = {10, 1, 0, 7}, dst4[4] = {10, 2, 0, 9};
static const uint8_t src6[16] = {0xfd, 1, [15] = 7}, dst6[16] = {0xfd, 2, [15] = 9};

/* One upper layer and what its "ports" are. */
struct upper {
    const char *name;
    uint8_t proto;
    uint8_t ports_len; /* 0: it has none */
    uint8_t octets[8];
    uint16_t src_port, dst_port;
};

static const struct upper uppers[] = {
    {"tcp", 6, 4, {0x12, 0x34, 0x00, 0x50}, 0x1234, 80},
    {"udp", 17, 4, {0x12, 0x34, 0x00, 0x35}, 0x1234, 53},
    {"dccp", 33, 4, {0x12, 0x34, 0x00, 0x35}, 0x1234, 53},
    {"sctp", 132, 4, {0x12, 0x34, 0x00, 0x35}, 0x1234, 53},
    {"udplite", 136, 4, {0x12, 0x34, 0x00, 0x35}, 0x1234, 53},
    {"icmp", 1, 2, {8, 3, 0xaa, 0xbb}, 0x0803, 0x0803},
    {"icmpv6", 58, 2, {128, 1, 0xaa, 0xbb}, 0x8001, 0x8001},
    {"mobility", 135, 3, {59, 1, 5, 0}, 0x0500, 0x0500},
    {"gre", 47, 0, {0x20, 0x00, 0x08, 0x00}, 0, 0},
    {"esp", 50, 0, {0, 1, 2, 3}, 0, 0},
    {"ah", 51, 0, {59, 1, 2, 3}, 0, 0},
    {"ipip", 4, 0, {0x45, 0, 0, 20}, 0, 0},
};
#define UPPERS_N (sizeof uppers / sizeof uppers[0])

/* Parses a copy that ends where the packet does, so that a sanitizer sees any read beyond. */
static enum ik_status parse(const uint8_t *ip, size_t len, struct ik_flow *flow)
{
    uint8_t *copy = malloc(len + (len == 0));
    cr_assert_not_null(copy);
    memcpy(copy, ip, len);
    enum ik_status st = ik_flow_parse(copy, len, flow);
    free(copy);
    return st;
}

static void set_len(uint8_t *ip, size_t len)
{
    if (ip[0] >> 4 == 4) {
        ik_put16(ip + 2, (uint16_t)len);
        v4_cksum(ip);
    } else {
        ik_put16(ip + 4, (uint16_t)(len - 40));
    }
}

static void assert_upper(const struct upper *u, const struct ik_flow *f)
{
    cr_assert_eq(f->proto, u->proto, "%s", u->name);
    cr_assert_eq(f->ports, u->ports_len > 0, "%s", u->name);
    cr_assert_eq(f->src_port, u->src_port, "%s", u->name);
    cr_assert_eq(f->dst_port, u->dst_port, "%s", u->name);
    cr_assert_not(f->fragment);
}

/*
 * Every truncation: a packet that claims more than is there is refused; one whose length was cut
 * with it is refused as soon as the ports, or a header before them, are not whole.
 */
static void each_truncation(const uint8_t *whole, size_t len, size_t needed)
{
    struct ik_flow f;
    uint8_t ip[256];
    for (size_t cut = 0; cut < len; cut++) {
        memcpy(ip, whole, len);
        cr_assert_eq(parse(ip, cut, &f), IK_ERR_SYNTAX, "cut at %zu", cut);
        if (cut >= (whole[0] >> 4 == 4 ? 20u : 40u)) {
            set_len(ip, cut);
            cr_assert_eq(parse(ip, cut, &f), cut < needed ? IK_ERR_SYNTAX : IK_OK,
                         "shortened to %zu", cut);
        }
    }
}

Test(flow, v4_uppers)
{
    for (size_t i = 0; i < UPPERS_N; i++) {
        const struct upper *u = &uppers[i];
        uint8_t ip[64];
        struct ik_flow f;
        uint16_t len = make_v4(ip, src4, dst4, u->proto, u->octets, sizeof u->octets);
        cr_assert_eq(parse(ip, len, &f), IK_OK, "%s", u->name);
        assert_upper(u, &f);
        cr_assert_eq(f.family, 4);
        cr_assert_eq(f.len, len);
        cr_assert_eq(f.hdr_len, 20);
        cr_assert_eq(f.proto_at, 9);
        cr_assert_not(f.any_fragment);
        cr_assert_eq(memcmp(f.src, src4, 4), 0);
        cr_assert_eq(memcmp(f.dst, dst4, 4), 0);
        cr_assert_eq(f.src[4] | f.dst[4] | f.src[15] | f.dst[15], 0);
        each_truncation(ip, len, 20u + u->ports_len);
    }
}

/* No single wrong bit in an IPv4 header goes through: its checksum is checked. */
Test(flow, v4_every_bit)
{
    uint8_t ip[64];
    struct ik_flow f;
    uint16_t len = make_v4(ip, src4, dst4, 17, uppers[1].octets, 8);
    for (unsigned bit = 0; bit < 160; bit++) {
        ip[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_eq(parse(ip, len, &f), IK_ERR_SYNTAX, "bit %u", bit);
        ip[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    cr_assert_eq(parse(ip, len, &f), IK_OK);
}

Test(flow, v4_options)
{
    for (unsigned words = 5; words <= 15; words++) {
        uint8_t ip[128] = {0};
        struct ik_flow f;
        make_v4(ip, src4, dst4, 17, "", 0);
        memset(ip + 20, 1, (words - 5) * 4);
        ip[0] = (uint8_t)(0x40 | words);
        memcpy(ip + words * 4, uppers[1].octets, 8);
        set_len(ip, words * 4 + 8);
        cr_assert_eq(parse(ip, words * 4 + 8, &f), IK_OK);
        cr_assert_eq(f.hdr_len, words * 4);
        assert_upper(&uppers[1], &f);
        each_truncation(ip, words * 4 + 8, words * 4 + 4);
    }
}

Test(flow, v4_header_too_small)
{
    uint8_t ip[64];
    struct ik_flow f;
    uint16_t len = make_v4(ip, src4, dst4, 47, uppers[1].octets, 8);
    for (unsigned words = 0; words < 5; words++) {
        ip[0] = (uint8_t)(0x40 | words);
        v4_cksum(ip);
        cr_assert_eq(parse(ip, len, &f), IK_ERR_SYNTAX);
    }
}

/* RFC 4303 2.7: octets behind the packet are padding. */
Test(flow, padding_behind)
{
    uint8_t ip[128] = {0};
    struct ik_flow f;
    uint16_t len = make_v4(ip, src4, dst4, 17, uppers[1].octets, 8);
    cr_assert_eq(parse(ip, len + 30u, &f), IK_OK);
    cr_assert_eq(f.len, len);
    len = make_v6(ip, src6, dst6, 17, uppers[1].octets, 8);
    cr_assert_eq(parse(ip, len + 30u, &f), IK_OK);
    cr_assert_eq(f.len, len);
    /* The ports must be in the packet, not in the padding. */
    set_len(ip, 43);
    cr_assert_eq(parse(ip, len, &f), IK_ERR_SYNTAX);
}

Test(flow, v4_fragments)
{
    uint8_t ip[64];
    struct ik_flow f;
    uint16_t len = make_v4(ip, src4, dst4, 17, uppers[1].octets, 8);

    ip[6] = 0x40; /* don't fragment: no fragment */
    v4_cksum(ip);
    cr_assert_eq(parse(ip, len, &f), IK_OK);
    cr_assert_not(f.any_fragment);

    ip[6] = 0x20; /* more fragments */
    v4_cksum(ip);
    cr_assert_eq(parse(ip, len, &f), IK_OK);
    cr_assert(f.any_fragment);
    cr_assert_not(f.fragment);
    cr_assert(f.ports);
    cr_assert_eq(f.dst_port, 53);

    ip[6] = 0x20;
    ip[7] = 100;
    v4_cksum(ip);
    cr_assert_eq(parse(ip, len, &f), IK_OK);
    cr_assert(f.any_fragment);
    cr_assert(f.fragment);
    cr_assert_not(f.ports);
    cr_assert_eq(f.src_port | f.dst_port, 0);
    each_truncation(ip, len, 20);

    for (unsigned bit = 0; bit < 13; bit++) {
        ik_put16(ip + 6, (uint16_t)(1u << bit));
        v4_cksum(ip);
        cr_assert_eq(parse(ip, len, &f), IK_OK);
        cr_assert(f.fragment, "offset bit %u", bit);
    }
}

/* RFC 1858: a second fragment that starts inside of the TCP header. */
Test(flow, v4_tcp_overlap)
{
    uint8_t ip[64];
    struct ik_flow f;
    uint16_t len = make_v4(ip, src4, dst4, 6, uppers[0].octets, 8);
    ip[7] = 1;
    v4_cksum(ip);
    cr_assert_eq(parse(ip, len, &f), IK_ERR_SYNTAX);
    ip[7] = 2;
    v4_cksum(ip);
    cr_assert_eq(parse(ip, len, &f), IK_OK);
    ip[7] = 1;
    ip[9] = 17;
    v4_cksum(ip);
    cr_assert_eq(parse(ip, len, &f), IK_OK);
}

Test(flow, v6_uppers)
{
    for (size_t i = 0; i < UPPERS_N; i++) {
        const struct upper *u = &uppers[i];
        uint8_t ip[64];
        struct ik_flow f;
        uint16_t len = make_v6(ip, src6, dst6, u->proto, u->octets, sizeof u->octets);
        cr_assert_eq(parse(ip, len, &f), IK_OK, "%s", u->name);
        assert_upper(u, &f);
        cr_assert_eq(f.family, 6);
        cr_assert_eq(f.len, len);
        cr_assert_eq(f.hdr_len, 40);
        cr_assert_eq(f.proto_at, 6);
        cr_assert_eq(memcmp(f.src, src6, 16), 0);
        cr_assert_eq(memcmp(f.dst, dst6, 16), 0);
        each_truncation(ip, len, 40u + u->ports_len);
    }
}

/* Appends an extension header of len octets (a multiple of 8) in front of `next`. */
static size_t put_ext(uint8_t *at, uint8_t next, size_t len)
{
    memset(at, 0, len);
    at[0] = next;
    at[1] = (uint8_t)(len / 8 - 1);
    return len;
}

static size_t put_frag(uint8_t *at, uint8_t next, unsigned offset8, bool more)
{
    memset(at, 0, 8);
    at[0] = next;
    at[1] = 0xff; /* reserved: no length */
    ik_put16(at + 2, (uint16_t)(offset8 << 3 | more));
    return 8;
}

Test(flow, v6_extensions)
{
    uint8_t up[128], ip[256];
    struct ik_flow f;
    size_t n = put_ext(up, 60, 8); /* hop-by-hop, destination, routing, fragment, destination */
    n += put_ext(up + n, 43, 16);
    n += put_ext(up + n, 44, 24);
    n += put_frag(up + n, 60, 0, true);
    size_t last = n;
    n += put_ext(up + n, 17, 8);
    memcpy(up + n, uppers[1].octets, 8);
    uint16_t len = make_v6(ip, src6, dst6, 0, up, n + 8);
    cr_assert_eq(parse(ip, len, &f), IK_OK);
    assert_upper(&uppers[1], &f);
    cr_assert(f.any_fragment);
    cr_assert_eq(f.hdr_len, 40 + n);
    cr_assert_eq(f.proto_at, 40 + last);
    each_truncation(ip, len, 40 + n + 4);
}

/* The longest extension header, and one that claims more than there is. */
Test(flow, v6_extension_lengths)
{
    static uint8_t up[4096], ip[4200];
    struct ik_flow f;
    size_t n = put_ext(up, 17, 2048);
    memcpy(up + n, uppers[1].octets, 8);
    uint16_t len = make_v6(ip, src6, dst6, 60, up, n + 8);
    cr_assert_eq(parse(ip, len, &f), IK_OK);
    cr_assert_eq(f.hdr_len, 40 + 2048);
    set_len(ip, 40 + 2047);
    cr_assert_eq(parse(ip, 40 + 2047, &f), IK_ERR_SYNTAX);
}

Test(flow, v6_hop_by_hop_is_first_or_wrong)
{
    uint8_t up[64], ip[128];
    struct ik_flow f;
    size_t n = put_ext(up, 0, 8);
    n += put_ext(up + n, 17, 8);
    memcpy(up + n, uppers[1].octets, 8);
    uint16_t len = make_v6(ip, src6, dst6, 60, up, n + 8);
    cr_assert_eq(parse(ip, len, &f), IK_ERR_SYNTAX);
}

Test(flow, v6_fragments)
{
    uint8_t up[64], ip[128];
    struct ik_flow f;
    size_t n = put_frag(up, 17, 0, false); /* atomic: a whole packet (RFC 6946) */
    memcpy(up + n, uppers[1].octets, 8);
    uint16_t len = make_v6(ip, src6, dst6, 44, up, n + 8);
    cr_assert_eq(parse(ip, len, &f), IK_OK);
    assert_upper(&uppers[1], &f);
    cr_assert_not(f.any_fragment);

    for (unsigned bit = 0; bit < 13; bit++) {
        put_frag(ip + 40, 17, 1u << bit, false);
        cr_assert_eq(parse(ip, len, &f), IK_OK);
        cr_assert(f.fragment, "offset bit %u", bit);
    }
    put_frag(ip + 40, 17, 3, false);
    cr_assert_eq(parse(ip, len, &f), IK_OK);
    cr_assert(f.fragment && f.any_fragment && !f.ports);
    cr_assert_eq(f.proto, 17);
    cr_assert_eq(f.hdr_len, 48);
    each_truncation(ip, len, 48);

    /* What looks like an extension header behind a later fragment's header is its data. */
    put_frag(ip + 40, 60, 3, true);
    cr_assert_eq(parse(ip, len, &f), IK_OK);
    cr_assert(f.fragment);
    cr_assert_eq(f.proto, 60);
    cr_assert_eq(f.hdr_len, 48);
}

Test(flow, v6_length)
{
    static uint8_t big[70000];
    uint8_t ip[64];
    struct ik_flow f;
    make_v6(ip, src6, dst6, 59, "", 0);
    cr_assert_eq(parse(ip, 40, &f), IK_OK);
    cr_assert_eq(f.len, 40);
    /* 65535 octets behind the header: more than any buffer of ours holds. */
    memcpy(big, ip, 40);
    ik_put16(big + 4, 0xffff);
    cr_assert_eq(parse(big, sizeof big, &f), IK_ERR_SYNTAX);
    ik_put16(big + 4, 0xffff - 40);
    cr_assert_eq(parse(big, 0xffff, &f), IK_OK);
    cr_assert_eq(f.len, 0xffff);
}

Test(flow, no_ip_at_all)
{
    uint8_t ip[64] = {0};
    struct ik_flow f;
    cr_assert_eq(parse(ip, 0, &f), IK_ERR_SYNTAX);
    for (unsigned version = 0; version < 16; version++) {
        uint16_t len = version == 6 ? make_v6(ip, src6, dst6, 59, "", 0)
                                    : make_v4(ip, src4, dst4, 47, uppers[0].octets, 8);
        ip[0] = (uint8_t)(version << 4 | (ip[0] & 15));
        if (version != 6) {
            v4_cksum(ip);
        }
        cr_assert_eq(parse(ip, len, &f), version == 4 || version == 6 ? IK_OK : IK_ERR_SYNTAX);
    }
}

/* Octets of any value: no crash, and what is accepted is consistent. */
Test(flow, noise)
{
    uint8_t ip[96];
    uint32_t x = 99;
    for (unsigned round = 0; round < 300000; round++) {
        size_t len = round % sizeof ip;
        for (size_t i = 0; i < len; i++) {
            x = x * 1664525u + 1013904223u;
            ip[i] = (uint8_t)(x >> 24);
        }
        if (len >= 40) {
            /* Half way to valid: IPv6 with a length that fits and an extension header. */
            ip[0] = 0x60;
            ik_put16(ip + 4, (uint16_t)(len - 40));
            ip[6] = (uint8_t[]){0, 43, 44, 60, 17}[x >> 8 & 3];
            ip[40] = (uint8_t[]){43, 44, 60, 17}[x >> 10 & 3];
            ip[41] &= 3;
        }
        struct ik_flow f;
        if (parse(ip, len, &f) == IK_OK) {
            cr_assert_leq(f.len, len);
            cr_assert_leq(f.hdr_len, f.len);
            cr_assert_lt(f.proto_at, f.hdr_len);
        }
    }
}

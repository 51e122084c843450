/* SPDX-License-Identifier: MIT */
/* AH between two ends (RFC 4302): what may change on the way, what must not, and each drop. */
#include "tests/unit/ipsec_ends.h"

struct ends_case {
    uint8_t mode, inner, outer;
};
static const struct ends_case ends_cases[] = {
    {IK_TUNNEL, 4, 4}, {IK_TUNNEL, 6, 4},    {IK_TUNNEL, 4, 6},
    {IK_TUNNEL, 6, 6}, {IK_TRANSPORT, 4, 4}, {IK_TRANSPORT, 6, 6},
};
#define CASES_N (sizeof ends_cases / sizeof ends_cases[0])

static struct end end[2];
static struct ik_child_sa *sa[2];

static void up(const struct ends_case *c, const struct ik_integ *integ)
{
    const struct suite s = {&ik_encr_null, integ};
    for (unsigned i = 0; i < 2; i++) {
        end_init(&end[i], i, c->mode, c->inner);
        end[i].policies[0].protocol = IK_PROTO_AH;
    }
    unsigned slot = ends_up(end, &s, c->outer, false);
    for (unsigned i = 0; i < 2; i++) {
        sa[i] = &end[i].sas[slot];
        sa[i]->ah = true;
        sa[i]->path.carrier = IK_CARRIER_AH;
    }
}

/* A packet of the left end, sealed: answers its length. */
static uint16_t clear_packet(const struct ends_case *c, uint8_t *ip)
{
    uint8_t text[24] = {0x13, 0x88, 0x1b, 0x58, 0, 24};
    struct ik_addr from = gateway(c->inner, 0), to = gateway(c->inner, 1);
    if (c->mode == IK_TUNNEL) {
        memcpy(from.b, end[0].policies[0].ts_local[0].lo, 16);
        memcpy(to.b, end[0].policies[0].ts_remote[0].lo, 16);
    }
    return c->inner == 4 ? make_v4(ip, from.b, to.b, IK_IP_UDP, text, sizeof text)
                         : make_v6(ip, from.b, to.b, IK_IP_UDP, text, sizeof text);
}

static struct ik_pkt sealed(const struct ends_case *c, uint8_t buf[ENDS_BUF])
{
    struct ik_pkt pkt = {.buf = buf, .cap = ENDS_BUF, .off = ENDS_AT};
    const struct ik_path *path = NULL;
    uint16_t policy;
    pkt.len = clear_packet(c, buf + ENDS_AT);
    cr_assert_eq(ik_ipsec_out(&end[0].env, &end[0].ip, &pkt, &path, &policy), IK_VERDICT_SEND);
    cr_assert_eq(path->carrier, IK_CARRIER_AH);
    return pkt;
}

/* Gives a copy to the right end. */
static enum ik_verdict give(const uint8_t *packet, uint16_t len)
{
    uint8_t buf[ENDS_BUF];
    struct ik_pkt pkt = {.buf = buf, .cap = sizeof buf, .off = ENDS_AT, .len = len};
    struct ik_path path = path_turned(&sa[0]->path);
    struct ik_child_sa *by;
    memcpy(buf + ENDS_AT, packet, len);
    enum ik_verdict verdict = ik_ipsec_in(&end[1].env, &end[1].ip, &pkt, &path, &by);
    cr_assert_eq(by, verdict == IK_VERDICT_DELIVER ? sa[1] : NULL);
    return verdict;
}

static uint32_t drops(enum ik_drop why)
{
    return end[1].env.counters.drop[why];
}

static void expect_drop(const uint8_t *packet, uint16_t len, enum ik_drop why)
{
    uint32_t before = drops(why);
    cr_assert_eq(give(packet, len), IK_VERDICT_DROP);
    cr_assert_eq(drops(why), before + 1, "another counter than %d", (int)why);
}

/* Forgets what has come. */
static void forget(void)
{
    ik_child_window(&end[1].ip, sa[1], 0);
}

/* ---- what may change ------------------------------------------------------------------------- */

/* RFC 4302 3.3.3.1.1.1, 3.3.3.1.2.1. An IPv4 fragment is refused before anything else. */
static bool may_change(uint8_t version, size_t bit)
{
    size_t octet = bit / 8;
    if (version == 4) {
        return octet == 1 || octet == 8 || octet == 10 || octet == 11 || bit == 48 || bit == 49;
    }
    return (octet == 0 && bit >= 4) || (octet >= 1 && octet <= 3) || octet == 7;
}

static void flip_each_bit(const struct ik_integ *integ)
{
    for (size_t i = 0; i < CASES_N; i++) {
        uint8_t buf[ENDS_BUF];
        up(&ends_cases[i], integ);
        struct ik_pkt pkt = sealed(&ends_cases[i], buf);
        uint8_t *p = buf + pkt.off;
        for (size_t bit = 0; bit < 8u * pkt.len; bit++) {
            p[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
            forget();
            enum ik_verdict verdict = give(p, pkt.len);
            cr_assert_eq(verdict == IK_VERDICT_DELIVER,
                         may_change(ends_cases[i].outer, bit) &&
                             /* congestion is told to the packet inside, which may not be able to
                              * tell it */
                             drops(IK_DROP_AH_ECN) == 0,
                         "case %zu, bit %zu", i, bit);
            end[1].env.counters.drop[IK_DROP_AH_ECN] = 0;
            p[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
        }
        forget();
        cr_assert_eq(give(p, pkt.len), IK_VERDICT_DELIVER);
    }
}

Test(ah, every_bit)
{
    flip_each_bit(&ik_integ_hmac_sha2_256_128);
    flip_each_bit(&ik_integ_aes_128_gmac); /* its IV, too */
}

Test(ah, every_truncation)
{
    for (size_t i = 0; i < CASES_N; i++) {
        uint8_t buf[ENDS_BUF];
        up(&ends_cases[i], &ik_integ_hmac_sha1_96);
        struct ik_pkt pkt = sealed(&ends_cases[i], buf);
        for (uint16_t len = 0; len < pkt.len; len++) {
            expect_drop(buf + pkt.off, len, IK_DROP_AH_SHORT);
        }
        /* What the packet does not say to be its own is not looked at. */
        memset(buf + pkt.off + pkt.len, 0xee, 9);
        cr_assert_eq(give(buf + pkt.off, (uint16_t)(pkt.len + 9)), IK_VERDICT_DELIVER);
    }
}

/* Every algorithm, with numbers of 32 and of 64 bits; the buffer has as much room as hosts give. */
Test(ah, every_suite)
{
    static const struct ik_integ *const all[] = {
        &ik_integ_hmac_sha1_96,      &ik_integ_hmac_sha2_256_128, &ik_integ_hmac_sha2_384_192,
        &ik_integ_hmac_sha2_512_256, &ik_integ_aes_xcbc_96,       &ik_integ_aes_cmac_96,
    };
    for (size_t n = 0; n < sizeof all / sizeof *all; n++) {
        for (size_t i = 0; i < 2 * CASES_N; i++) {
            const struct ends_case *c = &ends_cases[i / 2];
            uint8_t buf[ENDS_BUF];
            up(c, all[n]);
            sa[0]->esn = sa[1]->esn = i % 2 != 0;
            struct ik_pkt pkt = {.buf = buf, .off = IK_ESP_HEAD + 40};
            pkt.len = clear_packet(c, buf + pkt.off);
            pkt.cap = (uint16_t)(pkt.off + pkt.len + IK_ESP_TAIL);
            const struct ik_path *path;
            uint16_t policy;
            cr_assert_eq(ik_ipsec_out(&end[0].env, &end[0].ip, &pkt, &path, &policy),
                         IK_VERDICT_SEND);
            cr_assert_eq(give(buf + pkt.off, pkt.len), IK_VERDICT_DELIVER);
            expect_drop(buf + pkt.off, pkt.len, IK_DROP_AH_REPLAY);
        }
    }
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* 3.3.3.2.2: of an extended number all 64 bits are covered. */
Test(ah, high_half_is_covered)
{
    uint8_t buf[ENDS_BUF];
    up(&ends_cases[0], &ik_integ_hmac_sha2_256_128);
    sa[0]->esn = sa[1]->esn = true;
    sa[0]->seq = UINT64_C(0x300000000);
    struct ik_pkt pkt = sealed(&ends_cases[0], buf);
    expect_drop(buf + pkt.off, pkt.len, IK_DROP_AH_INTEGRITY);
    sa[1]->replay.last = UINT64_C(0x2ffffff00);
    cr_assert_eq(give(buf + pkt.off, pkt.len), IK_VERDICT_DELIVER);
    cr_assert_eq(sa[1]->replay.last, UINT64_C(0x300000001));
    /* More than 2^32 behind. */
    sa[1]->replay.last += UINT64_C(0x100000064);
    expect_drop(buf + pkt.off, pkt.len, IK_DROP_AH_INTEGRITY);
}

Test(ah, window)
{
    uint8_t first[ENDS_BUF], later[ENDS_BUF];
    up(&ends_cases[4], &ik_integ_hmac_sha2_256_128);
    struct ik_pkt a = sealed(&ends_cases[4], first);
    sa[0]->seq = 64;
    struct ik_pkt b = sealed(&ends_cases[4], later);
    cr_assert_eq(give(later + b.off, b.len), IK_VERDICT_DELIVER);
    expect_drop(first + a.off, a.len, IK_DROP_AH_REPLAY); /* 1 is 64 behind 65 */
    forget();
    sa[0]->seq = 63;
    b = sealed(&ends_cases[4], (memset(later, 0, sizeof later), later));
    cr_assert_eq(give(later + b.off, b.len), IK_VERDICT_DELIVER);
    cr_assert_eq(give(first + a.off, a.len), IK_VERDICT_DELIVER); /* at its edge */
}

/* 3.4.3: the window moves only when the ICV is good. */
Test(ah, forged_number_moves_nothing)
{
    uint8_t buf[ENDS_BUF];
    up(&ends_cases[0], &ik_integ_hmac_sha2_256_128);
    struct ik_pkt pkt = sealed(&ends_cases[0], buf);
    uint8_t *seq = buf + pkt.off + 20 + 8;
    seq[0] = 0x7f;
    expect_drop(buf + pkt.off, pkt.len, IK_DROP_AH_INTEGRITY);
    cr_assert_eq(sa[1]->replay.last, 0);
    seq[0] = 0;
    cr_assert_eq(give(buf + pkt.off, pkt.len), IK_VERDICT_DELIVER);
}

/* 3.3.2 */
Test(ah, number_does_not_cycle)
{
    uint8_t buf[ENDS_BUF];
    struct ik_pkt pkt = {.buf = buf, .cap = sizeof buf, .off = ENDS_AT};
    const struct ik_path *path;
    uint16_t policy;
    up(&ends_cases[0], &ik_integ_hmac_sha2_256_128);
    sa[0]->seq = UINT32_MAX;
    pkt.len = clear_packet(&ends_cases[0], buf + ENDS_AT);
    cr_assert_eq(ik_ipsec_out(&end[0].env, &end[0].ip, &pkt, &path, &policy), IK_VERDICT_DROP);
    cr_assert_eq(end[0].env.counters.drop[IK_DROP_AH_SEQ_OVERFLOW], 1);
    cr_assert(sa[0]->due);
}

Test(ah, hard_limit)
{
    uint8_t buf[ENDS_BUF];
    up(&ends_cases[0], &ik_integ_hmac_sha2_256_128);
    for (unsigned i = 0; i < 2; i++) {
        end[i].policies[0].life_packets = 1;
        ik_child_limit(&end[i].ip, sa[i]);
    }
    struct ik_pkt pkt = sealed(&ends_cases[0], buf);
    cr_assert_eq(give(buf + pkt.off, pkt.len), IK_VERDICT_DELIVER);
    const struct ik_path *path;
    uint16_t policy;
    struct ik_pkt second = {.buf = buf, .cap = sizeof buf, .off = ENDS_AT};
    second.len = clear_packet(&ends_cases[0], buf + ENDS_AT);
    cr_assert_eq(ik_ipsec_out(&end[0].env, &end[0].ip, &second, &path, &policy), IK_VERDICT_DROP);
    cr_assert_eq(end[0].env.counters.drop[IK_DROP_AH_LIFETIME], 1);
}

/* ---- headers --------------------------------------------------------------------------------- */

/* 3.4.1: nobody has put it together. */
Test(ah, fragments)
{
    uint8_t buf[ENDS_BUF];
    up(&ends_cases[4], &ik_integ_hmac_sha2_256_128);
    struct ik_pkt pkt = sealed(&ends_cases[4], buf);
    buf[pkt.off + 6] |= 0x20;
    expect_drop(buf + pkt.off, pkt.len, IK_DROP_AH_FRAGMENT);
    buf[pkt.off + 6] = 0x00;
    buf[pkt.off + 7] = 0x04;
    expect_drop(buf + pkt.off, pkt.len, IK_DROP_AH_FRAGMENT);
}

/* Puts a Fragment header before AH of an IPv6 packet. */
static uint16_t with_fragment(const uint8_t *ip, uint16_t len, uint16_t offset_and_more,
                              uint8_t *out)
{
    memcpy(out, ip, 40);
    memset(out + 40, 0, 8);
    out[6] = IK_IP_IPV6_FRAG;
    out[40] = IK_IP_AH;
    ik_put16(out + 42, offset_and_more);
    ik_put16(out + 4, (uint16_t)(len - 32));
    memcpy(out + 48, ip + 40, (size_t)(len - 40));
    return (uint16_t)(len + 8);
}

/* Appendix A2: one that is left of a whole packet is skipped; another is of a fragment. */
Test(ah, fragment_header)
{
    uint8_t buf[ENDS_BUF], out[ENDS_BUF];
    up(&ends_cases[5], &ik_integ_hmac_sha2_256_128);
    struct ik_pkt pkt = sealed(&ends_cases[5], buf);
    uint16_t len = with_fragment(buf + pkt.off, pkt.len, 1, out);
    expect_drop(out, len, IK_DROP_AH_FRAGMENT);
    len = with_fragment(buf + pkt.off, pkt.len, 8, out);
    expect_drop(out, len, IK_DROP_AH_FRAGMENT);
    len = with_fragment(buf + pkt.off, pkt.len, 0, out);
    cr_assert_eq(give(out, len), IK_VERDICT_DELIVER);
}

/* The same on the way out: AH comes into its place. */
Test(ah, fragment_header_goes)
{
    uint8_t buf[ENDS_BUF], clear[ENDS_BUF];
    struct ik_pkt pkt = {.buf = buf, .cap = sizeof buf, .off = ENDS_AT};
    const struct ik_path *path;
    uint16_t policy, len;
    up(&ends_cases[5], &ik_integ_hmac_sha2_256_128);
    len = clear_packet(&ends_cases[5], clear);
    pkt.len = with_fragment(clear, len, 0, buf + ENDS_AT);
    buf[ENDS_AT + 40] = IK_IP_UDP;
    cr_assert_eq(ik_ipsec_out(&end[0].env, &end[0].ip, &pkt, &path, &policy), IK_VERDICT_SEND);
    cr_assert_eq(pkt.len, len + 32);
    cr_assert_eq(buf[pkt.off + 6], IK_IP_AH);
    cr_assert_eq(buf[pkt.off + 40], IK_IP_UDP);
    cr_assert_eq(give(buf + pkt.off, pkt.len), IK_VERDICT_DELIVER);
    /* A fragment is not carried in transport mode (3.3.4). */
    pkt.off = ENDS_AT;
    pkt.len = with_fragment(clear, len, 1, buf + ENDS_AT);
    buf[ENDS_AT + 40] = IK_IP_UDP;
    cr_assert_eq(ik_ipsec_out(&end[0].env, &end[0].ip, &pkt, &path, &policy), IK_VERDICT_DROP);
    cr_assert_eq(end[0].env.counters.drop[IK_DROP_AH_TRANSPORT], 1);
}

/* 2.6: padding beyond alignment is prohibited, even if the ICV covers it. */
Test(ah, more_padding_than_alignment)
{
    uint8_t buf[ENDS_BUF];
    up(&ends_cases[4], &ik_integ_hmac_sha2_256_128);
    struct ik_pkt pkt = sealed(&ends_cases[4], buf);
    buf[pkt.off + 21] = 6; /* 32 octets */
    expect_drop(buf + pkt.off, pkt.len, IK_DROP_AH_SHORT);
    buf[pkt.off + 21] = 4;
    expect_drop(buf + pkt.off, pkt.len, IK_DROP_AH_SHORT);
}

/* An IPv4 packet with options between the gateways; *at: where it begins. */
static uint16_t with_options(uint8_t *ip, const uint8_t *opts, uint8_t opts_len, const uint8_t *dst)
{
    struct ik_addr from = gateway(4, 0);
    uint8_t text[8] = {0x13, 0x88, 0x1b, 0x58, 0, 8}, plain[64];
    uint16_t len = make_v4(plain, from.b, dst, IK_IP_UDP, text, sizeof text);
    memcpy(ip, plain, 20);
    memcpy(ip + 20, opts, opts_len);
    memcpy(ip + 20 + opts_len, plain + 20, sizeof text);
    ip[0] = (uint8_t)(0x40 | (20 + opts_len) / 4);
    ik_put16(ip + 2, (uint16_t)(len + opts_len));
    v4_cksum(ip);
    return (uint16_t)(len + opts_len);
}

static enum ik_verdict send_with_options(struct ik_pkt *pkt, uint8_t *buf, const uint8_t *opts,
                                         uint8_t opts_len, const uint8_t *dst)
{
    const struct ik_path *path;
    uint16_t policy;
    *pkt = (struct ik_pkt){.buf = buf, .cap = ENDS_BUF, .off = ENDS_AT};
    pkt->len = with_options(buf + ENDS_AT, opts, opts_len, dst);
    return ik_ipsec_out(&end[0].env, &end[0].ip, pkt, &path, &policy);
}

/* Appendix A1: a route that was recorded passes; a router alert that has become another does not.
 */
Test(ah, options_on_the_way)
{
    static const uint8_t opts[12] = {7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 0};
    struct ik_addr to = gateway(4, 1);
    uint8_t buf[ENDS_BUF];
    struct ik_pkt pkt;
    up(&ends_cases[4], &ik_integ_hmac_sha2_256_128);
    cr_assert_eq(send_with_options(&pkt, buf, opts, sizeof opts, to.b), IK_VERDICT_SEND);
    uint8_t *opt = buf + pkt.off + 20;
    memcpy(opt + 2, (uint8_t[]){8, 198, 51, 100, 7}, 5);
    cr_assert_eq(give(buf + pkt.off, pkt.len), IK_VERDICT_DELIVER);
    forget();
    opt[9] = 1;
    expect_drop(buf + pkt.off, pkt.len, IK_DROP_AH_INTEGRITY);
}

/* 3.3.3.1.1.1: with a source route the destination is covered as the last one. */
Test(ah, source_route)
{
    static const uint8_t opts[12] = {131, 11, 4, 198, 51, 100, 7, 192, 0, 2, 2, 0};
    static const uint8_t hop[4] = {198, 51, 100, 1};
    uint8_t buf[ENDS_BUF];
    struct ik_pkt pkt;
    up(&ends_cases[4], &ik_integ_hmac_sha2_256_128);
    /* The first router is what the SPD sees of its way. */
    memcpy(end[0].policies[0].ts_remote[0].lo, hop, 4);
    memcpy(end[0].policies[0].ts_remote[0].hi, hop, 4);
    sa[0]->whole = true;
    ik_child_retire(&end[0].ip, sa[0], IK_CHILD_OLD);
    cr_assert(ik_child_ts_set(&end[0].ip, sa[0], end[0].policies[0].ts_local, 1,
                              end[0].policies[0].ts_remote, 1));
    ik_child_up(&end[0].ip, sa[0]);
    cr_assert_eq(send_with_options(&pkt, buf, opts, sizeof opts, hop), IK_VERDICT_SEND);
    uint8_t *ip = buf + pkt.off;
    /* On its way it is nobody's, */
    expect_drop(ip, pkt.len, IK_DROP_AH_HEADER);
    /* at its end it is as it was said. */
    ip[22] = 12;
    memcpy(ip + 23, (uint8_t[]){203, 0, 113, 1, 203, 0, 113, 2}, 8);
    memcpy(ip + 16, (uint8_t[]){192, 0, 2, 2}, 4);
    cr_assert_eq(give(ip, pkt.len), IK_VERDICT_DELIVER);
}

/* Options that are cut; and a routing header that nobody can tell the end of. */
Test(ah, headers_that_cannot_be_covered)
{
    static const uint8_t cut[4] = {148, 9, 0, 0}, empty[4] = {148, 0, 0, 0};
    struct ik_addr to = gateway(4, 1);
    uint8_t buf[ENDS_BUF];
    struct ik_pkt pkt;
    up(&ends_cases[4], &ik_integ_hmac_sha2_256_128);
    cr_assert_eq(send_with_options(&pkt, buf, cut, 4, to.b), IK_VERDICT_DROP);
    cr_assert_eq(send_with_options(&pkt, buf, empty, 4, to.b), IK_VERDICT_DROP);
    cr_assert_eq(end[0].env.counters.drop[IK_DROP_AH_HEADER], 2);
    cr_assert_eq(sa[0]->seq, 0, "no number is spent on what does not leave");
}

/* Transport mode is between the ends of the SA. */
Test(ah, from_somewhere_else)
{
    static const uint8_t opts[4] = {1, 1, 1, 0};
    uint8_t buf[ENDS_BUF];
    struct ik_pkt pkt;
    up(&ends_cases[4], &ik_integ_hmac_sha2_256_128);
    sa[0]->path.remote.b[3] = 77;
    cr_assert_eq(send_with_options(&pkt, buf, opts, 4, gateway(4, 1).b), IK_VERDICT_DROP);
    cr_assert_eq(end[0].env.counters.drop[IK_DROP_AH_TRANSPORT], 1);
}

/* ---- what is inside -------------------------------------------------------------------------- */

/* The right end's selectors are others: what has authenticated is still not for it. */
Test(ah, selectors)
{
    uint8_t buf[ENDS_BUF];
    up(&ends_cases[0], &ik_integ_hmac_sha2_256_128);
    struct ik_pkt pkt = sealed(&ends_cases[0], buf);
    sa[1]->ts[0].lo[3] = sa[1]->ts[0].hi[3] = 99;
    sa[1]->ts[0].hi[2] = 0;
    expect_drop(buf + pkt.off, pkt.len, IK_DROP_AH_SELECTOR);
}

/* RFC 6040 4.2: congestion on the way is told to the packet inside, which must be able to tell. */
Test(ah, congestion)
{
    uint8_t buf[ENDS_BUF];
    up(&ends_cases[0], &ik_integ_hmac_sha2_256_128);
    struct ik_pkt pkt = sealed(&ends_cases[0], buf);
    buf[pkt.off + 1] |= 3;
    expect_drop(buf + pkt.off, pkt.len, IK_DROP_AH_ECN);
}

/* No octet of room too few: refused, and nothing is written outside. */
Test(ah, room)
{
    for (size_t i = 0; i < CASES_N; i++) {
        const struct ends_case *c = &ends_cases[i];
        bool sent = false;
        for (uint16_t room = 0; !sent; room++) {
            uint8_t buf[ENDS_BUF];
            const struct ik_path *path;
            uint16_t policy;
            up(c, &ik_integ_hmac_sha2_512_256);
            memset(buf, 0xa5, sizeof buf);
            struct ik_pkt pkt = {.buf = buf + 64, .off = (uint16_t)(room / 2)};
            pkt.len = clear_packet(c, buf + 64 + pkt.off);
            pkt.cap = (uint16_t)(pkt.len + room);
            sent = ik_ipsec_out(&end[0].env, &end[0].ip, &pkt, &path, &policy) == IK_VERDICT_SEND;
            cr_assert_eq(buf[63], 0xa5);
            cr_assert_eq(buf[64 + pkt.cap], 0xa5);
            cr_assert_eq(end[0].env.counters.drop[IK_DROP_AH_NO_ROOM], !sent);
            cr_assert_leq(room, 88);
            cr_assert(!sent || give(pkt.buf + pkt.off, pkt.len) == IK_VERDICT_DELIVER);
        }
    }
}

/* SPDX-License-Identifier: MIT */
#include "ipsec_ends.h"

static struct end ends[2];
static const struct suite *gcm = &suites[22];

static unsigned up(uint8_t mode, uint8_t inner, uint8_t outer, bool udp)
{
    end_init(&ends[0], 0, mode, inner);
    end_init(&ends[1], 1, mode, inner);
    return ends_up(ends, gcm, outer, udp);
}

/* End 0 sends what lies at ENDS_AT; *path: as end 1 sees it. */
static struct ik_pkt sent(uint8_t *buf, size_t len, struct ik_path *path)
{
    struct ik_pkt pkt = pkt_of(buf, len);
    const struct ik_path *out;
    uint16_t policy;
    cr_assert_eq(ik_ipsec_out(&ends[0].env, &ends[0].ip, &pkt, &out, &policy), IK_VERDICT_SEND);
    *path = path_turned(out);
    return pkt;
}

static struct ik_pkt sent_udp(uint8_t *buf, uint8_t mode, uint8_t family, struct ik_path *path)
{
    return sent(buf, make_udp(buf + ENDS_AT, 0, mode, family, 40), path);
}

static enum ik_verdict receive(struct ik_pkt *pkt, const struct ik_path *path)
{
    struct ik_child_sa *sa = (void *)1;
    enum ik_verdict v = ik_ipsec_in(&ends[1].env, &ends[1].ip, pkt, path, &sa);
    cr_assert_eq(sa != NULL, v == IK_VERDICT_DELIVER);
    cr_assert_eq(ends[1].env.sa, 0xffff);
    return v;
}

/* Seals any text for end 1, as a peer with a fault or an evil mind would. */
static struct ik_pkt forged(uint8_t *buf, unsigned slot, const void *text, size_t len, uint8_t next)
{
    memcpy(buf + ENDS_AT, text, len);
    struct ik_pkt pkt = pkt_of(buf, len);
    cr_assert_eq(ik_esp_seal(&ends[0].env, &ends[0].ip, &ends[0].sas[slot], &pkt, next), IK_OK);
    pkt.outer.ttl = 64;
    return pkt;
}

/* ---- round trips ----------------------------------------------------------------------------- */

/* Header and all, in both modes. */
static void assert_same_packet(const struct ik_pkt *pkt, const uint8_t *want, uint16_t len)
{
    cr_assert_eq(pkt->len, len);
    cr_assert_eq(memcmp(pkt->buf + pkt->off, want, len), 0);
}

static void round_trip(const struct suite *s, uint8_t mode, uint8_t inner, uint8_t outer, bool udp)
{
    end_init(&ends[0], 0, mode, inner);
    end_init(&ends[1], 1, mode, inner);
    unsigned slot = ends_up(ends, s, outer, udp);
    for (size_t len = 0; len < 24; len++) {
        uint8_t buf[ENDS_BUF] = {0}, want[ENDS_BUF];
        struct ik_path path;
        uint16_t total = make_udp(buf + ENDS_AT, 0, mode, inner, len);
        memcpy(want, buf + ENDS_AT, total);
        struct ik_pkt pkt = sent(buf, total, &path);
        struct ik_child_sa *sa;
        cr_assert_eq(ik_ipsec_in(&ends[1].env, &ends[1].ip, &pkt, &path, &sa), IK_VERDICT_DELIVER);
        cr_assert_eq(sa, &ends[1].sas[slot]);
        assert_same_packet(&pkt, want, total);
    }
    cr_assert_eq(ends[1].env.counters.count[IK_COUNT_ESP_IN], 24);
    cr_assert_eq(drops_of(&ends[1].env), 0);
}

/* Every suite, both modes, IPv4 and IPv6 inside and outside, in UDP and without. */
Test(inbound, round_trips)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        for (unsigned udp = 0; udp < 2; udp++) {
            for (uint8_t outer = 4; outer <= 6; outer += 2) {
                round_trip(&suites[i], IK_TUNNEL, 4, outer, udp);
                round_trip(&suites[i], IK_TUNNEL, 6, outer, udp);
                round_trip(&suites[i], IK_TRANSPORT, outer, outer, udp);
            }
        }
    }
}

/* RFC 7296 2.23: ESP in UDP and bare ESP are both taken, whatever was negotiated. */
Test(inbound, either_carrier)
{
    for (unsigned udp = 0; udp < 2; udp++) {
        uint8_t buf[ENDS_BUF] = {0};
        struct ik_path path;
        up(IK_TUNNEL, 4, 4, udp);
        struct ik_pkt pkt = sent_udp(buf, IK_TUNNEL, 4, &path);
        path.carrier = udp ? IK_CARRIER_ESP : IK_CARRIER_UDP4500;
        cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DELIVER);
    }
}

/* ---- refusals before decryption -------------------------------------------------------------- */

Test(inbound, every_truncation)
{
    uint8_t buf[ENDS_BUF] = {0};
    struct ik_path path;
    up(IK_TUNNEL, 4, 4, false);
    struct ik_pkt whole = sent_udp(buf, IK_TUNNEL, 4, &path);
    for (uint16_t cut = 0; cut < whole.len; cut++) {
        uint8_t *copy = malloc(cut + 1u);
        cr_assert_not_null(copy);
        memcpy(copy, buf + whole.off, cut);
        struct ik_pkt pkt = {.buf = copy, .cap = cut, .off = 0, .len = cut};
        cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DROP);
        if (cut < 8 + 8 + 16 + 2) {
            assert_one_drop(&ends[1].env, IK_DROP_ESP_SHORT);
        } else {
            assert_one_drop(&ends[1].env, IK_DROP_ESP_INTEGRITY);
        }
        free(copy);
    }
}

Test(inbound, unknown_spi)
{
    uint8_t buf[ENDS_BUF] = {0};
    struct ik_path path;
    unsigned slot = up(IK_TUNNEL, 4, 4, false);
    struct ik_pkt whole = sent_udp(buf, IK_TUNNEL, 4, &path), pkt = whole;
    buf[pkt.off] ^= 1;
    cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DROP);
    assert_one_drop(&ends[1].env, IK_DROP_ESP_UNKNOWN_SPI);
    buf[pkt.off] ^= 1;
    ends[1].sas[slot].state = IK_CHILD_LARVAL;
    cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DROP);
    assert_one_drop(&ends[1].env, IK_DROP_ESP_UNKNOWN_SPI);
    ends[1].sas[slot].state = IK_CHILD_UP;
    cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DELIVER);
}

Test(inbound, replay)
{
    uint8_t buf[ENDS_BUF] = {0}, again[ENDS_BUF];
    struct ik_path path;
    up(IK_TUNNEL, 4, 4, false);
    struct ik_pkt pkt = sent_udp(buf, IK_TUNNEL, 4, &path), second = pkt;
    memcpy(again, buf, sizeof buf);
    second.buf = again;
    cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DELIVER);
    cr_assert_eq(receive(&second, &path), IK_VERDICT_DROP);
    assert_one_drop(&ends[1].env, IK_DROP_ESP_REPLAY);
}

/* A packet of one direction does not pass in the other, nor on another SA. */
Test(inbound, reflected)
{
    uint8_t buf[ENDS_BUF] = {0};
    struct ik_path path;
    unsigned slot = up(IK_TUNNEL, 4, 4, false);
    struct ik_pkt pkt = sent_udp(buf, IK_TUNNEL, 4, &path);
    ik_put32(buf + pkt.off, ends[0].sas[slot].in.spi);
    struct ik_child_sa *sa;
    cr_assert_eq(ik_ipsec_in(&ends[0].env, &ends[0].ip, &pkt, &path, &sa), IK_VERDICT_DROP);
    assert_one_drop(&ends[0].env, IK_DROP_ESP_INTEGRITY);
}

/* ---- what was inside ------------------------------------------------------------------------- */

/* RFC 4303 2.6: dummies are dropped without an error, but they do count as seen. */
Test(inbound, dummy)
{
    for (uint8_t mode = IK_TUNNEL; mode <= IK_TRANSPORT; mode++) {
        uint8_t buf[ENDS_BUF] = {0};
        unsigned slot = up(mode, 4, 4, false);
        struct ik_path path = path_turned(&ends[0].sas[slot].path);
        struct ik_pkt pkt = forged(buf, slot, "any octets at all", 17, IK_IP_NONE);
        cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DROP);
        assert_one_drop(&ends[1].env, IK_DROP_ESP_DUMMY);
        cr_assert_eq(ends[1].sas[slot].replay.last, 1);
        cr_assert_eq(ends[1].env.counters.count[IK_COUNT_ESP_IN], 0);
        pkt = forged(buf, slot, "", 0, IK_IP_NONE);
        cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DROP);
        assert_one_drop(&ends[1].env, IK_DROP_ESP_DUMMY);
    }
}

/* RFC 4301 5.2 step 4: an authenticated peer still keeps to what was negotiated. */
Test(inbound, selectors)
{
    unsigned slot = up(IK_TUNNEL, 4, 4, false);
    struct ik_path path = path_turned(&ends[0].sas[slot].path);
    static const uint8_t good_src[4] = {10, 1, 0, 7}, good_dst[4] = {10, 2, 0, 9};
    static const uint8_t bad_src[4] = {10, 3, 0, 7}, bad_dst[4] = {10, 9, 0, 9};
    const uint8_t *cases[][2] = {
        {good_src, good_dst}, {bad_src, good_dst}, {good_src, bad_dst}, {good_dst, good_src}};
    for (size_t i = 0; i < 4; i++) {
        uint8_t buf[ENDS_BUF] = {0}, ip[64];
        uint16_t len = make_v4(ip, cases[i][0], cases[i][1], 47, "abcd", 4);
        struct ik_pkt pkt = forged(buf, slot, ip, len, IK_IP_IPV4);
        if (i == 0) {
            cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DELIVER);
            continue;
        }
        cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DROP);
        assert_one_drop(&ends[1].env, IK_DROP_ESP_SELECTOR);
    }
}

Test(inbound, selectors_by_port)
{
    uint8_t buf[ENDS_BUF] = {0};
    struct ik_path path;
    unsigned slot = up(IK_TUNNEL, 4, 4, false);
    struct ik_ts *ts = &ends[1].sas[slot].ts[0];
    ts->proto = IK_IP_UDP;
    ts->port_lo = ts->port_hi = 7;
    struct ik_pkt pkt = sent_udp(buf, IK_TUNNEL, 4, &path);
    cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DELIVER);
    ts->port_lo = ts->port_hi = 8;
    pkt = sent_udp(buf, IK_TUNNEL, 4, &path);
    cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DROP);
    assert_one_drop(&ends[1].env, IK_DROP_ESP_SELECTOR);
    /* RFC 4301 7.3: a later fragment has no ports, and must not pass for one that has. */
    uint16_t len = make_udp(buf + ENDS_AT, 0, IK_TUNNEL, 4, 40);
    ts->port_lo = ts->port_hi = 7;
    buf[ENDS_AT + 7] = 50;
    v4_cksum(buf + ENDS_AT);
    pkt = sent(buf, len, &path);
    cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DROP);
    assert_one_drop(&ends[1].env, IK_DROP_ESP_SELECTOR);
}

/* The next header and the version inside must say the same. */
Test(inbound, tunnel_next_header)
{
    unsigned slot = up(IK_TUNNEL, 4, 4, false);
    struct ik_path path = path_turned(&ends[0].sas[slot].path);
    for (unsigned next = 0; next < 256; next++) {
        uint8_t buf[ENDS_BUF] = {0};
        uint16_t len = make_udp(buf + ENDS_AT, 0, IK_TUNNEL, 4, 8);
        uint8_t ip[64];
        memcpy(ip, buf + ENDS_AT, len);
        struct ik_pkt pkt = forged(buf, slot, ip, len, (uint8_t)next);
        enum ik_verdict v = receive(&pkt, &path);
        if (next == IK_IP_IPV4) {
            cr_assert_eq(v, IK_VERDICT_DELIVER);
            continue;
        }
        cr_assert_eq(v, IK_VERDICT_DROP);
        assert_one_drop(&ends[1].env, next == IK_IP_IPV6   ? IK_DROP_IP_SYNTAX
                                      : next == IK_IP_NONE ? IK_DROP_ESP_DUMMY
                                                           : IK_DROP_ESP_SELECTOR);
    }
}

/* Every truncation of the inner packet, sealed as if it were whole. */
Test(inbound, inner_truncations)
{
    for (uint8_t mode = IK_TUNNEL; mode <= IK_TRANSPORT; mode++) {
        for (uint8_t family = 4; family <= 6; family += 2) {
            uint8_t ip[ENDS_BUF];
            unsigned slot = up(mode, family, family, false);
            struct ik_path path = path_turned(&ends[0].sas[slot].path);
            uint16_t len = make_udp(ip, 0, mode, family, 20);
            uint16_t hdr = family == 4 ? 20 : 40;
            const uint8_t *text = mode == IK_TUNNEL ? ip : ip + hdr;
            uint16_t text_len = mode == IK_TUNNEL ? len : (uint16_t)(len - hdr);
            uint8_t next = mode == IK_TRANSPORT ? 17 : family == 4 ? 4 : 41;
            for (uint16_t cut = 0; cut < text_len; cut++) {
                uint8_t buf[ENDS_BUF] = {0};
                struct ik_pkt pkt = forged(buf, slot, text, cut, next);
                /* Transport mode: the header is made to fit, so only the ports can be missing. */
                if (mode == IK_TRANSPORT && cut >= 4) {
                    cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DELIVER);
                    continue;
                }
                cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DROP);
                assert_one_drop(&ends[1].env, IK_DROP_IP_SYNTAX);
            }
        }
    }
}

/* RFC 4303 2.7: padding that hides the length ends up nowhere. */
Test(inbound, tfc_padding)
{
    for (uint8_t family = 4; family <= 6; family += 2) {
        uint8_t buf[ENDS_BUF] = {0}, text[512] = {0};
        unsigned slot = up(IK_TUNNEL, family, 4, false);
        struct ik_path path = path_turned(&ends[0].sas[slot].path);
        uint16_t len = make_udp(text, 0, IK_TUNNEL, family, 20);
        struct ik_pkt pkt = forged(buf, slot, text, sizeof text, family == 4 ? 4 : 41);
        cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DELIVER);
        cr_assert_eq(pkt.len, len);
        cr_assert_eq(memcmp(buf + pkt.off, text, len), 0);
    }
}

/* ---- transport mode -------------------------------------------------------------------------- */

/* A datagram that lies at the very start of its buffer: the header still finds a place. */
Test(inbound, transport_without_head_room)
{
    for (uint8_t family = 4; family <= 6; family += 2) {
        uint8_t buf[ENDS_BUF] = {0}, want[ENDS_BUF], copy[ENDS_BUF];
        struct ik_path path;
        up(IK_TRANSPORT, family, family, false);
        uint16_t len = make_udp(buf + ENDS_AT, 0, IK_TRANSPORT, family, 40);
        memcpy(want, buf + ENDS_AT, len);
        struct ik_pkt whole = sent(buf, len, &path);
        memcpy(copy, buf + whole.off, whole.len);
        struct ik_pkt pkt = {.buf = copy, .cap = ENDS_BUF, .len = whole.len, .outer = whole.outer};
        cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DELIVER);
        assert_same_packet(&pkt, want, len);
    }
}

/* An IPv6 header in a buffer that has no place for it. */
Test(inbound, transport_without_any_room)
{
    uint8_t buf[ENDS_BUF] = {0};
    struct ik_path path;
    up(IK_TRANSPORT, 6, 6, false);
    struct ik_pkt whole = sent_udp(buf, IK_TRANSPORT, 6, &path);
    uint8_t *copy = malloc(whole.len);
    cr_assert_not_null(copy);
    memcpy(copy, buf + whole.off, whole.len);
    struct ik_pkt pkt = {.buf = copy, .cap = whole.len, .len = whole.len, .outer = whole.outer};
    cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DROP);
    assert_one_drop(&ends[1].env, IK_DROP_ESP_NO_ROOM);
    free(copy);
}

/* The addresses are those of the path, and the selectors hold for them. */
Test(inbound, transport_from_elsewhere)
{
    uint8_t buf[ENDS_BUF] = {0};
    struct ik_path path;
    up(IK_TRANSPORT, 4, 4, false);
    struct ik_pkt pkt = sent_udp(buf, IK_TRANSPORT, 4, &path);
    path.remote.b[3] = 77;
    cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DROP);
    assert_one_drop(&ends[1].env, IK_DROP_ESP_SELECTOR);
}

/* RFC 4303 3.3.4: a fragment in transport mode, made by hand as an IPv6 Fragment header in ESP. */
Test(inbound, transport_fragment)
{
    static const uint8_t first[16] = {17, 0, 0, 1, [9] = 7, [11] = 7, [13] = 8};
    static const uint8_t later[16] = {17, 0, 1, 0};
    unsigned slot = up(IK_TRANSPORT, 6, 6, false);
    struct ik_path path = path_turned(&ends[0].sas[slot].path);
    uint8_t buf[ENDS_BUF] = {0};
    struct ik_pkt pkt = forged(buf, slot, first, sizeof first, IK_IP_IPV6_FRAG);
    cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DROP);
    assert_one_drop(&ends[1].env, IK_DROP_ESP_TRANSPORT);
    pkt = forged(buf, slot, later, sizeof later, IK_IP_IPV6_FRAG);
    cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DROP);
    assert_one_drop(&ends[1].env, IK_DROP_ESP_TRANSPORT);
}

static bool udp_sum_good(const struct ik_pkt *pkt)
{
    const uint8_t *ip = pkt->buf + pkt->off;
    return pseudo_cksum(4, ip + 12, ip + 16, 17, ip + 20, pkt->len - 20u) == 0;
}

/*
 * RFC 3948 3.1.2: end 0 is behind NAT, and end 1 sees 198.51.100.9 in its place; its selectors say
 * so, as RFC 7296 2.23.1 has it. The inner checksum was made over the address that only end 0
 * knows.
 */
Test(inbound, transport_behind_nat)
{
    for (unsigned in_udp = 0; in_udp < 2; in_udp++) {
        uint8_t buf[ENDS_BUF] = {0};
        struct ik_path path;
        struct ik_addr outside = {.family = 4, .b = {198, 51, 100, 9}};
        unsigned slot = up(IK_TRANSPORT, 4, 4, true);
        ends[1].sas[slot].ts[1] = ts_host(&outside);
        struct ik_pkt pkt = sent_udp(buf, IK_TRANSPORT, 4, &path);
        path.remote = outside;
        path.carrier = in_udp ? IK_CARRIER_UDP4500 : IK_CARRIER_ESP;
        cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DELIVER);
        cr_assert_eq(udp_sum_good(&pkt), in_udp);
    }
}

/* In tunnel mode the addresses inside were not touched, and neither is the checksum. */
Test(inbound, tunnel_behind_nat)
{
    uint8_t buf[ENDS_BUF] = {0}, want[ENDS_BUF];
    struct ik_path path;
    up(IK_TUNNEL, 4, 4, true);
    uint16_t len = make_udp(buf + ENDS_AT, 0, IK_TUNNEL, 4, 40);
    buf[ENDS_AT + 26] ^= 1;
    memcpy(want, buf + ENDS_AT, len);
    struct ik_pkt pkt = sent(buf, len, &path);
    cr_assert_eq(path.carrier, IK_CARRIER_UDP4500);
    cr_assert_eq(receive(&pkt, &path), IK_VERDICT_DELIVER);
    assert_same_packet(&pkt, want, len);
}

/* ---- clear packets --------------------------------------------------------------------------- */

static enum ik_verdict clear(uint8_t action)
{
    uint8_t buf[ENDS_BUF] = {0};
    ends[1].policies[0].action = action;
    struct ik_pkt pkt = pkt_of(buf, make_udp(buf + ENDS_AT, 0, IK_TUNNEL, 4, 40));
    return ik_ipsec_in_clear(&ends[1].env, &ends[1].ip, &pkt);
}

Test(inbound, clear_packets)
{
    up(IK_TUNNEL, 4, 4, false);
    struct ik_env *env = &ends[1].env;
    cr_assert_eq(clear(IK_BYPASS), IK_VERDICT_DELIVER);
    cr_assert_eq(env->counters.count[IK_COUNT_BYPASS_IN], 1);
    cr_assert_eq(clear(IK_PROTECT), IK_VERDICT_DROP);
    assert_one_drop(env, IK_DROP_SPD_CLEAR);
    cr_assert_eq(clear(IK_DISCARD), IK_VERDICT_DROP);
    assert_one_drop(env, IK_DROP_SPD_DISCARD);
    cr_assert_eq(clear(77), IK_VERDICT_DROP);
    assert_one_drop(env, IK_DROP_SPD_DISCARD);
    ends[1].ip.policies_n = 0;
    cr_assert_eq(clear(IK_BYPASS), IK_VERDICT_DROP);
    assert_one_drop(env, IK_DROP_SPD_NO_POLICY);
}

/* What matches from left to right is not what matches from right to left. */
Test(inbound, clear_direction)
{
    uint8_t buf[ENDS_BUF] = {0};
    up(IK_TUNNEL, 4, 4, false);
    ends[1].policies[0].action = IK_BYPASS;
    struct ik_pkt pkt = pkt_of(buf, make_udp(buf + ENDS_AT, 1, IK_TUNNEL, 4, 40));
    cr_assert_eq(ik_ipsec_in_clear(&ends[1].env, &ends[1].ip, &pkt), IK_VERDICT_DROP);
    assert_one_drop(&ends[1].env, IK_DROP_SPD_NO_POLICY);
}

Test(inbound, clear_truncations)
{
    uint8_t buf[ENDS_BUF] = {0};
    up(IK_TUNNEL, 4, 4, false);
    ends[1].policies[0].action = IK_BYPASS;
    uint16_t len = make_udp(buf + ENDS_AT, 0, IK_TUNNEL, 4, 40);
    for (uint16_t cut = 0; cut < len; cut++) {
        struct ik_pkt pkt = pkt_of(buf, cut);
        cr_assert_eq(ik_ipsec_in_clear(&ends[1].env, &ends[1].ip, &pkt), IK_VERDICT_DROP);
        assert_one_drop(&ends[1].env, IK_DROP_IP_SYNTAX);
    }
}

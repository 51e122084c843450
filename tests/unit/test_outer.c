/* SPDX-License-Identifier: MIT */
/* What outer and inner headers have of each other: RFC 4301 5.1.2, RFC 6040, and transport mode. */
#include "ipsec_ends.h"

static struct end ends[2];

static void up(uint8_t mode, uint8_t inner, uint8_t outer)
{
    end_init(&ends[0], 0, mode, inner);
    end_init(&ends[1], 1, mode, inner);
    ends_up(ends, &suites[22], outer, false);
}

static void set_header(uint8_t *ip, uint8_t family, const struct ik_outer *o)
{
    if (family == 4) {
        ip[1] = o->tclass;
        ip[6] = o->df ? 0x40 : 0;
        ip[8] = o->ttl;
        v4_cksum(ip);
        return;
    }
    ik_put32(ip, 0x60000000u | (uint32_t)o->tclass << 20 | o->label);
    ip[7] = o->ttl;
}

/* A packet whose header says this leaves end 0. */
static enum ik_verdict leave(uint8_t *buf, uint8_t mode, uint8_t family, const struct ik_outer *o,
                             struct ik_pkt *pkt, const struct ik_path **path)
{
    uint16_t policy, len = make_udp(buf + ENDS_AT, 0, mode, family, 40);
    set_header(buf + ENDS_AT, family, o);
    *pkt = pkt_of(buf, len);
    pkt->outer = (struct ik_outer){.ttl = 99, .tclass = 99, .df = true, .label = 99};
    return ik_ipsec_out(&ends[0].env, &ends[0].ip, pkt, path, &policy);
}

static bool same(const struct ik_outer *a, const struct ik_outer *b)
{
    return a->ttl == b->ttl && a->tclass == b->tclass && a->df == b->df && a->label == b->label;
}

/* Every TTL, class, DF and some labels: the header of transport mode is the packet's own, and comes
 * out as it went in. */
Test(outer, transport_header_survives)
{
    for (uint8_t family = 4; family <= 6; family += 2) {
        up(IK_TRANSPORT, family, family);
        for (unsigned i = 0; i < 255; i++) {
            struct ik_outer in = {.ttl = (uint8_t)(i + 1),
                                  .tclass = (uint8_t)(i * 37),
                                  .df = family == 6 || i % 3 == 0,
                                  .label = family == 6 ? i * 4099u & 0xfffffu : 0};
            uint8_t buf[ENDS_BUF] = {0}, want[ENDS_BUF];
            struct ik_pkt pkt;
            const struct ik_path *out;
            struct ik_child_sa *sa;
            uint16_t len = make_udp(want, 0, IK_TRANSPORT, family, 40);
            set_header(want, family, &in);
            cr_assert_eq(leave(buf, IK_TRANSPORT, family, &in, &pkt, &out), IK_VERDICT_SEND);
            cr_assert(same(&pkt.outer, &in), "%u", i);
            struct ik_path path = path_turned(out);
            cr_assert_eq(ik_ipsec_in(&ends[1].env, &ends[1].ip, &pkt, &path, &sa),
                         IK_VERDICT_DELIVER);
            cr_assert_eq(pkt.len, len);
            cr_assert_eq(memcmp(pkt.buf + pkt.off, want, len), 0, "%u", i);
        }
    }
}

/* A router on the way took one hop and marked congestion: that is what arrives. */
Test(outer, transport_header_as_it_came)
{
    up(IK_TRANSPORT, 4, 4);
    struct ik_outer in = {.ttl = 7, .tclass = 0xb9, .df = false};
    uint8_t buf[ENDS_BUF] = {0};
    struct ik_pkt pkt;
    const struct ik_path *out;
    struct ik_child_sa *sa;
    cr_assert_eq(leave(buf, IK_TRANSPORT, 4, &in, &pkt, &out), IK_VERDICT_SEND);
    struct ik_path path = path_turned(out);
    pkt.outer.ttl = 6;
    pkt.outer.tclass |= 3;
    cr_assert_eq(ik_ipsec_in(&ends[1].env, &ends[1].ip, &pkt, &path, &sa), IK_VERDICT_DELIVER);
    const uint8_t *ip = pkt.buf + pkt.off;
    cr_assert_eq(ip[1], 0xbb);
    cr_assert_eq(ip[8], 6);
    cr_assert_eq(ip[6], 0);
    cr_assert_eq(ik_cksum_fold(ik_cksum_add(0, ip, 20)), 0);
}

/* A host that says nothing of the header gets nothing invented. */
Test(outer, transport_needs_to_know)
{
    up(IK_TRANSPORT, 6, 6);
    struct ik_outer in = {.ttl = 255};
    uint8_t buf[ENDS_BUF] = {0};
    struct ik_pkt pkt;
    const struct ik_path *out;
    struct ik_child_sa *sa;
    cr_assert_eq(leave(buf, IK_TRANSPORT, 6, &in, &pkt, &out), IK_VERDICT_SEND);
    struct ik_path path = path_turned(out);
    memset(&pkt.outer, 0, sizeof pkt.outer);
    cr_assert_eq(ik_ipsec_in(&ends[1].env, &ends[1].ip, &pkt, &path, &sa), IK_VERDICT_DROP);
    assert_one_drop(&ends[1].env, IK_DROP_ESP_OUTER);
}

/* RFC 4301 5.1.2.1, 5.1.2.2: what the outer header of a tunnel says. */
Test(outer, tunnel_header)
{
    for (uint8_t inner = 4; inner <= 6; inner += 2) {
        for (uint8_t outer = 4; outer <= 6; outer += 2) {
            for (unsigned df = 0; df < 2; df++) {
                up(IK_TUNNEL, inner, outer);
                struct ik_outer in = {.ttl = 5,
                                      .tclass = 0x2e << 2 | 2,
                                      .df = inner == 4 && df,
                                      .label = inner == 6 ? 0xabcde : 0};
                uint8_t buf[ENDS_BUF] = {0};
                struct ik_pkt pkt;
                const struct ik_path *out;
                struct ik_policy *policy = &ends[0].policies[0];
                cr_assert_eq(leave(buf, IK_TUNNEL, inner, &in, &pkt, &out), IK_VERDICT_SEND);
                struct ik_outer want = {
                    .tclass = in.tclass, .df = inner == 6 || in.df, .label = in.label};
                cr_assert(same(&pkt.outer, &want));
                policy->df = IK_DF_SET;
                policy->dscp = IK_DSCP_SET | 9;
                cr_assert_eq(leave(buf, IK_TUNNEL, inner, &in, &pkt, &out), IK_VERDICT_SEND);
                cr_assert_eq(pkt.outer.tclass, 9 << 2 | 2, "ECN is not the configuration's");
                cr_assert(pkt.outer.df);
                policy->df = IK_DF_CLEAR;
                policy->dscp = IK_DSCP_SET;
                cr_assert_eq(leave(buf, IK_TUNNEL, inner, &in, &pkt, &out), IK_VERDICT_SEND);
                cr_assert_eq(pkt.outer.tclass, 2);
                cr_assert_not(pkt.outer.df);
            }
        }
    }
}

/* RFC 6040 4.2, figure 4: rows inner, columns outer, Not-ECT, ECT(1), ECT(0), CE as the bits are.
 */
#define GONE 0xff
static const uint8_t figure_4[4][4] = {
    [0] = {[0] = 0, [2] = 0, [1] = 0, [3] = GONE},
    [2] = {[0] = 2, [2] = 2, [1] = 1, [3] = 3},
    [1] = {[0] = 1, [2] = 1, [1] = 1, [3] = 3},
    [3] = {[0] = 3, [2] = 3, [1] = 3, [3] = 3},
};

Test(outer, congestion_reaches_the_inside)
{
    for (uint8_t family = 4; family <= 6; family += 2) {
        for (unsigned i = 0; i < 4 * 4 * 64; i++) {
            uint8_t in_ecn = i & 3, out_ecn = i >> 2 & 3, dscp = (uint8_t)(i >> 4);
            up(IK_TUNNEL, family, 4);
            struct ik_outer in = {.ttl = 9, .tclass = (uint8_t)(dscp << 2 | in_ecn)};
            uint8_t buf[ENDS_BUF] = {0}, want[ENDS_BUF];
            struct ik_pkt pkt;
            const struct ik_path *out;
            struct ik_child_sa *sa;
            cr_assert_eq(leave(buf, IK_TUNNEL, family, &in, &pkt, &out), IK_VERDICT_SEND);
            cr_assert_eq(pkt.outer.tclass, in.tclass);
            struct ik_path path = path_turned(out);
            pkt.outer.tclass = (uint8_t)(0xfc | out_ecn);
            pkt.outer.ttl = 3;
            enum ik_verdict v = ik_ipsec_in(&ends[1].env, &ends[1].ip, &pkt, &path, &sa);
            if (figure_4[in_ecn][out_ecn] == GONE) {
                cr_assert_eq(v, IK_VERDICT_DROP);
                assert_one_drop(&ends[1].env, IK_DROP_ESP_ECN);
                continue;
            }
            cr_assert_eq(v, IK_VERDICT_DELIVER);
            uint16_t len = make_udp(want, 0, IK_TUNNEL, family, 40);
            in.tclass = (uint8_t)(dscp << 2 | figure_4[in_ecn][out_ecn]);
            set_header(want, family, &in);
            cr_assert_eq(memcmp(pkt.buf + pkt.off, want, len), 0, "in %u out %u", in_ecn, out_ecn);
        }
    }
}

/* Nothing is known of the outer header: the inner one stays. */
Test(outer, tunnel_without_knowledge)
{
    for (unsigned ecn = 0; ecn < 4; ecn++) {
        up(IK_TUNNEL, 4, 4);
        struct ik_outer in = {.ttl = 9, .tclass = (uint8_t)ecn};
        uint8_t buf[ENDS_BUF] = {0};
        struct ik_pkt pkt;
        const struct ik_path *out;
        struct ik_child_sa *sa;
        cr_assert_eq(leave(buf, IK_TUNNEL, 4, &in, &pkt, &out), IK_VERDICT_SEND);
        struct ik_path path = path_turned(out);
        memset(&pkt.outer, 0, sizeof pkt.outer);
        cr_assert_eq(ik_ipsec_in(&ends[1].env, &ends[1].ip, &pkt, &path, &sa), IK_VERDICT_DELIVER);
        cr_assert_eq(pkt.buf[pkt.off + 1], ecn);
    }
}

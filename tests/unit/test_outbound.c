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

struct out {
    enum ik_verdict verdict;
    struct ik_pkt pkt;
    const struct ik_path *path;
    uint16_t policy;
};

static struct out send(struct end *e, uint8_t *buf, size_t len)
{
    struct out o = {.pkt = pkt_of(buf, len), .policy = 0xaaaa};
    o.verdict = ik_ipsec_out(&e->env, &e->ip, &o.pkt, &o.path, &o.policy);
    return o;
}

static struct out send_udp(uint8_t *buf, uint8_t mode, uint8_t family)
{
    return send(&ends[0], buf, make_udp(buf + ENDS_AT, 0, mode, family, 40));
}

static void assert_addr(const struct ik_addr *a, struct ik_addr want)
{
    cr_assert_eq(a->family, want.family);
    cr_assert_eq(memcmp(a->b, want.b, 16), 0);
}

Test(outbound, path_says_how)
{
    for (unsigned udp = 0; udp < 2; udp++) {
        for (uint8_t outer = 4; outer <= 6; outer += 2) {
            uint8_t buf[ENDS_BUF] = {0};
            unsigned slot = up(IK_TUNNEL, 4, outer, udp);
            struct out o = send_udp(buf, IK_TUNNEL, 4);
            cr_assert_eq(o.verdict, IK_VERDICT_SEND);
            cr_assert_eq(o.policy, 0);
            cr_assert_eq(o.path->carrier, udp ? IK_CARRIER_UDP4500 : IK_CARRIER_ESP);
            cr_assert_eq(o.path->local_port, udp ? 4500 : 0);
            cr_assert_eq(o.path->remote_port, udp ? 4500 : 0);
            assert_addr(&o.path->local, gateway(outer, 0));
            assert_addr(&o.path->remote, gateway(outer, 1));
            cr_assert_eq(ik_get32(buf + o.pkt.off), ends[0].sas[slot].out.spi);
            cr_assert_eq(ends[0].env.counters.count[IK_COUNT_ESP_OUT], 1);
            cr_assert_eq(ends[0].env.sa, 0xffff);
        }
    }
}

/* What ESP carries is seen with NULL encryption: the whole packet, or what is behind its header. */
Test(outbound, text_of_each_mode)
{
    for (uint8_t family = 4; family <= 6; family += 2) {
        for (uint8_t mode = IK_TUNNEL; mode <= IK_TRANSPORT; mode++) {
            uint8_t buf[ENDS_BUF] = {0}, want[ENDS_BUF];
            end_init(&ends[0], 0, mode, family);
            end_init(&ends[1], 1, mode, family);
            ends_up(ends, &suites[0], family, false);
            uint16_t len = make_udp(buf + ENDS_AT, 0, mode, family, 42);
            memcpy(want, buf + ENDS_AT, len);
            /* Padding of the link behind the packet does not travel. */
            struct out o = send(&ends[0], buf, len + 5u);
            cr_assert_eq(o.verdict, IK_VERDICT_SEND);
            uint16_t hdr = mode == IK_TUNNEL ? 0 : family == 4 ? 20 : 40;
            uint16_t text = (uint16_t)(len - hdr);
            cr_assert_eq(memcmp(buf + o.pkt.off + 8, want + hdr, text), 0);
            uint8_t next = mode == IK_TRANSPORT ? 17 : family == 4 ? 4 : 41;
            cr_assert_eq(buf[o.pkt.off + o.pkt.len - 12 - 1], next);
            cr_assert_eq(o.pkt.len, 8 + (text + 2 + 3) / 4 * 4 + 12);
        }
    }
}

Test(outbound, bypass_leaves_it_as_it_came)
{
    uint8_t buf[ENDS_BUF] = {0}, before[ENDS_BUF];
    up(IK_TUNNEL, 4, 4, false);
    ends[0].policies[0].action = IK_BYPASS;
    uint16_t len = make_udp(buf + ENDS_AT, 0, IK_TUNNEL, 4, 40);
    memcpy(before, buf, sizeof buf);
    struct out o = send(&ends[0], buf, len + 3u);
    cr_assert_eq(o.verdict, IK_VERDICT_CLEAR);
    cr_assert_eq(o.policy, 0);
    cr_assert_eq(o.pkt.off, ENDS_AT);
    cr_assert_eq(o.pkt.len, len + 3);
    cr_assert_eq(memcmp(before, buf, sizeof buf), 0);
    cr_assert_eq(ends[0].env.counters.count[IK_COUNT_BYPASS_OUT], 1);
    cr_assert_eq(drops_of(&ends[0].env), 0);
}

Test(outbound, discard_and_no_policy)
{
    uint8_t buf[ENDS_BUF] = {0};
    up(IK_TUNNEL, 4, 4, false);
    ends[0].policies[0].action = IK_DISCARD;
    cr_assert_eq(send_udp(buf, IK_TUNNEL, 4).verdict, IK_VERDICT_DROP);
    assert_one_drop(&ends[0].env, IK_DROP_SPD_DISCARD);
    struct out o = send_udp(buf, IK_TUNNEL, 6);
    cr_assert_eq(o.verdict, IK_VERDICT_DROP);
    cr_assert_eq(o.policy, 1);
    assert_one_drop(&ends[0].env, IK_DROP_SPD_NO_POLICY);
}

/* An action that no enum names is no leave to pass. */
Test(outbound, unknown_action)
{
    uint8_t buf[ENDS_BUF] = {0};
    up(IK_TUNNEL, 4, 4, false);
    ends[0].policies[0].action = 77;
    cr_assert_eq(send_udp(buf, IK_TUNNEL, 4).verdict, IK_VERDICT_DROP);
    assert_one_drop(&ends[0].env, IK_DROP_SPD_DISCARD);
}

Test(outbound, acquire)
{
    uint8_t buf[ENDS_BUF] = {0};
    unsigned slot = up(IK_TUNNEL, 4, 4, false);
    ik_child_retire(&ends[0].ip, &ends[0].sas[slot], IK_CHILD_OLD);
    struct out o = send_udp(buf, IK_TUNNEL, 4);
    cr_assert_eq(o.verdict, IK_VERDICT_ACQUIRE);
    cr_assert_eq(o.policy, 0);
    /* An SA of another policy does not serve. */
    ends[0].sas[slot].policy = 1;
    ik_child_up(&ends[0].ip, &ends[0].sas[slot]);
    cr_assert_eq(send_udp(buf, IK_TUNNEL, 4).verdict, IK_VERDICT_ACQUIRE);
}

/* Negotiated selectors are narrower than the policy's: the rest needs another SA. */
Test(outbound, narrowed_selectors)
{
    uint8_t buf[ENDS_BUF] = {0};
    unsigned slot = up(IK_TUNNEL, 4, 4, false);
    struct ik_ts *ts = &ends[0].sas[slot].ts[1];
    ends[0].sas[slot].whole = false;
    ts->port_lo = ts->port_hi = 7;
    ts->proto = IK_IP_UDP;
    cr_assert_eq(send_udp(buf, IK_TUNNEL, 4).verdict, IK_VERDICT_SEND);
    ts->port_lo = ts->port_hi = 8;
    cr_assert_eq(send_udp(buf, IK_TUNNEL, 4).verdict, IK_VERDICT_ACQUIRE);
}

/* Of two SAs for the same traffic the newer sends, wherever it lies in the pool. */
Test(outbound, newest_sends)
{
    uint8_t buf[ENDS_BUF] = {0};
    unsigned first = up(IK_TUNNEL, 4, 4, false);
    unsigned second = ends_up(ends, gcm, 4, false);
    struct out o = send_udp(buf, IK_TUNNEL, 4);
    cr_assert_eq(ik_get32(buf + o.pkt.off), ends[0].sas[second].out.spi);
    for (unsigned i = 0; i < 2; i++) {
        ik_child_wipe(&ends[i].ip, &ends[i].sas[first]);
    }
    while (ends_up(ends, gcm, 4, false) != first) {
    }
    o = send_udp(buf, IK_TUNNEL, 4);
    cr_assert_eq(ik_get32(buf + o.pkt.off), ends[0].sas[first].out.spi);
    /* The one before it goes on when it is gone. */
    ik_child_retire(&ends[0].ip, &ends[0].sas[first], IK_CHILD_DELETING);
    o = send_udp(buf, IK_TUNNEL, 4);
    cr_assert_eq(ik_get32(buf + o.pkt.off), ends[0].sas[ENDS_SAS - 1].out.spi);
}

Test(outbound, no_ip)
{
    uint8_t buf[ENDS_BUF] = {0};
    up(IK_TUNNEL, 4, 4, false);
    uint16_t len = make_udp(buf + ENDS_AT, 0, IK_TUNNEL, 4, 40);
    for (uint16_t cut = 0; cut < len; cut++) {
        struct out o = send(&ends[0], buf, cut);
        cr_assert_eq(o.verdict, IK_VERDICT_DROP);
        cr_assert_eq(o.policy, ends[0].ip.policies_n);
        assert_one_drop(&ends[0].env, IK_DROP_IP_SYNTAX);
    }
}

Test(outbound, overflow)
{
    uint8_t buf[ENDS_BUF] = {0};
    unsigned slot = up(IK_TUNNEL, 4, 4, false);
    ends[0].sas[slot].seq = UINT32_MAX - 1;
    cr_assert_eq(send_udp(buf, IK_TUNNEL, 4).verdict, IK_VERDICT_SEND);
    cr_assert_eq(send_udp(buf, IK_TUNNEL, 4).verdict, IK_VERDICT_DROP);
    assert_one_drop(&ends[0].env, IK_DROP_ESP_SEQ_OVERFLOW);
}

/* RFC 4303 3.3.4: transport mode takes whole datagrams, tunnel mode fragments too (RFC 4301 7.1).
 */
Test(outbound, fragments)
{
    for (uint8_t mode = IK_TUNNEL; mode <= IK_TRANSPORT; mode++) {
        uint8_t buf[ENDS_BUF] = {0};
        up(mode, 4, 4, false);
        for (unsigned first = 0; first < 2; first++) {
            uint16_t len = make_udp(buf + ENDS_AT, 0, mode, 4, 40);
            buf[ENDS_AT + 6] = first ? 0x20 : 0;
            buf[ENDS_AT + 7] = first ? 0 : 50;
            v4_cksum(buf + ENDS_AT);
            struct out o = send(&ends[0], buf, len);
            if (mode == IK_TUNNEL) {
                cr_assert_eq(o.verdict, IK_VERDICT_SEND);
            } else {
                cr_assert_eq(o.verdict, IK_VERDICT_DROP);
                assert_one_drop(&ends[0].env, IK_DROP_ESP_TRANSPORT);
            }
        }
    }
}

/* A policy for ports takes no later fragment; OPAQUE takes nothing else (RFC 4301 7.2). */
Test(outbound, fragments_and_ports)
{
    uint8_t buf[ENDS_BUF] = {0};
    up(IK_TUNNEL, 4, 4, false);
    struct ik_ts *ts = &ends[0].policies[0].ts_remote[0];
    ts->port_lo = ts->port_hi = 7;
    ts->proto = IK_IP_UDP;
    cr_assert_eq(send_udp(buf, IK_TUNNEL, 4).verdict, IK_VERDICT_SEND);
    uint16_t len = make_udp(buf + ENDS_AT, 0, IK_TUNNEL, 4, 40);
    buf[ENDS_AT + 7] = 50;
    v4_cksum(buf + ENDS_AT);
    cr_assert_eq(send(&ends[0], buf, len).verdict, IK_VERDICT_DROP);
    assert_one_drop(&ends[0].env, IK_DROP_SPD_NO_POLICY);
    ts->port_lo = 0xffff;
    ts->port_hi = 0;
    cr_assert_eq(send(&ends[0], buf, len).verdict, IK_VERDICT_SEND);
    cr_assert_eq(send_udp(buf, IK_TUNNEL, 4).verdict, IK_VERDICT_DROP);
    assert_one_drop(&ends[0].env, IK_DROP_SPD_NO_POLICY);
}

Test(outbound, transport_wants_the_paths_addresses)
{
    uint8_t buf[ENDS_BUF] = {0};
    unsigned slot = up(IK_TRANSPORT, 4, 4, false);
    cr_assert_eq(send_udp(buf, IK_TRANSPORT, 4).verdict, IK_VERDICT_SEND);
    ends[0].sas[slot].path.remote.b[3]++;
    cr_assert_eq(send_udp(buf, IK_TRANSPORT, 4).verdict, IK_VERDICT_DROP);
    assert_one_drop(&ends[0].env, IK_DROP_ESP_TRANSPORT);
}

Test(outbound, no_room)
{
    uint8_t buf[ENDS_BUF] = {0};
    up(IK_TUNNEL, 4, 4, false);
    uint16_t len = make_udp(buf, 0, IK_TUNNEL, 4, 40), policy;
    struct ik_pkt pkt = {.buf = buf, .cap = ENDS_BUF, .off = 0, .len = len};
    const struct ik_path *path;
    cr_assert_eq(ik_ipsec_out(&ends[0].env, &ends[0].ip, &pkt, &path, &policy), IK_VERDICT_DROP);
    assert_one_drop(&ends[0].env, IK_DROP_ESP_NO_ROOM);
}

static void keep_sa(void *ctx, const struct ik_trace_rec *rec)
{
    *(uint16_t *)ctx = rec->sa;
}

/* Records name the slot of the SA that they are about. */
Test(outbound, records_name_the_sa)
{
    uint8_t buf[ENDS_BUF] = {0};
    uint16_t sa = 0xffff;
    up(IK_TUNNEL, 4, 4, false);
    unsigned second = ends_up(ends, gcm, 4, false);
    ends[0].env.trace = keep_sa;
    ends[0].env.trace_ctx = &sa;
    cr_assert_eq(send_udp(buf, IK_TUNNEL, 4).verdict, IK_VERDICT_SEND);
    cr_assert_eq(sa, second);
    cr_assert_eq(ends[0].env.sa, 0xffff);
}

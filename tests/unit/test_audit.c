/* SPDX-License-Identifier: MIT */
/* Auditable events: each with what RFC 4302 and RFC 4303 section 4 ask for. */
#include "pair.h"

#if IK_AUDIT

static struct ik_audit told[8];
static unsigned told_n;

static void audit(void *ctx, const struct ik_audit *rec)
{
    (void)ctx;
    cr_assert_lt(told_n, 8u);
    told[told_n++] = *rec;
}

static struct pair *with_audit(const char *esp, bool ah, int family)
{
    struct pair *p = pair_new_family("aes128-sha256-x25519", esp, family);
    for (unsigned i = 0; i < 2; i++) {
        p->end[i].host.audit = audit;
        p->end[i].host.node_id = (uint16_t)(7 + i);
        if (ah) {
            p->end[i].policy[0].protocol = IK_PROTO_AH;
            p->end[i].esp[0] = (struct ik_proposal){
                2, {{.type = IK_TT_INTEG, .id = IK_INTEG_HMAC_SHA2_256_128}, {.type = IK_TT_ESN}}};
        }
    }
    told_n = 0;
    pair_start(p);
    pair_up(p);
    return p;
}

/* A packet of end 0 that does not arrive yet. */
static struct gram *sealed(struct pair *p)
{
    uint8_t buf[512];
    struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
    ik_node_tx(&p->end[0].node, p->now, &pkt);
    pair_drain(p, 0);
    p->delivered = p->grams_n;
    return &p->grams[p->grams_n - 1];
}

static void expect(struct pair *p, unsigned who, enum ik_drop why, uint32_t spi, uint32_t seq)
{
    const struct ik_audit *a = &told[0];
    const struct ik_peer *peer = &p->end[0].peer[0];
    cr_assert_eq(told_n, 1, "%u events", told_n);
    cr_assert_eq(a->why, why, "drop %u, not %u", a->why, (unsigned)why);
    cr_assert_eq(a->at, p->now);
    cr_assert_eq(a->node, 7 + who);
    cr_assert_eq(a->spi, spi);
    cr_assert_eq(a->seq, seq);
    if (!a->outbound && a->protocol != 0) {
        cr_assert_eq(memcmp(&a->src, &peer->local, sizeof a->src), 0);
        cr_assert_eq(memcmp(&a->dst, &peer->remote, sizeof a->dst), 0);
    }
    told_n = 0;
}

Test(audit, inbound)
{
    for (unsigned i = 0; i < 4; i++) {
        bool ah = i >= 2;
        struct pair *p = with_audit("aes128gcm16", ah, i % 2 == 0 ? 4 : 6);
        uint32_t spi = p->end[1].child_sas[0].in.spi;
        struct gram *g = sealed(p), forged = *g;
        forged.b[forged.len - 1] ^= 1;
        pair_deliver(p, &forged);
        expect(p, 1, ah ? IK_DROP_AH_INTEGRITY : IK_DROP_ESP_INTEGRITY, spi, 1);
        pair_deliver(p, g);
        cr_assert_eq(told_n, 0, "what is right is no event");
        pair_deliver(p, g);
        expect(p, 1, ah ? IK_DROP_AH_REPLAY : IK_DROP_ESP_REPLAY, spi, 1);
        struct gram other = *g;
        other.b[ah ? (i % 2 == 0 ? 24 : 44) : 0] ^= 0x80;
        pair_deliver(p, &other);
        expect(p, 1, ah ? IK_DROP_AH_UNKNOWN_SPI : IK_DROP_ESP_UNKNOWN_SPI, spi ^ 0x80000000u, 1);
        free(p);
    }
}

Test(audit, outbound)
{
    struct pair *p = with_audit("aes128gcm16", false, 6);
    uint8_t buf[512];
    struct ik_child_sa *child = &p->end[0].child_sas[0];
    struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
    child->seq = UINT32_MAX;
    buf[pkt.off + 2] = 0xab;
    buf[pkt.off + 3] = 0xcd;
    ik_node_tx(&p->end[0].node, p->now, &pkt);
    cr_assert(told[0].outbound);
    cr_assert_eq(told[0].protocol, IK_IP_ESP);
    cr_assert_eq(told[0].flow, 0xabcdu);
    cr_assert_eq(told[0].sa, 0);
    cr_assert_eq(memcmp(told[0].src.b, p->end[0].policy[0].ts_local[0].lo, 16), 0);
    expect(p, 0, IK_DROP_ESP_SEQ_OVERFLOW, child->out.spi, UINT32_MAX);
    free(p);
}

/* RFC 4301 5.1, 5.2: what no entry of the SPD takes. */
Test(audit, clear)
{
    struct pair *p = with_audit("aes128gcm16", false, 4);
    uint8_t buf[512];
    struct ik_pkt pkt = pair_packet(p, 1, buf, sizeof buf);
    ik_node_rx_clear(&p->end[0].node, p->now, &pkt);
    cr_assert_not(told[0].outbound);
    cr_assert_eq(told[0].protocol, 0);
    cr_assert_eq(told[0].sa, IK_NO_SLOT);
    expect(p, 0, IK_DROP_SPD_CLEAR, 0, 0);
    pkt = pair_packet(p, 1, buf, sizeof buf);
    ik_node_tx(&p->end[0].node, p->now, &pkt);
    cr_assert(told[0].outbound);
    cr_assert_eq(memcmp(told[0].src.b, p->end[1].policy[0].ts_local[0].lo, 4), 0);
    expect(p, 0, IK_DROP_SPD_NO_POLICY, 0, 0);
    free(p);
}

#endif

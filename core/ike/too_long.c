/* SPDX-License-Identifier: MIT */
/*
 * Clear packets that are too long for the path of their SA (RFC 4301 7, 8.2.1): IPv4 that may be
 * cut is, before it is sealed, and leaves in pieces:
 *
 *     | IPv4 header | octets                                |
 *
 *     | IPv4 header, MF | octets | IPv4 header, MF | octets | ... | IPv4 header | octets |
 *
 * The first piece is the packet itself, shortened; the others wait where packets do that wait for
 * their SA (held.c), and leave at once. Of all else the sender is told what fits.
 */
#include "ike/ike.h"

#if IK_PMTU

#define IPV4_HDR 20 /* one with options is not cut */
#define UNIT 8u     /* of where a piece belongs */
#define DF 0x4000u
#define MF 0x2000u
#define OFFSET 0x1fffu
#define ICMP_EVERY 10u /* ms */

static struct ik_child_sa *sa_of(const struct ik_node *node, const struct ik_path *path)
{
    size_t at = (size_t)((const uint8_t *)path - (const uint8_t *)node->ipsec.sas);
    return &node->ipsec.sas[at / sizeof *node->ipsec.sas];
}

/* ---- cutting --------------------------------------------------------------------------------- */

/* Octets behind the header of each piece but the last. */
static uint16_t piece_len(const struct ik_child_sa *sa)
{
    uint16_t most = ik_pmtu_inner(sa);
    most = most < IK_HELD_MAX ? most : IK_HELD_MAX;
    return (uint16_t)((most - IPV4_HDR) & ~(UNIT - 1u));
}

/* The header of a piece of len octets that belongs at `at`: of `whole`, a packet of total octets
 * that may be a piece itself. */
static void put_header(uint8_t *ip, uint16_t whole, uint16_t at, uint16_t len, uint16_t total)
{
    bool last = at + len == total;
    uint16_t offset = (uint16_t)((whole & OFFSET) + at / UNIT);
    ik_put16(ip + 2, (uint16_t)(IPV4_HDR + len));
    ik_put16(ip + 6, (uint16_t)((last ? whole & MF : MF) | offset));
    ik_put16(ip + 10, 0);
    ik_put16(ip + 10, ik_cksum_fold(ik_cksum_add(0, ip, IPV4_HDR)));
}

/* False if there is no room for all pieces: then the packet is as it was. */
static bool cut(struct ik_node *node, const struct ik_child_sa *sa, struct ik_pkt *pkt)
{
    uint8_t *ip = pkt->buf + pkt->off;
    uint16_t total = (uint16_t)(ik_get16(ip + 2) - IPV4_HDR), each = piece_len(sa);
    uint16_t whole = ik_get16(ip + 6);
    if ((total - 1u) / each > ik_held_left(node)) {
        return false;
    }
    for (uint32_t at = each; at < total; at += each) {
        uint16_t len = (uint16_t)(total - at < each ? total - at : each);
        uint8_t *piece = ik_held_take(node, sa->policy, (uint16_t)(IPV4_HDR + len));
        memcpy(piece, ip, IPV4_HDR);
        memcpy(piece + IPV4_HDR, ip + IPV4_HDR + at, len);
        put_header(piece, whole, (uint16_t)at, len, total);
    }
    put_header(ip, whole, 0, each, total);
    pkt->len = (uint16_t)(IPV4_HDR + each);
    ik_count(&node->env, IK_COUNT_PACKETS_CUT);
    return true;
}

/* Whoever may not be cut before, for want of room, may be afterwards. */
static void send(struct ik_node *node, struct ik_child_sa *sa, struct ik_pkt *pkt)
{
    bool pieces = !cut(node, sa, pkt);
    if (ik_ipsec_out_by(&node->env, &node->ipsec, sa, pkt, pieces) == IK_VERDICT_SEND) {
        ik_pend_pkt(node, IK_FX_SEND, pkt, &sa->path);
    }
    ik_wipe_stack();
}

/* ---- telling --------------------------------------------------------------------------------- */

static void tell(struct ik_node *node, const struct ik_child_sa *sa, struct ik_pkt *pkt)
{
    uint8_t family = pkt->buf[pkt->off] >> 4;
    uint16_t now = (uint16_t)node->env.now;
    if ((uint16_t)(now - node->ipsec.told_at) < ICMP_EVERY ||
        !ik_icmp_too_big(pkt, ik_pmtu_told_inside(sa, family))) {
        return;
    }
    node->ipsec.told_at = now;
    ik_pend_pkt(node, IK_FX_DELIVER, pkt, NULL);
}

void ik_too_long(struct ik_node *node, const struct ik_path *path, struct ik_pkt *pkt)
{
    struct ik_child_sa *sa = sa_of(node, path);
    const uint8_t *ip = pkt->buf + pkt->off;
    uint16_t about = ik_about(&node->env, ik_child_slot(sa));
    if (ip[0] >> 4 == 4 && (ik_get16(ip + 6) & DF) == 0) {
        send(node, sa, pkt);
    } else {
        (void)ik_child_refuse(&node->env, sa, IK_DROP_PATH_MTU, pkt, IK_ERR_POLICY);
        tell(node, sa, pkt);
    }
    ik_about(&node->env, about);
}

#endif

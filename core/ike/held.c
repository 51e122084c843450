/* SPDX-License-Identifier: MIT */
/*
 * Clear packets that wait for their SA (RFC 4301 5.1), in places that the host lends. Poll looks at
 * them when nothing else is due: one whose SA is up leaves, one whose policy has none that takes it
 * asks for another or, if the peer has refused that, is given up, the others wait. So no timer is
 * needed: what they wait for ends by itself, well or badly.
 */
#include "ike/ike.h"

#if IK_HOLD

#define HEAD (IK_ESP_HEAD + 40) /* as ik_node_tx() asks */
#define ICMP_EVERY 100u         /* ms */

static struct ik_held *at(const struct ik_node *node, uint16_t i)
{
    return &node->host.held[i];
}

void ik_held_init(struct ik_node *node)
{
    if (node->host.held == NULL) {
        node->host.held_n = 0;
    }
    for (uint16_t i = 0; i < node->host.held_n; i++) {
        at(node, i)->len = 0;
    }
    node->icmp_at = IK_MS_NONE;
}

static struct ik_pkt packet(struct ik_held *h)
{
    struct ik_pkt pkt = {.buf = h->b, .cap = sizeof h->b, .off = HEAD, .len = h->len};
#if IK_OUTER
    pkt.outer = h->outer;
#endif
    return pkt;
}

/* ---- what becomes of one --------------------------------------------------------------------- */

static bool has_larval(const struct ik_node *node, const struct ik_ike_sa *sa, uint16_t policy)
{
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        if (c->policy == policy && c->state == IK_CHILD_LARVAL) {
            return true;
        }
    }
    return false;
}

/* A Child SA of the policy is being made. */
static bool coming(const struct ik_node *node, uint16_t policy)
{
    uint16_t peer = ik_policy_of(node, policy)->peer;
    const struct ik_ike_sa *sa = NULL;
    while ((sa = ik_index_by_peer(node, peer, sa)) != NULL) {
        if (sa->peer == peer && has_larval(node, sa, policy)) {
            return true;
        }
    }
    return false;
}

static bool has_sa(const struct ik_node *node, struct ik_held *h)
{
    struct ik_pkt pkt = packet(h);
    struct ik_flow flow;
    return ik_flow_parse(pkt.buf + pkt.off, pkt.len, &flow) == IK_OK &&
           ik_child_for(&node->ipsec, h->policy, &flow) != NULL;
}

/* The first to come of those that need not wait any more; NULL if there is none. */
static struct ik_held *settled(const struct ik_node *node)
{
    struct ik_held *first = NULL;
    for (uint16_t i = 0; node->held_n > 0 && i < node->host.held_n; i++) {
        struct ik_held *h = at(node, i);
        if (h->len > 0 && (first == NULL || (int32_t)(h->turn - first->turn) < 0) &&
            (has_sa(node, h) || !coming(node, h->policy))) {
            first = h;
        }
    }
    return first;
}

/* Makes the packet the message to its sender. False if there is to be none: the user hears first
 * why the SA could not be asked for. */
static bool tell(struct ik_node *node, uint16_t policy, struct ik_pkt *pkt)
{
    uint16_t by = ik_policy_of(node, policy)->peer;
    if (IK_MANUAL && by == IK_NO_SLOT) {
        return false;
    }
    const struct ik_peer *peer = &ik_config_of(node)->peers[by];
    if (node->pending.kind != 0 || node->host.held_n == 0 ||
        ik_pausing(node, node->icmp_at, ICMP_EVERY) ||
        !ik_icmp_unreachable(pkt, &peer->local, ik_paused_why(node, by) == IK_WHY_TIMEOUT)) {
        return false;
    }
    node->icmp_at = ik_in(node, ICMP_EVERY);
    return true;
}

/* ---- in -------------------------------------------------------------------------------------- */

/* A policy may have as many places as are still free, so that others find room. */
static struct ik_held *free_place(const struct ik_node *node, uint16_t policy)
{
    struct ik_held *place = NULL;
    uint16_t left = 0, taken = 0;
    for (uint16_t i = 0; i < node->host.held_n; i++) {
        struct ik_held *h = at(node, i);
        if (h->len == 0) {
            place = h;
            left++;
        } else if (h->policy == policy) {
            taken++;
        }
    }
    return taken < left ? place : NULL;
}

/* Takes a place that is free. */
static void occupy(struct ik_node *node, struct ik_held *h, uint16_t policy, uint16_t len)
{
    h->turn = node->held_turn++;
    h->policy = policy;
    h->len = len;
    node->held_n++;
}

static bool keep(struct ik_node *node, uint16_t policy, const struct ik_pkt *pkt)
{
    struct ik_held *h = pkt->len <= IK_HELD_MAX ? free_place(node, policy) : NULL;
    if (h == NULL) {
        return false;
    }
    occupy(node, h, policy, pkt->len);
#if IK_OUTER
    h->outer = pkt->outer;
#endif
    memcpy(h->b + HEAD, pkt->buf + pkt->off, pkt->len);
    return true;
}

#if IK_PMTU
uint16_t ik_held_left(const struct ik_node *node)
{
    return (uint16_t)(node->host.held_n - node->held_n);
}

uint8_t *ik_held_take(struct ik_node *node, uint16_t policy, uint16_t len)
{
    uint16_t i = 0;
    while (at(node, i)->len > 0) {
        i++;
    }
    occupy(node, at(node, i), policy, len);
    return at(node, i)->b + HEAD;
}
#endif

void ik_hold(struct ik_node *node, uint16_t policy, struct ik_pkt *pkt)
{
    bool hope = coming(node, policy);
    if (hope && keep(node, policy, pkt)) {
        return;
    }
    ik_drop(&node->env, IK_DROP_SPD_NO_SA, pkt->len);
    if (!hope && tell(node, policy, pkt)) {
        ik_pend_pkt(node, IK_FX_DELIVER, pkt, NULL);
    }
}

/* ---- out ------------------------------------------------------------------------------------- */

bool ik_held_due(const struct ik_node *node)
{
    return settled(node) != NULL;
}

#if IK_PACKET_TS
/* What came up takes others only: the peer is asked once more. Whoever refused it gets a pause. */
static bool asked_again(struct ik_node *node, const struct ik_held *h, const struct ik_pkt *pkt)
{
    if (!ik_may_acquire(node, h->policy)) {
        return false;
    }
    ik_acquire(node, h->policy, pkt);
    return coming(node, h->policy);
}
#endif

/* The place is free, but its octets stay until the next packet is held. */
static void let_go(struct ik_node *node, struct ik_held *h)
{
    h->len = 0;
    node->held_n--;
}

/* True if that is an effect, which is pending. */
static bool leave(struct ik_node *node, struct ik_held *h)
{
    struct ik_pkt pkt = packet(h);
    const struct ik_path *path;
    uint16_t policy = h->policy;
    let_go(node, h);
    enum ik_verdict verdict = ik_ipsec_out(&node->env, &node->ipsec, &pkt, &path, &policy);
    if (IK_PREPARE) {
        ik_wipe_stack();
    }
    if (verdict == IK_VERDICT_SEND) {
        ik_pend_pkt(node, IK_FX_SEND, &pkt, path);
        return true;
    }
#if IK_PMTU
    if (verdict == IK_VERDICT_TOO_LONG) {
        h->len = pkt.len; /* its place is not free while it is cut */
        node->held_n++;
        ik_too_long(node, path, &pkt);
        let_go(node, h);
        return node->pending.kind != 0;
    }
#endif
    if (verdict != IK_VERDICT_ACQUIRE) {
        return false; /* counted */
    }
#if IK_PACKET_TS
    if (asked_again(node, h, &pkt)) {
        h->len = pkt.len;
        node->held_n++;
        return false;
    }
#endif
    ik_drop(&node->env, IK_DROP_SPD_GIVEN_UP, pkt.len);
    if (tell(node, policy, &pkt)) {
        ik_pend_pkt(node, IK_FX_DELIVER, &pkt, NULL);
    }
    return node->pending.kind != 0;
}

bool ik_held_next(struct ik_node *node, struct ik_effect *fx)
{
    struct ik_held *h;
    while ((h = settled(node)) != NULL) {
        if (leave(node, h)) {
            *fx = node->pending;
            node->pending.kind = 0;
            return true;
        }
    }
    return false;
}

void ik_held_drop(struct ik_node *node, uint16_t peer)
{
    for (uint16_t i = 0; i < node->host.held_n; i++) {
        struct ik_held *h = at(node, i);
        if (h->len > 0 && (peer == IK_NO_SLOT || (ik_policy_of(node, h->policy)->peer == peer &&
                                                  !has_sa(node, h) && !coming(node, h->policy)))) {
            ik_drop(&node->env, IK_DROP_SPD_GIVEN_UP, h->len);
            let_go(node, h);
        }
    }
}

#endif

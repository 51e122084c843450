/* SPDX-License-Identifier: MIT */
/* The entry points: they dispatch, and nothing else. */
#include "ike/xchg/xchg.h"

static bool pool_good(const void *pool, uint16_t n)
{
    return pool != NULL && n > 0 && n != IK_NO_SLOT && (!IK_ONE || n == 1);
}

static bool shorts_good(const struct ik_host *h)
{
#if IK_SHORT_MAX > 0
    return h->shorts_n == 0 ||
           (h->shorts != NULL && (uint32_t)h->buffers_n + h->shorts_n < IK_NO_SLOT);
#else
    (void)h;
    return true;
#endif
}

#if IK_PROBE
static bool probes_good(const struct ik_host *h)
{
    return h->probes_n == 0 || (h->probes != NULL && h->probes_n == h->ike_sas_n);
}
#else
#define probes_good(h) true
#endif

static bool host_good(const struct ik_host *h)
{
    return pool_good(h->ike_sas, h->ike_sas_n) && pool_good(h->child_sas, h->child_sas_n) &&
           pool_good(h->handshakes, h->handshakes_n) && h->tasks != NULL && h->tasks_n > 0 &&
           h->tasks_n != IK_NO_SLOT && h->buffers != NULL && h->buffers_n > 1 &&
           h->buffers_n != IK_NO_SLOT && shorts_good(h) && probes_good(h) &&
           (IK_ONE || (h->shard_bits <= 8 && h->shard >> h->shard_bits == 0));
}

void ik_spd_lend(struct ik_node *node)
{
    struct ik_ipsec *ip = &node->ipsec;
#if !IK_LINKED
    ip->policies = node->config->policies;
    ip->policies_n = node->config->policies_n;
#endif
#if IK_INDEX
    ip->spd = node->host.spd_n >= ip->policies_n ? node->host.spd : NULL;
#endif
    ik_spd_begin(ip);
}

/* config and host are set. */
static void lend_ipsec(struct ik_node *node, const struct ik_host *host)
{
    struct ik_ipsec *ip = &node->ipsec;
#if !IK_LINKED
    ip->sas = host->child_sas;
    ip->sas_n = host->child_sas_n;
#else
    (void)host;
#endif
#if !IK_ONE
    ip->shard = host->shard;
    ip->shard_bits = host->shard_bits;
#endif
#if IK_MORE
    ip->more = host->child_more;
    ip->more_pool.n = host->child_more_n;
#endif
#if IK_PREPARE
    ip->prepared = host->prepared;
    ip->prepared_pool.n = host->prepared_n;
#endif
#if IK_REPLAY_MAX > 64
    ip->windows = host->windows;
    ip->window_packets = host->window_packets;
    ip->windows_pool.n = host->windows_n;
#endif
    ik_ipsec_begin(ip);
    ik_spd_lend(node);
}

enum ik_status ik_node_init(struct ik_node *node, const struct ik_config *config,
                            const struct ik_host *host, ik_time now)
{
    memset(node, 0, sizeof *node);
    if (!host_good(host) || (IK_CHECK_CONFIG && ik_config_check(config, NULL) != IK_OK)) {
        return IK_ERR_CONFIG;
    }
#if !IK_LINKED
    node->config = config;
    node->host = *host;
    node->env.crypto = config->crypto;
#endif
#if IK_TRACE
    node->env.trace = host->trace;
    node->env.trace_ctx = host->trace_ctx;
    node->env.node_id = host->node_id;
#endif
    ik_drbg_init(&node->env);
    lend_ipsec(node, host);
#if IK_RESPONDER
    for (uint16_t i = 0; i < config->peers_n; i++) {
        node->psk_longest = config->peers[i].psk.len > node->psk_longest ? config->peers[i].psk.len
                                                                         : node->psk_longest;
    }
#endif
#if IK_RESUME
    if (host->tickets_n > 0) {
        memset(host->tickets, 0, host->tickets_n * sizeof *host->tickets);
    }
#endif
    ik_pools_init(node);
    ik_schedule_init(node);
#if IK_HOLD
    ik_held_init(node);
#endif
    ik_enter(node, now);
    return IK_OK;
}

void ik_node_seed(struct ik_node *node, const void *seed, size_t len)
{
#if IK_KEY_AHEAD
    ik_ahead_drop(node); /* it was drawn before: perhaps also for a copy of this node */
#endif
    ik_drbg_seed(&node->env, seed, len);
}

/* ---- datagrams ------------------------------------------------------------------------------- */

static void rx_ike(struct ik_node *node, const struct ik_path *path, struct ik_pkt *pkt,
                   uint16_t marker)
{
    struct ik_rx rx;
    rx.path = path;
    rx.pkt = pkt;
    rx.msg = pkt->buf + pkt->off + marker;
    rx.len = (uint16_t)(pkt->len - marker);
    ik_charge(&node->env, IK_COST_IKE_IN, 1);
    ik_receive(node, &rx);
}

/* Key schedules that were prepared are used without wiping what the cipher leaves on the stack. */
static void wipe_after_esp(void)
{
    if (IK_PREPARE) {
        ik_wipe_stack();
    }
}

/* A packet may have brought its SA to a limit (2.8). */
static void heed(struct ik_node *node, const struct ik_child_sa *child)
{
#if IK_REKEY
    if (child->due && ik_life_of(node) != NULL && !ik_child_manual(child)) {
        ik_touch(node, ik_ike_at(node, child->ike));
    }
#else
    (void)node, (void)child;
#endif
}

static bool by_ah(const struct ik_path *path)
{
    return IK_AH && path->carrier == IK_CARRIER_AH;
}

/* The SPI that an ESP packet names, or one with AH; 0 if it names none. */
static uint32_t spi_of(const struct ik_path *path, const struct ik_pkt *pkt)
{
#if IK_AH
    struct ik_ah_place place;
    if (by_ah(path)) {
        return ik_ah_find(pkt, &place) == IK_OK ? place.spi : 0;
    }
#else
    (void)path;
#endif
    return ik_get32(pkt->buf + pkt->off);
}

/* ESP or AH. */
static void rx_ipsec(struct ik_node *node, const struct ik_path *path, struct ik_pkt *pkt)
{
    struct ik_child_sa *child = NULL;
    const struct ik_child_sa *of = NULL;
    uint32_t spi = 0;
    if (pkt->len >= 4) {
        spi = spi_of(path, pkt);
        of = ik_sad_find(&node->ipsec, spi);
        of = IK_AH && of != NULL && ik_child_is_ah(of) != by_ah(path) ? NULL : of;
    }
    ik_seq last = of != NULL ? of->replay.last : 0;
#if IK_AUDIT
    struct ik_audit audit;
    ik_audit_ipsec(node, path, pkt, &audit);
#endif
    enum ik_verdict verdict = ik_ipsec_in(&node->env, &node->ipsec, pkt, path, &child);
#if IK_AUDIT
    if (of != NULL) {
        ik_audit_of(&audit, of);
    }
    ik_audit_tell(node, &audit);
#endif
    wipe_after_esp();
#if IK_HINTS
    if (of == NULL) {
        ik_hint_esp(node, path, spi, pkt);
    }
#endif
    if (verdict != IK_VERDICT_DELIVER) {
        return;
    }
    ik_pend_pkt(node, IK_FX_DELIVER, pkt, path);
    node->pending.ike = child->ike;
    node->pending.child = ik_child_slot(child);
    heed(node, child);
    if (IK_REKEY && child->state == IK_CHILD_IN_ONLY && !child->redundant) {
        ik_child_up(&node->ipsec, child); /* the peer sends by it, so it takes what we send */
    }
    /* RFC 7296 2.23: only by a new packet, or old ones could lead it astray. */
    if (child->replay.last != last && !ik_child_manual(child)) {
        ik_route_follow(node, ik_ike_at(node, child->ike), path, false);
    }
}

/* RFC 3948 2: IKE behind four zero octets, a keepalive, or else ESP, whose SPI is not zero. */
static void rx_natt(struct ik_node *node, const struct ik_path *path, struct ik_pkt *pkt)
{
    const uint8_t *p = pkt->buf + pkt->off;
    if (pkt->len == 1 && p[0] == 0xff) {
        ik_drop(&node->env, IK_DROP_RX_KEEPALIVE, pkt->len);
    } else if (pkt->len < IK_MARKER_LEN) {
        ik_drop(&node->env, IK_DROP_RX_SHORT, pkt->len);
    } else if (ik_get32(p) == 0) {
        rx_ike(node, path, pkt, IK_MARKER_LEN);
    } else {
        rx_ipsec(node, path, pkt);
    }
}

/* There is one place for a packet that waits to be polled away. */
static bool busy(struct ik_node *node, const struct ik_pkt *pkt)
{
    if (node->pending.kind == 0) {
        return false;
    }
    ik_drop(&node->env, IK_DROP_RX_BUSY, pkt->len);
    return true;
}

void ik_node_rx(struct ik_node *node, ik_time now, const struct ik_path *path, struct ik_pkt *pkt)
{
    ik_enter(node, now);
    if (busy(node, pkt)) {
        return;
    }
    if (path->carrier != IK_CARRIER_ESP && !by_ah(path)) {
        ik_charge(&node->env, IK_COST_UDP_OCTETS, pkt->len);
    }
    switch (path->carrier) {
    case IK_CARRIER_UDP500:
        rx_ike(node, path, pkt, 0);
        break;
    case IK_CARRIER_UDP4500:
        rx_natt(node, path, pkt);
        break;
    default:
        rx_ipsec(node, path, pkt);
        break;
    }
}

void ik_node_rx_clear(struct ik_node *node, ik_time now, struct ik_pkt *pkt)
{
    ik_enter(node, now);
    if (busy(node, pkt)) {
        return;
    }
#if IK_AUDIT
    struct ik_audit audit;
    ik_audit_clear(node, pkt, false, &audit);
#endif
    if (ik_ipsec_in_clear(&node->env, &node->ipsec, pkt) == IK_VERDICT_DELIVER) {
        ik_pend_pkt(node, IK_FX_DELIVER, pkt, NULL);
    }
#if IK_AUDIT
    ik_audit_tell(node, &audit);
#endif
}

void ik_node_tx(struct ik_node *node, ik_time now, struct ik_pkt *pkt)
{
    const struct ik_path *path = NULL;
    uint16_t policy;
    ik_enter(node, now);
    if (busy(node, pkt)) {
        return;
    }
#if IK_AUDIT
    struct ik_audit audit;
    ik_audit_clear(node, pkt, true, &audit);
#endif
    enum ik_verdict verdict = ik_ipsec_out(&node->env, &node->ipsec, pkt, &path, &policy);
    wipe_after_esp();
#if IK_REKEY
    if (path != NULL) {
        const struct ik_child_sa *child =
            (const struct ik_child_sa *)((const uint8_t *)path -
                                         offsetof(struct ik_child_sa, path));
        heed(node, child);
#if IK_AUDIT
        ik_audit_of(&audit, child);
#endif
    }
#endif
#if IK_AUDIT
    ik_audit_tell(node, &audit);
#endif
    switch (verdict) {
    case IK_VERDICT_SEND:
        if (IK_LINKED) {
            ik_ike_at(node, 0)->sent_at = node->env.now;
        }
        ik_pend_pkt(node, IK_FX_SEND, pkt, path);
        break;
    case IK_VERDICT_CLEAR:
        ik_pend_pkt(node, IK_FX_PASS, pkt, NULL);
        break;
    case IK_VERDICT_ACQUIRE:
        if (ik_may_acquire(node, policy)) {
#if IK_PACKET_TS
            ik_acquire(node, policy, pkt);
#else
            ik_initiate(node, policy, false);
#endif
        }
#if IK_HOLD
        ik_hold(node, policy, pkt);
#else
        ik_drop(&node->env, IK_DROP_SPD_NO_SA, pkt->len);
#endif
        break;
#if IK_PMTU
    case IK_VERDICT_TOO_LONG:
        ik_too_long(node, path, pkt);
        break;
#endif
    default:
        break;
    }
}

/* ---- commands -------------------------------------------------------------------------------- */

void ik_node_up(struct ik_node *node, ik_time now, uint16_t policy)
{
    ik_enter(node, now);
    ik_initiate(node, policy, true);
}

#if IK_CHILDLESS
void ik_node_up_peer(struct ik_node *node, ik_time now, uint16_t peer)
{
    ik_enter(node, now);
    ik_initiate_peer(node, peer);
}
#endif

static void down(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_about(&node->env, sa->slot);
    if (IK_REKEY && (sa->flags & IK_SA_LARVAL) != 0) {
        return; /* it ends with the rekeying that makes it */
    }
    if (sa->state == IK_IKE_UP || sa->state == IK_IKE_REKEYED) {
        ik_delete_ike(node, sa, IK_WHY_DELETED_HERE, 0, 0);
    } else if (sa->state == IK_IKE_OPENING && sa->initiator) {
        ik_sa_end(node, sa, IK_WHY_DELETED_HERE, 0);
    } else if (sa->state == IK_IKE_OPENING) {
        ik_sa_end_silent(node, sa);
    }
}

/* A packet that waits would have the peer called at once. */
static void give_up_held(struct ik_node *node, uint16_t peer)
{
#if IK_HOLD
    ik_held_drop(node, peer);
#else
    (void)node, (void)peer;
#endif
}

void ik_node_down(struct ik_node *node, ik_time now, uint16_t peer)
{
    ik_enter(node, now);
    for (uint16_t i = 0; i < ik_ike_n(node); i++) {
        if (peer == IK_NO_SLOT || ik_ike_at(node, i)->peer == peer) {
            down(node, ik_ike_at(node, i));
        }
    }
    give_up_held(node, peer);
}

void ik_node_down_ike(struct ik_node *node, ik_time now, ik_slot ike)
{
    ik_enter(node, now);
    if (ike < ik_ike_n(node)) {
        uint16_t peer = ik_ike_at(node, ike)->peer;
        down(node, ik_ike_at(node, ike));
        if (peer != IK_NO_SLOT) {
            give_up_held(node, peer);
        }
    }
}

void ik_node_down_child(struct ik_node *node, ik_time now, ik_slot slot)
{
    ik_enter(node, now);
    if (slot >= ik_child_n(&node->ipsec) || ik_child_at(&node->ipsec, slot)->state != IK_CHILD_UP) {
        return;
    }
    struct ik_child_sa *child = ik_child_at(&node->ipsec, slot);
    if (ik_child_manual(child)) {
        ik_child_wipe(&node->ipsec, child); /* there is nobody to be told */
        return;
    }
    ik_delete_child(node, ik_ike_at(node, child->ike), child, IK_WHY_DELETED_HERE);
}

void ik_node_check(struct ik_node *node, ik_time now, ik_slot ike)
{
    ik_enter(node, now);
    if (ike >= ik_ike_n(node) || ik_ike_at(node, ike)->state != IK_IKE_UP) {
        return;
    }
    ik_liveness_check(node, ik_ike_at(node, ike));
}

#if IK_REKEY
void ik_node_rekey_ike(struct ik_node *node, ik_time now, ik_slot ike)
{
    ik_enter(node, now);
    if (ike < ik_ike_n(node)) {
        ik_ike_rekey(node, ik_ike_at(node, ike));
    }
}

void ik_node_rekey_child(struct ik_node *node, ik_time now, ik_slot slot)
{
    ik_enter(node, now);
    if (slot < ik_child_n(&node->ipsec) && ik_child_at(&node->ipsec, slot)->state == IK_CHILD_UP) {
        struct ik_child_sa *child = ik_child_at(&node->ipsec, slot);
        if (ik_child_manual(child)) {
            return;
        }
        ik_child_rekey(node, ik_ike_at(node, child->ike), child);
    }
}

#if IK_REKEY
void ik_node_reauth(struct ik_node *node, ik_time now, ik_slot ike)
{
    ik_enter(node, now);
    if (ike < ik_ike_n(node) && ik_life_of(node) != NULL) {
        ik_about(&node->env, ike);
        ik_reauthenticate(node, ik_ike_at(node, ike));
    }
}
#endif
#endif

void ik_node_readdress(struct ik_node *node, ik_time now, const struct ik_addr *was,
                       const struct ik_addr *is)
{
    ik_enter(node, now);
    for (uint16_t i = 0; i < ik_ike_n(node); i++) {
        struct ik_ike_sa *sa = ik_ike_at(node, i);
        if (sa->state != IK_IKE_FREE && ik_addr_eq(&sa->route.path.local, was)) {
            sa->route.path.local = *is;
#if IK_PROBE
            ik_probe_begin(node, sa);
#endif
            ik_route_changed(node, sa);
        }
    }
}

#if IK_FRAGMENT
/* RFC 3948 2.2: of four octets behind the header of UDP, zeros begin a message of IKE. */
static bool of_ike(const struct ik_path *path, struct ik_span quoted)
{
    return path->carrier == IK_CARRIER_UDP500 ||
           (path->carrier == IK_CARRIER_UDP4500 && quoted.len >= IK_MARKER_LEN &&
            ik_get32(quoted.p) == 0);
}

void ik_node_too_big(struct ik_node *node, ik_time now, const struct ik_path *path,
                     struct ik_span quoted, uint16_t mtu)
{
    ik_enter(node, now);
    if (of_ike(path, quoted)) {
        ik_fragment_too_big(node, path, quoted, mtu);
        return;
    }
#if IK_PMTU
    ik_pmtu_told(&node->env, &node->ipsec, path, quoted, mtu);
#endif
}
#endif

void ik_node_wipe(struct ik_node *node)
{
    const struct ik_host *h = ik_host_of(node);
    for (uint16_t i = 0; i < ik_child_n(&node->ipsec); i++) {
        ik_wipe(ik_child_at(&node->ipsec, i), sizeof *h->child_sas);
    }
#if IK_MORE
    if (h->child_more_n > 0) {
        ik_wipe(h->child_more, h->child_more_n * sizeof *h->child_more);
    }
#endif
#if IK_HOLD
    if (h->held_n > 0) {
        ik_wipe(h->held, h->held_n * sizeof *h->held);
    }
#endif
#if IK_FRAGMENT
    if (h->reassemblies_n > 0) {
        ik_wipe(h->reassemblies, h->reassemblies_n * sizeof *h->reassemblies);
    }
    if (h->fragment != NULL) {
        ik_wipe(h->fragment, sizeof *h->fragment);
    }
#endif
#if IK_RESUME
    if (h->tickets_n > 0) {
        ik_wipe(h->tickets, h->tickets_n * sizeof *h->tickets);
    }
#endif
    ik_wipe(h->ike_sas, ik_ike_n(node) * sizeof *h->ike_sas);
#if IK_ONE
    ik_wipe(h->handshakes, h->handshakes_n * sizeof *h->handshakes);
#else
    ik_wipe(h->handshakes, node->handshakes_fresh * sizeof *h->handshakes);
#endif
    ik_wipe(h->tasks, h->tasks_n * sizeof *h->tasks);
    ik_buffers_wipe(node);
    ik_wipe(node, sizeof *node);
}

void ik_node_usage(const struct ik_node *node, uint16_t *ike_sas, uint16_t *child_sas)
{
#if IK_ONE
    *ike_sas = ik_ike_at(node, 0)->state != IK_IKE_FREE;
#else
    *ike_sas = node->ike_used;
#endif
    *child_sas = 0;
    for (uint16_t i = 0; i < ik_child_n(&node->ipsec); i++) {
        *child_sas =
            (uint16_t)(*child_sas + (ik_child_at(&node->ipsec, i)->state != IK_CHILD_FREE));
    }
}

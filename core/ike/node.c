/* SPDX-License-Identifier: MIT */
/* The entry points: they dispatch, and nothing else. */
#include "ike/ike.h"

/* An event that may change what IKE SAs have to do. */
static void enter(struct ik_node *node, ik_time now)
{
    ik_enter(node, now);
    ik_touch(node);
}

enum ik_status ik_node_init(struct ik_node *node, const struct ik_config *config,
                            const struct ik_host *host, ik_time now)
{
    memset(node, 0, sizeof *node);
#if IK_ONE
    if (node != &ik_one_node || host->ike_sas != &ik_one_ike || host->ike_sas_n != 1 ||
        host->child_sas != &ik_one_child || host->child_sas_n != 1) {
        return IK_ERR_CONFIG;
    }
#endif
    if (host->ike_sas == NULL || host->ike_sas_n == 0 || host->ike_sas_n == IK_NO_SLOT ||
        host->child_sas_n == IK_NO_SLOT || (host->child_sas == NULL && host->child_sas_n > 0) ||
        (IK_CHECK_CONFIG && ik_config_check(config) != IK_OK)) {
        return IK_ERR_CONFIG;
    }
    node->config = config;
    node->env.crypto = config->crypto;
    if (IK_TRACE) {
        node->env.trace = host->trace;
        node->env.trace_ctx = host->trace_ctx;
        node->env.node_id = host->node_id;
    }
    ik_drbg_init(&node->env);
    node->ipsec.policies = config->policies;
    node->ipsec.policies_n = config->policies_n;
    node->ipsec.sas = host->child_sas;
    node->ipsec.sas_n = host->child_sas_n;
    node->ike_sas = host->ike_sas;
    node->ike_sas_n = host->ike_sas_n;
    node->next_at = IK_TICK_NEVER;
    memset(host->ike_sas, 0, host->ike_sas_n * sizeof *host->ike_sas);
    for (uint16_t i = 0; i < host->child_sas_n; i++) {
        ik_child_wipe(&host->child_sas[i]);
    }
    node->env.epoch = (uint32_t)(now >> 16) - 1;
    ik_enter(node, now);
    return IK_OK;
}

void ik_node_seed(struct ik_node *node, const void *seed, size_t len)
{
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
    ik_touch(node);
    ik_receive(node, &rx);
}

static void rx_esp(struct ik_node *node, const struct ik_path *path, struct ik_pkt *pkt)
{
    struct ik_child_sa *child = NULL;
    const struct ik_child_sa *of = NULL;
    if (pkt->len >= 4) {
        of = ik_sad_find(&node->ipsec, ik_get32(pkt->buf + pkt->off));
    }
    uint32_t last = of != NULL ? of->replay.last : 0;
    if (ik_ipsec_in(&node->env, &node->ipsec, pkt, path, &child) != IK_VERDICT_DELIVER) {
        return;
    }
    ik_pend_pkt(node, IK_FX_DELIVER, pkt, path);
    node->pending.ike = child->ike;
    node->pending.child = ik_child_slot(child);
    /* RFC 7296 2.23: only by a new packet, or old ones could lead it astray. */
    if (IK_NAT && child->replay.last != last) {
        ik_nat_follow(node, ik_ike_at(node, child->ike), path);
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
        rx_esp(node, path, pkt);
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
    if (path->carrier != IK_CARRIER_ESP) {
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
        rx_esp(node, path, pkt);
        break;
    }
}

void ik_node_rx_clear(struct ik_node *node, ik_time now, struct ik_pkt *pkt)
{
    ik_enter(node, now);
    if (!busy(node, pkt) &&
        ik_ipsec_in_clear(&node->env, &node->ipsec, pkt) == IK_VERDICT_DELIVER) {
        ik_pend_pkt(node, IK_FX_DELIVER, pkt, NULL);
    }
}

void ik_node_tx(struct ik_node *node, ik_time now, struct ik_pkt *pkt)
{
    const struct ik_path *path;
    uint16_t policy;
    ik_enter(node, now);
    if (busy(node, pkt)) {
        return;
    }
    switch (ik_ipsec_out(&node->env, &node->ipsec, pkt, &path, &policy)) {
    case IK_VERDICT_SEND:
        ik_pend_pkt(node, IK_FX_SEND, pkt, path);
        break;
    case IK_VERDICT_CLEAR:
        ik_pend_pkt(node, IK_FX_PASS, pkt, NULL);
        break;
    case IK_VERDICT_ACQUIRE:
        if (node->env.now >= node->acquire_at) {
            ik_touch(node);
            ik_init_i_start(node, policy, false);
        }
        break;
    default:
        break;
    }
}

/* ---- commands -------------------------------------------------------------------------------- */

void ik_node_up(struct ik_node *node, ik_time now, uint16_t policy)
{
    enter(node, now);
    ik_init_i_start(node, policy, true);
}

static void down(struct ik_node *node, struct ik_ike_sa *sa)
{
    switch (sa->state) {
    case IK_IKE_FREE:
    case IK_IKE_DELETING:
    case IK_IKE_DEAD:
        break;
    case IK_IKE_UP:
        ik_delete_ike(node, sa, IK_WHY_DELETED_HERE, 0);
        break;
    default:
        if (ik_began(sa)) {
            ik_sa_end(node, sa, IK_WHY_DELETED_HERE, 0);
        } else {
            ik_sa_end_silent(node, sa);
        }
        break;
    }
}

void ik_node_down(struct ik_node *node, ik_time now, uint16_t peer)
{
    enter(node, now);
    for (uint16_t i = 0; i < ik_ike_n(node); i++) {
        if (peer == IK_NO_SLOT || ik_ike_at(node, i)->peer == peer) {
            ik_about(&node->env, i);
            down(node, ik_ike_at(node, i));
        }
    }
}

void ik_node_wipe(struct ik_node *node)
{
    for (uint16_t i = 0; i < ik_child_n(&node->ipsec); i++) {
        ik_child_wipe(ik_child_at(&node->ipsec, i));
    }
    for (uint16_t i = 0; i < ik_ike_n(node); i++) {
        ik_wipe(ik_ike_at(node, i), sizeof *node->ike_sas);
    }
    ik_wipe(node, sizeof *node);
}

void ik_node_usage(const struct ik_node *node, uint16_t *ike_sas, uint16_t *child_sas)
{
    *ike_sas = *child_sas = 0;
    for (uint16_t i = 0; i < ik_ike_n(node); i++) {
        *ike_sas = (uint16_t)(*ike_sas + (ik_ike_at(node, i)->state != IK_IKE_FREE));
    }
    for (uint16_t i = 0; i < ik_child_n(&node->ipsec); i++) {
        *child_sas =
            (uint16_t)(*child_sas + (ik_child_at(&node->ipsec, i)->state != IK_CHILD_FREE));
    }
}

/* SPDX-License-Identifier: MIT */
/* Trains of packets: linked only into hosts that have them. */
#include "ike/ike.h"

/* What the packet has brought about; its place is free for the next one. */
static uint16_t take(struct ik_node *node, struct ik_effect *fx)
{
    *fx = node->pending;
    node->pending.kind = 0;
    return fx->kind != 0;
}

uint16_t ik_node_rx_batch(struct ik_node *node, ik_time now, const struct ik_path *paths,
                          struct ik_pkt *pkts, uint16_t n, struct ik_effect *fx)
{
    uint16_t effects = 0;
    for (uint16_t i = 0; i < n; i++) {
        ik_node_rx(node, now, &paths[i], &pkts[i]);
        effects = (uint16_t)(effects + take(node, &fx[i]));
    }
    return effects;
}

uint16_t ik_node_tx_batch(struct ik_node *node, ik_time now, struct ik_pkt *pkts, uint16_t n,
                          struct ik_effect *fx)
{
    uint16_t effects = 0;
    for (uint16_t i = 0; i < n; i++) {
        ik_node_tx(node, now, &pkts[i]);
        effects = (uint16_t)(effects + take(node, &fx[i]));
    }
    return effects;
}

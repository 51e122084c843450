/* SPDX-License-Identifier: MIT */
/* One core node in the simulation: the host side of ikelet/ik_node.h. Used by sim/ only. */
#ifndef SIM_NODE_H
#define SIM_NODE_H

#include "sim/sim.h"

/* Octets of the largest inner packet, and of a buffer that it can be sealed in. */
#define SIM_PACKET_MAX 4096
#define SIM_HEAD (IK_ESP_HEAD + 40)
#define SIM_BUFFER (SIM_HEAD + SIM_PACKET_MAX + IK_ESP_TAIL)

/* Makes room for the node's pools and powers it on. */
void sim_node_start(struct sim_node *n);
void sim_node_free(struct sim_node *n);
/* A datagram has come to the end of its way. */
void sim_node_rx(struct sim_node *n, struct sim_dgram *d);
/* A router says that one of its datagrams was too big for a link of d->mtu octets. */
void sim_node_too_big(struct sim_node *n, const struct sim_dgram *d);
/* Takes all effects, checks, and sets the wake-up. After every call of the core. */
void sim_node_pump(struct sim_node *n);
/* By the node's own clock. */
ik_time sim_node_now(const struct sim_node *n);

/* For a guest: its datagram goes onto the link; and what it tells its user, as a core does. */
void sim_node_send(struct sim_node *n, const struct ik_path *path, const uint8_t *data,
                   uint16_t len);
void sim_node_tell(struct sim_node *n, uint8_t event, uint8_t reason);

/* True if the next key pair is to be computed now. */
static inline bool sim_node_prepare(struct sim_node *n, ik_time now)
{
#if IK_KEY_AHEAD
    return n->opts.prepares && ik_node_prepare(&n->core, now, 0);
#else
    (void)n, (void)now;
    return false;
#endif
}

#endif

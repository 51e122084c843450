/* SPDX-License-Identifier: MIT */
/*
 * Entropy of the kernel for a node: when it is made and again before each handshake. A process or a
 * virtual machine that is copied goes on with the random bits of the original; so must no handshake
 * of its own.
 */
#ifndef POSIX_ENTROPY_H
#define POSIX_ENTROPY_H

#include "host.h"

/* Stirs fresh octets into the node. False after one line on stderr. */
bool entropy_give(struct ik_node *node);

/* May this datagram begin a handshake, as an IKE_SA_INIT request does? pkt as for ik_node_rx(). */
bool entropy_due(const struct ik_path *path, const struct ik_pkt *pkt);

#endif

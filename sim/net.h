/* SPDX-License-Identifier: MIT */
/* Datagrams on their way between nodes of a simulation. */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "ikelet/ik_wire.h"
#include "sim/clock.h"

struct sim;
struct sim_node;

/* ik_path.carrier of a clear IP packet between nodes (SPD: bypass). */
#define SIM_CARRIER_CLEAR 0xff

/* A datagram under way. path.local is its source, path.remote its destination, as they stand on the
 * wire at that place. */
struct sim_dgram {
    struct sim_timer timer;
    struct sim *sim;
    struct sim_dgram *prev, *next;
    struct ik_path path;
    struct ik_path as_sent; /* path as it was at the sender */
    uint16_t mtu;           /* it comes back to its sender: it was too big for a link of that */
    struct ik_outer outer;  /* what its IP header says */
    uint16_t from;          /* node that sent it; SIM_NONE: forged */
    uint16_t to;            /* node, once routed */
    char label;             /* of the script rule that holds it; 0: not held */
    uint16_t len;
    uint8_t data[];
};

struct sim_net {
    struct sim_dgram *first; /* all that exist, held ones too */
    /* Sees each datagram as it arrives at node d->to (an eavesdropper at the receiver); NULL: none.
     */
    void (*tap)(void *ctx, const struct sim_dgram *d);
    /* Likewise as it leaves node d->from, before any fault. */
    void (*sent)(void *ctx, const struct sim_dgram *d);
    void *tap_ctx;
};

/* What a datagram is, read from its clear parts. */
enum sim_kind { SIM_IKE = 1, SIM_ESP, SIM_KEEPALIVE, SIM_CLEAR, SIM_JUNK, SIM_AH };

struct sim_view {
    uint8_t kind;      /* enum sim_kind */
    uint16_t ike_at;   /* IKE: offset of its header (behind the non-ESP marker) */
    struct ik_hdr hdr; /* IKE */
    uint32_t spi, seq; /* ESP, AH */
};

void sim_view(const struct sim_dgram *d, struct sim_view *out);
/* Likewise for bytes sent by a carrier. */
void sim_view_bytes(uint8_t carrier, const uint8_t *data, uint16_t len, struct sim_view *out);

/* What the IP header of a datagram says if nobody knows better. */
#define SIM_OUTER ((struct ik_outer){.ttl = 64, .df = true})

/* A node sends: script, then its link, NAT, routing, the other link, the other node. path as the
 * core gives it: local is the sender (any address: the node's). */
void sim_net_send(struct sim_node *from, const struct ik_path *path, const uint8_t *data,
                  uint16_t len);
/* Likewise with what the IP header is to say. */
void sim_net_send_as(struct sim_node *from, const struct ik_path *path,
                     const struct ik_outer *outer, const uint8_t *data, uint16_t len);
/* Sends all datagrams held under that label, in the order in which they were held. Answers how
 * many. */
unsigned sim_net_release(struct sim *s, char label);
void sim_net_free(struct sim *s);

#endif

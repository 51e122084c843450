/* SPDX-License-Identifier: MIT */
/*
 * A link and its faults. Each node has one; a datagram passes the link of its sender, the NAT boxes
 * on the way, and the link of its receiver.
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include "ikelet/ik_base.h"
#include "sim/rng.h"

/* All zero: instant and perfect. The same for both directions. */
struct sim_link {
    ik_time delay;            /* of every datagram */
    ik_time jitter;           /* and up to this more, uniformly */
    struct sim_ratio loss;    /* it is lost */
    struct sim_ratio twice;   /* it arrives twice, each copy with a jitter of its own */
    struct sim_ratio reorder; /* it is overtaken: arrives reorder_by later */
    ik_time reorder_by;
    struct sim_ratio corrupt; /* one bit of its IKE or ESP part is flipped (and UDP's checksum, as
                                 happens, does not tell) */
    uint16_t mtu;             /* octets of the largest IP packet; larger ones vanish; 0: any */
    bool tells;               /* and their sender is told so, by ICMP */
    bool cuts;                /* of ESP and AH, those that may be cut pass in pieces instead */
    bool cut;                 /* nothing passes */
    bool mute, deaf;          /* nothing passes from the node; to it */
};

/* What became of one copy. */
struct sim_copy {
    ik_time delay;
    bool corrupt;
    uint32_t bit; /* which one, counted from the first octet's high bit */
};

/* Why nothing arrived. */
enum sim_loss { SIM_PASSED, SIM_LOST_LOSS, SIM_LOST_MTU, SIM_LOST_CUT };

/* Sends a datagram of `octets` (of them `data` behind the IP and UDP header) over the link. Answers
 * how many copies arrive, 0 to 2, with their fates in out; *why tells where none did. */
unsigned sim_link_pass(const struct sim_link *link, struct sim_rng *rng, size_t octets, size_t data,
                       struct sim_copy out[2], enum sim_loss *why);

/* Octets of the outer headers of a datagram on that path. */
size_t sim_header_len(const struct ik_path *path);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Inner traffic: UDP packets that carry a mark and a number, so that each can be recognised where
 * it comes out, and never anywhere else.
 */
#ifndef SIM_TRAFFIC_H
#define SIM_TRAFFIC_H

#include "ikelet/ik_base.h"

struct sim;

#define SIM_MARK "ikelet sim inner"
#define SIM_MARK_LEN 16
/* Octets of mark and number: the least UDP payload. */
#define SIM_PAYLOAD_MIN 20

struct sim_inner {
    struct ik_addr src, dst;
    uint16_t src_port, dst_port; /* 0: 7 */
    uint16_t payload;            /* octets of UDP payload; SIM_PAYLOAD_MIN at least */
    uint16_t to; /* 1 + the node that it is for: no other may deliver it; 0: who has its address */
};

/* Gives one such packet to a node; answers its number in sim.check.packets. */
uint32_t sim_traffic_send(struct sim *s, uint16_t node, const struct sim_inner *in);
/* Likewise, with `mask` laid over the octet `at` of its header, and (IPv4) the checksum set right
 * again: whatever comes out elsewhere must still be that packet. */
uint32_t sim_traffic_send_odd(struct sim *s, uint16_t node, const struct sim_inner *in, uint16_t at,
                              uint8_t mask);
/* Builds it; answers its length, 0 if it is more than cap. */
uint16_t sim_traffic_build(const struct sim_inner *in, uint32_t id, uint8_t *out, uint16_t cap);
/* Reads the number of a packet; false if it is none of ours. *udp_at: where its UDP header is. */
bool sim_traffic_parse(const uint8_t *ip, uint16_t len, uint32_t *id, uint16_t *udp_at);
/* Is the mark anywhere in these octets? */
bool sim_traffic_seen(const uint8_t *p, uint16_t len);

#endif

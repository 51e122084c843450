/* SPDX-License-Identifier: MIT */
/* IPv6 packets as the firmware's link carries them, read and written by the book and not by it. */
#ifndef SIM_FIRMWARE_IP6_H
#define SIM_FIRMWARE_IP6_H

#include "sim/sim.h"

#define IP6_HEAD 40
#define UDP_HEAD 8

/* What a packet says. Ports and carrier are 0 and ESP where no UDP is. */
struct ip6_view {
    struct ik_addr from, to;
    uint16_t from_port, to_port;
    uint8_t carrier; /* enum ik_carrier */
    const uint8_t *body;
    uint16_t len;
};

/* NULL, or what is wrong with it, in words: nothing but UDP with a good checksum, or ESP, is right.
 */
const char *ip6_view(const uint8_t *packet, uint16_t len, struct ip6_view *out);

/* Writes IPv6 and UDP header (no UDP if from_port is 0: ESP) and body; answers the length, 0 if it
 * does not fit. */
uint16_t ip6_write(uint8_t *packet, size_t cap, const struct ip6_view *what);
/* The packet that a datagram of the simulation is. */
uint16_t ip6_datagram(uint8_t *packet, size_t cap, const struct sim_dgram *d);

#endif

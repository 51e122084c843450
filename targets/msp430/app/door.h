/* SPDX-License-Identifier: MIT */
/* Inside of the garage-door remote. */
#ifndef APP_DOOR_H
#define APP_DOOR_H

#include "board/target.h"

#define DOOR_PORT 4930
#define IP6_LEN 40
#define UDP_LEN 8
#define IP_UDP 17
#define IP_ESP 50

/* ---- main.c: seams, where the runner stops ----------------------------------------------------
 */

void door_told(uint8_t event, uint8_t reason);
void door_answered(uint32_t press);
void door_refused(void);
void run_job(struct ik_job *job);

/* ---- crypto.c: the algorithms that this image has -------------------------------------------- */

extern const struct ik_crypto door_crypto;
extern const struct ik_proposal door_ike, door_esp;

/* ---- config.c -------------------------------------------------------------------------------- */

/* What ik_config points to; lives as long as the node. */
struct door_config {
    struct ik_config ik;
    struct ik_peer peer;
    struct ik_policy policy;
};
void door_configure(struct door_config *c, const struct store *s);

/* ---- ip6.c ----------------------------------------------------------------------------------- */

/* Writes the IPv6 and, unless the carrier is ESP, the UDP header of a datagram to head; answers
 * their length. */
uint16_t ip6_outer(uint8_t head[IP6_LEN + UDP_LEN], const struct ik_path *path, const uint8_t *data,
                   uint16_t len);
/* Reads those headers; *pkt becomes what they carry. False for what is not for local, is cut, has a
 * wrong checksum or another protocol. */
bool ip6_read(struct ik_pkt *pkt, const uint8_t local[16], struct ik_path *path);
/* Writes a UDP packet of the door's port at pkt->off, where body_len octets of body stand behind
 * the place for the headers. */
void ip6_inner(struct ik_pkt *pkt, const struct ik_ts *from, const struct ik_ts *to,
               uint16_t body_len);

#endif

/* SPDX-License-Identifier: MIT */
/* Inside of the garage-door remote. */
#ifndef APP_DOOR_H
#define APP_DOOR_H

#include "board/target.h"

#define DOOR_PORT 4930

/* Does the remote resume its IKE SA by a ticket? An image's choice; the full profile of a test
 * knows more than any image. */
#define DOOR_RESUMES (IK_RESUME && IK_LINKED)

/* Does it compute the next key pair when there is nothing else to do? Likewise. */
#ifndef DOOR_PREPARES
#define DOOR_PREPARES (IK_KEY_AHEAD && IK_LINKED)
#endif

#define IP6_LEN 40
#define UDP_LEN 8
#define IP_UDP 17
#define IP_ESP 50

/* ---- main.c: seams, where the runner stops ----------------------------------------------------
 */

void door_told(uint8_t event, uint8_t reason);
void door_answered(const uint8_t press[4]);
void door_refused(uint16_t magic);
bool run_job(struct ik_job *job);

/* Thousands of cycles after which link, button, timers and watchdog are served again: 20 ms, less
 * what it takes to wipe the stack and to come round. */
#define JOB_SLICE 154

/* ---- crypto.c: the algorithms that this image has -------------------------------------------- */

extern const struct ik_crypto door_crypto;
extern const struct ik_proposal door_ike, door_esp;

/* ---- config.c -------------------------------------------------------------------------------- */

/* What the node is told; the peer's and the policy's come from the store, which has to stay. */
extern const struct ik_config ik_linked_config;
extern struct ik_peer door_peer;
extern struct ik_policy door_policy;
void door_configure(const struct store *s);

/* ---- ip6.c ----------------------------------------------------------------------------------- */

/* Whence and whither; from_port 0: ESP instead of UDP. */
struct ip6_ends {
    const uint8_t *from, *to;
    uint16_t from_port, to_port;
};
/* Writes (to an even address) the IPv6 and, unless it is ESP, the UDP header for that body; answers
 * their length. */
uint16_t ip6_put(uint8_t ip[IP6_LEN + UDP_LEN], const struct ip6_ends *ends, const uint8_t *body,
                 uint16_t len);
/* Reads those headers; *pkt becomes what they carry. False for what is not for local, is cut, has a
 * wrong checksum or another protocol. */
bool ip6_read(struct ik_pkt *pkt, const uint8_t local[16], struct ik_path *path);

#endif

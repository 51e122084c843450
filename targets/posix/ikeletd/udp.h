/* SPDX-License-Identifier: MIT */
/* Datagrams in trains: UDP_SEGMENT and UDP_GRO where the kernel has them, sendmsg one by one else.
 */
#ifndef IKELETD_UDP_H
#define IKELETD_UDP_H

#include "sockets.h"

#define UDP_TRAIN 64 /* datagrams that wait to leave */

struct udp {
    struct sockets *sockets;
    struct udp_room *room; /* for what comes */
    bool gso, gro;
    struct iovec io[UDP_TRAIN];
    unsigned n;
    size_t octets;
    struct ik_path path;   /* of all that wait, as outer */
    struct ik_outer outer; /* what their IP headers say; ttl 0: the host's own */
    uint64_t datagrams, calls, failed;
    int error; /* of the last that could not leave */
    struct ik_path failed_path;
    struct ik_path refused_path; /* of the last that was too long for its link: */
    uint8_t refused[80];         /* how it begins */
    size_t refused_len;
};

/* Marks the sockets, enlarges their buffers, asks for errors of the path, and probes the offloads.
 * False without memory. */
bool udp_prepare(struct udp *u, struct sockets *s, bool offload);

void udp_forget(struct udp *u);

/* Is there an SA of transport mode in UDP? An IPv6 header needs more room than ESP leaves free, and
 * in a train there is no more. */
void udp_transport(struct udp *u, bool there);

/* Called for each datagram that came: pkt may be changed until udp_receive() has returned. */
typedef void (*udp_take)(void *ctx, const struct ik_path *path, struct ik_pkt *pkt);
/* Some datagrams of one socket; answers how many system calls' worth came: 0: there is no more. */
unsigned udp_receive(struct udp *u, const struct sock *sock, udp_take take, void *ctx);

/* data stays where it is until udp_flush(): it may be called here, too. */
void udp_queue(struct udp *u, const struct ik_path *path, const struct ik_outer *outer,
               const uint8_t *data, size_t len);
void udp_flush(struct udp *u);
/* At once. */
void udp_send(struct udp *u, const struct ik_path *path, const struct ik_outer *outer,
              const uint8_t *data, size_t len);

#endif

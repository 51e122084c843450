/* SPDX-License-Identifier: MIT */
/* What routers, other hosts and the kernel say of datagrams that we have sent (ICMP). */
#ifndef POSIX_COMPLAINT_H
#define POSIX_COMPLAINT_H

#include "sockets.h"

#define COMPLAINT_QUOTED 128

struct complaint {
    int error;           /* ECONNREFUSED: nobody listens; EMSGSIZE: too big; or another errno */
    struct ik_path path; /* on which it left: carrier, remote address and port */
    uint16_t mtu;        /* EMSGSIZE: octets of the largest IP datagram that passes; 0: not told */
    uint16_t quoted_len; /* what came back of it, as ik_node_too_big() wants it; 0: the kernel's own
                            word of the first hop */
    uint8_t quoted[COMPLAINT_QUOTED];
};

/* Has the kernel keep them for a socket. They make it readable; the next call for it fails once
 * with that errno, and does nothing. False: errno says why not. */
bool complaint_ask(int fd, uint8_t family);
/* The next one. False if there is none. */
bool complaint_take(const struct sock *sock, struct complaint *out);
/* A line for people: "nobody listens at 192.0.2.1 port 500 (ICMP port unreachable)". */
void complaint_print(const struct complaint *c, char *out, size_t len);
/* Is it what the core wants to know? */
bool complaint_is_for_core(const struct complaint *c);
/* Tells the core, if it was too big: it cuts IKE messages (RFC 7383 2.5.2), and tells who sends
 * packets inside (RFC 4301 8.2.1). */
void complaint_tell(const struct complaint *c, struct ik_node *node, ik_time now);

#endif

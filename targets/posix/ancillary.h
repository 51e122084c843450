/* SPDX-License-Identifier: MIT */
/*
 * What goes beside a datagram (RFC 3542 6): the local address, and what its IP header says. One
 * place for reading and for writing it, because the sockets of the `ikelet` command and the trains
 * of ikeletd must not differ in it.
 */
#ifndef POSIX_ANCILLARY_H
#define POSIX_ANCILLARY_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "ah_header.h"
#include "host.h"

#ifndef IPV6_FLOWINFO
#define IPV6_FLOWINFO 11 /* linux/in6.h, which does not go with netinet/in.h */
#endif

/* Room for either struct in_pktinfo or in6_pktinfo, TTL or hop limit, traffic class, flow label,
 * the length of a train's datagrams, and the headers before AH. */
union ancillary {
    struct cmsghdr align;
    char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + 4 * CMSG_SPACE(sizeof(int)) + AH_HEADER_MAX];
};

/* Asks for all of it on a socket of that IP version. False with errno. */
bool ancillary_ask(int fd, uint8_t family);

/* One item of what came: the local address, or a field of outer; nothing of other items. The zone
 * of a link-local address is learned (zones.h). */
void ancillary_take(const struct cmsghdr *c, struct ik_addr *local, struct ik_outer *outer);

/* Adds an item to m, whose msg_control has room for it and whose msg_controllen is how much there
 * is so far. */
void ancillary_put(struct msghdr *m, int level, int type, const void *data, size_t len);

/* Adds what a datagram over that path leaves with: from which address (also by a wildcard socket),
 * TTL or hop limit, and traffic class. DF and the flow label are the kernel's: it sets DF, and
 * makes a label of its own. */
void ancillary_put_path(struct msghdr *m, const struct ik_path *path, const struct ik_outer *outer);

#endif

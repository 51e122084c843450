/* SPDX-License-Identifier: MIT */
/* The IPv6 headers before AH, which a raw socket does not hand over, but tells of. */
#ifndef POSIX_AH_HEADER_H
#define POSIX_AH_HEADER_H

#include <sys/socket.h>

#include "host.h"

/* Octets of headers that are put before a packet at the most, and of what tells of them. */
#define AH_HEADER_MAX 2048

/* The socket shall tell of them, and take whole packets. False with errno. */
bool ah_header_ask(int fd, uint8_t family);

/* Puts the headers of an IPv6 packet of len octets from AH on before at, where there are
 * AH_HEADER_MAX octets of room: the first one made of the addresses and of outer, the others as
 * they came. Answers their octets; 0: they are too long, or were cut. */
size_t ah_header_put(uint8_t *at, size_t len, struct msghdr *m, const struct ik_addr *remote,
                     const struct ik_addr *local, const struct ik_outer *outer);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The zones of link-local addresses (RFC 4007), which mean nothing without the link that they are
 * of. The core's addresses have none: the host keeps what it was told (fe80::1%eth0) and what it
 * saw, datagram by datagram, and puts it back when it sends. An address that is used on two links
 * is of the one where it was heard last. One process, one thread.
 */
#ifndef POSIX_ZONES_H
#define POSIX_ZONES_H

#include "host.h"

/* As host_addr_parse(), and with a zone behind a link-local address: the name of an interface or
 * its number (section 11). False too if there is no such interface. */
bool zones_addr_parse(const char *text, struct ik_addr *out);

/* Behind an error about text: what its zone must be; "" if it has none. */
const char *zones_hint(const char *text);

/* A link-local address of which no link is known: nothing can be sent there. */
bool zones_lacks(const struct ik_addr *a);

/* That address was heard on that interface. Nothing but for link-local ones. */
void zones_learn(const struct ik_addr *a, uint32_t interface);

/* The interface of a link-local address; 0: not known, or it needs none. */
uint32_t zones_of(const struct ik_addr *a);

#endif

/* SPDX-License-Identifier: MIT */
/* ICMP echo (RFC 792) and ICMPv6 echo (RFC 4443 4) in whole IP packets. */
#ifndef POSIX_ICMP_H
#define POSIX_ICMP_H

#include "host.h"

enum icmp_kind { ICMP_NONE, ICMP_ECHO_REQUEST, ICMP_ECHO_REPLY, ICMP_OTHER };

struct icmp {
    enum icmp_kind kind;
    uint8_t type, code; /* OTHER */
    uint8_t ttl;
    struct ik_addr src, dst;
    uint16_t id, seq;    /* echo */
    const uint8_t *data; /* echo: behind the sequence number */
    size_t len;
};

/* Reads an IP packet. kind is NONE if it holds no ICMP, is cut short, or its checksum is wrong. */
void icmp_parse(const uint8_t *packet, size_t len, struct icmp *out);

/* Writes the IP packet of an echo; answers its length, 0 if cap is too small. data may stand in out
 * already, where it belongs. */
size_t icmp_put_echo(uint8_t *out, size_t cap, const struct icmp *echo);

#endif

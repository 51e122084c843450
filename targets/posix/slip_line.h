/* SPDX-License-Identifier: MIT */
/* The two ends of `ikelet slip`: a serial line, and what its packets go to. */
#ifndef POSIX_SLIP_LINE_H
#define POSIX_SLIP_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host.h"

/* Each answers a descriptor that does not block, or -1 with one line for people in err. */

/* A serial device or the slave of a pty: 8 bits, no parity, nothing translated. */
int slip_line_open(const char *path, unsigned baud, char *err, size_t cap);
/* The master of a new pty, whose slave the symbolic link at path names; *keep: a descriptor of the
 * slave, so that the line stays when whoever uses it leaves. A link to a pty that is no more is
 * replaced; anything else that is there is a mistake. */
int slip_pty_make(const char *path, int *keep, char *err, size_t cap);
/* Removes that link, if it is still the one to this line. */
void slip_pty_unlink(const char *path, int line);

/* An address and its prefix. */
struct slip_net {
    struct ik_addr addr;
    uint8_t bits;
};
/* A new TUN device with that address (family 0: none), up. */
int slip_tun_open(const char *name, const struct slip_net *net, unsigned mtu, char *err,
                  size_t cap);
/* A UDP socket that speaks with one peer; local_port 0: any. */
int slip_udp_open(const struct ik_addr *peer, uint16_t port, uint16_t local_port, char *err,
                  size_t cap);

#endif

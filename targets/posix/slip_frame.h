/* SPDX-License-Identifier: MIT */
/* SLIP (RFC 1055): whole packets over a serial line. */
#ifndef POSIX_SLIP_FRAME_H
#define POSIX_SLIP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLIP_PACKET_MAX 2048

/* Octets of a frame at the most: each of the packet may be two, and both ends have an END. */
#define SLIP_FRAME_MAX (2 * SLIP_PACKET_MAX + 2)

/* Writes the frame of a packet of at most SLIP_PACKET_MAX octets; answers its length. It begins
 * with an END, too, which ends what noise has begun. */
size_t slip_frame(const uint8_t *packet, size_t len, uint8_t out[SLIP_FRAME_MAX]);

/* What has come of a frame. Zeroed, it begins. */
struct slip_reader {
    uint8_t packet[SLIP_PACKET_MAX];
    size_t len;
    bool ended;           /* the last octet was an END */
    bool escaped, broken; /* broken: too long, or a wrong escape; dropped at its END */
};

/* Takes an octet. True if it ends a frame that is not empty: then packet and len are it until the
 * next octet. *dropped is counted up for each frame that was broken. */
bool slip_read(struct slip_reader *r, uint8_t octet, unsigned *dropped);

#endif

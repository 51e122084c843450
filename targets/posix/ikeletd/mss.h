/* SPDX-License-Identifier: MIT */
/* The maximum segment size that a TCP SYN tells (RFC 9293 3.7.1), made to fit the tunnel. */
#ifndef IKELETD_MSS_H
#define IKELETD_MSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lowers it in place if packet[0..len) is a SYN whose segments would be larger than mtu. Answers
 * whether it did. */
bool mss_clamp(uint8_t *packet, size_t len, unsigned mtu);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Which worker a datagram is for, as a function and as programs of the kernel's classic BPF that
 * say the same. Our SPIs begin with the worker's number (ik_host.shard). An ESP packet names such a
 * one; an IKE message names two, and its Initiator flag tells which is ours (RFC 7296 3.1). The
 * first message of an IKE SA names the peer's alone: by a hash of that, so that what is repeated,
 * and comes again with a cookie (2.6), finds the same worker.
 */
#ifndef IKELETD_STEER_H
#define IKELETD_STEER_H

#include <linux/filter.h>

#include "sockets.h"

#define STEER_INSNS 48

/* How many bits of an SPI tell the worker. */
uint8_t steer_bits(unsigned workers);
/* Whose an SPI of ours is; any number has a worker, also what a person has written. */
unsigned steer_spi(uint32_t spi, unsigned workers);
/* Data of UDP, on port 4500 (or the like) or 500. */
unsigned steer_datagram(uint8_t carrier, const uint8_t *data, size_t len, unsigned workers);
/* Is this a message that any worker might have to see: one outside of all IKE SAs, which tells of
 * an SPI that a peer does not know (RFC 7296 1.5)? */
bool steer_is_for_all(uint8_t carrier, const uint8_t *data, size_t len);
/* Does it resume an IKE SA by a ticket of ours (RFC 5723)? Then *to becomes the worker that gave
 * the ticket, as its serial says (steer_serial()). */
bool steer_ticket(uint8_t carrier, const uint8_t *data, size_t len, unsigned workers, unsigned *to);
/* Where a worker begins to count the keys of its tickets. */
uint32_t steer_serial(unsigned worker, unsigned workers);

/* For SO_ATTACH_REUSEPORT_CBPF: answers the worker; how many instructions. */
unsigned steer_program(uint8_t carrier, unsigned workers, struct sock_filter *out);
/* For SO_ATTACH_FILTER on a raw socket, ESP or AH: takes what is for that worker alone. */
unsigned steer_filter(uint8_t carrier, uint8_t family, unsigned worker, unsigned workers,
                      struct sock_filter *out);
/* Gives a worker's sockets theirs; those for UDP serve all, and come with the last worker. False:
 * errno says why. */
bool steer_attach(const struct sockets *s, unsigned worker, unsigned workers);

#endif

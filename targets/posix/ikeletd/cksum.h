/* SPDX-License-Identifier: MIT */
/* The Internet checksum (RFC 1071) in steps of eight octets: each inner octet passes here once. */
#ifndef IKELETD_CKSUM_H
#define IKELETD_CKSUM_H

#include <stddef.h>
#include <stdint.h>

/* The sum, in the octets' own order and not folded, of sum and p[0..len). */
uint64_t cksum_add(uint64_t sum, const uint8_t *p, size_t len);
/* Folded to 16 bits, to be stored as it lies in memory; not complemented. */
uint16_t cksum_fold(uint64_t sum);
/* The pseudo header of the IP packet at ip for len octets of proto behind its header. */
uint64_t cksum_pseudo(const uint8_t *ip, uint8_t proto, size_t len);

#endif

/* SPDX-License-Identifier: MIT */
/* What the files of AH (RFC 4302) have of each other, beside ipsec.h. */
#ifndef IK_IPSEC_AH_H
#define IK_IPSEC_AH_H

#include "ipsec/ipsec.h"

#if IK_AH

#define IK_AH_HDR 12 /* octets before the ICV */

/* Octets of the whole header of that SA, in an IPv6 packet or an IPv4 one. */
uint8_t ik_ah_header_len(const struct ik_child_sa *sa, bool v6);

/* Parts of a packet that the ICV covers one after the other: enough for a dozen IPv6 options that
 * may change, each between two that may not, and for what ah.c adds. */
#define IK_AH_PARTS 32
#define IK_AH_PARTS_OF_HEADERS (IK_AH_PARTS - 5)

/* Headers as they are covered: what may change on the way is zero, what changes in a way that is
 * known is as it will be at the end. in[0] is left to the key. */
struct ik_ah_cover {
    struct ik_span in[IK_AH_PARTS];
    uint8_t n;
    uint8_t base[60];  /* IPv4 header with its options, or the 40 octets of IPv6 */
    uint8_t route[8];  /* of a routing header, before its addresses */
    const uint8_t *to; /* where the packet ends up, in base */
};

/* Covers the at octets of headers that are before AH; ip is whole, and ik_ah_find() or
 * ik_ah_place() was satisfied with it. leaving: it has its way before it; else its route must have
 * come to an end. IK_ERR_SYNTAX: options that are cut; a routing header of which it is not known
 * how it changes; too many options. */
IK_NODISCARD enum ik_status ik_ah_cover(struct ik_ah_cover *cover, const uint8_t *ip, uint16_t at,
                                        bool leaving);

#endif

#endif

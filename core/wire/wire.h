/* SPDX-License-Identifier: MIT */
/*
 * What the files of core/wire share.
 */
#ifndef IK_WIRE_WIRE_H
#define IK_WIRE_WIRE_H

#include "ikelet/ik_wire.h"
#include "util/util.h"

#define IK_GENERIC_LEN 4  /* generic payload header (RFC 7296 3.2) */
#define IK_HDR_NEXT_AT 16 /* offsets in the IKE header (3.1) */
#define IK_HDR_LEN_AT 24

/* KE, ID, AUTH, Notify, Delete, TS, CP and SKF begin with four octets of their own. */
#define IK_BODY_HEAD 4

/* What stands behind the first n octets of s; n is at most s.len. */
static inline struct ik_span ik_span_from(struct ik_span s, uint16_t n)
{
    return (struct ik_span){s.p + n, (uint16_t)(s.len - n)};
}

/* Writes such a payload: the four octets, and a value. */
void ik_body_put(struct ik_chain *c, uint8_t type, uint32_t head, const struct ik_span *value);

#endif

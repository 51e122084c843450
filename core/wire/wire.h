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

/* Begins to read a body at *at, for readers that walk by a cursor. */
static inline void ik_rd_init_at(struct ik_rd *r, struct ik_span body, uint16_t at)
{
    ik_rd_init(r, body.p, body.len);
    (void)ik_rd_span(r, at);
}

/* IK_ERR_SYNTAX if the reader ran short. */
static inline enum ik_status ik_rd_status(const struct ik_rd *r)
{
    return r->bad ? IK_ERR_SYNTAX : IK_OK;
}

/* The rest of what the reader has. */
static inline struct ik_span ik_rd_rest(struct ik_rd *r)
{
    return ik_rd_span(r, r->left);
}

#endif

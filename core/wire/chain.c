/* SPDX-License-Identifier: MIT */
/* Building a chain of payloads (RFC 7296 3.2): each header is patched by what comes behind it. */
#include "wire/wire.h"

/* Offset that no octet of a buffer has: a bare chain has no header before it to patch. */
#define NOWHERE UINT16_MAX

void ik_msg_begin(struct ik_chain *c, uint8_t *buf, size_t cap, const struct ik_hdr *hdr)
{
    ik_chain_begin(c, buf, cap);
    ik_hdr_put(&c->w, hdr);
    ik_wr_patch8(&c->w, IK_HDR_NEXT_AT, IK_PL_NONE);
    c->next_at = IK_HDR_NEXT_AT;
}

void ik_chain_begin(struct ik_chain *c, uint8_t *buf, size_t cap)
{
    memset(c, 0, sizeof *c);
    ik_wr_init(&c->w, buf, cap);
    c->next_at = NOWHERE;
}

uint8_t ik_chain_first(const struct ik_chain *c)
{
    return c->first;
}

void ik_payload_open(struct ik_chain *c, uint8_t type)
{
    if (c->first == IK_PL_NONE) {
        c->first = type;
    }
    if (c->next_at != NOWHERE) {
        ik_wr_patch8(&c->w, c->next_at, type);
    }
    c->open_at = c->w.len;
    c->next_at = c->w.len;
    ik_wr_zero(&c->w, IK_GENERIC_LEN);
}

void ik_payload_close(struct ik_chain *c)
{
    ik_wr_patch16(&c->w, (uint16_t)(c->open_at + 2), (uint16_t)(c->w.len - c->open_at));
}

enum ik_status ik_msg_end(struct ik_chain *c)
{
    ik_wr_patch32(&c->w, IK_HDR_LEN_AT, c->w.len);
    return ik_wr_ok(&c->w) ? IK_OK : IK_ERR_NO_ROOM;
}

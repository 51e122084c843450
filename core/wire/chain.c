/* SPDX-License-Identifier: MIT */
/* Building a chain of payloads (RFC 7296 3.2): each header is patched by what comes behind it. */
#include "wire/wire.h"

void ik_msg_begin(struct ik_chain *c, uint8_t *buf, size_t cap, const struct ik_hdr *hdr)
{
    ik_chain_begin(c, buf, cap);
    ik_hdr_put(&c->w, hdr);
    if (!c->w.bad) {
        c->next = buf + IK_HDR_NEXT_AT;
        *c->next = IK_PL_NONE;
    }
}

void ik_chain_begin(struct ik_chain *c, uint8_t *buf, size_t cap)
{
    ik_wr_init(&c->w, buf, cap);
    c->first = IK_PL_NONE;
    c->next = &c->first;
    c->open_at = 0;
}

uint8_t ik_chain_first(const struct ik_chain *c)
{
    return c->first;
}

void ik_payload_open(struct ik_chain *c, uint8_t type)
{
    uint16_t at = c->w.len;
    ik_wr_zero(&c->w, IK_GENERIC_LEN);
    if (!c->w.bad) {
        *c->next = type;
        c->next = c->w.buf + at;
        c->open_at = at;
    }
}

void ik_payload_close(struct ik_chain *c)
{
    ik_wr_patch16(&c->w, (uint16_t)(c->open_at + 2), (uint16_t)(c->w.len - c->open_at));
}

void ik_body_put(struct ik_chain *c, uint8_t type, uint32_t head, const struct ik_span *value)
{
    ik_payload_open(c, type);
    ik_wr_u32(&c->w, head);
    ik_wr_bytes(&c->w, value->p, value->len);
    ik_payload_close(c);
}

enum ik_status ik_msg_end(struct ik_chain *c)
{
    ik_wr_patch16(&c->w, IK_HDR_LEN_AT + 2, c->w.len);
    return c->w.bad ? IK_ERR_NO_ROOM : IK_OK;
}

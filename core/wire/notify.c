/* SPDX-License-Identifier: MIT */
/* Notify payload (RFC 7296 3.10). */
#include "wire/wire.h"

enum ik_status ik_notify_parse(struct ik_span body, struct ik_notify *out)
{
    struct ik_rd r;
    ik_rd_init(&r, body.p, body.len);
    out->protocol = ik_rd_u8(&r);
    uint8_t spi_len = ik_rd_u8(&r);
    out->type = ik_rd_u16(&r);
    out->spi = ik_rd_span(&r, spi_len);
    out->data = ik_rd_rest(&r);
    if (spi_len == 0) {
        /* "If the SPI field is empty, this field […] MUST be ignored on receipt." */
        out->protocol = IK_PROTO_NONE;
    } else if ((out->protocol == IK_PROTO_AH || out->protocol == IK_PROTO_ESP) && spi_len != 4) {
        return IK_ERR_SYNTAX;
    }
    return ik_rd_status(&r);
}

void ik_notify_put(struct ik_chain *c, const struct ik_notify *n)
{
    ik_payload_open(c, IK_PL_NOTIFY);
    ik_wr_u8(&c->w, n->spi.len ? n->protocol : IK_PROTO_NONE);
    ik_wr_u8(&c->w, (uint8_t)n->spi.len);
    ik_wr_u16(&c->w, n->type);
    ik_wr_bytes(&c->w, n->spi.p, n->spi.len);
    ik_wr_bytes(&c->w, n->data.p, n->data.len);
    ik_payload_close(c);
}

bool ik_notify_find(const struct ik_msg *m, uint16_t type, struct ik_notify *out)
{
    uint8_t i = 0;
    while (ik_notify_next(m, &i, out)) {
        if (out->type == type) {
            return true;
        }
    }
    return false;
}

bool ik_notify_next(const struct ik_msg *m, uint8_t *i, struct ik_notify *out)
{
    while (*i < m->payloads_n) {
        const struct ik_payload *p = &m->payloads[(*i)++];
        if (p->type == IK_PL_NOTIFY && ik_notify_parse(p->body, out) == IK_OK) {
            return true;
        }
    }
    return false;
}

/* SPDX-License-Identifier: MIT */
/* Notify payload (RFC 7296 3.10). */
#include "wire/wire.h"

enum ik_status ik_notify_parse(struct ik_span body, struct ik_notify *out)
{
    if (body.len < IK_BODY_HEAD) {
        return IK_ERR_SYNTAX;
    }
    struct ik_span rest = ik_span_from(body, IK_BODY_HEAD);
    uint8_t spi_len = body.p[1];
    if (spi_len > rest.len) {
        return IK_ERR_SYNTAX;
    }
    out->protocol = body.p[0];
    out->type = ik_get16(body.p + 2);
    out->spi = (struct ik_span){rest.p, spi_len};
    out->data = ik_span_from(rest, spi_len);
    if (spi_len == 0) {
        /* "If the SPI field is empty, this field […] MUST be ignored on receipt." */
        out->protocol = IK_PROTO_NONE;
    } else if ((out->protocol == IK_PROTO_AH || out->protocol == IK_PROTO_ESP) && spi_len != 4) {
        return IK_ERR_SYNTAX;
    }
    return IK_OK;
}

void ik_notify_put(struct ik_chain *c, const struct ik_notify *n)
{
    uint8_t protocol = n->spi.len > 0 ? n->protocol : IK_PROTO_NONE;
    uint32_t head = (uint32_t)protocol << 24 | (uint32_t)n->spi.len << 16 | n->type;
    ik_body_put(c, IK_PL_NOTIFY, head, &n->spi);
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
        if (p->type == IK_PL_NOTIFY) {
            return ik_notify_parse(p->body, out) == IK_OK;
        }
    }
    return false;
}

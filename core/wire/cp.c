/* SPDX-License-Identifier: MIT */
/* Configuration payload (RFC 7296 3.15). */
#include "wire/wire.h"

#define ATTR_TYPE_MASK 0x7fffu /* the top bit is reserved, ignored on receipt (3.15.1) */
#define ATTR_HEAD 4

enum ik_status ik_cp_parse(struct ik_span body, uint8_t *cfg_type, struct ik_span *attrs)
{
    struct ik_cp_attr attr;
    uint16_t at = 0;
    if (body.len < IK_BODY_HEAD) {
        return IK_ERR_SYNTAX;
    }
    *cfg_type = body.p[0];
    *attrs = ik_span_from(body, IK_BODY_HEAD);
    while (at < attrs->len) {
        if (ik_cp_next(*attrs, &at, &attr) != IK_OK) {
            return IK_ERR_SYNTAX;
        }
    }
    return IK_OK;
}

enum ik_status ik_cp_next(struct ik_span attrs, uint16_t *at, struct ik_cp_attr *out)
{
    struct ik_span rest = ik_span_from(attrs, *at);
    if (rest.len < ATTR_HEAD) {
        return IK_ERR_SYNTAX;
    }
    uint16_t len = ik_get16(rest.p + 2);
    if (len > rest.len - ATTR_HEAD) {
        return IK_ERR_SYNTAX;
    }
    out->type = ik_get16(rest.p) & ATTR_TYPE_MASK;
    out->value = (struct ik_span){rest.p + ATTR_HEAD, len};
    *at = (uint16_t)(*at + ATTR_HEAD + len);
    return IK_OK;
}

void ik_cp_put(struct ik_chain *c, uint8_t cfg_type, const struct ik_cp_attr *attrs, uint8_t n)
{
    ik_payload_open(c, IK_PL_CP);
    ik_wr_u16(&c->w, (uint16_t)(cfg_type << 8));
    ik_wr_u16(&c->w, 0);
    for (uint8_t i = 0; i < n; i++) {
        ik_wr_u16(&c->w, attrs[i].type & ATTR_TYPE_MASK);
        ik_wr_u16(&c->w, attrs[i].value.len);
        ik_wr_bytes(&c->w, attrs[i].value.p, attrs[i].value.len);
    }
    ik_payload_close(c);
}

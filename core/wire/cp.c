/* SPDX-License-Identifier: MIT */
/* Configuration payload (RFC 7296 3.15). */
#include "wire/wire.h"

#define ATTR_TYPE_MASK 0x7fffu /* the top bit is reserved, ignored on receipt (3.15.1) */

enum ik_status ik_cp_parse(struct ik_span body, uint8_t *cfg_type, struct ik_span *attrs)
{
    struct ik_rd r;
    struct ik_cp_attr attr;
    uint16_t at = 0;
    ik_rd_init(&r, body.p, body.len);
    *cfg_type = ik_rd_u8(&r);
    (void)ik_rd_span(&r, 3); /* RESERVED */
    *attrs = ik_rd_rest(&r);
    while (at < attrs->len) {
        if (ik_cp_next(*attrs, &at, &attr) != IK_OK) {
            return IK_ERR_SYNTAX;
        }
    }
    return ik_rd_status(&r);
}

enum ik_status ik_cp_next(struct ik_span attrs, uint16_t *at, struct ik_cp_attr *out)
{
    struct ik_rd r;
    ik_rd_init_at(&r, attrs, *at);
    out->type = ik_rd_u16(&r) & ATTR_TYPE_MASK;
    uint16_t len = ik_rd_u16(&r);
    out->value = ik_rd_span(&r, len);
    *at = (uint16_t)(attrs.len - r.left);
    return ik_rd_status(&r);
}

void ik_cp_put(struct ik_chain *c, uint8_t cfg_type, const struct ik_cp_attr *attrs, uint8_t n)
{
    ik_payload_open(c, IK_PL_CP);
    ik_wr_u8(&c->w, cfg_type);
    ik_wr_zero(&c->w, 3);
    for (uint8_t i = 0; i < n; i++) {
        ik_wr_u16(&c->w, attrs[i].type & ATTR_TYPE_MASK);
        ik_wr_u16(&c->w, attrs[i].value.len);
        ik_wr_bytes(&c->w, attrs[i].value.p, attrs[i].value.len);
    }
    ik_payload_close(c);
}

/* SPDX-License-Identifier: MIT */
/* Identification payloads (RFC 7296 3.5). */
#include "wire/wire.h"

enum ik_status ik_id_parse(struct ik_span body, struct ik_wire_id *out)
{
    struct ik_rd r;
    ik_rd_init(&r, body.p, body.len);
    out->type = ik_rd_u8(&r);
    (void)ik_rd_span(&r, 3); /* RESERVED */
    out->data = ik_rd_rest(&r);
    if ((out->type == IK_ID_IPV4_ADDR && out->data.len != 4) ||
        (out->type == IK_ID_IPV6_ADDR && out->data.len != 16)) {
        return IK_ERR_SYNTAX;
    }
    return ik_rd_status(&r);
}

void ik_id_put(struct ik_chain *c, uint8_t payload_type, const struct ik_wire_id *id)
{
    ik_payload_open(c, payload_type);
    ik_wr_u8(&c->w, id->type);
    ik_wr_zero(&c->w, 3);
    ik_wr_bytes(&c->w, id->data.p, id->data.len);
    ik_payload_close(c);
}

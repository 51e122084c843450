/* SPDX-License-Identifier: MIT */
/* Identification payloads (RFC 7296 3.5). */
#include "wire/wire.h"

enum ik_status ik_id_parse(struct ik_span body, struct ik_id *out)
{
    if (body.len < IK_BODY_HEAD) {
        return IK_ERR_SYNTAX;
    }
    out->type = body.p[0];
    out->data = ik_span_from(body, IK_BODY_HEAD);
    if ((out->type == IK_ID_IPV4_ADDR && out->data.len != 4) ||
        (out->type == IK_ID_IPV6_ADDR && out->data.len != 16)) {
        return IK_ERR_SYNTAX;
    }
    return IK_OK;
}

void ik_id_put(struct ik_chain *c, uint8_t payload_type, const struct ik_id *id)
{
    ik_body_put(c, payload_type, (uint32_t)id->type << 24, &id->data);
}

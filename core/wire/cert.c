/* SPDX-License-Identifier: MIT */
/* Certificate and Certificate Request payloads (RFC 7296 3.6, 3.7): one layout. */
#include "wire/wire.h"

enum ik_status ik_cert_parse(struct ik_span body, struct ik_cert *out)
{
    if (body.len < 1) {
        return IK_ERR_SYNTAX;
    }
    out->encoding = body.p[0];
    out->data = ik_span_from(body, 1);
    return IK_OK;
}

void ik_cert_put(struct ik_chain *c, uint8_t payload_type, const struct ik_cert *cert)
{
    ik_payload_open(c, payload_type);
    ik_wr_u8(&c->w, cert->encoding);
    ik_wr_bytes(&c->w, cert->data.p, cert->data.len);
    ik_payload_close(c);
}

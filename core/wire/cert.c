/* SPDX-License-Identifier: MIT */
/* Certificate and Certificate Request payloads (RFC 7296 3.6, 3.7): one layout. */
#include "wire/wire.h"

enum ik_status ik_cert_parse(struct ik_span body, struct ik_cert *out)
{
    struct ik_rd r;
    ik_rd_init(&r, body.p, body.len);
    out->encoding = ik_rd_u8(&r);
    out->data = ik_rd_rest(&r);
    return ik_rd_status(&r);
}

void ik_cert_put(struct ik_chain *c, uint8_t payload_type, const struct ik_cert *cert)
{
    ik_payload_open(c, payload_type);
    ik_wr_u8(&c->w, cert->encoding);
    ik_wr_bytes(&c->w, cert->data.p, cert->data.len);
    ik_payload_close(c);
}

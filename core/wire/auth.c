/* SPDX-License-Identifier: MIT */
/* Authentication payload (RFC 7296 3.8). */
#include "wire/wire.h"

enum ik_status ik_auth_parse(struct ik_span body, struct ik_auth *out)
{
    struct ik_rd r;
    ik_rd_init(&r, body.p, body.len);
    out->method = ik_rd_u8(&r);
    (void)ik_rd_span(&r, 3); /* RESERVED */
    out->data = ik_rd_rest(&r);
    return ik_rd_status(&r);
}

void ik_auth_put(struct ik_chain *c, const struct ik_auth *auth)
{
    ik_payload_open(c, IK_PL_AUTH);
    ik_wr_u8(&c->w, auth->method);
    ik_wr_zero(&c->w, 3);
    ik_wr_bytes(&c->w, auth->data.p, auth->data.len);
    ik_payload_close(c);
}

/* SPDX-License-Identifier: MIT */
/* Authentication payload (RFC 7296 3.8). */
#include "wire/wire.h"

enum ik_status ik_auth_parse(struct ik_span body, struct ik_auth *out)
{
    if (body.len < IK_BODY_HEAD) {
        return IK_ERR_SYNTAX;
    }
    out->method = body.p[0];
    out->data = ik_span_from(body, IK_BODY_HEAD);
    return IK_OK;
}

void ik_auth_put(struct ik_chain *c, const struct ik_auth *auth)
{
    ik_body_put(c, IK_PL_AUTH, (uint32_t)auth->method << 24, &auth->data);
}

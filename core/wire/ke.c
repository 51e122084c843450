/* SPDX-License-Identifier: MIT */
/* Key Exchange payload (RFC 7296 3.4). */
#include "wire/wire.h"

enum ik_status ik_ke_parse(struct ik_span body, struct ik_ke *out)
{
    if (body.len < IK_BODY_HEAD) {
        return IK_ERR_SYNTAX;
    }
    out->group = ik_get16(body.p);
    out->data = ik_span_from(body, IK_BODY_HEAD);
    return IK_OK;
}

void ik_ke_put(struct ik_chain *c, const struct ik_ke *ke)
{
    ik_body_put(c, IK_PL_KE, (uint32_t)ke->group << 16, &ke->data);
}

/* SPDX-License-Identifier: MIT */
/* Encrypted Fragment payload (RFC 7383 2.5). It is built by sk.c. */
#include "wire/wire.h"

enum ik_status ik_skf_parse(struct ik_span body, struct ik_skf *out)
{
    if (body.len < IK_BODY_HEAD) {
        return IK_ERR_SYNTAX;
    }
    out->number = ik_get16(body.p);
    out->total = ik_get16(body.p + 2);
    out->sealed = ik_span_from(body, IK_BODY_HEAD);
    /* RFC 7383 2.6: neither is zero, and the number is not above the total. */
    return out->number == 0 || out->number > out->total ? IK_ERR_SYNTAX : IK_OK;
}

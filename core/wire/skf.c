/* SPDX-License-Identifier: MIT */
/* Encrypted Fragment payload (RFC 7383 2.5). It is built by sk.c. */
#include "wire/wire.h"

enum ik_status ik_skf_parse(struct ik_span body, struct ik_skf *out)
{
    struct ik_rd r;
    ik_rd_init(&r, body.p, body.len);
    out->number = ik_rd_u16(&r);
    out->total = ik_rd_u16(&r);
    out->sealed = ik_rd_rest(&r);
    /* RFC 7383 2.6: neither is zero, and the number is not above the total. */
    if (r.bad || out->number == 0 || out->number > out->total) {
        return IK_ERR_SYNTAX;
    }
    return IK_OK;
}

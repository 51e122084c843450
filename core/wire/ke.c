/* SPDX-License-Identifier: MIT */
/* Key Exchange payload (RFC 7296 3.4). */
#include "wire/wire.h"

enum ik_status ik_ke_parse(struct ik_span body, struct ik_ke *out)
{
    struct ik_rd r;
    ik_rd_init(&r, body.p, body.len);
    out->group = ik_rd_u16(&r);
    (void)ik_rd_u16(&r); /* RESERVED */
    out->data = ik_rd_rest(&r);
    return ik_rd_status(&r);
}

void ik_ke_put(struct ik_chain *c, const struct ik_ke *ke)
{
    ik_payload_open(c, IK_PL_KE);
    ik_wr_u16(&c->w, ke->group);
    ik_wr_u16(&c->w, 0);
    ik_wr_bytes(&c->w, ke->data.p, ke->data.len);
    ik_payload_close(c);
}

/* SPDX-License-Identifier: MIT */
/* Delete payload (RFC 7296 3.11). */
#include "wire/wire.h"

/* No SPIs for an IKE SA; four octets each for AH and ESP. */
static bool spis_good(const struct ik_delete *d)
{
    switch (d->protocol) {
    case IK_PROTO_IKE:
        return d->spi_size == 0 && d->count == 0;
    case IK_PROTO_AH:
    case IK_PROTO_ESP:
        return d->spi_size == 4;
    default:
        return true;
    }
}

enum ik_status ik_delete_parse(struct ik_span body, struct ik_delete *out)
{
    struct ik_rd r;
    ik_rd_init(&r, body.p, body.len);
    out->protocol = ik_rd_u8(&r);
    out->spi_size = ik_rd_u8(&r);
    out->count = ik_rd_u16(&r);
    out->spis = ik_rd_rest(&r);
    if (r.bad || !spis_good(out) || (uint32_t)out->spi_size * out->count != out->spis.len) {
        return IK_ERR_SYNTAX;
    }
    return IK_OK;
}

void ik_delete_put(struct ik_chain *c, const struct ik_delete *d)
{
    ik_payload_open(c, IK_PL_DELETE);
    ik_wr_u8(&c->w, d->protocol);
    ik_wr_u8(&c->w, d->spi_size);
    ik_wr_u16(&c->w, d->count);
    ik_wr_bytes(&c->w, d->spis.p, d->spis.len);
    ik_payload_close(c);
}

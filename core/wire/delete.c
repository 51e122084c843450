/* SPDX-License-Identifier: MIT */
/* Delete payload (RFC 7296 3.11). */
#include "wire/wire.h"

/* No SPIs for an IKE SA; four octets each for AH and ESP. */
static bool spis_good(const struct ik_delete *d)
{
    if (d->protocol == IK_PROTO_IKE) {
        return d->spi_size == 0 && d->count == 0;
    }
    return d->spi_size == 4 || (d->protocol != IK_PROTO_AH && d->protocol != IK_PROTO_ESP);
}

enum ik_status ik_delete_parse(struct ik_span body, struct ik_delete *out)
{
    if (body.len < IK_BODY_HEAD) {
        return IK_ERR_SYNTAX;
    }
    out->protocol = body.p[0];
    out->spi_size = body.p[1];
    out->count = ik_get16(body.p + 2);
    out->spis = ik_span_from(body, IK_BODY_HEAD);
    if (!spis_good(out) || (uint32_t)out->spi_size * out->count != out->spis.len) {
        return IK_ERR_SYNTAX;
    }
    return IK_OK;
}

void ik_delete_put(struct ik_chain *c, const struct ik_delete *d)
{
    uint32_t head = (uint32_t)d->protocol << 24 | (uint32_t)d->spi_size << 16 | d->count;
    ik_body_put(c, IK_PL_DELETE, head, &d->spis);
}

/* SPDX-License-Identifier: MIT */
/* The IKE header (RFC 7296 3.1). */
#include "wire/wire.h"

enum ik_status ik_hdr_parse(const uint8_t *msg, size_t len, struct ik_hdr *out)
{
    struct ik_rd r;
    ik_rd_init(&r, msg, len < IK_HDR_LEN ? len : IK_HDR_LEN);
    ik_rd_copy(&r, out->spi_i, IK_SPI_LEN);
    ik_rd_copy(&r, out->spi_r, IK_SPI_LEN);
    out->next = ik_rd_u8(&r);
    out->version = ik_rd_u8(&r);
    out->exchange = ik_rd_u8(&r);
    out->flags = ik_rd_u8(&r);
    out->msgid = ik_rd_u32(&r);
    out->len = ik_rd_u32(&r);
    if (r.bad || out->len < IK_HDR_LEN || out->len > len) {
        return IK_ERR_SYNTAX;
    }
    return IK_OK;
}

void ik_hdr_put(struct ik_wr *w, const struct ik_hdr *hdr)
{
    ik_wr_bytes(w, hdr->spi_i, IK_SPI_LEN);
    ik_wr_bytes(w, hdr->spi_r, IK_SPI_LEN);
    ik_wr_u8(w, hdr->next);
    ik_wr_u8(w, hdr->version);
    ik_wr_u8(w, hdr->exchange);
    ik_wr_u8(w, hdr->flags);
    ik_wr_u32(w, hdr->msgid);
    ik_wr_u32(w, hdr->len);
}

/* SPDX-License-Identifier: MIT */
/* The IKE header (RFC 7296 3.1). */
#include "wire/wire.h"

/* SPIs to flags are octets, and stand in struct ik_hdr as in the message. */
#define OCTETS_LEN 20
_Static_assert(offsetof(struct ik_hdr, flags) == OCTETS_LEN - 1, "octets without gaps");

enum ik_status ik_hdr_parse(const uint8_t *msg, size_t len, struct ik_hdr *out)
{
    if (len < IK_HDR_LEN) {
        return IK_ERR_SYNTAX;
    }
    memcpy(out, msg, OCTETS_LEN);
    out->msgid = ik_get32(msg + OCTETS_LEN);
    out->len = ik_get32(msg + IK_HDR_LEN_AT);
    return out->len == len ? IK_OK : IK_ERR_SYNTAX;
}

void ik_hdr_put(struct ik_wr *w, const struct ik_hdr *hdr)
{
    ik_wr_bytes(w, hdr, OCTETS_LEN);
    ik_wr_u32(w, hdr->msgid);
    ik_wr_u32(w, hdr->len);
}

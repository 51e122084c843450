/* SPDX-License-Identifier: MIT */
/* Vendor ID payload (RFC 7296 3.12): its body is the constant itself. */
#include "wire/wire.h"

void ik_vendor_put(struct ik_chain *c, struct ik_span vendor)
{
    ik_payload_open(c, IK_PL_VENDOR);
    ik_wr_bytes(&c->w, vendor.p, vendor.len);
    ik_payload_close(c);
}

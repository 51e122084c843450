/* SPDX-License-Identifier: MIT */
#include "octets.h"

static void build(struct ik_chain *c)
{
    ik_vendor_put(c, text_span("ikelet"));
    ik_vendor_put(c, (struct ik_span){NULL, 0});
}

/* RFC 7296 figure 18. */
Test(vendor, is_written_as_drawn)
{
    struct octets want = unhex("2b00000a 696b656c6574 00000004");
    check_build(build, &want);
}

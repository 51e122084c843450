/* SPDX-License-Identifier: MIT */
#include "octets.h"

static void build(struct ik_chain *c)
{
    ik_nonce_put(c, text_span("0123456789abcdef"));
}

static enum ik_status parse(struct ik_span body)
{
    struct ik_span nonce;
    return ik_nonce_parse(body, &nonce);
}

/* RFC 7296 figure 15. */
Test(nonce, round_trip)
{
    struct octets want = unhex("00000014 30313233343536373839616263646566");
    struct octets body = body_of(&want);
    struct ik_span nonce;
    check_build(build, &want);
    cr_assert_eq(ik_nonce_parse(span_of(&body), &nonce), IK_OK);
    cr_assert(span_is(nonce, "0123456789abcdef", 16));
}

Test(nonce, from_16_to_256_octets)
{
    static const uint8_t b[300];
    for (size_t len = 0; len <= sizeof b; len++) {
        enum ik_status want = len >= 16 && len <= 256 ? IK_OK : IK_ERR_SYNTAX;
        cr_assert_eq(parse_copy(parse, b, len), want, "%zu", len);
    }
}

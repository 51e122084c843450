/* SPDX-License-Identifier: MIT */
#include "octets.h"

/* RFC 7296 figure 14. */
static const char drawn[] = "0000000b 02 000000 a1a2a3";

static void build(struct ik_chain *c)
{
    const struct ik_auth auth = {IK_AUTH_SHARED_KEY_MIC, {(const uint8_t *)"\xa1\xa2\xa3", 3}};
    ik_auth_put(c, &auth);
}

static enum ik_status parse(struct ik_span body)
{
    struct ik_auth auth;
    return ik_auth_parse(body, &auth);
}

Test(auth, round_trip)
{
    struct octets want = unhex(drawn);
    struct octets body = body_of(&want);
    struct ik_auth auth;
    check_build(build, &want);
    cr_assert_eq(ik_auth_parse(span_of(&body), &auth), IK_OK);
    cr_assert_eq(auth.method, IK_AUTH_SHARED_KEY_MIC);
    cr_assert(span_is(auth.data, "\xa1\xa2\xa3", 3));
}

Test(auth, truncations)
{
    struct octets want = unhex(drawn);
    struct octets body = body_of(&want);
    check_truncations(parse, &body, 4);
}

Test(auth, reserved_octets_are_ignored)
{
    struct octets o = unhex("0e ffffff 01");
    struct ik_auth auth;
    cr_assert_eq(ik_auth_parse(span_of(&o), &auth), IK_OK);
    cr_assert_eq(auth.method, IK_AUTH_DIGITAL_SIGNATURE);
    cr_assert(span_is(auth.data, "\1", 1));
}

/* SPDX-License-Identifier: MIT */
#include "octets.h"

/* RFC 7296 figure 10. */
static const char drawn[] = "0000000d 001f 0000 aabbccddee";

static void build(struct ik_chain *c)
{
    const struct ik_ke ke = {IK_DH_X25519, {(const uint8_t *)"\xaa\xbb\xcc\xdd\xee", 5}};
    ik_ke_put(c, &ke);
}

static enum ik_status parse(struct ik_span body)
{
    struct ik_ke ke;
    return ik_ke_parse(body, &ke);
}

Test(ke, round_trip)
{
    struct octets want = unhex(drawn);
    struct octets body = body_of(&want);
    struct ik_ke ke;
    check_build(build, &want);
    cr_assert_eq(ik_ke_parse(span_of(&body), &ke), IK_OK);
    cr_assert_eq(ke.group, IK_DH_X25519);
    cr_assert(span_is(ke.data, "\xaa\xbb\xcc\xdd\xee", 5));
}

Test(ke, truncations)
{
    struct octets want = unhex(drawn);
    struct octets body = body_of(&want);
    check_truncations(parse, &body, 4);
}

Test(ke, reserved_octets_are_ignored)
{
    struct octets o = unhex("0013 ffff 01");
    struct ik_ke ke;
    cr_assert_eq(ik_ke_parse(span_of(&o), &ke), IK_OK);
    cr_assert_eq(ke.group, IK_DH_P256);
    cr_assert(span_is(ke.data, "\1", 1));
}

/* SPDX-License-Identifier: MIT */
#include "octets.h"

/* RFC 7296 figures 22 and 23: INTERNAL_IP4_ADDRESS asked for, and one with a value. */
static const char drawn[] = "00000014 01 000000 0001 0000 0008 0004 0a000001";

static const struct ik_cp_attr attrs[] = {
    {1, {NULL, 0}},
    {8, {(const uint8_t *)"\x0a\0\0\1", 4}},
};

static void build(struct ik_chain *c)
{
    ik_cp_put(c, IK_CFG_REQUEST, attrs, 2);
}

static enum ik_status parse(struct ik_span body)
{
    struct ik_span s;
    uint8_t type;
    return ik_cp_parse(body, &type, &s);
}

Test(cp, round_trip)
{
    struct octets want = unhex(drawn);
    struct octets body = body_of(&want);
    struct ik_cp_attr a;
    struct ik_span s;
    uint8_t type;
    uint16_t at = 0;
    check_build(build, &want);
    cr_assert_eq(ik_cp_parse(span_of(&body), &type, &s), IK_OK);
    cr_assert_eq(type, IK_CFG_REQUEST);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(ik_cp_next(s, &at, &a), IK_OK);
        cr_assert_eq(a.type, attrs[i].type);
        cr_assert(span_is(a.value, attrs[i].value.p, attrs[i].value.len));
    }
    cr_assert_eq(at, s.len);
    cr_assert_eq(ik_cp_next(s, &at, &a), IK_ERR_SYNTAX, "nothing behind the last");
}

/* Only where an attribute ends may the payload end. */
Test(cp, truncations)
{
    struct octets want = unhex(drawn);
    struct octets body = body_of(&want);
    for (size_t n = 0; n <= body.len; n++) {
        bool good = n == 4 || n == 8 || n == 16;
        cr_assert_eq(parse_copy(parse, body.b, n), good ? IK_OK : IK_ERR_SYNTAX, "%zu", n);
    }
}

Test(cp, reserved_bits_are_ignored)
{
    struct octets o = unhex("02 ffffff 8001 0001 aa");
    struct ik_cp_attr a;
    struct ik_span s;
    uint8_t type;
    uint16_t at = 0;
    cr_assert_eq(ik_cp_parse(span_of(&o), &type, &s), IK_OK);
    cr_assert_eq(type, IK_CFG_REPLY);
    cr_assert_eq(ik_cp_next(s, &at, &a), IK_OK);
    cr_assert_eq(a.type, 1);
}

Test(cp, length_behind_the_end)
{
    struct octets o = unhex("01 000000 0001 ffff aa");
    cr_assert_eq(parse_copy(parse, o.b, o.len), IK_ERR_SYNTAX);
    o = unhex("01 000000 0001 0000 0002 0002 aa");
    cr_assert_eq(parse_copy(parse, o.b, o.len), IK_ERR_SYNTAX);
}

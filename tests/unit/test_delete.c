/* SPDX-License-Identifier: MIT */
#include "octets.h"

/* RFC 7296 figure 17: two ESP SAs, then the IKE SA. */
static const char drawn[] = "2a000010 03 04 0002 c1c2c3c4 d1d2d3d4 00000008 01 00 0000";

static void build(struct ik_chain *c)
{
    const struct ik_delete esp = {
        IK_PROTO_ESP, 4, 2, {(const uint8_t *)"\xc1\xc2\xc3\xc4\xd1\xd2\xd3\xd4", 8}};
    const struct ik_delete ike = {IK_PROTO_IKE, 0, 0, {NULL, 0}};
    ik_delete_put(c, &esp);
    ik_delete_put(c, &ike);
}

static enum ik_status parse(struct ik_span body)
{
    struct ik_delete d;
    return ik_delete_parse(body, &d);
}

static enum ik_status parse_hex(const char *hex)
{
    struct octets o = unhex(hex);
    return parse_copy(parse, o.b, o.len);
}

Test(delete, is_written_as_drawn)
{
    struct octets want = unhex(drawn);
    check_build(build, &want);
}

Test(delete, reads_and_refuses_truncations)
{
    struct octets o = unhex("03 04 0002 c1c2c3c4 d1d2d3d4");
    struct ik_delete d;
    cr_assert_eq(ik_delete_parse(span_of(&o), &d), IK_OK);
    cr_assert_eq(d.protocol, IK_PROTO_ESP);
    cr_assert_eq(d.spi_size, 4);
    cr_assert_eq(d.count, 2);
    cr_assert(span_is(d.spis, "\xc1\xc2\xc3\xc4\xd1\xd2\xd3\xd4", 8));
    check_truncations(parse, &o, o.len);
}

Test(delete, sizes_and_counts)
{
    cr_assert_eq(parse_hex("01 00 0000"), IK_OK);
    cr_assert_eq(parse_hex("01 00 0001"), IK_ERR_SYNTAX);
    cr_assert_eq(parse_hex("01 08 0001 0102030405060708"), IK_ERR_SYNTAX);
    cr_assert_eq(parse_hex("03 04 0000"), IK_OK);
    cr_assert_eq(parse_hex("02 04 0001 01020304"), IK_OK);
    cr_assert_eq(parse_hex("03 08 0001 0102030405060708"), IK_ERR_SYNTAX);
    cr_assert_eq(parse_hex("03 04 0001 01020304 05"), IK_ERR_SYNTAX);
    cr_assert_eq(parse_hex("03 04 0001"), IK_ERR_SYNTAX);
    cr_assert_eq(parse_hex("03 00 0000"), IK_ERR_SYNTAX);
    cr_assert_eq(parse_hex("07 03 0001 aabbcc"), IK_OK); /* a protocol to come */
}

/* 4 * 16384 is 0 in 16 bits. */
Test(delete, product_does_not_wrap)
{
    cr_assert_eq(parse_hex("03 04 4000"), IK_ERR_SYNTAX);
    cr_assert_eq(parse_hex("03 04 4001 01020304"), IK_ERR_SYNTAX);
}

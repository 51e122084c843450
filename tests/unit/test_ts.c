/* SPDX-License-Identifier: MIT */
#include "captured.h"
#include "octets.h"

/* RFC 7296 figures 19 and 20: UDP to a port of one host, then all of an IPv6 net. */
static const char drawn[] = "00000040 02 000000"
                            "07 11 0010 1389 138a c6336442 c6336443"
                            "08 00 0028 0000 ffff"
                            "fd000001000000000000000000000000 fd00000100000000ffffffffffffffff";

static const struct ik_ts selectors[] = {
    {4, 17, 5001, 5002, {198, 51, 100, 66}, {198, 51, 100, 67}},
    {6,
     0,
     0,
     65535,
     {0xfd, 0, 0, 1},
     {0xfd, 0, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
};

static void build(struct ik_chain *c)
{
    ik_ts_put(c, IK_PL_TSI, selectors, 2);
}

static enum ik_status check(struct ik_span body)
{
    return ik_ts_check(&body);
}

static enum ik_status check_hex(const char *hex)
{
    struct octets o = unhex(hex);
    return parse_copy(check, o.b, o.len);
}

static void check_same(const struct ik_ts *a, const struct ik_ts *b)
{
    cr_assert_eq(a->family, b->family);
    cr_assert_eq(a->proto, b->proto);
    cr_assert_eq(a->port_lo, b->port_lo);
    cr_assert_eq(a->port_hi, b->port_hi);
    cr_assert_arr_eq(a->lo, b->lo, 16);
    cr_assert_arr_eq(a->hi, b->hi, 16);
}

Test(ts, round_trip)
{
    struct octets want = unhex(drawn);
    struct octets body = body_of(&want);
    struct ik_ts ts;
    uint16_t at = 0;
    check_build(build, &want);
    for (int i = 0; i < 2; i++) {
        memset(&ts, 0xff, sizeof ts);
        cr_assert_eq(ik_ts_next(SPAN(body), &at, &ts), IK_OK);
        check_same(&ts, &selectors[i]);
    }
    cr_assert_eq(at, body.len);
    cr_assert_eq(ik_ts_next(SPAN(body), &at, &ts), IK_ERR_SYNTAX, "nothing behind the last");
}

Test(ts, every_truncation_is_refused)
{
    struct octets want = unhex(drawn);
    struct octets body = body_of(&want);
    check_truncations(check, &body, body.len);
}

Test(ts, captured)
{
    struct ik_msg m = {0};
    struct ik_ts ts;
    uint16_t at = 0;
    cr_assert_eq(ik_msg_parse_inner(&m, IK_PL_IDI, captured_auth_request_inner,
                                    sizeof captured_auth_request_inner),
                 IK_OK);
    const struct ik_payload *p = ik_msg_find(&m, IK_PL_TSR);
    cr_assert_eq(ik_ts_next(&p->body, &at, &ts), IK_OK);
    check_same(&ts, &(struct ik_ts){4, 0, 0, 65535, {10, 2, 0, 0}, {10, 2, 0, 255}});
    cr_assert_eq(ik_ts_next(&p->body, &at, &ts), IK_OK);
    cr_assert_eq(ts.family, 6);
    cr_assert_eq(at, p->body.len);
}

/* "OPAQUE": start 65535, end 0 (3.13.1). */
Test(ts, opaque_ports_are_kept)
{
    struct octets o = unhex("01ffffff 07 84 0010 ffff 0000 0a000001 0a000001");
    struct ik_ts ts;
    uint16_t at = 0;
    cr_assert_eq(ik_ts_check(SPAN(o)), IK_OK);
    cr_assert_eq(ik_ts_next(SPAN(o), &at, &ts), IK_OK);
    cr_assert_eq(ts.proto, 132);
    cr_assert_eq(ts.port_lo, 65535);
    cr_assert_eq(ts.port_hi, 0);
}

#define V4 "07 00 0010 0000 ffff 0a000001 0a000001"

Test(ts, counts)
{
    cr_assert_eq(check_hex("00000000"), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("00000000" V4), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("01000000" V4), IK_OK);
    cr_assert_eq(check_hex("02000000" V4), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("02000000" V4 V4), IK_OK);
    cr_assert_eq(check_hex("01000000" V4 V4), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("ff000000" V4 V4), IK_ERR_SYNTAX);
}

Test(ts, lengths_belong_to_types)
{
    for (unsigned len = 0; len < 256; len++) {
        struct octets v4 = unhex("01000000" V4);
        v4.b[7] = (uint8_t)len;
        cr_assert_eq(parse_copy(check, v4.b, v4.len), len == 16 ? IK_OK : IK_ERR_SYNTAX, "%u", len);
        /* A type that we do not know: any length that ends where the payload ends. */
        v4.b[4] = 10;
        cr_assert_eq(parse_copy(check, v4.b, v4.len), len == 16 ? IK_OK : IK_ERR_SYNTAX, "%u", len);
    }
    cr_assert_eq(check_hex("01000000 08 00 0010 0000 ffff 0a000001 0a000001"), IK_ERR_SYNTAX);
}

Test(ts, unknown_types_are_told_by_family_0)
{
    struct octets o = unhex("03000000 0a 00 0004 09 06 0007 aabbcc" V4);
    struct ik_ts ts;
    uint16_t at = 0;
    cr_assert_eq(ik_ts_check(SPAN(o)), IK_OK);
    cr_assert_eq(ik_ts_next(SPAN(o), &at, &ts), IK_OK);
    cr_assert_eq(ts.family, 0);
    cr_assert_eq(ik_ts_next(SPAN(o), &at, &ts), IK_OK);
    cr_assert_eq(ts.family, 0);
    cr_assert_eq(ik_ts_next(SPAN(o), &at, &ts), IK_OK);
    cr_assert_eq(ts.family, 4);
    cr_assert_eq(at, o.len);
    cr_assert_eq(check_hex("01000000 0a 00 0003"), IK_ERR_SYNTAX);
}

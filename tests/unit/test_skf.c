/* SPDX-License-Identifier: MIT */
#include "octets.h"

static enum ik_status parse(struct ik_span body)
{
    struct ik_skf skf;
    return ik_skf_parse(body, &skf);
}

/* The figure of RFC 7383 section 2.5. */
Test(skf, reads_and_refuses_truncations)
{
    struct octets o = unhex("0002 0003 aabbccdd");
    struct ik_skf skf;
    cr_assert_eq(ik_skf_parse(span_of(&o), &skf), IK_OK);
    cr_assert_eq(skf.number, 2);
    cr_assert_eq(skf.total, 3);
    cr_assert(span_is(skf.sealed, "\xaa\xbb\xcc\xdd", 4));
    check_truncations(parse, &o, 4);
}

/* RFC 7383 2.6: not zero, number not above total. */
Test(skf, numbers)
{
    static const struct {
        uint16_t number, total;
        enum ik_status want;
    } cases[] = {
        {1, 1, IK_OK},         {65535, 65535, IK_OK},     {1, 65535, IK_OK},
        {0, 1, IK_ERR_SYNTAX}, {0, 0, IK_ERR_SYNTAX},     {1, 0, IK_ERR_SYNTAX},
        {2, 1, IK_ERR_SYNTAX}, {257, 256, IK_ERR_SYNTAX}, {65535, 65534, IK_ERR_SYNTAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t b[4];
        ik_put16(b, cases[i].number);
        ik_put16(b + 2, cases[i].total);
        cr_assert_eq(parse_copy(parse, b, 4), cases[i].want, "%u of %u", cases[i].number,
                     cases[i].total);
    }
}

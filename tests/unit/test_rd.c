/* SPDX-License-Identifier: MIT */
#include "octets.h"

Test(rd, reads_in_order)
{
    const uint8_t b[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    struct ik_rd r;
    uint8_t copy[2];
    ik_rd_init(&r, b, sizeof b);
    cr_assert_eq(ik_rd_u8(&r), 1);
    cr_assert_eq(ik_rd_u16(&r), 0x0203);
    cr_assert_eq(ik_rd_u32(&r), 0x04050607);
    ik_rd_copy(&r, copy, 2);
    cr_assert_arr_eq(copy, b + 7, 2);
    cr_assert_not(ik_rd_done(&r));
    struct ik_span s = ik_rd_span(&r, 3);
    cr_assert_eq(s.p, b + 9);
    cr_assert_eq(s.len, 3);
    cr_assert(ik_rd_done(&r));
}

/* Ends a read of one kind at every length: it works only when everything is there. */
Test(rd, notices_every_shortage)
{
    const uint8_t whole[4] = {0xff, 0xff, 0xff, 0xff};
    for (size_t len = 0; len <= 4; len++) {
        uint8_t *b = exact(whole, len);
        struct ik_rd r;
        uint8_t copy[3] = {1, 1, 1};
        ik_rd_init(&r, b, len);
        cr_assert_eq(ik_rd_u8(&r), len >= 1 ? 0xff : 0);
        cr_assert_eq(r.bad, len < 1);
        ik_rd_init(&r, b, len);
        cr_assert_eq(ik_rd_u16(&r), len >= 2 ? 0xffff : 0);
        cr_assert_eq(r.bad, len < 2);
        ik_rd_init(&r, b, len);
        cr_assert_eq(ik_rd_u32(&r), len >= 4 ? 0xffffffff : 0);
        cr_assert_eq(r.bad, len < 4);
        ik_rd_init(&r, b, len);
        cr_assert_eq(ik_rd_span(&r, 3).len, len >= 3 ? 3 : 0);
        cr_assert_eq(r.bad, len < 3);
        ik_rd_init(&r, b, len);
        ik_rd_copy(&r, copy, 1);
        cr_assert_eq(copy[0], len >= 1 ? 0xff : 0);
        ik_rd_init(&r, b, len);
        ik_rd_copy(&r, copy, 3);
        cr_assert_eq(copy[2], len >= 3 ? 0xff : 0, "a short copy leaves zeros");
        cr_assert_eq(r.bad, len < 3);
        free(b);
    }
}

Test(rd, bad_is_sticky)
{
    const uint8_t b[] = {1, 2, 3};
    struct ik_rd r;
    ik_rd_init(&r, b, sizeof b);
    cr_assert_eq(ik_rd_u32(&r), 0);
    cr_assert(r.bad);
    cr_assert_eq(ik_rd_u8(&r), 0);
    cr_assert_eq(ik_rd_span(&r, 1).len, 0);
    cr_assert_null(ik_rd_span(&r, 0).p);
    cr_assert_not(ik_rd_done(&r));
}

Test(rd, empty_and_oversized_input)
{
    struct ik_rd r;
    uint8_t none = 7;
    ik_rd_init(&r, NULL, 0);
    cr_assert(ik_rd_done(&r));
    ik_rd_copy(&r, &none, 0);
    cr_assert_eq(ik_rd_span(&r, 0).len, 0);
    cr_assert(ik_rd_done(&r));
    cr_assert_eq(none, 7);
    /* Longer than any datagram: refused instead of cut to 16 bits. */
    ik_rd_init(&r, &none, 65536);
    cr_assert(r.bad);
    ik_rd_init(&r, &none, 65535);
    cr_assert_not(r.bad);
}

Test(rd, asks_for_more_than_16_bits)
{
    const uint8_t b[4] = {0};
    struct ik_rd r;
    ik_rd_init(&r, b, sizeof b);
    cr_assert_eq(ik_rd_span(&r, 65536 + 2).len, 0);
    cr_assert(r.bad);
}

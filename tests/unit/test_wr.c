/* SPDX-License-Identifier: MIT */
#include "octets.h"

static void build_all(struct ik_chain *c)
{
    ik_wr_u8(&c->w, 0x01);
    ik_wr_u16(&c->w, 0x0203);
    ik_wr_u32(&c->w, 0x04050607);
    ik_wr_bytes(&c->w, "\x08\x09", 2);
    ik_wr_zero(&c->w, 3);
    ik_wr_bytes(&c->w, NULL, 0);
    ik_wr_zero(&c->w, 0);
    ik_wr_patch8(&c->w, 0, 0xaa);
    ik_wr_patch16(&c->w, 1, 0xbbcc);
    ik_wr_patch8(&c->w, 8, 0xdd);
}

Test(wr, writes_and_patches_in_every_size_of_buffer)
{
    struct octets want = unhex("aabbcc04050607 08 dd000000");
    check_build(build_all, &want);
}

/* Each kind of write at each distance from the end. */
Test(wr, notices_every_shortage)
{
    for (size_t cap = 0; cap <= 4; cap++) {
        uint8_t buf[5] = {0, 0, 0, 0, GUARD};
        struct ik_wr w;
        ik_wr_init(&w, buf, cap);
        ik_wr_u16(&w, 0xffff);
        cr_assert_eq(ik_wr_ok(&w), cap >= 2);
        ik_wr_init(&w, buf, cap);
        ik_wr_u32(&w, 0xffffffff);
        cr_assert_eq(ik_wr_ok(&w), cap >= 4);
        ik_wr_init(&w, buf, cap);
        ik_wr_bytes(&w, "abc", 3);
        cr_assert_eq(ik_wr_ok(&w), cap >= 3);
        ik_wr_init(&w, buf, cap);
        ik_wr_zero(&w, 1);
        cr_assert_eq(ik_wr_ok(&w), cap >= 1);
        cr_assert_eq(buf[4], GUARD);
    }
}

Test(wr, bad_is_sticky)
{
    uint8_t buf[4] = {0};
    struct ik_wr w;
    ik_wr_init(&w, buf, sizeof buf);
    ik_wr_u8(&w, 1);
    ik_wr_u32(&w, 0x02020202);
    cr_assert_not(ik_wr_ok(&w));
    ik_wr_u8(&w, 3);
    ik_wr_patch8(&w, 0, 4);
    cr_assert_eq(w.len, 1, "nothing is written after the first failure");
    cr_assert_eq(buf[0], 1);
    cr_assert_eq(buf[1], 0);
}

Test(wr, patches_only_what_is_written)
{
    uint8_t buf[8] = {0};
    struct ik_wr w;
    ik_wr_init(&w, buf, sizeof buf);
    ik_wr_u32(&w, 0);
    ik_wr_patch16(&w, 0, 0x0102);
    ik_wr_patch16(&w, 2, 0x0506);
    ik_wr_patch8(&w, 3, 0x07);
    cr_assert(ik_wr_ok(&w));
    cr_assert_arr_eq(buf, ((const uint8_t[]){1, 2, 5, 7}), 4);
    struct ik_wr w8 = w, w16 = w, far = w;
    ik_wr_patch8(&w8, 4, 9);
    ik_wr_patch16(&w16, 3, 9);
    ik_wr_patch16(&far, 65535, 9);
    cr_assert_not(ik_wr_ok(&w8) || ik_wr_ok(&w16) || ik_wr_ok(&far));
    cr_assert_eq(buf[4], 0);
}

Test(wr, keeps_offsets_in_16_bits)
{
    static uint8_t buf[70000];
    struct ik_wr w;
    ik_wr_init(&w, buf, sizeof buf);
    ik_wr_zero(&w, 65535);
    cr_assert(ik_wr_ok(&w));
    ik_wr_u8(&w, 1);
    cr_assert_not(ik_wr_ok(&w));
    ik_wr_init(&w, buf, sizeof buf);
    ik_wr_zero(&w, 65536);
    cr_assert_not(ik_wr_ok(&w));
}

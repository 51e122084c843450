/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "octets.h"

Test(bytes, ct_eq_tells_every_single_bit)
{
    uint8_t a[33], b[33];
    for (size_t i = 0; i < sizeof a; i++) {
        a[i] = b[i] = (uint8_t)(i * 37);
    }
    cr_assert_eq(ik_ct_eq(a, b, sizeof a), 1);
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_eq(ik_ct_eq(a, b, sizeof a), 0, "bit %zu", bit);
        cr_assert_eq(ik_ct_eq(a, b, bit / 8), 1, "octets before bit %zu", bit);
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    cr_assert_eq(ik_ct_eq(NULL, NULL, 0), 1);
}

static sigjmp_buf touched;

static void touches(int signal)
{
    (void)signal;
    siglongjmp(touched, 1);
}

/* Time must not tell where two secrets differ: the last octet is read though the first is wrong. It
 * lies where nobody may read, and so shows that somebody tried. */
Test(bytes, ct_eq_reads_to_the_end_whatever_differs)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const struct sigaction action = {.sa_handler = touches};
    static const uint8_t other[9] = {1};
    volatile int reads = 0;
    cr_assert_neq(two, MAP_FAILED);
    cr_assert_eq(mprotect(two + page, page, PROT_NONE), 0);
    cr_assert_eq(sigaction(SIGSEGV, &action, NULL), 0);
    for (size_t len = 2; len <= sizeof other; len++) {
        if (sigsetjmp(touched, 1) == 0) {
            (void)ik_ct_eq(two + page - (len - 1), other, len);
            cr_assert_fail("octet %zu of %zu is not looked at", len - 1, len);
        }
        reads++;
    }
    cr_assert_eq(reads, 8);
}

Test(bytes, wipe_clears_what_it_is_given_and_no_more)
{
    for (size_t len = 0; len <= 40; len++) {
        uint8_t b[42];
        memset(b, 0xff, sizeof b);
        ik_wipe(b + 1, len);
        cr_assert_eq(b[0], 0xff);
        for (size_t i = 0; i < len; i++) {
            cr_assert_eq(b[1 + i], 0);
        }
        cr_assert_eq(b[1 + len], 0xff);
    }
}

Test(bytes, integers_are_big_endian)
{
    const uint8_t b[] = {0x81, 0xc2, 0xe3, 0xf4};
    uint8_t out[8];
    cr_assert_eq(ik_get16(b), 0x81c2);
    cr_assert_eq(ik_get32(b), 0x81c2e3f4);
    ik_put16(out, 0x81c2);
    cr_assert_arr_eq(out, b, 2);
    ik_put32(out, 0x81c2e3f4);
    cr_assert_arr_eq(out, b, 4);
    ik_put64(out, 0xfedcba9876543210u);
    const uint8_t want[] = {0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
    cr_assert_arr_eq(out, want, 8);
}

/* The example of RFC 1071 section 3: the folded sum is ddf2. */
Test(bytes, cksum_of_rfc1071)
{
    const uint8_t b[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    cr_assert_eq(ik_cksum_fold(ik_cksum_add(0, b, sizeof b)), (uint16_t)~0xddf2u);
    uint32_t parts = ik_cksum_add(ik_cksum_add(0, b, 4), b + 4, 4);
    cr_assert_eq(ik_cksum_fold(parts), (uint16_t)~0xddf2u);
}

Test(bytes, cksum_pads_an_odd_octet)
{
    const uint8_t odd[] = {0x12, 0x34, 0x56};
    const uint8_t even[] = {0x12, 0x34, 0x56, 0x00};
    cr_assert_eq(ik_cksum_fold(ik_cksum_add(0, odd, 3)), ik_cksum_fold(ik_cksum_add(0, even, 4)));
    cr_assert_eq(ik_cksum_fold(ik_cksum_add(0, NULL, 0)), 0xffff);
}

/* Each pass over the largest buffer adds 0 in one's complement; the carries must not be lost. */
Test(bytes, cksum_keeps_its_carries)
{
    static uint8_t b[200000];
    memset(b, 0xff, sizeof b);
    uint32_t sum = ik_cksum_add(0, (const uint8_t[]){0x12, 0x34}, 2);
    for (int i = 0; i < 8; i++) {
        sum = ik_cksum_add(sum, b, sizeof b);
    }
    cr_assert_eq(ik_cksum_fold(sum), (uint16_t)~0x1234u);
}

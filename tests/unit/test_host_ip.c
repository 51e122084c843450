/* SPDX-License-Identifier: MIT */
/* IP headers and checksums of hosted programs. */
#include <criterion/criterion.h>
#include <string.h>

#include "host.h"

static struct ik_addr addr(const char *text)
{
    struct ik_addr a;
    cr_assert(host_addr_parse(text, &a));
    return a;
}

/* RFC 1071 section 3, the numeric example: 0001 f203 f4f5 f6f7 sum to ddf2. */
Test(cksum, rfc1071_example)
{
    static const uint8_t octets[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    cr_expect_eq(host_cksum_add(0, octets, sizeof octets), 0xddf2);
    cr_expect_eq(host_cksum_fold(0xddf2), 0x220d);
}

Test(cksum, an_odd_octet_is_padded_with_zero)
{
    static const uint8_t octets[] = {0x12, 0x34, 0x56};
    cr_expect_eq(host_cksum_add(0, octets, 3), 0x1234 + 0x5600);
}

Test(cksum, no_length_overflows)
{
    static uint8_t octets[65534];
    memset(octets, 0xff, sizeof octets);
    cr_expect_eq(host_cksum_fold(host_cksum_add(0xffff, octets, sizeof octets)), 0);
}

Test(ip, a_v4_header_sums_to_zero)
{
    uint8_t out[40];
    struct ik_addr src = addr("10.1.0.1"), dst = addr("10.2.0.1");
    cr_assert_eq(host_ip_put(out, &src, &dst, IK_IP_UDP, 64, 100), 20);
    cr_expect_eq(out[0], 0x45);
    cr_expect_eq(out[2] << 8 | out[3], 120);
    cr_expect_eq(out[8], 64);
    cr_expect_eq(out[9], IK_IP_UDP);
    cr_expect_arr_eq(out + 12, src.b, 4);
    cr_expect_arr_eq(out + 16, dst.b, 4);
    cr_expect_eq(host_cksum_fold(host_cksum_add(0, out, 20)), 0);
}

Test(ip, a_v6_header)
{
    uint8_t out[40];
    struct ik_addr src = addr("fd00::1"), dst = addr("fd00::2");
    cr_assert_eq(host_ip_put(out, &src, &dst, IK_IP_ESP, 7, 300), 40);
    cr_expect_eq(out[0], 0x60);
    cr_expect_eq(out[4] << 8 | out[5], 300);
    cr_expect_eq(out[6], IK_IP_ESP);
    cr_expect_eq(out[7], 7);
    cr_expect_arr_eq(out + 8, src.b, 16);
    cr_expect_arr_eq(out + 24, dst.b, 16);
}

/* RFC 768 */
Test(cksum, pseudo_header_of_udp)
{
    static const uint8_t udp[] = {0x13, 0x88, 0x00, 0x35, 0x00, 0x0c,
                                  0x00, 0x00, 'p',  'i',  'n',  'g'};
    struct ik_addr a = addr("127.0.0.1");
    uint32_t sum = host_cksum_pseudo(&a, &a, IK_IP_UDP, sizeof udp);
    /* by hand: 7f00 + 1 + 7f00 + 1 + 11 + c, then 1388 + 35 + c + 7069 + 6e67 */
    cr_expect_eq(sum, 0x7f00U + 1 + 0x7f00 + 1 + 0x11 + 0x0c);
    sum = host_cksum_add(sum, udp, sizeof udp);
    cr_expect_eq(host_cksum_fold(sum), (uint16_t)~0xf0b9);
}

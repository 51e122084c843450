/* SPDX-License-Identifier: MIT */
/* Echo messages in IP packets, written and read; nothing that is cut or damaged is read. */
#include <criterion/criterion.h>
#include <string.h>

#include "icmp.h"

static const uint8_t data[] = {'p', 'i', 'n', 'g', '!'};

static struct icmp echo_between(const char *src, const char *dst)
{
    struct icmp e = {.kind = ICMP_ECHO_REQUEST, .id = 0x1234, .seq = 7, .data = data, .len = 5};
    cr_assert(host_addr_parse(src, &e.src));
    cr_assert(host_addr_parse(dst, &e.dst));
    return e;
}

static void round_trip(const char *src, const char *dst, enum icmp_kind kind)
{
    uint8_t packet[100];
    struct icmp e = echo_between(src, dst), got;
    e.kind = kind;
    size_t len = icmp_put_echo(packet, sizeof packet, &e);
    cr_assert_eq(len, (e.dst.family == 6 ? 40U : 20U) + 8 + 5);
    icmp_parse(packet, len, &got);
    cr_expect_eq(got.kind, kind);
    cr_expect_eq(got.id, 0x1234);
    cr_expect_eq(got.seq, 7);
    cr_expect_eq(got.ttl, 64);
    cr_expect_eq(memcmp(&got.src, &e.src, sizeof e.src), 0);
    cr_expect_eq(memcmp(&got.dst, &e.dst, sizeof e.dst), 0);
    cr_assert_eq(got.len, sizeof data);
    cr_expect_arr_eq(got.data, data, sizeof data);
}

Test(icmp, round_trip)
{
    round_trip("10.1.0.1", "10.2.0.1", ICMP_ECHO_REQUEST);
    round_trip("10.1.0.1", "10.2.0.1", ICMP_ECHO_REPLY);
    round_trip("fd00:1::1", "fd00:2::1", ICMP_ECHO_REQUEST);
    round_trip("fd00:1::1", "fd00:2::1", ICMP_ECHO_REPLY);
}

/* As ping(8) of iputils sends it to 127.0.0.1, written out by hand from RFC 791 and RFC 792. */
Test(icmp, octets)
{
    static const uint8_t wanted[] = {0x45, 0,   0,    33,   0, 0,   0x40, 0,   64,  1,   0,
                                     0,    127, 0,    0,    1, 127, 0,    0,   1,   8,   0,
                                     0,    0,   0x12, 0x34, 0, 7,   'p',  'i', 'n', 'g', '!'};
    uint8_t packet[100];
    struct icmp e = echo_between("127.0.0.1", "127.0.0.1");
    size_t len = icmp_put_echo(packet, sizeof packet, &e);
    cr_assert_eq(len, sizeof wanted);
    memset(packet + 10, 0, 2); /* the two checksums are tested by summing, below */
    memset(packet + 22, 0, 2);
    cr_expect_arr_eq(packet, wanted, sizeof wanted);
}

Test(icmp, every_truncation_is_refused)
{
    static const char *const ends[][2] = {{"10.1.0.1", "10.2.0.1"}, {"fd00::1", "fd00::2"}};
    for (size_t k = 0; k < 2; k++) {
        uint8_t packet[100];
        struct icmp e = echo_between(ends[k][0], ends[k][1]), got;
        size_t len = icmp_put_echo(packet, sizeof packet, &e);
        for (size_t cut = 0; cut < len; cut++) {
            icmp_parse(packet, cut, &got);
            cr_expect_eq(got.kind, ICMP_NONE, "%zu octets", cut);
        }
    }
}

Test(icmp, every_damaged_bit_of_the_message_is_noticed)
{
    static const char *const ends[][2] = {{"10.1.0.1", "10.2.0.1"}, {"fd00::1", "fd00::2"}};
    for (size_t k = 0; k < 2; k++) {
        uint8_t packet[100];
        struct icmp e = echo_between(ends[k][0], ends[k][1]), got;
        size_t len = icmp_put_echo(packet, sizeof packet, &e), head = k == 0 ? 20 : 40;
        for (size_t bit = 8 * head; bit < 8 * len; bit++) {
            packet[bit / 8] = (uint8_t)(packet[bit / 8] ^ 1 << bit % 8);
            icmp_parse(packet, len, &got);
            cr_expect_eq(got.kind, ICMP_NONE, "bit %zu", bit);
            packet[bit / 8] = (uint8_t)(packet[bit / 8] ^ 1 << bit % 8);
        }
    }
}

Test(icmp, every_buffer_size)
{
    struct icmp e = echo_between("10.1.0.1", "10.2.0.1");
    for (size_t cap = 0; cap < 33; cap++) {
        uint8_t packet[34];
        memset(packet, '#', sizeof packet);
        cr_expect_eq(icmp_put_echo(packet, cap, &e), 0);
        cr_expect_eq(packet[0], '#');
    }
}

Test(icmp, octets_behind_the_packet_do_not_count)
{
    uint8_t packet[100];
    struct icmp e = echo_between("10.1.0.1", "10.2.0.1"), got;
    memset(packet, 0xff, sizeof packet);
    size_t len = icmp_put_echo(packet, sizeof packet, &e);
    icmp_parse(packet, len + 20, &got);
    cr_expect_eq(got.kind, ICMP_ECHO_REQUEST);
    cr_expect_eq(got.len, sizeof data);
}

Test(icmp, other_messages_are_told_by_type_and_code)
{
    uint8_t packet[100];
    struct icmp e = echo_between("10.1.0.1", "10.2.0.1"), got;
    size_t len = icmp_put_echo(packet, sizeof packet, &e);
    packet[20] = 3; /* destination unreachable: host */
    packet[21] = 1;
    packet[22] = packet[23] = 0;
    uint16_t sum = host_cksum_fold(host_cksum_add(0, packet + 20, len - 20));
    packet[22] = (uint8_t)(sum >> 8);
    packet[23] = (uint8_t)sum;
    icmp_parse(packet, len, &got);
    cr_expect_eq(got.kind, ICMP_OTHER);
    cr_expect_eq(got.type, 3);
    cr_expect_eq(got.code, 1);
}

Test(icmp, fragments_and_other_protocols_are_none)
{
    uint8_t packet[100];
    struct icmp e = echo_between("10.1.0.1", "10.2.0.1"), got;
    size_t len = icmp_put_echo(packet, sizeof packet, &e);
    packet[6] = 0x20; /* more fragments */
    icmp_parse(packet, len, &got);
    cr_expect_eq(got.kind, ICMP_NONE);
    packet[6] = 0;
    packet[9] = IK_IP_UDP;
    icmp_parse(packet, len, &got);
    cr_expect_eq(got.kind, ICMP_NONE);
}

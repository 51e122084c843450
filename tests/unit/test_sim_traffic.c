/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "sim/traffic.h"

static struct sim_inner v4(void)
{
    return (struct sim_inner){.src = {4, {10, 1, 0, 1}}, .dst = {4, {10, 2, 0, 1}}, .payload = 33};
}

static struct sim_inner v6(void)
{
    return (struct sim_inner){
        .src = {6, {0xfd, 1}}, .dst = {6, {0xfd, 2}}, .src_port = 5, .dst_port = 9, .payload = 40};
}

static uint32_t ones(const uint8_t *p, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

Test(sim_traffic, builds_what_it_parses)
{
    struct sim_inner in[] = {v4(), v6()};
    const uint16_t want[] = {20 + 8 + 33, 40 + 8 + 40}, at[] = {20, 40};
    for (int i = 0; i < 2; i++) {
        uint8_t b[200];
        uint32_t id;
        uint16_t udp_at;
        cr_assert_eq(sim_traffic_build(&in[i], 0x01020304, b, sizeof b), want[i]);
        cr_assert(sim_traffic_parse(b, want[i], &id, &udp_at));
        cr_assert_eq(id, 0x01020304);
        cr_assert_eq(udp_at, at[i]);
        cr_assert(sim_traffic_seen(b, want[i]));
        for (uint16_t cut = 0; cut < at[i] + 8 + SIM_PAYLOAD_MIN; cut++)
            cr_assert_not(sim_traffic_parse(b, cut, &id, &udp_at));
        for (uint16_t cap = 0; cap < want[i]; cap++)
            cr_assert_eq(sim_traffic_build(&in[i], 1, b, cap), 0);
    }
}

/* RFC 1071: with the right checksum in place the sum is all ones. */
Test(sim_traffic, checksums_are_right)
{
    struct sim_inner in = v4();
    uint8_t b[1500], pseudo[1500];
    for (in.payload = SIM_PAYLOAD_MIN; in.payload < 1200; in.payload++) {
        uint16_t len = sim_traffic_build(&in, 7, b, sizeof b);
        cr_assert_eq(ones(b, 20), 0xffff);
        memcpy(pseudo, b + 12, 8);
        memcpy(pseudo + 8, (uint8_t[]){0, 17, b[24], b[25]}, 4);
        memcpy(pseudo + 12, b + 20, (size_t)(len - 20));
        cr_assert_eq(ones(pseudo, (size_t)(12 + len - 20)), 0xffff);
    }
}

Test(sim_traffic, payloads_count_up_to_their_ends)
{
    struct sim_inner in = v4();
    uint8_t b[1500];
    for (in.payload = SIM_PAYLOAD_MIN; in.payload < 1200; in.payload++) {
        memset(b, 0xff, sizeof b);
        uint16_t len = sim_traffic_build(&in, 250, b, sizeof b);
        cr_assert_eq(len, 28 + in.payload);
        for (uint16_t i = SIM_PAYLOAD_MIN; i < in.payload; i++)
            cr_assert_eq(b[28 + i], (uint8_t)(250 + i));
        cr_assert_eq(b[len], 0xff);
    }
}

Test(sim_traffic, the_mark_is_seen_at_every_offset)
{
    uint8_t b[64] = {0};
    cr_assert_not(sim_traffic_seen(b, sizeof b));
    for (uint16_t at = 0; at + SIM_MARK_LEN <= 64; at++) {
        memset(b, 'i', sizeof b);
        memcpy(b + at, SIM_MARK, SIM_MARK_LEN);
        cr_assert(sim_traffic_seen(b, sizeof b));
        cr_assert_not(sim_traffic_seen(b, (uint16_t)(at + SIM_MARK_LEN - 1)));
    }
}

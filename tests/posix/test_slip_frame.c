/* SPDX-License-Identifier: MIT */
/* SLIP (RFC 1055), octet by octet. */
#include <criterion/criterion.h>
#include <string.h>

#include "slip_frame.h"

enum { END = 0xc0, ESC = 0xdb, ESC_END = 0xdc, ESC_ESC = 0xdd };

static struct slip_reader reader;
static unsigned dropped, packets;
static uint8_t last[SLIP_PACKET_MAX];
static size_t last_len;

static void begin(void)
{
    memset(&reader, 0, sizeof reader);
    dropped = packets = 0;
    last_len = 0;
}

static void read_all(const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (slip_read(&reader, octets[i], &dropped)) {
            packets++;
            last_len = reader.len;
            memcpy(last, reader.packet, reader.len);
        }
}

static void was_read(unsigned so_many, const void *packet, size_t len)
{
    cr_assert_eq(packets, so_many, "%u packets, not %u", packets, so_many);
    cr_assert_eq(last_len, len);
    cr_assert_arr_eq(last, packet, len);
}

#define READ(...) read_all((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

Test(slip_frame, the_octets_of_a_frame)
{
    const uint8_t packet[] = {0x60, END, ESC, ESC_END, ESC_ESC, 0};
    const uint8_t want[] = {END, 0x60, ESC, ESC_END, ESC, ESC_ESC, ESC_END, ESC_ESC, 0, END};
    uint8_t out[SLIP_FRAME_MAX];
    cr_assert_eq(slip_frame(packet, sizeof packet, out), sizeof want);
    cr_assert_arr_eq(out, want, sizeof want);
}

Test(slip_frame, nothing_is_two_ends)
{
    uint8_t out[SLIP_FRAME_MAX] = {0};
    cr_assert_eq(slip_frame(out, 0, out), 2);
    begin();
    read_all(out, 2);
    cr_assert_eq(packets, 0);
    cr_assert_eq(dropped, 0);
}

Test(slip_frame, the_largest_fits_exactly)
{
    uint8_t packet[SLIP_PACKET_MAX], out[SLIP_FRAME_MAX + 1];
    memset(packet, END, sizeof packet);
    out[SLIP_FRAME_MAX] = 0x55;
    cr_assert_eq(slip_frame(packet, sizeof packet, out), SLIP_FRAME_MAX);
    cr_assert_eq(out[SLIP_FRAME_MAX], 0x55);
    begin();
    read_all(out, SLIP_FRAME_MAX);
    was_read(1, packet, sizeof packet);
    cr_assert_eq(dropped, 0);
}

Test(slip_frame, every_octet_there_and_back)
{
    uint8_t packet[256], out[SLIP_FRAME_MAX];
    for (unsigned i = 0; i < sizeof packet; i++)
        packet[i] = (uint8_t)i;
    begin();
    for (unsigned from = 0; from < sizeof packet; from++) {
        read_all(out, slip_frame(packet + from, sizeof packet - from, out));
        was_read(from + 1, packet + from, sizeof packet - from);
    }
    cr_assert_eq(dropped, 0);
}

/* The line is cut anywhere in a frame, and another one follows: that one comes whole. What came of
 * the first is a packet of its own, for SLIP cannot tell, or broken, if an escape was cut. */
Test(slip_frame, cut_off_anywhere)
{
    const uint8_t packet[] = {0x60, END, 1, ESC, ESC, 2, ESC_END}, next[] = {0x60, 9};
    uint8_t out[SLIP_FRAME_MAX], following[SLIP_FRAME_MAX];
    size_t len = slip_frame(packet, sizeof packet, out);
    size_t following_len = slip_frame(next, sizeof next, following);
    for (size_t cut = 0; cut <= len; cut++) {
        begin();
        read_all(out, cut);
        read_all(following, following_len);
        bool escape_cut = cut > 0 && cut < len && out[cut - 1] == ESC;
        bool nothing = cut <= 1;
        cr_assert_eq(dropped, escape_cut, "cut at %zu", cut);
        was_read(escape_cut || nothing ? 1 : 2, next, sizeof next);
    }
}

Test(slip_frame, every_octet_behind_an_escape)
{
    for (unsigned octet = 0; octet < 256; octet++) {
        begin();
        READ(END, 1, ESC, (uint8_t)octet, 2, END);
        if (octet == ESC_END) {
            was_read(1, ((const uint8_t[]){1, END, 2}), 3);
        } else if (octet == ESC_ESC) {
            was_read(1, ((const uint8_t[]){1, ESC, 2}), 3);
        } else if (octet == END) { /* ends the broken one; 2 is the next */
            was_read(1, ((const uint8_t[]){2}), 1);
            cr_assert_eq(dropped, 1);
        } else {
            cr_assert_eq(packets, 0, "behind an escape: %02x", octet);
            cr_assert_eq(dropped, 1);
        }
        READ(1, 2, 3, END);
        was_read(packets, ((const uint8_t[]){1, 2, 3}), 3);
    }
}

Test(slip_frame, one_octet_too_many)
{
    static const uint8_t ordinary[SLIP_PACKET_MAX + 1] = {0x60};
    for (unsigned end_is_escaped = 0; end_is_escaped < 2; end_is_escaped++) {
        begin();
        READ(END);
        read_all(ordinary, SLIP_PACKET_MAX);
        if (end_is_escaped)
            READ(ESC, ESC_END, END);
        else
            READ(0, END);
        cr_assert_eq(packets, 0);
        cr_assert_eq(dropped, 1);
        READ(0x60, 7, END);
        was_read(1, ((const uint8_t[]){0x60, 7}), 2);
        cr_assert_eq(dropped, 1, "counted once");
    }
}

Test(slip_frame, noise_without_end)
{
    begin();
    for (unsigned i = 0; i < 10 * SLIP_PACKET_MAX; i++)
        READ((uint8_t)(i % 0xc0));
    cr_assert_eq(packets, 0);
    cr_assert_eq(dropped, 0, "it is not over");
    cr_assert_leq(reader.len, SLIP_PACKET_MAX);
    READ(END, 0x60, END);
    cr_assert_eq(dropped, 1);
    was_read(1, ((const uint8_t[]){0x60}), 1);
}

Test(slip_frame, ends_alone_are_nothing)
{
    begin();
    READ(END, END, END, END, 0x60, 1, END, END, END);
    was_read(1, ((const uint8_t[]){0x60, 1}), 2);
    cr_assert_eq(dropped, 0);
}

/* Until the next octet the packet is there. */
Test(slip_frame, the_packet_stays_until_the_next_octet)
{
    begin();
    READ(END, 0x60, 1, END);
    cr_assert_eq(reader.len, 2);
    READ(END);
    cr_assert_eq(reader.len, 0);
}

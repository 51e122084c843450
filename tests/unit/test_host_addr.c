/* SPDX-License-Identifier: MIT */
/* Addresses, traffic selectors and identities from text and back. */
#include <criterion/criterion.h>
#include <string.h>

#include "host.h"

Test(addr, round_trip)
{
    static const char *const texts[] = {"10.9.0.1", "0.0.0.0", "fd00::1", "::1", "2001:db8::a:b"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct ik_addr a;
        char text[46];
        cr_assert(host_addr_parse(texts[i], &a));
        cr_expect_eq(a.family, strchr(texts[i], ':') != NULL ? 6 : 4);
        host_addr_print(&a, text, sizeof text);
        cr_expect_str_eq(text, texts[i]);
    }
}

Test(addr, what_is_no_address)
{
    static const char *const texts[] = {"",           "10.9.0",    "10.9.0.256", "localhost",
                                        "fd00::1::2", "10.9.0.1 ", "::1%lo"};
    struct ik_addr a;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect_not(host_addr_parse(texts[i], &a), "%s", texts[i]);
}

Test(addr, any_prints_as_any)
{
    const struct ik_addr a = {.family = 0};
    char text[46];
    host_addr_print(&a, text, sizeof text);
    cr_expect_str_eq(text, "any");
}

/* Each pair: what is written, and how it is written back. */
static const char *const selectors[][2] = {
    {"10.1.0.0/24", "10.1.0.0/24"},
    {"10.1.0.77/24", "10.1.0.0/24"},
    {"10.1.0.1", "10.1.0.1"},
    {"10.1.0.1/32", "10.1.0.1"},
    {"0.0.0.0/0", "0.0.0.0/0"},
    {"10.1.2.3/11", "10.0.0.0/11"},
    {"10.0.0.5-10.0.0.9", "10.0.0.5-10.0.0.9"},
    {"10.0.0.0-10.0.0.255", "10.0.0.0/24"},
    {"fd00:1::/64", "fd00:1::/64"},
    {"fd00:1::1", "fd00:1::1"},
    {"::/0", "::/0"},
    {"10.1.0.0/24[udp]", "10.1.0.0/24[udp]"},
    {"10.1.0.0/24[udp/5000-5010]", "10.1.0.0/24[udp/5000-5010]"},
    {"10.1.0.0/24[tcp/443]", "10.1.0.0/24[tcp/443]"},
    {"10.1.0.0/24[17/any]", "10.1.0.0/24[udp]"},
    {"10.1.0.0/24[%any/53]", "10.1.0.0/24[any/53]"},
    {"10.1.0.0/24[132/opaque]", "10.1.0.0/24[132/opaque]"},
    {"10.1.0.0/24[icmp/8]", "10.1.0.0/24[icmp/8]"},
    {"fd00::1[icmpv6/128-129]", "fd00::1[icmpv6/128-129]"},
};

Test(host_ts, round_trip)
{
    for (size_t i = 0; i < sizeof selectors / sizeof selectors[0]; i++) {
        struct ik_ts ts, again;
        char text[120];
        cr_assert(host_ts_parse(selectors[i][0], &ts), "%s", selectors[i][0]);
        cr_expect_eq(host_ts_print(&ts, text, sizeof text), strlen(text));
        cr_expect_str_eq(text, selectors[i][1]);
        cr_assert(host_ts_parse(text, &again));
        cr_expect_eq(memcmp(&ts, &again, sizeof ts), 0, "%s", text);
    }
}

Test(ts, fields)
{
    struct ik_ts ts;
    cr_assert(host_ts_parse("10.1.0.0/20[icmp/8]", &ts));
    cr_expect_eq(ts.family, 4);
    cr_expect_eq(ts.proto, IK_IP_ICMP);
    cr_expect_eq(ts.port_lo, 0x0800); /* RFC 4301 4.4.1.1: the type is the high octet */
    cr_expect_eq(ts.port_hi, 0x08ff);
    cr_expect_arr_eq(ts.lo, ((uint8_t[]){10, 1, 0, 0}), 4);
    cr_expect_arr_eq(ts.hi, ((uint8_t[]){10, 1, 15, 255}), 4);
    cr_assert(host_ts_parse("10.1.0.1", &ts));
    cr_expect_eq(ts.port_lo, 0);
    cr_expect_eq(ts.port_hi, 65535);
}

Test(ts, what_is_no_selector)
{
    static const char *const texts[] = {
        "",
        "10.1.0.0/33",
        "fd00::/129",
        "10.1.0.0/",
        "10.1.0.0/-1",
        "10.1.0.0/24x",
        "10.1.0/24",
        "10.0.0.9-10.0.0.5",
        "10.0.0.9-fd00::1",
        "10.1.0.0/24[",
        "10.1.0.0/24[]",
        "10.1.0.0/24[udp",
        "10.1.0.0/24[udp]x",
        "10.1.0.0/24[nosuch]",
        "10.1.0.0/24[256]",
        "10.1.0.0/24[udp/]",
        "10.1.0.0/24[udp/65536]",
        "10.1.0.0/24[udp/99999999999999999999]",
        "10.1.0.0/24[udp/20-10]",
        "10.1.0.0/24[icmp/256]",
    };
    struct ik_ts ts;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect_not(host_ts_parse(texts[i], &ts), "%s", texts[i]);
    char long_text[400];
    memset(long_text, '1', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    cr_expect_not(host_ts_parse(long_text, &ts));
}

Test(ts, of_one_address)
{
    struct ik_addr a;
    struct ik_ts ts;
    char text[120];
    cr_assert(host_addr_parse("fd00::7", &a));
    host_ts_from_addr(&a, &ts);
    host_ts_print(&ts, text, sizeof text);
    cr_expect_str_eq(text, "fd00::7");
}

static const struct {
    const char *text;
    uint8_t type;
    const char *data;
    size_t len;
    const char *printed;
} ids[] = {
    {"@gw.example.org", IK_ID_FQDN, "gw.example.org", 14, "gw.example.org"},
    {"gw.example.org", IK_ID_FQDN, "gw.example.org", 14, "gw.example.org"},
    {"tk@iki.fi", IK_ID_RFC822_ADDR, "tk@iki.fi", 9, "tk@iki.fi"},
    {"10.9.0.1", IK_ID_IPV4_ADDR, "\x0a\x09\x00\x01", 4, "10.9.0.1"},
    {"::1", IK_ID_IPV6_ADDR, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16, "::1"},
    {"keyid:0x00fF", IK_ID_KEY_ID, "\x00\xff", 2, "keyid:0x00ff"},
    {"@#0a", IK_ID_KEY_ID, "\x0a", 1, "keyid:0x0a"},
    {"keyid:door 7", IK_ID_KEY_ID, "door 7", 6, "keyid:0x646f6f722037"},
    {"%any", IK_ID_ANY, "", 0, "%any"},
};

Test(id, types)
{
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        uint8_t buf[IK_ID_MAX];
        char text[100];
        struct ik_id id;
        cr_assert(host_id_parse(ids[i].text, buf, sizeof buf, &id), "%s", ids[i].text);
        cr_expect_eq(id.type, ids[i].type);
        cr_assert_eq(id.data.len, ids[i].len);
        cr_expect_eq(memcmp(id.data.p, ids[i].data, ids[i].len), 0, "%s", ids[i].text);
        host_id_print(id.type, id.data, text, sizeof text);
        cr_expect_str_eq(text, ids[i].printed);
    }
}

Test(id, what_is_no_identity)
{
    static const char *const texts[] = {"",          "@",          "keyid:", "keyid:0x",
                                        "keyid:0x0", "keyid:0xzz", "@#1"};
    uint8_t buf[IK_ID_MAX];
    struct ik_id id;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect_not(host_id_parse(texts[i], buf, sizeof buf, &id), "%s", texts[i]);
}

Test(id, every_buffer_size)
{
    const char *text = "@gw.example.org";
    for (size_t cap = 0; cap <= 15; cap++) {
        uint8_t buf[16];
        struct ik_id id;
        memset(buf, '#', sizeof buf);
        cr_expect_eq(host_id_parse(text, buf, cap, &id), cap >= 14);
        cr_expect_eq(buf[cap], '#');
    }
}

Test(id, octets_of_a_peer_do_not_reach_the_terminal)
{
    char text[100];
    const struct ik_span s = {(const uint8_t *)"a\x1b[2J\\", 6};
    host_id_print(IK_ID_FQDN, s, text, sizeof text);
    cr_expect_str_eq(text, "a\\x1b[2J\\x5c");
    host_id_print(9, s, text, sizeof text);
    cr_expect_str_eq(text, "type 9 0x611b5b324a5c");
}

Test(ts, hold_an_address)
{
    struct ik_ts ts[2];
    struct ik_addr a;
    cr_assert(host_ts_parse("10.1.0.0/16", &ts[0]) && host_ts_parse("fd00::5-fd00::7", &ts[1]));
    static const struct {
        const char *addr;
        bool held;
    } rows[] = {{"10.1.0.0", true},  {"10.1.255.255", true}, {"10.2.0.0", false},
                {"10.0.9.9", false}, {"fd00::5", true},      {"fd00::7", true},
                {"fd00::8", false},  {"fd00::4", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert(host_addr_parse(rows[i].addr, &a));
        cr_expect_eq(host_ts_hold(ts, 2, &a), rows[i].held, "%s", rows[i].addr);
    }
    cr_expect_not(host_ts_hold(ts, 0, &a));
}

Test(host_addr, selectors_from_packets)
{
    static const struct {
        const char *text;
        int flags; /* -1: none of these */
    } rows[] = {{"local", IK_PFP_LOCAL},
                {"remote", IK_PFP_REMOTE},
                {"protocol , local_port", IK_PFP_PROTOCOL | IK_PFP_LOCAL_PORT},
                {"remote_port,remote", IK_PFP_REMOTE_PORT | IK_PFP_REMOTE},
                {"locals", -1},
                {"local,", -1},
                {"loca", -1},
                {"", -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t flags = 0;
        bool good = host_pfp_parse(rows[i].text, &flags);
        cr_assert_eq(good, rows[i].flags >= 0, "%s", rows[i].text);
        cr_assert(!good || flags == rows[i].flags, "%s", rows[i].text);
    }
}

/* SPDX-License-Identifier: MIT */
/* Numbers, lists and durations as people write them, and as they are written for people. */
#include <criterion/criterion.h>
#include <string.h>

#include "host.h"

Test(number, whole)
{
    static const struct {
        const char *text;
        uint64_t is;
    } good[] = {
        {"0", 0}, {"7", 7}, {"007", 7}, {"65535", 65535}, {"18446744073709551615", UINT64_MAX}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        uint64_t n = 1;
        cr_expect(host_number_parse(good[i].text, 0, 0, UINT64_MAX, &n), "%s", good[i].text);
        cr_expect_eq(n, good[i].is);
    }
    static const char *const bad[] = {"",
                                      " 1",
                                      "1 ",
                                      "+1",
                                      "-1",
                                      "1.5",
                                      "1.",
                                      "0x1",
                                      "1e3",
                                      "one",
                                      "1\n2",
                                      ".5",
                                      "18446744073709551616",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t n = 42;
        cr_expect_not(host_number_parse(bad[i], 0, 0, UINT64_MAX, &n), "%s", bad[i]);
        cr_expect_eq(n, 42);
    }
}

Test(number, from_least_to_most)
{
    uint64_t n = 0;
    cr_expect_not(host_number_parse("4", 0, 5, 7, &n));
    cr_expect(host_number_parse("5", 0, 5, 7, &n) && n == 5);
    cr_expect(host_number_parse("7", 0, 5, 7, &n) && n == 7);
    cr_expect_not(host_number_parse("8", 0, 5, 7, &n));
}

Test(number, with_places)
{
    static const struct {
        const char *text;
        uint64_t is;
    } good[] = {{"1", 1000000},  {"1.5", 1500000},  {"0.000001", 1},
                {"0.1", 100000}, {"1.50", 1500000}, {"18446744073709.551615", UINT64_MAX}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        uint64_t n = 0;
        cr_expect(host_number_parse(good[i].text, 6, 0, UINT64_MAX, &n), "%s", good[i].text);
        cr_expect_eq(n, good[i].is);
    }
    static const char *const bad[] = {
        "", ".", ".5", "1.", "1..5", "1.0000001", "1.5s", "-1.5", "18446744073709.551616", "1.5.5"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t n = 42;
        cr_expect_not(host_number_parse(bad[i], 6, 0, UINT64_MAX, &n), "%s", bad[i]);
    }
    uint64_t n = 0;
    cr_expect_eq(host_number_take("2.5m", 6, &n), 3);
    cr_expect_eq(n, 2500000);
}

Test(number, hex)
{
    uint8_t out[4] = {0};
    char text[] = "00fFa0";
    cr_expect(host_hex_parse(text, 6, out) && memcmp(out, "\x00\xff\xa0\x00", 4) == 0);
    cr_expect_not(host_hex_parse("0", 1, out));
    cr_expect_not(host_hex_parse("0g", 2, out));
    cr_expect_not(host_hex_parse("`0", 2, out));
    cr_expect_not(host_hex_parse("\x10"
                                 "0",
                                 2, out)); /* 0x10 | 0x20 is a digit */
    cr_expect(host_hex_parse(text, 6, (uint8_t *)text) && memcmp(text, "\x00\xff\xa0", 3) == 0);
}

Test(number, words_between_commas)
{
    static const struct {
        const char *text, *words;
    } rows[] = {{"a", "a|"}, {"a,b", "a|b|"}, {" a , b\t,c ", "a|b|c|"}, {"", "|"},
                {",", "||"}, {"a,", "a||"},   {"a b, c", "a b|c|"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char joined[40] = "";
        struct ik_span word;
        for (const char *at = rows[i].text; host_word_next(&at, &word);)
            snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%.*s|",
                     (int)word.len, (const char *)word.p);
        cr_expect_str_eq(joined, rows[i].words);
    }
    const char *none = NULL;
    struct ik_span word;
    cr_expect_not(host_word_next(&none, &word));
}

Test(number, durations)
{
    static const struct {
        ik_time us;
        const char *is;
    } rows[] = {{0, "under 1 ms"},
                {1, "1 us"},
                {999, "999 us"},
                {1000, "1 ms"},
                {1234, "1.23 ms"},
                {9994, "9.99 ms"},
                {9996, "10.0 ms"},
                {99940, "99.9 ms"},
                {99960, "100 ms"},
                {100 * IK_MS, "100 ms"},
                {999999, "1000 ms"},
                {IK_SECOND, "1 s"},
                {1500 * IK_MS, "1.50 s"},
                {30 * IK_SECOND, "30 s"},
                {59 * IK_SECOND + 999999, "60.0 s"},
                {60 * IK_SECOND, "1 min 0 s"},
                {(3 * 3600 + 12 * 60 + 5) * IK_SECOND, "3 h 12 min"},
                {(50 * 3600) * IK_SECOND, "2 d 2 h"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[40];
        cr_expect_str_eq(host_duration_print(rows[i].us, text, sizeof text), rows[i].is);
    }
}

/* SPDX-License-Identifier: MIT */
/* Numbers and durations, from text and to text. */
#include <string.h>

#include "host.h"

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : -1;
}

/* n * 10 + one; false if that is more than there can be. */
static bool append(uint64_t *n, unsigned one)
{
    if (*n > (UINT64_MAX - one) / 10)
        return false;
    *n = *n * 10 + one;
    return true;
}

size_t host_number_take(const char *text, unsigned places, uint64_t *out)
{
    size_t i = 0;
    uint64_t n = 0;
    for (; digit(text[i]) >= 0; i++)
        if (!append(&n, (unsigned)digit(text[i])))
            return 0;
    bool point = i > 0 && places > 0 && text[i] == '.' && digit(text[i + 1]) >= 0;
    for (i += point; places > 0; places--) {
        bool more = point && digit(text[i]) >= 0;
        if (!append(&n, more ? (unsigned)digit(text[i]) : 0))
            return 0;
        i += more;
    }
    /* What is finer than that would be cut off in silence. */
    if (i == 0 || (point && digit(text[i]) >= 0))
        return 0;
    *out = n;
    return i;
}

bool host_number_parse(const char *text, unsigned places, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;
    size_t len = host_number_take(text, places, &n);
    if (len == 0 || text[len] != '\0' || n < min || n > max)
        return false;
    *out = n;
    return true;
}

int host_hex_digit(char c)
{
    int n = digit(c);
    c = (char)(c | 0x20);
    return n >= 0 ? n : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool host_hex_parse(const char *text, size_t len, uint8_t *out)
{
    if (len % 2 != 0)
        return false;
    for (size_t i = 0; i < len; i += 2) {
        int high = host_hex_digit(text[i]), low = host_hex_digit(text[i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool host_word_next(const char **at, struct ik_span *word)
{
    if (*at == NULL)
        return false;
    const char *from = *at + strspn(*at, " \t"), *comma = strchr(from, ',');
    const char *to = comma != NULL ? comma : from + strlen(from);
    *at = comma != NULL ? comma + 1 : NULL;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    *word = (struct ik_span){(const uint8_t *)from, (uint16_t)(to - from)};
    return true;
}

/* Three digits that say something, none that say nothing. */
static void print_of(ik_time us, ik_time unit, const char *name, char *out, size_t cap)
{
    double n = (double)us / (double)unit;
    int places = us % unit == 0 || n >= 99.95 ? 0 : n >= 9.995 ? 1 : 2;
    snprintf(out, cap, "%.*f %s", places, n, name);
}

const char *host_duration_print(ik_time us, char *out, size_t cap)
{
    unsigned long long s = us / IK_SECOND;
    if (us == 0)
        snprintf(out, cap, "under 1 ms"); /* the grain of some clocks of ours */
    else if (us < IK_MS)
        snprintf(out, cap, "%llu us", (unsigned long long)us);
    else if (us < IK_SECOND)
        print_of(us, IK_MS, "ms", out, cap);
    else if (s < 60)
        print_of(us, IK_SECOND, "s", out, cap);
    else if (s < 3600)
        snprintf(out, cap, "%llu min %llu s", s / 60, s % 60);
    else if (s < 86400)
        snprintf(out, cap, "%llu h %llu min", s / 3600, s / 60 % 60);
    else
        snprintf(out, cap, "%llu d %llu h", s / 86400, s / 3600 % 24);
    return out;
}

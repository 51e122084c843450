/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <stdlib.h>
#include <string.h>

#include "zones.h"

bool word_is_there(struct reader *r, const char *word)
{
    r->word = word;
    r->value = conf_text_get(r->text, r->section, word, &r->line);
    return r->value != NULL;
}

void word_wrong(const struct reader *r, const char *wanted)
{
    mistakes_add(r->mistakes, r->text->file, r->line, "%s = \"%.100s\": %s", r->word, r->value,
                 wanted);
}

void word_text(struct reader *r, const char *word, char **out)
{
    if (!word_is_there(r, word))
        return;
    if (r->value[0] == '\0')
        word_wrong(r, "it is empty");
    free(*out);
    *out = strdup(r->value);
}

static void wrong_number(const struct reader *r, uint64_t min, uint64_t max)
{
    char wanted[100];
    snprintf(wanted, sizeof wanted, "not a number from %llu to %llu", (unsigned long long)min,
             (unsigned long long)max);
    word_wrong(r, wanted);
}

static bool hex_number(const char *text, uint64_t *out)
{
    size_t n = 0;
    for (*out = 0; host_hex_digit(text[n]) >= 0; n++)
        *out = *out << 4 | (uint64_t)host_hex_digit(text[n]);
    return n > 0 && n <= 16 && text[n] == '\0';
}

void word_long(struct reader *r, const char *word, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t n;
    if (!word_is_there(r, word))
        return;
    bool hex = r->value[0] == '0' && (r->value[1] | 0x20) == 'x';
    if ((hex ? hex_number(r->value + 2, &n) : host_number_parse(r->value, 0, min, max, &n)) &&
        n >= min && n <= max) {
        *out = n;
        return;
    }
    wrong_number(r, min, max);
}

void word_number(struct reader *r, const char *word, unsigned min, unsigned max, unsigned *out)
{
    uint64_t n = *out;
    if (word_is_there(r, word) && host_number_parse(r->value, 0, min, max, &n))
        *out = (unsigned)n;
    else if (r->value != NULL)
        wrong_number(r, min, max);
}

void word_choice(struct reader *r, const char *word, const char *const *words, const char *wanted,
                 unsigned *out)
{
    if (!word_is_there(r, word))
        return;
    for (unsigned i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], r->value) == 0) {
            *out = i;
            return;
        }
    word_wrong(r, wanted);
}

void word_yes(struct reader *r, const char *word, bool *out)
{
    static const char *const words[] = {"no", "yes", NULL};
    unsigned n = *out;
    word_choice(r, word, words, "yes or no", &n);
    *out = n != 0;
}

static void wrong_time(const struct reader *r, const struct word_times *t)
{
    char wanted[120], least[24] = "at most";
    if (t->least > 0)
        snprintf(least, sizeof least, "%g to", (double)t->least / (double)IK_SECOND);
    snprintf(wanted, sizeof wanted, "not a time of whole %s, %s %llu seconds (30s, 5m, 1h)",
             t->grain == IK_SECOND ? "seconds" : "milliseconds", least,
             (unsigned long long)(t->most / IK_SECOND));
    word_wrong(r, wanted);
}

/* What is finer than the grain would be cut off in silence. */
void word_time(struct reader *r, const char *word, const struct word_times *t, ik_time *out)
{
    uint64_t us = 0;
    if (!word_is_there(r, word))
        return;
    size_t len = host_number_take(r->value, 6, &us);
    const char *unit = r->value + len;
    unsigned times = *unit == 'm' ? 60 : *unit == 'h' ? 3600 : 1;
    bool good = len > 0 && us <= t->most && strlen(unit) <= 1 &&
                (*unit == '\0' || strchr("smh", *unit) != NULL);
    us *= times;
    if (good && us >= t->least && us <= t->most && us % t->grain == 0)
        *out = us;
    else
        wrong_time(r, t);
}

void word_addr(struct reader *r, const char *word, struct ik_addr *out)
{
    if (word_is_there(r, word) && !zones_addr_parse(r->value, out))
        word_wrong(r, "not an IPv4 or IPv6 address");
}

void word_id(struct reader *r, const char *word, uint8_t *data, struct ik_id *out)
{
    if (word_is_there(r, word) && !host_id_parse(r->value, data, IK_ID_MAX, out))
        word_wrong(r,
                   "not an identity (host.example.org, user@example.org, an address, keyid:TEXT, "
                   "keyid:0xHEX)");
}

unsigned word_each(const struct reader *r, const char *text, unsigned max,
                   bool (*take)(const char *word, void *out, unsigned i, char *err, size_t cap),
                   void *out)
{
    unsigned n = 0;
    char err[240];
    struct ik_span piece;
    for (const char *at = text; host_word_next(&at, &piece);) {
        if (n == max) {
            snprintf(err, sizeof err, "more than %u of them", max);
            word_wrong(r, err);
            break;
        }
        char *word = strndup((const char *)piece.p, piece.len);
        if (word != NULL && take(word, out, n, err, sizeof err))
            n++;
        else if (word != NULL)
            mistakes_add(r->mistakes, r->text->file, r->line, "%s: %s", r->word, err);
        free(word);
    }
    return n;
}

static bool parse_ts(const char *word, void *out, unsigned i, char *err, size_t cap)
{
    if (host_ts_parse(word, &((struct ik_ts *)out)[i]))
        return true;
    snprintf(err, cap, "\"%s\" is not a traffic selector (10.1.0.0/24, fd00:1::/64, 10.1.0.1[tcp])",
             word);
    return false;
}

uint8_t word_selectors(const struct reader *r, const char *text, struct ik_ts out[IK_TS_MAX])
{
    return (uint8_t)word_each(r, text, IK_TS_MAX, parse_ts, out);
}

void word_ts(struct reader *r, const char *word, struct ik_ts out[IK_TS_MAX], uint8_t *n)
{
    if (word_is_there(r, word))
        *n = word_selectors(r, r->value, out);
}

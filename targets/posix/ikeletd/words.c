/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <errno.h>
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

void word_long(struct reader *r, const char *word, uint64_t min, uint64_t max, uint64_t *out)
{
    char *end;
    char wanted[100];
    if (!word_is_there(r, word))
        return;
    errno = 0;
    bool hex = r->value[0] == '0' && (r->value[1] | 0x20) == 'x';
    unsigned long long n = strtoull(r->value, &end, hex ? 16 : 10);
    if (r->value[0] >= '0' && r->value[0] <= '9' && *end == '\0' && errno == 0 && n >= min &&
        n <= max) {
        *out = n;
        return;
    }
    snprintf(wanted, sizeof wanted, "not a number from %llu to %llu", (unsigned long long)min,
             (unsigned long long)max);
    word_wrong(r, wanted);
}

void word_number(struct reader *r, const char *word, unsigned min, unsigned max, unsigned *out)
{
    char *end;
    char wanted[80];
    if (!word_is_there(r, word))
        return;
    errno = 0;
    unsigned long n = strtoul(r->value, &end, 10);
    if (r->value[0] >= '0' && r->value[0] <= '9' && *end == '\0' && errno == 0 && n >= min &&
        n <= max) {
        *out = (unsigned)n;
        return;
    }
    snprintf(wanted, sizeof wanted, "not a number from %u to %u", min, max);
    word_wrong(r, wanted);
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
    if (t->least > 0.)
        snprintf(least, sizeof least, "%g to", t->least);
    snprintf(wanted, sizeof wanted, "not a time of whole %s, %s %.0f seconds (30s, 5m, 1h)",
             t->grain == IK_SECOND ? "seconds" : "milliseconds", least, t->most);
    word_wrong(r, wanted);
}

/* No sign, no exponent, no hex; and what is finer than the grain would be cut off in silence. */
void word_time(struct reader *r, const char *word, const struct word_times *t, ik_time *out)
{
    if (!word_is_there(r, word))
        return;
    char *unit;
    size_t digits = strspn(r->value, "0123456789.");
    double n = strtod(r->value, &unit);
    double s = n * (*unit == 'm' ? 60. : *unit == 'h' ? 3600. : 1.);
    bool good = digits > 0 && unit == r->value + digits && strlen(unit) <= 1 &&
                (*unit == '\0' || strchr("smh", *unit) != NULL) && s >= t->least && s <= t->most;
    ik_time us = good ? (ik_time)(s * (double)IK_SECOND + .5) : 0;
    if (good && us % t->grain == 0)
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
    char *copy = strdup(text), *at = copy;
    while (copy != NULL && at != NULL) {
        char *word = strsep(&at, ",");
        word += strspn(word, " ");
        for (size_t len = strlen(word); len > 0 && word[len - 1] == ' '; len--)
            word[len - 1] = '\0';
        if (n == max) {
            snprintf(err, sizeof err, "more than %u of them", max);
            word_wrong(r, err);
            break;
        }
        if (take(word, out, n, err, sizeof err))
            n++;
        else
            mistakes_add(r->mistakes, r->text->file, r->line, "%s: %s", r->word, err);
    }
    free(copy);
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

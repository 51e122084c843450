/* SPDX-License-Identifier: MIT */
/*
 * One word of a section of the configuration file as a value. A value that makes no sense is told
 * with file and line, and *out stays as it was; so it does where the word is not given.
 */
#ifndef IKELETD_WORDS_H
#define IKELETD_WORDS_H

#include "conf_read.h"
#include "host.h"

/* Where words are looked for, and the one that was looked for last. */
struct reader {
    const struct conf_text *text;
    struct mistakes *mistakes;
    cfg_t *section;
    const char *word, *value;
    unsigned line;
};

/* True if the section has the word; then value and line are its. */
bool word_is_there(struct reader *r, const char *word);
/* Tells a mistake about the word that was looked for last. */
void word_wrong(const struct reader *r, const char *wanted);

/* A copy, which the caller frees; what was in *out is freed. */
void word_text(struct reader *r, const char *word, char **out);
void word_number(struct reader *r, const char *word, unsigned min, unsigned max, unsigned *out);
/* Decimal, or hex behind 0x. */
void word_long(struct reader *r, const char *word, uint64_t min, uint64_t max, uint64_t *out);
/* One of some words, the last NULL; its number. */
void word_choice(struct reader *r, const char *word, const char *const *words, const char *wanted,
                 unsigned *out);
/* yes or no. */
void word_yes(struct reader *r, const char *word, bool *out);
/* Which times are good, and the grain in which they are whole: IK_SECOND or IK_MS. */
struct word_times {
    ik_time grain, least, most;
};
/* "30s", "5m", "0.5h". */
void word_time(struct reader *r, const char *word, const struct word_times *t, ik_time *out);
void word_addr(struct reader *r, const char *word, struct ik_addr *out);
/* data holds IK_ID_MAX octets, into which *out points. */
void word_id(struct reader *r, const char *word, uint8_t *data, struct ik_id *out);
void word_ts(struct reader *r, const char *word, struct ik_ts out[IK_TS_MAX], uint8_t *n);

/* Calls take() for each piece of text between commas, with how many have been good; answers how
 * many were, max at the most. */
unsigned word_each(const struct reader *r, const char *text, unsigned max,
                   bool (*take)(const char *word, void *out, unsigned i, char *err, size_t cap),
                   void *out);
/* Traffic selectors between commas; answers how many. */
uint8_t word_selectors(const struct reader *r, const char *text, struct ik_ts out[IK_TS_MAX]);

#endif

/* SPDX-License-Identifier: MIT */
/* The file as libconfuse sees it: sections with texts, and the line of each. */
#ifndef IKELETD_CONF_READ_H
#define IKELETD_CONF_READ_H

#include <confuse.h>

#include "mistakes.h"

struct conf_text {
    cfg_t *root;
    const char *file;
    struct mistakes *mistakes;
    bool noted;          /* a mistake of libconfuse's own */
    unsigned noted_line; /* where */
    bool broken;         /* words may have been lost: what is missing says nothing */
    struct conf_place {
        const cfg_t *section;
        const char *word;
        unsigned line;
    } * places;
    unsigned places_n, places_cap;
};

/* Parses; false if there are mistakes. The caller calls conf_text_free() in any case. */
bool conf_text_read(struct conf_text *t, const char *file, struct mistakes *m);
void conf_text_free(struct conf_text *t);

/* The text of a word, NULL if it is not given; *line is where it stands. */
const char *conf_text_get(const struct conf_text *t, cfg_t *section, const char *word,
                          unsigned *line);
/* Where a section begins, or a little behind that. */
unsigned conf_text_line(const struct conf_text *t, const cfg_t *section);

#endif

/* SPDX-License-Identifier: MIT */
/* What is wrong in files that people write: each mistake with file and line. */
#ifndef IKELETD_MISTAKES_H
#define IKELETD_MISTAKES_H

#include <stdbool.h>
#include <stdio.h>

#define MISTAKES_MAX 50 /* that are told; the others are counted */

struct mistake {
    char *file;
    unsigned line;
    char text[280];
};

struct mistakes {
    struct mistake list[MISTAKES_MAX];
    unsigned n, more;
};

void mistakes_add(struct mistakes *m, const char *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* "FILE:LINE: text", in the order of lines. */
void mistakes_print(struct mistakes *m, FILE *f);
void mistakes_free(struct mistakes *m);

#endif

/* SPDX-License-Identifier: MIT */
/* Small files of lines: secrets and remotes. */
#ifndef IKELETD_LINES_H
#define IKELETD_LINES_H

#include <stddef.h>

#include "mistakes.h"

/* Reads a file whole, with a zero behind it; NULL after a mistake of line 0. The caller passes it
 * to lines_forget(). */
char *lines_read(const char *file, size_t *len, struct mistakes *m);
/* One with keys: nobody but its owner can read it, who is root, whoever runs this, or user. */
char *lines_read_keys(const char *file, const char *user, size_t *len, struct mistakes *m);
/* Wipes and frees. */
void lines_forget(char *text, size_t len);

/* Cuts the next line off *at, without white space around it; empty lines and those that begin with
 * # are left out. NULL at the end. *line counts. */
char *lines_next(char **at, unsigned *line);

#endif

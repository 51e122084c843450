/* SPDX-License-Identifier: MIT */
/* What the command says when something is wrong: one line on stderr. */
#ifndef POSIX_SAY_H
#define POSIX_SAY_H

/* "ikelet: " and the text. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Exit statuses of all subcommands. */
enum { EXIT_ANSWERED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#endif

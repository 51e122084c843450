/* SPDX-License-Identifier: MIT */
/* What a program says when something is wrong: one line on stderr. */
#ifndef POSIX_SAY_H
#define POSIX_SAY_H

/* The program's name and the text. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same of a command line that is wrong, which ends the program. */
void refuse(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#define NO_OPTION "\"%s\": this is no option (they begin with --)"

/* Exit statuses of all subcommands. */
enum { EXIT_ANSWERED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#endif

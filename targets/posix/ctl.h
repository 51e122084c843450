/* SPDX-License-Identifier: MIT */
/* The verbs of `ikelet` that ask a running ikeletd, by its control socket. */
#ifndef POSIX_CTL_H
#define POSIX_CTL_H

#include <jansson.h>
#include <stdbool.h>

#define CTL_SCHEMA 1

/* Is there such a verb? */
bool ctl_knows(const char *verb);
/* Answers the exit status. argv[0] is the verb. */
int ctl_main(int argc, char **argv);
/* The verbs with what they do, for --help. */
void ctl_help(void);

/* ctl_show.c: an answer for people, on stdout. */
void ctl_show_status(json_t *answer);
void ctl_show_list(json_t *answer);
void ctl_show_counters(json_t *answer);
void ctl_show_mistakes(json_t *answer);

#endif

/* SPDX-License-Identifier: MIT */
/* --commands: what a person or a test wants of the SAs, line by line on standard input. */
#ifndef POSIX_COMMANDS_H
#define POSIX_COMMANDS_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct link;

struct commands {
    struct link *link;
    struct ev_io io;
    char line[80];
    size_t len;
    bool too_long;
};

/* Reads lines from standard input as they come; its end is the end of the lines only. */
void commands_begin(struct commands *c, struct link *l);

#endif

/* SPDX-License-Identifier: MIT */
/* Datagrams on their way: a line that holds each as long as every other, as a long link does. */
#ifndef POSIX_LOAD_DELAY_H
#define POSIX_LOAD_DELAY_H

#include "host.h"

#define LOAD_DELAY_MOST 65536 /* at once; more are lost, as in a router */

struct load_datagram {
    struct load_datagram *next;
    ik_time due;
    struct ik_path path;
    struct ik_outer outer;
    uint16_t len;
    uint8_t data[];
};

/* All zero: empty. */
struct load_line {
    struct load_datagram *first, *last;
    unsigned n;
};

/* Copies it to the end of the line. False: the line is full, or there is no memory. */
bool load_line_put(struct load_line *line, ik_time due, const struct ik_path *path,
                   const struct ik_outer *outer, const uint8_t *data, size_t len);
/* The first, if it is due; the caller frees it. NULL: none is. */
struct load_datagram *load_line_take(struct load_line *line, ik_time now);
/* When the next is due; IK_NEVER: the line is empty. */
ik_time load_line_due(const struct load_line *line);
void load_line_free(struct load_line *line);

#endif

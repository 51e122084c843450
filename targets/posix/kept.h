/* SPDX-License-Identifier: MIT */
/* Small files of secrets that one run keeps for the next: octets in and out, and the file itself.
 */
#ifndef POSIX_KEPT_H
#define POSIX_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEPT_ROOM 1024 /* octets of the largest file */

/* Where the next octets go to, or come from. */
struct kept_cursor {
    uint8_t *p;
    size_t left;
    bool bad; /* they did not fit */
};

void kept_put(struct kept_cursor *c, const void *from, size_t len);
/* In len octets, at most 8, the highest first. */
void kept_put_number(struct kept_cursor *c, uint64_t n, size_t len);
/* Zeros, if there are not so many. */
void kept_get(struct kept_cursor *c, void *to, size_t len);
uint64_t kept_get_number(struct kept_cursor *c, size_t len);

/* What such a file holds. */
enum kept_verdict {
    KEPT_GOOD,
    KEPT_NONE,   /* something else, which is not to be overwritten */
    KEPT_OTHERS, /* of somebody else */
    KEPT_OLD,
    KEPT_VERDICTS
};

/* Reads the file of --ticket-file and gives its octets to take(), with what is to hold them and the
 * seconds of the clock on the wall. Nothing if there is no file, or an empty one; one line on
 * stderr, of words[verdict], if it is of no use. False after one line on stderr if it cannot be
 * read, or holds something else. */
bool kept_load(const char *file, const char *const words[KEPT_VERDICTS],
               enum kept_verdict (*take)(void *to, const uint8_t *octets, size_t len,
                                         uint64_t now_s),
               void *to);
/* Puts a file of mode 0600 in its place: whoever reads finds the old one or the new one. Without
 * octets, it is removed. False after one line on stderr. */
bool kept_save(const char *file, const uint8_t *octets, size_t len);

#endif

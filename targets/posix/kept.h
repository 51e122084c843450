/* SPDX-License-Identifier: MIT */
/* Small files of secrets that one run keeps for the next: octets in and out, and the file itself.
 */
#ifndef POSIX_KEPT_H
#define POSIX_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

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

/* The octets of the file, -1 with errno if it cannot be read. */
ssize_t kept_read(const char *file, uint8_t room[KEPT_ROOM]);
/* Puts a file of mode 0600 in its place: whoever reads finds the old one or the new one. False with
 * errno. */
bool kept_replace(const char *file, const uint8_t *octets, size_t len);

#endif

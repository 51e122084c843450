/* SPDX-License-Identifier: MIT */
/* Post-quantum pre-shared keys (RFC 8784): read once, never printed, wiped. */
#ifndef POSIX_PPK_H
#define POSIX_PPK_H

#include "host.h"

#define PPKS_MAX 32

struct ppk_list {
    struct ik_ppk list[PPKS_MAX]; /* point into text */
    uint8_t n;
    uint8_t *text; /* the file, wiped by ppk_forget() */
    size_t len;
};

/* Reads lines "IDENTITY: KEY"; # and what follows up to the end of its line is a comment where it
 * begins the line; KEY is text, or 0x and pairs of hex digits. On error answers false and one line,
 * which names no key. */
bool ppk_read(const char *file, struct ppk_list *out, char *err, size_t err_len);
void ppk_forget(struct ppk_list *list);

#endif

/* SPDX-License-Identifier: MIT */
/* Text that grows in a caller's buffer, cut where the buffer ends. Private to targets/host. */
#ifndef HOST_TEXT_H
#define HOST_TEXT_H

#include <stddef.h>

/* len counts what the whole text needs, like snprintf; out always ends in a zero if cap > 0. */
struct text {
    char *out;
    size_t cap;
    size_t len;
};

void text_init(struct text *t, char *out, size_t cap);
void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

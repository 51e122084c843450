/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>

void text_init(struct text *t, char *out, size_t cap)
{
    t->out = out;
    t->cap = cap;
    t->len = 0;
    if (cap > 0)
        out[0] = '\0';
}

void text_add(struct text *t, const char *format, ...)
{
    size_t at = t->len < t->cap ? t->len : t->cap;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(at < t->cap ? t->out + at : NULL, t->cap - at, format, args);
    va_end(args);
    if (n > 0)
        t->len += (size_t)n;
}

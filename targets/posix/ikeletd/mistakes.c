/* SPDX-License-Identifier: MIT */
#include "mistakes.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void mistakes_add(struct mistakes *m, const char *file, unsigned line, const char *format, ...)
{
    char text[sizeof m->list[0].text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* A file that is parsed again after a mistake tells the earlier ones again. */
    for (unsigned i = 0; i < m->n; i++)
        if (m->list[i].line == line && strcmp(m->list[i].text, text) == 0 &&
            strcmp(m->list[i].file, file) == 0)
            return;
    if (m->n == MISTAKES_MAX) {
        m->more++;
        return;
    }
    struct mistake *one = &m->list[m->n];
    one->file = strdup(file);
    if (one->file == NULL)
        return;
    one->line = line;
    memcpy(one->text, text, sizeof text);
    m->n++;
}

static int by_place(const void *a, const void *b)
{
    const struct mistake *x = a, *y = b;
    int file = strcmp(x->file, y->file);
    return file != 0 ? file : (x->line > y->line) - (x->line < y->line);
}

void mistakes_print(struct mistakes *m, FILE *f)
{
    qsort(m->list, m->n, sizeof m->list[0], by_place);
    for (unsigned i = 0; i < m->n; i++)
        fprintf(f, "%s:%u: %s\n", m->list[i].file, m->list[i].line, m->list[i].text);
    if (m->more > 0)
        fprintf(f, "and %u more\n", m->more);
}

void mistakes_free(struct mistakes *m)
{
    for (unsigned i = 0; i < m->n; i++)
        free(m->list[i].file);
    m->n = m->more = 0;
}

/* SPDX-License-Identifier: MIT */
#include "load_delay.h"

#include <stdlib.h>
#include <string.h>

bool load_line_put(struct load_line *line, ik_time due, const struct ik_path *path,
                   const struct ik_outer *outer, const uint8_t *data, size_t len)
{
    struct load_datagram *d = line->n < LOAD_DELAY_MOST ? malloc(sizeof *d + len) : NULL;
    if (d == NULL)
        return false;
    *d = (struct load_datagram){.due = due, .path = *path, .outer = *outer, .len = (uint16_t)len};
    memcpy(d->data, data, len);
    if (line->last != NULL)
        line->last->next = d;
    else
        line->first = d;
    line->last = d;
    line->n++;
    return true;
}

struct load_datagram *load_line_take(struct load_line *line, ik_time now)
{
    struct load_datagram *d = line->first;
    if (d == NULL || d->due > now)
        return NULL;
    line->first = d->next;
    if (line->first == NULL)
        line->last = NULL;
    line->n--;
    return d;
}

ik_time load_line_due(const struct load_line *line)
{
    return line->first != NULL ? line->first->due : IK_NEVER;
}

void load_line_free(struct load_line *line)
{
    struct load_datagram *d;
    while ((d = load_line_take(line, IK_NEVER)) != NULL)
        free(d);
}

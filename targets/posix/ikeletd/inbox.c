/* SPDX-License-Identifier: MIT */
#include "inbox.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNED(n) (((n) + 15u) & ~(size_t)15u)
#define HEAD ALIGNED(sizeof(struct inbox_item))

bool inbox_open(struct inbox *b)
{
    (void)pthread_mutex_init(&b->lock, NULL);
    b->filling = malloc(INBOX_OCTETS);
    b->taken = malloc(INBOX_OCTETS);
    b->len = 0;
    return b->filling != NULL && b->taken != NULL;
}

void inbox_close(struct inbox *b)
{
    if (b->filling != NULL)
        explicit_bzero(b->filling, b->len);
    free(b->filling);
    free(b->taken);
    b->filling = b->taken = NULL;
}

bool inbox_put(struct inbox *b, const struct inbox_item *item, const void *data)
{
    size_t n = HEAD + ALIGNED(INBOX_ROOM + item->len);
    (void)pthread_mutex_lock(&b->lock);
    bool fits = n <= INBOX_OCTETS - b->len;
    if (fits) {
        memcpy(b->filling + b->len, item, sizeof *item);
        memcpy(b->filling + b->len + HEAD + INBOX_ROOM, data, item->len);
        b->len += n;
    }
    (void)pthread_mutex_unlock(&b->lock);
    return fits;
}

size_t inbox_take(struct inbox *b)
{
    (void)pthread_mutex_lock(&b->lock);
    uint8_t *full = b->filling;
    size_t len = b->len;
    b->filling = b->taken;
    b->taken = full;
    b->len = 0;
    (void)pthread_mutex_unlock(&b->lock);
    return len;
}

const struct inbox_item *inbox_next(struct inbox *b, size_t *at, uint8_t **data)
{
    void *p = b->taken + *at;
    const struct inbox_item *item = p;
    *data = b->taken + *at + HEAD + INBOX_ROOM;
    *at += HEAD + ALIGNED(INBOX_ROOM + item->len);
    return item;
}

/* SPDX-License-Identifier: MIT */
/*
 * What other threads hand to one: packets, datagrams, words. Whoever puts something in wakes the
 * owner, who takes all at once. So many octets wait at the most; what is more is refused.
 */
#ifndef IKELETD_INBOX_H
#define IKELETD_INBOX_H

#include <pthread.h>

#include "host.h"

#define INBOX_OCTETS ((size_t)1 << 20)
#define INBOX_ROOM 40 /* before the octets of each: transport mode puts an IP header there */

enum inbox_kind { INBOX_INNER, INBOX_DATAGRAM, INBOX_TOO_BIG, INBOX_RIVAL, INBOX_END };

struct inbox_item {
    uint8_t kind;   /* enum inbox_kind */
    uint8_t from;   /* worker */
    uint16_t mtu;   /* TOO_BIG */
    uint16_t child; /* END */
    size_t len;     /* octets, behind INBOX_ROOM */
    struct ik_path path;
    struct ik_outer outer;
};

struct inbox {
    pthread_mutex_t lock;
    uint8_t *filling, *taken; /* INBOX_OCTETS each; memory that was never used takes none */
    size_t len;               /* of filling */
};

/* False without memory. */
bool inbox_open(struct inbox *b);
void inbox_close(struct inbox *b);
/* From any thread. False: it is full. */
bool inbox_put(struct inbox *b, const struct inbox_item *item, const void *data);
/* The owner: how many octets of items there are, for inbox_next(); good until the next call. */
size_t inbox_take(struct inbox *b);
/* The item at *at, which moves on; its octets in *data, the owner's to change. */
const struct inbox_item *inbox_next(struct inbox *b, size_t *at, uint8_t **data);

#endif

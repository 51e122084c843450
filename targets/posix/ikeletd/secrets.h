/* SPDX-License-Identifier: MIT */
/*
 * Pre-shared keys: a file of lines "IDENTITY: KEY". Kept in locked memory, found by hash, wiped,
 * never printed. The identity %any is for who has no line of its own.
 */
#ifndef IKELETD_SECRETS_H
#define IKELETD_SECRETS_H

#include "host.h"
#include "mistakes.h"

struct secret {
    uint32_t id_at, key_at; /* in the arena */
    uint16_t id_len, key_len;
    uint8_t id_type;
};

struct secrets {
    uint8_t *arena; /* identities and keys */
    size_t arena_len, arena_used;
    struct secret *list;
    uint32_t n, cap;
    uint32_t *table; /* index + 1 into list; a power of two of them */
    uint32_t table_n;
    uint32_t any; /* index + 1; 0: none */
};

/* False after mistakes. The caller frees *s in any case. */
bool secrets_read(struct secrets *s, const char *file, struct mistakes *m);
void secrets_free(struct secrets *s);

/* The key of an identity, or that of %any; p is NULL if there is neither. Good until
 * secrets_free(). */
struct ik_span secrets_find(const struct secrets *s, uint8_t type, struct ik_span id);
/* The key of this identity only. */
struct ik_span secrets_of(const struct secrets *s, uint8_t type, struct ik_span id);

#endif

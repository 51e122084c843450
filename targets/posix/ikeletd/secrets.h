/* SPDX-License-Identifier: MIT */
/*
 * Pre-shared keys: a file of lines "IDENTITY: KEY". Kept in locked memory, found by hash, wiped,
 * never printed. The identity %any is for who has no line of its own; names may stand for many, as
 * ik_id_names() says.
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

/* The file is of root, of who runs this, or of user (NULL: nobody else). False after mistakes. The
 * caller frees *s in any case. */
bool secrets_read(struct secrets *s, const char *file, const char *user, struct mistakes *m);
void secrets_free(struct secrets *s);

/* The key of an identity; else that of the names below a domain ("*.example.org") or of the users
 * of one ("*@example.org") to which it belongs, the nearest first; else that of %any. p is NULL if
 * there is none. Good until secrets_free(). */
struct ik_span secrets_find(const struct secrets *s, uint8_t type, struct ik_span id);
/* The key of this line only: of that identity, or of that subtree. */
struct ik_span secrets_of(const struct secrets *s, uint8_t type, struct ik_span id);

/* Of an identity, whatever the case of its letters: for tables. */
uint32_t secrets_hash(uint8_t type, const uint8_t *p, size_t len);

#endif

/* SPDX-License-Identifier: MIT */
#include "sim/map.h"

#include <stdlib.h>

#include "sim/mem.h"

void sim_map_init(struct sim_map *m)
{
    *m = (struct sim_map){0};
}

void sim_map_free(struct sim_map *m)
{
    free(m->entries);
    sim_map_init(m);
}

/* Where key is, or the free place where it belongs. */
static struct sim_map_entry *find(const struct sim_map *m, uint64_t key)
{
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - m->bits));

    while (m->entries[at].used && m->entries[at].key != key)
        at = (at + 1) & (m->cap - 1);
    return &m->entries[at];
}

static void grow(struct sim_map *m)
{
    struct sim_map old = *m;

    m->bits = old.cap ? old.bits + 2 : 8;
    m->cap = (size_t)1 << m->bits;
    m->entries = sim_calloc(m->cap, sizeof *m->entries);
    for (size_t i = 0; i < old.cap; i++) {
        if (old.entries[i].used)
            *find(m, old.entries[i].key) = old.entries[i];
    }
    free(old.entries);
}

uint64_t sim_map_put(struct sim_map *m, uint64_t key, uint64_t value, bool *fresh)
{
    struct sim_map_entry *e;

    if (2 * (m->n + 1) > m->cap)
        grow(m);
    e = find(m, key);
    *fresh = !e->used;
    if (!e->used) {
        *e = (struct sim_map_entry){.key = key, .value = value, .used = true};
        m->n++;
    }
    return e->value;
}

bool sim_map_has(const struct sim_map *m, uint64_t key)
{
    return m->cap != 0 && find(m, key)->used;
}

uint64_t *sim_map_at(const struct sim_map *m, uint64_t key)
{
    struct sim_map_entry *e = m->cap ? find(m, key) : NULL;

    return e && e->used ? &e->value : NULL;
}

uint64_t sim_map_key(const uint64_t *words, size_t n)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < n; i++) {
        h = (h ^ words[i]) * UINT64_C(0xbf58476d1ce4e5b9);
        h ^= h >> 29;
    }
    return h;
}

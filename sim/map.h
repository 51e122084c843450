/* SPDX-License-Identifier: MIT */
/* A hash map from 64-bit keys to 64-bit values that only grows. */
#ifndef SIM_MAP_H
#define SIM_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_map_entry {
    uint64_t key;
    uint64_t value;
    bool used;
};

struct sim_map {
    struct sim_map_entry *entries;
    size_t n;
    size_t cap;    /* a power of two, or 0 */
    unsigned bits; /* of a place */
};

void sim_map_init(struct sim_map *m);
void sim_map_free(struct sim_map *m);
/* The value of key; where it had none, `value`, which it has from now on. *fresh tells which. */
uint64_t sim_map_put(struct sim_map *m, uint64_t key, uint64_t value, bool *fresh);
bool sim_map_has(const struct sim_map *m, uint64_t key);
/* Where the value of key is, until the next sim_map_put(); NULL if it has none. */
uint64_t *sim_map_at(const struct sim_map *m, uint64_t key);
/* A key made of many words. */
uint64_t sim_map_key(const uint64_t *words, size_t n);

#endif

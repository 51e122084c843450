/* SPDX-License-Identifier: MIT */
/*
 * The simulator's own random numbers: xoshiro256** (Blackman and Vigna), its state filled by
 * splitmix64 from one 64-bit seed. Integers only; the same seed gives the same numbers everywhere.
 * Not for secrets: the core's nodes have their own DRBG, seeded from here.
 */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_rng {
    uint64_t s[4];
};

/* A probability: num out of den. den 0 is "never", as is num 0. */
struct sim_ratio {
    uint32_t num;
    uint32_t den;
};

/* One step of splitmix64: advances *state. Also used to derive independent seeds. */
uint64_t sim_splitmix(uint64_t *state);

void sim_rng_init(struct sim_rng *r, uint64_t seed);
uint64_t sim_rng_next(struct sim_rng *r);
/* Uniform in 0 .. n-1, without bias; n > 0. */
uint64_t sim_rng_below(struct sim_rng *r, uint64_t n);
/* Uniform in lo .. hi, both ends included; lo <= hi. */
uint64_t sim_rng_between(struct sim_rng *r, uint64_t lo, uint64_t hi);
/* True num times out of den. "Never" draws nothing: a fault that is off leaves the others' draws as
 * they were. */
bool sim_rng_hit(struct sim_rng *r, struct sim_ratio p);
void sim_rng_bytes(struct sim_rng *r, void *out, size_t len);

#endif

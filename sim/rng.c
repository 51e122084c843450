/* SPDX-License-Identifier: MIT */
#include "sim/rng.h"

uint64_t sim_splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void sim_rng_init(struct sim_rng *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        r->s[i] = sim_splitmix(&seed);
}

static uint64_t rotl(uint64_t x, unsigned k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t sim_rng_next(struct sim_rng *r)
{
    uint64_t *s = r->s;
    uint64_t out = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return out;
}

uint64_t sim_rng_below(struct sim_rng *r, uint64_t n)
{
    /* Draws below 2^64 mod n would favour small results: draw those again. */
    uint64_t skip = (UINT64_MAX - n + 1) % n;
    uint64_t x;

    do
        x = sim_rng_next(r);
    while (x < skip);
    return x % n;
}

uint64_t sim_rng_between(struct sim_rng *r, uint64_t lo, uint64_t hi)
{
    return lo + sim_rng_below(r, hi - lo + 1);
}

bool sim_rng_hit(struct sim_rng *r, struct sim_ratio p)
{
    if (p.num == 0 || p.den == 0)
        return false;
    return sim_rng_below(r, p.den) < p.num;
}

void sim_rng_bytes(struct sim_rng *r, void *out, size_t len)
{
    uint8_t *p = out;
    uint64_t word = 0;

    for (size_t i = 0; i < len; i++) {
        if (i % 8 == 0)
            word = sim_rng_next(r);
        p[i] = (uint8_t)(word >> (8 * (i % 8)));
    }
}

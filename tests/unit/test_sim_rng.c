/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "sim/rng.h"

/* Published outputs: splitmix64 from 1234567 (Rosetta Code, "Pseudo-random numbers/Splitmix64"). */
Test(sim_rng, splitmix_gives_the_published_numbers)
{
    uint64_t state = 1234567;
    cr_assert_eq(sim_splitmix(&state), UINT64_C(6457827717110365317));
    cr_assert_eq(sim_splitmix(&state), UINT64_C(3203168211198807973));
    cr_assert_eq(sim_splitmix(&state), UINT64_C(9817491932198370423));
    cr_assert_eq(sim_splitmix(&state), UINT64_C(4593380528125082431));
    cr_assert_eq(sim_splitmix(&state), UINT64_C(16408922859458223821));
}

/* xoshiro256** from the state 1, 2, 3, 4; the first by hand: rotl(2 * 5, 7) * 9 = 11520. */
Test(sim_rng, xoshiro_gives_the_published_numbers)
{
    struct sim_rng r = {{1, 2, 3, 4}};
    const uint64_t want[] = {11520, 0, 1509978240, UINT64_C(1215971899390074240),
                             UINT64_C(1216172134540287360)};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        cr_assert_eq(sim_rng_next(&r), want[i]);
}

Test(sim_rng, same_seed_same_numbers_other_seed_others)
{
    struct sim_rng a, b, c;
    sim_rng_init(&a, 7);
    sim_rng_init(&b, 7);
    sim_rng_init(&c, 8);
    for (int i = 0; i < 100; i++) {
        uint64_t x = sim_rng_next(&a);
        cr_assert_eq(x, sim_rng_next(&b));
        cr_assert_neq(x, sim_rng_next(&c));
    }
}

Test(sim_rng, below_and_between_reach_both_ends_and_no_further)
{
    struct sim_rng r;
    unsigned seen[7] = {0}, low = 0, high = 0;
    sim_rng_init(&r, 1);
    for (int i = 0; i < 7000; i++) {
        uint64_t x = sim_rng_below(&r, 7);
        cr_assert_lt(x, 7);
        seen[x]++;
        x = sim_rng_between(&r, 3, 4);
        low += x == 3;
        high += x == 4;
    }
    for (int i = 0; i < 7; i++)
        cr_assert(seen[i] > 850 && seen[i] < 1150, "%d: %u", i, seen[i]);
    cr_assert_eq(low + high, 7000);
    cr_assert(low > 3300 && high > 3300);
    cr_assert_eq(sim_rng_below(&r, 1), 0);
    cr_assert_eq(sim_rng_between(&r, 9, 9), 9);
}

Test(sim_rng, hits_as_often_as_the_ratio_says)
{
    struct sim_rng r;
    unsigned n = 0;
    sim_rng_init(&r, 2);
    for (int i = 0; i < 10000; i++)
        n += sim_rng_hit(&r, (struct sim_ratio){20, 100});
    cr_assert(n > 1850 && n < 2150, "%u", n);
    for (int i = 0; i < 100; i++)
        cr_assert(sim_rng_hit(&r, (struct sim_ratio){1, 1}));
}

Test(sim_rng, never_draws_nothing)
{
    struct sim_rng r, before;
    sim_rng_init(&r, 3);
    before = r;
    cr_assert_not(sim_rng_hit(&r, (struct sim_ratio){0, 0}));
    cr_assert_not(sim_rng_hit(&r, (struct sim_ratio){0, 5}));
    cr_assert_not(sim_rng_hit(&r, (struct sim_ratio){5, 0}));
    cr_assert_eq(memcmp(&r, &before, sizeof r), 0);
}

Test(sim_rng, octets_stay_within_their_buffer)
{
    for (size_t len = 0; len < 20; len++) {
        struct sim_rng r;
        uint8_t b[24];
        memset(b, 0, sizeof b);
        sim_rng_init(&r, 4);
        sim_rng_bytes(&r, b, len);
        for (size_t i = len; i < sizeof b; i++)
            cr_assert_eq(b[i], 0);
    }
}

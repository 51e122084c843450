/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "sim/map.h"

Test(sim_map, keeps_the_first_value_of_each_key)
{
    struct sim_map m;
    bool fresh;
    sim_map_init(&m);
    cr_assert_not(sim_map_has(&m, 0));
    for (uint64_t i = 0; i < 10000; i++) {
        cr_assert_eq(sim_map_put(&m, i << 40, i + 1, &fresh), i + 1);
        cr_assert(fresh);
    }
    for (uint64_t i = 0; i < 10000; i++) {
        cr_assert(sim_map_has(&m, i << 40));
        cr_assert_eq(sim_map_put(&m, i << 40, 77, &fresh), i + 1);
        cr_assert_not(fresh);
    }
    cr_assert_not(sim_map_has(&m, 5));
    cr_assert_eq(m.n, 10000);
    sim_map_free(&m);
}

Test(sim_map, keys_of_words_differ_by_order)
{
    const uint64_t a[] = {1, 2}, b[] = {2, 1}, c[] = {1, 2, 0};
    cr_assert_neq(sim_map_key(a, 2), sim_map_key(b, 2));
    cr_assert_neq(sim_map_key(a, 2), sim_map_key(c, 3));
}

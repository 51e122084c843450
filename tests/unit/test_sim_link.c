/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "sim/link.h"

static const struct sim_ratio always = {1, 1};
static const struct sim_ratio fifth = {20, 100};

static unsigned once(const struct sim_link *l, struct sim_copy out[2], enum sim_loss *why)
{
    struct sim_rng r;
    sim_rng_init(&r, 5);
    return sim_link_pass(l, &r, 128, 100, out, why);
}

Test(sim_link, perfect_and_instant_by_default)
{
    struct sim_link l = {0};
    struct sim_copy out[2];
    enum sim_loss why;
    cr_assert_eq(once(&l, out, &why), 1);
    cr_assert_eq(why, SIM_PASSED);
    cr_assert_eq(out[0].delay, 0);
    cr_assert_not(out[0].corrupt);
}

Test(sim_link, says_why_nothing_came)
{
    struct sim_copy out[2];
    enum sim_loss why;
    cr_assert_eq(once(&(struct sim_link){.loss = always}, out, &why), 0);
    cr_assert_eq(why, SIM_LOST_LOSS);
    cr_assert_eq(once(&(struct sim_link){.cut = true}, out, &why), 0);
    cr_assert_eq(why, SIM_LOST_CUT);
    cr_assert_eq(once(&(struct sim_link){.mtu = 127}, out, &why), 0);
    cr_assert_eq(why, SIM_LOST_MTU);
    cr_assert_eq(once(&(struct sim_link){.mtu = 128}, out, &why), 1);
}

Test(sim_link, doubles_delays_overtakes_and_corrupts)
{
    struct sim_link l = {.delay = 1000,
                         .jitter = 50,
                         .twice = always,
                         .reorder = always,
                         .reorder_by = 7000,
                         .corrupt = always};
    struct sim_copy out[2];
    enum sim_loss why;
    cr_assert_eq(once(&l, out, &why), 2);
    for (int i = 0; i < 2; i++) {
        cr_assert(out[i].delay >= 8000 && out[i].delay <= 8050);
        cr_assert(out[i].corrupt);
        cr_assert_lt(out[i].bit, 800);
    }
}

Test(sim_link, loses_a_fifth)
{
    struct sim_link l = {.loss = fifth};
    struct sim_copy out[2];
    enum sim_loss why;
    struct sim_rng r;
    unsigned n = 0;
    sim_rng_init(&r, 6);
    for (int i = 0; i < 10000; i++)
        n += sim_link_pass(&l, &r, 128, 100, out, &why);
    cr_assert(n > 7850 && n < 8150, "%u", n);
}

Test(sim_link, knows_outer_headers)
{
    struct ik_path p = {.carrier = IK_CARRIER_UDP500, .remote = {.family = 4}};
    cr_assert_eq(sim_header_len(&p), 28);
    p.carrier = IK_CARRIER_ESP;
    cr_assert_eq(sim_header_len(&p), 20);
    p.remote.family = 6;
    cr_assert_eq(sim_header_len(&p), 40);
    p.carrier = IK_CARRIER_UDP4500;
    cr_assert_eq(sim_header_len(&p), 48);
}

/* SPDX-License-Identifier: MIT */
#include "ipsec_ends.h"

static struct ik_env env;

static void setup(void)
{
    env_init(&env);
    env.now = 5;
}

TestSuite(sad, .init = setup);

Test(sad, fills_the_pool_and_no_more)
{
    struct ik_child_sa sas[5];
    struct ik_ipsec ip = {.sas = sas, .sas_n = 5};
    memset(sas, 0, sizeof sas);
    for (unsigned i = 0; i < 5; i++) {
        struct ik_child_sa *sa = ik_sad_alloc(&env, &ip);
        cr_assert_eq(sa, &sas[i]);
        cr_assert_eq(sa->state, IK_CHILD_LARVAL);
        cr_assert_eq(sa->in.spi & 0xffff, i);
        cr_assert_eq(sa->replay.size, 64);
        cr_assert_eq(sa->sent_at, 5);
    }
    cr_assert_null(ik_sad_alloc(&env, &ip));
    ik_child_wipe(&sas[3]);
    cr_assert_eq(ik_sad_alloc(&env, &ip), &sas[3]);
    cr_assert_null(ik_sad_alloc(&env, &ip));
}

Test(sad, empty_pool)
{
    struct ik_ipsec ip = {.sas = NULL, .sas_n = 0};
    cr_assert_null(ik_sad_alloc(&env, &ip));
    cr_assert_null(ik_sad_find(&ip, 0x10000));
}

Test(sad, finds_only_what_is_up)
{
    struct ik_child_sa sas[3];
    struct ik_ipsec ip = {.sas = sas, .sas_n = 3};
    memset(sas, 0, sizeof sas);
    struct ik_child_sa *a = ik_sad_alloc(&env, &ip), *b = ik_sad_alloc(&env, &ip);
    cr_assert_null(ik_sad_find(&ip, a->in.spi));
    a->state = b->state = IK_CHILD_UP;
    cr_assert_eq(ik_sad_find(&ip, a->in.spi), a);
    cr_assert_eq(ik_sad_find(&ip, b->in.spi), b);
    uint32_t spi = b->in.spi;
    ik_child_wipe(b);
    cr_assert_null(ik_sad_find(&ip, spi));
}

/* Every bit of the SPI counts, and slots beyond the pool are nobody's. */
Test(sad, wrong_spis_find_nothing)
{
    struct ik_child_sa sas[3];
    struct ik_ipsec ip = {.sas = sas, .sas_n = 3};
    memset(sas, 0, sizeof sas);
    for (unsigned i = 0; i < 3; i++) {
        ik_sad_alloc(&env, &ip)->state = IK_CHILD_UP;
    }
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned bit = 0; bit < 32; bit++) {
            cr_assert_null(ik_sad_find(&ip, sas[i].in.spi ^ (UINT32_C(1) << bit)));
        }
    }
    for (uint32_t slot = 0; slot < 0x10000; slot++) {
        cr_assert_null(ik_sad_find(&ip, slot));
        cr_assert_null(ik_sad_find(&ip, 0xffff0000u | slot));
    }
}

/* RFC 4303 2.1: never below 256. A draw of 0 for the upper half comes once in 65536. */
Test(sad, spis_are_never_reserved_ones)
{
    struct ik_child_sa sa;
    struct ik_ipsec ip = {.sas = &sa, .sas_n = 1};
    memset(&sa, 0, sizeof sa);
    uint32_t last = 0;
    unsigned same = 0;
    for (unsigned i = 0; i < 150000; i++) {
        struct ik_child_sa *got = ik_sad_alloc(&env, &ip);
        cr_assert_geq(got->in.spi, 256);
        same += got->in.spi == last;
        last = got->in.spi;
        got->state = IK_CHILD_FREE;
    }
    cr_assert_lt(same, 20, "SPIs repeat: %u times", same);
}

Test(sad, serials_grow)
{
    struct ik_child_sa sas[2];
    struct ik_ipsec ip = {.sas = sas, .sas_n = 2};
    memset(sas, 0, sizeof sas);
    uint32_t first = ik_sad_alloc(&env, &ip)->serial;
    uint32_t second = ik_sad_alloc(&env, &ip)->serial;
    cr_assert_lt(first, second);
    ik_child_wipe(&sas[0]);
    cr_assert_lt(second, ik_sad_alloc(&env, &ip)->serial);
}

Test(sad, wipe_leaves_nothing)
{
    struct ik_child_sa sa, zero;
    memset(&sa, 0xa5, sizeof sa);
    memset(&zero, 0, sizeof zero);
    ik_child_wipe(&sa);
    cr_assert_eq(memcmp(&sa, &zero, sizeof sa), 0);
    cr_assert_eq(sa.state, IK_CHILD_FREE);
}

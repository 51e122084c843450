/* SPDX-License-Identifier: MIT */
#include "ipsec_ends.h"

static struct ik_env env;

static void setup(void)
{
    env_init(&env);
    env.now = 5;
}

TestSuite(sad, .init = setup);

static struct ik_ipsec pool_of(struct ik_child_sa *sas, uint16_t n)
{
    struct ik_ipsec ip = {.sas = sas, .sas_n = n};
    memset(sas, 0xa5, n * sizeof *sas);
    ik_ipsec_begin(&ip);
    return ip;
}

Test(sad, fills_the_pool_and_no_more)
{
    struct ik_child_sa sas[5];
    struct ik_ipsec ip = pool_of(sas, 5);
    for (unsigned i = 0; i < 5; i++) {
        struct ik_child_sa *sa = ik_sad_alloc(&env, &ip);
        cr_assert_eq(sa, &sas[i]);
        cr_assert_eq(sa->state, IK_CHILD_LARVAL);
        cr_assert_eq(sa->in.spi & 7, i);
        cr_assert_eq(ik_child_slot(sa), i);
        cr_assert_eq(sa->replay.size, 64);
        cr_assert_eq(sa->sent_at, 5);
    }
    cr_assert_null(ik_sad_alloc(&env, &ip));
    ik_child_wipe(&ip, &sas[3]);
    cr_assert_eq(ik_sad_alloc(&env, &ip), &sas[3]);
    cr_assert_null(ik_sad_alloc(&env, &ip));
}

/* RFC 4303 2.1: 1 to 255 are reserved. With a large pool and many shards eight bits are random, and
 * each 256th time there are none in them. */
Test(sad, no_spi_is_reserved)
{
    static struct ik_child_sa sas[40000];
    struct ik_ipsec ip;
    for (unsigned i = 0; i < 20 * 256; i++) {
        if (i % 256 == 0) {
            ip = (struct ik_ipsec){.sas = sas, .sas_n = 40000, .shard_bits = 8};
            ik_ipsec_begin(&ip);
        }
        struct ik_child_sa *sa = ik_sad_alloc(&env, &ip);
        cr_assert_eq(ik_child_slot(sa), i % 256);
        cr_assert_geq(sa->in.spi, 256);
    }
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
    struct ik_ipsec ip = pool_of(sas, 3);
    struct ik_child_sa *a = ik_sad_alloc(&env, &ip), *b = ik_sad_alloc(&env, &ip);
    cr_assert_null(ik_sad_find(&ip, a->in.spi));
    a->state = b->state = IK_CHILD_UP;
    cr_assert_eq(ik_sad_find(&ip, a->in.spi), a);
    cr_assert_eq(ik_sad_find(&ip, b->in.spi), b);
    uint32_t spi = b->in.spi;
    ik_child_wipe(&ip, b);
    cr_assert_null(ik_sad_find(&ip, spi));
}

/* Every bit of the SPI counts, and slots beyond the pool are nobody's. */
Test(sad, wrong_spis_find_nothing)
{
    struct ik_child_sa sas[3];
    struct ik_ipsec ip = pool_of(sas, 3);
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

/* Whatever was drawn: each bit that neither slot nor shard needs is one and zero in its turn. */
static void bits_vary(uint16_t n, uint16_t shard, uint8_t shard_bits, uint32_t fixed)
{
    struct ik_child_sa *sas = calloc(n, sizeof *sas);
    uint32_t ones = 0, zeros = 0;
    cr_assert_not_null(sas);
    struct ik_ipsec ip = pool_of(sas, n);
    ip.shard = shard;
    ip.shard_bits = shard_bits;
    struct ik_child_sa *sa = ik_sad_alloc(&env, &ip);
    for (unsigned i = 0; i < 200; i++) {
        sa->state = IK_CHILD_UP;
        cr_assert_eq(ik_sad_find(&ip, sa->in.spi), sa);
        cr_assert_eq(shard_bits == 0 ? 0 : sa->in.spi >> (32 - shard_bits), shard);
        ones |= sa->in.spi;
        zeros |= ~sa->in.spi;
        /* The same slot again. */
        ip.fresh = 0;
        sa = ik_sad_alloc(&env, &ip);
    }
    cr_assert_eq(ones & zeros, ~fixed, "n %u: %x", n, ones & zeros);
    free(sas);
}

Test(sad, what_is_not_needed_is_random)
{
    bits_vary(1, 0, 0, 0);
    bits_vary(2, 0, 0, 1);
    bits_vary(16, 0, 0, 0xf);
    bits_vary(17, 0, 0, 0x1f);
    bits_vary(60000, 0, 0, 0xffff);
    bits_vary(16, 2, 2, 0xc000000f);
    bits_vary(1, 0x5a, 8, 0xff000000);
}

/* RFC 4303 2.1: below 256 is reserved. A source of zeros alone would draw these. */
Test(sad, spis_are_never_reserved_ones)
{
    struct ik_child_sa sas[256];
    struct ik_ipsec ip = pool_of(sas, 256);
    uint32_t last = 0;
    unsigned same = 0;
    for (unsigned i = 0; i < 200000; i++) {
        ip.fresh = 0;
        ip.slot_bits = 24; /* leaves 8 random ones: reserved ones would come soon */
        struct ik_child_sa *got = ik_sad_alloc(&env, &ip);
        cr_assert_geq(got->in.spi, 256);
        same += got->in.spi == last;
        last = got->in.spi;
    }
    cr_assert_lt(same, 2000, "SPIs repeat: %u times", same);
}

/* The slot that has been free for longest is taken: late packets of its former SA have gone by. */
Test(sad, oldest_free_slot_first)
{
    struct ik_child_sa sas[4];
    struct ik_ipsec ip = pool_of(sas, 4);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(ik_sad_alloc(&env, &ip), &sas[i]);
    }
    ik_child_wipe(&ip, &sas[2]);
    ik_child_wipe(&ip, &sas[0]);
    ik_child_wipe(&ip, &sas[0]); /* no longer there: nothing */
    ik_child_wipe(&ip, &sas[3]);
    cr_assert_eq(ik_sad_alloc(&env, &ip), &sas[2]);
    ik_child_wipe(&ip, &sas[2]);
    cr_assert_eq(ik_sad_alloc(&env, &ip), &sas[0]);
    cr_assert_eq(ik_sad_alloc(&env, &ip), &sas[3]);
    cr_assert_eq(ik_sad_alloc(&env, &ip), &sas[2]);
    cr_assert_null(ik_sad_alloc(&env, &ip));
}

Test(sad, wipe_leaves_nothing)
{
    struct ik_child_sa sas[2], zero;
    struct ik_ipsec ip = pool_of(sas, 2);
    memset(&zero, 0, sizeof zero);
    struct ik_child_sa *sa = ik_sad_alloc(&env, &ip);
    cr_assert_eq(sa, ik_sad_alloc(&env, &ip) - 1);
    uint8_t *at = (uint8_t *)sa->ts;
    memset(at, 0xa5, (size_t)((uint8_t *)(sa + 1) - at));
    ik_child_wipe(&ip, sa);
    cr_assert_eq(memcmp(sa, &zero, sizeof *sa), 0);
    cr_assert_eq(sa->state, IK_CHILD_FREE);
}

/* States in which packets of the peer are taken. */
Test(sad, receives)
{
    struct ik_child_sa sas[1];
    struct ik_ipsec ip = pool_of(sas, 1);
    struct ik_child_sa *sa = ik_sad_alloc(&env, &ip);
    const struct {
        uint8_t state;
        bool receives;
    } want[] = {{IK_CHILD_LARVAL, false},
                {IK_CHILD_IN_ONLY, true},
                {IK_CHILD_UP, true},
                {IK_CHILD_OLD, true},
                {IK_CHILD_DELETING, true}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        sa->state = want[i].state;
        cr_assert_eq(ik_sad_find(&ip, sa->in.spi) == sa, want[i].receives);
    }
}

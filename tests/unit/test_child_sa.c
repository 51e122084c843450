/* SPDX-License-Identifier: MIT */
/* What a Child SA consists of, in itself and lent: selectors, keys, window, limits; its size. */
#include "ipsec_ends.h"

static struct end ends[2];

/* On x86-64 and the like. The window of received numbers is lent, but for 64 of them. */
_Static_assert(sizeof(void *) != 8 ||
                   sizeof(struct ik_child_sa) - sizeof((struct ik_child_sa *)0)->replay.bits <= 384,
               "a gateway has ten thousands of them");

static struct ik_child_sa *fresh(void)
{
    end_init(&ends[0], 0, IK_TUNNEL, 4);
    struct ik_child_sa *sa = ik_sad_alloc(&ends[0].env, &ends[0].ip);
    cr_assert_not_null(sa);
    return sa;
}

static void has(const struct ik_child_sa *sa, const struct ik_ts *l, uint8_t l_n,
                const struct ik_ts *r, uint8_t r_n)
{
    uint8_t n;
    const struct ik_ts *ts = ik_child_ts_local(&ends[0].ip, sa, &n);
    cr_assert_eq(n, l_n);
    cr_assert_eq(memcmp(ts, l, n * sizeof *l), 0);
    ts = ik_child_ts_remote(&ends[0].ip, sa, &n);
    cr_assert_eq(n, r_n);
    cr_assert_eq(memcmp(ts, r, n * sizeof *r), 0);
}

Test(child_sa, selectors)
{
    struct ik_child_sa *sa = fresh();
    struct ik_ipsec *ip = &ends[0].ip;
    struct ik_ts a[2] = {ts_v4(10, 1, 1), ts_v4(10, 3, 1)},
                 b[2] = {ts_v4(10, 2, 1), ts_v4(10, 4, 1)};
    cr_assert(ik_child_ts_set(ip, sa, a, 1, b, 1));
    has(sa, a, 1, b, 1);
    cr_assert_eq(sa->more, 0);
    /* Those of the policy are not kept a second time. */
    ends[0].policies[0].ts_local_n = 2;
    ends[0].policies[0].ts_local[0] = a[0];
    ends[0].policies[0].ts_local[1] = a[1];
    ends[0].policies[0].ts_remote[0] = b[0];
    cr_assert(ik_child_ts_set(ip, sa, a, 2, b, 1));
    cr_assert_eq(sa->more, 0);
    has(sa, a, 2, b, 1);
    /* Others are in what was lent; when that is all taken, one pair is left. */
    struct ik_child_sa *second = ik_sad_alloc(&ends[0].env, ip);
    struct ik_child_sa *third = ik_sad_alloc(&ends[0].env, ip);
    cr_assert(ik_child_ts_set(ip, second, a, 2, b, 2));
    cr_assert_eq(second->more, 1);
    has(second, a, 2, b, 2);
    cr_assert(ik_child_ts_set(ip, third, a, 2, b, 2));
    cr_assert_eq(third->more, 0);
    has(third, a, 1, b, 1);
    /* What was given back can be had again, and is wiped. */
    ik_child_wipe(ip, second);
    for (size_t i = 2; i < sizeof ends[0].more; i++) {
        cr_assert_eq(((uint8_t *)ends[0].more)[i], 0);
    }
    second = ik_sad_alloc(&ends[0].env, ip);
    cr_assert(ik_child_ts_set(ip, second, b, 2, a, 1));
    has(second, b, 2, a, 1);
}

Test(child_sa, first_pair_that_takes_something)
{
    struct ik_child_sa *sa = fresh();
    ends[0].ip.more_pool.n = 0;
    struct ik_ts l[2] = {ts_v6_net(1), ts_v4(10, 1, 1)}, r[2] = {ts_v4(10, 2, 1), ts_v4(10, 4, 1)};
    cr_assert(ik_child_ts_set(&ends[0].ip, sa, l, 2, r, 2));
    has(sa, &l[1], 1, &r[0], 1);
    cr_assert_not(ik_child_ts_set(&ends[0].ip, sa, l, 1, r, 2));
}

Test(child_sa, keys)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        struct ik_child_sa *sa = fresh();
        struct ik_ipsec *ip = &ends[0].ip;
        size_t len = (size_t)ik_encr_key_len(suites[i].encr) + ik_integ_key_len(suites[i].integ);
        cr_assert(ik_child_suite_set(ip, sa, suites[i].encr, suites[i].integ));
        cr_assert_eq(sa->more != 0, len > IK_ESP_KEYS_OWN);
        memset(ik_child_keys(ip, sa, false), 1, len);
        memset(ik_child_keys(ip, sa, true), 2, len);
        for (unsigned out = 0; out < 2; out++) {
            struct ik_seal_key key = ik_child_key(ip, sa, out);
            cr_assert_eq(key.encr, suites[i].encr);
            cr_assert_eq(key.integ, suites[i].integ);
            for (size_t k = 0; k < ik_encr_key_len(key.encr); k++) {
                cr_assert_eq(key.encr_key[k], 1 + out);
            }
            for (size_t k = 0; k < ik_integ_key_len(key.integ); k++) {
                cr_assert_eq(key.integ_key[k], 1 + out);
            }
        }
        struct ik_child_sa *other = ik_sad_alloc(&ends[0].env, ip);
        cr_assert_eq(ik_child_suite_set(ip, other, suites[i].encr, suites[i].integ),
                     len <= IK_ESP_KEYS_OWN);
    }
}

Test(child_sa, window_sizes)
{
    static const struct {
        uint16_t asked, size;
        bool lent;
    } want[] = {{0, 64, false},     {1, 32, false},     {32, 32, false},
                {33, 64, false},    {64, 64, false},    {65, 128, true},
                {1000, 1024, true}, {1024, 1024, true}, {0xffff, IK_REPLAY_MAX, true}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct ik_child_sa *sa = fresh();
        ik_child_window(&ends[0].ip, sa, want[i].asked);
        cr_assert_eq(sa->replay.size, want[i].size);
        cr_assert_eq(sa->replay.window != 0, want[i].lent);
    }
}

/* Windows are lent to whom there is one for; each has its own bits. */
Test(child_sa, windows_are_lent)
{
    struct ik_child_sa *sa[3] = {fresh()};
    struct ik_ipsec *ip = &ends[0].ip;
    for (unsigned i = 0; i < 3; i++) {
        sa[i] = i == 0 ? sa[0] : ik_sad_alloc(&ends[0].env, ip);
        ik_child_window(ip, sa[i], 1024);
        cr_assert_eq(sa[i]->replay.size, i < 2 ? 1024 : 64);
    }
    ik_replay_mark(&sa[1]->replay, ik_replay_bits(ip, sa[1]), 1000);
    ik_replay_mark(&sa[0]->replay, ik_replay_bits(ip, sa[0]), 900);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(ik_replay_check(&sa[i]->replay, ik_replay_bits(ip, sa[i]), 900), i > 0);
    }
    ik_child_wipe(ip, sa[0]);
    ik_child_window(ip, sa[2], 1024);
    cr_assert_eq(sa[2]->replay.size, 1024);
    cr_assert(ik_replay_check(&sa[2]->replay, ik_replay_bits(ip, sa[2]), 900));
    /* Lent in another size, it is that size. */
    ip->window_packets = 256;
    ik_child_window(ip, sa[2], 1024);
    cr_assert_eq(sa[2]->replay.size, 256);
}

/* ---- counters and limits --------------------------------------------------------------------- */

static struct ik_child_sa *tx, *rx;

static void up(void)
{
    end_init(&ends[0], 0, IK_TUNNEL, 4);
    end_init(&ends[1], 1, IK_TUNNEL, 4);
    unsigned slot = ends_up(ends, &suites[22], 4, false);
    tx = &ends[0].sas[slot];
    rx = &ends[1].sas[slot];
}

/* One packet of len octets; answers what became of it at the receiver, or at the sender if it did
 * not leave. */
static enum ik_status one(uint16_t len)
{
    uint8_t buf[ENDS_BUF] = {0}, next;
    struct ik_pkt pkt = pkt_of(buf, len);
    enum ik_status st = ik_esp_seal(&ends[0].env, &ends[0].ip, tx, &pkt, 4);
    return st != IK_OK ? st : ik_esp_open(&ends[1].env, &ends[1].ip, rx, &pkt, &next);
}

Test(child_sa, counts)
{
    up();
    for (uint16_t i = 1; i <= 10; i++) {
        cr_assert_eq(one((uint16_t)(100 * i)), IK_OK);
    }
    cr_assert_eq(tx->octets_out, 5500);
    cr_assert_eq(tx->seq, 10);
    cr_assert_eq(tx->octets_in + tx->packets_in, 0);
    cr_assert_eq(rx->octets_in, 5500);
    cr_assert_eq(rx->packets_in, 10);
    cr_assert_eq(rx->octets_out + rx->seq, 0);
    cr_assert_eq(tx->drops + rx->drops, 0);
    cr_assert_not(tx->due || rx->due);
}

/* The limits of its policy; UINT64_MAX: none. */
static void limit(struct end *e, struct ik_child_sa *sa, const struct ik_esp_limit *soft,
                  const struct ik_esp_limit *hard)
{
    struct ik_policy *p = &e->policies[sa->policy];
    p->rekey_octets = soft->octets + 1 ? soft->octets : 0;
    p->rekey_packets = soft->packets + 1 ? soft->packets : 0;
    p->life_octets = hard->octets + 1 ? hard->octets : 0;
    p->life_packets = hard->packets + 1 ? hard->packets : 0;
    ik_child_limit(&e->ip, sa);
}

/* soft and hard limits of whom: at the soft one it is due and works on, at the hard one it stops,
 * and each refusal is counted. */
static void limited(struct ik_child_sa *sa, struct end *e, const struct ik_esp_limit *soft,
                    const struct ik_esp_limit *hard, unsigned soft_at, unsigned hard_at)
{
    limit(e, sa, soft, hard);
    for (unsigned i = 1; i <= hard_at; i++) {
        cr_assert_eq(one(100), IK_OK, "packet %u", i);
        cr_assert_eq(sa->due, i >= soft_at, "packet %u", i);
    }
    for (unsigned i = 1; i < 4; i++) {
        cr_assert_eq(one(100), IK_ERR_STATE);
        cr_assert_eq(e->env.counters.drop[IK_DROP_ESP_LIFETIME], i);
        cr_assert_eq(sa->drops, i);
    }
}

#define ANY UINT64_MAX

Test(child_sa, limits)
{
    static const struct {
        struct ik_esp_limit soft, hard;
        unsigned soft_at, hard_at;
    } rows[] = {
        {{ANY, 3}, {ANY, 7}, 3, 7},     {{300, ANY}, {700, ANY}, 3, 7},
        {{250, ANY}, {799, ANY}, 3, 7}, {{ANY, 5}, {ANY, 5}, 5, 5},
        {{ANY, 9}, {ANY, 5}, 5, 5},     {{200, 4}, {ANY, 6}, 2, 6},
        {{ANY, ANY}, {600, 9}, 6, 6},   {{ANY, 1}, {100, ANY}, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        up();
        limited(tx, &ends[0], &rows[i].soft, &rows[i].hard, rows[i].soft_at, rows[i].hard_at);
        cr_assert_eq(tx->seq, rows[i].hard_at, "a refused packet takes no number");
        up();
        limited(rx, &ends[1], &rows[i].soft, &rows[i].hard, rows[i].soft_at, rows[i].hard_at);
    }
}

/* Limits beyond 32 bits count as they are. */
Test(child_sa, large_limits)
{
    up();
    tx->octets_out = UINT64_C(0x1000000000) - 150;
    limit(&ends[0], tx, &(struct ik_esp_limit){UINT64_C(0x1000000000), ANY},
          &(struct ik_esp_limit){UINT64_C(0x1000000000), ANY});
    cr_assert_eq(one(100), IK_OK);
    cr_assert_not(tx->due);
    cr_assert_eq(one(50), IK_OK);
    cr_assert(tx->due);
    cr_assert_eq(one(1), IK_ERR_STATE);
}

/* Sequence numbers of 32 bits: due in time, without any limit. */
Test(child_sa, due_before_numbers_end)
{
    up();
    tx->seq = UINT32_MAX / 4 * 3 - 1;
    cr_assert_eq(one(10), IK_OK);
    cr_assert_not(tx->due);
    cr_assert_eq(one(10), IK_OK);
    cr_assert(tx->due);
}

/* Forged packets bring no SA to its limit. */
Test(child_sa, forgeries_do_not_count)
{
    up();
    limit(&ends[1], rx, &(struct ik_esp_limit){ANY, 3}, &(struct ik_esp_limit){ANY, 4});
    for (unsigned i = 0; i < 10; i++) {
        uint8_t buf[ENDS_BUF] = {0}, next;
        struct ik_pkt pkt = pkt_of(buf, 40);
        cr_assert_eq(ik_esp_seal(&ends[0].env, &ends[0].ip, tx, &pkt, 4), IK_OK);
        buf[pkt.off + pkt.len - 1] ^= 1;
        cr_assert_eq(ik_esp_open(&ends[1].env, &ends[1].ip, rx, &pkt, &next), IK_ERR_AUTH);
    }
    cr_assert_not(rx->due);
    cr_assert_eq(rx->packets_in + rx->octets_in, 0);
    cr_assert_eq(rx->drops, 10);
    cr_assert_eq(one(40), IK_OK);
}

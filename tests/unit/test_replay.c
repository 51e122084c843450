/* SPDX-License-Identifier: MIT */
/* The replay window against a model that simply remembers every number (RFC 4303 3.4.3). */
#include <criterion/criterion.h>

#include "ipsec/ipsec.h"

#define MODEL_SPAN 16384

/* A window and its bits, as a Child SA and what it was lent. */
struct window {
    struct ik_replay r;
    uint8_t bits[IK_REPLAY_MAX / 8];
};

/* Numbers base .. base + MODEL_SPAN - 1; what lies below was never seen. */
struct model {
    uint32_t base, last;
    uint16_t size;
    bool seen[MODEL_SPAN];
};

static struct model model;

static void model_init(struct window *w, uint16_t size, uint32_t base)
{
    memset(&model, 0, sizeof model);
    model.base = base;
    model.size = size;
    ik_replay_init(&w->r, size, w->bits);
    cr_assert_eq(w->r.size, size);
    if (base > 0) {
        ik_replay_mark(&w->r, w->bits, base);
        model.last = base;
        model.seen[0] = true;
    }
}

static bool model_check(uint32_t seq)
{
    if (seq == 0) {
        return false;
    }
    if (seq > model.last) {
        return true;
    }
    if ((uint64_t)seq + model.size <= model.last) {
        return false;
    }
    return seq < model.base || !model.seen[seq - model.base];
}

static void model_mark(struct window *w, uint32_t seq)
{
    ik_replay_mark(&w->r, w->bits, seq);
    model.seen[seq - model.base] = true;
    if (seq > model.last) {
        model.last = seq;
    }
}

/* Both agree on every number from `from` to `to`. */
static void agree(const struct window *w, uint32_t from, uint32_t to)
{
    cr_assert_eq(w->r.last, model.last);
    for (uint64_t seq = from; seq <= to; seq++) {
        if (ik_replay_check(&w->r, w->bits, (uint32_t)seq) != model_check((uint32_t)seq)) {
            cr_assert_fail("size %u, last %u: check(%u) is %d", model.size, model.last,
                           (uint32_t)seq, ik_replay_check(&w->r, w->bits, (uint32_t)seq));
        }
    }
}

/* A window filled with a pattern, then each possible advance, then every number compared. */
static void each_advance(uint16_t size, uint32_t base)
{
    static struct window filled, r;
    uint32_t lowest = base > size ? base - size : 0;
    for (uint32_t d = 1; d <= 2u * size + 2; d++) {
        model_init(&filled, size, base);
        for (uint32_t i = 1; i <= size; i++) {
            if ((i * 2654435761u + d) & 0x800u) {
                model_mark(&filled, base + i);
            }
        }
        r = filled;
        uint32_t to = base + size + d;
        model_mark(&r, to);
        agree(&r, lowest, to < UINT32_MAX - 4 ? to + 4 : UINT32_MAX);
    }
}

static const uint16_t sizes[] = {32, 64, 128, 1024};

Test(replay, each_advance_from_zero)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        each_advance(sizes[i], 0);
    }
}

Test(replay, each_advance_from_inside)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        each_advance(sizes[i], 77);
        /* Where a difference of signed 32 bits, and one of 16, would change its sign. */
        each_advance(sizes[i], 0x7fffffffu - sizes[i]);
        each_advance(sizes[i], 0xffffu - sizes[i]);
    }
}

Test(replay, each_advance_up_to_the_last_number)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        each_advance(sizes[i], UINT32_MAX - 3u * sizes[i] - 2);
    }
}

/* The last number of all: nothing follows it, and it does not open the window for small ones. */
Test(replay, last_number)
{
    struct window w;
    ik_replay_init(&w.r, 64, w.bits);
    cr_assert(ik_replay_check(&w.r, w.bits, UINT32_MAX));
    ik_replay_mark(&w.r, w.bits, UINT32_MAX);
    cr_assert_not(ik_replay_check(&w.r, w.bits, UINT32_MAX));
    cr_assert(ik_replay_check(&w.r, w.bits, UINT32_MAX - 63));
    cr_assert_not(ik_replay_check(&w.r, w.bits, UINT32_MAX - 64));
    cr_assert_not(ik_replay_check(&w.r, w.bits, 0));
    cr_assert_not(ik_replay_check(&w.r, w.bits, 1));
}

Test(replay, zero_is_no_number)
{
    struct window w;
    ik_replay_init(&w.r, 64, w.bits);
    cr_assert_not(ik_replay_check(&w.r, w.bits, 0));
    cr_assert(ik_replay_check(&w.r, w.bits, 1));
}

Test(replay, check_changes_nothing)
{
    struct window w, before;
    memset(&w, 0, sizeof w);
    ik_replay_init(&w.r, 64, w.bits);
    ik_replay_mark(&w.r, w.bits, 100);
    before = w;
    for (uint32_t seq = 0; seq < 300; seq++) {
        (void)ik_replay_check(&w.r, w.bits, seq);
    }
    cr_assert_eq(memcmp(&w, &before, sizeof w), 0);
}

/* A long walk as a network makes it: mostly forward, some late, some far ahead. */
Test(replay, random_walk)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct window w;
        uint32_t x = 12345 + sizes[i];
        model_init(&w, sizes[i], 0);
        while (model.last < MODEL_SPAN - 2100) {
            x = x * 1664525u + 1013904223u;
            uint32_t seq = model.last + 1 + (x >> 28);
            if ((x >> 20 & 3) == 0) {
                uint32_t back = (x >> 8) % (sizes[i] + 40u);
                seq = model.last > back ? model.last - back : 1;
            } else if ((x >> 20 & 255) == 1) {
                seq = model.last + (x >> 8) % 2048 + 1;
            }
            bool fresh = model_check(seq);
            cr_assert_eq(ik_replay_check(&w.r, w.bits, seq), fresh);
            if (fresh) {
                model_mark(&w, seq);
            }
        }
        agree(&w, 0, MODEL_SPAN - 1);
    }
}

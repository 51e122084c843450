/* SPDX-License-Identifier: MIT */
#include "sim/clock.h"

#include <stdlib.h>

#include "sim/mem.h"

void sim_clock_init(struct sim_clock *c)
{
    *c = (struct sim_clock){0};
}

void sim_clock_free(struct sim_clock *c)
{
    for (size_t i = 1; i <= c->n; i++)
        c->heap[i]->slot = 0;
    free(c->heap);
    sim_clock_init(c);
}

static bool before(const struct sim_timer *a, const struct sim_timer *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void place(struct sim_clock *c, size_t slot, struct sim_timer *t)
{
    c->heap[slot] = t;
    t->slot = slot;
}

static void sift_up(struct sim_clock *c, size_t slot, struct sim_timer *t)
{
    while (slot > 1 && before(t, c->heap[slot / 2])) {
        place(c, slot, c->heap[slot / 2]);
        slot /= 2;
    }
    place(c, slot, t);
}

static void sift_down(struct sim_clock *c, size_t slot, struct sim_timer *t)
{
    for (;;) {
        size_t kid = 2 * slot;
        if (kid > c->n)
            break;
        if (kid < c->n && before(c->heap[kid + 1], c->heap[kid]))
            kid++;
        if (!before(c->heap[kid], t))
            break;
        place(c, slot, c->heap[kid]);
        slot = kid;
    }
    place(c, slot, t);
}

void sim_timer_clear(struct sim_clock *c, struct sim_timer *t)
{
    size_t slot = t->slot;
    struct sim_timer *last;

    if (slot == 0)
        return;
    t->slot = 0;
    last = c->heap[c->n--];
    if (last == t)
        return;
    sift_up(c, slot, last);
    sift_down(c, last->slot, last);
}

void sim_timer_set(struct sim_clock *c, struct sim_timer *t, ik_time at)
{
    if (at < c->now)
        at = c->now;
    if (t->slot != 0 && t->at == at)
        return;
    sim_timer_clear(c, t);
    if (at == IK_NEVER)
        return;
    t->at = at;
    t->order = c->orders++;
    if (c->n + 2 > c->cap) {
        c->cap = c->cap ? 2 * c->cap : 64;
        c->heap = sim_realloc(c->heap, c->cap, sizeof(struct sim_timer *));
    }
    c->n++;
    sift_up(c, c->n, t);
}

ik_time sim_clock_next(const struct sim_clock *c)
{
    return c->n ? c->heap[1]->at : IK_NEVER;
}

bool sim_clock_step(struct sim_clock *c)
{
    struct sim_timer *t;

    if (c->n == 0)
        return false;
    t = c->heap[1];
    c->now = t->at;
    sim_timer_clear(c, t);
    t->fire(t);
    return true;
}

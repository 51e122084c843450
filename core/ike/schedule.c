/* SPDX-License-Identifier: MIT */
/*
 * Who has something to do, and who waits until when. An event touches the SAs that it reached; poll
 * looks at these only, and files each with the moment that it waits for next. So an event costs the
 * same with ten SAs and with sixty thousand.
 *
 * The heap has four children a place: half the depth of a binary one. Place n of it lies in the SA
 * of slot n (ik_sched.cell).
 */
#include "ike/ike.h"

#define ARITY 4

static struct ik_sched *sched(const struct ik_node *node, ik_slot slot)
{
    return &ik_ike_at(node, slot)->sched;
}

void ik_schedule_init(struct ik_node *node)
{
    node->ready_first = node->ready_last = IK_NO_SLOT;
    node->heap_n = 0;
    for (ik_slot i = 0; i < ik_ike_n(node); i++) {
        sched(node, i)->place = IK_NO_SLOT;
    }
}

/* ---- the ready list ------------------------------------------------------------------------- */

void ik_touch(struct ik_node *node, struct ik_ike_sa *sa)
{
    if (sa->sched.ready) {
        return;
    }
    sa->sched.ready = true;
    sa->sched.after = IK_NO_SLOT;
    if (node->ready_first == IK_NO_SLOT) {
        node->ready_first = sa->slot;
    } else {
        sched(node, node->ready_last)->after = sa->slot;
    }
    node->ready_last = sa->slot;
}

struct ik_ike_sa *ik_ready(const struct ik_node *node)
{
    return node->ready_first == IK_NO_SLOT ? NULL : ik_ike_at(node, node->ready_first);
}

static void ready_take(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_slot *at = &node->ready_first;
    ik_slot before = IK_NO_SLOT;
    while (*at != sa->slot) {
        before = *at;
        at = &sched(node, *at)->after;
    }
    *at = sa->sched.after;
    if (node->ready_last == sa->slot) {
        node->ready_last = before;
    }
    sa->sched.ready = false;
}

/* ---- the heap ------------------------------------------------------------------------------- */

static struct ik_sched *in_place(const struct ik_node *node, uint16_t place)
{
    return sched(node, sched(node, place)->cell);
}

static bool before(const struct ik_sched *a, const struct ik_sched *b)
{
    return (int32_t)(a->at - b->at) < 0;
}

static void put(struct ik_node *node, uint16_t place, ik_slot slot)
{
    sched(node, place)->cell = slot;
    sched(node, slot)->place = place;
}

/* From a place that is free, or whose SA is this one, towards the root. */
static void rise(struct ik_node *node, uint16_t place, ik_slot slot)
{
    const struct ik_sched *self = sched(node, slot);
    while (place > 0) {
        uint16_t parent = (uint16_t)((place - 1u) / ARITY);
        if (!before(self, in_place(node, parent))) {
            break;
        }
        put(node, place, sched(node, parent)->cell);
        place = parent;
    }
    put(node, place, slot);
}

/* The earliest of those below a place; heap_n if there is none. */
static uint16_t earliest_below(const struct ik_node *node, uint16_t place)
{
    uint32_t first = (uint32_t)place * ARITY + 1;
    if (first >= node->heap_n) {
        return node->heap_n;
    }
    uint16_t best = (uint16_t)first;
    for (uint32_t i = first + 1; i < first + ARITY && i < node->heap_n; i++) {
        if (before(in_place(node, (uint16_t)i), in_place(node, best))) {
            best = (uint16_t)i;
        }
    }
    return best;
}

static void sink(struct ik_node *node, uint16_t place, ik_slot slot)
{
    const struct ik_sched *self = sched(node, slot);
    for (;;) {
        uint16_t below = earliest_below(node, place);
        if (below == node->heap_n || !before(in_place(node, below), self)) {
            break;
        }
        put(node, place, sched(node, below)->cell);
        place = below;
    }
    put(node, place, slot);
}

static void heap_take(struct ik_node *node, struct ik_sched *self)
{
    uint16_t place = self->place;
    if (place == IK_NO_SLOT) {
        return;
    }
    self->place = IK_NO_SLOT;
    node->heap_n--;
    if (place == node->heap_n) {
        return;
    }
    ik_slot last = sched(node, node->heap_n)->cell;
    sink(node, place, last);
    rise(node, sched(node, last)->place, last);
}

static void heap_put(struct ik_node *node, ik_slot slot, ik_ms at)
{
    struct ik_sched *self = sched(node, slot);
    if (self->place != IK_NO_SLOT && self->at == at) {
        return;
    }
    bool known = self->place != IK_NO_SLOT;
    bool later = known && (int32_t)(at - self->at) > 0;
    self->at = at;
    if (later) {
        sink(node, self->place, slot);
    } else {
        rise(node, known ? self->place : node->heap_n++, slot);
    }
}

ik_ms ik_next_moment(const struct ik_node *node)
{
    return node->heap_n == 0 ? IK_MS_NONE : in_place(node, 0)->at;
}

void ik_wake(struct ik_node *node)
{
    ik_touch(node, ik_ike_at(node, sched(node, 0)->cell));
}

/* ---- both ----------------------------------------------------------------------------------- */

void ik_settle(struct ik_node *node, ik_ms until)
{
    struct ik_ike_sa *sa = ik_ready(node);
    ready_take(node, sa);
    if (until == IK_MS_NONE) {
        heap_take(node, &sa->sched);
    } else {
        heap_put(node, sa->slot, until);
    }
}

void ik_unschedule(struct ik_node *node, struct ik_ike_sa *sa)
{
    if (sa->sched.ready) {
        ready_take(node, sa);
    }
    heap_take(node, &sa->sched);
}

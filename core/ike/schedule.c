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

#if !IK_ONE /* else ike.h */

#define ARITY 4 /* as earliest_below() compares */

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

static bool before(ik_ms a, ik_ms b)
{
    return (int32_t)(a - b) < 0;
}

static void put(struct ik_node *node, uint16_t place, ik_slot slot, ik_ms at)
{
    struct ik_sched *here = sched(node, place);
    here->cell = slot;
    here->at = at;
    sched(node, slot)->place = place;
}

/* From a place that is free, or whose SA is this one, towards the root. */
static void rise(struct ik_node *node, uint16_t place, ik_slot slot, ik_ms at)
{
    while (!IK_ONE && place > 0) {
        uint16_t parent = (uint16_t)((place - 1u) / ARITY);
        const struct ik_sched *above = sched(node, parent);
        if (!before(at, above->at)) {
            break;
        }
        put(node, place, above->cell, above->at);
        place = parent;
    }
    put(node, place, slot, at);
}

/* Of two neighbours in the heap, the earlier. */
static const struct ik_ike_sa *earlier_of(const struct ik_ike_sa *a, const struct ik_ike_sa *b)
{
    return before(b->sched.at, a->sched.at) ? b : a;
}

/* The earliest of those below a place; NULL if there is none. Moments are looked at where the
 * places are, one SA behind the other, and not with those that wait in them. */
static const struct ik_ike_sa *earliest_below(const struct ik_node *node, uint16_t place)
{
    uint32_t first = (uint32_t)place * ARITY + 1;
    if (IK_ONE || first >= node->heap_n) {
        return NULL;
    }
    const struct ik_ike_sa *best = ik_ike_at(node, (uint16_t)first);
    if (first + ARITY <= node->heap_n) {
        return earlier_of(earlier_of(best, best + 1), earlier_of(best + 2, best + 3));
    }
    for (uint16_t i = 1; first + i < node->heap_n; i++) {
        best = earlier_of(best, ik_ike_at(node, (uint16_t)(first + i)));
    }
    return best;
}

static void sink(struct ik_node *node, uint16_t place, ik_slot slot, ik_ms at)
{
    const struct ik_ike_sa *below;
    while ((below = earliest_below(node, place)) != NULL && before(below->sched.at, at)) {
        put(node, place, below->sched.cell, below->sched.at);
        place = below->slot;
    }
    put(node, place, slot, at);
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
    const struct ik_sched *end = sched(node, node->heap_n);
    ik_slot last = end->cell;
    ik_ms at = end->at;
    sink(node, place, last, at);
    rise(node, sched(node, last)->place, last, at);
}

static void heap_put(struct ik_node *node, ik_slot slot, ik_ms at)
{
    uint16_t place = sched(node, slot)->place;
    if (place == IK_NO_SLOT) {
        rise(node, node->heap_n++, slot, at);
        return;
    }
    ik_ms was = sched(node, place)->at;
    if (before(was, at)) {
        sink(node, place, slot, at);
    } else if (was != at) {
        rise(node, place, slot, at);
    }
}

ik_ms ik_next_moment(const struct ik_node *node)
{
    return node->heap_n == 0 ? IK_MS_NONE : sched(node, 0)->at;
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

#endif

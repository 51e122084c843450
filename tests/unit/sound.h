/* SPDX-License-Identifier: MIT */
/*
 * Is a node whole? Every IKE SA, Child SA, handshake, task and buffer is in exactly one place,
 * lists and counts agree, the heap is one, each SA can be found by what it is filed under, and
 * nobody sleeps longer than the earliest of what it waits for.
 */
#ifndef TEST_SOUND_H
#define TEST_SOUND_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "ike/msg/msg.h"

/* How often each member of a pool was met: exactly once is right. */
struct sound_tally {
    const char *what;
    uint16_t n;
    uint8_t *met;
};

static inline struct sound_tally sound_tally(const char *what, uint16_t n)
{
    struct sound_tally t = {what, n, calloc(n, 1)};
    cr_assert_not_null(t.met);
    return t;
}

static inline void sound_meet(struct sound_tally *t, ik_slot slot)
{
    cr_assert_lt(slot, t->n, "%s: there is no slot %u", t->what, slot);
    cr_assert_eq(t->met[slot]++, 0, "%s %u is in two places", t->what, slot);
}

static inline void sound_end(struct sound_tally *t)
{
    for (uint16_t i = 0; i < t->n; i++) {
        cr_assert_eq(t->met[i], 1, "%s %u is lost", t->what, i);
    }
    free(t->met);
}

/* ---- how many are free ----------------------------------------------------------------------- */

static inline uint16_t sound_free_buffers(const struct ik_node *node, struct sound_tally *t)
{
    uint16_t n = 0;
    for (ik_slot i = node->buffer_free; i != IK_NO_SLOT; i = ik_buffer_at(node, i)->next, n++) {
        if (t != NULL) {
            sound_meet(t, i);
        }
        cr_assert_eq(ik_buffer_at(node, i)->len, 0, "buffer %u is free, but not empty", i);
    }
    for (ik_slot i = node->buffers_fresh; i < node->host.buffers_n; i++, n++) {
        if (t != NULL) {
            sound_meet(t, i);
        }
    }
    return n;
}

/* Short buffers, whose slots count on from those of the others. */
static inline uint16_t sound_free_shorts(const struct ik_node *node, struct sound_tally *t)
{
    uint16_t n = 0;
#if IK_SHORT_MAX > 0
    uint16_t base = node->host.buffers_n;
    for (ik_slot i = node->short_free; i != IK_NO_SLOT; i = ik_buffer_at(node, i)->next, n++) {
        if (t != NULL) {
            sound_meet(t, i);
        }
        cr_assert_eq(ik_buffer_at(node, i)->len, 0, "buffer %u is free, but not empty", i);
    }
    for (uint16_t i = node->shorts_fresh; i < node->host.shorts_n; i++, n++) {
        if (t != NULL) {
            sound_meet(t, (ik_slot)(base + i));
        }
    }
#else
    (void)node, (void)t;
#endif
    return n;
}

static inline uint16_t sound_shorts_n(const struct ik_node *node)
{
#if IK_SHORT_MAX > 0
    return node->host.shorts_n;
#else
    (void)node;
    return 0;
#endif
}

static inline uint16_t sound_free_tasks(const struct ik_node *node, struct sound_tally *t)
{
    uint16_t n = 0;
    for (ik_slot i = node->task_free; i != IK_NO_SLOT; i = ik_task_at(node, i)->next, n++) {
        if (t != NULL) {
            sound_meet(t, i);
        }
    }
    return n;
}

static inline uint16_t sound_free_handshakes(const struct ik_node *node, struct sound_tally *t)
{
    uint16_t n = (uint16_t)(node->host.handshakes_n - node->handshakes_fresh);
    for (ik_slot i = node->handshake_free; i != IK_NO_SLOT; n++) {
        if (t != NULL) {
            sound_meet(t, i);
        }
        i = ik_handshake_at(node, i)->next;
    }
    for (ik_slot i = node->handshakes_fresh; t != NULL && i < node->host.handshakes_n; i++) {
        sound_meet(t, i);
    }
    return n;
}

/* Nothing is taken but handshakes whose job the host has, or the node for later. */
static inline void sound_assert_empty(const struct ik_node *node)
{
    uint16_t out = 0;
    for (ik_slot i = 0; i < node->handshakes_fresh; i++) {
        uint8_t place = ik_handshake_at(node, i)->job_place;
        out = (uint16_t)(out + (place == IK_JOB_OUT || place == IK_JOB_KEPT));
    }
    cr_assert_eq(node->ike_used, 0);
    cr_assert_eq(sound_free_handshakes(node, NULL) + out, node->host.handshakes_n);
    cr_assert_eq(sound_free_tasks(node, NULL), node->host.tasks_n, "tasks are still taken");
    cr_assert_eq(sound_free_buffers(node, NULL), node->host.buffers_n, "buffers are still taken");
    cr_assert_eq(sound_free_shorts(node, NULL), sound_shorts_n(node), "short ones are still taken");
}

/* ---- the pools ------------------------------------------------------------------------------- */

static inline void sound_buffer(struct sound_tally *buffers, ik_slot slot)
{
    if (slot != IK_NO_SLOT) {
        sound_meet(buffers, slot);
    }
}

static inline void sound_tasks(const struct ik_node *node, const struct ik_ike_sa *sa,
                               struct sound_tally *tasks, struct sound_tally *buffers)
{
    unsigned under_way = 0;
    for (ik_slot i = sa->tasks; i != IK_NO_SLOT; i = ik_task_at(node, i)->next) {
        const struct ik_task *task = ik_task_at(node, i);
        sound_meet(tasks, i);
        sound_buffer(buffers, task->request);
        cr_assert_eq(task->ike, sa->slot);
        cr_assert_not_null(task->exchange);
        cr_assert_leq(task->phase, IK_TASK_SENT);
        cr_assert((task->phase != IK_TASK_SEND && task->phase != IK_TASK_SENT) ||
                  task->request != IK_NO_SLOT);
        under_way += task->phase != IK_TASK_QUEUED;
    }
    cr_assert_leq(under_way, sa->window.size_out, "more is under way than the window takes");
}

static inline void sound_handshake(const struct ik_node *node, ik_slot slot,
                                   struct sound_tally *handshakes, struct sound_tally *buffers)
{
    const struct ik_handshake *hs = ik_handshake_at(node, slot);
    sound_meet(handshakes, slot);
    cr_assert_eq(hs->slot, slot);
    sound_buffer(buffers, hs->message[0]);
    sound_buffer(buffers, hs->message[1]);
    sound_buffer(buffers, hs->kept.buffer);
}

static inline void sound_children(const struct ik_node *node, const struct ik_ike_sa *sa,
                                  struct sound_tally *children)
{
    bool events = false;
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        sound_meet(children, ik_child_slot(c));
        cr_assert_neq(c->state, IK_CHILD_FREE);
        cr_assert_eq(c->ike, sa->slot);
        events = events || c->events != 0;
    }
    cr_assert_eq(events, (sa->flags & IK_SA_CHILD_EVENT) != 0);
}

static inline void sound_dead(const struct ik_ike_sa *sa)
{
    static const struct ik_ike_keys none;
    cr_assert_eq(sa->flags & IK_SA_KEYED, 0);
    cr_assert_eq(memcmp(&sa->keys, &none, sizeof none), 0);
    cr_assert(sa->tasks == IK_NO_SLOT && sa->handshake == IK_NO_SLOT);
    cr_assert_eq(sa->sched.indexed, 0);
}

static inline void sound_pools(const struct ik_node *node)
{
    struct sound_tally ikes = sound_tally("IKE SA", ik_ike_n(node));
    struct sound_tally children = sound_tally("Child SA", ik_child_n(&node->ipsec));
    struct sound_tally handshakes = sound_tally("handshake", node->host.handshakes_n);
    struct sound_tally tasks = sound_tally("task", node->host.tasks_n);
    struct sound_tally buffers =
        sound_tally("buffer", (uint16_t)(node->host.buffers_n + sound_shorts_n(node)));
    uint16_t used = 0, manual = 0;
    cr_assert_eq(sound_free_buffers(node, &buffers), node->buffers_left);
    sound_free_shorts(node, &buffers);
    cr_assert_eq(sound_free_handshakes(node, &handshakes), node->handshakes_left);
    sound_free_tasks(node, &tasks);
    for (ik_slot i = node->ike_free; i != IK_NO_SLOT; i = ik_ike_at(node, i)->children) {
        sound_meet(&ikes, i);
        cr_assert_eq(ik_ike_at(node, i)->state, IK_IKE_FREE);
    }
    for (ik_slot i = 0; i < ik_ike_n(node); i++) {
        const struct ik_ike_sa *sa = ik_ike_at(node, i);
        cr_assert_eq(sa->slot, i);
        if (sa->state == IK_IKE_FREE) {
            continue;
        }
        used++;
        sound_meet(&ikes, i);
        sound_tasks(node, sa, &tasks, &buffers);
        sound_children(node, sa, &children);
        for (ik_slot b = sa->window.responses; b != IK_NO_SLOT; b = ik_buffer_at(node, b)->next) {
            sound_meet(&buffers, b);
        }
        if (sa->handshake != IK_NO_SLOT) {
            sound_handshake(node, sa->handshake, &handshakes, &buffers);
            cr_assert_eq(ik_handshake_of(node, sa)->ike, i);
        }
        if (sa->state == IK_IKE_DEAD) {
            sound_dead(sa);
        }
    }
    cr_assert_eq(used, node->ike_used);
    for (ik_slot i = 0; i < node->host.handshakes_n; i++) {
        const struct ik_handshake *hs = ik_handshake_at(node, i);
        bool of_none = hs->job_place == IK_JOB_OUT || hs->job_place == IK_JOB_KEPT;
        if (of_none && hs->ike == IK_NO_SLOT) {
            sound_handshake(node, i, &handshakes, &buffers);
        }
    }
    for (ik_slot i = 0; i < ik_child_n(&node->ipsec); i++) {
        const struct ik_child_sa *c = ik_child_at(&node->ipsec, i);
        if (c->state == IK_CHILD_FREE || ik_child_manual(c)) {
            manual = (uint16_t)(manual + (c->state != IK_CHILD_FREE));
            sound_meet(&children, i);
        }
    }
#if IK_MANUAL
    cr_assert_eq(manual, node->ipsec.manual_n);
#endif
    sound_end(&ikes);
    sound_end(&children);
    sound_end(&handshakes);
    sound_end(&tasks);
    sound_end(&buffers);
}

/* ---- lists of IKE SAs ------------------------------------------------------------------------ */

static inline void sound_half_open(const struct ik_node *node)
{
    ik_slot before = IK_NO_SLOT;
    uint16_t n = 0;
    for (ik_slot i = node->half_first; i != IK_NO_SLOT; i = ik_handshake_at(node, i)->next) {
        const struct ik_handshake *hs = ik_handshake_at(node, i);
        const struct ik_ike_sa *sa = ik_ike_at(node, hs->ike);
        cr_assert_eq(hs->prev, before);
        cr_assert(hs->half_open && !sa->initiator);
        cr_assert_eq(sa->state, IK_IKE_OPENING);
        cr_assert_neq(sa->sched.indexed & 1u << IK_BY_ADDR, 0);
        cr_assert(before == IK_NO_SLOT ||
                  (int32_t)(hs->since - ik_handshake_at(node, before)->since) >= 0);
        before = i;
        n++;
    }
    cr_assert_eq(node->half_last, before);
    cr_assert_eq(n, node->half_open);
}

static inline void sound_dead_list(const struct ik_node *node)
{
    ik_slot last = IK_NO_SLOT;
    uint16_t n = 0, flagged = 0;
    for (ik_slot i = node->dead_first; i != IK_NO_SLOT; i = ik_ike_at(node, i)->dead_next) {
        cr_assert_eq(ik_ike_at(node, i)->state, IK_IKE_DEAD);
        cr_assert_lt(n++, ik_ike_n(node), "the list of the dead is a ring");
        last = i;
    }
    cr_assert(n == 0 || node->dead_last == last);
    for (ik_slot i = 0; i < ik_ike_n(node); i++) {
        flagged = (uint16_t)(flagged + ((ik_ike_at(node, i)->flags & IK_SA_LAST_WORD) != 0));
    }
    cr_assert_eq(n, flagged);
}

static inline void sound_schedule(const struct ik_node *node)
{
    uint16_t ready = 0, in_heap = 0;
    ik_slot last = IK_NO_SLOT;
    for (ik_slot i = node->ready_first; i != IK_NO_SLOT; i = ik_ike_at(node, i)->sched.after) {
        cr_assert(ik_ike_at(node, i)->sched.ready);
        cr_assert_lt(ready++, ik_ike_n(node), "the ready list is a ring");
        last = i;
    }
    cr_assert(ready == 0 || node->ready_last == last);
    for (ik_slot i = 0; i < ik_ike_n(node); i++) {
        const struct ik_sched *s = &ik_ike_at(node, i)->sched;
        ready = (uint16_t)(ready - s->ready);
        if (s->place == IK_NO_SLOT) {
            continue;
        }
        in_heap++;
        cr_assert_lt(s->place, node->heap_n);
        cr_assert_eq(ik_ike_at(node, s->place)->sched.cell, i);
        uint16_t above = s->place == 0 ? 0 : (uint16_t)((s->place - 1u) / 4u);
        ik_ms at = ik_ike_at(node, s->place)->sched.at;
        cr_assert_geq((int32_t)(at - ik_ike_at(node, above)->sched.at), 0, "no heap");
    }
    cr_assert_eq(ready, 0, "more are marked as ready than are in the list");
    cr_assert_eq(in_heap, node->heap_n);
}

/* What it waits for, but for keepalives: these move with packets, to a later moment only. */
static inline void sound_sleep(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    ik_ms at = ik_tasks_until(node, sa);
    if (sa->state == IK_IKE_FREE || sa->sched.ready) {
        return;
    }
    for (uint8_t i = IK_TIMER_UNIQUE; i < IK_TIMER_N; i++) {
        at = ik_earlier(at, sa->moment[i]);
    }
    cr_assert(!ik_event_waits(sa) && (sa->flags & IK_SA_RESPONSE_DUE) == 0);
    cr_assert_null(ik_task_to_send(node, sa));
    if (at != IK_MS_NONE) {
        cr_assert_neq(sa->sched.place, IK_NO_SLOT, "IKE SA %u sleeps for ever", sa->slot);
        ik_ms woken = ik_ike_at(node, sa->sched.place)->sched.at;
        cr_assert_leq((int32_t)(woken - at), 0, "IKE SA %u sleeps too long", sa->slot);
    }
}

/* ---- by what they are found ------------------------------------------------------------------ */

static inline const struct ik_ike_sa *sound_walk(const struct ik_node *node,
                                                 const struct ik_ike_sa *sa, unsigned kind,
                                                 const struct ik_ike_sa *at)
{
    switch (kind) {
    case IK_BY_SPI_I:
        return ik_index_by_spi_i(node, &sa->route.path, sa->spi_i, at);
    case IK_BY_PEER:
        return ik_index_by_peer(node, sa->peer, at);
    case IK_BY_ID:
        return ik_index_by_id(node, sa->peer_id, at);
    default:
        return ik_index_by_addr(node, &sa->route.path.remote, at);
    }
}

static inline void sound_index(const struct ik_node *node)
{
    for (unsigned kind = 0; kind < IK_INDEX_N; kind++) {
        uint16_t filed = 0, chained = 0;
        for (ik_slot i = 0; i < ik_ike_n(node); i++) {
            const struct ik_ike_sa *sa = ik_ike_at(node, i), *at = NULL;
            for (ik_slot k = sa->sched.by[kind].bucket; k != IK_NO_SLOT;) {
                cr_assert_lt(chained++, ik_ike_n(node), "a bucket is a ring");
                k = ik_ike_at(node, k)->sched.by[kind].next;
            }
            if ((sa->sched.indexed & 1u << kind) == 0) {
                continue;
            }
            filed++;
            do {
                at = sound_walk(node, sa, kind, at);
                cr_assert_not_null(at, "IKE SA %u is not found by %u", i, kind);
            } while (at != sa);
        }
        cr_assert_eq(filed, chained, "index %u holds %u, %u are filed", kind, chained, filed);
    }
}

static inline void sound(const struct ik_node *node)
{
    sound_pools(node);
    sound_half_open(node);
    sound_dead_list(node);
    sound_schedule(node);
    sound_index(node);
    for (ik_slot i = 0; i < ik_ike_n(node); i++) {
        sound_sleep(node, ik_ike_at(node, i));
    }
}

#endif

/* SPDX-License-Identifier: MIT */
/* The ready list and the heap of moments, against a list that is looked through from end to end. */
#include "bare.h"

#define N_MAX 300

/* The same thing, simply: who is ready, in order; who waits until when. */
struct model {
    unsigned n; /* IKE SAs */
    ik_slot ready[N_MAX];
    unsigned ready_n;
    ik_ms at[N_MAX]; /* IK_MS_NONE: for nothing */
};

static unsigned place(const struct model *m, ik_slot slot)
{
    unsigned i = 0;
    while (i < m->ready_n && m->ready[i] != slot) {
        i++;
    }
    return i;
}

static void model_touch(struct model *m, ik_slot slot)
{
    if (place(m, slot) == m->ready_n) {
        m->ready[m->ready_n++] = slot;
    }
}

static void model_take(struct model *m, ik_slot slot)
{
    unsigned i = place(m, slot);
    if (i < m->ready_n) {
        memmove(&m->ready[i], &m->ready[i + 1], (m->ready_n - i - 1) * sizeof m->ready[0]);
        m->ready_n--;
    }
}

static ik_ms model_next(const struct model *m)
{
    ik_ms at = IK_MS_NONE;
    for (unsigned i = 0; i < m->n; i++) {
        at = ik_earlier(at, m->at[i]);
    }
    return at;
}

static void assert_same(const struct bare *b, const struct model *m)
{
    const struct ik_ike_sa *first = ik_ready(&b->node);
    cr_assert_eq(ik_next_moment(&b->node), model_next(m));
    cr_assert_eq(first == NULL, m->ready_n == 0);
    unsigned i = 0;
    for (ik_slot s = b->node.ready_first; s != IK_NO_SLOT;
         s = ik_ike_at(&b->node, s)->sched.after) {
        cr_assert_eq(s, m->ready[i++], "the order of the ready list");
    }
    cr_assert_eq(i, m->ready_n);
    sound_schedule(&b->node);
}

static struct bare *of(uint16_t n)
{
    struct bare *b = bare_new(&(struct ik_sizes){
        .ike_sas = n, .child_sas = 1, .handshakes = 1, .tasks = 1, .buffers = 2});
    bare_start(b);
    return b;
}

/* Within 20 days around a moment that wraps. */
static ik_ms draw_moment(struct bare *b, ik_ms around)
{
    ik_ms at = around + bare_draw(b, 20u * 86400 * 1000);
    at = bare_draw(b, 3) == 0 ? around + bare_draw(b, 10) : at;
    return at != IK_MS_NONE ? at : 1;
}

static void one_operation(struct bare *b, struct model *m, ik_ms around)
{
    ik_slot slot = (ik_slot)bare_draw(b, m->n);
    struct ik_ike_sa *sa = ik_ike_at(&b->node, slot);
    switch (bare_draw(b, 6)) {
    case 0:
    case 1:
        ik_touch(&b->node, sa);
        model_touch(m, slot);
        break;
    case 2:
    case 3:
        if (m->ready_n > 0) {
            ik_ms until = bare_draw(b, 5) == 0 ? IK_MS_NONE : draw_moment(b, around);
            m->at[m->ready[0]] = until;
            ik_settle(&b->node, until);
            model_take(m, m->ready[0]);
        }
        break;
    case 4:
        if (model_next(m) != IK_MS_NONE) {
            unsigned before = m->ready_n;
            ik_wake(&b->node);
            /* Of several with the same moment any may be first. */
            ik_slot last = b->node.ready_last;
            if (m->ready_n == before && place(m, last) == m->ready_n) {
                cr_assert_eq(m->at[last], model_next(m));
                model_touch(m, last);
            }
        }
        break;
    default:
        ik_unschedule(&b->node, sa);
        model_take(m, slot);
        m->at[slot] = IK_MS_NONE;
        break;
    }
}

Test(schedule, as_the_model_does)
{
    const uint16_t sizes[] = {1, 2, 3, 4, 5, 6, 17, 64, 300};
    const ik_ms around[] = {1000, 0x7fff0000, 0xffff0000, 0xfffffff0};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (unsigned k = 0; k < 4; k++) {
            struct bare *b = of(sizes[i]);
            struct model m = {.n = sizes[i]};
            for (unsigned n = 0; n < 3000; n++) {
                one_operation(b, &m, around[k] + n);
                assert_same(b, &m);
            }
            bare_free(b);
        }
    }
}

/* Out of the heap come moments in their order, however they went in. */
Test(schedule, in_order)
{
    struct bare *b = of(N_MAX);
    ik_ms last = 0xfff00000;
    for (ik_slot i = 0; i < N_MAX; i++) {
        ik_touch(&b->node, ik_ike_at(&b->node, i));
        ik_settle(&b->node, draw_moment(b, last));
    }
    for (unsigned i = 0; i < N_MAX; i++) {
        ik_ms at = ik_next_moment(&b->node);
        cr_assert_geq((int32_t)(at - last), 0);
        last = at;
        ik_wake(&b->node);
        cr_assert_eq(ik_ike_at(&b->node, ik_ready(&b->node)->sched.place)->sched.at, at);
        ik_settle(&b->node, IK_MS_NONE);
        sound_schedule(&b->node);
    }
    cr_assert_eq(ik_next_moment(&b->node), IK_MS_NONE);
    bare_free(b);
}

/* Each way that the ready list can lose one: from its beginning, midst and end, and the only one.
 */
Test(schedule, taken_out_of_the_ready_list)
{
    for (ik_slot out = 0; out < 3; out++) {
        struct bare *b = of(4);
        struct model m = {.n = 4};
        for (ik_slot i = 0; i < 3; i++) {
            ik_touch(&b->node, ik_ike_at(&b->node, i));
            ik_touch(&b->node, ik_ike_at(&b->node, i)); /* again is once */
            model_touch(&m, i);
        }
        ik_unschedule(&b->node, ik_ike_at(&b->node, out));
        model_take(&m, out);
        assert_same(b, &m);
        ik_touch(&b->node, ik_ike_at(&b->node, 3));
        model_touch(&m, 3);
        assert_same(b, &m);
        ik_unschedule(&b->node, ik_ike_at(&b->node, out)); /* is in no list */
        assert_same(b, &m);
        while (m.ready_n > 0) {
            ik_unschedule(&b->node, ik_ike_at(&b->node, m.ready[0]));
            model_take(&m, m.ready[0]);
            assert_same(b, &m);
        }
        bare_free(b);
    }
}

/* ---- by poll and deadline -------------------------------------------------------------------- */

static void drain(struct bare *b)
{
    struct ik_effect fx;
    while (ik_node_poll(&b->node, b->now, &fx)) {
    }
    cr_assert_gt(ik_node_deadline(&b->node), b->now);
    sound(&b->node);
}

/* Many that wait for moments of their own: each is looked at when it is due, none before. */
Test(schedule, everybody_in_time)
{
    struct bare *b = of(N_MAX);
    struct ik_node *node = &b->node;
    b->now = ((ik_time)1 << 32) * IK_MS - 100 * IK_SECOND; /* it wraps meanwhile */
    ik_enter(node, b->now);
    for (unsigned i = 0; i < N_MAX; i++) {
        struct ik_ike_sa *sa = ik_ike_alloc(node, true);
        sa->moment[IK_TIMER_LINGER] = ik_in(node, 1 + bare_draw(b, 200000));
    }
    drain(b);
    cr_assert_eq(node->heap_n, N_MAX);
    unsigned rounds = 0;
    while (node->heap_n > 0) {
        ik_time deadline = ik_node_deadline(node);
        struct ik_effect fx;
        cr_assert_not(ik_node_poll(node, deadline - 1, &fx));
        cr_assert_eq(ik_node_deadline(node), deadline);
        b->now = deadline;
        drain(b);
        rounds++;
        for (ik_slot i = 0; i < N_MAX; i++) {
            ik_ms at = ik_ike_at(node, i)->moment[IK_TIMER_LINGER];
            cr_assert(at == IK_MS_NONE || !ik_due(node, at), "IKE SA %u is overdue", i);
        }
    }
    cr_assert_gt(rounds, N_MAX / 2);
    cr_assert_eq(ik_node_deadline(node), IK_NEVER);
    bare_free(b);
}

/* The earliest of what one waits for counts, whichever it is. */
Test(schedule, the_earliest_of_its_moments)
{
    for (unsigned i = IK_TIMER_UNIQUE; i < IK_TIMER_N; i++) {
        struct bare *b = of(2);
        struct ik_ike_sa *sa = ik_ike_alloc(&b->node, true);
        for (unsigned k = IK_TIMER_UNIQUE; k < IK_TIMER_N; k++) {
            sa->moment[k] = ik_in(&b->node, k == i ? 500 : 900);
        }
        drain(b);
        cr_assert_eq(ik_node_deadline(&b->node), b->now + 500 * IK_MS);
        bare_free(b);
    }
}

/* SPDX-License-Identifier: MIT */
/* What an IKE SA has to ask: the queue, the window, message ids, and what is tried later. */
#include "craft.h"

#include "bare.h"

/* An exchange that does as it is told. */
static enum ik_step built, finished;
static unsigned builds;
static uint32_t built_ids[64];

static enum ik_step build(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    struct ik_draft d;
    builds++;
    if (built != IK_STEP_SEND) {
        return built;
    }
    ik_request_begin(node, sa, &d, task);
    built_ids[builds % 64] = task->msgid;
    return ik_request_end(node, sa, &d, task);
}

static enum ik_step finish(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    (void)node, (void)rx, (void)task;
    return finished;
}

static const struct ik_exchange obedient = {
    .type = IK_EX_INFORMATIONAL,
    .response = {.states = IK_IN(IK_IKE_OPENING), .permitted = UINT16_MAX},
    .build = build,
    .finish = finish};

static struct bare *b;
static struct ik_node *node;
static struct ik_ike_sa *sa;

static void begin(void)
{
    b = bare_new(&(struct ik_sizes){.ike_sas = 2, .child_sas = 1, .tasks = 40, .buffers = 80});
    bare_start(b);
    node = &b->node;
    sa = ik_ike_alloc(node, true);
    ik_window_init(node, sa);
    built = IK_STEP_SEND;
    builds = 0;
}

static void end(void)
{
    bare_free(b);
}

TestSuite(task, .init = begin, .fini = end);

static struct ik_task *add(void)
{
    struct ik_task *task = ik_task_add(node, sa, &obedient);
    cr_assert_not_null(task);
    cr_assert_eq(task->phase, IK_TASK_QUEUED);
    return task;
}

/* How many requests leave now. */
static unsigned drain(void)
{
    struct ik_effect fx;
    unsigned n = 0;
    while (ik_node_poll(node, b->now, &fx)) {
        n += fx.kind == IK_FX_SEND;
    }
    cr_assert_gt(ik_node_deadline(node), b->now);
    sound(node);
    return n;
}

static void answered(struct ik_task *task, enum ik_step step)
{
    task->phase = IK_TASK_WORKING;
    ik_task_step(node, sa, task, step);
}

/* ---- the queue ------------------------------------------------------------------------------- */

Test(task, one_after_the_other)
{
    struct ik_task *of[5];
    for (unsigned i = 0; i < 5; i++) {
        of[i] = add();
        ik_tasks_run(node, sa);
    }
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(builds, i + 1);
        cr_assert_eq(drain(), 1);
        cr_assert_eq(of[i]->msgid, i);
        cr_assert_eq(of[i]->phase, IK_TASK_SENT);
        cr_assert_eq(ik_task_awaiting(node, sa, i), of[i]);
        for (unsigned k = i + 1; k < 5; k++) {
            cr_assert_eq(of[k]->phase, IK_TASK_QUEUED);
            cr_assert_null(ik_task_awaiting(node, sa, k));
        }
        answered(of[i], IK_STEP_DONE);
        cr_assert_null(ik_task_awaiting(node, sa, i));
    }
    cr_assert_eq(sa->tasks, IK_NO_SLOT);
    drain();
    cr_assert_eq(ik_node_deadline(node), IK_NEVER);
    cr_assert_eq(node->buffers_left, b->host.buffers_n);
}

Test(task, pool_that_is_empty)
{
    for (unsigned i = 0; i < 40; i++) {
        add();
    }
    cr_assert_null(ik_task_add(node, sa, &obedient));
    ik_tasks_run(node, sa);
    ik_tasks_drop_queued(node, sa);
    cr_assert_eq(sound_free_tasks(node, NULL), 39);
    cr_assert_not_null(ik_task_awaiting(node, sa, 0));
    sound(node);
    ik_tasks_drop(node, sa);
    cr_assert_eq(sa->tasks, IK_NO_SLOT);
    cr_assert_eq(sound_free_tasks(node, NULL), 40);
    cr_assert_eq(node->buffers_left, b->host.buffers_n);
    sound(node);
}

/* Each from any place of the queue. */
Test(task, dropped)
{
    for (unsigned out = 0; out < 3; out++) {
        struct ik_task *of[3];
        for (unsigned i = 0; i < 3; i++) {
            of[i] = add();
        }
        ik_task_drop(node, sa, of[out]);
        sound(node);
        cr_assert_eq(ik_task_at(node, sa->tasks), of[out == 0 ? 1 : 0]);
        ik_tasks_drop(node, sa);
    }
}

Test(task, found_by_exchange)
{
    cr_assert_null(ik_task_of(node, sa, &obedient));
    ik_task_add(node, sa, &ik_exchange_liveness);
    struct ik_task *second = add();
    cr_assert_eq(ik_task_of(node, sa, &obedient), second);
    add();
    cr_assert_eq(ik_task_of(node, sa, &obedient), second);
    cr_assert_null(ik_task_of(node, sa, &ik_exchange_delete_ike));
}

/* There is no buffer for the request: the SA ends, and is not left with half of one. */
Test(task, no_buffer)
{
    while (ik_buffer_left(node)) {
        ik_slot slot = ik_buffer_alloc(node);
        (void)slot;
    }
    add();
    ik_tasks_run(node, sa);
    cr_assert_eq(sa->state, IK_IKE_DEAD);
    cr_assert_eq(sa->tasks, IK_NO_SLOT);
    cr_assert_eq(sa->reason, IK_WHY_NO_ROOM);
    cr_assert_eq(node->env.counters.drop[IK_DROP_IKE_NO_ROOM], 1);
}

/* ---- the window (2.3) ------------------------------------------------------------------------ */

/* "it MUST wait until it has received responses to all requests up through request X-N" */
static void any_order(uint8_t size)
{
    struct ik_task *out[32] = {NULL};
    uint32_t next = 0, done = 0;
    sa->window.size_out = size;
    while (done < 200) {
        if (sound_free_tasks(node, NULL) > 5) {
            add();
        }
        ik_tasks_run(node, sa);
        drain();
        for (struct ik_task *t; (t = ik_task_awaiting(node, sa, next)) != NULL; next++) {
            out[next % 32] = t;
        }
        uint32_t oldest = next;
        for (unsigned i = 0; i < 32; i++) {
            oldest = out[i] != NULL && out[i]->msgid < oldest ? out[i]->msgid : oldest;
        }
        cr_assert_leq(next - oldest, size, "id %u is out while %u waits, window %u", next - 1,
                      oldest, size);
        unsigned which = bare_draw(b, 32);
        if (out[which] != NULL) {
            struct ik_task *task = out[which];
            out[which] = NULL;
            done++;
            answered(task, IK_STEP_DONE);
        }
    }
    /* the last answer has let others begin */
    while (ik_task_awaiting(node, sa, next) != NULL) {
        next++;
    }
    cr_assert_eq(next, sa->window.request, "ids without gaps");
}

Test(task, window_of_every_size)
{
    for (uint8_t size = 1; size <= 32; size++) {
        end();
        begin();
        any_order(size);
    }
}

/* While nothing is answered, exactly so many are out. */
Test(task, window_is_used)
{
    for (uint8_t size = 1; size <= 32; size++) {
        end();
        begin();
        sa->window.size_out = size;
        for (unsigned i = 0; i < 40; i++) {
            add();
        }
        ik_tasks_run(node, sa);
        cr_assert_eq(drain(), size);
        /* The last one's answer makes no place; the first one's does, as far as it is the next. */
        if (size > 1) {
            answered(ik_task_awaiting(node, sa, size - 1u), IK_STEP_DONE);
            cr_assert_eq(drain(), 0);
        }
        answered(ik_task_awaiting(node, sa, 0), IK_STEP_DONE);
        cr_assert_eq(drain(), size == 2 ? 2 : 1);
    }
}

/* ---- ids ------------------------------------------------------------------------------------- */

/* An id is given out when the request is built: who waits for a job, or gives up, leaves no gap. */
Test(task, ids_have_no_gaps)
{
    sa->window.size_out = 3;
    built = IK_STEP_JOB;
    struct ik_task *slow = add();
    ik_tasks_run(node, sa);
    cr_assert_eq(slow->phase, IK_TASK_WORKING);
    cr_assert_eq(sa->window.request, 0);
    built = IK_STEP_LATER;
    struct ik_task *not_now = add();
    ik_tasks_run(node, sa);
    cr_assert_eq(not_now->phase, IK_TASK_QUEUED);
    built = IK_STEP_SEND;
    struct ik_task *quick = add();
    ik_tasks_run(node, sa);
    cr_assert_eq(quick->msgid, 0);
    ik_task_step(node, sa, slow, build(node, sa, slow)); /* its job is done */
    cr_assert_eq(slow->msgid, 1);
    cr_assert_eq(drain(), 2);
    b->now += IK_SECOND;
    drain();
    cr_assert_eq(not_now->msgid, 2);
    cr_assert_eq(sa->window.request, 3);
}

/* The same request made anew keeps its id (2.1); the next exchange of a task has another. */
Test(task, made_anew_and_next)
{
    struct ik_task *task = add();
    ik_tasks_run(node, sa);
    drain();
    task->tries = 3;
    answered(task, build(node, sa, task)); /* with a cookie, as it were */
    cr_assert_eq(task->msgid, 0);
    cr_assert_eq(drain(), 1);
    answered(task, IK_STEP_NEXT);
    cr_assert_eq(task->msgid, 1);
    cr_assert_eq(task->tries, 0);
    cr_assert_eq(drain(), 1);
    cr_assert_eq(node->buffers_left, b->host.buffers_n - 1);
}

/* ---- later ----------------------------------------------------------------------------------- */

/* After a second, then after a longer while each, under a new id; eleven times in all, and over
 * minutes (RFC 7296 2.25). */
Test(task, later)
{
    struct ik_task *task = add();
    ik_time began = b->now;
    ik_tasks_run(node, sa);
    for (unsigned i = 1; i < 11; i++) {
        cr_assert_eq(drain(), 1);
        cr_assert_eq(task->msgid, i - 1);
        answered(task, IK_STEP_LATER);
        cr_assert_eq(task->phase, IK_TASK_QUEUED);
        cr_assert_eq(task->request, IK_NO_SLOT);
        cr_assert_eq(drain(), 0);
        ik_time at = ik_node_deadline(node);
        cr_assert_geq(at, b->now + IK_SECOND + (i - 1) * (i - 1) * 200 * IK_MS);
        cr_assert_leq(at, b->now + IK_SECOND + (i - 1) * (i - 1) * IK_SECOND);
        b->now = at - 1;
        cr_assert_eq(drain(), 0);
        b->now = at;
    }
    cr_assert_eq(drain(), 1);
    cr_assert_gt(b->now - began, 60 * IK_SECOND);
    answered(task, IK_STEP_LATER);
    cr_assert_eq(sa->tasks, IK_NO_SLOT);
    cr_assert_eq(builds, 11);
    drain();
    cr_assert_eq(ik_node_deadline(node), IK_NEVER);
}

/* Who waits makes place for those behind; and one that is given up, too. */
Test(task, later_lets_others_pass)
{
    struct ik_task *first = add(), *second = add();
    ik_tasks_run(node, sa);
    drain();
    answered(first, IK_STEP_LATER);
    cr_assert_eq(drain(), 1);
    cr_assert_eq(second->phase, IK_TASK_SENT);
    /* The first one's moment comes while the window is full: it waits on. */
    b->now += IK_SECOND;
    cr_assert_eq(drain(), 1, "the second is repeated");
    cr_assert_eq(first->phase, IK_TASK_QUEUED);
    answered(second, IK_STEP_DONE);
    cr_assert_eq(drain(), 1);
    cr_assert_eq(first->phase, IK_TASK_SENT);
    second = add();
    first->attempts = 11;
    answered(first, IK_STEP_LATER);
    cr_assert_eq(drain(), 1);
    cr_assert_eq(second->phase, IK_TASK_SENT);
}

/* All of them want to wait. */
Test(task, all_later)
{
    built = IK_STEP_LATER;
    for (unsigned i = 0; i < 40; i++) {
        add();
    }
    ik_tasks_run(node, sa);
    for (unsigned i = 0; i < 10; i++) {
        cr_assert_eq(drain(), 0);
        cr_assert_eq(builds, 40 * (i + 1));
        b->now += IK_SECOND + i * i * IK_SECOND;
    }
    drain();
    cr_assert_eq(sa->tasks, IK_NO_SLOT);
    cr_assert_eq(sa->window.request, 0);
}

/* ---- an answer that is none ------------------------------------------------------------------ */

/* Waits on, and is repeated at the moment at which it would have been. */
Test(task, wait_on)
{
    struct ik_task *task = add();
    ik_tasks_run(node, sa);
    drain();
    b->now += 600 * IK_MS;
    answered(task, IK_STEP_WAIT);
    cr_assert_eq(drain(), 0);
    cr_assert_eq(ik_node_deadline(node), b->now + 400 * IK_MS);
    b->now += 400 * IK_MS;
    cr_assert_eq(drain(), 1);
    cr_assert_eq(task->tries, 2);
}

/* It came between the moment and the repetition, by a host that does not take all effects at once.
 */
Test(task, wait_on_before_it_is_repeated)
{
    for (unsigned job = 0; job < 2; job++) {
        end();
        begin();
        struct ik_effect fx;
        struct ik_task *task = add();
        ik_tasks_run(node, sa);
        drain();
        b->now += IK_SECOND;
        ik_task_again(node, sa, task);
        cr_assert_eq(task->phase, IK_TASK_SEND);
        if (job == 1) {
            ik_task_step(node, sa, task, IK_STEP_JOB);
        }
        ik_task_step(node, sa, task, IK_STEP_WAIT);
        cr_assert(ik_node_poll(node, b->now, &fx), "it is never repeated");
        cr_assert_eq(fx.kind, IK_FX_SEND);
        cr_assert_eq(drain(), 0);
        cr_assert_eq(ik_node_deadline(node), b->now + 2 * IK_SECOND);
    }
}

/* ---- whole nodes ----------------------------------------------------------------------------- */

static struct pair *up(void)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

/* A check of an SA that waits for an answer already asks for nothing more. */
Test(task, checks_do_not_pile_up)
{
    struct pair *p = up();
    for (unsigned i = 0; i < 10; i++) {
        ik_node_check(&p->end[0].node, p->now, 0);
        pair_drain(p, 0);
    }
    cr_assert_eq(p->grams_n, 5);
    pair_settle(p);
    cr_assert_eq(p->grams_n, 6);
    ik_node_check(&p->end[0].node, p->now, 0);
    ik_node_check(&p->end[0].node, p->now, 1);
    ik_node_check(&p->end[0].node, p->now, 77);
    pair_settle(p);
    cr_assert_eq(p->grams_n, 8);
    cr_assert_eq(p->end[0].told_n, 2);
    free(p);
}

/* Down while a check is out: the Delete follows when that is answered. */
Test(task, delete_waits_for_its_turn)
{
    struct pair *p = up();
    ik_node_check(&p->end[0].node, p->now, 0);
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    cr_assert_eq(p->grams_n, 5);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_DOWN), 1);
    cr_assert_eq(p->end[0].ike_sas[0].state, IK_IKE_CLOSING);
    pair_settle(p);
    cr_assert_eq(p->grams_n, 8);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_DOWN);
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, 0, 0, 0);
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

/* One Child SA only; the IKE SA stays. */
Test(task, delete_of_a_child)
{
    struct pair *p = up();
    ik_node_down_child(&p->end[0].node, p->now, 0);
    ik_node_down_child(&p->end[0].node, p->now, 0);
    ik_node_down_child(&p->end[0].node, p->now, 1);
    ik_node_down_child(&p->end[0].node, p->now, 99);
    pair_settle(p);
    cr_assert_eq(p->grams_n, 6);
    for (unsigned who = 0; who < 2; who++) {
        cr_assert_eq(pair_last(&p->end[who])->event, IK_EV_CHILD_DOWN);
        pair_assert_usage(p, who, 1, 0);
    }
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_DELETED_HERE);
    cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_DELETED_PEER);
    free(p);
}

/* No task left for the Delete: it ends here, at once. */
Test(task, no_task_for_a_delete)
{
    struct pair *p = up();
    while (ik_task_alloc(&p->end[0].node) != IK_NO_SLOT) {
    }
    struct ik_effect fx;
    ik_node_down(&p->end[0].node, p->now, 0);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert(ik_node_poll(&p->end[0].node, p->now, &fx));
        cr_assert_eq(fx.event, i == 0 ? IK_EV_CHILD_DOWN : IK_EV_IKE_DOWN);
    }
    cr_assert_not(ik_node_poll(&p->end[0].node, p->now, &fx));
    cr_assert_eq(p->end[0].node.ike_used, 0);
    free(p);
}

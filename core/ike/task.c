/* SPDX-License-Identifier: MIT */
/*
 * What an IKE SA has to ask its peer for: a queue, of which as many are under way as the window
 * allows (RFC 7296 2.3).
 *
 *     QUEUED --build()--> SEND --> SENT --finish()--> done
 *                \--> WORKING --resume()--/  \--> WORKING, or built anew
 */
#include "ike/msg/msg.h"

#define LATER 1000u /* ms until a task is tried again, at the least */
#define ATTEMPTS_MAX 11

struct ik_task *ik_task_add(struct ik_node *node, struct ik_ike_sa *sa,
                            const struct ik_exchange *exchange)
{
    ik_slot slot = ik_task_alloc(node);
    if (slot == IK_NO_SLOT) {
        return NULL;
    }
    struct ik_task *task = ik_task_at(node, slot);
    ik_slot *link = &sa->tasks;
    while (*link != IK_NO_SLOT) {
        link = &ik_task_at(node, *link)->next;
    }
    *link = slot;
    task->exchange = exchange;
    task->ike = sa->slot;
    ik_touch(node, sa);
    return task;
}

IK_OUT_OF_LINE static struct ik_task *task_in(const struct ik_node *node, ik_slot slot)
{
    return slot == IK_NO_SLOT ? NULL : ik_task_at(node, slot);
}

static struct ik_task *first(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    return task_in(node, sa->tasks);
}

static struct ik_task *next(const struct ik_node *node, const struct ik_task *task)
{
    return task_in(node, task->next);
}

static ik_slot *link_to(const struct ik_node *node, struct ik_ike_sa *sa,
                        const struct ik_task *task)
{
    ik_slot slot = ik_task_slot(node, task);
    ik_slot *link = &sa->tasks;
    while (*link != slot) {
        link = &ik_task_at(node, *link)->next;
    }
    return link;
}

void ik_task_drop(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    ik_slot slot = ik_task_slot(node, task);
    *link_to(node, sa, task) = task->next;
#if IK_REKEY
    ik_handshake_return(node, task->handshake);
#endif
    ik_task_free(node, slot);
}

#if IK_REKEY
/* This attempt is over, and the Child SA that was to come of a rekeying goes with it. */
static void fail(struct ik_node *node, struct ik_task *task)
{
    if (task->handshake == IK_NO_SLOT) {
        return;
    }
    ik_slot made = ik_handshake_at(node, task->handshake)->child;
    if (made != IK_NO_SLOT && made != task->child) {
        ik_child_give_up(node, ik_child_at(&node->ipsec, made), IK_WHY_REFUSED, 0);
    }
    ik_handshake_return(node, task->handshake);
    task->handshake = IK_NO_SLOT;
}
#endif

/* 2.25: "it MUST wait so that the sender may complete whatever operation caused the temporary
 * condition". Where each has refused the other, both wait: from the second time on another while
 * each, and a longer one, or they would meet again for ever. The last attempt is made some three
 * minutes after the first: "one or more times over a period of several minutes". */
static ik_ms again_at(struct ik_node *node, const struct ik_task *task)
{
#if IK_REKEY
    uint32_t n = task->attempts - 1u;
    uint8_t r;
    ik_drbg_bytes(&node->env, &r, 1);
    return ik_in(node, LATER + n * n * (LATER / 5u + LATER / 256u * r));
#else
    (void)task;
    return ik_in(node, LATER);
#endif
}

static void queue_again(struct ik_node *node, struct ik_task *task)
{
#if IK_REKEY
    fail(node, task);
#endif
    ik_buffer_drop(node, &task->request);
    task->phase = IK_TASK_QUEUED;
    task->tries = 0;
    task->at = again_at(node, task);
}

#if IK_REKEY
/* 2.8: where its Child SA is now, if the IKE SA was rekeyed while its request was out; or NULL. */
static struct ik_ike_sa *heir(const struct ik_node *node, const struct ik_ike_sa *sa,
                              const struct ik_task *task)
{
    if (task->child == IK_NO_SLOT) {
        return NULL;
    }
    struct ik_ike_sa *to = ik_ike_at(node, ik_child_at(&node->ipsec, task->child)->ike);
    return to != sa && to->state == IK_IKE_UP ? to : NULL;
}

static void move(struct ik_node *node, ik_slot *link, struct ik_ike_sa *to)
{
    ik_slot *end = &to->tasks, slot = *link;
    struct ik_task *task = ik_task_at(node, slot);
    while (*end != IK_NO_SLOT) {
        end = &ik_task_at(node, *end)->next;
    }
    *link = task->next;
    *end = slot;
    task->next = IK_NO_SLOT;
    task->ike = to->slot;
    ik_touch(node, to);
}
#endif

void ik_tasks_drop(struct ik_node *node, struct ik_ike_sa *sa)
{
    while (sa->tasks != IK_NO_SLOT) {
        struct ik_task *task = ik_task_at(node, sa->tasks);
#if IK_REKEY
        struct ik_ike_sa *to = heir(node, sa, task);
        if (to != NULL) {
            queue_again(node, task);
            move(node, &sa->tasks, to);
            continue;
        }
#endif
        ik_task_drop(node, sa, task);
    }
}

void ik_tasks_drop_queued(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_task *task = first(node, sa);
    while (task != NULL) {
        struct ik_task *behind = next(node, task);
        if (task->phase == IK_TASK_QUEUED) {
            ik_task_drop(node, sa, task);
        }
        task = behind;
    }
}

#if IK_REKEY
void ik_tasks_move(struct ik_node *node, struct ik_ike_sa *from, struct ik_ike_sa *to)
{
    ik_slot *link = &from->tasks;
    while (*link != IK_NO_SLOT) {
        if (ik_task_at(node, *link)->phase == IK_TASK_QUEUED) {
            move(node, link, to);
        } else {
            link = &ik_task_at(node, *link)->next;
        }
    }
}
#endif

/* ---- one that … ----------------------------------------------------------------------------- */

struct ik_task *ik_task_awaiting(const struct ik_node *node, const struct ik_ike_sa *sa,
                                 uint32_t msgid)
{
    struct ik_task *task = first(node, sa);
    while (task != NULL && (task->phase < IK_TASK_SEND || task->msgid != msgid)) {
        task = next(node, task);
    }
    return task;
}

struct ik_task *ik_task_to_send(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    struct ik_task *task = first(node, sa);
    while (task != NULL && task->phase != IK_TASK_SEND) {
        task = next(node, task);
    }
    return task;
}

/* A moment that counts: of one that is out, or that is to be tried later. */
static ik_ms moment(const struct ik_task *task)
{
    bool waits = task->phase == IK_TASK_SENT || task->phase == IK_TASK_QUEUED;
    return waits ? task->at : IK_MS_NONE;
}

struct ik_task *ik_task_overdue(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    struct ik_task *task = first(node, sa);
    while (task != NULL && !ik_due(node, moment(task))) {
        task = next(node, task);
    }
    return task;
}

ik_ms ik_tasks_until(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    ik_ms at = IK_MS_NONE;
    for (struct ik_task *task = first(node, sa); task != NULL; task = next(node, task)) {
        at = ik_earlier(at, moment(task));
    }
    return at;
}

struct ik_task *ik_task_of(const struct ik_node *node, const struct ik_ike_sa *sa,
                           const struct ik_exchange *exchange)
{
    struct ik_task *task = first(node, sa);
    while (task != NULL && task->exchange != exchange) {
        task = next(node, task);
    }
    return task;
}

#if IK_REKEY
bool ik_task_asks(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    struct ik_task *task = first(node, sa);
    while (task != NULL && task->phase == IK_TASK_QUEUED && task->at != IK_MS_NONE) {
        task = next(node, task);
    }
    return task != NULL;
}
#endif

/* ---- its way -------------------------------------------------------------------------------- */

static void begin(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    task->phase = IK_TASK_WORKING;
    task->at = IK_MS_NONE;
    task->attempts++;
    ik_task_step(node, sa, task, task->exchange->build(node, sa, task));
}

/* 2.3: a request has to wait "until it has received responses to all requests up through request
 * X-N". Those that are begun and have no id yet will have the next ones. */
static bool has_room(const struct ik_node *node, const struct ik_ike_sa *sa)
{
#if IK_LINKED /* a window of one: none may be under way */
    struct ik_task *task = first(node, sa);
    while (task != NULL && task->phase == IK_TASK_QUEUED) {
        task = next(node, task);
    }
    return task == NULL;
#else
    uint32_t out = 0, begun = 0;
    for (struct ik_task *task = first(node, sa); task != NULL; task = next(node, task)) {
        uint32_t behind = sa->window.request - task->msgid;
        if (task->phase == IK_TASK_QUEUED) {
            continue;
        }
        if (task->request == IK_NO_SLOT) {
            begun++;
        } else if (behind > out) {
            out = behind;
        }
    }
    return out + begun < sa->window.size_out;
#endif
}

#if IK_WINDOWS
/* Its outcome decides what the others are about: nothing else is under way then. */
static bool alone(const struct ik_exchange *exchange)
{
    return exchange == &ik_exchange_ike_rekey || exchange == &ik_exchange_delete_ike ||
           exchange == &ik_exchange_init_i || exchange == &ik_exchange_auth_i;
}

/* Of one Child SA one thing is asked at a time. */
static bool disturbs(const struct ik_node *node, const struct ik_ike_sa *sa,
                     const struct ik_task *task)
{
    for (struct ik_task *other = first(node, sa); other != NULL; other = next(node, other)) {
        if (other->phase != IK_TASK_QUEUED &&
            (alone(other->exchange) || alone(task->exchange) ||
             (task->child != IK_NO_SLOT && task->child == other->child))) {
            return true;
        }
    }
    return false;
}
#endif

static struct ik_task *first_queued(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    struct ik_task *task = first(node, sa);
    while (task != NULL && (task->phase != IK_TASK_QUEUED || task->at != IK_MS_NONE)) {
        task = next(node, task);
    }
    return task;
}

void ik_tasks_run(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_task *task;
    while ((task = first_queued(node, sa)) != NULL && has_room(node, sa)) {
#if IK_WINDOWS
        if (disturbs(node, sa, task)) {
            return;
        }
#endif
        begin(node, sa, task);
    }
}

#if IK_REKEY
/* It never came about: who asked for a Child SA hears of it, one that was to be rekeyed may be
 * again, and one that was to be deleted is gone for us. */
static void abandon(struct ik_node *node, struct ik_task *task)
{
    fail(node, task);
    if (task->child == IK_NO_SLOT) {
        return;
    }
    struct ik_child_sa *child = ik_child_at(&node->ipsec, task->child);
    if (child->state == IK_CHILD_LARVAL) {
        ik_child_give_up(node, child, IK_WHY_REFUSED, IK_N_TEMPORARY_FAILURE);
    } else if (child->state == IK_CHILD_DELETING) {
        ik_child_end(node, child, (enum ik_reason)task->reason, 0);
    } else if (task->exchange == &ik_exchange_child_rekey) {
        child->rekeyed = false;
        child->refused = true; /* 2.8: if it comes to its hard limit, its IKE SA does with it */
    }
}
#endif

static void later(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    if (task->attempts >= ATTEMPTS_MAX) {
#if IK_REKEY
        abandon(node, task);
#endif
        ik_task_drop(node, sa, task);
        return;
    }
    queue_again(node, task);
#if IK_REKEY
    struct ik_ike_sa *to = heir(node, sa, task);
    if (to != NULL) {
        move(node, link_to(node, sa, task), to);
    }
#endif
}

#if IK_REKEY
/* 2.25: who says TEMPORARY_FAILURE still "after several minutes" is out of step with us, and the
 * IKE SA is closed. */
static void put_off(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    bool last = task->attempts >= ATTEMPTS_MAX;
    later(node, sa, task);
    if (last && sa->state == IK_IKE_UP) {
        ik_sa_out_of_step(node, sa);
    } else {
        ik_tasks_run(node, sa);
    }
}
#endif

void ik_task_step(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task,
                  enum ik_step step)
{
    ik_touch(node, sa);
    switch (step) {
    case IK_STEP_SEND:
        task->phase = IK_TASK_SEND;
        break;
    case IK_STEP_JOB:
        task->phase = IK_TASK_WORKING;
        break;
    case IK_STEP_WAIT:
        task->phase = IK_TASK_SENT;
        break;
    case IK_STEP_AGAIN:
        ik_buffer_drop(node, &task->request);
        task->tries = 0;
        task->phase = IK_TASK_WORKING;
        break;
    case IK_STEP_NEXT:
        ik_buffer_drop(node, &task->request);
        task->attempts = task->tries = 0;
        begin(node, sa, task);
        break;
    case IK_STEP_LATER:
        later(node, sa, task);
        ik_tasks_run(node, sa);
        break;
#if IK_REKEY
    case IK_STEP_NOT_NOW:
        put_off(node, sa, task);
        break;
#endif
    case IK_STEP_VOID:
    case IK_STEP_DONE:
        ik_task_drop(node, sa, task);
        ik_tasks_run(node, sa);
        break;
    default: /* the SA has ended: there is no task any more */
        break;
    }
}

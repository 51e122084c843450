/* SPDX-License-Identifier: MIT */
/*
 * What a path takes where no router says so (RFC 8899): a request as long as the datagram that is
 * to be tried, which must not be cut on its way. What answers it in time has got it.
 *
 *     HDR, SK {N(filler)}  -->
 *                              <--  HDR, SK {}
 *
 * A message id that was given out has to be answered, or the window stays closed and the SA ends.
 * So what is not answered in time leaves once more, in fragments (RFC 7383 2.5.2) of a size that
 * has got through before: a probe is lost, its request is not. If these are answered at once, it
 * was the size; if not, it may have been anything, and proves nothing.
 *
 *     base  -->  as large as is wanted  -->  nine minutes later, again
 *                         | three times lost
 *                         v
 *               what lies between, by halves
 */
#include "ike/xchg/xchg.h"

#if IK_PROBE

#define FILLER 40989u /* of private use: "unrecognized [status] types MUST be ignored" (3.10.1) */
#define NOTIFY_LEN 8u /* around the octets of a filler */
#define BEGIN 2000u   /* ms until the first */
#define EVERY 540000u /* ms between searches: what is found holds for ten minutes */
#define AGAIN 1000u   /* ms until the next attempt, if now is no time */
#define LOST 3u       /* RFC 8899 5.1.2, MAX_PROBES */
#define DOUBTFUL 12u  /* that prove nothing, until the search ends */
#define STEP 8u       /* the search ends when it is that near */
#define V4_BASE 1200u /* RFC 8899 5.1.2, BASE_PLPMTU */
#define V4_LEAST 576u
#define V6_BASE 1280u

static struct ik_probe *probe_of(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    return sa->slot < node->host.probes_n ? &node->host.probes[sa->slot] : NULL;
}

static void restart(const struct ik_node *node, struct ik_probe *p, uint32_t ms)
{
    *p = (struct ik_probe){.at = ik_in(node, ms)};
}

/* ---- when ------------------------------------------------------------------------------------ */

/* The first Child SA that sends, or NULL. */
static struct ik_child_sa *sender(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    struct ik_child_sa *c = ik_child_first(node, sa);
    while (c != NULL && c->state != IK_CHILD_UP) {
        c = ik_child_next(node, c);
    }
    return c;
}

ik_ms ik_probe_at(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    const struct ik_probe *p = probe_of(node, sa);
    if (p == NULL || sa->state != IK_IKE_UP || sa->peer == IK_NO_SLOT ||
        ik_peer_of(node, sa)->probe == 0 || sa->route.fragment == 0 || sender(node, sa) == NULL) {
        return IK_MS_NONE;
    }
    return p->at;
}

void ik_probe_begin(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_probe *p = probe_of(node, sa);
    if (p != NULL) {
        restart(node, p, BEGIN);
    }
    if (ik_probe_at(node, sa) != IK_MS_NONE) {
        ik_touch(node, sa); /* it may have been due later */
    }
}

/* ---- which ----------------------------------------------------------------------------------- */

static bool is_v4(const struct ik_ike_sa *sa)
{
    return ik_is_v4(sa->route.path.remote.family);
}

/* No path is narrower, but for some of IPv4. */
static uint16_t least(const struct ik_ike_sa *sa)
{
    return is_v4(sa) ? V4_LEAST : V6_BASE;
}

/* What a router has said of the path; 0: nothing. */
static uint16_t said(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    const struct ik_child_sa *c = sender(node, sa);
    return c == NULL || c->found ? 0 : ik_pmtu_of(&node->env, c);
}

/* Octets of the datagram that is to be tried next; 0: there is nothing more to find out. */
static uint16_t wanted(const struct ik_node *node, const struct ik_ike_sa *sa,
                       const struct ik_probe *p)
{
    uint16_t between = (uint16_t)(p->lost - p->passes), told = said(node, sa);
    if (p->passes == 0) {
        return p->lost == 0 && is_v4(sa) ? V4_BASE : least(sa);
    }
    if (p->lost == 0) {
        uint16_t most = ik_peer_of(node, sa)->probe;
        return p->passes < most ? most : 0;
    }
    if (told > p->passes && told < p->lost) {
        return told;
    }
    return between > STEP ? (uint16_t)(p->passes + between / 2u) : 0;
}

/* The same as a message can have it, whose text is whole blocks: no larger. */
static uint16_t next_size(const struct ik_node *node, const struct ik_ike_sa *sa,
                          const struct ik_probe *p)
{
    uint16_t size = wanted(node, sa, p);
    size = size != 0 ? ik_fragment_whole(sa, ik_fragment_text(sa, size)) : 0;
    return size > p->passes ? size : 0;
}

/* ---- what follows ---------------------------------------------------------------------------- */

/* All Child SAs go the same way. */
static void conclude(struct ik_node *node, const struct ik_ike_sa *sa, uint16_t mtu)
{
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        if (ik_child_receives(c)) {
            ik_pmtu_found(&node->env, c, mtu);
        }
    }
}

/* The search is over: what has not been tried does not leave. Or it has come to nothing. */
static void end(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_probe *p)
{
    bool nothing = p->passes == 0 || (p->doubts == DOUBTFUL && p->lost == 0);
    if (!nothing) {
        bool all = p->lost == 0 && p->passes == ik_peer_of(node, sa)->probe;
        conclude(node, sa, all ? 0 : p->passes);
    }
    restart(node, p, EVERY);
}

static void passed(struct ik_probe *p)
{
    p->passes = p->size;
    p->misses = p->doubts = 0;
}

static void lost(struct ik_probe *p)
{
    if (++p->misses == LOST) {
        p->lost = p->size;
        p->misses = p->doubts = 0;
    }
}

static enum ik_step finish(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    struct ik_ike_sa *sa = rx->sa;
    struct ik_probe *p = probe_of(node, sa);
    bool whole = ik_buffer_at(node, task->request)->pieces.total == 0, once = task->tries == 1;
    if (p == NULL || p->size == 0) {
        return IK_STEP_DONE; /* it has begun anew */
    }
    if (whole && once) {
        passed(p);
    } else if (!whole && once && p->size > least(sa)) {
        lost(p);
    } else {
        p->doubts++;
    }
    p->size = 0;
    p->at = ik_in(node, p->doubts != 0 ? AGAIN : 0);
    if (p->doubts == (p->passes != 0 ? DOUBTFUL : LOST)) {
        end(node, sa, p);
    }
    return IK_STEP_DONE;
}

/* ---- a probe --------------------------------------------------------------------------------- */

static void fill(const struct ik_ike_sa *sa, struct ik_draft *d, uint16_t size)
{
    uint16_t text = ik_fragment_text(sa, size), has = (uint16_t)(d->c.w.len - d->c.text_at);
    ik_payload_open(&d->c, IK_PL_NOTIFY);
    ik_wr_u8(&d->c.w, 0);
    ik_wr_u8(&d->c.w, 0);
    ik_wr_u16(&d->c.w, FILLER);
    ik_wr_zero(&d->c.w, text - has - NOTIFY_LEN);
    ik_payload_close(&d->c);
    d->whole = true;
}

static enum ik_step build(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    struct ik_probe *p = probe_of(node, sa);
    struct ik_draft d;
    uint16_t size = p != NULL ? next_size(node, sa, p) : 0;
    if (size == 0 || !ik_buffer_left(node) || sa->state != IK_IKE_UP) {
        return IK_STEP_DONE; /* no message id was given out */
    }
    ik_request_begin(node, sa, &d, task);
#if IK_WINDOWS
    ik_window_tell_anew(node, sa, &d.c);
#endif
    fill(sa, &d, size);
    p->size = size;
    ik_count(&node->env, IK_COUNT_PATH_PROBES);
    return ik_request_end(node, sa, &d, task);
}

const struct ik_exchange ik_exchange_probe = {
    .type = IK_EX_INFORMATIONAL,
    .response = IK_LATE_RESPONSE,
    .build = build,
    .finish = finish,
};

void ik_probe_due(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_probe *p = probe_of(node, sa);
    p->at = ik_in(node, AGAIN);
    if (next_size(node, sa, p) == 0) {
        end(node, sa, p);
    } else if (sa->tasks == IK_NO_SLOT && ik_buffer_left(node) &&
               ik_task_add(node, sa, &ik_exchange_probe) != NULL) {
        p->at = ik_in(node, EVERY); /* unless it is answered before */
        ik_tasks_run(node, sa);
    }
}

bool ik_probe_is(const struct ik_node *node, const struct ik_task *task)
{
    return task->exchange == &ik_exchange_probe &&
           ik_buffer_at(node, task->request)->pieces.total == 0;
}

bool ik_probe_cut(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    const struct ik_probe *p = probe_of(node, sa);
    uint16_t passes = p != NULL && p->passes != 0 ? p->passes : least(sa);
    return ik_probe_is(node, task) &&
           ik_fragment_cut(node, sa, task,
                           passes < sa->route.fragment ? passes : sa->route.fragment);
}

bool ik_probe_rescue(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    return task->exchange == &ik_exchange_probe &&
           ik_fragment_cut(node, sa, task, IK_FRAGMENT_LEAST);
}

void ik_probe_move(struct ik_node *node, const struct ik_ike_sa *from, const struct ik_ike_sa *to)
{
    struct ik_probe *p = probe_of(node, to);
    if (p != NULL) {
        *p = *probe_of(node, from);
        p->size = 0;
        p->at = ik_in(node, BEGIN);
    }
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What leaves the node, one effect at a time. ik_node_poll() and ik_node_deadline() ask the same
 * next_action(), so they cannot disagree.
 */
#include "ike/ike.h"

/* In the order in which they are done when several are due. Ends are told before beginnings, for
 * what begins may be in the slot of what has ended. */
enum act {
    ACT_PENDING,
    ACT_REFUSED,
    ACT_TELL_END,
    ACT_TELL,
    ACT_RESPONSE,
    ACT_REQUEST,
    ACT_JOB,
    ACT_RELEASE,
    ACT_TIMER,
    ACT_KEEPALIVE,
    ACT_NONE
};

static const uint8_t keepalive_octet = 0xff; /* RFC 3948 2.3 */

void ik_touch(struct ik_node *node)
{
    node->next_known = false;
}

void ik_pend_data(struct ik_node *node, enum ik_effect_kind kind, const uint8_t *data, size_t len,
                  const struct ik_path *path)
{
    struct ik_pending *p = &node->pending;
    memset(p, 0, sizeof *p);
    p->kind = (uint8_t)kind;
    p->data = data;
    p->len = (uint16_t)len;
    p->ike = p->child = IK_NO_SLOT;
    if (path != NULL) {
        p->path = *path;
    }
}

void ik_pend_kept(struct ik_node *node, const struct ik_ike_sa *sa, const struct ik_path *path)
{
    ik_pend_data(node, IK_FX_SEND, NULL, 0, path);
    node->pending.kept = true;
    node->pending.ike = ik_sa_slot(node, sa);
}

/* ---- what comes next ------------------------------------------------------------------------- */

/* Each looks whether it has something earlier, or more urgent, than *best. */
static void offer(struct ik_act *best, enum act kind, uint16_t slot, ik_time at)
{
    if (at != IK_NEVER && (at < best->at || (at == best->at && kind < best->kind))) {
        *best = (struct ik_act){(uint8_t)kind, slot, at};
    }
}

/* What an SA has to do at once; ACT_NONE if nothing. */
static enum act owed(const struct ik_ike_sa *sa)
{
    if (sa->events != 0) {
        return ik_event_ends(sa) ? ACT_TELL_END : ACT_TELL;
    }
    if (sa->flags & IK_SA_SEND_RESPONSE) {
        return ACT_RESPONSE;
    }
    if (sa->flags & IK_SA_SEND_REQUEST) {
        return ACT_REQUEST;
    }
    return sa->flags & IK_SA_JOB_DUE ? ACT_JOB : ACT_NONE;
}

static void offer_of(const struct ik_node *node, uint16_t slot, struct ik_act *best)
{
    const struct ik_ike_sa *sa = &node->ike_sas[slot];
    if (sa->state == IK_IKE_FREE) {
        return;
    }
    enum act now = owed(sa);
    if (now != ACT_NONE) {
        offer(best, now, slot, 0);
    } else if (sa->state != IK_IKE_DEAD) {
        offer(best, ACT_TIMER, slot, sa->timer_at);
        if (IK_NAT) {
            offer(best, ACT_KEEPALIVE, slot, ik_nat_keepalive_at(node, sa));
        }
    } else if ((sa->flags & IK_SA_JOB_RUNS) == 0) {
        offer(best, ACT_RELEASE, slot, sa->timer_at == IK_NEVER ? 0 : sa->timer_at);
    }
}

static void next_action(const struct ik_node *node, struct ik_act *best)
{
    *best = (struct ik_act){ACT_NONE, IK_NO_SLOT, IK_NEVER};
    if (node->pending.kind != 0) {
        offer(best, ACT_PENDING, IK_NO_SLOT, 0);
    } else if (node->refused_why != IK_WHY_NONE) {
        offer(best, ACT_REFUSED, IK_NO_SLOT, 0);
    } else if (node->next_known) {
        *best = node->next;
    } else {
        for (uint16_t slot = 0; slot < node->ike_sas_n; slot++) {
            offer_of(node, slot, best);
        }
    }
}

ik_time ik_node_deadline(const struct ik_node *node)
{
    struct ik_act next;
    next_action(node, &next);
    return next.at;
}

/* ---- doing it -------------------------------------------------------------------------------- */

static void effect(struct ik_effect *fx, enum ik_effect_kind kind)
{
    memset(fx, 0, sizeof *fx);
    fx->kind = (uint8_t)kind;
    fx->ike = fx->child = fx->peer = fx->policy = IK_NO_SLOT;
}

static void send_kept(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_kept *kept,
                      const struct ik_path *path, struct ik_effect *fx)
{
    const uint8_t *msg = kept->b + IK_MARKER_LEN;
    uint16_t marker = path->carrier == IK_CARRIER_UDP4500 ? IK_MARKER_LEN : 0;
    bool response = (msg[19] & IK_FLAG_RESPONSE) != 0;
    effect(fx, IK_FX_SEND);
    fx->data = msg - marker;
    fx->len = (uint16_t)(kept->len + marker);
    fx->path = *path;
    fx->ike = ik_sa_slot(node, sa);
    node->env.sa = fx->ike;
    sa->sent_at = node->env.now;
    ik_count(&node->env, IK_COUNT_IKE_SENT);
    ik_trace(&node->env, IK_TR_IKE_TX, msg[18] | (response ? 1u << 8 : 0), ik_get32(msg + 20));
}

static bool do_pending(struct ik_node *node, struct ik_effect *fx)
{
    struct ik_pending *p = &node->pending;
    bool done = true;
    if (p->kept) {
        struct ik_ike_sa *sa = &node->ike_sas[p->ike];
        done = sa->response.len > 0;
        if (done) {
            send_kept(node, sa, &sa->response, &p->path, fx);
        }
    } else {
        effect(fx, (enum ik_effect_kind)p->kind);
        fx->data = p->data;
        fx->len = p->len;
        fx->path = p->path;
        fx->ike = p->ike;
        fx->child = p->child;
    }
    p->kind = 0;
    ik_touch(node);
    return done;
}

static void send_request(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    ik_request_sent(node, sa);
    send_kept(node, sa, &sa->request, &sa->path, fx);
}

static void give_job(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    sa->flags &= (uint16_t)~IK_SA_JOB_DUE;
    sa->flags |= IK_SA_JOB_RUNS;
    effect(fx, IK_FX_JOB);
    fx->job = &sa->job;
    fx->ike = ik_sa_slot(node, sa);
    ik_trace(&node->env, IK_TR_JOB, sa->job.kind, sa->dh->id);
}

/* False if the time-out brings no effect of its own. */
static bool time_out(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    if (sa->flags & IK_SA_OUTSTANDING) {
        if (!ik_request_overdue(node, sa)) {
            return false;
        }
        send_request(node, sa, fx);
        return true;
    }
    /* A half-open IKE SA whose IKE_AUTH did not come. */
    ik_count(&node->env, IK_COUNT_IKE_SAS_FAILED);
    ik_sa_end_silent(node, sa);
    return false;
}

static bool keep_alive(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    if (!IK_NAT || !ik_nat_keepalive(node, sa)) {
        return false;
    }
    effect(fx, IK_FX_SEND);
    fx->data = &keepalive_octet;
    fx->len = 1;
    fx->path = sa->path;
    fx->ike = ik_sa_slot(node, sa);
    return true;
}

/* Does what is due. False if there was no effect: then something else may be due. */
static bool perform(struct ik_node *node, const struct ik_act *a, struct ik_effect *fx)
{
    if (a->kind == ACT_PENDING) {
        return do_pending(node, fx);
    }
    ik_touch(node);
    if (a->kind == ACT_REFUSED) {
        ik_refuse_tell(node, fx);
        return true;
    }
    struct ik_ike_sa *sa = &node->ike_sas[a->slot];
    node->env.sa = a->slot;
    switch (a->kind) {
    case ACT_TELL_END:
    case ACT_TELL:
        ik_event_tell(node, sa, fx);
        return true;
    case ACT_RESPONSE:
        sa->flags &= (uint16_t)~IK_SA_SEND_RESPONSE;
        send_kept(node, sa, &sa->response, &sa->path, fx);
        return true;
    case ACT_REQUEST:
        send_request(node, sa, fx);
        return true;
    case ACT_JOB:
        give_job(node, sa, fx);
        return true;
    case ACT_TIMER:
        return time_out(node, sa, fx);
    case ACT_KEEPALIVE:
        return keep_alive(node, sa, fx);
    default:
        ik_sa_free(node, sa);
        return false;
    }
}

bool ik_node_poll(struct ik_node *node, ik_time now, struct ik_effect *fx)
{
    node->env.now = now;
    node->env.sa = IK_NO_SLOT;
    for (;;) {
        struct ik_act a;
        next_action(node, &a);
        if (a.kind == ACT_NONE || a.at > now) {
            node->next = a;
            node->next_known = true;
            return false;
        }
        if (perform(node, &a, fx)) {
            return true;
        }
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * What leaves the node, one effect at a time. When there is nothing to do, ik_node_poll() keeps
 * when there will be: that is all that ik_node_deadline() knows, so they cannot disagree.
 */
#include "ike/ike.h"

/* What an SA has to do at once, in the order in which it is done when several have: smaller than
 * any moment. Ends are told before beginnings, for what begins may be in the slot of what has
 * ended. */
enum act {
    ACT_LOOK, /* nothing is known */
    ACT_TELL_END,
    ACT_TELL,
    ACT_RESPONSE,
    ACT_REQUEST,
    ACT_JOB
};

static const uint8_t keepalive_octet = 0xff; /* RFC 3948 2.3 */

static void begin(struct ik_effect *fx, enum ik_effect_kind kind, const struct ik_path *path)
{
    memset(fx, 0, sizeof *fx);
    fx->kind = (uint8_t)kind;
    fx->path = path;
    fx->ike = fx->child = fx->peer = fx->policy = IK_NO_SLOT;
}

struct ik_effect *ik_pend(struct ik_node *node, enum ik_effect_kind kind,
                          const struct ik_path *path)
{
    begin(&node->pending, kind, path);
    return &node->pending;
}

void ik_pend_pkt(struct ik_node *node, enum ik_effect_kind kind, const struct ik_pkt *pkt,
                 const struct ik_path *path)
{
    struct ik_effect *fx = ik_pend(node, kind, path);
    fx->data = pkt->buf + pkt->off;
    fx->len = pkt->len;
}

/* fx is begun, with the path. */
static void send_kept(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_kept *kept,
                      struct ik_effect *fx)
{
    const uint8_t *msg = kept->b + IK_MARKER_LEN;
    uint16_t marker = fx->path->carrier == IK_CARRIER_UDP4500 ? IK_MARKER_LEN : 0;
    fx->kind = IK_FX_SEND;
    fx->data = msg - marker;
    fx->len = (uint16_t)(kept->len + marker);
    fx->ike = ik_sa_slot(node, sa);
    ik_about(&node->env, fx->ike);
    sa->sent_at = node->env.now;
    ik_count(&node->env, IK_COUNT_IKE_SENT);
    ik_trace(&node->env, IK_TR_IKE_TX, msg[18] | ((msg[19] & IK_FLAG_RESPONSE) != 0 ? 1u << 8 : 0),
             ik_get32(msg + 20));
}

void ik_pend_kept(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_path *path)
{
    send_kept(node, sa, &sa->response, ik_pend(node, IK_FX_SEND, path));
}

/* ---- what comes next ------------------------------------------------------------------------- */

/* What the SA has to do next: an enum act, or else a moment. */
static ik_tick next_of(const struct ik_node *node, const struct ik_ike_sa *sa)
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
    if (sa->flags & IK_SA_JOB_DUE) {
        return ACT_JOB;
    }
    if (sa->state == IK_IKE_FREE ||
        (sa->state == IK_IKE_DEAD && (sa->flags & IK_SA_JOB_RUNS) != 0)) {
        return IK_TICK_NEVER;
    }
    ik_tick at = IK_NAT ? ik_nat_keepalive_at(node, sa) : IK_TICK_NEVER;
    return sa->timer_at < at ? sa->timer_at : at;
}

static void look(struct ik_node *node)
{
    node->next_at = IK_TICK_NEVER;
    for (uint16_t slot = 0; slot < ik_ike_n(node); slot++) {
        ik_tick at = next_of(node, ik_ike_at(node, slot));
        if (at < node->next_at) {
            node->next_at = at;
            node->next_slot = slot;
        }
    }
}

ik_time ik_node_deadline(const struct ik_node *node)
{
    ik_tick now = node->env.now;
    if (node->pending.kind != 0 || node->next_at <= now) {
        return node->env.host_now;
    }
    return node->next_at == IK_TICK_NEVER ? IK_NEVER : node->env.host_now + (node->next_at - now);
}

/* ---- doing it -------------------------------------------------------------------------------- */

static bool send_request(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    ik_request_sent(node, sa);
    send_kept(node, sa, &sa->request, fx);
    return true;
}

static void give_job(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    sa->flags ^= IK_SA_JOB_DUE | IK_SA_JOB_RUNS;
    fx->kind = IK_FX_JOB;
    fx->job = &sa->job;
    ik_trace(&node->env, IK_TR_JOB, sa->job.kind, sa->dh->id);
}

static bool keep_alive(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    if (!ik_nat_keepalive(node, sa)) {
        return false;
    }
    fx->kind = IK_FX_SEND;
    fx->data = &keepalive_octet;
    fx->len = 1;
    return true;
}

/* False if the time-out brings no effect of its own. */
static bool time_out(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    if (sa->state == IK_IKE_DEAD) {
        ik_sa_free(node, sa);
        return false;
    }
    if (IK_NAT && sa->timer_at > node->env.now) {
        return keep_alive(node, sa, fx);
    }
    if (!IK_RESPONDER || (sa->flags & IK_SA_OUTSTANDING)) {
        return ik_request_overdue(node, sa) && send_request(node, sa, fx);
    }
    /* A half-open IKE SA whose IKE_AUTH did not come. */
    ik_count(&node->env, IK_COUNT_IKE_SAS_FAILED);
    ik_sa_end_silent(node, sa);
    return false;
}

/* Does what is due. False if there was no effect: then something else may be due. */
static bool perform(struct ik_node *node, ik_tick due, struct ik_effect *fx)
{
    struct ik_ike_sa *sa = ik_ike_at(node, node->next_slot);
    ik_about(&node->env, node->next_slot);
    begin(fx, IK_FX_EVENT, &sa->path);
    fx->ike = node->next_slot;
    switch (due > ACT_JOB ? ACT_LOOK : (enum act)due) {
    case ACT_TELL_END:
    case ACT_TELL:
        ik_event_tell(sa, fx);
        return true;
    case ACT_RESPONSE:
        sa->flags &= (uint16_t)~IK_SA_SEND_RESPONSE;
        send_kept(node, sa, &sa->response, fx);
        return true;
    case ACT_REQUEST:
        return send_request(node, sa, fx);
    case ACT_JOB:
        give_job(node, sa, fx);
        return true;
    default:
        return time_out(node, sa, fx);
    }
}

static bool next_effect(struct ik_node *node, struct ik_effect *fx)
{
    if (node->pending.kind != 0) {
        *fx = node->pending;
        node->pending.kind = 0;
        return true;
    }
    while (node->next_at <= node->env.now) {
        ik_tick due = node->next_at;
        if (due == ACT_LOOK) {
            look(node);
            continue;
        }
        ik_touch(node);
        if (perform(node, due, fx)) {
            return true;
        }
    }
    return false;
}

bool ik_node_poll(struct ik_node *node, ik_time now, struct ik_effect *fx)
{
    ik_enter(node, now);
    if (!next_effect(node, fx)) {
        return false;
    }
    if (fx->kind == IK_FX_SEND && fx->path->carrier != IK_CARRIER_ESP) {
        ik_charge(&node->env, IK_COST_UDP_OCTETS, fx->len);
    }
    return true;
}

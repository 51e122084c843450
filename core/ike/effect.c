/* SPDX-License-Identifier: MIT */
/*
 * What leaves the node, one effect at a time. Poll looks at the IKE SAs that something has touched,
 * does what is due, and files each with the moment that it waits for: deadline reads the earliest
 * of these, so the two cannot disagree.
 */
#include "ike/xchg/xchg.h"

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
#if IK_OUTER
    fx->outer = pkt->outer;
#endif
}

/* fx is begun, with the path. */
static void send(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_buffer *message,
                 struct ik_effect *fx)
{
    const uint8_t *msg = message->b + IK_MARKER_LEN;
    uint16_t marker = fx->path->carrier == IK_CARRIER_UDP4500 ? IK_MARKER_LEN : 0;
    memset(message->b, 0, IK_MARKER_LEN);
    fx->kind = IK_FX_SEND;
    fx->ike = sa->slot;
    fx->data = msg - marker;
    fx->len = (uint16_t)(message->len + marker);
    ik_count(&node->env, IK_COUNT_IKE_SENT);
    ik_trace(&node->env, IK_TR_IKE_TX, msg[18] | (msg[19] & IK_FLAG_RESPONSE ? 1u << 8 : 0),
             ik_get32(msg + 20));
}

#if IK_FRAGMENT
/* A response that leaves in fragments, one a poll. False if it does not. */
static bool begin_fragments(struct ik_node *node, struct ik_ike_sa *sa, struct ik_buffer *response,
                            const struct ik_path *path)
{
    struct ik_pieces *p = &response->pieces;
    if (p->total == 0) {
        return false;
    }
    p->path = *path;
    p->sent = 0;
    p->due = true;
    ik_touch(node, sa);
    return true;
}

static void send_fragment(struct ik_node *node, struct ik_ike_sa *sa, struct ik_buffer *response,
                          struct ik_effect *fx)
{
    struct ik_pieces *p = &response->pieces;
    fx->path = &p->path;
    sa->sent_at = node->env.now;
    send(node, sa, ik_fragment_next(node, sa, response), fx);
    p->due = p->sent < p->total;
}
#endif

void ik_pend_message(struct ik_node *node, struct ik_ike_sa *sa, struct ik_buffer *message,
                     const struct ik_path *path)
{
#if IK_FRAGMENT
    if (begin_fragments(node, sa, message, path)) {
        return;
    }
#endif
    send(node, sa, message, ik_pend(node, IK_FX_SEND, path));
}

/* ---- what an SA has to do at once ----------------------------------------------------------- */

static void send_response(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    sa->flags &= (uint8_t)~IK_SA_RESPONSE_DUE;
    sa->sent_at = node->env.now;
#if IK_FRAGMENT
    struct ik_buffer *response = ik_buffer_at(node, sa->window.responses);
    if (begin_fragments(node, sa, response, &sa->route.path)) {
        send_fragment(node, sa, response, fx);
        return;
    }
#endif
    send(node, sa, ik_buffer_at(node, sa->window.responses), fx);
}

static void send_request(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task,
                         struct ik_effect *fx)
{
#if IK_FRAGMENT
    struct ik_buffer *request = ik_buffer_at(node, task->request);
    if (request->pieces.total != 0) {
        sa->sent_at = node->env.now;
        send(node, sa, ik_fragment_next(node, sa, request), fx);
        if (request->pieces.sent == request->pieces.total) {
            ik_task_sent(node, task);
        }
        return;
    }
#endif
    ik_task_sent(node, task);
    sa->sent_at = node->env.now;
#if IK_PROBE
    fx->outer.df = ik_probe_is(node, task);
#endif
    send(node, sa, ik_buffer_at(node, task->request), fx);
}

static struct ik_handshake *job_due(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    ik_slot at = sa->handshake;
    while (at != IK_NO_SLOT && ik_handshake_at(node, at)->job_place != IK_JOB_DUE) {
        at = ik_handshake_next(node, at);
    }
    return at == IK_NO_SLOT ? NULL : ik_handshake_at(node, at);
}

static void give_job(struct ik_node *node, struct ik_handshake *hs, struct ik_effect *fx)
{
    hs->job_place = IK_JOB_OUT;
    fx->kind = IK_FX_JOB;
    fx->job = &hs->job;
    ik_trace(&node->env, IK_TR_JOB, hs->job.kind, hs->job.dh->id);
}

static void keep_alive(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    sa->sent_at = node->env.now;
    fx->kind = IK_FX_SEND;
    fx->data = &keepalive_octet;
    fx->len = 1;
}

#if IK_REKEY || IK_RESPONDER
static void expire(struct ik_node *node, struct ik_ike_sa *sa)
{
    sa->moment[IK_TIMER_EXPIRE] = IK_MS_NONE;
    if (!IK_REKEY || sa->state == IK_IKE_OPENING) {
        /* A half-open IKE SA whose IKE_AUTH did not come. */
        ik_count(&node->env, IK_COUNT_IKE_SAS_FAILED);
        ik_sa_end_silent(node, sa);
    } else if (sa->state == IK_IKE_REKEYED) {
        /* The peer has rekeyed it, and did not delete it. */
        ik_sa_end(node, sa, IK_WHY_REKEYED, 0);
    } else {
        ik_delete_ike(node, sa, IK_WHY_EXPIRED, 0, 0);
    }
}
#endif

/* Moments that have come; what they bring is seen by the next look. */
static void time_out(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_task *task = ik_task_overdue(node, sa);
    if (task != NULL) {
        ik_task_again(node, sa, task);
#if IK_REKEY || IK_RESPONDER
    } else if (ik_due(node, sa->moment[IK_TIMER_EXPIRE])) {
        expire(node, sa);
#endif
#if IK_REKEY
    } else if (ik_due(node, ik_children_until(node, sa))) {
        ik_children_expire(node, sa);
    } else if (ik_due(node, sa->moment[IK_TIMER_UNIQUE])) {
        ik_unique_due(node, sa);
#endif
#if IK_FRAGMENT
    } else if (ik_due(node, ik_reassemblies_until(node, sa))) {
        ik_reassemblies_expire(node, sa);
#endif
#if IK_PROBE
    } else if (ik_due(node, ik_probe_at(node, sa))) {
        ik_probe_due(node, sa);
#endif
    } else if (ik_due(node, sa->moment[IK_TIMER_LINGER])) {
        sa->moment[IK_TIMER_LINGER] = IK_MS_NONE;
        ik_window_forget(node, sa);
    } else if (ik_life_of(node) != NULL) {
        ik_life_of(node)->due(node, sa);
    }
}

/* Does what is due at once. False if nothing is. */
static bool act(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    struct ik_task *task;
    struct ik_handshake *hs;
#if IK_FRAGMENT
    struct ik_buffer *response;
#endif
    if (ik_event_waits(sa)) {
        ik_event_tell(node, sa, fx);
    } else if ((sa->flags & IK_SA_RESPONSE_DUE) != 0) {
        send_response(node, sa, fx);
#if IK_FRAGMENT
    } else if ((response = ik_fragment_due(node, sa)) != NULL) {
        send_fragment(node, sa, response, fx);
#endif
    } else if ((task = ik_task_to_send(node, sa)) != NULL) {
        send_request(node, sa, task, fx);
    } else if ((hs = job_due(node, sa)) != NULL) {
        give_job(node, hs, fx);
#if IK_TFC
    } else if (ik_due(node, ik_dummy_at(node, sa))) {
        return ik_dummy_send(node, sa, fx);
#endif
    } else if (IK_NAT && ik_due(node, ik_nat_keepalive_at(node, sa))) {
        keep_alive(node, sa, fx);
    } else {
        return false;
    }
    return true;
}

/* The earliest moment that the SA waits for. */
static ik_ms waits_until(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    ik_ms at = ik_tasks_until(node, sa);
    if (IK_NAT) {
        at = ik_earlier(at, ik_nat_keepalive_at(node, sa));
    }
    for (uint8_t i = 0; i < IK_TIMER_N; i++) {
        at = ik_earlier(at, sa->moment[i]);
    }
#if IK_REKEY
    at = ik_earlier(at, ik_children_until(node, sa));
#endif
#if IK_FRAGMENT
    at = ik_earlier(at, ik_reassemblies_until(node, sa));
#endif
#if IK_PROBE
    at = ik_earlier(at, ik_probe_at(node, sa));
#endif
#if IK_TFC
    at = ik_earlier(at, ik_dummy_at(node, sa));
#endif
    if (ik_life_of(node) != NULL) {
        at = ik_earlier(at, ik_life_of(node)->until(node, sa));
    }
    return at;
}

/* True with an effect in *fx; false when the SA has nothing more to do now. */
static bool look(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    ik_about(&node->env, sa->slot);
    begin(fx, IK_FX_EVENT, &sa->route.path);
    fx->ike = sa->slot;
    if (act(node, sa, fx)) {
        return true;
    }
    ik_ms at = waits_until(node, sa);
    if (at != IK_MS_NONE && ik_due(node, at)) {
        time_out(node, sa);
    } else if (sa->state == IK_IKE_DEAD && at == IK_MS_NONE) {
        ik_dead_free(node, sa);
    } else {
        ik_settle(node, at);
    }
    return false;
}

static bool next_effect(struct ik_node *node, struct ik_effect *fx)
{
    if (node->pending.kind != 0) {
        *fx = node->pending;
        node->pending.kind = 0;
        return true;
    }
    for (;;) {
        struct ik_ike_sa *sa = ik_ready(node);
        if (sa == NULL) {
            if (ik_due(node, ik_next_moment(node))) {
                ik_wake(node);
            } else if (ik_held_next(node, fx)) {
                return true;
            } else if (!IK_PACKET_TS || ik_ready(node) == NULL) {
                return false; /* else a packet has asked for another SA */
            }
        } else if (look(node, sa, fx)) {
            return true;
        }
    }
}

bool ik_node_poll(struct ik_node *node, ik_time now, struct ik_effect *fx)
{
    ik_enter(node, now);
#if IK_TFC
    ik_dummy_forget(node);
#endif
    if (!next_effect(node, fx)) {
        return false;
    }
    if (fx->kind == IK_FX_SEND && fx->path->carrier != IK_CARRIER_ESP &&
        !(IK_AH && fx->path->carrier == IK_CARRIER_AH)) {
        ik_charge(&node->env, IK_COST_UDP_OCTETS, fx->len);
    }
    return true;
}

ik_time ik_node_deadline(const struct ik_node *node)
{
    ik_ms at = ik_next_moment(node);
    if (node->pending.kind != 0 || ik_ready(node) != NULL || ik_due(node, at) ||
        ik_held_due(node)) {
        return node->env.host_now;
    }
    return at == IK_MS_NONE ? IK_NEVER : ik_host_time(node, at);
}

/* SPDX-License-Identifier: MIT */
/*
 * What the user is told. Each IKE SA and each Child SA has one place for each kind of event, and
 * keeps its slot until all are told: so none is lost. First that the IKE SA is up, then what is
 * said of its Child SAs, then its end.
 */
#include "ike/ike.h"

#define BIT(event) ((uint8_t)(1u << ((event)-1)))
#define NO_ROOM_EVERY 1000u /* ms */

enum ik_reason ik_reason_of(uint16_t notify)
{
    switch (notify) {
    case IK_N_UNSUPPORTED_CRITICAL_PAYLOAD:
        return IK_WHY_CRITICAL;
    case IK_N_INVALID_SYNTAX:
        return IK_WHY_SYNTAX;
    case IK_N_NO_PROPOSAL_CHOSEN:
        return IK_WHY_NO_PROPOSAL;
    case IK_N_INVALID_KE_PAYLOAD:
        return IK_WHY_BAD_KE;
    case IK_N_AUTHENTICATION_FAILED:
        return IK_WHY_AUTH;
    case IK_N_TS_UNACCEPTABLE:
    case IK_N_SINGLE_PAIR_REQUIRED:
        return IK_WHY_TS;
    case IK_N_NO_ADDITIONAL_SAS:
        return IK_WHY_NO_ADDITIONAL;
    default:
        return IK_WHY_REFUSED;
    }
}

uint16_t ik_error_in(const struct ik_msg *m)
{
    struct ik_notify n;
    uint8_t i = 0;
    while (ik_notify_next(m, &i, &n)) {
        if (n.type < IK_N_INITIAL_CONTACT) { /* 3.10.1: status types begin there */
            return n.type;
        }
    }
    return 0;
}

void ik_raise_ike(struct ik_node *node, struct ik_ike_sa *sa, enum ik_event event,
                  enum ik_reason why, uint16_t notify)
{
    if (event == IK_EV_IKE_UP) {
        sa->flags |= IK_SA_WAS_UP;
#if !IK_LINKED
        sa->up_at = node->env.now;
        sa->generation = ++node->generations;
#endif
        ik_count(&node->env, IK_COUNT_IKE_SAS_UP);
    } else {
        sa->flags |= IK_SA_ENDED;
        sa->reason = (uint8_t)why;
        sa->notify = notify;
    }
    if (event == IK_EV_IKE_FAILED) {
        ik_count(&node->env, IK_COUNT_IKE_SAS_FAILED);
        if (sa->initiator) {
            ik_pause_peer(node, sa->peer, why);
        }
    }
    sa->events |= BIT(event);
    ik_touch(node, sa);
}

void ik_raise_refusal(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why)
{
    sa->refusal = (uint8_t)why;
    sa->events |= BIT(IK_EV_CHILD_FAILED);
    ik_touch(node, sa);
}

void ik_raise_child(struct ik_node *node, struct ik_child_sa *child, enum ik_event event,
                    enum ik_reason why, uint16_t notify)
{
    struct ik_ike_sa *sa = ik_ike_at(node, child->ike);
    if (event != IK_EV_CHILD_UP) {
        child->reason = (uint8_t)why;
        child->notify = notify;
    }
#if IK_REKEY
    if (event == IK_EV_CHILD_FAILED && child->initiator) {
        ik_pause_policy(node, child->policy);
    }
#endif
    child->events |= BIT(event);
    sa->flags |= IK_SA_CHILD_EVENT;
    ik_touch(node, sa);
}

bool ik_event_waits(const struct ik_ike_sa *sa)
{
    return sa->events != 0 || (sa->flags & IK_SA_CHILD_EVENT) != 0;
}

/* The first event of a set; it is no more in it. */
static enum ik_event take(uint8_t *events)
{
    enum ik_event event = IK_EV_IKE_UP;
    while ((*events & BIT(event)) == 0) {
        event = (enum ik_event)(event + 1);
    }
    *events &= (uint8_t)~BIT(event);
    return event;
}

static void tell_ike(struct ik_ike_sa *sa, struct ik_effect *fx)
{
    enum ik_event event = take(&sa->events);
    fx->event = (uint8_t)event;
    fx->policy = sa->policy;
    if (event == IK_EV_CHILD_FAILED) {
        fx->reason = sa->refusal;
    } else if (event != IK_EV_IKE_UP) {
        fx->reason = sa->reason;
        fx->notify = sa->notify;
    }
}

/* Lists grow at the front, and the oldest is told first. */
static struct ik_child_sa *oldest_with_event(const struct ik_node *node, const struct ik_ike_sa *sa,
                                             uint16_t *n)
{
    struct ik_child_sa *found = NULL;
    *n = 0;
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        if (c->events != 0) {
            found = c;
            (*n)++;
        }
    }
    return found;
}

static void tell_child(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    uint16_t n;
    struct ik_child_sa *child = oldest_with_event(node, sa, &n);
    enum ik_event event = take(&child->events);
    fx->event = (uint8_t)event;
    fx->child = ik_child_slot(child);
    fx->policy = child->policy;
    if (event != IK_EV_CHILD_UP) {
        fx->reason = child->reason;
        fx->notify = child->notify;
    }
    if (child->events == 0) {
        if (n == 1) {
            sa->flags &= (uint8_t)~IK_SA_CHILD_EVENT;
        }
        if (child->state == IK_CHILD_ENDED) {
            ik_child_free(node, child);
        }
    }
}

void ik_event_tell(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    fx->peer = sa->peer;
    if ((sa->events & BIT(IK_EV_IKE_UP)) == 0 && (sa->flags & IK_SA_CHILD_EVENT) != 0) {
        tell_child(node, sa, fx);
    } else {
        tell_ike(sa, fx);
    }
}

/* There is one place for these: a host that polls after each event, as it must, never fills it
 * twice. */
void ik_refuse(struct ik_node *node, uint16_t policy, enum ik_reason why)
{
    if (node->pending.kind != 0) {
        ik_drop(&node->env, IK_DROP_EVENT_LOST, 0);
    }
    if (why == IK_WHY_NO_ROOM || why == IK_WHY_NOT_SEEDED || policy == IK_NO_SLOT) {
        ik_pause_acquire(node); /* of all: it would be the same */
    } else {
        ik_pause_policy(node, policy);
    }
    struct ik_effect *fx = ik_pend(node, IK_FX_EVENT, NULL);
    fx->event = IK_EV_IKE_FAILED;
    fx->reason = (uint8_t)why;
    fx->policy = policy;
    if (policy < ik_config_of(node)->policies_n) {
        fx->peer = ik_policy_of(node, policy)->peer;
    }
}

#if IK_RESPONDER
void ik_no_room(struct ik_node *node, const struct ik_path *path)
{
    if (ik_pausing(node, node->no_room_at, NO_ROOM_EVERY) || node->pending.kind != 0) {
        return;
    }
    node->no_room_at = ik_in(node, NO_ROOM_EVERY);
    struct ik_effect *fx = ik_pend(node, IK_FX_EVENT, path);
    fx->event = IK_EV_NO_ROOM;
    fx->reason = IK_WHY_NO_ROOM;
}
#endif

/* SPDX-License-Identifier: MIT */
/*
 * What the user is told. Each IKE SA has one place for each kind of event, and keeps its slot until
 * all are told: so none is lost, and their order is that of enum ik_event.
 */
#include "ike/ike.h"

#define BIT(event) ((uint8_t)(1u << ((event)-1)))

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

/* A packet that finds no SA asks for one; after a refusal, not at once again, or a stream of
 * packets would be a stream of handshakes. */
#define ACQUIRE_PAUSE ((uint32_t)(2 * IK_SECOND))

IK_OUT_OF_LINE void ik_pause_acquire(struct ik_node *node)
{
    node->acquire_at = node->env.now + ACQUIRE_PAUSE;
}

void ik_raise_ike(struct ik_node *node, struct ik_ike_sa *sa, enum ik_event event,
                  enum ik_reason why, uint16_t notify)
{
    if (event == IK_EV_IKE_UP) {
        sa->flags |= IK_SA_WAS_UP;
        if (IK_RESPONDER) {
            sa->order = ++node->orders;
        }
        ik_count(&node->env, IK_COUNT_IKE_SAS_UP);
    } else {
        sa->flags |= IK_SA_ENDED;
        sa->reason = (uint8_t)why;
        sa->notify = notify;
    }
    if (event == IK_EV_IKE_FAILED) {
        ik_count(&node->env, IK_COUNT_IKE_SAS_FAILED);
        if (ik_began(sa)) {
            ik_pause_acquire(node);
        }
    }
    sa->events |= BIT(event);
}

void ik_raise_child(struct ik_ike_sa *sa, enum ik_event event, enum ik_reason why, uint16_t notify)
{
    sa->told_child = sa->child;
    if (event != IK_EV_CHILD_UP) {
        sa->child_reason = (uint8_t)why;
        sa->child_notify = notify;
    }
    sa->events |= BIT(event);
}

bool ik_event_ends(const struct ik_ike_sa *sa)
{
    return (sa->events & (BIT(IK_EV_IKE_FAILED) | BIT(IK_EV_CHILD_DOWN) | BIT(IK_EV_IKE_DOWN))) !=
           0;
}

static bool of_child(enum ik_event event)
{
    return event == IK_EV_CHILD_UP || event == IK_EV_CHILD_FAILED || event == IK_EV_CHILD_DOWN;
}

void ik_event_tell(struct ik_ike_sa *sa, struct ik_effect *fx)
{
    enum ik_event event = IK_EV_IKE_UP;
    while ((sa->events & BIT(event)) == 0) {
        event = (enum ik_event)(event + 1);
    }
    sa->events &= (uint8_t)~BIT(event);
    fx->event = (uint8_t)event;
    fx->peer = sa->peer;
    fx->policy = sa->policy;
    if (of_child(event)) {
        fx->child = sa->told_child;
    }
    if (event == IK_EV_CHILD_FAILED || event == IK_EV_CHILD_DOWN) {
        fx->reason = sa->child_reason;
        fx->notify = sa->child_notify;
    } else if (event != IK_EV_IKE_UP && event != IK_EV_CHILD_UP) {
        fx->reason = sa->reason;
        fx->notify = sa->notify;
    }
}

/* There is one place for these: a host that polls after each event, as it must, never fills it
 * twice. */
void ik_refuse(struct ik_node *node, uint16_t policy, enum ik_reason why)
{
    if (node->pending.kind != 0) {
        ik_drop(&node->env, IK_DROP_EVENT_LOST, 0);
    }
    ik_pause_acquire(node);
    struct ik_effect *fx = ik_pend(node, IK_FX_EVENT, NULL);
    fx->event = IK_EV_IKE_FAILED;
    fx->reason = (uint8_t)why;
    fx->policy = policy;
    if (policy < node->config->policies_n) {
        fx->peer = node->config->policies[policy].peer;
    }
}

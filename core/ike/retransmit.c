/* SPDX-License-Identifier: MIT */
/*
 * Requests are repeated as the bytes that were kept, with growing intervals, until answered or
 * given up (RFC 7296 2.1, 2.4).
 */
#include "ike/ike.h"

#define TRIES 7
#define INITIAL ((uint32_t)IK_SECOND)
#define LONGEST ((uint32_t)(32 * IK_SECOND))
#define ONCE 16 /* sixteenths */
#define DOUBLING 32

IK_OUT_OF_LINE uint32_t ik_wait(uint32_t configured, uint32_t usual)
{
    return configured != 0 ? configured : usual;
}

IK_OUT_OF_LINE uint32_t ik_first_wait(const struct ik_node *node)
{
    return ik_wait(node->config->retransmit.initial, INITIAL);
}

void ik_request_start(struct ik_node *node, struct ik_ike_sa *sa)
{
    uint8_t tries = node->config->retransmit.tries;
    if (sa->request.len == 0) {
        ik_sa_end(node, sa, IK_WHY_NO_ROOM, 0);
        return;
    }
    sa->flags |= IK_SA_OUTSTANDING | IK_SA_SEND_REQUEST;
    sa->tries = 0;
    sa->tries_max = tries != 0 ? tries : TRIES;
    sa->timer_at = IK_TICK_NEVER;
}

void ik_request_answered(struct ik_ike_sa *sa)
{
    sa->flags &= (uint16_t) ~(IK_SA_OUTSTANDING | IK_SA_SEND_REQUEST);
    sa->timer_at = IK_TICK_NEVER;
}

void ik_request_resume(struct ik_node *node, struct ik_ike_sa *sa)
{
    uint8_t jitter = node->config->retransmit.jitter_256;
    uint8_t random = 0;
    if (jitter != 0) {
        ik_drbg_bytes(&node->env, &random, 1);
    }
    sa->flags |= IK_SA_OUTSTANDING;
    sa->timer_at = node->env.now + ik_jitter(sa->wait, jitter, random);
}

void ik_request_sent(struct ik_node *node, struct ik_ike_sa *sa)
{
    const struct ik_retransmit *r = &node->config->retransmit;
    uint32_t max = ik_wait(r->max, LONGEST);
    uint8_t factor = r->factor_x16 != 0 ? r->factor_x16 : DOUBLING;
    if (sa->tries++ == 0) {
        sa->wait = ik_first_wait(node);
        factor = ONCE;
    } else {
        ik_count(&node->env, IK_COUNT_IKE_RETRANSMITTED);
        ik_trace(&node->env, IK_TR_IKE_RETX, sa->tries, sa->msgid_out);
    }
    sa->wait = ik_backoff(sa->wait, max, factor);
    sa->flags &= (uint16_t)~IK_SA_SEND_REQUEST;
    ik_request_resume(node, sa);
}

bool ik_request_overdue(struct ik_node *node, struct ik_ike_sa *sa)
{
    if (sa->tries < sa->tries_max) {
        return true;
    }
    /* When it is closed, its reason is known. 2.21.1: and if all that came was an error which
     * nobody vouches for, it is still the best guess. */
    bool known = sa->state == IK_IKE_DELETING || (sa->flags & IK_SA_CLOSE) != 0 ||
                 (sa->state == IK_IKE_I_INIT && sa->reason != IK_WHY_NONE);
    ik_sa_end(node, sa, known ? (enum ik_reason)sa->reason : IK_WHY_TIMEOUT, sa->notify);
    return false;
}

/*
 * 2.21.1: "the recipient should continue trying for some time before giving up". The request is
 * sent once more, and the time after that is waited out, for the true answer may be on its way.
 */
void ik_request_hint(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why,
                     uint16_t notify)
{
    sa->reason = (uint8_t)why;
    sa->notify = notify;
    if (sa->tries_max > sa->tries + 1) {
        sa->tries_max = (uint8_t)(sa->tries + 1);
    }
    ik_drop(&node->env, IK_DROP_IKE_UNAUTHENTICATED, 0);
}

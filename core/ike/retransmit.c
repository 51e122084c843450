/* SPDX-License-Identifier: MIT */
/*
 * Requests are repeated as the bytes that were kept, with growing intervals, until answered or
 * given up (RFC 7296 2.1, 2.4).
 */
#include "ike/ike.h"

#define TRIES 7
#define INITIAL ((uint32_t)IK_SECOND)
#define LONGEST ((uint32_t)(32 * IK_SECOND))
#define DOUBLING 32

static uint8_t tries_of(const struct ik_node *node)
{
    uint8_t tries = node->config->retransmit.tries;
    return tries != 0 ? tries : TRIES;
}

void ik_request_start(struct ik_node *node, struct ik_ike_sa *sa)
{
    sa->flags |= IK_SA_OUTSTANDING | IK_SA_SEND_REQUEST;
    sa->tries = 0;
    sa->tries_max = tries_of(node);
    sa->timer_at = IK_NEVER;
}

void ik_request_answered(struct ik_ike_sa *sa)
{
    sa->flags &= (uint16_t) ~(IK_SA_OUTSTANDING | IK_SA_SEND_REQUEST);
    sa->timer_at = IK_NEVER;
}

static uint32_t wait_after(struct ik_node *node, uint8_t tries)
{
    const struct ik_retransmit *r = &node->config->retransmit;
    uint32_t wait = ik_backoff(ik_wait(r->initial, INITIAL), ik_wait(r->max, LONGEST),
                               r->factor_x16 != 0 ? r->factor_x16 : DOUBLING, (uint8_t)(tries - 1));
    uint8_t random = 0;
    if (r->jitter_256 != 0) {
        ik_drbg_bytes(&node->env, &random, 1);
    }
    return ik_jitter(wait, r->jitter_256, random);
}

void ik_request_sent(struct ik_node *node, struct ik_ike_sa *sa)
{
    sa->flags &= (uint16_t)~IK_SA_SEND_REQUEST;
    sa->tries++;
    sa->timer_at = ik_from_now(&node->env, wait_after(node, sa->tries));
    if (sa->tries > 1) {
        ik_count(&node->env, IK_COUNT_IKE_RETRANSMITTED);
        ik_trace(&node->env, IK_TR_IKE_RETX, sa->tries, sa->msgid_out);
    }
}

void ik_request_resume(struct ik_node *node, struct ik_ike_sa *sa)
{
    sa->flags |= IK_SA_OUTSTANDING;
    sa->timer_at = ik_from_now(&node->env, wait_after(node, sa->tries));
}

bool ik_request_overdue(struct ik_node *node, struct ik_ike_sa *sa)
{
    if (sa->tries < sa->tries_max) {
        return true;
    }
    if (sa->state == IK_IKE_DELETING || (sa->flags & IK_SA_CLOSE) != 0) {
        ik_sa_end(node, sa, (enum ik_reason)sa->reason, sa->notify);
        return false;
    }
    /* 2.21.1: if all that came was an error which nobody vouches for, it is still the best guess.
     */
    bool hinted = sa->state == IK_IKE_I_INIT && sa->reason != IK_WHY_NONE;
    ik_sa_end(node, sa, hinted ? (enum ik_reason)sa->reason : IK_WHY_TIMEOUT, sa->notify);
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

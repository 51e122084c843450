/* SPDX-License-Identifier: MIT */
/*
 * Requests are repeated as the bytes that were kept, with growing intervals, until answered or
 * given up (RFC 7296 2.1, 2.4). Nothing that comes unauthenticated changes intervals or their
 * number.
 */
#include "ike/msg/msg.h"

#define TRIES 7
#define INITIAL 1000u  /* ms */
#define LONGEST 32000u /* ms */
#define DOUBLING 32    /* sixteenths */

uint32_t ik_first_wait(const struct ik_node *node)
{
    return ik_wait(ik_config_of(node)->retransmit.initial, INITIAL);
}

static uint32_t next_wait(const struct ik_node *node, uint32_t wait)
{
    const struct ik_retransmit *r = &ik_config_of(node)->retransmit;
    uint32_t max = ik_wait(r->max, LONGEST);
    if (wait == 0) {
        wait = ik_first_wait(node);
        return wait < max ? wait : max;
    }
    return ik_backoff(wait, max, r->factor_x16 != 0 ? r->factor_x16 : DOUBLING);
}

void ik_task_sent(struct ik_node *node, struct ik_task *task)
{
    uint8_t jitter = ik_config_of(node)->retransmit.jitter_256;
    uint8_t random = 0;
    if (task->tries++ > 0) {
        ik_count(&node->env, IK_COUNT_IKE_RETRANSMITTED);
        ik_trace(&node->env, IK_TR_IKE_RETX, task->tries, task->msgid);
    }
    task->wait = next_wait(node, task->tries > 1 ? task->wait : 0);
    if (jitter != 0) {
        ik_drbg_bytes(&node->env, &random, 1);
    }
    task->phase = IK_TASK_SENT;
    task->at = ik_in(node, ik_jitter(task->wait, jitter, random));
}

/* 2.21.1: if all that came was an error which nobody vouches for, it is still the best guess. And
 * when the SA is being closed, the reason is known. */
static void give_up(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_task *task)
{
    enum ik_reason why = IK_WHY_TIMEOUT;
    uint16_t notify = 0;
    if (sa->state == IK_IKE_CLOSING) {
        why = (enum ik_reason)sa->reason;
        notify = sa->notify;
    } else if (task->exchange->type == IK_EX_IKE_SA_INIT && sa->handshake != IK_NO_SLOT &&
               ik_handshake_of(node, sa)->hint != IK_WHY_NONE) {
        why = (enum ik_reason)ik_handshake_of(node, sa)->hint;
        notify = ik_handshake_of(node, sa)->hint_notify;
    }
    ik_sa_end(node, sa, why, notify);
}

void ik_task_again(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    uint8_t tries = ik_config_of(node)->retransmit.tries;
    if (task->phase == IK_TASK_QUEUED) {
        task->at = IK_MS_NONE;
        ik_tasks_run(node, sa);
#if IK_PROBE
    } else if (ik_probe_cut(node, sa, task)) {
        task->tries = 0;
        task->phase = IK_TASK_SEND;
#endif
#if IK_FRAGMENT
    } else if (ik_fragment_retry(node, sa, task)) {
        /* RFC 7383 2.5.2: "When starting a new probe, the node MUST reset its retransmission
         * timers". */
        task->tries = 0;
        task->phase = IK_TASK_SEND;
#endif
    } else if (task->tries < (tries != 0 ? tries : TRIES)) {
        task->phase = IK_TASK_SEND;
#if IK_PROBE
    } else if (ik_probe_rescue(node, sa, task)) {
        task->tries = 0;
        task->phase = IK_TASK_SEND;
#endif
    } else {
        give_up(node, sa, task);
    }
}

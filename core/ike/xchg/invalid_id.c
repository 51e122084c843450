/* SPDX-License-Identifier: MIT */
/*
 * A request that is ahead of the window is not answered; its sender, who has lost count, may be
 * told (RFC 7296 2.3):
 *
 *     HDR(id 9), SK {...}     -->                        where 4 is expected
 *                             <--  HDR, SK {N(INVALID_MESSAGE_ID, 9)}
 *     HDR, SK {}              -->
 *
 * Of one behind the window nothing is told: that is a late copy, or of a request whose response is
 * forgotten. Who is told so of a request that is out will never be answered, for the ids only grow
 * apart: that IKE SA has come to its end as if its time were up.
 */
#include "ike/xchg/xchg.h"

#if IK_HINTS

#define EVERY 1000u /* ms between two that are told */
#define ID_LEN 4

/* ---- told ----------------------------------------------------------------------------------- */

/* Is it ahead of the window that the peer has, and of the one that it is told of next? The very
 * request that would tell it may say SET_WINDOW_SIZE as well. */
static bool lost_count(const struct ik_node *node, const struct ik_ike_sa *sa, uint32_t msgid)
{
    return msgid >= sa->window.expected && msgid - sa->window.expected >= ik_window_due(node, sa);
}

/* It may have waited for the window of ours, and those that came before it were taken since. */
static enum ik_step build(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    struct ik_draft d;
    if (!lost_count(node, sa, task->spi)) {
        return IK_STEP_VOID;
    }
    uint8_t data[ID_LEN];
    ik_put32(data, task->spi);
    ik_request_begin(node, sa, &d, task);
    ik_put_notify(node, &d.c, IK_N_INVALID_MESSAGE_ID, (struct ik_span){data, sizeof data});
    return ik_request_end(node, sa, &d, task);
}

static enum ik_step finish(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    (void)node, (void)rx, (void)task;
    return IK_STEP_DONE;
}

static const struct ik_exchange exchange = {
    .type = IK_EX_INFORMATIONAL,
    .response = IK_LATE_RESPONSE,
    .build = build,
    .finish = finish,
};

void ik_hint_msgid(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_ike_sa *sa = rx->sa;
    uint32_t msgid = rx->m.hdr.msgid;
    if (!ik_config_of(node)->hints || sa->state != IK_IKE_UP || !lost_count(node, sa, msgid) ||
        ik_pausing(node, node->hint_told_at, EVERY) || ik_task_of(node, sa, &exchange) != NULL) {
        return;
    }
    struct ik_span inner;
    if (ik_msg_parse(rx->msg, rx->len, &rx->m) != IK_OK || rx->m.payloads_n != 1 ||
        rx->m.payloads[0].type != IK_PL_SK ||
        ik_sk_open_msg(&node->env, sa, &rx->m, rx->msg, &inner) == IK_ERR_AUTH) {
        return;
    }
    struct ik_task *task = ik_task_add(node, sa, &exchange);
    if (task != NULL) {
        node->hint_told_at = ik_in(node, EVERY);
        task->spi = msgid;
        ik_tasks_run(node, sa);
    }
}

void ik_hint_msgid_drop(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_task *task = ik_task_of(node, sa, &exchange);
    if (task != NULL && task->phase == IK_TASK_QUEUED) {
        ik_task_drop(node, sa, task);
    }
}

/* ---- heeded --------------------------------------------------------------------------------- */

bool ik_msgid_refused(const struct ik_node *node, const struct ik_rx *rx)
{
    struct ik_notify n;
    return ik_notify_find(&rx->m, IK_N_INVALID_MESSAGE_ID, &n) && n.data.len == ID_LEN &&
           rx->sa->state != IK_IKE_CLOSING &&
           ik_task_awaiting(node, rx->sa, ik_get32(n.data.p)) != NULL;
}

#endif

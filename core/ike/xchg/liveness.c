/* SPDX-License-Identifier: MIT */
/*
 * Is the peer alive (RFC 7296 2.4)?
 *
 *     HDR, SK {}  -->
 *                              <--  HDR, SK {}
 */
#include "ike/xchg/xchg.h"

static enum ik_step build(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    IK_KNOWN(node, sa);
    struct ik_draft d;
    ik_request_begin(node, sa, &d, task);
    return ik_request_end(node, sa, &d, task);
}

static enum ik_step finish(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    IK_KNOWN_NODE(node);
    (void)node, (void)rx, (void)task;
    return IK_STEP_DONE;
}

const struct ik_exchange ik_exchange_liveness = {
    .type = IK_EX_INFORMATIONAL,
    .response = IK_LATE_RESPONSE,
    .build = build,
    .finish = finish,
};

void ik_liveness_check(struct ik_node *node, struct ik_ike_sa *sa)
{
    if (!ik_task_asks(node, sa) && ik_task_add(node, sa, &ik_exchange_liveness) != NULL) {
        ik_tasks_run(node, sa);
    }
}

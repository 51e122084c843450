/* SPDX-License-Identifier: MIT */
/*
 * Deletes that we begin (RFC 7296 1.4.1, 2.21.2):
 *
 *     HDR, SK {D}  -->
 *                              <--  HDR, SK {[D]}
 */
#include "ike/xchg/xchg.h"

void ik_put_delete_child(struct ik_chain *c, const struct ik_child_sa *child)
{
    uint8_t spi[4];
    ik_put32(spi, child->in.spi);
    ik_delete_put(c,
                  &(struct ik_delete){ik_child_protocol(child), sizeof spi, 1, {spi, sizeof spi}});
}

/* ---- an IKE SA ------------------------------------------------------------------------------ */

static enum ik_step build_ike(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    IK_KNOWN(node, sa);
    struct ik_draft d;
    ik_request_begin(node, sa, &d, task);
    if (task->notify != 0) {
        ik_put_notify(node, &d.c, task->notify, (struct ik_span){0});
    } else {
        ik_delete_put(&d.c, &(struct ik_delete){.protocol = IK_PROTO_IKE});
    }
    return ik_request_end(node, sa, &d, task);
}

static enum ik_step finish_ike(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    IK_KNOWN_NODE(node);
    (void)task;
    ik_sa_end(node, ik_rx_sa(rx), (enum ik_reason)ik_rx_sa(rx)->reason, ik_rx_sa(rx)->notify);
    return IK_STEP_ENDED;
}

const struct ik_exchange ik_exchange_delete_ike = {
    .type = IK_EX_INFORMATIONAL,
    .response = {.states = IK_IN(IK_IKE_CLOSING), .required = IK_P(SK), .permitted = IK_P_ANY},
    .build = build_ike,
    .finish = finish_ike,
};

enum ik_step ik_delete_ike(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why,
                           uint16_t notify, uint16_t by_error)
{
    if ((sa->flags & (IK_SA_WAS_UP | IK_SA_ENDED)) == 0) {
        ik_raise_ike(node, sa, IK_EV_IKE_FAILED, why, notify);
    }
    sa->reason = (uint8_t)why;
    sa->notify = notify;
    ik_children_end(node, sa, why, notify);
    ik_tasks_drop_queued(node, sa);
    struct ik_task *task = ik_task_add(node, sa, &ik_exchange_delete_ike);
    if (task == NULL) {
        ik_sa_end(node, sa, why, notify);
        return IK_STEP_ENDED;
    }
    task->notify = by_error;
    ik_ike_state(node, sa, IK_IKE_CLOSING);
    ik_tasks_run(node, sa);
    return sa->state == IK_IKE_CLOSING ? IK_STEP_DONE : IK_STEP_ENDED;
}

/* ---- a Child SA ----------------------------------------------------------------------------- */

/* What replaced it is there: what is still under way comes in by it. */
static void end_here(struct ik_node *node, struct ik_child_sa *child, enum ik_reason why)
{
#if IK_REKEY
    if (why == IK_WHY_REKEYED) {
        ik_child_linger(node, child);
        return;
    }
#endif
    ik_child_end(node, child, why, 0);
}

/* The Child SA may be gone here when its Delete leaves: its SPI stands in the task. */
static enum ik_step build_child(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    IK_KNOWN(node, sa);
    struct ik_draft d;
    uint8_t spi[4], protocol = IK_PROTO_ESP;
#if IK_AH
    protocol = task->ah ? IK_PROTO_AH : IK_PROTO_ESP;
#endif
    ik_put32(spi, task->spi);
    ik_request_begin(node, sa, &d, task);
    ik_delete_put(&d.c, &(struct ik_delete){protocol, sizeof spi, 1, {spi, sizeof spi}});
    return ik_request_end(node, sa, &d, task);
}

static enum ik_step finish_child(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    IK_KNOWN_NODE(node);
    (void)rx;
    if (task->child != IK_NO_SLOT) {
        end_here(node, ik_child_at(&node->ipsec, task->child), (enum ik_reason)task->reason);
    }
    return IK_STEP_DONE;
}

const struct ik_exchange ik_exchange_delete_child = {
    .type = IK_EX_INFORMATIONAL,
    .response = IK_LATE_RESPONSE,
    .build = build_child,
    .finish = finish_child,
};

void ik_delete_child(struct ik_node *node, struct ik_ike_sa *sa, struct ik_child_sa *child,
                     enum ik_reason why)
{
    bool now = !IK_REKEY || why == IK_WHY_CONFIG || why == IK_WHY_EXPIRED;
    if (IK_REKEY && child->state == IK_CHILD_DELETING) {
        if (now) { /* its Delete is under way: there is no second one */
            ik_child_end(node, child, why, 0);
        }
        return;
    }
    struct ik_task *task = ik_task_add(node, sa, &ik_exchange_delete_child);
    bool at_once = now || task == NULL;
    if (task != NULL) {
        task->spi = child->in.spi;
#if IK_AH
        task->ah = child->ah;
#endif
        task->reason = (uint8_t)why;
    }
    if (child->state == IK_CHILD_LARVAL) {
#if IK_REKEY
        ik_child_give_up(node, child, why, 0);
#else
        ik_child_fail(node, child, why, 0);
#endif
    } else if (at_once) {
        ik_child_end(node, child, why, 0);
    } else {
#if IK_REKEY
        if (child->state == IK_CHILD_UP) {
            ik_reauth_wake(node, sa, child);
        }
#endif
        task->child = ik_child_slot(child);
        ik_child_retire(&node->ipsec, child, IK_CHILD_DELETING);
    }
    ik_tasks_run(node, sa);
}

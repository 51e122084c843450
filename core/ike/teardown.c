/* SPDX-License-Identifier: MIT */
/* How SAs end. Nowhere else are their secrets given up. */
#include "ike/ike.h"

/* How long a dead SA keeps its last answer, in first waits of a request: the peer repeats his about
 * twice in that time if ours was lost. */
#define LINGER_WAITS 4

static void wipe_secrets(struct ik_ike_sa *sa)
{
    if (sa->flags & IK_SA_JOB_RUNS) {
        /* Its memory is the host's: he is told, and it is wiped when he gives it back. */
        sa->job.kind = IK_JOB_NONE;
    } else {
        ik_wipe(&sa->job, sizeof sa->job); /* the keys, then */
    }
    ik_wipe(sa->seed, sizeof sa->seed);
    ik_wipe(&sa->request, sizeof sa->request);
    sa->flags &= (uint16_t) ~(IK_SA_KEYED | IK_SA_JOB_DUE | IK_SA_OUTSTANDING | IK_SA_SEND_REQUEST |
                              IK_SA_SEND_RESPONSE | IK_SA_CLOSE);
}

void ik_sa_child_end(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why,
                     uint16_t notify)
{
    struct ik_child_sa *child = ik_sa_child(node, sa);
    if (child == NULL) {
        return;
    }
    if (child->state == IK_CHILD_UP) {
        ik_about(&node->env, sa->child);
        ik_trace(&node->env, IK_TR_CHILD_DOWN, child->in.spi, child->out.spi);
        ik_about(&node->env, ik_sa_slot(node, sa));
        ik_raise_child(sa, IK_EV_CHILD_DOWN, why, notify);
    }
    ik_child_wipe(child);
    sa->child = IK_NO_SLOT;
}

/* Only an answer to the request that ended it can still be asked for again. IK_TICK_OLDEST: not at
 * all. */
static ik_tick linger_until(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    if ((sa->flags & IK_SA_ANSWERING) == 0 || sa->response.len == 0) {
        return IK_TICK_OLDEST;
    }
    return node->env.now + ik_backoff(ik_first_wait(node), IK_WAIT_MAX, 16 * LINGER_WAITS);
}

void ik_sa_end_silent(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_sa_child_end(node, sa, IK_WHY_NONE, 0);
    sa->timer_at = linger_until(node, sa);
    wipe_secrets(sa);
    if (sa->timer_at == IK_TICK_OLDEST) {
        ik_wipe(&sa->response, sizeof sa->response);
    }
    ik_sa_state(node, sa, IK_IKE_DEAD);
}

void ik_sa_end(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why, uint16_t notify)
{
    bool was_up = (sa->flags & IK_SA_WAS_UP) != 0;
    ik_sa_child_end(node, sa, why, notify);
    if ((sa->flags & IK_SA_ENDED) == 0) {
        ik_raise_ike(node, sa, was_up ? IK_EV_IKE_DOWN : IK_EV_IKE_FAILED, why, notify);
    }
    ik_sa_end_silent(node, sa);
}

void ik_sa_free(struct ik_node *node, struct ik_ike_sa *sa)
{
    IK_ASSERT((sa->flags & IK_SA_JOB_RUNS) == 0 && sa->events == 0);
    ik_sa_state(node, sa, IK_IKE_FREE);
    ik_wipe(sa, sizeof *sa);
}

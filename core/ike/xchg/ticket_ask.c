/* SPDX-License-Identifier: MIT */
/*
 * Another ticket, once the IKE SA is up (RFC 5723 4.1, 6.2):
 *
 *     HDR, SK {N(TICKET_REQUEST)}  -->
 *                              <--  HDR, SK {N(TICKET_LT_OPAQUE | TICKET_NACK)}
 *
 * "When the IKE SA is rekeyed, the ticket is invalidated, and the client SHOULD request a new
 * ticket": of whoever has rekeyed it, and in the new one, whose keys both have. It is asked for
 * where there was one: a peer that gives none is not asked again.
 */
#include "ike/xchg/xchg.h"

#if IK_RESUME && IK_REKEY

static enum ik_step build(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    struct ik_draft d;
    if (sa->state != IK_IKE_UP) {
        return IK_STEP_VOID;
    }
    ik_request_begin(node, sa, &d, task);
    ik_put_notify(node, &d.c, IK_N_TICKET_REQUEST, (struct ik_span){0});
    return ik_request_end(node, sa, &d, task);
}

/* One of an IKE SA that was rekeyed meanwhile serves no more; the new one asks for its own. */
static enum ik_step finish(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    (void)task;
    if (ik_rx_sa(rx)->state == IK_IKE_UP) {
        ik_session_take(node, rx);
    }
    return IK_STEP_DONE;
}

const struct ik_exchange ik_exchange_ticket = {
    .type = IK_EX_INFORMATIONAL,
    .response = IK_LATE_RESPONSE,
    .build = build,
    .finish = finish,
};

static void ask(struct ik_node *node, struct ik_ike_sa *sa)
{
    if (ik_session_wanted(node, sa) && ik_task_of(node, sa, &ik_exchange_ticket) == NULL &&
        ik_task_add(node, sa, &ik_exchange_ticket) != NULL) {
        ik_tasks_run(node, sa);
    }
}

void ik_ticket_ask_later(struct ik_node *node, const struct ik_rx *rx)
{
    struct ik_notify n;
    if (ik_notify_find(&rx->m, IK_N_TICKET_ACK, &n)) {
        ask(node, ik_rx_sa(rx));
    }
}

void ik_ticket_ask_anew(struct ik_node *node, struct ik_ike_sa *old, struct ik_ike_sa *to)
{
    if (ik_session_is_of(node, old) || ik_task_of(node, old, &ik_exchange_ticket) != NULL) {
        ask(node, to);
    }
}

#if IK_RESPONDER
void ik_ticket_answer(struct ik_node *node, const struct ik_rx *rx, struct ik_chain *c)
{
    struct ik_notify n;
    if (!ik_notify_find(&rx->m, IK_N_TICKET_REQUEST, &n)) {
        return;
    }
    if (ik_rx_sa(rx)->state == IK_IKE_UP) {
        ik_ticket_put(node, ik_rx_sa(rx), c);
    } else {
        ik_put_notify(node, c, IK_N_TICKET_NACK, (struct ik_span){0});
    }
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The INFORMATIONAL exchange as it is answered (RFC 7296 1.4, and 2.25.2 where Deletes of both
 * sides cross):
 *
 *     HDR, SK {[N,] [D,] [CP,] ...}  -->
 *                              <--  HDR, SK {[D] [N]}
 */
#include "ike/xchg/xchg.h"

#define DELETE_HEAD 4 /* octets before the SPIs of a Delete */
#define SPI_LEN 4

/* ---- what it deletes ------------------------------------------------------------------------ */

static bool deletes_ike(const struct ik_msg *m)
{
    for (uint8_t i = 0; i < m->payloads_n; i++) {
        if (m->payloads[i].type == IK_PL_DELETE && m->payloads[i].body.p[0] == IK_PROTO_IKE) {
            return true;
        }
    }
    return false;
}

#if IK_REKEY
/* The peer has deleted the one that another one replaces: from now on that sends, too. True if
 * there is one. */
static bool succeeded(struct ik_node *node, const struct ik_child_sa *old)
{
    const struct ik_ike_sa *sa = ik_ike_at(node, old->ike);
    bool found = false;
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        if (c == old || !ik_child_meets(&node->ipsec, c, old)) {
            continue;
        }
        if (c->state == IK_CHILD_IN_ONLY && !c->redundant) {
            ik_child_up(&node->ipsec, c);
        }
        found = found || c->state == IK_CHILD_UP;
    }
    return found;
}
#endif

static void end_child(struct ik_node *node, struct ik_child_sa *child)
{
#if IK_REKEY
    if ((child->rekeyed || child->replaced) && succeeded(node, child)) {
        ik_child_linger(node, child);
        return;
    }
#endif
    ik_child_end(node, child, IK_WHY_DELETED_PEER, 0);
}

/* 2.25.1: one that is being closed here is not named. */
static void put_pair(const struct ik_child_sa *child, struct ik_chain *answer)
{
    if (!IK_REKEY || (child->state != IK_CHILD_DELETING && child->state != IK_CHILD_OLD)) {
        ik_put_delete_child(answer, child);
    }
}

/* One that is not here may yet come, by a response that is late. */
static struct ik_child_sa *named(struct ik_node *node, const struct ik_ike_sa *sa, uint32_t spi)
{
    struct ik_child_sa *child = ik_child_by_out(node, sa, spi);
#if IK_REKEY
    const struct ik_ike_sa *before = child == NULL ? ik_ike_undecided(node, sa) : NULL;
    if (before != NULL) {
        child = ik_child_by_out(node, before, spi);
    }
    if (child == NULL) {
        ik_child_gone(node, sa, spi);
    }
#endif
    return child;
}

/*
 * Ends each Child SA that the message deletes: an SPI names what its sender takes in, our outbound
 * one. Bodies were checked when the message was taken apart.
 *
 * 1.4.1: "the response in the INFORMATIONAL exchange will contain Delete payloads for the paired
 * SAs going in the other direction", each once, however often it is named.
 */
static void end_children(struct ik_node *node, const struct ik_rx *rx, struct ik_chain *answer)
{
    for (uint8_t i = 0; i < rx->m.payloads_n; i++) {
        struct ik_span body = rx->m.payloads[i].body;
        if (rx->m.payloads[i].type != IK_PL_DELETE ||
            (body.p[0] != IK_PROTO_ESP && !(IK_AH && body.p[0] == IK_PROTO_AH))) {
            continue;
        }
        for (uint16_t at = DELETE_HEAD; at < body.len; at = (uint16_t)(at + SPI_LEN)) {
            struct ik_child_sa *child = named(node, ik_rx_sa(rx), ik_get32(body.p + at));
            if (child != NULL && (!IK_AH || ik_child_protocol(child) == body.p[0])) {
                put_pair(child, answer);
                end_child(node, child);
            }
        }
    }
}

/* ---- what it says --------------------------------------------------------------------------- */

/* 2.21.2: "in the INFORMATIONAL exchange immediately following" IKE_AUTH, these errors of its
 * initiator end the IKE SA without a Delete. */
static uint16_t fatal_error(const struct ik_rx *rx)
{
    uint16_t error = ik_error_in(&rx->m);
    if ((ik_rx_sa(rx)->flags & IK_SA_JUST_UP) == 0) {
        return 0;
    }
    switch (error) {
    case IK_N_UNSUPPORTED_CRITICAL_PAYLOAD:
    case IK_N_INVALID_SYNTAX:
    case IK_N_AUTHENTICATION_FAILED:
        return error;
    default:
        return 0;
    }
}

/* 2.25.2: who is asked to close what it closes itself answers, and forgets its own request; so
 * does who is rekeying it. */
static enum ik_reason why_deleted(struct ik_node *node, struct ik_ike_sa *sa)
{
    if (sa->state == IK_IKE_CLOSING) {
        return (enum ik_reason)sa->reason;
    }
#if IK_REKEY
    ik_ike_yield(node, sa);
    if (sa->state == IK_IKE_UP && ik_reauth_yield(node, sa)) {
        return IK_WHY_REKEYED;
    }
#else
    (void)node;
#endif
    return sa->state == IK_IKE_REKEYED ? IK_WHY_REKEYED : IK_WHY_DELETED_PEER;
}

#if IK_REKEY
void ik_sa_invalid(struct ik_node *node, struct ik_ike_sa *sa)
{
    enum ik_reason why = why_deleted(node, sa);
    bool by_peer = why == IK_WHY_DELETED_PEER;
    ik_sa_end(node, sa, by_peer ? IK_WHY_SYNTAX : why, by_peer ? IK_N_INVALID_SYNTAX : 0);
}
#endif

static enum ik_step answer(struct ik_node *node, struct ik_rx *rx)
{
    IK_KNOWN_NODE(node);
    struct ik_ike_sa *sa = ik_rx_sa(rx);
    struct ik_draft d;
    bool all = deletes_ike(&rx->m);
    uint16_t error = fatal_error(rx);
#if IK_HINTS
    bool refused = !all && error == 0 && ik_msgid_refused(node, rx);
#else
    const bool refused = false;
#endif
    ik_response_begin(node, rx, &d);
    if (!all && error == 0) {
        end_children(node, rx, &d.c);
#if IK_REKEY
        ik_auth_lifetime_take(node, rx);
#endif
#if IK_RESUME && IK_REKEY && IK_RESPONDER
        ik_ticket_answer(node, rx, &d.c);
#endif
    }
    (void)ik_response_end(node, rx, &d);
    if (all) {
        ik_sa_end_answering(node, rx, why_deleted(node, sa), 0);
        return IK_STEP_ENDED;
    }
    if (error != 0) {
        ik_sa_end_answering(node, rx, ik_reason_of(error), error);
        return IK_STEP_ENDED;
    }
    if (refused) {
        ik_sa_end_answering(node, rx, IK_WHY_TIMEOUT, IK_N_INVALID_MESSAGE_ID);
        return IK_STEP_ENDED;
    }
    return IK_STEP_DONE;
}

const struct ik_exchange ik_exchange_informational = {
    .type = IK_EX_INFORMATIONAL,
    .request = {.states = IK_IN(IK_IKE_UP) | IK_IN(IK_IKE_REKEYED) | IK_IN(IK_IKE_CLOSING),
                .required = IK_P(SK),
                .permitted = IK_P_ANY},
    .answer = answer,
};

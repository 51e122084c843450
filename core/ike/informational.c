/* SPDX-License-Identifier: MIT */
/* The INFORMATIONAL exchange (RFC 7296 1.4). */
#include "ike/ike.h"

#define DELETE_HEAD 4 /* octets before the SPIs of a Delete */

/* What a request asks for. */
struct wish {
    bool ike;   /* delete the IKE SA */
    bool child; /* delete its Child SA */
};

/* Is the SPI that of what the sender takes in: our outbound one? */
static bool names_child(const struct ik_child_sa *child, struct ik_span body)
{
    for (uint16_t at = DELETE_HEAD; at < body.len; at = (uint16_t)(at + 4)) {
        if (ik_get32(body.p + at) == child->out.spi) {
            return true;
        }
    }
    return false;
}

/* Bodies were checked when the message was taken apart. */
static struct wish read_wish(const struct ik_node *node, const struct ik_rx *rx)
{
    const struct ik_child_sa *child = ik_sa_child(node, ik_sa_of(node, rx));
    struct wish w = {false, false};
    for (uint8_t i = 0; i < rx->m.payloads_n; i++) {
        const struct ik_payload *p = &rx->m.payloads[i];
        if (p->type != IK_PL_DELETE) {
            continue;
        }
        if (p->body.p[0] == IK_PROTO_IKE) {
            w.ike = true;
        }
        if (p->body.p[0] == IK_PROTO_ESP && child != NULL && names_child(child, p->body)) {
            w.child = true;
        }
    }
    return w;
}

/* 2.21.2: "in the INFORMATIONAL exchange immediately following" IKE_AUTH, these errors end the IKE
 * SA without a Delete. */
static uint16_t fatal_error(const struct ik_rx *rx)
{
    uint16_t error = ik_error_in(&rx->m);
    bool follows_auth = !ik_began(rx->sa) && rx->m.hdr.msgid == 2;
    if (!follows_auth) {
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

/* 1.4.1: "the response in the INFORMATIONAL exchange will contain Delete payloads for the paired
 * SAs going in the other direction"; for an IKE SA it is empty. */
static void answer(struct ik_node *node, struct ik_ike_sa *sa, bool child)
{
    struct ik_draft d;
    ik_draft_begin(sa, &d, IK_EX_INFORMATIONAL, true);
    if (child) {
        ik_put_delete_child(&d.c, ik_sa_child(node, sa));
    }
    ik_draft_end(node, sa, &d);
}

enum ik_status ik_informational_request(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_ike_sa *sa = ik_sa_of(node, rx);
    struct wish w = read_wish(node, rx);
    answer(node, sa, w.child && !w.ike);
    uint16_t error = fatal_error(rx);
    if (w.ike) {
        /* 2.25.2: who is asked to close what it closes itself answers, and forgets its own request.
         */
        ik_sa_end(node, sa, ik_closing(sa) ? (enum ik_reason)sa->reason : IK_WHY_DELETED_PEER, 0);
        return IK_ERR_STATE;
    }
    if (error != 0) {
        ik_sa_end(node, sa, ik_reason_of(error), error);
        return IK_ERR_STATE;
    }
    if (w.child) {
        ik_sa_child_end(node, sa, IK_WHY_DELETED_PEER, 0);
    }
    return IK_OK;
}

/* The answer to our Delete of a Child SA, which is gone here already. */
enum ik_status ik_informational_response(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_ike_sa *sa = ik_sa_of(node, rx);
    if (sa->flags & IK_SA_CLOSE) {
        ik_delete_ike(node, sa, (enum ik_reason)sa->reason, sa->notify);
        return IK_ERR_STATE;
    }
    return IK_OK;
}

/* The answer to our Delete of the IKE SA. */
enum ik_status ik_closing_response(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_ike_sa *sa = ik_sa_of(node, rx);
    ik_sa_end(node, sa, (enum ik_reason)sa->reason, sa->notify);
    return IK_OK;
}

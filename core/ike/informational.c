/* SPDX-License-Identifier: MIT */
/* The INFORMATIONAL exchange (RFC 7296 1.4). */
#include "ike/ike.h"

/* What a request asks for. */
struct wish {
    bool ike;   /* delete the IKE SA */
    bool child; /* delete its Child SA */
};

static bool names_child(const struct ik_delete *del, uint32_t spi)
{
    for (uint16_t i = 0; i < del->count; i++) {
        if (ik_get32(del->spis.p + (size_t)i * 4) == spi) {
            return true;
        }
    }
    return false;
}

static enum ik_status read_wish(const struct ik_node *node, const struct ik_rx *rx, struct wish *w)
{
    const struct ik_child_sa *child = ik_sa_child(node, rx->sa);
    struct ik_delete del;
    *w = (struct wish){false, false};
    for (uint8_t i = 0; i < rx->m.payloads_n; i++) {
        const struct ik_payload *p = &rx->m.payloads[i];
        if (p->type != IK_PL_DELETE) {
            continue;
        }
        if (ik_delete_parse(p->body, &del) != IK_OK) {
            return IK_ERR_SYNTAX;
        }
        w->ike = w->ike || del.protocol == IK_PROTO_IKE;
        /* The SPI is that of what the sender takes in: our outbound one. */
        w->child = w->child || (child != NULL && del.protocol == IK_PROTO_ESP &&
                                del.spi_size == 4 && names_child(&del, child->out.spi));
    }
    return IK_OK;
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
static enum ik_status build(struct ik_node *node, struct ik_ike_sa *sa, const struct wish *w)
{
    struct ik_draft d;
    uint8_t spi[4];
    struct ik_delete del = {IK_PROTO_ESP, sizeof spi, 1, {spi, sizeof spi}};
    ik_draft_begin(sa, &d, IK_EX_INFORMATIONAL, true);
    if (w->child && !w->ike) {
        ik_put32(spi, ik_sa_child(node, sa)->in.spi);
        ik_delete_put(&d.c, &del);
    }
    return ik_draft_end(node, sa, &d);
}

enum ik_status ik_informational_request(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_ike_sa *sa = rx->sa;
    struct wish w;
    if (read_wish(node, rx, &w) != IK_OK) {
        return IK_ERR_SYNTAX;
    }
    if (build(node, sa, &w) != IK_OK) {
        return IK_ERR_NO_ROOM;
    }
    uint16_t error = fatal_error(rx);
    /* 2.25.2: who is asked to close what it closes itself answers, and forgets its own request. */
    bool ours = sa->state == IK_IKE_DELETING || (sa->flags & IK_SA_CLOSE) != 0;
    if (w.ike) {
        ik_sa_end(node, sa, ours ? (enum ik_reason)sa->reason : IK_WHY_DELETED_PEER, 0);
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
    struct ik_ike_sa *sa = rx->sa;
    if (sa->flags & IK_SA_CLOSE) {
        ik_delete_ike(node, sa, (enum ik_reason)sa->reason);
        return IK_ERR_STATE;
    }
    return IK_OK;
}

/* The answer to our Delete of the IKE SA. */
enum ik_status ik_closing_response(struct ik_node *node, struct ik_rx *rx)
{
    ik_sa_end(node, rx->sa, (enum ik_reason)rx->sa->reason, rx->sa->notify);
    return IK_OK;
}

/* SPDX-License-Identifier: MIT */
/* Deletes that we begin (RFC 7296 1.4.1, 2.21.2). */
#include "ike/ike.h"

static void send(struct ik_node *node, struct ik_ike_sa *sa, struct ik_draft *d)
{
    if (ik_draft_end(node, sa, d) != IK_OK) {
        ik_sa_end(node, sa, IK_WHY_NO_ROOM, 0);
        return;
    }
    ik_request_start(node, sa);
}

void ik_delete_ike(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why)
{
    struct ik_draft d;
    sa->reason = (uint8_t)why;
    sa->notify = 0;
    ik_sa_child_end(node, sa, why, 0);
    if (sa->flags & IK_SA_OUTSTANDING) {
        /* 2.3: the window is one. */
        sa->flags |= IK_SA_CLOSE;
        return;
    }
    sa->flags &= (uint16_t)~IK_SA_CLOSE;
    ik_draft_begin(sa, &d, IK_EX_INFORMATIONAL, false);
    ik_delete_put(&d.c, &(struct ik_delete){.protocol = IK_PROTO_IKE});
    ik_sa_state(node, sa, IK_IKE_DELETING);
    send(node, sa, &d);
}

void ik_delete_child(struct ik_node *node, struct ik_ike_sa *sa, uint32_t spi)
{
    struct ik_draft d;
    uint8_t octets[4];
    struct ik_delete del = {IK_PROTO_ESP, sizeof octets, 1, {octets, sizeof octets}};
    ik_put32(octets, spi);
    ik_draft_begin(sa, &d, IK_EX_INFORMATIONAL, false);
    ik_delete_put(&d.c, &del);
    send(node, sa, &d);
}

void ik_delete_by_error(struct ik_node *node, struct ik_ike_sa *sa, uint16_t notify,
                        enum ik_reason why)
{
    struct ik_draft d;
    ik_raise_ike(node, sa, IK_EV_IKE_FAILED, why, 0);
    ik_sa_child_end(node, sa, why, 0);
    ik_draft_begin(sa, &d, IK_EX_INFORMATIONAL, false);
    ik_put_notify(node, &d.c, sa->msgid_out, &(struct ik_error){.type = notify});
    ik_sa_state(node, sa, IK_IKE_DELETING);
    send(node, sa, &d);
}

/* SPDX-License-Identifier: MIT */
/* Deletes that we begin (RFC 7296 1.4.1, 2.21.2). */
#include "ike/ike.h"

void ik_put_delete_child(struct ik_chain *c, const struct ik_child_sa *child)
{
    uint8_t spi[4];
    ik_put32(spi, child->in.spi);
    ik_delete_put(c, &(struct ik_delete){IK_PROTO_ESP, sizeof spi, 1, {spi, sizeof spi}});
}

void ik_delete_child(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_draft d;
    ik_draft_begin(sa, &d, IK_EX_INFORMATIONAL, false);
    ik_put_delete_child(&d.c, ik_sa_child(node, sa));
    ik_draft_end(node, sa, &d);
    ik_request_start(node, sa);
}

/* say: a notify instead of the Delete. */
static void close(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why, uint16_t notify,
                  uint16_t say)
{
    struct ik_draft d;
    if ((sa->flags & (IK_SA_WAS_UP | IK_SA_ENDED)) == 0) {
        ik_raise_ike(node, sa, IK_EV_IKE_FAILED, why, notify);
    }
    sa->reason = (uint8_t)why;
    sa->notify = notify;
    ik_sa_child_end(node, sa, why, notify);
    if (sa->flags & IK_SA_OUTSTANDING) {
        /* 2.3: the window is one. */
        sa->flags |= IK_SA_CLOSE;
        return;
    }
    sa->flags &= (uint16_t)~IK_SA_CLOSE;
    ik_draft_begin(sa, &d, IK_EX_INFORMATIONAL, false);
    if (say != 0) {
        ik_put_notify(node, &d.c, sa->msgid_out, say, (struct ik_span){0});
    } else {
        ik_delete_put(&d.c, &(struct ik_delete){.protocol = IK_PROTO_IKE});
    }
    ik_draft_end(node, sa, &d);
    ik_sa_state(node, sa, IK_IKE_DELETING);
    ik_request_start(node, sa);
}

void ik_delete_ike(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why, uint16_t notify)
{
    close(node, sa, why, notify, 0);
}

void ik_delete_by_error(struct ik_node *node, struct ik_ike_sa *sa, uint16_t notify,
                        enum ik_reason why)
{
    close(node, sa, why, 0, notify);
}

/* SPDX-License-Identifier: MIT */
/*
 * Message IDs where the window is one (RFC 7296 2.3), and so is the number of responses that are
 * kept: window.c with IK_LINKED.
 */
#include "ike/msg/msg.h"

#if IK_LINKED

void ik_window_init(const struct ik_node *node, struct ik_ike_sa *sa)
{
    (void)node, (void)sa; /* both sides begin with 0, as the SA is blank */
}

enum ik_msgid_is ik_window_check(const struct ik_node *node, const struct ik_ike_sa *sa,
                                 uint32_t msgid)
{
    /* 2.2: the ID never wraps; the last one is not taken. */
    if (msgid == sa->window.expected && msgid != UINT32_MAX) {
        return IK_MSGID_NEW;
    }
    /* 2.1: a request is repeated because our response was lost. */
    return ik_window_response(node, sa, msgid) != NULL ? IK_MSGID_REPEATED : IK_MSGID_WRONG;
}

void ik_window_took(struct ik_ike_sa *sa, uint32_t msgid)
{
    (void)msgid; /* it was the one that is expected */
    sa->window.expected++;
}

struct ik_buffer *ik_window_response(const struct ik_node *node, const struct ik_ike_sa *sa,
                                     uint32_t msgid)
{
    ik_slot slot = sa->window.responses;
    bool kept = slot != IK_NO_SLOT && ik_buffer_at(node, slot)->msgid == msgid;
    return kept ? ik_buffer_at(node, slot) : NULL;
}

void ik_window_keep(struct ik_node *node, struct ik_ike_sa *sa, ik_slot response)
{
    uint32_t lasts = ik_config_of(node)->response_for;
    ik_window_forget(node, sa);
    sa->window.responses = response;
    if (lasts != 0) {
        sa->moment[IK_TIMER_LINGER] = ik_in(node, ik_wait(lasts, 0));
    }
    ik_touch(node, sa);
}

void ik_window_forget(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_buffer_drop(node, &sa->window.responses);
}

#endif

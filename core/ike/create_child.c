/* SPDX-License-Identifier: MIT */
/*
 * CREATE_CHILD_SA (RFC 7296 1.3): one Child SA an IKE SA, and no rekeying, so each is answered with
 * NO_ADDITIONAL_SAS, as RFC 7815 section 2.2 does.
 */
#include "ike/ike.h"

enum ik_status ik_create_child_request(struct ik_node *node, struct ik_rx *rx)
{
    /* 2.25.2: "a request to rekey an IKE SA that it is currently trying to close" */
    bool closing = ik_closing(ik_sa_of(node, rx));
    ik_answer_error(node, rx, closing ? IK_N_TEMPORARY_FAILURE : IK_N_NO_ADDITIONAL_SAS,
                    (struct ik_span){0});
    return IK_OK;
}

/* SPDX-License-Identifier: MIT */
/*
 * CREATE_CHILD_SA (RFC 7296 1.3): one Child SA an IKE SA, and no rekeying, so each is answered with
 * NO_ADDITIONAL_SAS, as RFC 7815 section 2.2 does.
 */
#include "ike/ike.h"

enum ik_status ik_create_child_request(struct ik_node *node, struct ik_rx *rx)
{
    ik_answer_error(node, rx->sa, IK_EX_CREATE_CHILD_SA,
                    &(struct ik_error){.type = IK_N_NO_ADDITIONAL_SAS});
    return IK_OK;
}

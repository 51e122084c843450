/* SPDX-License-Identifier: MIT */
/*
 * CREATE_CHILD_SA (RFC 7296 1.3) where an IKE SA has one Child SA and no rekeying (RFC 7815 2.2):
 *
 *     HDR, SK {SA, Ni, [KEi,] [TSi, TSr]}  -->
 *                              <--  HDR, SK {N(NO_ADDITIONAL_SAS)}
 */
#include "ike/xchg/xchg.h"

static enum ik_step answer(struct ik_node *node, struct ik_rx *rx)
{
    IK_KNOWN_NODE(node);
    /* 2.25.2: "a request to rekey an IKE SA that it is currently trying to close" */
    bool closing = ik_rx_sa(rx)->state == IK_IKE_CLOSING;
    ik_answer_error(node, rx, closing ? IK_N_TEMPORARY_FAILURE : IK_N_NO_ADDITIONAL_SAS,
                    (struct ik_span){0});
    return IK_STEP_DONE;
}

const struct ik_exchange ik_exchange_child_refused = {
    .type = IK_EX_CREATE_CHILD_SA,
    .request = {.states = IK_IN(IK_IKE_UP) | IK_IN(IK_IKE_REKEYED) | IK_IN(IK_IKE_CLOSING),
                .required = IK_P(SK),
                .permitted = IK_P_ANY},
    .answer = answer,
};

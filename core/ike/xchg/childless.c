/* SPDX-License-Identifier: MIT */
/*
 * An IKE SA that comes up without a Child SA (RFC 6023):
 *
 *     HDR(A,0), SAi1, KEi, Ni  -->
 *                              <--  HDR(A,B), SAr1, KEr, Nr, N(CHILDLESS_IKEV2_SUPPORTED)
 *     HDR, SK {IDi, [IDr,] AUTH}  -->
 *                              <--  HDR, SK {IDr, AUTH}
 *
 * Its Child SAs, all of them, are made by CREATE_CHILD_SA.
 */
#include "ike/xchg/xchg.h"

#if IK_CHILDLESS

/* ---- initiator ------------------------------------------------------------------------------ */

bool ik_childless(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    return sa->policy == IK_NO_SLOT || ik_peer_of(node, sa)->childless == IK_CHILDLESS_FORCE;
}

bool ik_childless_declined(const struct ik_node *node, const struct ik_rx *rx)
{
    struct ik_notify n;
    return ik_childless(node, rx->sa) &&
           !ik_notify_find(&rx->m, IK_N_CHILDLESS_IKEV2_SUPPORTED, &n);
}

/* ---- responder ------------------------------------------------------------------------------ */

/* Section 3: whether it is supported is "ultimately up to the responder"; who has not heard so must
 * not ask. */
bool ik_childless_asked(const struct ik_node *node, const struct ik_rx *rx)
{
    return (rx->m.present & IK_P_CHILD) == 0 && ik_handshake_of(node, rx->sa)->childless;
}

/* "A supporting responder that has been configured not to support this extension […] SHOULD reply
 * with an INVALID_SYNTAX": it announced what the address allowed, and now there is a name. A Child
 * SA where there must be none yet is refused alone (RFC 7296 1.2). */
uint16_t ik_childless_refusal(const struct ik_node *node, const struct ik_rx *rx)
{
    uint8_t allowed = ik_peer_of(node, rx->sa)->childless;
    if ((rx->m.present & IK_P_CHILD) == 0) {
        return allowed == IK_CHILDLESS_NEVER ? IK_N_INVALID_SYNTAX : 0;
    }
    return allowed == IK_CHILDLESS_FORCE ? IK_N_NO_ADDITIONAL_SAS : 0;
}

#endif

/* SPDX-License-Identifier: MIT */
/* The exchanges: a room for each, with what they ask of one another. */
#ifndef IK_IKE_XCHG_XCHG_H
#define IK_IKE_XCHG_XCHG_H

#include "ike/auth/auth.h"

#define IK_P(name) IK_PRESENT(IK_PL_##name)
#define IK_P_ANY UINT16_MAX

/* What may stand in the clear messages, and in IKE_AUTH. */
#define IK_P_INIT (IK_P(SA) | IK_P(KE) | IK_P(NONCE) | IK_P(NOTIFY) | IK_P(VENDOR) | IK_P(CERTREQ))
#define IK_P_AUTH                                                                                  \
    (IK_P(SK) | IK_P(IDI) | IK_P(IDR) | IK_P(CERT) | IK_P(CERTREQ) | IK_P(AUTH) | IK_P(NOTIFY) |   \
     IK_P(VENDOR) | IK_P(CP) | IK_P(EAP) | IK_P(SA) | IK_P(TSI) | IK_P(TSR))

/* ---- init_i.c, auth_i.c --------------------------------------------------------------------- */

/* Begins an IKE SA for the policy's Child SA, unless one is there or on its way. tell_no_peer: the
 * user asked for it, so tell him if there is nobody to call. */
void ik_initiate(struct ik_node *node, uint16_t policy, bool tell_no_peer);

/* ---- cookie.c (2.6) ------------------------------------------------------------------------- */

/* Does this IKE_SA_INIT request need a cookie that it does not have? Then it was answered. */
bool ik_cookie_wanted(struct ik_node *node, struct ik_rx *rx);

/* ---- delete.c (1.4.1) ----------------------------------------------------------------------- */

/* Deletes of an IKE SA and of a Child SA, begun here. */
extern const struct ik_exchange ik_exchange_delete_ike, ik_exchange_delete_child;
/* Ends an IKE SA that the peer believes in: Delete, as soon as the window allows. A user who did
 * not hear of an IK_EV_IKE_UP is told at once. by_error: that notify instead of the Delete; 0:
 * none. Answers IK_STEP_ENDED where there was no room for a Delete: then it has ended. */
enum ik_step ik_delete_ike(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why,
                           uint16_t notify, uint16_t by_error);
/* Tells the peer that its Child SA is none, and ends it here. */
void ik_delete_child(struct ik_node *node, struct ik_ike_sa *sa, struct ik_child_sa *child,
                     enum ik_reason why);
/* Adds the Delete of our inbound side. */
void ik_put_delete_child(struct ik_chain *c, const struct ik_child_sa *child);

/* ---- liveness.c (2.4) ----------------------------------------------------------------------- */

extern const struct ik_exchange ik_exchange_liveness;

#endif

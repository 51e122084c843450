/* SPDX-License-Identifier: MIT */
/* Transition rows of the initiator, and of an IKE SA that is up, whoever began it. */
#include "ike/ike.h"

#define P(name) IK_PRESENT(IK_PL_##name)
#define ANY UINT16_MAX

/* What may stand in the clear messages, and in IKE_AUTH. */
#define INIT_PERMITTED (P(SA) | P(KE) | P(NONCE) | P(NOTIFY) | P(VENDOR) | P(CERTREQ))
#define AUTH_PERMITTED                                                                             \
    (P(SK) | P(IDI) | P(IDR) | P(CERT) | P(CERTREQ) | P(AUTH) | P(NOTIFY) | P(VENDOR) | P(CP) |    \
     P(EAP) | P(SA) | P(TSI) | P(TSR))

static const struct ik_step rows[] = {
    /*
     * RFC 7296 1.2:
     *
     *     Initiator                         Responder
     *     HDR(A,0), SAi1, KEi, Ni  -->
     *                                  <--  HDR(A,B), SAr1, KEr, Nr, [CERTREQ]
     *
     * then the shared secret is computed; IKE_AUTH leaves when it is known. timer: off
     */
    {.from = IK_IKE_I_INIT,
     .to = IK_IKE_I_SHARED,
     .exchange = IK_EX_IKE_SA_INIT,
     .response = true,
     .required = P(SA) | P(KE) | P(NONCE),
     .permitted = INIT_PERMITTED,
     .run = ik_init_i_response},

    /*
     * 2.6:
     *                                  <--  HDR(A,0), N(COOKIE)
     *     HDR(A,0), N(COOKIE), SAi1, KEi, Ni  -->
     *
     * timer: the new request's
     *
     * 1.2, 2.6.1:
     *                                  <--  HDR(A,0), N(INVALID_KE_PAYLOAD)
     *     HDR(A,0), [N(COOKIE),] SAi1, KEi', Ni  -->
     *
     * after a new key was generated, in state I_KEYGEN. timer: off until then
     *
     * 2.21.1: any other error, from whomever. timer: runs on, with fewer tries
     */
    {.from = IK_IKE_I_INIT,
     .to = IK_IKE_I_INIT,
     .exchange = IK_EX_IKE_SA_INIT,
     .response = true,
     .required = P(NOTIFY),
     .permitted = INIT_PERMITTED,
     .run = ik_init_i_again},

    /*
     * 1.2:
     *
     *     HDR, SK {IDi, [IDr,] AUTH, SAi2, TSi, TSr}  -->
     *                                  <--  HDR, SK {IDr, AUTH, SAr2, TSi, TSr}
     *                              or  <--  HDR, SK {IDr, AUTH, N(error of the Child SA)}
     *
     * timer: off
     */
    {.from = IK_IKE_I_AUTH,
     .to = IK_IKE_UP,
     .exchange = IK_EX_IKE_AUTH,
     .response = true,
     .required = P(SK) | P(IDR) | P(AUTH),
     .permitted = AUTH_PERMITTED,
     .run = ik_auth_i_response},

    /* 2.21.2:                      <--  HDR, SK {N(error)} */
    {.from = IK_IKE_I_AUTH,
     .to = IK_IKE_DEAD,
     .exchange = IK_EX_IKE_AUTH,
     .response = true,
     .required = P(SK) | P(NOTIFY),
     .permitted = AUTH_PERMITTED,
     .run = ik_auth_i_refused},

    /*
     * 1.4:
     *
     *     HDR, SK {[N,] [D,] [CP,] ...}  -->
     *                                  <--  HDR, SK {[D]}
     */
    {.from = IK_IKE_UP,
     .to = IK_IKE_UP,
     .exchange = IK_EX_INFORMATIONAL,
     .required = P(SK),
     .permitted = ANY,
     .run = ik_informational_request},
    {.from = IK_IKE_UP,
     .to = IK_IKE_UP,
     .exchange = IK_EX_INFORMATIONAL,
     .response = true,
     .required = P(SK),
     .permitted = ANY,
     .run = ik_informational_response},

    /*
     * 1.4.1, and 2.25.2 where the Deletes of both sides cross:
     *
     *     HDR, SK {D}  -->
     *                                  <--  HDR, SK {}
     */
    {.from = IK_IKE_DELETING,
     .to = IK_IKE_DELETING,
     .exchange = IK_EX_INFORMATIONAL,
     .required = P(SK),
     .permitted = ANY,
     .run = ik_informational_request},
    {.from = IK_IKE_DELETING,
     .to = IK_IKE_DEAD,
     .exchange = IK_EX_INFORMATIONAL,
     .response = true,
     .required = P(SK),
     .permitted = ANY,
     .run = ik_closing_response},

    /*
     * 1.3; RFC 7815 2.2:
     *
     *     HDR, SK {SA, Ni, [KEi,] [TSi, TSr]}  -->
     *                                  <--  HDR, SK {N(NO_ADDITIONAL_SAS)}
     */
    {.from = IK_IKE_UP,
     .to = IK_IKE_UP,
     .exchange = IK_EX_CREATE_CHILD_SA,
     .required = P(SK),
     .permitted = ANY,
     .run = ik_create_child_request},
    {.from = IK_IKE_DELETING,
     .to = IK_IKE_DELETING,
     .exchange = IK_EX_CREATE_CHILD_SA,
     .required = P(SK),
     .permitted = ANY,
     .run = ik_create_child_request},
};

static bool takes(const struct ik_step *row, enum ik_ike_state from, const struct ik_msg *m)
{
    return row->from == from && row->exchange == m->hdr.exchange &&
           row->response == ((m->hdr.flags & IK_FLAG_RESPONSE) != 0) &&
           (m->present & row->required) == row->required && (m->present & ~row->permitted) == 0;
}

static const struct ik_step *find(const struct ik_step *list, size_t n, enum ik_ike_state from,
                                  const struct ik_msg *m)
{
    for (size_t i = 0; i < n; i++) {
        if (takes(&list[i], from, m)) {
            return &list[i];
        }
    }
    return NULL;
}

const struct ik_step *ik_step_find(const struct ik_node *node, enum ik_ike_state from,
                                   const struct ik_msg *m)
{
    const struct ik_role *responder = ik_role_of(node);
    const struct ik_step *row = find(rows, sizeof rows / sizeof rows[0], from, m);
    if (row == NULL && responder != NULL) {
        row = find(responder->steps, responder->steps_n, from, m);
    }
    return row;
}

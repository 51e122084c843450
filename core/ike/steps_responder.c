/* SPDX-License-Identifier: MIT */
/* Transition rows of the responder, until the IKE SA is up. */
#include "ike/ike.h"

#define P(name) IK_PRESENT(IK_PL_##name)
#define AUTH_PERMITTED                                                                             \
    (P(SK) | P(IDI) | P(IDR) | P(CERT) | P(CERTREQ) | P(AUTH) | P(NOTIFY) | P(VENDOR) | P(CP) |    \
     P(SA) | P(TSI) | P(TSR))

static const struct ik_step rows[] = {
    /*
     * RFC 7296 1.2:
     *
     *     Initiator                         Responder
     *     HDR(A,0), [N(COOKIE),] SAi1, KEi, Ni  -->
     *                                  <--  HDR(A,B), SAr1, KEr, Nr
     *
     * The response leaves when key and shared secret are computed; or without any state:
     *
     *                                  <--  HDR(A,0), N(COOKIE | INVALID_KE_PAYLOAD |
     *                                                   NO_PROPOSAL_CHOSEN)
     * timer: half-open expiry
     */
    {.from = IK_IKE_FREE,
     .to = IK_IKE_R_KEYGEN,
     .exchange = IK_EX_IKE_SA_INIT,
     .required = P(SA) | P(KE) | P(NONCE),
     .permitted = P(SA) | P(KE) | P(NONCE) | P(NOTIFY) | P(VENDOR) | P(CERTREQ),
     .run = ik_init_r_request},

    /*
     * 1.2, 2.21.2:
     *
     *     HDR, SK {IDi, [IDr,] AUTH, SAi2, TSi, TSr}  -->
     *                                  <--  HDR, SK {IDr, AUTH, SAr2, TSi, TSr}
     *                              or  <--  HDR, SK {IDr, AUTH, N(error of the Child SA)}
     *                              or  <--  HDR, SK {N(AUTHENTICATION_FAILED)}
     * timer: off
     */
    {.from = IK_IKE_R_INIT,
     .to = IK_IKE_UP,
     .exchange = IK_EX_IKE_AUTH,
     .required = P(SK) | P(IDI) | P(AUTH) | P(SA) | P(TSI) | P(TSR),
     .permitted = AUTH_PERMITTED,
     .run = ik_auth_r_request},

    /* 2.16: without AUTH it asks for EAP. */
    {.from = IK_IKE_R_INIT,
     .to = IK_IKE_DEAD,
     .exchange = IK_EX_IKE_AUTH,
     .required = P(SK) | P(IDI),
     .permitted = AUTH_PERMITTED & ~P(AUTH),
     .run = ik_auth_r_no_auth},
};

const struct ik_role ik_responder = {.steps = rows,
                                     .steps_n = sizeof rows / sizeof rows[0],
                                     .job_done = ik_init_r_job_done,
                                     .refuse = ik_answer_clear_limited};

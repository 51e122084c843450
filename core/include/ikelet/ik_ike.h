/* SPDX-License-Identifier: MIT */
/*
 * The IKE SA (RFC 7296). The struct is visible so that hosts can allocate it; its fields are
 * private to core/ike.
 */
#ifndef IKELET_IK_IKE_H
#define IKELET_IK_IKE_H

#include "ikelet/ik_ipsec.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ik_ike_state {
    IK_IKE_FREE = 0,
    IK_IKE_I_KEYGEN, /* initiator: key generation job runs */
    IK_IKE_I_INIT,   /* initiator: IKE_SA_INIT request sent */
    IK_IKE_I_SHARED, /* initiator: shared secret job runs */
    IK_IKE_I_AUTH,   /* initiator: IKE_AUTH request sent */
    IK_IKE_R_KEYGEN, /* responder: key generation job runs */
    IK_IKE_R_SHARED, /* responder: shared secret job runs; then the IKE_SA_INIT response leaves */
    IK_IKE_R_INIT,   /* responder: waits for IKE_AUTH (half open) */
    IK_IKE_UP,
    IK_IKE_DELETING, /* our Delete is sent, waits for the empty response */
    IK_IKE_DEAD      /* waits for a running job, kept answer or untold event, then FREE */
};

/* Bytes of a message kept as sent; four octets of head room hold the non-ESP marker (RFC 3948 2.2).
 */
struct ik_kept {
    uint16_t len; /* of the message, 0 if none */
    uint8_t b[4 + IK_MSG_MAX];
};

/* RFC 7296 2.14. Wiped by the one teardown function. */
struct ik_ike_keys {
    uint8_t sk_d[IK_HASH_MAX];
    uint8_t sk_ai[IK_HASH_MAX], sk_ar[IK_HASH_MAX];
    uint8_t sk_ei[IK_ENCR_KEY_MAX], sk_er[IK_ENCR_KEY_MAX];
    uint8_t sk_pi[IK_HASH_MAX], sk_pr[IK_HASH_MAX];
};

struct ik_ike_sa {
    uint8_t state; /* enum ik_ike_state */
    bool initiator;
    uint16_t peer;   /* index into ik_config.peers; 0xffff while a responder does not know */
    uint16_t policy; /* initiator: the policy its first Child SA is for */
    uint8_t spi_i[IK_SPI_LEN], spi_r[IK_SPI_LEN];
    struct ik_path path;
    const struct ik_encr *encr;
    const struct ik_integ *integ;
    const struct ik_prf *prf;
    const struct ik_dh *dh;
    struct ik_ike_keys keys;
    struct ik_job job;
    uint8_t nonce_i[IK_NONCE_MAX], nonce_r[IK_NONCE_MAX];
    uint16_t nonce_i_len, nonce_r_len;
    /* core/ike completes this struct */
    struct ik_kept request;  /* our outstanding request */
    struct ik_kept response; /* our last response */
};

#ifdef __cplusplus
}
#endif

#endif

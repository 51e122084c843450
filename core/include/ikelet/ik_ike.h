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

/* What an IKE SA is waiting for or has found out; bits of ik_ike_sa.flags. */
enum ik_ike_flag {
    IK_SA_KEYED = 0x0001,         /* keys are derived */
    IK_SA_OUTSTANDING = 0x0002,   /* request waits for its response */
    IK_SA_SEND_REQUEST = 0x0004,  /* poll owes the first transmission of request */
    IK_SA_SEND_RESPONSE = 0x0008, /* poll owes response, by path */
    IK_SA_JOB_DUE = 0x0010,       /* poll owes the job */
    IK_SA_JOB_RUNS = 0x0020,      /* the host has it */
    IK_SA_NAT_HERE = 0x0040,      /* we are behind a NAT */
    IK_SA_NAT_THERE = 0x0080,     /* the peer is */
    IK_SA_FORCED = 0x0100,        /* as if NAT had been found (ik_peer.force_natt) */
    IK_SA_NATT = 0x01c0,          /* any of these three: UDP 4500 and ESP in UDP */
    IK_SA_CLOSE = 0x0200,         /* a Delete is owed after the outstanding request (window 1) */
    IK_SA_WAS_UP = 0x0400,        /* IK_EV_IKE_UP was raised: the end is a DOWN, no FAILED */
    IK_SA_ENDED = 0x0800,         /* its end was raised already */
    IK_SA_ANSWERING = 0x2000,     /* the handler of a request runs */
    IK_SA_INTEG_NONE = 0x1000,    /* the chosen proposal names INTEG NONE beside its AEAD */
    IK_SA_BEGAN_NATT = 0x4000     /* IKE_SA_INIT went by UDP 4500 already */
};

struct ik_ike_sa {
    /* First, what a search through a large pool looks at. */
    uint8_t state; /* enum ik_ike_state */
    bool initiator;
    uint16_t flags;  /* enum ik_ike_flag */
    uint16_t slot;   /* in the pool */
    uint16_t peer;   /* index into ik_config.peers; 0xffff while a responder does not know */
    uint16_t policy; /* of its Child SA; 0xffff if there was none yet */
    uint16_t child;  /* slot of its Child SA; 0xffff if none */
    uint8_t events;  /* bit (event - 1) of what is to be told */
    uint8_t reason;
    /* One timer serves the state: retransmission, half-open expiry, or how long a dead SA keeps its
     * last answer. */
    ik_tick timer_at;
    ik_tick sent_at; /* last datagram to the peer; NAT keepalive (RFC 3948 section 4) */
    uint8_t spi_i[IK_SPI_LEN], spi_r[IK_SPI_LEN];
    uint32_t msgid_out; /* of the outstanding request, or else of the next (2.2) */
    uint32_t msgid_in;  /* that the peer's next request has; response answers the one before */
    uint32_t sealed;    /* messages sealed: the IV counter of its keys */
    uint32_t order;     /* place in ik_node.orders of its beginning; once up, of that */
    struct ik_path path;
    /* Why events are told (event.c). Before that, reason and notify hold the hint that an
     * unauthenticated answer gave (2.21.1). */
    uint16_t notify, child_notify;
    uint16_t told_child; /* slot that the pending child events are about */
    uint8_t child_reason;
    uint8_t tries, tries_max;
    uint32_t wait;             /* us for the response to the last transmission, without jitter */
    uint8_t cookies, regroups; /* IKE_SA_INIT began anew because of COOKIE, INVALID_KE_PAYLOAD */
    uint8_t proposal;          /* number of the chosen proposal */
    const struct ik_encr *encr;
    const struct ik_integ *integ; /* NULL with an AEAD */
    const struct ik_prf *prf;
    const struct ik_dh *dh;
    union {
        /* Until g^ir is known. */
        struct ik_job job;
        /* Then, in its place, SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr without gaps, as
         * prf+ gives them (2.14). Wiped by the one teardown function. */
        uint8_t keys[3 * IK_HASH_MAX + 2 * IK_INTEG_KEY_MAX + 2 * IK_ENCR_KEY_MAX];
    };
    uint8_t peer_id[16]; /* digest of the identity that the peer proved */
    /* Ni | Nr | SPIi | SPIr without gaps, as RFC 7296 2.14 feeds them to prf+. */
    uint8_t seed[2 * IK_NONCE_MAX + 2 * IK_SPI_LEN];
    uint16_t nonce_i_len, nonces_len; /* Ni; Ni | Nr */
    /* Until IKE_AUTH is done both initial messages are needed, for AUTH signs them (2.15): request
     * is message 1 and response message 2, whoever sent them. (Before message 2 has come, response
     * is the cookie that the responder gave, 2.6.) Afterwards request is our outstanding
     * request and response our last response. */
    struct ik_kept request;
    struct ik_kept response;
};

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Configuration: peers (PAD), policies (SPD), proposals and timing, as one const struct of values.
 * The host fills it before ik_node_init(); it and all it points to outlive the node and may be
 * shared by nodes.
 */
#ifndef IKELET_IK_CONFIG_H
#define IKELET_IK_CONFIG_H

#include "ikelet/ik_crypto.h"
#include "ikelet/ik_trace.h"
#include "ikelet/ik_wire.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One proposal (RFC 7296 2.7): any number of transforms of each type; the peer chooses one of each.
 * Order is preference. For IKE: ENCR, PRF, DH, and INTEG unless all ENCR are AEAD. For ESP: ENCR,
 * INTEG unless AEAD, and ESN, which can only be IK_ESN_NO. AEADs and others do not mix in one
 * proposal.
 */
struct ik_proposal {
    uint8_t transforms_n;
    struct ik_transform transforms[IK_TRANSFORMS_MAX];
};

/* A Peer Authorization Database entry (RFC 4301 4.4.3): who the peer is and how both prove it. */
struct ik_peer {
    struct ik_addr local;  /* outer address of ours; family 0: that of the path it came by */
    struct ik_addr remote; /* outer address of the peer; family 0: anywhere (responder only) */
    uint16_t local_port;   /* 0: 500, or 4500 with a remote_port that isn't 500 */
    uint16_t remote_port;  /* 0: 500; another is used as 4500 is: all goes there from the beginning,
                              with IK_CARRIER_UDP4500 and so behind the marker, ESP too */
    struct ik_id local_id;
    struct ik_id remote_id;
    struct ik_span psk;                  /* RFC 7296 2.15; 1 to 65535 octets */
    const struct ik_proposal *proposals; /* IKE, in order of preference */
    uint8_t proposals_n;
    bool initial_contact; /* initiator: send INITIAL_CONTACT (2.4) */
    bool force_natt;      /* act as if NAT had been found: UDP 4500 from IKE_AUTH on, ESP in UDP */
};

/* What the SPD says of matching packets (RFC 4301 4.4.1). */
enum ik_action { IK_DISCARD = 0, IK_BYPASS = 1, IK_PROTECT = 2 };

enum ik_mode { IK_TUNNEL = 0, IK_TRANSPORT = 1 };

/*
 * An SPD entry. Entries are tried in order; the first whose selectors hold both ends of the packet
 * decides. What matches none is discarded. local is the source of what leaves, the destination of
 * what comes in.
 */
struct ik_policy {
    uint8_t action; /* enum ik_action */
    uint8_t ts_local_n, ts_remote_n;
    struct ik_ts ts_local[IK_TS_MAX];
    struct ik_ts ts_remote[IK_TS_MAX];
    /* The rest counts for IK_PROTECT only. */
    uint8_t mode; /* enum ik_mode */
    uint8_t proposals_n;
    uint16_t peer;   /* index into ik_config.peers */
    uint16_t replay; /* packets in the replay window; 0: 64; at most IK_REPLAY_MAX */
    const struct ik_proposal *proposals; /* ESP */
};

/* The longest wait that can be configured, 35 minutes in microseconds. */
#define IK_WAIT_MAX ((uint32_t)0x7fffffff)

/* RFC 7296 2.4: how a request is repeated. try k (0 first) waits initial * factor^k, at most max,
 * each shortened by up to jitter/256 of itself, drawn from the node's DRBG. */
struct ik_retransmit {
    uint32_t initial;   /* us; 0: 1 s */
    uint32_t max;       /* us; 0: 32 s */
    uint8_t factor_x16; /* factor times 16, above 16: 32 doubles; 0: 32 */
    uint8_t tries;      /* transmissions in all before giving up; 0: 7 */
    uint8_t jitter_256; /* 0: none */
};

/*
 * The code that answers IKE_SA_INIT requests, behind one pointer so that a node which never does
 * (RFC 7815) does not link it. Only in a build with IK_RESPONDER (ik_conf.h).
 */
struct ik_role;
extern const struct ik_role ik_responder;

struct ik_config {
    const struct ik_crypto *crypto;
    const struct ik_peer *peers;
    uint16_t peers_n;
    uint16_t policies_n;
    const struct ik_policy *policies;
    struct ik_retransmit retransmit;
    const struct ik_role *responder; /* &ik_responder: answer IKE_SA_INIT requests; NULL: do not */
    uint16_t cookie_above; /* responder: ask for a cookie when more IKE SAs than this are half open,
                              and 10 s longer; 0xffff: never (RFC 7296 2.6) */
    uint32_t half_open_for; /* us; responder: a half-open IKE SA is forgotten after this; 0: 30 s */
    uint32_t keepalive; /* us, at most IK_WAIT_MAX / 2; NAT keepalive when behind NAT and idle so
                           long; 0: 20 s (RFC 3948 4) */
    uint8_t nonce_len;  /* octets of our nonces; 0: 32 (RFC 7296 2.10: half the prf key at least) */
};

#ifdef __cplusplus
}
#endif

#endif

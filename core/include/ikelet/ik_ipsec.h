/* SPDX-License-Identifier: MIT */
/*
 * Child SAs and the data plane: SAD by SPI, ordered SPD, ESP in place (RFC 4301, 4303, 3948).
 * Structs here are visible so that hosts can allocate them; their fields are private to the core.
 */
#ifndef IKELET_IK_IPSEC_H
#define IKELET_IK_IPSEC_H

#include "ikelet/ik_config.h"
#include "ikelet/ik_env.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Room that sealing needs around a clear IP packet: before it (SPI, sequence number, IV) and behind
 * it (padding to 16, pad length, next header, ICV of at most 32). */
#define IK_ESP_HEAD 24
#define IK_ESP_TAIL 64
/* UDP encapsulation adds nothing here: the UDP header is the host's. */

/* Keys of one direction (RFC 7296 2.17). Wiped by ik_child_wipe only. */
struct ik_esp_keys {
    uint8_t encr[IK_ENCR_KEY_MAX]; /* key | salt */
    uint8_t integ[IK_INTEG ? IK_HASH_MAX : 1];
};

/* RFC 4303 3.4.3: last is the highest sequence number that authenticated; bit s % size of bits
 * tells whether s was seen, for s in (last - size, last]. */
struct ik_replay {
    uint32_t last;
    uint16_t size;
    uint8_t bits[IK_REPLAY_MAX / 8];
};

/* One direction of a Child SA. */
struct ik_esp_sa {
    uint32_t spi; /* host order; inbound: low 16 bits are the slot in the pool */
    uint32_t seq; /* outbound: last number used; 0 before the first packet */
    struct ik_esp_keys keys;
};

/* A Child SA: the SAD entry of both directions. */
struct ik_child_sa {
    uint8_t state;   /* 0: free; enum ik_child_state */
    uint8_t mode;    /* enum ik_mode */
    bool udp;        /* ESP in UDP (RFC 3948) */
    bool initiator;  /* we sent the request that made it */
    uint16_t policy; /* index into ik_config.policies */
    uint16_t ike;    /* slot of its IKE SA */
    uint32_t serial; /* grows with each SA made: of several that take a packet, the newest sends */
    const struct ik_encr *encr;
    const struct ik_integ *integ;    /* NULL with an AEAD */
    struct ik_path path;             /* by which it sends: UDP 4500 if udp, else ESP */
    uint8_t ts_local_n, ts_remote_n; /* negotiated, within the policy's */
    struct ik_ts ts_local[IK_TS_MAX];
    struct ik_ts ts_remote[IK_TS_MAX];
    struct ik_esp_sa in, out;
    struct ik_replay replay;
    ik_tick sent_at; /* last packet that left */
};

enum ik_child_state { IK_CHILD_FREE = 0, IK_CHILD_LARVAL = 1, IK_CHILD_UP = 2 };

/* The data plane of a node. Private. */
struct ik_ipsec {
    const struct ik_policy *policies;
    uint16_t policies_n;
    uint16_t sas_n;
    struct ik_child_sa *sas; /* lent by the host */
    uint32_t serial;         /* of the last SA made */
};

#if IK_ONE
/* Lent to ik_node_init() as the only one; defined by the program. */
extern struct ik_child_sa ik_one_child;
#endif

#ifdef __cplusplus
}
#endif

#endif

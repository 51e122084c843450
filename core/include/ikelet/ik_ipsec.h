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
/* UDP encapsulation adds nothing here: the UDP header is the host's. AH, which takes 88 with its
 * outer header, moves the packet into the tail room where the head room is too small. */

#if IK_HOLD
/* A clear packet that waits for its SA (ik_host.held); longer ones do not wait. */
#define IK_HELD_MAX 1500
struct ik_held {
    uint32_t turn;   /* the lowest came first */
    uint16_t policy; /* index into ik_config.policies */
    uint16_t len;    /* 0: the place is free */
#if IK_OUTER
    struct ik_outer outer;
#endif
    uint8_t b[IK_ESP_HEAD + 40 + IK_HELD_MAX + IK_ESP_TAIL];
};
#endif

/* ---- what a host may lend beside Child SAs --------------------------------------------------- */

/* Octets of keys that a Child SA keeps in itself for one direction: the cipher's with its salt,
 * then the integrity algorithm's (RFC 7296 2.17). Longer ones (integrity by SHA-384 or SHA-512)
 * need a struct ik_child_more. */
#define IK_ESP_KEYS_MAX (IK_ENCR_KEY_MAX + IK_INTEG_KEY_MAX)
#define IK_ESP_KEYS_OWN (IK_ESP_KEYS_MAX < 64 ? IK_ESP_KEYS_MAX : 64)

/* Can a Child SA of this build need more than it has in itself? */
#define IK_MORE (IK_TS_MAX > 1 || IK_ESP_KEYS_MAX > IK_ESP_KEYS_OWN)

/* What few Child SAs need: several selectors a side that are not just those of the policy, and long
 * integrity keys. Lent by the host (ik_host.more), as many as he thinks fit. */
struct ik_child_more {
    uint16_t next; /* while free: number of the next free one */
    uint8_t ts_local_n, ts_remote_n;
    struct ik_ts ts_local[IK_TS_MAX];
    struct ik_ts ts_remote[IK_TS_MAX];
    uint8_t keys[2][IK_ESP_KEYS_MAX]; /* of in, of out */
};

/* The index of the SPD and of outbound SAs hashes addresses by the leading bits that all of a
 * range share. So many different lengths of them (SA: remote; SPD: local and remote) have tables of
 * their own; what is beyond is put under shorter ones. 33: each length of IPv4. */
#define IK_LENGTHS_MAX 33
#define IK_SHAPES_MAX 24
struct ik_spd_shape {
    uint8_t family;        /* 4, 6; 0: entries of both */
    uint8_t local, remote; /* bits */
};

/* The SPD's index: a place in a table and a link, one for each policy. Lent by the host
 * (ik_host.spd); without it, policies are looked at one after the other. */
struct ik_spd_slot {
    uint16_t head, next, tag;
};

/* A pool of equal blocks that the host lent: those never used, and a list of those given back. A
 * number counts from 1, so that 0 is none, and zeros are a full pool. */
struct ik_lent {
    uint16_t n, fresh, free;
};

/* ---- Child SAs ------------------------------------------------------------------------------- */

/* A sequence number (RFC 4303 2.2, 2.2.1). */
#if IK_ESN
typedef uint64_t ik_seq;
#else
typedef uint32_t ik_seq;
#endif

/* RFC 4303 3.4.3: last is the highest sequence number that authenticated; bit s % size of the
 * window tells whether s was seen, for s in (last - size, last]. */
struct ik_replay {
    ik_seq last;
    uint16_t size;   /* a power of two, at least 32 */
    uint16_t window; /* number of the lent one; 0: bits */
    uint8_t bits[8];
};

/* One direction of a Child SA. */
struct ik_esp_sa {
    uint32_t spi; /* host order */
};

#if IK_ACCOUNT
/* So many octets or packets in one direction, whichever is. UINT64_MAX: any number. */
struct ik_esp_limit {
    uint64_t octets, packets;
};
#endif

/* A Child SA: the SAD entry of both directions. What each packet needs stands first. */
struct ik_child_sa {
    uint8_t state;      /* enum ik_child_state */
    uint8_t mode;       /* enum ik_mode */
    bool udp : 1;       /* ESP in UDP (RFC 3948) */
    bool esn : 1;       /* sequence numbers of 64 bits (RFC 4303 2.2.1) */
    bool due : 1;       /* a soft limit is reached; core/ike reads and clears it */
    bool initiator : 1; /* we sent the request that made it */
    bool own_ts : 1;    /* its selectors are those of its policy; else ts, or those in more */
    bool whole : 1;     /* it takes all that its policy takes */
    bool rekeyed : 1;   /* a request of ours to rekey it is queued or out */
    bool redundant : 1; /* the peer's, which has lost to ours (2.8.1): the peer deletes it */
    bool replaced : 1;  /* another takes its place: the peer made it, or we are faster (2.8.1) */
    bool wanted : 1;    /* larval: it was asked for by itself, so its failure is told */
    bool linked : 1;    /* it is in a bucket */
#if !IK_LINKED
    bool others : 1; /* larval, the peer's: of what he asked for, another one might take more */
#endif
#if IK_PACKET_TS
    bool first : 1;  /* larval: ts are its first choices (RFC 7296 2.9): those of the packet that
                        asked for it, or of the one that it replaces */
    bool missed : 1; /* the peer has left them out */
    bool single : 1; /* the peer takes one pair of addresses: nothing but that is asked for */
#endif
#if IK_REKEY
    bool refused : 1; /* to rekey it has come to nothing, and not for the moment only */
#endif
#if IK_TFC
    bool tfc : 1; /* the peer takes TFC padding */
#endif
#if IK_AH
    bool ah : 1; /* AH in the place of ESP (RFC 4302); encr is NULL encryption */
#endif
#if IK_PMTU
    bool may_cut : 1; /* mtu is more than its path takes: that may be cut on its way */
#endif
#if IK_PROBE
    bool found : 1; /* mtu was found out: no router has said so */
#endif
    uint8_t bits;    /* leading bits that all remote addresses of its selectors share */
    uint16_t policy; /* index into ik_config.policies */
    uint16_t ike;    /* slot of its IKE SA; IK_NO_SLOT: made by hand */
    /* For core/ike. */
    uint8_t events;  /* bit (event - 1) of what is to be told */
    uint8_t reason;  /* why it ended */
    uint16_t notify; /* the peer's notify behind that */
    ik_slot sibling; /* the next Child SA of the same IKE SA */
#if IK_REKEY
    ik_ms rekey_at, expire_at; /* IK_MS_NONE: never */
    uint16_t heir;             /* number of the one that the peer made in its place; 0: none */
#endif
#if !IK_ONE
    uint16_t slot; /* of this struct in its pool */
    uint16_t next; /* number of the next free one, or of the next in the same bucket */
#endif
#if IK_INDEX
    uint16_t bucket; /* number of the first one in the bucket of this slot */
#endif
#if IK_MORE
    uint16_t more; /* number of the lent struct ik_child_more; 0: none */
#endif
#if IK_PREPARE
    uint16_t prepared; /* number of the lent struct ik_prepared; 0: none */
#endif
    struct ik_esp_sa in, out;
#if !IK_LINKED
    ik_ms sent_at;  /* last packet that left */
    ik_ms heard_at; /* last packet that authenticated */
#endif
#if IK_ACCOUNT
    uint32_t drops; /* packets of this SA that were refused, either way */
#endif
    ik_seq seq; /* last number sent; 0 before the first packet */
    struct ik_replay replay;
#if IK_ACCOUNT
    /* Octets of IP packets, in transport mode of what is behind their header; packets that were
     * opened: those that were sealed are counted by seq. */
    uint64_t octets_in, octets_out, packets_in;
    struct ik_esp_limit limit; /* what is reached next: the soft one, then the hard one */
#endif
#if !IK_LINKED
    const struct ik_encr *encr;
    const struct ik_integ *integ; /* NULL with an AEAD */
#endif
    struct ik_ts ts[2];               /* one pair, negotiated: local, remote */
    struct ik_path path;              /* by which it sends: UDP 4500 if udp, else ESP */
    uint8_t keys[2][IK_ESP_KEYS_OWN]; /* of in, of out. Secret: wiped by ik_child_wipe only */
#if IK_PMTU
    uint16_t mtu;    /* octets of the largest IP datagram that its path takes; 0: not known */
    uint16_t mtu_at; /* when that became known, in units of 1024 ms */
#endif
};

#if IK_LINKED
extern struct ik_child_sa ik_linked_child_sa; /* see ik_node.h */
#endif

enum ik_child_state {
    IK_CHILD_FREE = 0,
    IK_CHILD_LARVAL = 1,  /* being negotiated: neither sends nor receives */
    IK_CHILD_ENDED = 2,   /* keys are gone; what is to be told of it is not told yet */
    IK_CHILD_UP = 3,      /* sends and receives */
    IK_CHILD_IN_ONLY = 4, /* receives, and sends when the peer has shown that it does */
    IK_CHILD_OLD = 5,     /* another one sends in its place; receives what is still under way */
    IK_CHILD_DELETING = 6 /* likewise; our Delete waits for its answer */
};

/* The data plane of a node. Private. */
struct ik_ipsec {
#if IK_LINKED
    uint8_t nothing; /* all is where the compiler knows it; a struct has a member */
#else
    const struct ik_policy *policies;
    uint16_t policies_n;
    uint16_t sas_n;
#if IK_PMTU
    uint16_t told_at;  /* when the last sender inside heard that his packet is too big, in ms */
    uint16_t asked_at; /* when the last router's word was looked into, in ms */
#endif
    struct ik_child_sa *sas; /* lent by the host, as what follows */
#endif
#if !IK_ONE
    uint16_t shard; /* our SPIs begin with shard_bits bits of it */
    uint8_t shard_bits;
    uint8_t slot_bits; /* and end with the slot in so many */
#endif
#if IK_MANUAL
    uint16_t manual_n; /* how many SAs were made by hand */
#endif
#if !IK_ONE
    uint16_t fresh;                 /* slots from here on were never used */
    uint16_t free_first, free_last; /* numbers of the free slots that were, oldest first */
#endif
#if IK_MORE
    struct ik_child_more *more;
    struct ik_lent more_pool;
#endif
#if IK_PREPARE
    struct ik_prepared *prepared;
    struct ik_lent prepared_pool;
#endif
#if IK_REPLAY_MAX > 64
    uint8_t *windows;
    uint16_t window_packets; /* in each */
    struct ik_lent windows_pool;
#endif
#if IK_INDEX
    struct ik_spd_slot *spd;
    uint8_t shapes_n;
    uint8_t lengths_n[2];
    struct ik_spd_shape shapes[IK_SHAPES_MAX];
    uint8_t lengths[2][IK_LENGTHS_MAX];
#endif
};

/* What a host is told about a Child SA. Counters are 0 in a build without IK_ACCOUNT. */
struct ik_child_info {
    uint8_t state; /* enum ik_child_state */
    uint8_t mode;  /* enum ik_mode */
    bool udp, esn, ah;
    uint16_t policy, ike;             /* index into ik_config.policies, slot of its IKE SA */
    uint32_t spi_in, spi_out;         /* spi_out is 0 while it is LARVAL */
    uint64_t octets_in, octets_out;   /* of IP packets; transport mode: behind their header */
    uint64_t packets_in, packets_out; /* dummies too */
    uint32_t drops;                   /* packets of this SA that were refused, either way */
    uint64_t seq_in, seq_out;         /* highest that authenticated, last that was sent */
    uint16_t window;                  /* packets in the replay window */
    uint16_t mtu; /* octets of the largest IP datagram that its path takes; 0: not known */
    ik_time last_in, last_out; /* node time; IK_NEVER: no packet yet */
};

struct ik_node;
/* What is known of the Child SA in a slot; false if there is none. */
bool ik_child_info(const struct ik_node *node, uint16_t child, struct ik_child_info *out);

#ifdef __cplusplus
}
#endif

#endif

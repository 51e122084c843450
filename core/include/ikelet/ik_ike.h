/* SPDX-License-Identifier: MIT */
/*
 * The IKE SA (RFC 7296), and what is lent to it for a while: handshakes, tasks, message buffers.
 * The structs are visible so that hosts can allocate them; their fields are private to core/ike.
 */
#ifndef IKELET_IK_IKE_H
#define IKELET_IK_IKE_H

#include "ikelet/ik_ipsec.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The life of an IKE SA. Which message comes next is not told here but by its task or handshake. */
enum ik_ike_state {
    IK_IKE_FREE = 0,
    IK_IKE_OPENING, /* IKE_SA_INIT and IKE_AUTH are under way */
    IK_IKE_UP,      /* both ends have proved who they are */
    IK_IKE_REKEYED, /* another IKE SA has its Child SAs; it waits to be deleted */
    IK_IKE_CLOSING, /* our Delete of it is queued or sent */
    IK_IKE_DEAD     /* keys are gone; keeps its last response for a while, and events to be told */
};

/* What an IKE SA waits for, one moment each, beside its tasks and keepalives. */
enum ik_timer {
#if IK_REKEY
    IK_TIMER_UNIQUE, /* another of the same peer is to be looked for */
    IK_TIMER_REKEY,  /* something of it grows old (2.8) */
    IK_TIMER_REAUTH, /* the peer is to prove anew who it is (2.8.3) */
#endif
#if IK_REKEY || IK_RESPONDER
    IK_TIMER_EXPIRE, /* half open for too long, or its life is over */
#endif
    IK_TIMER_LINGER, /* the last response has been kept long enough (2.1) */
    IK_TIMER_N
};

/* Where the SA is in the node's ready list and deadline heap: schedule.c only. Heap and hash tables
 * have their cells in the pool that they are about, so that nothing more has to be lent: at, cell
 * and bucket belong to the table, at this slot's place; the others to the SA. */
enum ik_index_kind {
    IK_BY_SPI_I, /* responder: address and port of the peer, SPIi (2.1) */
    IK_BY_PEER,  /* the PAD entry, where it names an address */
    IK_BY_ID,    /* the identity that the peer proved */
    IK_BY_ADDR,  /* half-open ones: the address of the peer */
    IK_INDEX_N
};
struct ik_sched {
    ik_ms at;   /* heap: the moment of who is in this place */
    bool ready; /* it is in the ready list */
#if !IK_ONE
    uint8_t indexed; /* bit of each enum ik_index_kind that holds it */
    ik_slot cell;    /* heap: who is in this place */
    ik_slot place;   /* in the heap; IK_NO_SLOT if it is not there */
    ik_slot after;   /* in the ready list */
    struct {
        ik_slot bucket; /* hash table: the first of this bucket */
        ik_slot next;   /* in the bucket */
    } by[IK_INDEX_N];
#endif
};

/* Where the peer is, and what is between (2.23). The Child SAs of an IKE SA follow it. */
enum ik_nat {
    IK_NAT_HERE = 0x01,    /* we are behind a NAT */
    IK_NAT_THERE = 0x02,   /* the peer is */
    IK_NAT_FORCED = 0x04,  /* as if one had been found (ik_peer.force_natt) */
    IK_NAT_ANY = 0x07,     /* any of these three: UDP 4500 and ESP in UDP */
    IK_NAT_STARTED = 0x08, /* IKE_SA_INIT went by UDP 4500 already */
    IK_NAT_UNTOLD = 0x10   /* NAT_DETECTION notifies are in no message of ours */
};
struct ik_route {
    struct ik_path path;
    uint8_t nat; /* enum ik_nat */
#if IK_FRAGMENT
    uint16_t fragment; /* octets of the largest IP datagram for an IKE message; 0: the two ends have
                          not agreed on fragments (RFC 7383 2.3) */
#endif
};

/* Message IDs (2.2, 2.3). Each side counts its own requests. */
struct ik_window {
    uint32_t request;  /* ours: of the next one to be sent */
    uint32_t expected; /* the peer's: the lowest that has not come */
#if !IK_LINKED         /* there it is one, each way */
    uint32_t beyond;   /* bit n: expected + 1 + n has come already */
    uint8_t size_out;  /* requests of ours that the peer takes at once */
    uint8_t size_in;   /* of the peer's that we take */
#endif
    ik_slot responses; /* buffers of the last responses, the newest first */
};

/* An algorithm suite: what the two ends agreed on (2.7). named: bits of the transform types that
 * the answer names, for it repeats them. */
struct ik_suite {
    const struct ik_encr *encr;
    const struct ik_integ *integ; /* NULL with an AEAD */
    const struct ik_prf *prf;     /* IKE only */
    const struct ik_dh *dh;       /* NULL if none */
    uint8_t number;               /* of the proposal on the wire */
    uint8_t named;
#if IK_ESN
    bool esn; /* ESP only */
#endif
};

/* SK_d, SK_a*, SK_e* (2.14) and the IV counter of the direction that we seal. [1]: of the
 * initiator. SK_p* serve the handshake only and lie there. */
struct ik_ike_keys {
    uint32_t sealed; /* messages sealed: the IV counter */
    uint8_t d[IK_HASH_MAX];
#if IK_INTEG
    uint8_t a[2][IK_INTEG_KEY_MAX];
#endif
    uint8_t e[2][IK_ENCR_KEY_MAX];
};

/* bits of ik_ike_sa.flags */
enum ik_ike_flag {
    IK_SA_KEYED = 0x01,        /* keys are derived */
    IK_SA_RESPONSE_DUE = 0x02, /* poll owes the newest response, by route.path */
    IK_SA_CHILD_EVENT = 0x04,  /* a Child SA of it has something to tell */
    IK_SA_WAS_UP = 0x08,       /* IK_EV_IKE_UP was raised: the end is a DOWN, no FAILED */
    IK_SA_ENDED = 0x10,        /* its end was raised already */
    IK_SA_JUST_UP = 0x40,      /* as responder: no request has come since IKE_AUTH (2.21.2) */
    IK_SA_LARVAL = 0x80,       /* made by a rekeying that is under way, which ends it if it fails */
    IK_SA_LAST_WORD = 0x20     /* dead: the newest response answers the request that ended it */
};

/* What outlives the handshake. */
struct ik_ike_sa {
    struct ik_sched sched;
    ik_ms moment[IK_TIMER_N];
    uint8_t state; /* enum ik_ike_state */
    bool initiator;
    uint8_t flags;     /* enum ik_ike_flag */
    uint8_t events;    /* bit (event - 1) of what is to be told */
    ik_slot slot;      /* in the pool */
    ik_slot children;  /* its Child SAs, chained by ik_child_sa.sibling */
    ik_slot tasks;     /* what it has to ask for, in order */
    ik_slot handshake; /* the first of the key exchanges under way; IK_NO_SLOT if there is none */
#if IK_FRAGMENT
    ik_slot reassembly; /* the first of the messages that come in fragments */
#endif
#if !IK_ONE
    ik_slot dead_next; /* dead ones that keep their last response, the oldest first */
#endif
    uint16_t peer;   /* index into ik_config.peers; IK_NO_SLOT while a responder does not know */
    uint16_t policy; /* for whose Child SA it was begun; IK_NO_SLOT if for none */
    uint8_t spi_i[IK_SPI_LEN], spi_r[IK_SPI_LEN];
    struct ik_window window;
    struct ik_route route;
#if !IK_LINKED
    struct ik_suite suite;
#endif
    struct ik_ike_keys keys;
#if !IK_LINKED
    uint8_t peer_id[16]; /* digest of the identity that the peer proved */
    uint8_t
        nonce_i[4]; /* the first octets of Ni: an old IKE_SA_INIT request is known by them (2.1) */
    uint32_t
        generation; /* counts with ik_node.generations: when it began; once up, when that was */
    ik_ms up_at, heard_at;
#endif
    uint8_t last_word[8]; /* dead: digest of the request that it answered last */
    ik_ms sent_at;
    uint16_t notify; /* behind the end that is to be told */
    uint8_t reason;
    uint8_t refusal; /* IK_EV_CHILD_FAILED of one that never had a slot: why */
#if IK_REKEY
    bool yields : 1;             /* a newer one is there: it goes when IK_TIMER_UNIQUE comes */
    bool only : 1;               /* the peer said INITIAL_CONTACT (2.4): it knows of no older one */
    uint16_t reauths;            /* slot + 1 of that whose place it is to take (2.8.3); 0: none */
    uint32_t reauths_generation; /* of that one */
#endif
#if IK_RESUME && IK_RESPONDER
    ik_slot ticket_at; /* of its ticket by reference, if that is still its own (RFC 5723) */
#endif
};

#if IK_FRAGMENT
/*
 * A message that leaves in fragments is kept as it was before it was sealed. Each fragment is
 * sealed when it leaves, always with the same IV: so it is the same, bit for bit, as often as it
 * leaves.
 */
struct ik_pieces {
    uint16_t total;   /* fragments; 0: the message is whole and sealed */
    uint16_t sent;    /* how many of them have left since they were last to leave */
    uint16_t chunk;   /* octets of text in each but the last */
    uint16_t text_at; /* offset of the text in the message */
    bool due;         /* a response that is leaving, by path */
    uint8_t repeats;  /* how often a response was asked for once more */
    uint8_t seed[16]; /* of IVs that must be unpredictable */
    uint32_t sealed;  /* IV counter before the first of them */
    struct ik_path path;
};
#endif

/* A message as it was sent or has to be kept. Four octets of head room hold the non-ESP marker (RFC
 * 3948 2.2). */
struct ik_buffer {
    ik_slot next;
    uint16_t len; /* of the message */
    uint32_t msgid;
#if IK_FRAGMENT
    struct ik_pieces pieces;
#endif
    uint8_t b[4 + IK_MSG_MAX]; /* of a short one the first 4 + IK_SHORT_MAX are there */
};

/* Octets of a short buffer: the head of a struct ik_buffer, and as much of b. */
#define IK_SHORT_BUFFER ((offsetof(struct ik_buffer, b) + 4 + IK_SHORT_MAX + 7) / 8 * 8)

#if IK_FRAGMENT
/* A message that comes in fragments (RFC 7383 2.6). Its place is taken when the first of them has
 * authenticated. */
struct ik_reassembly {
    ik_slot next;           /* of the same IKE SA, or free list */
    ik_slot ike;            /* IK_NO_SLOT: it has come whole */
    ik_slot earlier, later; /* in the order in which the last fragment came */
    bool response;          /* of which direction */
    uint8_t exchange;       /* enum ik_exchange_type */
    uint8_t first;          /* type of the first payload inside */
    uint16_t total, came;   /* fragments */
    uint16_t len;           /* octets of text that came */
    uint16_t largest;       /* octets of the largest datagram */
    uint32_t msgid;
    ik_ms until;                     /* it is given up if nothing more comes */
    uint8_t digest[8];               /* of fragment 1, as it came */
    uint16_t size[IK_FRAGMENTS_MAX]; /* 1 + octets of text of each that came; 0: it has not */
    /* Header and SK header, then the text of those that came, in their order. */
    uint8_t b[IK_MSG_MAX];
};
#endif

#if IK_RESUME
/* What is kept of an IKE SA so that it can be resumed (RFC 5723 section 5). */
struct ik_resumable {
    uint16_t encr, encr_bits, integ, prf, dh; /* its algorithms, by IANA's numbers; integ 0: AEAD */
    uint16_t peer;                            /* index into ik_config.peers */
    uint8_t spi_i[IK_SPI_LEN], spi_r[IK_SPI_LEN]; /* its own, which the next one does not have */
    uint8_t peer_id[16];                          /* digest of the identity that the peer proved */
    ik_ms until;
    uint8_t sk_d[IK_HASH_MAX];
};

/* Initiator: the ticket that a peer gave us, and that. A secret; ik_node_session_get() and put()
 * take it out of the node and back. */
struct ik_session {
    struct ik_resumable of;
    uint16_t ticket_len; /* 0: there is none */
    uint8_t ticket[IK_TICKET_MAX];
};

/* Responder: what a ticket by reference stands for. */
struct ik_ticket {
    bool taken;
    uint8_t opening; /* half-open IKE SAs that are being resumed by it */
    uint8_t id[16];
    struct ik_resumable of;
};
#endif

enum ik_job_place {
    IK_JOB_IDLE,
    IK_JOB_DUE,
    IK_JOB_OUT,
    IK_JOB_KEPT /* it is done, before anybody has asked for it (ik_node_prepare) */
};

/* An IKE_AUTH request that waits for the host to say who it is from. */
struct ik_kept_request {
    ik_slot buffer; /* the message, opened; IK_NO_SLOT if none waits */
#if IK_LOOKUP
    uint16_t inner_at, inner_len; /* what is inside SK */
    uint8_t digest[8];
    struct ik_path path; /* by which it came */
#endif
};

/* A key exchange under way: nonces, the job, and what IKE_AUTH needs of IKE_SA_INIT. Lent to an IKE
 * SA until it is up. */
struct ik_handshake {
    struct ik_job job;
    const struct ik_exchange *exchange; /* whose resume() takes the job when it is done */
    ik_slot slot;                       /* in the pool */
    ik_slot next; /* free list; or half-open SAs in the order of their beginning */
    ik_slot ike;  /* IK_NO_SLOT: the SA has ended while the host had the job, or has not begun */
    ik_slot task; /* IK_NO_SLOT: we are asked */
#if IK_REKEY
    ik_slot sibling; /* the next one of the same IKE SA */
    /* CREATE_CHILD_SA: what is being made, and for what. */
    ik_slot child;         /* larval Child SA */
    ik_slot old;           /* the Child SA that it replaces */
    ik_slot new_ike;       /* the IKE SA that is being made */
    uint32_t msgid;        /* of the request that waits for our response */
    uint32_t gone;         /* an SPI that the peer deleted before we knew it; 0: none */
    struct ik_suite suite; /* chosen */
    ik_slot rival;         /* what the peer's own request for the same made meanwhile: a slot of the
                              same kind (2.8.1, 2.8.2); IK_NO_SLOT: nothing */
    uint8_t rival_nonce[32];       /* the lower of its two nonces */
    uint8_t rival_spi[IK_SPI_LEN]; /* of an IKE SA: the initiator's, since its slot may be
                                      another's by now */
#endif
    ik_slot
        message[2]; /* buffers of the IKE_SA_INIT request and response, which AUTH signs (2.15) */
    struct ik_kept_request kept;
#if IK_RESUME
    bool ticket_asked;       /* responder, of a rekeying: the request asks for a ticket */
    bool resumed;            /* its keys come of those of another (RFC 5723) */
    ik_slot ticket;          /* responder: by reference: where; else IK_NO_SLOT */
    struct ik_resumable was; /* responder: of the old one; its SK_d is wiped when it has served */
#endif
#if IK_PPK
    bool ppk; /* both have said USE_PPK; as responder, from IKE_AUTH on: and it has that key */
#endif
#if IK_CHILDLESS
    bool childless; /* as responder: it said that it takes IKE_AUTH without a Child SA (RFC 6023) */
#endif
    uint8_t job_place; /* enum ik_job_place */
#if IK_RESPONDER
    bool half_open; /* as responder, without proof yet: it is in the list of these */
    ik_ms since;    /* when that began */
    ik_slot prev;
#endif
    uint8_t cookies, regroups; /* IKE_SA_INIT began anew because of COOKIE, INVALID_KE_PAYLOAD */
    /* The error that an unauthenticated answer named (2.21.1): all that it changes. */
    uint8_t hint;
    uint16_t hint_notify;
    uint16_t nonce_i_len, nonces_len; /* Ni; Ni | Nr */
    /* Ni | Nr | SPIi | SPIr without gaps, as 2.14 feeds them to prf+. */
    uint8_t seed[2 * IK_NONCE_MAX + 2 * IK_SPI_LEN];
    uint8_t cookie_len;
    union {                            /* which serves before there are keys */
        uint8_t cookie[IK_COOKIE_MAX]; /* the last that came: all later requests have it (2.6.1) */
        uint8_t sk_p[2][IK_HASH_MAX];  /* SK_pr, SK_pi */
    };
};

enum ik_task_phase {
    IK_TASK_QUEUED,  /* waits for room in the window */
    IK_TASK_WORKING, /* a job or the host has to answer first */
    IK_TASK_SEND,    /* poll owes a transmission */
    IK_TASK_SENT     /* waits for the response */
};

/* Something that an IKE SA has to ask its peer for. */
struct ik_task {
    const struct ik_exchange *exchange;
    ik_slot next; /* of the same IKE SA, or free list */
    ik_slot ike;
    ik_slot child; /* the Child SA that it is about, or makes */
#if IK_REKEY
    ik_slot handshake; /* the key exchange that it takes; IK_NO_SLOT: none */
#endif
    ik_slot request; /* buffer: repeated as it is until answered (2.1) */
    uint16_t notify; /* error notify to be sent, or behind the reason */
    uint8_t reason;  /* enum ik_reason of an end that it brings about */
#if IK_AH
    uint8_t phase : 7; /* enum ik_task_phase */
    bool ah : 1;       /* the SA of spi is AH's */
#else
    uint8_t phase; /* enum ik_task_phase */
#endif
    uint8_t tries;    /* transmissions so far */
    uint8_t attempts; /* how often it was begun */
    uint32_t spi;     /* of a Child SA that is gone here and is to be deleted there */
    uint32_t msgid;
    uint32_t wait; /* ms for the response to the last transmission, without jitter */
    ik_ms at;      /* SENT: to be sent again; QUEUED: not before */
};

#if IK_PROBE
/* What is being found out of the path of an IKE SA (xchg/probe.c). */
struct ik_probe {
    ik_ms at;        /* the next one is due */
    uint16_t passes; /* octets of the largest datagram that has got through; 0: none has */
    uint16_t lost;   /* of the smallest that has not; 0: none */
    uint16_t size;   /* of that which is out; 0: none is */
    uint8_t misses;  /* of that size that were lost */
    uint8_t doubts;  /* that prove nothing */
};
#endif

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The node: one IKEv2 and ESP end point as a function of configuration, seed and events.
 *
 * The host feeds events (a datagram came, a packet is to leave, a job is done, time has passed) and
 * after each one takes effects with ik_node_poll() until it answers false; then it sleeps until
 * ik_node_deadline() or the next event. No call waits, allocates, reads a clock or draws randomness
 * of its own; each does a bounded amount of work. Same configuration, same seed, same events in the
 * same order: same effects, to the byte.
 *
 *     ik_node_init(&node, &config, &host, now);
 *     ik_node_seed(&node, entropy, sizeof entropy);
 *     ik_node_up(&node, now, 0);
 *     for (;;) {
 *         struct ik_effect fx;
 *         while (ik_node_poll(&node, now, &fx))
 *             carry_out(&fx);
 *         wait_until(ik_node_deadline(&node));
 *         ... ik_node_rx(), ik_node_tx(), ik_node_job_done() ...
 *     }
 *
 * `now` never runs backwards from one call to the next. A node is used by one thread at a time.
 */
#ifndef IKELET_IK_NODE_H
#define IKELET_IK_NODE_H

#include "ikelet/ik_ike.h"

#ifdef __cplusplus
extern "C" {
#endif

#if IK_INDEX
/* What a peer asks for: one pair of selectors of a Child SA. */
struct ik_claim {
    uint16_t peer;          /* index into config */
    const uint8_t *peer_id; /* as ik_ike_info has it */
    const struct ik_ts *local, *remote;
};
typedef bool (*ik_claimed_fn)(void *ctx, const struct ik_claim *claim);
#endif

/* What the host lends to one node at init; pools and contexts outlive the node, the struct itself
 * is copied. Pools are uninitialised memory. ik_host_lay() fills this from one block of memory. */
struct ik_host {
    struct ik_ike_sa *ike_sas;
    struct ik_child_sa *child_sas;
    struct ik_handshake
        *handshakes;           /* IKE SAs that are opening, and rekeyings with a key exchange */
    struct ik_task *tasks;     /* requests of ours, sent or queued */
    struct ik_buffer *buffers; /* messages that are kept */
    uint16_t ike_sas_n;        /* each count: 1 to 0xfffe */
    uint16_t child_sas_n;
    uint16_t handshakes_n;
    uint16_t tasks_n;
    uint16_t buffers_n; /* an opening IKE SA takes 2, an open one 1 and another for each request */
    uint16_t node_id;   /* stands in trace records */
    ik_trace_fn trace;  /* NULL: none */
    void *trace_ctx;
#if IK_AUDIT
    ik_audit_fn audit; /* auditable events; NULL: they are counted and traced only */
    void *audit_ctx;
#endif
    /* The rest may be absent. SPIs of ours begin with shard_bits (at most 8) bits of shard, so that
     * a host with a node on each of several cores can steer by them. */
    uint16_t shard;
    uint8_t shard_bits;
#if IK_INDEX
    /* Does another node of this host have a living Child SA for an end of that, by the same entry
     * and with another identity? Then it is refused, as where the node itself has one (RFC 4301
     * 4.4.3.4). */
    ik_claimed_fn claimed;
    void *claimed_ctx;
#endif
    struct ik_child_more *child_more; /* for Child SAs with many selectors or long keys */
    uint16_t child_more_n;
    /* Replay windows above 64 packets: windows_n of window_packets each (a power of two), which is
     * window_packets / 8 octets. */
    uint8_t *windows;
    uint16_t windows_n, window_packets;
#if IK_PREPARE
    struct ik_prepared *prepared; /* key schedules of Child SAs, two directions in each */
    uint16_t prepared_n;
#endif
#if IK_FRAGMENT
    /* Places for messages that come in fragments (RFC 7383), and one buffer in which each fragment
     * of ours is sealed; none: no fragments are agreed on. */
    struct ik_reassembly *reassemblies;
    uint16_t reassemblies_n;
    struct ik_buffer *fragment;
#endif
#if IK_PROBE
    /* What is being found out of a path: as many as IKE SAs, for which place n is that of slot n;
     * or none, and ik_peer.probe counts for nothing. */
    struct ik_probe *probes;
    uint16_t probes_n;
#endif
#if IK_RESUME
    /* Initiator: place n is for what the peer of that index gives. It outlives the node, if it is
     * to. Zeroed before its first use. */
    struct ik_session *sessions;
    uint16_t sessions_n;
    /* Responder: tickets by reference that are out at once; the oldest gives way. */
    struct ik_ticket *tickets;
    uint16_t tickets_n;
#endif
    struct ik_spd_slot *spd; /* index of the policies: as many as these */
    uint16_t spd_n;
#if IK_HOLD
    /* Places for clear packets that wait for their SA; a policy may take as many as are still free.
     * With at least one, who sends what can't be protected is told by ICMP (RFC 4301 5.1.1). */
    struct ik_held *held;
    uint16_t held_n;
#endif
#if IK_SHORT_MAX > 0
    /* Short buffers, of IK_SHORT_BUFFER octets each: a response that is kept moves into one if it
     * fits, and leaves the long one to others. With buffers_n at most 0xfffe in all. */
    void *shorts;
    uint16_t shorts_n;
#endif
};

#if IK_LINKED
/* The host defines them, and lends them in this. */
extern const struct ik_host ik_linked_host;
extern struct ik_ike_sa ik_linked_ike_sa;
extern struct ik_handshake ik_linked_handshake;
extern struct ik_task ik_linked_tasks[2];
extern struct ik_buffer ik_linked_buffers[2];
#endif

/* How much a node is to hold: at least one IKE SA and one Child SA. */
struct ik_sizes {
    uint16_t ike_sas, child_sas;
    uint16_t handshakes, tasks, buffers; /* 0: as many as never to be short of */
    uint16_t shorts;                     /* short buffers, for responses that are kept */
    uint16_t child_more;              /* Child SAs with many selectors or long keys; 0: all may */
    uint16_t windows, window_packets; /* replay windows above 64 packets, and their size */
    uint16_t policies;                /* in the index of the SPD; 0: there is none */
    uint16_t prepared; /* Child SAs whose key schedules are kept, from their first packet on; others
                          compute them each time */
    uint16_t held;     /* packets that may wait for their SA */
    uint16_t reassemblies; /* messages that may come in fragments at the same time */
    bool probes;           /* what a path takes may be found out (ik_peer.probe) */
};
/* Octets of one block for pools of these sizes, and the block's division; memory is aligned as for
 * any object. Other fields of *host are left alone. */
size_t ik_host_size(const struct ik_sizes *sizes);
void ik_host_lay(struct ik_host *host, const struct ik_sizes *sizes, void *memory);

/* What a user is told. */
enum ik_event {
    IK_EV_IKE_UP = 1,   /* both ends have proved who they are */
    IK_EV_CHILD_UP,     /* packets may flow */
    IK_EV_CHILD_FAILED, /* IKE SA up, its Child SA refused; reason says why */
    IK_EV_IKE_FAILED,   /* the handshake ended without an IKE SA; reason says why */
    IK_EV_CHILD_DOWN,
    IK_EV_IKE_DOWN, /* deleted by either side, or gone silent; reason says which */
    IK_EV_NO_ROOM   /* somebody was refused because a pool is full; at most one a second */
};

enum ik_reason {
    IK_WHY_NONE = 0,
    IK_WHY_TIMEOUT,       /* no answer after the last retransmission */
    IK_WHY_AUTH,          /* AUTHENTICATION_FAILED: either side's proof was refused */
    IK_WHY_NO_PROPOSAL,   /* NO_PROPOSAL_CHOSEN, or an answer that we did not propose */
    IK_WHY_BAD_KE,        /* no group in common, or a public value that fails its checks */
    IK_WHY_TS,            /* TS_UNACCEPTABLE, or selectors outside of policy */
    IK_WHY_SYNTAX,        /* the peer calls our message, or we its, malformed */
    IK_WHY_CRITICAL,      /* UNSUPPORTED_CRITICAL_PAYLOAD */
    IK_WHY_NO_ADDITIONAL, /* NO_ADDITIONAL_SAS */
    IK_WHY_REFUSED,       /* another error notify */
    IK_WHY_NO_ROOM,       /* a pool of ours is full */
    IK_WHY_NOT_SEEDED,    /* up before entropy */
    IK_WHY_DELETED_HERE,  /* ik_node_down */
    IK_WHY_DELETED_PEER,  /* Delete from the peer */
    IK_WHY_REPLACED,      /* INITIAL_CONTACT of a newer SA */
    IK_WHY_NO_PEER,   /* nobody to call: the policy protects nothing, or its peer has no address */
    IK_WHY_MODE,      /* one side wants transport mode, the other tunnel mode */
    IK_WHY_REKEYED,   /* another SA has taken its place (2.8): nothing is lost */
    IK_WHY_EXPIRED,   /* its life is over */
    IK_WHY_CONFIG,    /* the new configuration does not allow it any more */
    IK_WHY_CHILDLESS, /* one side wants no Child SA in IKE_AUTH, the other one always (RFC 6023) */
    IK_WHY_PPK,       /* a PPK is required, and the peer does not use them (RFC 8784) */
    IK_WHY_AH_NAT     /* the policy wants AH, and there is a NAT between (RFC 3715 2.1) */
};

enum ik_effect_kind {
    IK_FX_SEND =
        1, /* send data[0..len) by path; after the non-ESP marker where one is due: it is in data */
    IK_FX_DELIVER, /* data is a clear IP packet that came in (protected or allowed to bypass) */
    IK_FX_PASS,    /* data is a clear IP packet that leaves unprotected (SPD: bypass) */
    IK_FX_JOB,     /* run *job by ik_job_step() or ik_job_run(), then ik_node_job_done() */
    IK_FX_EVENT,   /* tell the user */
    IK_FX_LOOKUP   /* who is id at path->remote? The answer is ik_node_identified(), at any time */
};

/* One effect. Pointers are good until the next call for this node, except job, which stays until
 * ik_node_job_done(). */
struct ik_effect {
    uint8_t kind; /* enum ik_effect_kind */
    const uint8_t *data;
    uint16_t len;
    const struct ik_path *path; /* SEND: where to; DELIVER: whence, NULL if it came in clear;
                                   EVENT: of the IKE SA, NULL if there is none */
    struct ik_job *job;
#if IK_OUTER
    struct ik_outer outer; /* SEND: what the IP header shall say; its ttl 0: the host's own */
#endif
    uint8_t event;         /* enum ik_event */
    uint8_t reason;        /* enum ik_reason */
    uint16_t notify;       /* the peer's notify type behind reason, 0 if none */
    uint16_t ike, child;   /* slots that the effect is about; IK_NO_SLOT if none */
    uint16_t peer, policy; /* EVENT: configuration indices; IK_NO_SLOT if none */
#if IK_LOOKUP
    uint32_t lookup; /* LOOKUP: its number, which the answer repeats */
    struct ik_id id; /* LOOKUP: the identity that the peer claims */
#endif
};

/* RFC 7296 2.6: the secret of cookies, and the one before it. */
struct ik_cookie_secrets {
    uint8_t version; /* of secret[0]; secret[1] has one less */
    uint8_t known;   /* how many of them there are */
    uint8_t secret[2][16];
    ik_ms drawn_at;
    ik_ms until; /* asked for at least so long; IK_MS_NONE: not asked for */
};

#if IK_RESUME
/* RFC 5723 6.1: the key that seals tickets by value, and the one before it. */
struct ik_ticket_keys {
    uint32_t serial; /* of key[0]; key[1] has one less */
    uint32_t sealed; /* tickets by key[0] */
    uint8_t known;   /* how many there are */
    uint8_t key[2][IK_ENCR_KEY_MAX];
    ik_ms drawn_at;
#if IK_RESPONDER
    bool of_before;  /* key[0] is of an earlier life: it opens tickets, and seals no more */
    ik_ms drawn_at1; /* key[1] */
#endif
};

/* The same, for a later life of the node. A secret. */
struct ik_kept_ticket_keys {
    uint32_t serial;
    uint8_t known; /* 0 to 2 */
    uint8_t key[2][IK_ENCR_KEY_MAX];
    uint32_t age_s[2]; /* at most IK_LIFE_MAX */
};
#endif

#if IK_PACKET_TS || IK_HOLD
#define IK_PAUSES_N 16
/* Packets wait before they ask for an SA again, after a refusal. */
struct ik_pause {
    ik_ms until;
    uint16_t of; /* index of a policy, or of a peer */
    bool peer;
    uint8_t why; /* enum ik_reason */
};
#else
#define IK_PAUSES_N 0
#endif

/* An end point. Fields are private; hosts read env.meter and env.counters. */
struct ik_node {
    struct ik_env env;
#if !IK_LINKED
    const struct ik_config *config;
    struct ik_host host; /* the pools */
#endif
    struct ik_ipsec ipsec;
    ik_slot handshake_free, task_free; /* the first of each pool */
#if !IK_ONE
    ik_slot handshakes_fresh; /* how many were ever taken: the others' memory is untouched */
#endif
#if IK_KEY_AHEAD
    ik_slot
        ahead; /* the handshake whose job is the next key pair, of no IKE SA yet; or IK_NO_SLOT */
#if IK_REKEY
    ik_ms ahead_at; /* when another may be computed: one had to give way before it was done */
#endif
#endif
#if IK_LINKED
    uint8_t buffers_taken; /* bit of each */
#else
    /* Of buffers: those given back, and how many were ever taken: the others' memory is untouched.
     */
    ik_slot buffer_free, buffers_fresh;
    uint16_t buffers_left;
#endif
#if IK_SHORT_MAX > 0
    ik_slot short_free, shorts_fresh; /* slots count on from those of the long ones */
#endif
#if !IK_ONE
    ik_slot ike_free;
    uint16_t ike_used;
    ik_slot ready_first, ready_last; /* IKE SAs that have something to do at once */
    uint16_t heap_n;                 /* IKE SAs that wait for a moment */
    ik_slot dead_first, dead_last;   /* dead IKE SAs that keep their last response */
#endif
#if !IK_LINKED
    uint32_t generations; /* counts beginnings and ups of IKE SAs */
#endif
#if IK_RESPONDER
    uint16_t handshakes_left;
    ik_slot half_first, half_last; /* handshakes as responder, the oldest first */
    uint16_t half_open;            /* their number */
    uint16_t psk_longest;          /* octets of the longest key that was seen */
    ik_ms no_room_at;              /* when IK_EV_NO_ROOM may be told again */
    struct ik_cookie_secrets cookie;
#endif
#if IK_RESPONDER || IK_HINTS
    ik_ms clear_error_at; /* when an unprotected error may be sent again (2.21.4) */
#endif
    uint16_t job_serial;
    struct ik_effect pending; /* of the event that came last; kind 0: nothing */
    ik_ms acquire_at;         /* when a packet without an SA may begin a handshake again */
#if IK_PAUSES_N > 0
    struct ik_pause pauses[IK_PAUSES_N]; /* likewise one of a policy, or of a peer */
#endif
#if IK_HINTS
    ik_ms hint_told_at, hint_taken_at; /* when INVALID_SPI or INVALID_MESSAGE_ID may be told, the
                                          first heeded again */
    struct ik_path hint_path;          /* where the last one went */
#endif
#if IK_HOLD
    ik_ms icmp_at;      /* when an ICMP message may be told again */
    uint32_t held_turn; /* of the packet that is held next */
    uint16_t held_n;    /* packets that are held */
#endif
#if IK_TFC
    ik_slot dummy; /* buffer of the dummy packet that is leaving; IK_NO_SLOT: none is */
#endif
#if IK_FRAGMENT
    ik_slot reassembly_free;
    ik_slot reassembly_first, reassembly_last; /* taken ones: who has waited longest is the first */
#endif
#if IK_RESUME && IK_RESPONDER
    ik_slot ticket_next; /* by reference: where the next one goes */
    struct ik_ticket_keys ticket_keys;
#endif
};

#if IK_LINKED
extern struct ik_node ik_linked_node;
#endif
/* Makes *node an idle end point. Answers IK_ERR_CONFIG for a configuration that can't work
 * (ik_config_check() says why) or pools that are none, else IK_OK. config and the pools outlive the
 * node. */
IK_NODISCARD enum ik_status ik_node_init(struct ik_node *node, const struct ik_config *config,
                                         const struct ik_host *host, ik_time now);

/* Entropy is an event: any number of times, at most 65535 octets at once, 32 octets in all before
 * anything random is done. */
void ik_node_seed(struct ik_node *node, const void *seed, size_t len);

/* A datagram came by *path: UDP 500, UDP 4500, or ESP. pkt->len octets at pkt->off; until
 * ik_node_poll() has answered false, *path stays and the buffer is the node's to change: an inner
 * packet is opened in place and handed out from there. */
void ik_node_rx(struct ik_node *node, ik_time now, const struct ik_path *path, struct ik_pkt *pkt);

/* A clear IP packet came from the network without protection: delivered if the SPD lets it bypass
 * (RFC 4301 5.2). */
void ik_node_rx_clear(struct ik_node *node, ik_time now, struct ik_pkt *pkt);

/* A clear IP packet is to leave, the checksum of its IPv4 header in place (else it is dropped as
 * IK_DROP_IP_SYNTAX). The SPD protects (SEND), bypasses (PASS) or discards it. Needs
 * IK_ESP_HEAD + 40 octets of head room and IK_ESP_TAIL of tail room in pkt; the buffer is the
 * node's until ik_node_poll() has answered false. If the policy protects and no SA is up,
 * negotiation begins (as by ik_node_up, but not within 2 s of a refusal). Meanwhile the packet is
 * held, if the host has lent a place for it that is free (ik_host.held): it is a SEND when the SA
 * is up, in the order of coming. Else it is dropped and counted; if the host has lent any places,
 * an ICMP message is DELIVERed to its sender, with path NULL, at most one in 100 ms: host
 * unreachable if the peer did not answer, else administratively prohibited (RFC 4301 5.1.1).
 *
 * What would be longer, once it is protected, than the path of its SA takes (ik_node_too_big()):
 * IPv6, and IPv4 that must not be cut, is dropped (IK_DROP_PATH_MTU), and an ICMP message with the
 * length that fits is DELIVERed to its sender, with path NULL and from where the packet was to go,
 * at most one in 10 ms. IPv4 that may be cut is, if there are places (ik_host.held) for the rest,
 * and pieces are SENDs of their own. The others leave as they are, with outer.df false: IPv6 of
 * 1280 octets or less, of which nobody sends smaller (RFC 2473 7.1); IPv6 in transport mode, but
 * TCP; IPv4 where there is no place,
 * where the selectors do not take its pieces, in transport mode, or by IK_DF_CLEAR. */
void ik_node_tx(struct ik_node *node, ik_time now, struct ik_pkt *pkt);

/*
 * The same for a train of n packets, each in a buffer of its own: one call, one moment, and no poll
 * between them. What packet i brings about at once is fx[i], with kind 0 if it is nothing (dropped,
 * or an IKE message); answers how many are something. Poll afterwards, for what else there is to
 * do. No effect may be waiting from before. Effects point into their packets.
 */
uint16_t ik_node_rx_batch(struct ik_node *node, ik_time now, const struct ik_path *paths,
                          struct ik_pkt *pkts, uint16_t n, struct ik_effect *fx);
uint16_t ik_node_tx_batch(struct ik_node *node, ik_time now, struct ik_pkt *pkts, uint16_t n,
                          struct ik_effect *fx);

/* Set up the Child SA of a policy that protects, and its IKE SA. Nothing if it is up or on its way.
 * The outcome is an IK_EV_CHILD_UP, IK_EV_CHILD_FAILED or IK_EV_IKE_FAILED. */
void ik_node_up(struct ik_node *node, ik_time now, uint16_t policy);

#if IK_CHILDLESS
/* Set up an IKE SA with a peer, without a Child SA (RFC 6023): Child SAs may follow by ik_node_up()
 * and packets. Nothing if one is up or on its way. peer: index into config; its entry must not say
 * IK_CHILDLESS_NEVER. The outcome is an IK_EV_IKE_UP or IK_EV_IKE_FAILED. */
void ik_node_up_peer(struct ik_node *node, ik_time now, uint16_t peer);
#endif

#if IK_RESUME
/* What the node holds of a peer that it can resume, and for how many seconds more; false if
 * nothing. It stays in the node. The copy is a secret. */
bool ik_node_session_get(const struct ik_node *node, uint16_t peer, struct ik_session *out,
                         uint32_t *left_s);
/* Such a copy again, of this or an earlier life of the host; good for left_s seconds. Nothing if no
 * place is lent. The next ik_node_up() or packet for that peer uses it, once. */
void ik_node_session_put(struct ik_node *node, ik_time now, uint16_t peer,
                         const struct ik_session *session, uint32_t left_s);
#if IK_RESPONDER
/* Responder: the keys that seal tickets by value. A node that is restarted knows none of its
 * tickets without them. The copy is a secret. */
void ik_node_ticket_keys_get(const struct ik_node *node, struct ik_kept_ticket_keys *out);
/* Such a copy, of an earlier life with the same peers; the host adds to the ages what has passed
 * since. What was sealed by these keys is opened for as long as it is good; what is sealed from now
 * on is by another, so that no IV comes twice. */
void ik_node_ticket_keys_put(struct ik_node *node, ik_time now,
                             const struct ik_kept_ticket_keys *keys);
#endif
#endif

/* Delete the IKE SAs of a peer with all their Child SAs: sends Delete, tells IK_EV_IKE_DOWN when
 * answered or given up. A handshake under way is dropped at once. peer: index into config,
 * IK_NO_SLOT for all. */
void ik_node_down(struct ik_node *node, ik_time now, uint16_t peer);

/* Delete one IKE SA with its Child SAs, or one Child SA, by its slot: sends Delete. Nothing if the
 * slot holds none that is up. */
void ik_node_down_ike(struct ik_node *node, ik_time now, ik_slot ike);
void ik_node_down_child(struct ik_node *node, ik_time now, ik_slot child);

#if IK_KEY_AHEAD
/*
 * The host has nothing else to do: the private value of the next IKE SA that this node will begin
 * with that peer is drawn now, and the job that computes its public value is handed out
 * (IK_FX_JOB). When it is done, the next ik_node_up() or packet that begins an IKE SA with that
 * peer, or another one that prefers the same group, takes the pair, once, and IKE_SA_INIT leaves at
 * once; if it is not done by then, the IKE SA waits for it. Until it is taken the pair lies in a
 * free place of the pool of handshakes, in which a handshake that finds no other overwrites it. It
 * is a secret, from now on and not from the handshake on: the node's memory has to be as safe as
 * while an SA is up. ik_node_wipe() wipes it; ik_node_seed() gives it up, for who seeds a node anew
 * may have made a copy of it, and so does ik_node_configure().
 *
 * True if there is a job now. False: there is one already, or a pair; or no place is free, the
 * node is not seeded, the peer is none, or an effect is to be polled first.
 */
bool ik_node_prepare(struct ik_node *node, ik_time now, uint16_t peer);
/* Is a pair there that nobody has taken yet? */
bool ik_node_prepared(const struct ik_node *node);
#endif

/* Asks the peer of an IKE SA for a sign of life: an empty INFORMATIONAL request (2.4). If it is not
 * answered, the SA ends with IK_WHY_TIMEOUT. */
void ik_node_check(struct ik_node *node, ik_time now, ik_slot ike);

/* Rekeys an IKE SA, or a Child SA (2.8). Nothing if the slot holds none that is up, or if that is
 * under way. Told as IK_EV_*_UP of the new one and IK_EV_*_DOWN, IK_WHY_REKEYED, of the old one.
 * Only with the exchange in ik_config.exchanges. */
void ik_node_rekey_ike(struct ik_node *node, ik_time now, ik_slot ike);
void ik_node_rekey_child(struct ik_node *node, ik_time now, ik_slot child);

#if IK_REKEY
/* Repeats the authentication with the peer of an IKE SA, make before break (2.8.3): another IKE SA
 * is set up, with a Child SA for each policy that has one; then the old one is deleted. Where the
 * peer cannot be called, its IKE SA is deleted (RFC 4478). Told as IK_EV_IKE_UP, IK_EV_CHILD_UP of
 * the new and, with IK_WHY_REKEYED, IK_EV_*_DOWN of the old ones; IK_EV_IKE_FAILED if nothing came
 * of it: then the old ones stay. Nothing if the slot holds none that is up. Needs ik_config.life.
 */
void ik_node_reauth(struct ik_node *node, ik_time now, ik_slot ike);
#endif

#if IK_REKEY
/* An IKE SA that is up in another node of the same host, with a peer that this one may know. */
struct ik_rival {
    uint8_t peer_id[16];       /* as ik_ike_info has it */
    uint8_t spi_i[IK_SPI_LEN]; /* of that IKE SA */
    bool initiator;            /* the other node is */
    bool only;                 /* as ik_ike_info has it */
    uint32_t age_ms;           /* ms ago it was begun; less is not wrong */
};
/*
 * What ik_peer.unique asks for, across the nodes of one host: each tells all others of an IKE SA
 * when it is up. Those that this node has with the same peer end with IK_WHY_REPLACED: at once, if
 * the peer said INITIAL_CONTACT, and in some seconds with IK_UNIQUE_REPLACE, so that the peer may
 * delete them first: if the other node is responder, those that were up before that one was begun;
 * and where both ends have begun at the same time, the one with the lower SPI. Answers the slot of
 * an IKE SA here for which the other one has to give way, and of which its node is to be told
 * likewise; IK_NO_SLOT: none. Needs ik_config.life.
 */
ik_slot ik_node_rival(struct ik_node *node, ik_time now, const struct ik_rival *rival);
#endif

/* The answer to IK_FX_LOOKUP, whose ike and lookup it repeats: the caller counts as
 * config.peers[peer], and its own key is psk; or NULL: nobody knows it. An entry that does not
 * allow the suite of the IKE SA counts as none. Used during the call only. Nothing if the IKE SA
 * has ended meanwhile, whoever has its slot now. */
struct ik_credential {
    uint16_t peer;
    struct ik_span psk;
};
void ik_node_identified(struct ik_node *node, ik_time now, ik_slot ike, uint32_t lookup,
                        const struct ik_credential *who);

/* An address of ours has become another: IKE SAs and Child SAs that used it use the new one from
 * now on. */
void ik_node_readdress(struct ik_node *node, ik_time now, const struct ik_addr *was,
                       const struct ik_addr *is);

#if IK_FRAGMENT
/*
 * A router, or the host's own kernel, says that a datagram of ours was too big (ICMP Packet Too
 * Big; ICMP Destination Unreachable, fragmentation needed). path: on which it left, its local
 * address may be of family 0: not known; quoted: what came back of it, which is used during the
 * call only: behind the header of UDP, or ESP itself, or a packet with AH from its IP header on;
 * mtu: octets of the largest IP datagram that passes.
 *
 * If it is an IKE message of an IKE SA here (by our SPI, which a stranger has to guess: RFC 4301
 * 8.2) that has agreed on fragments, its datagrams are no larger from then on, of 576 and 1280
 * octets at least, and a request that is out is cut anew and leaves at once (RFC 7383 2.5.2).
 *
 * If it is ESP or AH of a Child SA here (by the peer's SPI, the path, and a number that was sent;
 * four octets are enough, eight are better) and mtu is not below 576 or 1280 nor above what was
 * said before, its packets are no larger for ten minutes (RFC 4301 8.2.1, RFC 8201 4), nor are
 * those of the SA that takes its place: see ik_node_tx(). Another path is not known to be narrow.
 *
 * What is none of these is counted (IK_DROP_TOO_BIG).
 */
void ik_node_too_big(struct ik_node *node, ik_time now, const struct ik_path *path,
                     struct ik_span quoted, uint16_t mtu);
#endif

#if IK_MANUAL
/* A pair of SAs that both ends were told by hand (RFC 4301 4.5.1). */
struct ik_manual {
    uint16_t policy;  /* index into config: it protects, and has mode, selectors, replay window */
    uint32_t spi_in;  /* 256 or above; of no other SA */
    uint32_t spi_out; /* 256 or above */
    struct ik_path path; /* outer addresses; IK_CARRIER_ESP, or IK_CARRIER_UDP4500 and ports; of a
                            policy with AH, IK_CARRIER_AH */
    uint16_t encr_id,
        encr_key_bits; /* of the node's ciphers; key_bits: 0 where there is one length; AH: 0, 0 */
    uint16_t integ_id; /* of its integrity algorithms */
    struct ik_span encr_in, encr_out, integ_in, integ_out; /* keys, as long as these ask for */
    bool fresh; /* a key exchange of the host's own has just made the keys: see below */
    bool esn;   /* sequence numbers of 64 bits (RFC 4303 2.2.1) */
    uint64_t sent, received; /* sequence numbers go on behind these: 0 and 0 for keys that are new;
                                below 2^32 but with esn */
};

/*
 * Makes it; the keys are copied. *child, which may be NULL, becomes its slot: ik_node_down_child()
 * ends it and wipes the keys, and so does ik_node_configure(). It is traced as IK_TR_CHILD_UP; no
 * event is told. It knows no lifetime and is never rekeyed. Sequence numbers go on behind sent and
 * received (ik_child_info() tells both as seq_out and seq_in): a node that begins anew with the
 * same keys and without them sends numbers that its peer has seen, so both begin together.
 *
 * fresh: AES-CTR and every AEAD take their counter from the sequence number, and must not see one
 * twice under a key (RFC 3686 2.1, 4106 3, 4309 3). So they are for keys of which the host knows
 * what was sent by them: nothing, or as many packets as sent says.
 *
 * IK_ERR_CONFIG: the policy, an SPI, the path, the length of a key or a number is not as above, or
 * the cipher is one of these and the keys are not fresh; or there is no integrity algorithm.
 * IK_ERR_NO_ROOM: no Child SA is free, or no room for long keys. IK_ERR_STATE: the node has not
 * been seeded, and could draw no IV. Nothing is made then.
 */
IK_NODISCARD enum ik_status ik_node_manual(struct ik_node *node, ik_time now,
                                           const struct ik_manual *sa, ik_slot *child);
#endif

/* Puts another configuration in the place of the present one. An IKE SA stays if a peer entry with
 * the same identities and an acceptable suite is there, a Child SA if a policy of that peer
 * protects all its packets in the same mode; the others are deleted with IK_WHY_CONFIG. SAs that
 * were made by hand end: the host makes those of the new configuration. Tickets (RFC 5723) that
 * were given or taken serve no more.
 * IK_ERR_CONFIG changes nothing. */
IK_NODISCARD enum ik_status ik_node_configure(struct ik_node *node, ik_time now,
                                              const struct ik_config *config);

/* What can be told of one IKE SA. */
struct ik_ike_info {
    uint8_t state; /* enum ik_ike_state */
    bool initiator;
    bool nat_here, nat_there;
    bool only;          /* it was begun with INITIAL_CONTACT (2.4) by the peer */
    uint16_t peer;      /* configuration index; IK_NO_SLOT while unknown */
    uint16_t child_sas; /* how many it has */
    uint8_t spi_i[IK_SPI_LEN], spi_r[IK_SPI_LEN];
    uint8_t peer_id[16]; /* digest of the identity that it proved */
    struct ik_path path;
    uint16_t encr_id, encr_key_bits, integ_id, prf_id, dh_id; /* IANA; integ 0 with an AEAD */
    uint32_t up_ms, heard_ms, sent_ms; /* ms ago; heard: a message of IKE, or a packet */
    ik_slot first_child;               /* ik_child_sa.sibling goes on: see ik_ike_next_child() */
};
/* False if the slot is free or its SA not up. */
bool ik_ike_info(const struct ik_node *node, ik_slot ike, struct ik_ike_info *out);
/* The Child SA of the same IKE SA behind this one; IK_NO_SLOT if it is the last. */
ik_slot ik_ike_next_child(const struct ik_node *node, ik_slot child);

/* A job that left as IK_FX_JOB has come to its end. */
void ik_node_job_done(struct ik_node *node, ik_time now, struct ik_job *job);

/* The next effect in *fx, or false if there is nothing to do at this moment: then
 * ik_node_deadline() > now. */
IK_NODISCARD bool ik_node_poll(struct ik_node *node, ik_time now, struct ik_effect *fx);

/* When to poll again if nothing else happens; IK_NEVER if never. Between an event and the poll that
 * answers false, a moment that has passed. */
ik_time ik_node_deadline(const struct ik_node *node);

/* Forgets everything at once, sending nothing: keys are wiped, pools freed (power off). The node
 * needs ik_node_init() again. */
void ik_node_wipe(struct ik_node *node);

/* How many IKE SAs (in any state but FREE) and Child SAs the pools hold: 0 and 0 when all has
 * ended, and then no handshake, task or buffer is taken either. */
void ik_node_usage(const struct ik_node *node, uint16_t *ike_sas, uint16_t *child_sas);

/* ---- key export (core/ike/export.c): linked only if a host calls it -------------------------- */

/* Keys of an IKE SA for a key log (Wireshark's ikev2_decryption_table). Secrets: opt-in, for
 * debugging. Pointers into the node. */
struct ik_export_ike {
    const uint8_t *spi_i, *spi_r;                             /* 8 octets each */
    uint16_t encr_id, encr_key_bits, integ_id, prf_id, dh_id; /* IANA; integ 0 with an AEAD */
    struct ik_span sk_ei, sk_er;                              /* with salt */
    struct ik_span sk_ai, sk_ar;
    struct ik_span sk_d, sk_pi, sk_pr;
};
struct ik_export_child {
    uint32_t spi_in, spi_out;
    uint8_t mode;
    bool udp, esn, ah;
    struct ik_path path;
    uint16_t encr_id, encr_key_bits, integ_id;
    struct ik_span encr_in, encr_out; /* with salt */
    struct ik_span integ_in, integ_out;
    uint8_t ts_local_n, ts_remote_n;
    const struct ik_ts *ts_local, *ts_remote; /* in the node */
};
/* False if the slot has no keys (yet, or any more). */
bool ik_export_ike(const struct ik_node *node, uint16_t ike, struct ik_export_ike *out);
bool ik_export_child(const struct ik_node *node, uint16_t child, struct ik_export_child *out);
/* Opens the SK payload of a copy of an IKE message of that SA, for a decoder: text goes to buf (cap
 * octets), *out is the whole chain with the inner payloads (spans into msg and buf). Counts, traces
 * and changes nothing in the node. False without keys, or if it does not authenticate. */
bool ik_export_open(const struct ik_node *node, uint16_t ike, const uint8_t *msg, size_t len,
                    uint8_t *buf, size_t cap, struct ik_msg *out);

#ifdef __cplusplus
}
#endif

#endif

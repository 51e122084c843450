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
 * INTEG unless AEAD, and ESN. AEADs and others do not mix in one proposal. For AH: INTEG and ESN.
 */
struct ik_proposal {
    uint8_t transforms_n;
    struct ik_transform transforms[IK_TRANSFORMS_MAX];
};

/* A peer that has an IKE SA makes another one, without INITIAL_CONTACT. Replacing is for peers that
 * restart without a word; it counts with ik_config.life. */
enum ik_unique {
    IK_UNIQUE_KEEP = 0, /* both stay (RFC 7296 2.8) */
    IK_UNIQUE_REPLACE,  /* the older one is deleted; of two that crossed, both ends choose the same
                         */
    IK_UNIQUE_REFUSE    /* the new one is refused, and the old one is asked for a sign of life */
};

/* May an IKE SA with the peer come up without a Child SA (RFC 6023)? */
enum ik_childless {
    IK_CHILDLESS_NEVER = 0, /* the first Child SA is made in IKE_AUTH, always */
    IK_CHILDLESS_ALLOW,     /* as responder: if the initiator wants it so; as initiator: only by
                               ik_node_up_peer() */
    IK_CHILDLESS_FORCE      /* Child SAs are made by CREATE_CHILD_SA only: as initiator, the first
                               one follows at once; as responder, one in IKE_AUTH is refused */
};

/* A post-quantum pre-shared key (RFC 8784), which is mixed into SK_d and so into all keys of Child
 * SAs, and into AUTH. */
struct ik_ppk {
    struct ik_span id;  /* PPK_ID without its type, which is PPK_ID_FIXED; 1 to IK_ID_MAX octets */
    struct ik_span key; /* 1 to 65535 octets; 32 that are random are enough */
};

/* A Peer Authorization Database entry (RFC 4301 4.4.3): who the peer is and how both prove it. */
struct ik_peer {
    struct ik_addr local;  /* outer address of ours; family 0: that of the path it came by */
    struct ik_addr remote; /* outer address of the peer; family 0: anywhere (responder only) */
    uint16_t local_port;   /* 0: 500, or 4500 with a remote_port that isn't 500 */
    uint16_t remote_port;  /* 0: 500; another is used as 4500 is: all goes there from the beginning,
                              with IK_CARRIER_UDP4500 and so behind the marker, ESP too */
    struct ik_id local_id;
    struct ik_id remote_id; /* one identity; IK_ID_ANY: whoever knows the key; or a subtree, see
                               ik_id_names(): the entry that names a caller best is his */
    struct ik_span psk;     /* RFC 7296 2.15; 1 to 65535 octets */
#if !IK_PSK_PADDED
    /* enum ik_prf_id; 0: psk is the shared secret. Else it is what ik_psk_pad() makes of that with
     * this prf, which is bound to it: it is the only prf of the proposals. As responder there is no
     * key then: such a peer cannot call. */
    uint16_t psk_prf;
#endif
    const struct ik_proposal *proposals; /* IKE, in order of preference */
    uint8_t proposals_n;
#if IK_REKEY
    /* Seconds, at most IK_LIFE_MAX; 0: never. They count with ik_config.life. */
    uint32_t rekey_s;    /* age at which the IKE SA is rekeyed (2.8), less up to a tenth of it */
    uint32_t life_s;     /* age at which it ends */
    uint32_t reauth_s;   /* age of an authentication at which it is repeated (2.8.3), over all
                            rekeyings, less up to a tenth of it; as responder: it is told to the
                            initiator (RFC 4478). The new SAs come up beside the old ones: while
                            the pools have no place for as many again, above all of Child SAs, it is
                            put off, by 10 s each time */
    uint8_t unique;      /* enum ik_unique */
    uint32_t liveness_s; /* silence after which the peer is asked for a sign of life (2.4) */
#endif
#if IK_RESUME
    bool resume; /* initiator: ask for tickets, and use them */
#endif
#if IK_PPK
    const struct ik_ppk *ppks; /* the first is used as initiator; any that is named as responder */
    uint8_t ppks_n;            /* 0: none */
    bool ppk_required; /* no IKE SA without one of them; else they are used where both have one */
#endif
#if IK_CHILDLESS
    uint8_t childless; /* enum ik_childless; FORCE needs CREATE_CHILD_SA in ik_config.exchanges */
#endif
#if IK_FRAGMENT
    /* Octets of the largest IP datagram in which an IKE message leaves: a larger one leaves in
     * fragments, if the peer takes them and the host lends ik_host.reassemblies (RFC 7383). What is
     * not answered is tried again in datagrams of 1280 and of 576 octets. 0: never, neither out nor
     * in; else IK_FRAGMENT_LEAST at the least. */
    uint16_t fragment;
#endif
#if IK_PROBE
    /* Octets of the largest IP datagram that the Child SAs send, as far as the first hop goes:
     * every nine minutes it is found out whether the whole path takes it, also where no router says
     * that it does not (RFC 8899); if not, what it takes. That needs `fragment`, with both ends,
     * and ik_host.probes. 0: never; else IK_PROBE_LEAST to IK_MSG_MAX. */
    uint16_t probe;
#endif
    bool initial_contact; /* initiator: send INITIAL_CONTACT (2.4), 8 octets */
    bool force_natt;      /* act as if NAT had been found: UDP 4500 from IKE_AUTH on, ESP in UDP */
    bool no_nat; /* there is none on the way: NAT_DETECTION notifies (2.23) are not sent, which
                    saves 56 octets of a message, and not read. If there is one after all, the Child
                    SA comes up, and its ESP is lost. With force_natt the peer is not told either:
                    it has to be configured likewise */
    bool no_idr; /* initiator: remote_id is asked of the peer, but IDr, which tells a peer of
                    several identities who is meant (1.2), is left out: 8 octets and those of the
                    identity */
};

#define IK_PROBE_LEAST 1280

#if !IK_LINKED
/*
 * Names of the PAD (RFC 4301 4.4.3.1), "specific or partial": an FQDN "*.example.org" stands for
 * all names below that domain, at any depth; an RFC 822 address "*@example.org" for all users of
 * it, and of no other below it. An entry with such a name has one key for all of them, with which
 * each may claim the name of any other, unless the host is asked for the key (ik_config.lookup). As
 * initiator, whoever answers must be one of them, and IDr is left out.
 */
bool ik_id_is_subtree(const struct ik_id *id);
/* Is `who` the one that id stands for, or one of those? Domains compare without case (RFC 4343).
 * id of IK_ID_ANY stands for all. */
bool ik_id_names(const struct ik_id *id, const struct ik_id *who);
#endif
/* Is the entry for more than one identity? */
static inline bool ik_id_is_several(const struct ik_id *id)
{
#if IK_LINKED
    return id->type == IK_ID_ANY;
#else
    return id->type == IK_ID_ANY || ik_id_is_subtree(id);
#endif
}

/* What the SPD says of matching packets (RFC 4301 4.4.1). */
enum ik_action { IK_DISCARD = 0, IK_BYPASS = 1, IK_PROTECT = 2 };

#if IK_OUTER
enum ik_df { IK_DF_COPY = 0, IK_DF_SET = 1, IK_DF_CLEAR = 2 };
#define IK_DSCP_SET 0x80
#endif

enum ik_mode { IK_TUNNEL = 0, IK_TRANSPORT = 1 };

/* ik_policy.pfp */
#define IK_PFP_LOCAL 1u /* the local address */
#define IK_PFP_REMOTE 2u
#define IK_PFP_PROTOCOL 4u
#define IK_PFP_LOCAL_PORT 8u
#define IK_PFP_REMOTE_PORT 16u

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
#if IK_PACKET_TS
    /* IK_PFP_*, "populate from packet" (RFC 4301 4.4.1.2): of these selectors a Child SA has the
     * one value that is in the packet which asks for it, of the others all that stands above: so
     * one entry gives an SA to each address, or to each connection. Without a packet there is none:
     * ik_node_up() is refused with IK_WHY_TS, and whoever asks for more than one value with
     * SINGLE_PAIR_REQUIRED. Ports need the protocol with them; ICMP types are not told apart. */
    uint8_t pfp;
#endif
    uint8_t proposals_n;
    uint16_t peer;   /* index into ik_config.peers; IK_NO_SLOT, where the build has IK_MANUAL:
                        nobody, its SAs are made by hand */
    uint16_t replay; /* packets in the replay window; 0: 64; at most IK_REPLAY_MAX */
    const struct ik_proposal *proposals; /* of its protocol */
#if IK_OUTER
    /* Tunnel mode, of the outer header (RFC 4301 4.4.1.2): how DF is set where it is IPv4, and the
     * DSCP; dscp: 0: of the packet; IK_DSCP_SET | value: that one. */
    uint8_t df; /* enum ik_df */
    uint8_t dscp;
#endif
#if IK_TFC
    /* ESP in tunnel mode: a packet is padded to tfc_pad octets at least and to a multiple of
     * tfc_align, at most IK_TFC_MAX, if the peer takes that (RFC 4303 2.7); the host leaves that
     * much tail room. dummy_ms: an SA that has not sent for so long sends a dummy packet (2.6); at
     * most IK_DUMMY_MAX. 0: none of these. tfc_refuse: the peer is told to pad no packets for us
     * (RFC 7296 1.3.1). */
    bool tfc_refuse;
    uint16_t tfc_pad, tfc_align;
    uint32_t dummy_ms;
#endif
#if IK_AH
    uint8_t protocol; /* IK_PROTO_AH; or IK_PROTO_ESP, and so is 0 */
#endif
#if IK_REKEY
    /* Of its Child SAs, which are rekeyed at the first, and end at the second. 0: never. Seconds
     * count with ik_config.life and are at most IK_LIFE_MAX. */
    uint32_t rekey_s, life_s;
    uint64_t rekey_octets, life_octets, rekey_packets, life_packets; /* in each direction */
#endif
};

#if IK_TFC
#define IK_TFC_MAX 9000
#define IK_DUMMY_LEAST 10 /* ms */
#define IK_DUMMY_MAX 3600000u
#endif

/* The longest life that can be configured, 24 days in seconds. */
#define IK_LIFE_MAX 2000000u

/* The longest wait that can be configured, 35 minutes in microseconds. */
#define IK_WAIT_MAX ((uint32_t)0x7fffffff)

/* RFC 7296 2.4: how a request is repeated. try k (0 first) waits initial * factor^k, at most max,
 * each shortened by up to jitter/256 of itself, drawn from the node's DRBG. Waits are kept in
 * milliseconds, what is left over counts as one more. */
struct ik_retransmit {
    uint32_t initial;   /* us; 0: 1 s */
    uint32_t max;       /* us; 0: 32 s */
    uint8_t factor_x16; /* factor times 16, above 16: 32 doubles; 0: 32 */
    uint8_t tries;      /* transmissions in all before giving up; 0: 7 */
    uint8_t jitter_256; /* 0: none */
};

/*
 * The exchanges that a node can begin or answer, each an object of its own (core/ike/xchg/), listed
 * in ik_config: what no list names is not linked. The lists below are NULL-terminated, and a host
 * may make its own. Of two that fit a message the first takes it.
 */
struct ik_exchange;
extern const struct ik_exchange ik_exchange_init_i; /* begins IKE_SA_INIT (1.2) */
extern const struct ik_exchange ik_exchange_auth_i; /* then IKE_AUTH */
#if IK_RESPONDER
extern const struct ik_exchange ik_exchange_init_r; /* answers IKE_SA_INIT */
extern const struct ik_exchange ik_exchange_auth_r; /* answers IKE_AUTH */
#endif
extern const struct ik_exchange ik_exchange_informational; /* both ways (1.4) */
extern const struct ik_exchange ik_exchange_child_refused; /* CREATE_CHILD_SA answered with
                                                              NO_ADDITIONAL_SAS (RFC 7815 2.2) */
/* RFC 7815: begins, answers Deletes and liveness checks, has one Child SA. */
extern const struct ik_exchange *const ik_exchanges_initiator[];
extern const struct ik_exchange ik_exchange_child_create; /* further Child SAs (1.3.1) */
extern const struct ik_exchange ik_exchange_child_rekey;  /* 1.3.3, 2.8 */
extern const struct ik_exchange ik_exchange_ike_rekey;    /* 1.3.2, 2.18 */
#if IK_RESUME
extern const struct ik_exchange ik_exchange_resume_i; /* begins IKE_SESSION_RESUME (RFC 5723) */
#if IK_RESPONDER
extern const struct ik_exchange ik_exchange_resume_r; /* answers it */
#endif
#endif
/* Everything that an initiator can do and be asked for; strangers are not answered. */
extern const struct ik_exchange *const ik_exchanges_caller[];
#if IK_RESPONDER
/* Everything. */
extern const struct ik_exchange *const ik_exchanges_all[];
#endif

/* What watches over the age of SAs and the silence of peers (core/ike/lifetime.c), behind one
 * pointer so that a node without lifetimes does not link it. */
struct ik_life;
extern const struct ik_life ik_lifetimes;

/* How a peer proves who it is (core/ike/auth/), listed likewise. */
struct ik_auth_method_row;
extern const struct ik_auth_method_row ik_auth_psk; /* RFC 7296 2.15 */
extern const struct ik_auth_method_row *const ik_auth_methods_psk[];

#if !IK_LINKED
/*
 * prf(Shared Secret, "Key Pad for IKEv2"): "the IKE implementation need not store the password in
 * cleartext, but rather can store the value" (RFC 7296 2.15). Who has it passes for who has the
 * secret, in IKEv2 with this prf and nowhere else; the secret can only be guessed from it. secret:
 * of any length; out: prf->key_len octets, at most IK_HASH_MAX.
 */
void ik_psk_pad(const struct ik_crypto *crypto, const struct ik_prf *prf, struct ik_span secret,
                uint8_t *out);
#endif

struct ik_config {
    const struct ik_crypto *crypto;
    const struct ik_peer *peers; /* PAD; the first entry that fits a caller is it */
    uint16_t peers_n;
    uint16_t policies_n;
    const struct ik_policy *policies;
    struct ik_retransmit retransmit;
    const struct ik_exchange *const *exchanges; /* NULL-terminated; NULL: ik_exchanges_initiator */
    /* NULL-terminated; NULL: pre-shared keys only. The first is how we prove who we are. */
    const struct ik_auth_method_row *const *auth_methods;
    const struct ik_life *life; /* &ik_lifetimes; NULL: SAs do not age, silence is not noticed */
    bool lookup; /* responder: ask the host who a caller is (IK_FX_LOOKUP); peers are templates */
    /* Requests of a peer's that are taken at once, 1 to 32; 0: 1 (RFC 7296 2.3). Each beyond the
     * first may keep a buffer more of every IKE SA (ik_host.buffers). */
    uint8_t window;
    uint16_t cookie_above; /* responder: ask for a cookie when more IKE SAs than this are half open,
                              and 10 s longer; 0xffff: never (RFC 7296 2.6) */
    uint32_t half_open_for; /* us; responder: a half-open IKE SA is forgotten after this; 0: 30 s */
    uint32_t response_for;  /* us; the last response is kept so long for a request that is repeated,
                               and its buffer then goes to others; 0: as long as its IKE SA (2.1) */
    uint32_t keepalive; /* us, at most IK_WAIT_MAX / 2; NAT keepalive when behind NAT and idle so
                           long; 0: 20 s (RFC 3948 4) */
#if IK_HINTS
    /* Tell who sends by an SA that is not here, or has lost count: INVALID_IKE_SPI, INVALID_SPI
     * (1.5), INVALID_MESSAGE_ID (2.3). */
    bool hints;
#endif
#if IK_RESUME
    /* Responder: seconds for which a ticket is good, at most IK_LIFE_MAX / 2; 0: none is given. By
     * reference: what it stands for lies in ik_host.tickets, and it is good once; by value: it is
     * in the ticket, sealed by a key of the node's own that is drawn anew after each such time. */
    uint32_t ticket_s;
    bool ticket_by_reference;
#endif
    uint8_t nonce_len; /* octets of our nonces; 0: 32 (RFC 7296 2.10: half the prf key at least) */
};

/* What is wrong with a configuration. X(identifier, text). New entries go last. */
#define IK_FAULTS(X)                                                                               \
    X(NONE, "nothing is wrong")                                                                    \
    X(CRYPTO, "the table of algorithms lacks a list or an implementation that the build needs")    \
    X(LOOKUP, "lookup is left out of this build")                                                  \
    X(NONCE_LEN, "nonce_len is not within 16 and what this build keeps")                           \
    X(WAITS, "a wait is longer than 35 minutes, or retransmissions do not grow")                   \
    X(WINDOW, "window is above 32")                                                                \
    X(COUNTS, "a list is counted but missing, or has too many entries")                            \
    X(ADDRESS, "an address is of no known family, or the two are of different ones")               \
    X(LOCAL_ID, "local_id is empty, too long, or not as its type asks")                            \
    X(REMOTE_ID, "remote_id is empty, too long, or not as its type asks")                          \
    X(PSK, "psk is missing or empty")                                                              \
    X(PROPOSALS, "there are no proposals, or too many")                                            \
    X(PROPOSAL, "a proposal lacks a transform type, or mixes AEADs with others")                   \
    X(TRANSFORM, "a transform is not in the table of algorithms, too large for this build, or of " \
                 "a type that has no place here")                                                  \
    X(PRF_NONCE, "nonce_len is below half of the prf's key")                                       \
    X(ACTION, "the action is unknown")                                                             \
    X(MODE, "the mode is unknown, or left out of this build")                                      \
    X(PEER, "the policy names a peer that is not there")                                           \
    X(REPLAY, "the replay window is larger than this build keeps")                                 \
    X(TS_LOCAL, "local selectors are missing, too many, or take no packet")                        \
    X(TS_REMOTE, "remote selectors are missing, too many, or take no packet")                      \
    X(TS_PAIR, "local and remote selectors have no family and protocol in common")                 \
    X(POOLS, "the host lends no pool, or one that is too large")                                   \
    X(CHILDLESS, "childless is unknown, or forced where CREATE_CHILD_SA is not among the "         \
                 "exchanges")                                                                      \
    X(FRAGMENT, "fragment is neither 0 nor at least 200 octets")                                   \
    X(PPK, "a PPK has no identity, too long a one, or no key; or one is required, but none given") \
    X(TICKET, "ticket_s is longer than IK_LIFE_MAX / 2")                                           \
    X(PROTOCOL, "the protocol is neither ESP nor AH, or left out of this build")                   \
    X(AH_NAT, "AH cannot pass a NAT, and the peer's entry acts as if there were one")              \
    X(TFC, "tfc_pad, tfc_align or dummy_ms is outside of its limits, or not for ESP in tunnel "    \
           "mode")                                                                                 \
    X(PSK_PRF, "psk_prf is not the one prf of the proposals, or psk is not of its length")         \
    X(PFP, "pfp has unknown flags, ports without the protocol, or is for SAs that are made by "    \
           "hand")                                                                                 \
    X(PROBE, "probe is neither 0 nor within 1280 and what this build keeps, or fragment is 0")

enum ik_fault_what {
#define IK_FAULT_ENUM(id, text) IK_FAULT_##id,
    IK_FAULTS(IK_FAULT_ENUM)
#undef IK_FAULT_ENUM
        IK_FAULT_N
};

enum ik_fault_part { IK_FAULT_OF_NODE, IK_FAULT_OF_PEER, IK_FAULT_OF_POLICY };

/* Which field of which entry. */
struct ik_fault {
    uint8_t what;      /* enum ik_fault_what */
    uint8_t part;      /* enum ik_fault_part: which list index counts in */
    uint16_t index;    /* of the peer or policy */
    uint8_t proposal;  /* PROPOSAL, TRANSFORM, PRF_NONCE: which, from 0 */
    uint8_t transform; /* TRANSFORM: which, from 0 */
};

/* IK_ERR_CONFIG if the configuration cannot work; then *fault says why. fault may be NULL. */
IK_NODISCARD enum ik_status ik_config_check(const struct ik_config *config, struct ik_fault *fault);

#if IK_LINKED
/* The host's constant. */
extern const struct ik_config ik_linked_config;
#endif

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Traces and counters. A trace record is fixed-size and carries numbers only; names and text are
 * the host's. Traces are what tests compare, so an id is never given to another meaning.
 */
#ifndef IKELET_IK_TRACE_H
#define IKELET_IK_TRACE_H

#include "ikelet/ik_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Why something was dropped or refused: each is a counter of the node, and the `a` of an IK_TR_DROP
 * record. X(identifier, name). Order is fixed; new entries go last.
 */
#define IK_DROPS(X)                                                                                \
    X(RX_BUSY, "rx_busy")           /* the host gave a packet before polling the last one away */  \
    X(RX_SHORT, "rx_short")         /* too short for any header */                                 \
    X(RX_KEEPALIVE, "rx_keepalive") /* NAT keepalive (RFC 3948 2.3); no fault */                   \
    X(IKE_SYNTAX, "ike_syntax")     /* RFC 7296 section 3 is violated */                           \
    X(IKE_VERSION, "ike_version")   /* major version above 2 */                                    \
    X(IKE_UNKNOWN_SPI, "ike_unknown_spi")                                                          \
    X(IKE_MSGID, "ike_msgid")                     /* outside of the window */                      \
    X(IKE_INTEGRITY, "ike_integrity")             /* SK does not authenticate */                   \
    X(IKE_CRITICAL, "ike_critical")               /* unknown critical payload */                   \
    X(IKE_UNEXPECTED, "ike_unexpected")           /* no transition row takes this message now */   \
    X(IKE_UNAUTHENTICATED, "ike_unauthenticated") /* an error notify that must not count (2.21) */ \
    X(IKE_COOKIE, "ike_cookie")                   /* wrong or old cookie */                        \
    X(IKE_NO_ROOM, "ike_no_room")                 /* pool or buffer full */                        \
    X(IKE_NO_PEER, "ike_no_peer") /* nobody configured at that address or identity */              \
    X(IKE_NO_PROPOSAL, "ike_no_proposal")                                                          \
    X(IKE_BAD_KE, "ike_bad_ke")         /* public value refused */                                 \
    X(IKE_AUTH, "ike_auth")             /* AUTH payload wrong */                                   \
    X(IKE_POLICY, "ike_policy")         /* an answer outside of our policy */                      \
    X(IKE_NOT_SEEDED, "ike_not_seeded") /* no entropy yet */                                       \
    X(ESP_SHORT, "esp_short")                                                                      \
    X(ESP_UNKNOWN_SPI, "esp_unknown_spi")                                                          \
    X(ESP_REPLAY, "esp_replay")                                                                    \
    X(ESP_INTEGRITY, "esp_integrity")                                                              \
    X(ESP_PADDING, "esp_padding")                                                                  \
    X(ESP_SELECTOR, "esp_selector") /* inner packet outside of the SA's selectors */               \
    X(ESP_DUMMY, "esp_dummy")       /* next header 59 (RFC 4303 2.6); no fault */                  \
    X(ESP_SEQ_OVERFLOW, "esp_seq_overflow")                                                        \
    X(ESP_NO_ROOM, "esp_no_room") /* no head or tail room to seal in */                            \
    X(IP_SYNTAX, "ip_syntax")     /* the clear packet is no IP packet, or its checksum is wrong */ \
    X(SPD_DISCARD, "spd_discard")                                                                  \
    X(SPD_NO_POLICY, "spd_no_policy")                                                              \
    X(SPD_NO_SA, "spd_no_sa")         /* protect, but no SA is up yet */                           \
    X(SPD_CLEAR, "spd_clear")         /* came in clear where policy protects */                    \
    X(EVENT_LOST, "event_lost")       /* never: an invariant of tests */                           \
    X(ESP_TRANSPORT, "esp_transport") /* transport mode can't carry it: fragment, IP options,      \
                                         addresses that are not the path's */                      \
    X(ESP_LIFETIME, "esp_lifetime")   /* the SA has come to its hard limit */                      \
    X(ESP_OUTER, "esp_outer") /* transport mode: the host did not say what header it had */        \
    X(ESP_ECN, "esp_ecn") /* congestion was met by a packet that can't tell it (RFC 6040 4.2) */   \
    X(SPD_GIVEN_UP, "spd_given_up") /* waited for an SA, but none came up */                       \
    IK_DROPS_FRAGMENT(X)                                                                           \
    IK_DROPS_PMTU(X)                                                                               \
    IK_DROPS_RESUME(X)                                                                             \
    IK_DROPS_AH(X)                                                                                 \
    IK_DROPS_INDEX(X)

#if IK_INDEX
#define IK_DROPS_INDEX(X)                                                                          \
    X(IKE_ADDRESS, "ike_address") /* a Child SA for what a living one of another identity has */
#else
#define IK_DROPS_INDEX(X)
#endif

#if IK_TFC
#define IK_COUNTS_TFC(X)                                                                           \
    X(DUMMIES_OUT, "dummies_out") /* dummy packets sealed; in esp_out, too */                      \
    X(TFC_PADDED, "tfc_padded")   /* packets that were made longer */                              \
    X(TFC_SHORT, "tfc_short")     /* less than asked for: the host left too little tail room */
#else
#define IK_COUNTS_TFC(X)
#endif

#if IK_AH
#define IK_DROPS_AH(X)                                                                             \
    X(AH_SHORT, "ah_short")       /* no AH where one should be, or not as long as its SA's are */  \
    X(AH_FRAGMENT, "ah_fragment") /* nobody has put the datagram together (RFC 4302 3.4.1) */      \
    X(AH_UNKNOWN_SPI, "ah_unknown_spi")                                                            \
    X(AH_HEADER, "ah_header") /* options or a routing header that can't be covered */              \
    X(AH_REPLAY, "ah_replay")                                                                      \
    X(AH_INTEGRITY, "ah_integrity")                                                                \
    X(AH_SELECTOR, "ah_selector") /* packet outside of the SA's selectors */                       \
    X(AH_SEQ_OVERFLOW, "ah_seq_overflow")                                                          \
    X(AH_NO_ROOM, "ah_no_room")     /* no room to seal in, or the datagram would be too long */    \
    X(AH_TRANSPORT, "ah_transport") /* transport mode can't carry it: fragment, addresses that are \
                                       not the path's */                                           \
    X(AH_LIFETIME, "ah_lifetime")   /* the SA has come to its hard limit */                        \
    X(AH_ECN, "ah_ecn") /* congestion was met by a packet that can't tell it (RFC 6040 4.2) */
#define IK_COUNTS_AH(X)                                                                            \
    X(AH_OUT, "ah_out") /* packets sealed */                                                       \
    X(AH_IN, "ah_in")   /* packets opened and delivered */
#else
#define IK_DROPS_AH(X)
#define IK_COUNTS_AH(X)
#endif

#if IK_FRAGMENT
#define IK_DROPS_FRAGMENT(X)                                                                       \
    X(IKE_FRAGMENT, "ike_fragment") /* a fragment that came already, or of an older set */         \
    X(TOO_BIG, "too_big")           /* what a router says was too big, no SA here has sent, or it  \
                                       can't be */
#define IK_COUNTS_FRAGMENT(X)                                                                      \
    X(FRAGMENTS_OUT, "fragments_out")     /* sent, of IKE messages */                              \
    X(FRAGMENTS_IN, "fragments_in")       /* taken */                                              \
    X(REASSEMBLED, "reassembled")         /* IKE messages that came in fragments */                \
    X(REASSEMBLY_LOST, "reassembly_lost") /* IKE messages of which too little came in time */      \
    X(TOO_BIG, "too_big")                 /* times a router's word was heeded: a smaller size */
#else
#define IK_DROPS_FRAGMENT(X)
#define IK_COUNTS_FRAGMENT(X)
#endif

#if IK_PMTU
#define IK_DROPS_PMTU(X)                                                                           \
    X(PATH_MTU, "path_mtu") /* too long for the path of its SA: its sender is told */
#define IK_COUNTS_PMTU(X)                                                                          \
    X(PACKETS_CUT, "packets_cut") /* before they were sealed: too long for the path of their SA */
#else
#define IK_DROPS_PMTU(X)
#define IK_COUNTS_PMTU(X)
#endif

#if IK_PROBE
#define IK_COUNTS_PROBE(X) X(PATH_PROBES, "path_probes") /* sent, to find out what a path takes */
#else
#define IK_COUNTS_PROBE(X)
#endif

#if IK_RESUME
#define IK_DROPS_RESUME(X)                                                                         \
    X(IKE_TICKET, "ike_ticket") /* none of ours, too old, or used already                          \
                                 */
#else
#define IK_DROPS_RESUME(X)
#endif

enum ik_drop {
#define IK_DROP_ENUM(id, name) IK_DROP_##id,
    IK_DROPS(IK_DROP_ENUM)
#undef IK_DROP_ENUM
        IK_DROP_N
};

/* What happened otherwise: counters too. X(identifier, name). */
#define IK_COUNTS(X)                                                                               \
    X(IKE_SENT, "ike_sent")                   /* IKE messages, retransmissions included */         \
    X(IKE_RETRANSMITTED, "ike_retransmitted") /* requests sent again on time-out */                \
    X(IKE_REANSWERED, "ike_reanswered")       /* responses sent again for a repeated request */    \
    X(IKE_RECEIVED, "ike_received")           /* IKE messages accepted */                          \
    X(IKE_SAS_UP, "ike_sas_up")                                                                    \
    X(IKE_SAS_FAILED, "ike_sas_failed")                                                            \
    X(CHILD_SAS_UP, "child_sas_up")                                                                \
    X(COOKIES_SENT, "cookies_sent")                                                                \
    X(ESP_OUT, "esp_out") /* packets sealed */                                                     \
    X(ESP_IN, "esp_in")   /* packets opened and delivered */                                       \
    X(BYPASS_OUT, "bypass_out")                                                                    \
    X(BYPASS_IN, "bypass_in")                                                                      \
    X(JOBS, "jobs")                           /* jobs finished */                                  \
    X(HALF_OPEN_EVICTED, "half_open_evicted") /* half-open IKE SAs that gave way to others */      \
    IK_COUNTS_FRAGMENT(X)                                                                          \
    IK_COUNTS_PMTU(X)                                                                              \
    IK_COUNTS_PROBE(X)                                                                             \
    IK_COUNTS_AH(X)                                                                                \
    IK_COUNTS_TFC(X)

enum ik_count {
#define IK_COUNT_ENUM(id, name) IK_COUNT_##id,
    IK_COUNTS(IK_COUNT_ENUM)
#undef IK_COUNT_ENUM
        IK_COUNT_N
};

#ifdef IK_PROFILE_MINIMAL
typedef uint16_t ik_counter; /* begins anew after 65535 */
#else
typedef uint32_t ik_counter;
#endif
struct ik_counters {
    ik_counter drop[IK_DROP_N];
    ik_counter count[IK_COUNT_N];
};

/*
 * Trace events. X(number, identifier, name); a and b are explained beside each.
 */
#define IK_TRACES(X)                                                                               \
    X(1, DROP, "drop")           /* a: enum ik_drop, b: length of what was dropped */              \
    X(2, IKE_STATE, "ike_state") /* a: old enum ik_ike_state, b: new one */                        \
    X(3, IKE_TX, "ike_tx")       /* a: exchange | response << 8, b: message id */                  \
    X(4, IKE_RETX, "ike_retx")   /* a: tries so far, b: message id */                              \
    X(5, IKE_RX, "ike_rx")       /* a: exchange | response << 8, b: message id */                  \
    X(6, IKE_KEYS, "ike_keys")   /* IKE keys exist: ik_export_ike() may be called in the sink */   \
    X(7, CHILD_UP, "child_up")   /* a: inbound SPI, b: outbound SPI; ik_export_child() likewise */ \
    X(8, CHILD_DOWN, "child_down") /* a: inbound SPI, b: outbound SPI */                           \
    X(9, NOTIFY_TX, "notify_tx")   /* a: notify type, b: message id */                             \
    X(10, NOTIFY_RX, "notify_rx")  /* a: notify type, b: message id */                             \
    X(11, NAT, "nat")              /* a: 1 if we are behind NAT, b: 1 if the peer is */            \
    X(12, JOB, "job")              /* a: enum ik_job_kind, b: DH group */                          \
    X(13, JOB_DONE, "job_done")    /* a: enum ik_job_kind, 0 if its SA ended meanwhile; b: good */ \
    X(14, LEGACY, "legacy")        /* a: transform type, b: transform id */                        \
    X(15, ESP_TX, "esp_tx")        /* a: SPI, b: sequence number */                                \
    X(16, ESP_RX, "esp_rx")        /* a: SPI, b: sequence number */                                \
    X(17, FRAGMENTS, "fragments")  /* a: octets of the largest datagram, b: number of fragments */ \
    X(18, IKE_PPK, "ike_ppk")      /* SK_d and SK_p* are mixed with a PPK: ik_export_ike() */      \
    X(19, AH_TX, "ah_tx")          /* a: SPI, b: sequence number */                                \
    X(20, AH_RX, "ah_rx")          /* a: SPI, b: sequence number */                                \
    X(21, PATH_MTU, "path_mtu")    /* a: outbound SPI, b: octets of the largest datagram */        \
    X(22, PATH_FOUND, "path_found") /* likewise, where no router says so; b 0: all that is wanted  \
                                     */

enum ik_trace_event {
#define IK_TRACE_ENUM(number, id, name) IK_TR_##id = number,
    IK_TRACES(IK_TRACE_ENUM)
#undef IK_TRACE_ENUM
};

/* One record. sa: the slot of the IKE or Child SA in its pool, 0xffff if none. */
struct ik_trace_rec {
    ik_time at;
    uint16_t node;  /* ik_config.node_id */
    uint16_t event; /* enum ik_trace_event */
    uint16_t sa;
    uint32_t a;
    uint32_t b;
};

/* Called from inside an entry point; it must not call the node again, except ik_export_*(). */
typedef void (*ik_trace_fn)(void *ctx, const struct ik_trace_rec *rec);

/*
 * An auditable event: a packet that the data plane refused, with what RFC 4302 and RFC 4303 section
 * 4 ask a log entry to hold. What is not known is 0.
 */
struct ik_audit {
    ik_time at;
    uint16_t node;
    uint16_t sa;             /* slot of the Child SA in its pool, 0xffff if none */
    uint8_t why;             /* enum ik_drop */
    uint8_t protocol;        /* 50 or 51; 0: a packet in clear, without an SA */
    bool outbound;           /* it was to leave */
    uint32_t spi;            /* that the packet names, or by which it was to leave */
    uint32_t seq;            /* likewise, as it is sent: the low half */
    struct ik_addr src, dst; /* of the packet with ESP or AH; outbound, and in clear: of itself */
    uint32_t flow;           /* IPv6: its flow label */
};

/* As ik_trace_fn. Anybody can bring such events about: a host that writes them down bounds how many
 * a second. */
typedef void (*ik_audit_fn)(void *ctx, const struct ik_audit *rec);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The data plane as core/ike and core/node see it. Functions with an ik_env count and trace what
 * they drop.
 */
#ifndef IK_IPSEC_IPSEC_H
#define IK_IPSEC_IPSEC_H

#include "ikelet/ik_config.h"
#include "ikelet/ik_ipsec.h"
#include "util/util.h"

struct ik_flow;
struct ik_seal_key;

/* ---- SAD (sad.c) --------------------------------------------------------------------------- */

/* The Child SAs that the host lent: how many, and the one in a slot. */
static inline uint16_t ik_child_n(const struct ik_ipsec *ip)
{
#if IK_ONE
    (void)ip;
    return 1;
#else
    return ip->sas_n;
#endif
}

static inline struct ik_child_sa *ik_child_at(const struct ik_ipsec *ip, uint16_t slot)
{
#if IK_LINKED
    (void)ip, (void)slot;
    return &ik_linked_child_sa;
#else
    return &ip->sas[IK_ONE ? 0 : slot];
#endif
}

/* Its cipher, and its integrity algorithm, NULL with an AEAD. */
static inline const struct ik_encr *ik_child_encr(const struct ik_child_sa *sa)
{
#if IK_LINKED
    (void)sa;
    return ik_linked_config.crypto->encr[0];
#else
    return sa->encr;
#endif
}

static inline const struct ik_integ *ik_child_integ(const struct ik_child_sa *sa)
{
#if IK_LINKED
    (void)sa;
    return NULL;
#else
    return sa->integ;
#endif
}

/* When it has sent, and when it has heard something that authenticated. Where there is one IKE SA,
 * that has a moment for all that is sent. */
static inline void ik_child_sent(const struct ik_env *env, struct ik_child_sa *sa)
{
#if IK_LINKED
    (void)env, (void)sa;
#else
    sa->sent_at = env->now;
#endif
}

static inline void ik_child_heard(const struct ik_env *env, struct ik_child_sa *sa)
{
#if IK_LINKED
    (void)env, (void)sa;
#else
    sa->heard_at = env->now;
#endif
}

/* A policy of those that were lent, and how many there are. */
static inline const struct ik_policy *ik_spd_at(const struct ik_ipsec *ip, uint16_t policy)
{
#if IK_LINKED
    (void)ip, (void)policy;
    return ik_linked_config.policies;
#else
    return &ip->policies[policy];
#endif
}

static inline uint16_t ik_spd_n(const struct ik_ipsec *ip)
{
#if IK_LINKED
    (void)ip;
    return ik_linked_config.policies_n;
#else
    return ip->policies_n;
#endif
}

/* The slot of an SA in its pool. */
static inline uint16_t ik_child_slot(const struct ik_child_sa *sa)
{
#if IK_ONE
    (void)sa;
    return 0;
#else
    return sa->slot;
#endif
}

/* Is it AH's? */
static inline bool ik_child_is_ah(const struct ik_child_sa *sa)
{
#if IK_AH
    return sa->ah;
#else
    (void)sa;
    return false;
#endif
}

/* Its protocol, as IKE names it. */
static inline uint8_t ik_child_protocol(const struct ik_child_sa *sa)
{
    return ik_child_is_ah(sa) ? IK_PROTO_AH : IK_PROTO_ESP;
}

/* That of the SAs of a policy. */
static inline bool ik_policy_is_ah(const struct ik_policy *policy)
{
#if IK_AH
    return policy->protocol == IK_PROTO_AH;
#else
    (void)policy;
    return false;
#endif
}

/* Does it take what comes? */
static inline bool ik_child_receives(const struct ik_child_sa *sa)
{
    return sa->state >= IK_CHILD_UP;
}

/* Was it made by hand, so that no IKE SA has it? */
static inline bool ik_child_manual(const struct ik_child_sa *sa)
{
    return IK_MANUAL && sa->ike == IK_NO_SLOT;
}

/* Pools and shard are set, all else is 0: the pools are emptied. */
void ik_ipsec_begin(struct ik_ipsec *ip);
/* Takes a free slot, marks it LARVAL, draws its inbound SPI: never below 256, never in use, and
 * random but for the shard and the slot. NULL if the pool is full. */
struct ik_child_sa *ik_sad_alloc(struct ik_env *env, struct ik_ipsec *ip);
#if IK_REKEY
/* Are so many slots free? */
bool ik_sad_has(const struct ik_ipsec *ip, uint16_t n);
#endif
#if IK_MANUAL
/* The same for an SA that is made by hand, with an SPI of 256 or above that is not in use: its slot
 * is not in it. */
struct ik_child_sa *ik_sad_alloc_manual(struct ik_env *env, struct ik_ipsec *ip, uint32_t spi);
#endif
/* The Child SA whose inbound SPI is spi and which receives, or NULL. O(1): the SPI names the slot;
 * where there are SAs that were made by hand, what is no other's is looked for among them. */
struct ik_child_sa *ik_sad_find(const struct ik_ipsec *ip, uint32_t spi);
/* Ends it, but for what core/ike has to tell of it: what it had been lent is given back, its keys
 * are wiped, the slot stays taken. */
void ik_sad_end(struct ik_ipsec *ip, struct ik_child_sa *sa);
/* Ends it: what it had been lent is given back, all of it is wiped, the slot is free. Nothing if it
 * is free already. */
void ik_child_wipe(struct ik_ipsec *ip, struct ik_child_sa *sa);

/* ---- what a Child SA consists of (child.c) --------------------------------------------------- */

/* Gives it the selectors that were agreed on; its policy is set. If they are several, and neither
 * those of the policy nor is there room for them (ik_ipsec.more), the first pair that takes a
 * packet is kept. False if no pair does: then nothing is kept. */
IK_NODISCARD bool ik_child_ts_set(struct ik_ipsec *ip, struct ik_child_sa *sa,
                                  const struct ik_ts *local, uint8_t local_n,
                                  const struct ik_ts *remote, uint8_t remote_n);
/* Its selectors stay what they are when those of its policy become others. False if there is no
 * room for them. */
IK_NODISCARD bool ik_child_ts_keep(struct ik_ipsec *ip, struct ik_child_sa *sa);
/* Its selectors: *n of them. */
const struct ik_ts *ik_child_ts_local(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                                      uint8_t *n);
const struct ik_ts *ik_child_ts_remote(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                                       uint8_t *n);
#if !IK_LINKED
/* Is each of its selectors within one of these? */
bool ik_child_within(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                     const struct ik_ts *local, uint8_t local_n, const struct ik_ts *remote,
                     uint8_t remote_n);
#endif
#if IK_REKEY
/* Are these its selectors? */
bool ik_child_has_ts(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                     const struct ik_ts *local, uint8_t local_n, const struct ik_ts *remote,
                     uint8_t remote_n);
/* Do both take the same packets, or some of them? One that is not agreed yet: would it? */
bool ik_child_meets(const struct ik_ipsec *ip, const struct ik_child_sa *a,
                    const struct ik_child_sa *b);
#endif
#if IK_PACKET_TS
/* A larval one is to ask for that pair first, local and remote; NULL: for none. */
void ik_child_ask_first(struct ik_child_sa *child, const struct ik_ts *pair);
/* What another one in its place is to ask for first: puts it in pair, and answers that; NULL: all
 * that its policy takes. */
const struct ik_ts *ik_child_pair(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                                  struct ik_ts *pair);
#else
static inline void ik_child_ask_first(struct ik_child_sa *child, const struct ik_ts *pair)
{
    (void)child, (void)pair;
}
static inline const struct ik_ts *ik_child_pair(const struct ik_ipsec *ip,
                                                const struct ik_child_sa *sa, struct ik_ts *pair)
{
    (void)ip, (void)sa, (void)pair;
    return NULL;
}
#endif
/* Do its selectors take the flow? outbound: its source is local. */
bool ik_child_takes(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                    const struct ik_flow *flow, bool outbound);

/* Gives it its suite and the room for keys of it. False if these are longer than what it has in
 * itself, and there is no room (ik_ipsec.more). */
IK_NODISCARD bool ik_child_suite_set(struct ik_ipsec *ip, struct ik_child_sa *sa,
                                     const struct ik_encr *encr, const struct ik_integ *integ);
/* Where the keys of a direction lie: cipher's with its salt, then integrity algorithm's. */
uint8_t *ik_child_keys(const struct ik_ipsec *ip, struct ik_child_sa *sa, bool out);
#if IK_PREPARE
/* Prepares its keys, which are in place, if there is room (ik_ipsec.prepared). */
void ik_child_prepare(struct ik_env *env, struct ik_ipsec *ip, struct ik_child_sa *sa);
/* Gives that room back. */
void ik_child_unprepare(struct ik_ipsec *ip, struct ik_child_sa *sa);
#endif
struct ik_seal_key ik_child_key(const struct ik_ipsec *ip, const struct ik_child_sa *sa, bool out);
#if IK_PREPARE
/* The same for a packet: the first one prepares it. */
struct ik_seal_key ik_child_packet_key(struct ik_env *env, struct ik_ipsec *ip,
                                       struct ik_child_sa *sa, bool out);
#else
#define ik_child_packet_key(env, ip, sa, out) ik_child_key(ip, sa, out)
#endif

/* Gives it a replay window of so many packets (0: 64), rounded up to a power of two; of 64 if
 * there is no room for more (ik_ipsec.windows). Nothing was received yet. */
void ik_child_window(struct ik_ipsec *ip, struct ik_child_sa *sa, uint16_t packets);

#if IK_ACCOUNT
/* What its policy allows it at most (RFC 4301 4.4.2.1): from there on its packets are refused. */
struct ik_esp_limit ik_child_hard_limit(const struct ik_ipsec *ip, const struct ik_child_sa *sa);
#if IK_REKEY
/* Its limits are those of its policy from now on: at the soft one it is due. Until then it has none
 * but its sequence numbers. */
void ik_child_limit(const struct ik_ipsec *ip, struct ik_child_sa *sa);
#endif
#endif

/* ---- outbound SAs (outbound_sa.c) ------------------------------------------------------------ */

/* Makes it UP: from now on it sends, before older ones with the same selectors. */
void ik_child_up(struct ik_ipsec *ip, struct ik_child_sa *sa);
/* An UP one goes on as OLD or DELETING: it does not send any more. */
void ik_child_retire(struct ik_ipsec *ip, struct ik_child_sa *sa, enum ik_child_state state);
/* The SA of the policy that is to send a packet: of those whose selectors take the flow, the one
 * whose remote addresses are the fewest, so that nobody gets what is another's; of equals the
 * newest. NULL if there is none. The policy takes the flow (ik_spd_find). */
struct ik_child_sa *ik_child_for(const struct ik_ipsec *ip, uint16_t policy,
                                 const struct ik_flow *flow);
#if IK_INDEX
/* Those of the policy that would send some packet for that address which a new SA with this pair
 * would send, too: the one behind `at` (NULL: the first), or NULL. addr: in remote, of its family.
 */
struct ik_child_sa *ik_child_holding(const struct ik_ipsec *ip, uint16_t policy,
                                     const struct ik_ts *local, const struct ik_ts *remote,
                                     const uint8_t *addr, const struct ik_child_sa *at);
#endif

/* ---- SPD (spd.c); selectors of packets (flow.c) and of policies (selector.c) ----------------- */

/* The selectors of one packet (RFC 4301 4.4.1.1), from its IP and transport headers. */
struct ik_flow {
    uint8_t family;
    uint8_t proto;               /* behind IPv6 extension headers */
    bool fragment;               /* not the first fragment: ports are OPAQUE */
    bool any_fragment;           /* any fragment: transport mode refuses it (RFC 4303 3.3.4) */
    bool ports;                  /* src_port and dst_port are there; else they are 0 */
    uint16_t len;                /* of the packet as it says; octets behind it are padding */
    uint16_t hdr_len;            /* octets before the upper layer */
    uint16_t proto_at;           /* offset of the octet that holds proto */
    uint16_t src_port, dst_port; /* ICMP: type << 8 | code in both; Mobility Header: type << 8 */
    uint8_t src[16], dst[16];
};
/* Reads an IP packet's headers; IK_ERR_SYNTAX if they are cut, inconsistent or the checksum of an
 * IPv4 header is wrong. */
IK_NODISCARD enum ik_status ik_flow_parse(const uint8_t *ip, size_t len, struct ik_flow *out);
/* How many octets of the upper layer hold its "ports"; 0 if it has none (RFC 4301 4.4.1.1). */
uint8_t ik_ports_len(uint8_t proto);

/* Do the selectors take the flow? outbound: its source is local. */
bool ik_ts_match(const struct ik_ts *local, uint8_t local_n, const struct ik_ts *remote,
                 uint8_t remote_n, const struct ik_flow *flow, bool outbound);
/* Does it take anything at all: a family, addresses and ports in order, and ports only where its
 * protocol has them (RFC 7296 3.13.1)? */
bool ik_ts_good(const struct ik_ts *ts);
/* Is there a packet that both take, as its two ends: of one family and of one protocol? */
bool ik_ts_pair_good(const struct ik_ts *local, const struct ik_ts *remote);
/* Takes out the selectors that have no partner on the other side; false if none is left. */
bool ik_ts_pairs(struct ik_ts *local, uint8_t *local_n, struct ik_ts *remote, uint8_t *remote_n);
/* a within b: every packet that a takes, b takes. */
bool ik_ts_within(const struct ik_ts *a, const struct ik_ts *b);
#if !IK_LINKED
/* Is each of these within one of those? */
bool ik_ts_all_within(const struct ik_ts *ts, uint8_t n, const struct ik_ts *in, uint8_t in_n);
#endif
#if IK_PACKET_TS
/* What of the policy is that packet's alone (RFC 7296 2.9): addresses, protocol and ports. False if
 * the policy does not take it. The flow is outbound. */
bool ik_ts_of_flow(const struct ik_policy *policy, const struct ik_flow *flow, struct ik_ts *local,
                   struct ik_ts *remote);
/* RFC 4301 4.4.1.2 (populate.c): pair, local and remote, are a packet's own; where IK_PFP_* flags
 * say so its values stay, all else becomes that of the selectors which hold it. False if it has not
 * one value where one is to be taken. */
bool ik_ts_populate(uint8_t pfp, const struct ik_ts *local, uint8_t local_n,
                    const struct ik_ts *remote, uint8_t remote_n, struct ik_ts pair[2]);
#endif
/* The common part of a and b in *out; false if there is none. */
bool ik_ts_intersect(const struct ik_ts *a, const struct ik_ts *b, struct ik_ts *out);

/* Builds the index in ip->spd, if the host lent one. */
void ik_spd_begin(struct ik_ipsec *ip);
/* Index of the first policy that takes the flow; ik_spd_n() if none. */
uint16_t ik_spd_find(const struct ik_ipsec *ip, const struct ik_flow *flow, bool outbound);

/* ---- addresses by their leading bits (prefix.c) ---------------------------------------------- */

/* How many leading bits all addresses of n selectors share; *family: theirs, 0 if it is not one,
 * and then no bits are shared. n is at least 1. */
uint8_t ik_prefix_of(const struct ik_ts *ts, uint8_t n, uint8_t *family);
/* Adds the leading bits of an address to a hash. */
uint32_t ik_prefix_hash(uint32_t hash, const uint8_t *addr, uint8_t bits);
/* A hash as an index below n, which is a power of two. */
static inline uint16_t ik_hash_index(uint32_t hash, uint16_t n)
{
    return (uint16_t)((hash ^ hash >> 16) & (n - 1u));
}
/* The largest power of two that is not above n; n is at least 1. */
uint16_t ik_power_of_two(uint16_t n);

/* ---- lent blocks (lent.c) -------------------------------------------------------------------- */

/* The number of a block that was free, 0 if there is none. While it is free, the first two octets
 * of a block are the pool's. */
uint16_t ik_lent_take(struct ik_lent *pool, const void *blocks, size_t size);
/* Wipes the block and gives it back. */
void ik_lent_give(struct ik_lent *pool, void *blocks, size_t size, uint16_t number);

/* ---- replay window (replay.c) -------------------------------------------------------------- */

/* size: a power of two, 32 or more; bits: of it, which are cleared. */
void ik_replay_init(struct ik_replay *r, uint16_t size, uint8_t *bits);
/* Before decryption: could seq be new? Changes nothing. */
bool ik_replay_check(const struct ik_replay *r, const uint8_t *bits, ik_seq seq);
/* After authentication, for a seq that ik_replay_check let pass. */
void ik_replay_mark(struct ik_replay *r, uint8_t *bits, ik_seq seq);
/* The bits of an SA's window. */
uint8_t *ik_replay_bits(const struct ik_ipsec *ip, struct ik_child_sa *sa);

/* ---- ESP (esp.c) --------------------------------------------------------------------------- */

/* Seals pkt (text: what ESP carries) in place for sa's outbound direction: afterwards pkt starts at
 * the SPI. next_header: of the text. */
IK_NODISCARD enum ik_status ik_esp_seal(struct ik_env *env, struct ik_ipsec *ip,
                                        struct ik_child_sa *sa, struct ik_pkt *pkt,
                                        uint8_t next_header);
/* Opens pkt (at the SPI) in place: afterwards pkt is the text and *next_header its type. Checks
 * replay before, and marks it after, authentication. */
IK_NODISCARD enum ik_status ik_esp_open(struct ik_env *env, struct ik_ipsec *ip,
                                        struct ik_child_sa *sa, struct ik_pkt *pkt,
                                        uint8_t *next_header);

#if IK_AH
/* What AH does as ESP does: the next number, false when there is none; the whole number of which a
 * packet has the low half; whether the SA may send or take another len octets, which are counted.
 */
IK_NODISCARD bool ik_child_next_seq(struct ik_child_sa *sa);
ik_seq ik_child_full_seq(const struct ik_child_sa *sa, uint32_t low);
IK_NODISCARD bool ik_child_may_send(const struct ik_ipsec *ip, struct ik_child_sa *sa,
                                    uint16_t len);
IK_NODISCARD bool ik_child_may_take(const struct ik_ipsec *ip, struct ik_child_sa *sa,
                                    uint16_t len);

/* ---- AH (ah.c, ah_mutable.c) ----------------------------------------------------------------- */

/* Where AH is in a packet, by offsets from its IP header. */
struct ik_ah_place {
    bool fragment;         /* it is part of a datagram only: nothing else is known */
    uint16_t len;          /* of the packet as it says */
    uint16_t at;           /* of AH */
    uint16_t next_at;      /* of the octet that says that AH follows */
    uint16_t frag_at;      /* of a Fragment header of a whole packet; 0: there is none */
    uint16_t frag_next_at; /* of the octet that says that it follows */
    uint32_t spi;
};
/* Looks for AH in a packet that begins with its IP header. IK_ERR_SYNTAX: there is none, or headers
 * are cut. */
IK_NODISCARD enum ik_status ik_ah_find(const struct ik_pkt *pkt, struct ik_ah_place *out);
/* Puts AH into pkt, an IP packet whose headers flow has parsed: afterwards pkt begins with the IP
 * header that leaves. Tunnel mode: pkt->outer says what the outer header shall. */
IK_NODISCARD enum ik_status ik_ah_seal(struct ik_env *env, struct ik_ipsec *ip,
                                       struct ik_child_sa *sa, struct ik_pkt *pkt,
                                       const struct ik_flow *flow);
/* Checks pkt, in which ik_ah_find() has found AH of sa at *place, and takes AH out: afterwards pkt
 * is the packet inside, or in transport mode the one that it was put into; pkt->outer is what the
 * outer header said, and *next_header the type of what followed AH. Replay is checked before, and
 * marked after, the ICV. */
IK_NODISCARD enum ik_status ik_ah_open(struct ik_env *env, struct ik_ipsec *ip,
                                       struct ik_child_sa *sa, struct ik_pkt *pkt,
                                       struct ik_ah_place *place, uint8_t *next_header);
#endif

/* ---- what outer and inner headers have of each other (outer.c) --------------------------------
 */

#if IK_OUTER
/* What the IP header at ip says. */
void ik_outer_read(const uint8_t *ip, struct ik_outer *out);
/* What the outer header of the packet shall say in tunnel mode. */
void ik_outer_of_tunnel(const uint8_t *ip, const struct ik_policy *policy, struct ik_outer *out);
/* A packet came out of a tunnel: takes over the mark of congestion; false if it must be dropped. */
IK_NODISCARD bool ik_outer_to_inner(uint8_t *ip, const struct ik_outer *outer);
#endif

/* ---- path MTU (pmtu.c) ----------------------------------------------------------------------- */

#if IK_PMTU
/* How a packet leaves: whole, in pieces after it was sealed, or neither. */
enum ik_fit { IK_FIT_WHOLE, IK_FIT_PIECES, IK_FIT_NOT };
enum ik_fit ik_pmtu_fit(const struct ik_env *env, const struct ik_ipsec *ip, struct ik_child_sa *sa,
                        const struct ik_pkt *pkt, const struct ik_flow *flow);
/* Octets of the largest IP datagram that the path takes; 0: not known. */
uint16_t ik_pmtu_of(const struct ik_env *env, const struct ik_child_sa *sa);
/* It takes less than any host has to, so that what leaves may be cut on its way (IPv4). */
bool ik_pmtu_may_cut(const struct ik_child_sa *sa);
/* Of a path that is known: octets of the largest IP packet that fits once it is protected; and the
 * number that its sender is told, which is no less than what his IP version has for a least. */
uint16_t ik_pmtu_inner(const struct ik_child_sa *sa);
uint16_t ik_pmtu_told_inside(const struct ik_child_sa *sa, uint8_t family);
/* Octets of the longest text of an ESP packet that fits; UINT16_MAX: any. */
uint16_t ik_pmtu_text(const struct ik_env *env, const struct ik_child_sa *sa);
/* The one that takes the place of old has the same path. */
void ik_pmtu_inherit(struct ik_child_sa *heir, const struct ik_child_sa *old);
#if IK_PROBE
/* It was found out that the path takes so much; 0: all that is wanted. Where a router has said
 * less, that holds, as long as it does. */
void ik_pmtu_found(struct ik_env *env, struct ik_child_sa *sa, uint16_t mtu);
#endif
/* A router says what a path takes: see ik_node_too_big(), which of ESP and AH is this. */
void ik_pmtu_told(struct ik_env *env, struct ik_ipsec *ip, const struct ik_path *path,
                  struct ik_span quoted, uint16_t mtu);
/* Makes a packet the ICMP message to its sender that so many octets fit (icmp.c); it comes from
 * where the packet was to go. False, with *pkt unchanged, as with the one below. */
IK_NODISCARD bool ik_icmp_too_big(struct ik_pkt *pkt, uint16_t mtu);
#endif

#if IK_HOLD
/* Makes a packet that can't be protected the ICMP message that tells so to its sender (icmp.c); it
 * comes from `from`, or from where the packet was to go if that is of another family. silent: the
 * peer could not be contacted. False, with *pkt unchanged, if nobody must be told: a later
 * fragment, an ICMP error, an address of many hosts; or if there is no head room. */
IK_NODISCARD bool ik_icmp_unreachable(struct ik_pkt *pkt, const struct ik_addr *from, bool silent);
#endif

/* ---- transport mode (transport.c) ------------------------------------------------------------ */

/* Takes the IP header off, so that *pkt is what ESP carries, and pkt->outer what it said. False,
 * with *pkt unchanged, for what transport mode can't bring over: fragments, IPv4 options, IPv6
 * extension headers, no upper layer at all (59), and addresses that are not the path's, because the
 * other end rebuilds the header from those. */
bool ik_transport_strip(struct ik_pkt *pkt, const struct ik_flow *flow, const struct ik_path *path);
/* Puts an IP header made from the path's addresses and from pkt->outer before the upper layer.
 * False if the path has no addresses or the buffer no room; without head room the packet is moved.
 */
bool ik_transport_build(struct ik_env *env, struct ik_pkt *pkt, const struct ik_path *path,
                        uint8_t proto);
#if IK_AH
/* Room for hdr octets before a packet: head room, or else by moving it to where there is some; pkt
 * then begins with them. False if the buffer is too small. */
IK_NODISCARD bool ik_make_room(struct ik_env *env, struct ik_pkt *pkt, uint8_t hdr);
#endif
/* RFC 3948 3.1.2: recomputes the checksum of TCP, UDP or ICMPv6 behind the IP header of flow; NAT
 * has changed the addresses that it covers. */
void ik_transport_cksum(struct ik_pkt *pkt, const struct ik_flow *flow);

/* ---- packets in and out (outbound.c, inbound.c) ---------------------------------------------- */

enum ik_verdict {
    IK_VERDICT_DROP,    /* counted */
    IK_VERDICT_SEND,    /* outbound: *pkt is ESP, or a packet with AH, for *path */
    IK_VERDICT_CLEAR,   /* outbound: bypass, *pkt as it came */
    IK_VERDICT_DELIVER, /* inbound: *pkt is a whole IP packet */
    IK_VERDICT_ACQUIRE, /* outbound: *policy protects it and no SA is up; the packet is as it was */
    IK_VERDICT_TOO_LONG /* outbound: for the *path of its SA; the packet is as it was */
};

/* A clear IP packet is to leave: SPD, then tunnel or transport mode, then ESP (RFC 4301 5.1).
 * *policy: the index. *path: of the SA, which says how it sends; left alone if none was used. */
enum ik_verdict ik_ipsec_out(struct ik_env *env, struct ik_ipsec *ip, struct ik_pkt *pkt,
                             const struct ik_path **path, uint16_t *policy);
#if IK_PMTU
/* Protects a packet by that SA, whether it fits its path or not; pieces: it may be cut afterwards.
 */
enum ik_verdict ik_ipsec_out_by(struct ik_env *env, struct ik_ipsec *ip, struct ik_child_sa *sa,
                                struct ik_pkt *pkt, bool pieces);
#endif
/* An ESP packet, or one with AH, came by *path (RFC 4301 5.2). With ESP in transport mode the IP
 * header is rebuilt from the path's addresses. *sa: by which it came if it is delivered, else NULL.
 */
enum ik_verdict ik_ipsec_in(struct ik_env *env, struct ik_ipsec *ip, struct ik_pkt *pkt,
                            const struct ik_path *path, struct ik_child_sa **sa);
/* A clear IP packet came: may it pass (RFC 4301 5.2, step 3a)? */
enum ik_verdict ik_ipsec_in_clear(struct ik_env *env, struct ik_ipsec *ip,
                                  const struct ik_pkt *pkt);

/* Counts a packet that the SA does not let pass, and answers st. */
static inline enum ik_status ik_child_refuse(struct ik_env *env, struct ik_child_sa *sa,
                                             enum ik_drop why, const struct ik_pkt *pkt,
                                             enum ik_status st)
{
#if IK_ACCOUNT
    sa->drops++;
#else
    (void)sa;
#endif
    ik_drop(env, why, pkt->len);
    return st;
}

#endif

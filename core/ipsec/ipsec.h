/* SPDX-License-Identifier: MIT */
/*
 * The data plane as core/ike and core/node see it. Functions with an ik_env count and trace what
 * they drop.
 */
#ifndef IK_IPSEC_IPSEC_H
#define IK_IPSEC_IPSEC_H

#include "ikelet/ik_ipsec.h"
#include "util/util.h"

/* ---- SAD (sad.c) --------------------------------------------------------------------------- */

/* The Child SAs that the host lent: how many, and the one in a slot. */
static inline uint16_t ik_child_n(const struct ik_ipsec *ip)
{
    return IK_ONE ? 1 : ip->sas_n;
}

static inline struct ik_child_sa *ik_child_at(const struct ik_ipsec *ip, uint16_t slot)
{
    struct ik_child_sa *sa = &ip->sas[IK_ONE ? 0 : slot];
    IK_KNOWN(sa, ik_one_child);
    return sa;
}

/* Takes a free slot, zeroes it, marks it LARVAL, draws its inbound SPI (never below 256, never in
 * use). NULL if the pool is full. */
struct ik_child_sa *ik_sad_alloc(struct ik_env *env, struct ik_ipsec *ip);
/* The Child SA whose inbound SPI is spi and which is UP, or NULL. O(1): the SPI names the slot. */
struct ik_child_sa *ik_sad_find(const struct ik_ipsec *ip, uint32_t spi);
/* Wipes keys and frees the slot. */
void ik_child_wipe(struct ik_child_sa *sa);

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
/* Do the selectors take the flow? outbound: its source is local. */
bool ik_ts_match(const struct ik_ts *local, uint8_t local_n, const struct ik_ts *remote,
                 uint8_t remote_n, const struct ik_flow *flow, bool outbound);
/* Index of the first policy that takes the flow; policies_n if none. */
uint16_t ik_spd_find(const struct ik_ipsec *ip, const struct ik_flow *flow, bool outbound);
/* a within b: every packet that a takes, b takes. */
bool ik_ts_within(const struct ik_ts *a, const struct ik_ts *b);
/* The common part of a and b in *out; false if there is none. */
bool ik_ts_intersect(const struct ik_ts *a, const struct ik_ts *b, struct ik_ts *out);

/* ---- replay window (replay.c) -------------------------------------------------------------- */

/* size 0: 64; rounded up to a multiple of 32, at most IK_REPLAY_MAX. */
void ik_replay_init(struct ik_replay *r, uint16_t size);
/* Before decryption: could seq be new? Changes nothing. */
bool ik_replay_check(const struct ik_replay *r, uint32_t seq);
/* After authentication, for a seq that ik_replay_check let pass. */
void ik_replay_mark(struct ik_replay *r, uint32_t seq);

/* ---- ESP (esp.c) --------------------------------------------------------------------------- */

/* Seals pkt (text: what ESP carries) in place for sa's outbound direction: afterwards pkt starts at
 * the SPI. next_header: of the text. */
IK_NODISCARD enum ik_status ik_esp_seal(struct ik_env *env, struct ik_child_sa *sa,
                                        struct ik_pkt *pkt, uint8_t next_header);
/* Opens pkt (at the SPI) in place: afterwards pkt is the text and *next_header its type. Checks
 * replay before, and marks it after, authentication. */
IK_NODISCARD enum ik_status ik_esp_open(struct ik_env *env, struct ik_child_sa *sa,
                                        struct ik_pkt *pkt, uint8_t *next_header);

/* ---- transport mode (transport.c) ------------------------------------------------------------ */

/* Takes the IP header off, so that *pkt is what ESP carries. False, with *pkt unchanged, for what
 * transport mode can't bring over: fragments, IPv4 options, IPv6 extension headers, no upper layer
 * at all (59), and addresses that are not the path's, because the other end rebuilds the header
 * from those. */
bool ik_transport_strip(struct ik_pkt *pkt, const struct ik_flow *flow, const struct ik_path *path);
/* Puts an IP header made from the path's addresses before the upper layer. False if the path has no
 * addresses or the buffer no room; without head room the packet is moved. */
bool ik_transport_build(struct ik_env *env, struct ik_pkt *pkt, const struct ik_path *path,
                        uint8_t proto);
/* RFC 3948 3.1.2: recomputes the checksum of TCP, UDP or ICMPv6 behind the IP header of flow; NAT
 * has changed the addresses that it covers. */
void ik_transport_cksum(struct ik_pkt *pkt, const struct ik_flow *flow);

/* ---- packets in and out (outbound.c, inbound.c) ---------------------------------------------- */

/* The slot of an SA in its pool. */
static inline uint16_t ik_child_slot(const struct ik_child_sa *sa)
{
    return (uint16_t)sa->in.spi;
}

enum ik_verdict {
    IK_VERDICT_DROP,    /* counted */
    IK_VERDICT_SEND,    /* outbound: *pkt is ESP for *path */
    IK_VERDICT_CLEAR,   /* outbound: bypass, *pkt as it came */
    IK_VERDICT_DELIVER, /* inbound: *pkt is a whole IP packet */
    IK_VERDICT_ACQUIRE  /* outbound: *policy protects it and no SA is up; dropped and counted */
};

/* A clear IP packet is to leave: SPD, then tunnel or transport mode, then ESP (RFC 4301 5.1).
 * *policy: the index. *path: of the SA, which says how it sends. */
enum ik_verdict ik_ipsec_out(struct ik_env *env, struct ik_ipsec *ip, struct ik_pkt *pkt,
                             const struct ik_path **path, uint16_t *policy);
/* An ESP packet came by *path (RFC 4301 5.2). In transport mode the IP header is rebuilt from the
 * path's addresses. *sa: by which it came if it is delivered, else NULL. */
enum ik_verdict ik_ipsec_in(struct ik_env *env, struct ik_ipsec *ip, struct ik_pkt *pkt,
                            const struct ik_path *path, struct ik_child_sa **sa);
/* A clear IP packet came: may it pass (RFC 4301 5.2, step 3a)? */
enum ik_verdict ik_ipsec_in_clear(struct ik_env *env, struct ik_ipsec *ip,
                                  const struct ik_pkt *pkt);

#endif

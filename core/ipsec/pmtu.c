/* SPDX-License-Identifier: MIT */
/*
 * What the path of a Child SA takes (RFC 4301 8.2): a router says so of a packet of ours, and from
 * then on nothing leaves in one piece that would be longer.
 */
#include "crypto/crypto.h"
#include "ipsec/ah.h"
#include "ipsec/ipsec.h"
#include "util/util.h"

#if IK_PMTU

#define IPV4_HDR 20
#define IPV6_HDR 40
#define UDP_HDR 8
#define ESP_HDR 8
#define ESP_TRAILER 2
#define V4_LEAST 576  /* what any host takes (RFC 791 3.2) */
#define V4_LINK 68    /* what any link takes (there) */
#define V6_LEAST 1280 /* what any link takes (RFC 8200 5) */
#define DF 0x40
#define FRAG_OFFSET 0x1fffu

/* RFC 8201 4, RFC 1191 6.3: a larger one is not tried for ten minutes. */
#define TICK 10 /* 1024 ms, so that a moment fits 16 bits */
#define HOLDS 586u

/* A router's word is looked for in so many SAs a millisecond, so that a flood of them costs no more
 * where there are many. */
#define SAS_PER_MS 1024u

/* ---- what it is ------------------------------------------------------------------------------ */

static bool is_stale(const struct ik_env *env, const struct ik_child_sa *sa)
{
    return (uint16_t)((env->now >> TICK) - sa->mtu_at) >= HOLDS;
}

uint16_t ik_pmtu_of(const struct ik_env *env, const struct ik_child_sa *sa)
{
    return is_stale(env, sa) ? 0 : sa->mtu;
}

void ik_pmtu_inherit(struct ik_child_sa *heir, const struct ik_child_sa *old)
{
    heir->mtu = old->mtu;
    heir->mtu_at = old->mtu_at;
    heir->may_cut = old->may_cut;
#if IK_PROBE
    heir->found = old->found;
#endif
}

bool ik_pmtu_may_cut(const struct ik_child_sa *sa)
{
    return sa->mtu != 0 && sa->may_cut;
}

static uint16_t ip_header(const struct ik_child_sa *sa)
{
    return sa->path.remote.family == 6 ? IPV6_HDR : IPV4_HDR;
}

/* How long the text of an ESP packet may be: whole blocks, less the trailer. */
static uint16_t text_room(const struct ik_child_sa *sa)
{
    const struct ik_encr *encr = ik_child_encr(sa);
    const struct ik_integ *integ = ik_child_integ(sa);
    uint16_t unit = encr->block > 4 ? encr->block : 4;
    uint16_t around = (uint16_t)(ip_header(sa) + (sa->udp ? UDP_HDR : 0) + ESP_HDR + encr->iv_len +
                                 (integ != NULL ? integ->icv_len : encr->icv_len));
    return (uint16_t)(((sa->mtu - around) & ~(unit - 1u)) - ESP_TRAILER);
}

uint16_t ik_pmtu_text(const struct ik_env *env, const struct ik_child_sa *sa)
{
    return ik_pmtu_of(env, sa) != 0 ? text_room(sa) : UINT16_MAX;
}

uint16_t ik_pmtu_inner(const struct ik_child_sa *sa)
{
    bool tunnel = sa->mode == IK_TUNNEL;
#if IK_AH
    if (sa->ah) {
        uint8_t ah = ik_ah_header_len(sa, sa->path.remote.family == 6);
        return (uint16_t)(sa->mtu - ah - (tunnel ? ip_header(sa) : 0));
    }
#endif
    return (uint16_t)(text_room(sa) + (tunnel ? 0 : ip_header(sa)));
}

/* ---- what leaves ----------------------------------------------------------------------------- */

/* May it be cut before it is sealed? In tunnel mode, without options, if the SA takes pieces in
 * which there are no ports (RFC 4301 7). */
static bool may_be_cut(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                       const struct ik_flow *flow)
{
    struct ik_flow piece = *flow;
    if (sa->mode != IK_TUNNEL || flow->hdr_len != IPV4_HDR) {
        return false;
    }
    piece.fragment = piece.any_fragment = true;
    piece.ports = false;
    piece.src_port = piece.dst_port = 0;
    return ik_spd_find(ip, &piece, true) == sa->policy &&
           ik_child_for(ip, sa->policy, &piece) == sa;
}

/* RFC 4301 8.1, 8.2.1; RFC 2473 7.1: IPv6 of 1280 octets is the least that can be asked for, so it
 * leaves in pieces. In transport mode its sender is the host itself, and what is not cut behind ESP
 * can't be cut at all (RFC 4303 3.3.4): only TCP makes smaller ones when it is told. */
enum ik_fit ik_pmtu_fit(const struct ik_env *env, const struct ik_ipsec *ip, struct ik_child_sa *sa,
                        const struct ik_pkt *pkt, const struct ik_flow *flow)
{
    if (sa->mtu == 0) {
        return IK_FIT_WHOLE;
    }
    if (is_stale(env, sa)) {
        sa->mtu = 0;
        return IK_FIT_WHOLE;
    }
    if (flow->len <= ik_pmtu_inner(sa)) {
        return IK_FIT_WHOLE;
    }
    if (flow->family == 6) {
        bool smaller = sa->mode == IK_TUNNEL || flow->proto == IK_IP_TCP;
        return flow->len <= V6_LEAST || !smaller ? IK_FIT_PIECES : IK_FIT_NOT;
    }
    if (sa->mode == IK_TUNNEL && ik_spd_at(ip, sa->policy)->df == IK_DF_CLEAR) {
        return IK_FIT_PIECES;
    }
    bool df = (pkt->buf[pkt->off + 6] & DF) != 0;
    return df || may_be_cut(ip, sa, flow) ? IK_FIT_NOT : IK_FIT_PIECES;
}

uint16_t ik_pmtu_told_inside(const struct ik_child_sa *sa, uint8_t family)
{
    uint16_t inner = ik_pmtu_inner(sa);
    return family == 6 && inner < V6_LEAST ? V6_LEAST : inner;
}

/* ---- what routers say ------------------------------------------------------------------------ */

/* What came back of a packet. */
struct quote {
    uint32_t spi, seq;
    bool has_seq;
};

#if IK_AH
static bool extends(uint8_t proto)
{
    return proto == IK_IP_HOPOPT || proto == IK_IP_IPV6_OPTS || proto == IK_IP_IPV6_ROUTE;
}

/* Where AH is in what came back of a packet with it; its length if it is not there. */
static uint16_t find_ah(struct ik_span q)
{
    uint16_t at = IPV6_HDR;
    if (q.len < IPV4_HDR || (q.p[0] >> 4 == 6 && q.len < IPV6_HDR)) {
        return q.len;
    }
    if (q.p[0] >> 4 == 4) {
        bool whole = (ik_get16(q.p + 6) & FRAG_OFFSET) == 0;
        return q.p[9] == IK_IP_AH && whole ? (uint16_t)((q.p[0] & 0x0fu) * 4u) : q.len;
    }
    uint8_t proto = q.p[6];
    while (extends(proto) && at + 2 <= q.len) {
        proto = q.p[at];
        at = (uint16_t)(at + 8u + 8u * q.p[at + 1]);
    }
    return proto == IK_IP_AH ? at : q.len;
}
#endif

static bool read_quote(const struct ik_path *path, struct ik_span q, struct quote *out)
{
    uint16_t at = 0;
#if IK_AH
    at = path->carrier == IK_CARRIER_AH ? (uint16_t)(find_ah(q) + 4u) : 0;
#else
    (void)path;
#endif
    if (q.len < at + 4u) {
        return false;
    }
    out->spi = ik_get32(q.p + at);
    out->has_seq = q.len >= at + 8u;
    out->seq = out->has_seq ? ik_get32(q.p + at + 4) : 0;
    return true;
}

static bool same_end(const struct ik_addr *a, const struct ik_addr *b)
{
    return a->family == b->family && ik_ct_eq(a->b, b->b, ik_is_v4(a->family) ? 4 : 16);
}

static bool same_path(const struct ik_path *own, const struct ik_path *told)
{
    return own->carrier == told->carrier && own->remote_port == told->remote_port &&
           same_end(&own->remote, &told->remote) &&
           (told->local.family == 0 || same_end(&own->local, &told->local));
}

/* Anybody can say so: who does not see the path has to guess the SPI, and a number of a packet that
 * has left (8.2). */
static bool has_sent(const struct ik_child_sa *sa, const struct ik_path *path,
                     const struct quote *q)
{
    uint32_t ago = (uint32_t)sa->seq - q->seq;
    return ik_child_receives(sa) && sa->out.spi == q->spi &&
           ik_child_is_ah(sa) == (path->carrier == IK_CARRIER_AH) && same_path(&sa->path, path) &&
           (!q->has_seq || ago < sa->seq);
}

static struct ik_child_sa *sender_of(const struct ik_ipsec *ip, const struct ik_path *path,
                                     const struct quote *q)
{
    for (uint16_t i = 0; i < ip->fresh; i++) {
        if (has_sent(&ip->sas[i], path, q)) {
            return &ip->sas[i];
        }
    }
    return NULL;
}

/* Is another one looked into already, in the time that this would take? */
static bool crowded(const struct ik_env *env, struct ik_ipsec *ip)
{
    uint16_t now = (uint16_t)env->now;
    if (ip->fresh < SAS_PER_MS) {
        return false;
    }
    if ((uint16_t)(now - ip->asked_at) <= ip->fresh / SAS_PER_MS) {
        return true;
    }
    ip->asked_at = now;
    return false;
}

static void learn(const struct ik_env *env, struct ik_child_sa *sa, uint16_t mtu)
{
    sa->mtu = mtu;
    sa->mtu_at = (uint16_t)(env->now >> TICK);
    sa->may_cut = false;
}

static void tell(struct ik_env *env, const struct ik_child_sa *sa, enum ik_trace_event event)
{
    uint16_t about = ik_about(env, ik_child_slot(sa));
    ik_trace(env, (uint16_t)event, sa->out.spi, sa->mtu);
    ik_about(env, about);
}

/* RFC 791 lets a link of IPv4 take 68 octets only. In datagrams of that, no host could go on, and a
 * lie would make us crawl: so none of ours is smaller than 576, but may be cut on its way. */
static uint16_t plausible(const struct ik_path *path, uint16_t mtu)
{
    bool v4 = ik_is_v4(path->remote.family);
    if (mtu < (v4 ? V4_LINK : V6_LEAST)) {
        return 0;
    }
    return v4 && mtu < V4_LEAST ? V4_LEAST : mtu;
}

void ik_pmtu_told(struct ik_env *env, struct ik_ipsec *ip, const struct ik_path *path,
                  struct ik_span quoted, uint16_t mtu)
{
    uint16_t size = plausible(path, mtu);
    bool may_cut = size != mtu;
    struct quote q;
    struct ik_child_sa *sa = NULL;
    if (size != 0 && read_quote(path, quoted, &q) && !crowded(env, ip)) {
        sa = sender_of(ip, path, &q);
    }
    uint16_t known = sa != NULL ? ik_pmtu_of(env, sa) : 0;
    if (sa == NULL || (known != 0 && size > known)) {
        ik_drop(env, IK_DROP_TOO_BIG, quoted.len);
        return;
    }
    if (size == known && (sa->may_cut || !may_cut)) {
        return; /* packets that were under way */
    }
    learn(env, sa, size);
    sa->may_cut = may_cut;
#if IK_PROBE
    sa->found = false;
#endif
    ik_count(env, IK_COUNT_TOO_BIG);
    tell(env, sa, IK_TR_PATH_MTU);
}

/* ---- what was found out (RFC 8899) ------------------------------------------------------------
 */

#if IK_PROBE
void ik_pmtu_found(struct ik_env *env, struct ik_child_sa *sa, uint16_t mtu)
{
    uint16_t known = ik_pmtu_of(env, sa);
    if (known != 0 && !sa->found && (mtu == 0 || mtu >= known)) {
        return;
    }
    learn(env, sa, mtu);
    sa->found = true;
    if (mtu != known) {
        tell(env, sa, IK_TR_PATH_FOUND);
    }
}
#endif

#endif

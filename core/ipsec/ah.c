/* SPDX-License-Identifier: MIT */
/*
 * AH (RFC 4302) in the caller's buffer, with the IP header before it:
 *
 *     | IP and extension headers | next, length, 0, SPI, number | ICV, padding | what follows |
 *     |<-- as ah_mutable.c says->|<------ covered, the ICV as zeros ------------------------->|
 *
 * and with an extended sequence number its high half, which is not sent. Transport mode puts AH
 * behind the headers that the way of the packet is written in; tunnel mode before a whole packet,
 * behind a new header.
 */
#include "ipsec/ah.h"
#include "util/util.h"
#include "crypto/crypto.h"

#if IK_AH

#define IPV4_HDR 20
#define IPV6_HDR 40
#define FRAG_HDR 8
#define TTL 64
#define SPI_AT 4
#define SEQ_AT 8

/* ---- where it is ----------------------------------------------------------------------------- */

static bool extends(uint8_t proto)
{
    return proto == IK_IP_HOPOPT || proto == IK_IP_IPV6_OPTS || proto == IK_IP_IPV6_ROUTE;
}

/* Octets of the extension header at `at`; 0 if it is cut. */
static uint16_t ext_len_of(const uint8_t *ip, uint16_t len, uint16_t at)
{
    uint16_t ext_len = len - at < 8 ? 0 : (uint16_t)(8u + 8u * ip[at + 1]);
    return ext_len > len - at ? 0 : ext_len;
}

static enum ik_status find_v4(const uint8_t *ip, size_t len, struct ik_ah_place *out)
{
    uint16_t hdr = (uint16_t)((ip[0] & 0x0fu) * 4u);
    if (len < IPV4_HDR || hdr < IPV4_HDR || ik_get16(ip + 2) > len || ik_get16(ip + 2) < hdr) {
        return IK_ERR_SYNTAX;
    }
    out->len = ik_get16(ip + 2);
    out->fragment = (ik_get16(ip + 6) & 0x3fffu) != 0;
    out->next_at = 9;
    out->at = hdr;
    return ip[9] == IK_IP_AH || out->fragment ? IK_OK : IK_ERR_SYNTAX;
}

/* Passes by the Fragment header at `at`; false if it makes a fragment (RFC 8200 4.5, RFC 6946). */
static bool skip_fragment(const uint8_t *ip, struct ik_ah_place *out)
{
    out->fragment = (ik_get16(ip + out->at + 2) & 0xfff9u) != 0;
    out->frag_at = out->at;
    out->frag_next_at = out->next_at;
    return !out->fragment;
}

static enum ik_status find_v6(const uint8_t *ip, size_t len, struct ik_ah_place *out)
{
    if (len < IPV6_HDR || ik_get16(ip + 4) > len - IPV6_HDR ||
        ik_get16(ip + 4) > UINT16_MAX - IPV6_HDR) {
        return IK_ERR_SYNTAX;
    }
    out->len = (uint16_t)(IPV6_HDR + ik_get16(ip + 4));
    out->next_at = 6;
    out->at = IPV6_HDR;
    uint8_t proto = ip[6];
    while (proto != IK_IP_AH) {
        bool frag = proto == IK_IP_IPV6_FRAG && out->frag_at == 0 && out->len - out->at >= FRAG_HDR;
        uint16_t ext_len = frag ? FRAG_HDR : ext_len_of(ip, out->len, out->at);
        if ((!frag && !extends(proto)) || ext_len == 0 ||
            (proto == IK_IP_HOPOPT && out->at != IPV6_HDR)) {
            return IK_ERR_SYNTAX;
        }
        if (frag && !skip_fragment(ip, out)) {
            return IK_OK;
        }
        out->next_at = out->at;
        proto = ip[out->at];
        out->at = (uint16_t)(out->at + ext_len);
    }
    return IK_OK;
}

enum ik_status ik_ah_find(const struct ik_pkt *pkt, struct ik_ah_place *out)
{
    const uint8_t *ip = pkt->buf + pkt->off;
    memset(out, 0, sizeof *out);
    enum ik_status st = IK_ERR_SYNTAX;
    if (pkt->len > 0 && ip[0] >> 4 == 4) {
        st = find_v4(ip, pkt->len, out);
    } else if (pkt->len > 0 && ip[0] >> 4 == 6) {
        st = find_v6(ip, pkt->len, out);
    }
    if (st != IK_OK || out->fragment) {
        return st;
    }
    if (out->len - out->at < IK_AH_HDR) {
        return IK_ERR_SYNTAX;
    }
    out->spi = ik_get32(ip + out->at + SPI_AT);
    return IK_OK;
}

/*
 * Where it goes (3.1.1): behind hop-by-hop options, destination options and routing header, but
 * before destination options that follow a routing header. A Fragment header of a packet that is
 * whole gives way to it (appendix A2). flow has parsed the headers.
 */
static void place_v6(const uint8_t *ip, struct ik_ah_place *out)
{
    out->next_at = 6;
    out->at = IPV6_HDR;
    uint8_t proto = ip[6];
    bool routed = false;
    while (extends(proto) && !(routed && proto == IK_IP_IPV6_OPTS)) {
        routed = routed || proto == IK_IP_IPV6_ROUTE;
        out->next_at = out->at;
        proto = ip[out->at];
        out->at = (uint16_t)(out->at + 8u + 8u * ip[out->at + 1]);
    }
    if (proto == IK_IP_IPV6_FRAG) {
        out->frag_at = out->at;
    }
}

static void place(const uint8_t *ip, const struct ik_flow *flow, struct ik_ah_place *out)
{
    memset(out, 0, sizeof *out);
    out->len = flow->len;
    if (flow->family == 4) {
        out->next_at = 9;
        out->at = flow->hdr_len;
    } else {
        place_v6(ip, out);
    }
}

/* ---- the ICV --------------------------------------------------------------------------------- */

/* 3.3.3.2.1: the header is a multiple of 4 octets, and of 8 in IPv6. */
uint8_t ik_ah_header_len(const struct ik_child_sa *sa, bool v6)
{
    uint8_t len = (uint8_t)(IK_AH_HDR + sa->integ->icv_len), unit = v6 ? 8 : 4;
    return (uint8_t)((len + unit - 1u) & ~(unit - 1u));
}

/* Over the packet at ip, len octets, whose headers are covered already, and AH at `at`, where the
 * IV is, if there is one (RFC 4543 4): out is what stands behind that. */
static void icv_of(struct ik_env *env, const struct ik_seal_key *key, struct ik_ah_cover *c,
                   const uint8_t *ip, const struct ik_ah_place *p, const uint8_t *esn, uint8_t *out)
{
    static const uint8_t zero[IK_HASH_MAX];
    uint16_t behind = (uint16_t)(p->at + IK_AH_HDR + key->integ->icv_len);
    c->in[c->n++] = (struct ik_span){ip + p->at, IK_AH_HDR};
    c->in[c->n++] = (struct ik_span){zero, key->integ->icv_len};
    c->in[c->n++] = (struct ik_span){ip + behind, (uint16_t)(p->len - behind)};
    if (esn != NULL) {
        c->in[c->n++] = (struct ik_span){esn, 4};
    }
    if (key->integ->iv_len > 0) {
        c->in[c->n++] = (struct ik_span){ip + p->at + IK_AH_HDR, key->integ->iv_len};
    }
    ik_integ_parts(env, key, c->in, c->n, out);
}

/* 3.3.3.2.2: the half of an extended number that is not sent; NULL if there is none. */
static const uint8_t *esn_of(const struct ik_child_sa *sa, ik_seq seq, uint8_t esn[4])
{
#if IK_ESN
    if (sa->esn) {
        ik_put32(esn, (uint32_t)(seq >> 32));
        return esn;
    }
#else
    (void)sa, (void)seq, (void)esn;
#endif
    return NULL;
}

/* ---- headers --------------------------------------------------------------------------------- */

static void put_len(uint8_t *ip, uint16_t len)
{
    if (ip[0] >> 4 == 4) {
        ik_put16(ip + 2, len);
        ik_put16(ip + 10, 0);
        ik_put16(ip + 10, ik_cksum_fold(ik_cksum_add(0, ip, (uint16_t)((ip[0] & 0x0fu) * 4u))));
    } else {
        ik_put16(ip + 4, (uint16_t)(len - IPV6_HDR));
    }
}

/* The identification is covered, and some systems put one of their own in the place of 0: so it is
 * not 0. The number of the packet makes it one that has not been used for long. */
static void put_ident(uint8_t *ip, const struct ik_child_sa *sa)
{
    if (ip[0] >> 4 == 4 && ik_get16(ip + 4) == 0) {
        ik_put16(ip + 4, (uint16_t)(0x8000u | ((uint32_t)sa->seq & 0x7fffu)));
    }
}

/* Tunnel mode (RFC 4301 5.1.2): the outer header, all but its length. */
static void put_outer(uint8_t *ip, const struct ik_pkt *pkt, const struct ik_path *path)
{
    uint8_t ttl = pkt->outer.ttl != 0 ? pkt->outer.ttl : TTL;
    if (path->remote.family == 4) {
        memset(ip, 0, IPV4_HDR);
        ip[0] = 0x45;
        ip[1] = pkt->outer.tclass;
        ip[6] = pkt->outer.df ? 0x40 : 0;
        ip[8] = ttl;
        memcpy(ip + 12, path->local.b, 4);
        memcpy(ip + 16, path->remote.b, 4);
        return;
    }
    ik_put32(ip, UINT32_C(0x60000000) | (uint32_t)pkt->outer.tclass << 20 |
                     (pkt->outer.label & 0xfffffu));
    ip[7] = ttl;
    memcpy(ip + 8, path->local.b, 16);
    memcpy(ip + 24, path->remote.b, 16);
}

/* AH itself, all but number and ICV. */
static void put_ah(uint8_t *at, const struct ik_child_sa *sa, uint8_t ah_len, uint8_t next)
{
    memset(at, 0, ah_len);
    at[0] = next;
    at[1] = (uint8_t)(ah_len / 4u - 2u);
    ik_put32(at + SPI_AT, sa->out.spi);
}

/* ---- outbound -------------------------------------------------------------------------------- */

/* Room for `more` octets before the packet; false too if it would be longer than IP allows. */
static bool grow(struct ik_env *env, struct ik_pkt *pkt, uint16_t more)
{
    return (uint32_t)pkt->len + more <= UINT16_MAX && pkt->off <= pkt->cap &&
           pkt->len <= pkt->cap - pkt->off && ik_make_room(env, pkt, (uint8_t)more);
}

static bool wrap_tunnel(struct ik_env *env, const struct ik_child_sa *sa, struct ik_pkt *pkt,
                        struct ik_ah_place *p)
{
    const struct ik_path *path = &sa->path;
    bool v6 = path->remote.family == 6;
    uint8_t hdr = v6 ? IPV6_HDR : IPV4_HDR, ah_len = ik_ah_header_len(sa, v6);
    uint8_t next = pkt->buf[pkt->off] >> 4 == 4 ? IK_IP_IPV4 : IK_IP_IPV6;
    if (path->local.family != path->remote.family || !grow(env, pkt, (uint16_t)(hdr + ah_len))) {
        return false;
    }
    uint8_t *ip = pkt->buf + pkt->off;
    put_outer(ip, pkt, path);
    put_ah(ip + hdr, sa, ah_len, next);
    *p = (struct ik_ah_place){.len = pkt->len, .at = hdr, .next_at = v6 ? 6 : 9};
    return true;
}

/* The headers before AH move to the front, AH comes into the gap. */
static bool wrap_transport(struct ik_env *env, const struct ik_child_sa *sa, struct ik_pkt *pkt,
                           const struct ik_flow *flow, struct ik_ah_place *p)
{
    uint8_t ah_len = ik_ah_header_len(sa, flow->family == 6);
    place(pkt->buf + pkt->off, flow, p);
    uint8_t gone = p->frag_at != 0 ? FRAG_HDR : 0;
    uint8_t next = pkt->buf[pkt->off + (gone != 0 ? p->frag_at : p->next_at)];
    uint16_t more = (uint16_t)(ah_len - gone);
    if (!grow(env, pkt, more)) {
        return false;
    }
    uint8_t *ip = pkt->buf + pkt->off;
    memmove(ip, ip + more, p->at);
    put_ah(ip + p->at, sa, ah_len, next);
    p->len = pkt->len;
    return true;
}

static bool ends_at_path(const struct ik_ah_cover *c, const struct ik_flow *flow,
                         const struct ik_path *path)
{
    size_t len = flow->family == 4 ? 4 : 16;
    return path->local.family == flow->family && path->remote.family == flow->family &&
           ik_ct_eq(path->local.b, flow->src, len) && ik_ct_eq(path->remote.b, c->to, len);
}

/* Transport mode: 3.3.4: "applied only to whole IP datagrams"; from and to where the SA is. */
static bool may_carry(struct ik_child_sa *sa, const struct ik_ah_cover *c,
                      const struct ik_flow *flow)
{
    return sa->mode == IK_TUNNEL || (!flow->any_fragment && ends_at_path(c, flow, &sa->path));
}

/* No number serves twice, and so no IV. */
static void put_iv(uint8_t *at, uint8_t len, ik_seq seq)
{
    if (len == sizeof(uint64_t)) {
        ik_put64(at, seq);
    }
}

/* Header and AH are in place: number, ICV. */
static enum ik_status seal(struct ik_env *env, struct ik_ipsec *ip, struct ik_child_sa *sa,
                           struct ik_pkt *pkt, const struct ik_ah_place *p,
                           const struct ik_flow *flow)
{
    struct ik_seal_key key = ik_child_packet_key(env, ip, sa, true);
    struct ik_ah_cover cover;
    uint8_t esn[4], *at = pkt->buf + pkt->off;
    uint16_t octets = (uint16_t)(p->len - p->at - ik_ah_header_len(sa, at[0] >> 4 == 6));
    at[p->next_at] = IK_IP_AH;
    if (ik_ah_cover(&cover, at, p->at, true) != IK_OK) {
        return ik_child_refuse(env, sa, IK_DROP_AH_HEADER, pkt, IK_ERR_SYNTAX);
    }
    if (!may_carry(sa, &cover, flow)) {
        return ik_child_refuse(env, sa, IK_DROP_AH_TRANSPORT, pkt, IK_ERR_POLICY);
    }
    if (!ik_child_may_send(ip, sa, octets)) {
        return ik_child_refuse(env, sa, IK_DROP_AH_LIFETIME, pkt, IK_ERR_STATE);
    }
    if (!ik_child_next_seq(sa)) {
        return ik_child_refuse(env, sa, IK_DROP_AH_SEQ_OVERFLOW, pkt, IK_ERR_STATE);
    }
    put_ident(at, sa);
    put_len(at, p->len);
    ik_put32(at + p->at + SEQ_AT, (uint32_t)sa->seq);
    enum ik_status st = ik_ah_cover(&cover, at, p->at, true); /* with what was put in meanwhile */
    if (st == IK_OK) {
        uint8_t *icv = at + p->at + IK_AH_HDR, iv_len = key.integ->iv_len;
        put_iv(icv, iv_len, sa->seq);
        icv_of(env, &key, &cover, at, p, esn_of(sa, sa->seq, esn), icv + iv_len);
    }
    return st;
}

enum ik_status ik_ah_seal(struct ik_env *env, struct ik_ipsec *ip, struct ik_child_sa *sa,
                          struct ik_pkt *pkt, const struct ik_flow *flow)
{
    struct ik_ah_place p;
    pkt->len = flow->len;
    bool fits = sa->mode == IK_TUNNEL ? wrap_tunnel(env, sa, pkt, &p)
                                      : wrap_transport(env, sa, pkt, flow, &p);
    if (!fits) {
        return ik_child_refuse(env, sa, IK_DROP_AH_NO_ROOM, pkt, IK_ERR_NO_ROOM);
    }
    ik_charge(env, IK_COST_ESP_OUT, 1);
    enum ik_status st = seal(env, ip, sa, pkt, &p, flow);
    if (st != IK_OK) {
        return st;
    }
    ik_child_sent(env, sa);
    ik_count(env, IK_COUNT_AH_OUT);
    ik_trace(env, IK_TR_AH_TX, sa->out.spi, (uint32_t)sa->seq);
    return IK_OK;
}

/* ---- inbound --------------------------------------------------------------------------------- */

/* Appendix A2: who has put the datagram together may have left a Fragment header in it. */
static void remove_fragment(struct ik_pkt *pkt, struct ik_ah_place *p)
{
    if (p->frag_at == 0) {
        return;
    }
    uint8_t *ip = pkt->buf + pkt->off;
    ip[p->frag_next_at] = ip[p->frag_at];
    memmove(ip + FRAG_HDR, ip, p->frag_at);
    pkt->off = (uint16_t)(pkt->off + FRAG_HDR);
    p->len = (uint16_t)(p->len - FRAG_HDR);
    p->at = (uint16_t)(p->at - FRAG_HDR);
    p->next_at = p->next_at == p->frag_at ? p->frag_next_at : p->next_at;
    p->next_at = p->next_at > p->frag_at ? (uint16_t)(p->next_at - FRAG_HDR) : p->next_at;
    p->frag_at = 0;
    put_len(pkt->buf + pkt->off, p->len);
}

static bool icv_good(struct ik_env *env, struct ik_ipsec *ip, struct ik_child_sa *sa,
                     struct ik_ah_cover *cover, const uint8_t *at, const struct ik_ah_place *p,
                     ik_seq seq)
{
    struct ik_seal_key key = ik_child_packet_key(env, ip, sa, false);
    uint8_t icv[IK_HASH_MAX], esn[4];
    icv_of(env, &key, cover, at, p, esn_of(sa, seq, esn), icv);
    uint8_t iv_len = sa->integ->iv_len, len = (uint8_t)(sa->integ->icv_len - iv_len);
    bool good = ik_ct_eq(icv, at + p->at + IK_AH_HDR + iv_len, len) != 0;
    ik_wipe(icv, sizeof icv);
    return good;
}

/* What AH carried: the packet inside, or the one that it was put into. */
static void unwrap(const struct ik_child_sa *sa, struct ik_pkt *pkt, const struct ik_ah_place *p,
                   uint8_t ah_len, uint8_t *next_header)
{
    uint8_t *ip = pkt->buf + pkt->off;
    *next_header = ip[p->at];
    ik_outer_read(ip, &pkt->outer);
    if (sa->mode == IK_TUNNEL) {
        pkt->off = (uint16_t)(pkt->off + p->at + ah_len);
        pkt->len = (uint16_t)(p->len - p->at - ah_len);
        return;
    }
    ip[p->next_at] = *next_header;
    memmove(ip + ah_len, ip, p->at);
    pkt->off = (uint16_t)(pkt->off + ah_len);
    pkt->len = (uint16_t)(p->len - ah_len);
    put_len(pkt->buf + pkt->off, pkt->len);
}

enum ik_status ik_ah_open(struct ik_env *env, struct ik_ipsec *ip, struct ik_child_sa *sa,
                          struct ik_pkt *pkt, struct ik_ah_place *p, uint8_t *next_header)
{
    struct ik_ah_cover cover;
    uint8_t ah_len = ik_ah_header_len(sa, pkt->buf[pkt->off] >> 4 == 6);
    uint8_t *bits = ik_replay_bits(ip, sa);
    remove_fragment(pkt, p);
    pkt->len = p->len;
    const uint8_t *at = pkt->buf + pkt->off;
    /* 2.6: more padding than alignment asks for is prohibited. */
    if (p->len - p->at < ah_len || at[p->at + 1] != ah_len / 4u - 2u) {
        return ik_child_refuse(env, sa, IK_DROP_AH_SHORT, pkt, IK_ERR_SYNTAX);
    }
    ik_seq seq = ik_child_full_seq(sa, ik_get32(at + p->at + SEQ_AT));
    /* 3.4.3: first of all; the window moves only when the ICV is good. */
    if (!ik_replay_check(&sa->replay, bits, seq)) {
        return ik_child_refuse(env, sa, IK_DROP_AH_REPLAY, pkt, IK_ERR_STATE);
    }
    if (ik_ah_cover(&cover, at, p->at, false) != IK_OK) {
        return ik_child_refuse(env, sa, IK_DROP_AH_HEADER, pkt, IK_ERR_SYNTAX);
    }
    ik_charge(env, IK_COST_ESP_IN, 1);
    if (!icv_good(env, ip, sa, &cover, at, p, seq)) {
        return ik_child_refuse(env, sa, IK_DROP_AH_INTEGRITY, pkt, IK_ERR_AUTH);
    }
    ik_replay_mark(&sa->replay, bits, seq);
    ik_child_heard(env, sa);
    ik_trace(env, IK_TR_AH_RX, sa->in.spi, (uint32_t)seq);
    if (!ik_child_may_take(ip, sa, (uint16_t)(p->len - p->at - ah_len))) {
        return ik_child_refuse(env, sa, IK_DROP_AH_LIFETIME, pkt, IK_ERR_STATE);
    }
    unwrap(sa, pkt, p, ah_len, next_header);
    return IK_OK;
}

#endif

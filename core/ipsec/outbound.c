/* SPDX-License-Identifier: MIT */
/* What leaves (RFC 4301 5.1). In tunnel mode the packet goes into ESP as it is: its TTL was
 * decremented by whoever forwarded it here. */
#include "ipsec/ipsec.h"
#include "util/util.h"

static enum ik_verdict drop(struct ik_env *env, enum ik_drop why, const struct ik_pkt *pkt)
{
    ik_drop(env, why, pkt->len);
    return IK_VERDICT_DROP;
}

#if IK_TFC
static uint16_t wanted_len(const struct ik_policy *policy, uint16_t len)
{
    uint32_t want = len < policy->tfc_pad ? policy->tfc_pad : len;
    if (policy->tfc_align > 1) {
        want = (want + policy->tfc_align - 1) / policy->tfc_align * policy->tfc_align;
    }
    return want > UINT16_MAX ? len : (uint16_t)want;
}

/* No longer than its path takes. */
static uint16_t padded_len(const struct ik_env *env, const struct ik_ipsec *ip,
                           const struct ik_child_sa *sa, uint16_t len)
{
    uint16_t want = wanted_len(ik_spd_at(ip, sa->policy), len);
#if IK_PMTU
    uint16_t most = ik_pmtu_text(env, sa);
    want = want < most ? want : most;
#else
    (void)env;
#endif
    return want;
}

/* RFC 4303 2.7: octets behind the packet hide its length; what it says of that tells them apart. */
static void pad(struct ik_env *env, const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                struct ik_pkt *pkt)
{
    uint16_t want = padded_len(env, ip, sa, pkt->len);
    if (!sa->tfc || pkt->len >= want) {
        return;
    }
    uint32_t room = (uint32_t)pkt->cap - pkt->off;
    uint16_t most = (uint16_t)(room > IK_ESP_TAIL ? room - IK_ESP_TAIL : 0);
    if (most < want) {
        ik_count(env, IK_COUNT_TFC_SHORT);
        want = most > pkt->len ? most : pkt->len;
    }
    memset(pkt->buf + pkt->off + pkt->len, 0, (size_t)(want - pkt->len));
    pkt->len = want;
    ik_count(env, IK_COUNT_TFC_PADDED);
}
#endif

/* Tunnel mode, or what transport mode takes off: the packet as ESP carries it. */
static bool wrap(struct ik_env *env, const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                 struct ik_pkt *pkt, const struct ik_flow *flow, uint8_t *next_header)
{
    pkt->len = flow->len;
    *next_header = ik_is_v4(flow->family) ? IK_IP_IPV4 : IK_IP_IPV6;
#if IK_TRANSPORT_MODE
    if (sa->mode == IK_TRANSPORT) {
        *next_header = flow->proto;
        return ik_transport_strip(pkt, flow, &sa->path);
    }
#endif
#if IK_OUTER
    ik_outer_of_tunnel(pkt->buf + pkt->off, ik_spd_at(ip, sa->policy), &pkt->outer);
#endif
#if IK_TFC
    pad(env, ip, sa, pkt);
#endif
    (void)env, (void)ip, (void)sa;
    return true;
}

#if IK_AH
static enum ik_status seal_ah(struct ik_env *env, struct ik_ipsec *ip, struct ik_child_sa *sa,
                              struct ik_pkt *pkt, const struct ik_flow *flow, bool pieces)
{
    if (sa->mode == IK_TUNNEL) {
        ik_outer_of_tunnel(pkt->buf + pkt->off, ik_spd_at(ip, sa->policy), &pkt->outer);
    } else {
        ik_outer_read(pkt->buf + pkt->off, &pkt->outer);
    }
    pkt->outer.df = pkt->outer.df && !pieces;
    return ik_ah_seal(env, ip, sa, pkt, flow);
}
#endif

static enum ik_verdict protect(struct ik_env *env, struct ik_ipsec *ip, struct ik_child_sa *sa,
                               struct ik_pkt *pkt, const struct ik_flow *flow,
                               const struct ik_path **path, bool pieces)
{
    uint8_t next_header;
#if IK_AH
    if (sa->ah) {
        *path = &sa->path;
        return seal_ah(env, ip, sa, pkt, flow, pieces) == IK_OK ? IK_VERDICT_SEND : IK_VERDICT_DROP;
    }
#endif
    if (!wrap(env, ip, sa, pkt, flow, &next_header)) {
        return drop(env, IK_DROP_ESP_TRANSPORT, pkt);
    }
#if IK_OUTER
    pkt->outer.df = pkt->outer.df && !pieces;
#else
    (void)pieces;
#endif
    if (IK_REKEY) {
        *path = &sa->path; /* whether it takes the packet or is at its limit */
    }
    if (ik_esp_seal(env, ip, sa, pkt, next_header) != IK_OK) {
        return IK_VERDICT_DROP;
    }
    *path = &sa->path;
    return IK_VERDICT_SEND;
}

static enum ik_verdict by_sa(struct ik_env *env, struct ik_ipsec *ip, struct ik_pkt *pkt,
                             const struct ik_flow *flow, const struct ik_path **path,
                             uint16_t policy)
{
    struct ik_child_sa *sa = ik_child_for(ip, policy, flow);
    if (sa == NULL) {
        return IK_VERDICT_ACQUIRE;
    }
    bool pieces = false;
#if IK_PMTU
    enum ik_fit fit = ik_pmtu_fit(env, ip, sa, pkt, flow);
    if (fit == IK_FIT_NOT) {
        *path = &sa->path;
        return IK_VERDICT_TOO_LONG;
    }
    pieces = fit == IK_FIT_PIECES || ik_pmtu_may_cut(sa);
#endif
    uint16_t about = ik_about(env, ik_child_slot(sa));
    enum ik_verdict verdict = protect(env, ip, sa, pkt, flow, path, pieces);
    ik_about(env, about);
    return verdict;
}

#if IK_PMTU
enum ik_verdict ik_ipsec_out_by(struct ik_env *env, struct ik_ipsec *ip, struct ik_child_sa *sa,
                                struct ik_pkt *pkt, bool pieces)
{
    struct ik_flow flow;
    const struct ik_path *path;
    if (ik_flow_parse(pkt->buf + pkt->off, pkt->len, &flow) != IK_OK) {
        return drop(env, IK_DROP_IP_SYNTAX, pkt);
    }
    uint16_t about = ik_about(env, ik_child_slot(sa));
    pieces = pieces || ik_pmtu_may_cut(sa);
    enum ik_verdict verdict = protect(env, ip, sa, pkt, &flow, &path, pieces);
    ik_about(env, about);
    return verdict;
}
#endif

enum ik_verdict ik_ipsec_out(struct ik_env *env, struct ik_ipsec *ip, struct ik_pkt *pkt,
                             const struct ik_path **path, uint16_t *policy)
{
    struct ik_flow flow;
    *policy = ik_spd_n(ip);
    if (ik_flow_parse(pkt->buf + pkt->off, pkt->len, &flow) != IK_OK) {
        return drop(env, IK_DROP_IP_SYNTAX, pkt);
    }
    *policy = ik_spd_find(ip, &flow, true);
    if (*policy == ik_spd_n(ip)) {
        return drop(env, IK_DROP_SPD_NO_POLICY, pkt);
    }
    switch (ik_spd_at(ip, *policy)->action) {
    case IK_PROTECT:
        return by_sa(env, ip, pkt, &flow, path, *policy);
    case IK_BYPASS:
        ik_count(env, IK_COUNT_BYPASS_OUT);
        return IK_VERDICT_CLEAR;
    default:
        return drop(env, IK_DROP_SPD_DISCARD, pkt);
    }
}

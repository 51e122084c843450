/* SPDX-License-Identifier: MIT */
/*
 * What comes in (RFC 4301 5.2). A packet that ESP or AH has authenticated is still only allowed
 * what its SA was negotiated for (step 4).
 */
#include "ipsec/ipsec.h"
#include "util/util.h"

#define SPI_LEN 4

static enum ik_verdict drop(struct ik_env *env, enum ik_drop why, const struct ik_pkt *pkt)
{
    ik_drop(env, why, pkt->len);
    return IK_VERDICT_DROP;
}

/* The same of ESP and AH, each with its own counter. */
#if IK_AH
#define WHY(sa, what) ((sa)->ah ? IK_DROP_AH_##what : IK_DROP_ESP_##what)
#else
#define WHY(sa, what) ((void)(sa), IK_DROP_ESP_##what)
#endif

static bool read_flow(struct ik_pkt *pkt, struct ik_flow *flow)
{
    if (ik_flow_parse(pkt->buf + pkt->off, pkt->len, flow) != IK_OK) {
        return false;
    }
    /* RFC 4303 2.7: what lies behind the packet is padding that hid its length. */
    pkt->len = flow->len;
    return true;
}

static enum ik_verdict unwrap_tunnel(struct ik_env *env, const struct ik_child_sa *sa,
                                     struct ik_pkt *pkt, uint8_t next_header, struct ik_flow *flow)
{
    if (next_header != IK_IP_IPV4 && next_header != IK_IP_IPV6) {
        return drop(env, WHY(sa, SELECTOR), pkt);
    }
    if (!read_flow(pkt, flow) || flow->family != (next_header == IK_IP_IPV4 ? 4 : 6)) {
        return drop(env, IK_DROP_IP_SYNTAX, pkt);
    }
#if IK_OUTER
    if (!ik_outer_to_inner(pkt->buf + pkt->off, &pkt->outer)) {
        return drop(env, WHY(sa, ECN), pkt);
    }
#endif
    (void)sa;
    return IK_VERDICT_DELIVER;
}

#if IK_TRANSPORT_MODE
static enum ik_verdict unwrap_transport(struct ik_env *env, struct ik_pkt *pkt,
                                        const struct ik_path *path, uint8_t next_header,
                                        struct ik_flow *flow)
{
    /* A header of which nothing is known must not be invented: hop limit 255 is a proof (RFC 4861
     * 7.1), and marks of congestion would be lost. */
    if (pkt->outer.ttl == 0) {
        return drop(env, IK_DROP_ESP_OUTER, pkt);
    }
    if (!ik_transport_build(env, pkt, path, next_header)) {
        return drop(env, IK_DROP_ESP_NO_ROOM, pkt);
    }
    if (!read_flow(pkt, flow)) {
        return drop(env, IK_DROP_IP_SYNTAX, pkt);
    }
    /* RFC 4303 3.3.4: no sender may have put one in. */
    if (flow->any_fragment) {
        return drop(env, IK_DROP_ESP_TRANSPORT, pkt);
    }
    return IK_VERDICT_DELIVER;
}
#endif

static enum ik_verdict unwrap(struct ik_env *env, const struct ik_child_sa *sa, struct ik_pkt *pkt,
                              const struct ik_path *path, uint8_t next_header, struct ik_flow *flow)
{
#if IK_TRANSPORT_MODE
    if (sa->mode == IK_TRANSPORT) {
        return unwrap_transport(env, pkt, path, next_header, flow);
    }
#endif
    (void)path;
    return unwrap_tunnel(env, sa, pkt, next_header, flow);
}

static enum ik_verdict by_sa(struct ik_env *env, struct ik_ipsec *ip, struct ik_child_sa *sa,
                             struct ik_pkt *pkt, const struct ik_path *path)
{
    uint8_t next_header;
    if (ik_esp_open(env, ip, sa, pkt, &next_header) != IK_OK) {
        return IK_VERDICT_DROP;
    }
    if (next_header == IK_IP_NONE) {
        return drop(env, IK_DROP_ESP_DUMMY, pkt);
    }
    struct ik_flow flow;
    enum ik_verdict verdict = unwrap(env, sa, pkt, path, next_header, &flow);
    if (verdict != IK_VERDICT_DELIVER) {
        return verdict;
    }
    if (!ik_child_takes(ip, sa, &flow, false)) {
        return drop(env, IK_DROP_ESP_SELECTOR, pkt);
    }
#if IK_TRANSPORT_MODE
    if (sa->mode == IK_TRANSPORT && path->carrier == IK_CARRIER_UDP4500) {
        ik_transport_cksum(pkt, &flow);
    }
#endif
    ik_count(env, IK_COUNT_ESP_IN);
    return IK_VERDICT_DELIVER;
}

/* ---- AH -------------------------------------------------------------------------------------- */

#if IK_AH
static enum ik_verdict by_ah_sa(struct ik_env *env, struct ik_ipsec *ip, struct ik_child_sa *sa,
                                struct ik_pkt *pkt, struct ik_ah_place *place)
{
    uint8_t next_header;
    struct ik_flow flow;
    if (ik_ah_open(env, ip, sa, pkt, place, &next_header) != IK_OK) {
        return IK_VERDICT_DROP;
    }
    if (sa->mode == IK_TUNNEL) {
        enum ik_verdict verdict = unwrap_tunnel(env, sa, pkt, next_header, &flow);
        if (verdict != IK_VERDICT_DELIVER) {
            return verdict;
        }
    } else if (!read_flow(pkt, &flow)) {
        return drop(env, IK_DROP_IP_SYNTAX, pkt);
    } else if (flow.any_fragment) {
        return drop(env, IK_DROP_AH_TRANSPORT, pkt);
    }
    if (!ik_child_takes(ip, sa, &flow, false)) {
        return drop(env, IK_DROP_AH_SELECTOR, pkt);
    }
    ik_count(env, IK_COUNT_AH_IN);
    return IK_VERDICT_DELIVER;
}

static enum ik_verdict in_ah(struct ik_env *env, struct ik_ipsec *ip, struct ik_pkt *pkt,
                             struct ik_child_sa **sa)
{
    struct ik_ah_place place;
    if (ik_ah_find(pkt, &place) != IK_OK) {
        return drop(env, IK_DROP_AH_SHORT, pkt);
    }
    if (place.fragment) {
        return drop(env, IK_DROP_AH_FRAGMENT, pkt);
    }
    struct ik_child_sa *found = ik_sad_find(ip, place.spi);
    if (found == NULL || !found->ah) {
        return drop(env, IK_DROP_AH_UNKNOWN_SPI, pkt);
    }
    uint16_t about = ik_about(env, ik_child_slot(found));
    enum ik_verdict verdict = by_ah_sa(env, ip, found, pkt, &place);
    ik_about(env, about);
    if (verdict == IK_VERDICT_DELIVER) {
        *sa = found;
    }
    return verdict;
}
#endif

enum ik_verdict ik_ipsec_in(struct ik_env *env, struct ik_ipsec *ip, struct ik_pkt *pkt,
                            const struct ik_path *path, struct ik_child_sa **sa)
{
    *sa = NULL;
#if IK_AH
    if (path->carrier == IK_CARRIER_AH) {
        return in_ah(env, ip, pkt, sa);
    }
#endif
    if (pkt->len < SPI_LEN) {
        return drop(env, IK_DROP_ESP_SHORT, pkt);
    }
    struct ik_child_sa *found = ik_sad_find(ip, ik_get32(pkt->buf + pkt->off));
    if (found == NULL || ik_child_is_ah(found)) {
        return drop(env, IK_DROP_ESP_UNKNOWN_SPI, pkt);
    }
    uint16_t about = ik_about(env, ik_child_slot(found));
    enum ik_verdict verdict = by_sa(env, ip, found, pkt, path);
    ik_about(env, about);
    if (verdict == IK_VERDICT_DELIVER) {
        *sa = found;
    }
    return verdict;
}

enum ik_verdict ik_ipsec_in_clear(struct ik_env *env, struct ik_ipsec *ip, const struct ik_pkt *pkt)
{
    struct ik_flow flow;
    if (ik_flow_parse(pkt->buf + pkt->off, pkt->len, &flow) != IK_OK) {
        return drop(env, IK_DROP_IP_SYNTAX, pkt);
    }
    uint16_t policy = ik_spd_find(ip, &flow, false);
    if (policy == ik_spd_n(ip)) {
        return drop(env, IK_DROP_SPD_NO_POLICY, pkt);
    }
    switch (ik_spd_at(ip, policy)->action) {
    case IK_BYPASS:
        ik_count(env, IK_COUNT_BYPASS_IN);
        return IK_VERDICT_DELIVER;
    case IK_PROTECT:
        return drop(env, IK_DROP_SPD_CLEAR, pkt);
    default:
        return drop(env, IK_DROP_SPD_DISCARD, pkt);
    }
}

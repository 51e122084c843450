/* SPDX-License-Identifier: MIT */
/* What a Child SA is made of: offered, narrowed, agreed (RFC 7296 1.2, 1.3, 2.9). */
#include "ike/nego/nego.h"

/* 2.23.1: in transport mode through a NAT, the addresses in selectors are seen from its other side.
 */
struct seen {
    const struct ik_addr *local, *remote; /* what to put instead; NULL: leave */
};

static struct seen seen_by(const struct ik_ike_sa *sa, bool transport)
{
    bool here = IK_NAT && transport && (sa->route.nat & IK_NAT_HERE) != 0;
    bool there = IK_NAT && transport && (sa->route.nat & IK_NAT_THERE) != 0;
    return (struct seen){here ? &sa->route.path.local : NULL,
                         there ? &sa->route.path.remote : NULL};
}

static const struct ik_span *body(const struct ik_rx *rx, uint8_t type)
{
    return &ik_msg_find(&rx->m, type)->body;
}

enum ik_reason ik_refusal_of(const struct ik_node *node, const struct ik_ike_sa *sa,
                             uint16_t notify)
{
#if IK_AH
    bool nat = notify == IK_N_NO_PROPOSAL_CHOSEN && (sa->route.nat & IK_NAT_ANY) != 0;
    for (uint16_t i = 0; nat && i < ik_config_of(node)->policies_n; i++) {
        const struct ik_policy *p = &ik_config_of(node)->policies[i];
        if (p->action == IK_PROTECT && p->peer == sa->peer && ik_policy_is_ah(p)) {
            return IK_WHY_AH_NAT;
        }
    }
#else
    (void)node, (void)sa;
#endif
    return ik_reason_of(notify);
}

/* ---- initiator ------------------------------------------------------------------------------ */

/* 1.3.1: "This notification asserts that the sending endpoint will not accept packets that contain
 * Traffic Flow Confidentiality (TFC) padding over the Child SA being negotiated." */
static void put_tfc(struct ik_node *node, const struct ik_policy *policy, struct ik_chain *c)
{
#if IK_TFC
    if (policy->tfc_refuse) {
        ik_put_notify(node, c, IK_N_ESP_TFC_PADDING_NOT_SUPPORTED, (struct ik_span){0});
    }
#else
    (void)node, (void)policy, (void)c;
#endif
}

/* "If neither endpoint accepts TFC padding, this notification is included in both": who does not
 * say so takes it. */
static void take_tfc(const struct ik_rx *rx, struct ik_child_sa *child)
{
#if IK_TFC
    struct ik_notify n;
    child->tfc = !ik_notify_find(&rx->m, IK_N_ESP_TFC_PADDING_NOT_SUPPORTED, &n);
#else
    (void)rx, (void)child;
#endif
}

void ik_offer_put_sa(struct ik_node *node, const struct ik_child_sa *child, bool with_dh,
                     struct ik_chain *c)
{
    uint8_t spi[4];
    const struct ik_policy *policy = ik_policy_of(node, child->policy);
    struct ik_proposals ours = ik_proposals_child(node, policy, with_dh);
    if (IK_TRANSPORT_MODE && policy->mode == IK_TRANSPORT) {
        ik_put_notify(node, c, IK_N_USE_TRANSPORT_MODE, (struct ik_span){0});
    }
    put_tfc(node, policy, c);
    ik_put32(spi, child->in.spi);
    ik_proposal_put(c, &ours, (struct ik_span){spi, sizeof spi});
}

#if IK_PACKET_TS
/* All that a Child SA is to take, if the peer agrees. */
struct scope {
    const struct ik_ts *local, *remote;
    uint8_t local_n, remote_n;
    struct ik_ts pair[2]; /* where it is one */
};

/* That of its policy; or of it, what the packet has that asks for it (RFC 4301 4.4.1.2); or nothing
 * but the packet's own, if the peer takes single pairs only (2.9). */
static void scope_of(const struct ik_policy *policy, const struct ik_child_sa *child,
                     struct scope *out)
{
    *out = (struct scope){policy->ts_local,
                          policy->ts_remote,
                          policy->ts_local_n,
                          policy->ts_remote_n,
                          {child->ts[0], child->ts[1]}};
    if (child->first &&
        (child->single ||
         (policy->pfp != 0 && ik_ts_populate(policy->pfp, policy->ts_local, policy->ts_local_n,
                                             policy->ts_remote, policy->ts_remote_n, out->pair)))) {
        out->local = &out->pair[0];
        out->remote = &out->pair[1];
        out->local_n = out->remote_n = 1;
    }
}

/* First what the packet has that asks for it, or what it had before a rekeying. */
static void put_side(struct ik_chain *c, uint8_t type, const struct ik_ts *first,
                     const struct ik_ts *all, uint8_t all_n)
{
    struct ik_ts ts[IK_TS_MAX + 1];
    uint8_t n = 0;
    if (first != NULL) {
        ts[n++] = *first;
    }
    for (uint8_t i = 0; i < all_n; i++) {
        if (first == NULL || !ik_ct_eq(first, &all[i], sizeof *first)) {
            ts[n++] = all[i];
        }
    }
    ik_ts_put(c, type, ts, n);
}

void ik_offer_put_ts(struct ik_node *node, const struct ik_child_sa *child, struct ik_chain *c)
{
    struct scope s;
    scope_of(ik_policy_of(node, child->policy), child, &s);
    put_side(c, IK_PL_TSI, child->first ? &child->ts[0] : NULL, s.local, s.local_n);
    put_side(c, IK_PL_TSR, child->first ? &child->ts[1] : NULL, s.remote, s.remote_n);
}
#else
void ik_offer_put_ts(struct ik_node *node, const struct ik_child_sa *child, struct ik_chain *c)
{
    const struct ik_policy *policy = ik_policy_of(node, child->policy);
    ik_ts_put(c, IK_PL_TSI, policy->ts_local, policy->ts_local_n);
    ik_ts_put(c, IK_PL_TSR, policy->ts_remote, policy->ts_remote_n);
}
#endif

#if IK_PACKET_TS
/* Each selector of the answer must be within what was proposed. */
static bool take_ts(struct ik_node *node, const struct ik_rx *rx, const struct ik_policy *policy,
                    const struct seen *seen, struct ik_child_sa *child)
{
    struct ik_ts_set local, remote;
    struct scope s;
    scope_of(policy, child, &s);
    const struct ik_ts pair[2] = {child->ts[0], child->ts[1]};
    if (!ik_ts_accept(s.local, s.local_n, body(rx, IK_PL_TSI), &local, seen->local) ||
        !ik_ts_accept(s.remote, s.remote_n, body(rx, IK_PL_TSR), &remote, seen->remote)) {
        return false;
    }
    child->missed = child->first && !(ik_ts_has(&local, &pair[0]) && ik_ts_has(&remote, &pair[1]));
    return ik_child_ts_set(&node->ipsec, child, local.ts, local.n, remote.ts, remote.n);
}
#endif

enum ik_reason ik_offer_accepted(struct ik_node *node, const struct ik_rx *rx, bool with_dh,
                                 struct ik_child_sa *child, struct ik_suite *suite)
{
    const struct ik_policy *policy = ik_policy_of(node, child->policy);
    struct ik_proposals ours = ik_proposals_child(node, policy, with_dh);
    struct ik_notify n;
    struct ik_span spi;
    bool transport = ik_notify_find(&rx->m, IK_N_USE_TRANSPORT_MODE, &n);
    struct seen seen = seen_by(ik_rx_sa(rx), IK_TRANSPORT_MODE && transport);
    child->mode = transport ? IK_TRANSPORT : IK_TUNNEL;
    take_tfc(rx, child);
    if (ik_ah_barred(ik_rx_sa(rx), child)) {
        return IK_WHY_AH_NAT;
    }
    if (ik_proposal_verify(&ours, body(rx, IK_PL_SA), suite, &spi) != IK_OK) {
        return IK_WHY_NO_PROPOSAL;
    }
    child->out.spi = ik_get32(spi.p);
    /* 1.3.1: "If the responder declines the request, the Child SA will be established in tunnel
     * mode. If this is unacceptable to the initiator, the initiator MUST delete the SA." */
    if (child->mode != policy->mode) {
        return IK_WHY_MODE;
    }
#if IK_PACKET_TS
    if (!take_ts(node, rx, policy, &seen, child)) {
        return IK_WHY_TS;
    }
#else
    struct ik_ts_set local, remote;
    if (!ik_ts_accept(policy->ts_local, policy->ts_local_n, body(rx, IK_PL_TSI), &local,
                      seen.local) ||
        !ik_ts_accept(policy->ts_remote, policy->ts_remote_n, body(rx, IK_PL_TSR), &remote,
                      seen.remote) ||
        !ik_child_ts_set(&node->ipsec, child, local.ts, local.n, remote.ts, remote.n)) {
        return IK_WHY_TS;
    }
#endif
    return ik_child_suite_set(&node->ipsec, child, suite->encr, suite->integ) ? IK_WHY_NONE
                                                                              : IK_WHY_NO_ROOM;
}

/* ---- responder ------------------------------------------------------------------------------ */

#if !IK_LINKED /* who answers chooses among proposals, which are not linked there */

/* What the two ends can agree on. */
struct choice {
    bool with_dh;
    uint16_t policy;
    uint32_t spi; /* the peer's */
    struct ik_ts_set local, remote;
    const struct ik_child_sa *old; /* what is rekeyed, or NULL */
    bool narrower;                 /* than that, for so it is asked for */
    bool is_anothers;              /* what is claimed a living SA of another identity has */
};

/* Narrows the offer to the policy (2.9). first: only if the initiator's first choices are in it. */
static bool narrow(const struct ik_rx *rx, const struct ik_policy *policy, bool first,
                   struct choice *ch)
{
    struct seen seen = seen_by(ik_rx_sa(rx), policy->mode == IK_TRANSPORT);
    const struct ik_span *ts_i = body(rx, IK_PL_TSI), *ts_r = body(rx, IK_PL_TSR);
    return ik_ts_narrow(policy->ts_local, policy->ts_local_n, ts_r, &ch->local, seen.local) &&
           ik_ts_narrow(policy->ts_remote, policy->ts_remote_n, ts_i, &ch->remote, seen.remote) &&
           ik_ts_pairs(ch->local.ts, &ch->local.n, ch->remote.ts, &ch->remote.n) &&
           (!first || (ik_ts_has_first(&ch->local, ts_r, seen.local) &&
                       ik_ts_has_first(&ch->remote, ts_i, seen.remote)));
}

#if IK_PACKET_TS
/* RFC 4301 4.4.1.2: the packet that the peer asks for stands first (2.9); what is rekeyed had one.
 */
static bool pair_of(const struct ik_node *node, const struct ik_rx *rx,
                    const struct ik_policy *policy, const struct choice *ch, struct ik_ts pair[2])
{
    struct seen seen = seen_by(ik_rx_sa(rx), policy->mode == IK_TRANSPORT);
    if (ch->old != NULL) {
        return ik_child_pair(&node->ipsec, ch->old, pair) != NULL;
    }
    return ik_ts_first(body(rx, IK_PL_TSR), seen.local, &pair[0]) &&
           ik_ts_first(body(rx, IK_PL_TSI), seen.remote, &pair[1]);
}

/* Of a policy that takes selectors from packets, what that one has. */
static bool populate(const struct ik_node *node, const struct ik_rx *rx,
                     const struct ik_policy *policy, struct choice *ch)
{
    struct ik_ts pair[2];
    if (policy->pfp == 0) {
        return true;
    }
    if (!pair_of(node, rx, policy, ch, pair) ||
        !ik_ts_populate(policy->pfp, ch->local.ts, ch->local.n, ch->remote.ts, ch->remote.n,
                        pair)) {
        return false;
    }
    ch->local = (struct ik_ts_set){.n = 1, .ts = {pair[0]}};
    ch->remote = (struct ik_ts_set){.n = 1, .ts = {pair[1]}};
    return true;
}
#else
static bool populate(const struct ik_node *node, const struct ik_rx *rx,
                     const struct ik_policy *policy, struct choice *ch)
{
    (void)node, (void)rx, (void)policy, (void)ch;
    return true;
}
#endif

/* In transport mode a peer may claim the addresses of its path, and no others (2.23.1). */
static bool narrow_to_path(const struct ik_rx *rx, struct choice *ch)
{
    const struct ik_path *path = &ik_rx_sa(rx)->route.path;
    return ik_ts_at(&ch->local, &path->local) && ik_ts_at(&ch->remote, &path->remote) &&
           ik_ts_pairs(ch->local.ts, &ch->local.n, ch->remote.ts, &ch->remote.n);
}

#if IK_INDEX

/* Does a Child SA of somebody else hold that address, for packets of this pair? */
static bool held(const struct ik_node *node, const struct ik_ike_sa *sa, uint16_t policy,
                 const struct ik_ts *local, const struct ik_ts *remote, const uint8_t *addr)
{
    struct ik_child_sa *c = NULL;
    do {
        c = ik_child_holding(&node->ipsec, policy, local, remote, addr, c);
    } while (c != NULL && !ik_child_manual(c) &&
             ik_ct_eq(ik_ike_at(node, c->ike)->peer_id, sa->peer_id, sizeof sa->peer_id));
    return c != NULL;
}

static bool held_elsewhere(const struct ik_node *node, const struct ik_ike_sa *sa,
                           const struct ik_ts *local, const struct ik_ts *remote)
{
    const struct ik_host *h = &node->host;
    const struct ik_claim claim = {sa->peer, sa->peer_id, local, remote};
    return h->claimed != NULL && h->claimed(h->claimed_ctx, &claim);
}

/*
 * RFC 4301 4.4.3.4: a peer may claim what its entry allows. Of an entry that is for several
 * identities, or for whom the host knows, many may have the same; so who has an address first holds
 * it while his SA lives, and the same identity may come again. It is enough to look at both ends of
 * what is claimed: packets for what lies between them go by the SA with the fewest addresses.
 */
static bool is_anothers(const struct ik_node *node, const struct ik_rx *rx, const struct choice *ch)
{
    const struct ik_config *config = node->config;
    const struct ik_peer *peer = ik_peer_of(node, ik_rx_sa(rx));
    if (!ik_id_is_several(&peer->remote_id) && !config->lookup) {
        return false;
    }
    for (uint16_t p = 0; p < config->policies_n; p++) {
        for (uint16_t i = 0; config->policies[p].peer == ik_rx_sa(rx)->peer &&
                             i < (uint16_t)ch->local.n * ch->remote.n;
             i++) {
            const struct ik_ts *local = &ch->local.ts[i / ch->remote.n];
            const struct ik_ts *remote = &ch->remote.ts[i % ch->remote.n];
            if (held(node, ik_rx_sa(rx), p, local, remote, remote->lo) ||
                held(node, ik_rx_sa(rx), p, local, remote, remote->hi) ||
                held_elsewhere(node, ik_rx_sa(rx), local, remote)) {
                return true;
            }
        }
    }
    return false;
}

#else

static bool is_anothers(const struct ik_node *node, const struct ik_rx *rx, const struct choice *ch)
{
    (void)node, (void)rx, (void)ch;
    return false;
}

#endif

#if IK_PACKET_TS
/* Without the packet that asks for it, it would be for what another one has already: it would serve
 * nothing. One that takes the place of another is wanted all the same, and so is one that no packet
 * asks for: 2.8 allows several with the same selectors. */
static bool redundant(const struct ik_node *node, const struct ik_rx *rx,
                      const struct ik_policy *policy, const struct choice *ch)
{
    const struct ik_child_sa *c = ik_child_first(node, ik_rx_sa(rx));
    if (ch->old != NULL || !ik_ts_first_specific(body(rx, IK_PL_TSI)) ||
        !ik_ts_first_specific(body(rx, IK_PL_TSR))) {
        return false;
    }
    while (c != NULL && (c->state != IK_CHILD_UP || c->mode != policy->mode ||
                         ik_child_is_ah(c) != ik_policy_is_ah(policy) ||
                         !ik_child_has_ts(&node->ipsec, c, ch->local.ts, ch->local.n, ch->remote.ts,
                                          ch->remote.n))) {
        c = ik_child_next(node, c);
    }
    return c != NULL;
}
#else
static bool redundant(const struct ik_node *node, const struct ik_rx *rx,
                      const struct ik_policy *policy, const struct choice *ch)
{
    (void)node, (void)rx, (void)policy, (void)ch;
    return false;
}
#endif

#if IK_REKEY
/* 2.9.2: "The responder MUST NOT narrow down the Traffic Selectors narrower than the scope
 * currently in use." */
static bool keeps_scope(const struct ik_node *node, const struct choice *ch)
{
    return ch->old == NULL || ch->narrower ||
           ik_child_within(&node->ipsec, ch->old, ch->local.ts, ch->local.n, ch->remote.ts,
                           ch->remote.n);
}
#else
static bool keeps_scope(const struct ik_node *node, const struct choice *ch)
{
    (void)node, (void)ch;
    return true;
}
#endif

/* Answers 0, or the notify that says why this policy is not it. */
static uint16_t try_policy(struct ik_node *node, const struct ik_rx *rx,
                           const struct ik_policy *policy, bool first, struct choice *ch,
                           struct ik_suite *suite)
{
    struct ik_notify n;
    struct ik_span spi;
    struct ik_proposals ours = ik_proposals_child(node, policy, ch->with_dh);
    bool transport = policy->mode == IK_TRANSPORT;
    if (policy->action != IK_PROTECT || policy->peer != ik_rx_sa(rx)->peer ||
        !narrow(rx, policy, first, ch)) {
        return IK_N_TS_UNACCEPTABLE;
    }
    if (!populate(node, rx, policy, ch)) {
        return IK_N_SINGLE_PAIR_REQUIRED;
    }
    if (!keeps_scope(node, ch) || (!first && redundant(node, rx, policy, ch))) {
        return IK_N_TS_UNACCEPTABLE;
    }
    if (IK_AH && ik_policy_is_ah(policy) && (ik_rx_sa(rx)->route.nat & IK_NAT_ANY) != 0) {
        return IK_N_NO_PROPOSAL_CHOSEN; /* RFC 3715 2.1: no packet would pass */
    }
    if ((transport && !ik_notify_find(&rx->m, IK_N_USE_TRANSPORT_MODE, &n)) ||
        ik_proposal_choose(&ours, body(rx, IK_PL_SA), suite, &spi) != IK_OK) {
        return IK_N_NO_PROPOSAL_CHOSEN;
    }
    ch->spi = ik_get32(spi.p);
    if (transport && !narrow_to_path(rx, ch)) {
        return IK_N_TS_UNACCEPTABLE;
    }
    ch->is_anothers = is_anothers(node, rx, ch);
    return ch->is_anothers ? IK_N_TS_UNACCEPTABLE : 0;
}

/* The first policy that fits; one that takes the initiator's first choices goes before others (2.9:
 * "MUST narrow the Traffic Selectors to a subset that includes the initiator's first choices"). */
static uint16_t choose_any(struct ik_node *node, const struct ik_rx *rx, struct choice *ch,
                           struct ik_suite *suite)
{
    uint16_t error = IK_N_TS_UNACCEPTABLE;
    for (uint8_t pass = 0; pass < 2; pass++) {
        for (uint16_t i = 0; i < ik_config_of(node)->policies_n; i++) {
            uint16_t why = try_policy(node, rx, ik_policy_of(node, i), pass == 0, ch, suite);
            if (why == 0) {
                ch->policy = i;
                return 0;
            }
            error = why != IK_N_TS_UNACCEPTABLE ? why : error;
        }
    }
    return error;
}

/* Of a rekeying, the policy of the old one goes before all others: it holds what is in use. If all
 * of it is not asked for, it is the peer who narrows. */
static uint16_t choose(struct ik_node *node, const struct ik_rx *rx, struct choice *ch,
                       struct ik_suite *suite)
{
    uint16_t error = IK_N_TS_UNACCEPTABLE;
    for (uint8_t pass = 0; ch->old != NULL && pass < 2; pass++) {
        ch->policy = ch->old->policy;
        ch->narrower = pass == 1;
        error = try_policy(node, rx, ik_policy_of(node, ch->policy), false, ch, suite);
        if (error == 0 || (pass == 0 && choose_any(node, rx, ch, suite) == 0)) {
            return 0;
        }
    }
    return ch->old != NULL ? error : choose_any(node, rx, ch, suite);
}

/* 2.9: "other Traffic Selectors would also have been acceptable, though only in a separate SA": by
 * another policy. */
static bool others_possible(struct ik_node *node, const struct ik_rx *rx, const struct choice *ch)
{
    struct choice other = {.with_dh = ch->with_dh};
    struct ik_suite suite;
    for (uint16_t i = 0; ch->old == NULL && i < ik_config_of(node)->policies_n; i++) {
        if (i != ch->policy &&
            try_policy(node, rx, ik_policy_of(node, i), false, &other, &suite) == 0 &&
            !(ik_ts_all_within(other.local.ts, other.local.n, ch->local.ts, ch->local.n) &&
              ik_ts_all_within(other.remote.ts, other.remote.n, ch->remote.ts, ch->remote.n))) {
            return true;
        }
    }
    return false;
}

static enum ik_drop why_refused(const struct choice *ch, uint16_t error)
{
#if IK_INDEX
    if (error == IK_N_TS_UNACCEPTABLE && ch->is_anothers) {
        return IK_DROP_IKE_ADDRESS;
    }
#else
    (void)ch;
#endif
    return error == IK_N_NO_PROPOSAL_CHOSEN ? IK_DROP_IKE_NO_PROPOSAL : IK_DROP_IKE_POLICY;
}

uint16_t ik_offer_choose(struct ik_node *node, const struct ik_rx *rx, bool with_dh,
                         const struct ik_child_sa *old, struct ik_child_sa **out,
                         struct ik_suite *suite)
{
    struct choice ch = {.with_dh = with_dh, .old = old};
    uint16_t error = choose(node, rx, &ch, suite);
    if (error != 0) {
        ik_drop(&node->env, why_refused(&ch, error), rx->len);
        return error;
    }
    struct ik_child_sa *child = ik_child_add(node, ik_rx_sa(rx), ch.policy);
    if (child == NULL) {
        ik_drop(&node->env, IK_DROP_IKE_NO_ROOM, rx->len);
        return IK_N_NO_ADDITIONAL_SAS;
    }
    child->mode = ik_policy_of(node, ch.policy)->mode;
    take_tfc(rx, child);
    child->others = others_possible(node, rx, &ch);
    child->out.spi = ch.spi;
    if (!ik_child_suite_set(&node->ipsec, child, suite->encr, suite->integ) ||
        !ik_child_ts_set(&node->ipsec, child, ch.local.ts, ch.local.n, ch.remote.ts, ch.remote.n)) {
        ik_drop(&node->env, IK_DROP_IKE_NO_ROOM, rx->len);
        ik_child_free(node, child);
        return IK_N_NO_ADDITIONAL_SAS;
    }
    *out = child;
    return 0;
}

void ik_choice_put_sa(struct ik_node *node, const struct ik_child_sa *child,
                      const struct ik_suite *suite, struct ik_chain *c)
{
    uint8_t spi[4];
    ik_put32(spi, child->in.spi);
    if (child->mode == IK_TRANSPORT) {
        ik_put_notify(node, c, IK_N_USE_TRANSPORT_MODE, (struct ik_span){0});
    }
    put_tfc(node, ik_policy_of(node, child->policy), c);
    ik_suite_put(c, suite, ik_child_protocol(child), (struct ik_span){spi, sizeof spi});
}

void ik_choice_put_ts(struct ik_node *node, const struct ik_child_sa *child, struct ik_chain *c)
{
    uint8_t local_n, remote_n;
    const struct ik_ts *local = ik_child_ts_local(&node->ipsec, child, &local_n);
    const struct ik_ts *remote = ik_child_ts_remote(&node->ipsec, child, &remote_n);
    ik_ts_put(c, IK_PL_TSI, remote, remote_n);
    ik_ts_put(c, IK_PL_TSR, local, local_n);
    if (child->others) {
        ik_put_notify(node, c, IK_N_ADDITIONAL_TS_POSSIBLE, (struct ik_span){0});
    }
}

#endif

/* ---- both ----------------------------------------------------------------------------------- */

#if IK_PROBE
/* What was found out of the path is so for all that go the same way. */
static void share_path(const struct ik_node *node, const struct ik_ike_sa *sa,
                       struct ik_child_sa *child)
{
    const struct ik_child_sa *c = ik_child_first(node, sa);
    while (c != NULL && (c == child || !ik_child_receives(c) || !c->found)) {
        c = ik_child_next(node, c);
    }
    if (c != NULL) {
        ik_pmtu_inherit(child, c);
    }
}
#endif

void ik_child_install(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_handshake *hs,
                      struct ik_child_sa *child, const struct ik_suite *suite, bool in_only)
{
    struct ik_env *env = &node->env;
    ik_child_window(&node->ipsec, child, ik_policy_of(node, child->policy)->replay);
    ik_keys_child(node, sa, hs, child);
#if IK_ESN
    child->esn = suite->esn;
#endif
    ik_child_sent(env, child);
    if (IK_REKEY && in_only) {
        child->state = IK_CHILD_IN_ONLY;
    } else {
        ik_child_up(&node->ipsec, child);
    }
    if (ik_life_of(node) != NULL) {
        ik_life_of(node)->begin_child(node, child);
    }
    ik_route_changed(node, sa);
#if IK_PMTU
    if (hs->old != IK_NO_SLOT) {
        ik_pmtu_inherit(child, ik_child_at(&node->ipsec, hs->old));
#if IK_PROBE
    } else {
        share_path(node, sa, child);
#endif
    }
#endif
    ik_about(env, ik_child_slot(child));
    ik_suite_trace(env, suite);
    ik_trace(env, IK_TR_CHILD_UP, child->in.spi, child->out.spi);
    ik_about(env, child->ike);
    ik_count(env, IK_COUNT_CHILD_SAS_UP);
    ik_raise_child(node, child, IK_EV_CHILD_UP, IK_WHY_NONE, 0);
}

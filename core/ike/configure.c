/* SPDX-License-Identifier: MIT */
/*
 * Another configuration in the place of the present one. An SA stays if what it was made by is
 * allowed still; what is not allowed any more is deleted. Linked only into hosts that call it.
 */
#include "ike/xchg/xchg.h"

#if !IK_LINKED

/* ---- which entry is it now? ----------------------------------------------------------------- */

static bool same_id(const struct ik_id *a, const struct ik_id *b)
{
    return a->type == b->type && a->data.len == b->data.len &&
           ik_ct_eq(a->data.p, b->data.p, a->data.len);
}

static bool addr_fits(const struct ik_addr *wanted, const struct ik_addr *is)
{
    return wanted->family == 0 || ik_addr_eq(wanted, is);
}

static bool peer_allows(const struct ik_node *node, const struct ik_config *new,
                        const struct ik_peer *peer, const struct ik_ike_sa *sa)
{
    const struct ik_peer *was = ik_peer_of(node, sa);
    struct ik_proposals ours = {.crypto = new->crypto,
                                .list = peer->proposals,
                                .n = peer->proposals_n,
                                .protocol = IK_PROTO_IKE};
    return same_id(&peer->local_id, &was->local_id) && same_id(&peer->remote_id, &was->remote_id) &&
           addr_fits(&peer->local, &sa->route.path.local) &&
           addr_fits(&peer->remote, &sa->route.path.remote) &&
           ik_proposal_allows(&ours, &sa->suite);
}

static uint16_t peer_now(const struct ik_node *node, const struct ik_config *new,
                         const struct ik_ike_sa *sa)
{
    for (uint16_t i = 0; i < new->peers_n; i++) {
        if (peer_allows(node, new, &new->peers[i], sa)) {
            return i;
        }
    }
    return IK_NO_SLOT;
}

#if IK_PACKET_TS
/* RFC 4301 4.4.1.2: has it one value where the policy takes it from a packet? */
static bool populated(const struct ik_node *node, const struct ik_child_sa *child,
                      const struct ik_policy *p)
{
    uint8_t local_n, remote_n;
    const struct ik_ts *local = ik_child_ts_local(&node->ipsec, child, &local_n);
    const struct ik_ts *remote = ik_child_ts_remote(&node->ipsec, child, &remote_n);
    struct ik_ts pair[2] = {local[0], remote[0]};
    return p->pfp == 0 ||
           (local_n == 1 && remote_n == 1 &&
            ik_ts_populate(p->pfp, p->ts_local, p->ts_local_n, p->ts_remote, p->ts_remote_n, pair));
}
#else
static bool populated(const struct ik_node *node, const struct ik_child_sa *child,
                      const struct ik_policy *p)
{
    (void)node, (void)child, (void)p;
    return true;
}
#endif

static uint16_t policy_now(const struct ik_node *node, const struct ik_config *new, uint16_t peer,
                           const struct ik_child_sa *child)
{
    for (uint16_t i = 0; i < new->policies_n; i++) {
        const struct ik_policy *p = &new->policies[i];
        if (p->action == IK_PROTECT && p->peer == peer && p->mode == child->mode &&
            ik_policy_is_ah(p) == ik_child_is_ah(child) && populated(node, child, p) &&
            ik_child_within(&node->ipsec, child, p->ts_local, p->ts_local_n, p->ts_remote,
                            p->ts_remote_n)) {
            return i;
        }
    }
    return IK_NO_SLOT;
}

/* ---- before the change ---------------------------------------------------------------------- */

/* Ends the Child SAs that have no policy any more; gives the others the number that it will have.
 */
static void sort_children(struct ik_node *node, const struct ik_config *new, struct ik_ike_sa *sa,
                          uint16_t peer)
{
    struct ik_child_sa *next;
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = next) {
        next = ik_child_next(node, c);
        if (!ik_child_receives(c)) {
            continue;
        }
        uint16_t policy = policy_now(node, new, peer, c);
        if (policy == IK_NO_SLOT || !ik_child_ts_keep(&node->ipsec, c)) {
            ik_delete_child(node, sa, c, IK_WHY_CONFIG);
        } else {
            ik_child_retire(&node->ipsec, c, (enum ik_child_state)c->state);
            c->policy = policy;
        }
    }
}

/* An IKE SA that is opening has agreed on nothing yet: it begins anew. */
static void sort_ike(struct ik_node *node, const struct ik_config *new, struct ik_ike_sa *sa)
{
    if (sa->state == IK_IKE_OPENING) {
        ik_sa_end(node, sa, IK_WHY_CONFIG, 0);
        return;
    }
    if (sa->state != IK_IKE_UP && sa->state != IK_IKE_REKEYED) {
        return;
    }
    uint16_t peer = peer_now(node, new, sa);
    if (peer == IK_NO_SLOT) {
        ik_delete_ike(node, sa, IK_WHY_CONFIG, 0, 0);
        return;
    }
    sort_children(node, new, sa, peer);
    bool by_peer = (sa->sched.indexed & (1u << IK_BY_PEER)) != 0;
    ik_index_take(node, sa, IK_BY_PEER);
    sa->peer = peer;
    if (by_peer) {
        ik_index_put(node, sa, IK_BY_PEER);
    }
}

#if IK_MANUAL
static void end_manual(struct ik_node *node)
{
    for (uint16_t i = 0; node->ipsec.manual_n > 0; i++) {
        struct ik_child_sa *child = ik_child_at(&node->ipsec, i);
        if (child->state != IK_CHILD_FREE && ik_child_manual(child)) {
            ik_child_wipe(&node->ipsec, child);
        }
    }
}
#endif

/* ---- the change ----------------------------------------------------------------------------- */

enum ik_status ik_node_configure(struct ik_node *node, ik_time now, const struct ik_config *config)
{
    ik_enter(node, now);
    if (ik_config_check(config, NULL) != IK_OK) {
        return IK_ERR_CONFIG;
    }
    for (uint16_t i = 0; i < ik_ike_n(node); i++) {
        ik_about(&node->env, i);
        sort_ike(node, config, ik_ike_at(node, i));
    }
#if IK_MANUAL
    end_manual(node);
#endif
#if IK_KEY_AHEAD
    ik_ahead_drop(node); /* the group may be another one now */
#endif
#if IK_HOLD
    ik_held_drop(node, IK_NO_SLOT); /* their policies are others now */
#endif
#if IK_RESUME
    ik_tickets_forget(node);
#endif
    node->config = config;
    node->env.crypto = config->crypto;
    ik_spd_lend(node);
    for (uint16_t i = 0; i < ik_child_n(&node->ipsec); i++) {
        struct ik_child_sa *child = ik_child_at(&node->ipsec, i);
        if (child->state == IK_CHILD_UP) {
            ik_child_up(&node->ipsec, child);
        }
    }
    ik_pauses_forget(node);
    return IK_OK;
}

#endif

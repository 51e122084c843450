/* SPDX-License-Identifier: MIT */
/*
 * IKE_SA_INIT, the initiator's side (RFC 7296 1.2, 2.6):
 *
 *     HDR(A,0), SAi1, KEi, Ni  -->
 *                              <--  HDR(A,B), SAr1, KEr, Nr, [CERTREQ]
 *
 * then the shared secret is computed, and IKE_AUTH leaves when it is known. Or it begins anew:
 *
 *                              <--  HDR(A,0), N(COOKIE)
 *     HDR(A,0), N(COOKIE), SAi1, KEi, Ni  -->
 *
 *                              <--  HDR(A,0), N(INVALID_KE_PAYLOAD)
 *     HDR(A,0), [N(COOKIE),] SAi1, KEi', Ni  -->          after a new key was generated
 *
 * Any other error may come from anybody: it is remembered as a reason, and nothing else (2.21.1).
 */
#include "ike/xchg/xchg.h"

/* How often an unauthenticated answer may make us begin anew, so that a forger does not keep us
 * busy for ever (2.6). */
#define COOKIES_MAX 8
#define REGROUPS_MAX 8

/* ---- beginning ------------------------------------------------------------------------------ */

static bool callable(const struct ik_node *node, uint16_t policy)
{
    const struct ik_config *c = ik_config_of(node);
    return policy < c->policies_n && c->policies[policy].action == IK_PROTECT &&
           (!IK_MANUAL || c->policies[policy].peer != IK_NO_SLOT) &&
           c->peers[c->policies[policy].peer].remote.family != 0;
}

/* It is up, or will be; for a packet, which none that is up takes: it will be. */
static bool serves(const struct ik_node *node, const struct ik_child_sa *c,
                   const struct ik_flow *flow)
{
#if IK_PACKET_TS
    if (flow != NULL) {
        return c->state == IK_CHILD_IN_ONLY && ik_child_takes(&node->ipsec, c, flow, true);
    }
#else
    (void)node, (void)flow;
#endif
    return c->state == IK_CHILD_UP || c->state == IK_CHILD_IN_ONLY;
}

#if IK_REKEY
/* The user asks for it, or a packet that it will take. */
static bool is_asked_for(const struct ik_node *node, const struct ik_child_sa *c,
                         const struct ik_flow *flow)
{
#if IK_PACKET_TS
    return flow == NULL || !c->first || ik_child_takes(&node->ipsec, c, flow, true);
#else
    (void)node, (void)c, (void)flow;
    return true;
#endif
}
#endif

/* One that is up or on its way, not one that is being replaced or deleted. If it comes to nothing,
 * who asked for it is told, whoever began it. */
static bool has_child_of(const struct ik_node *node, const struct ik_ike_sa *sa, uint16_t policy,
                         const struct ik_flow *flow)
{
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        bool coming = c->state == IK_CHILD_LARVAL;
        if (c->policy == policy && (coming || serves(node, c, flow))) {
#if IK_REKEY
            c->wanted =
                c->wanted || (coming && sa->state == IK_IKE_UP && is_asked_for(node, c, flow));
#endif
            return true;
        }
    }
    return false;
}

/* The policy's Child SA is up, or on its way; or that for a packet (flow) is. An IKE SA that lost
 * its Child SA serves nobody: it is closed to make place for another (RFC 7815 section 2.1), but
 * for one that came up without. */
static bool under_way(struct ik_node *node, uint16_t policy, const struct ik_flow *flow)
{
    uint16_t peer = ik_policy_of(node, policy)->peer;
    struct ik_ike_sa *next;
    for (struct ik_ike_sa *sa = ik_index_by_peer(node, peer, NULL); sa != NULL; sa = next) {
        next = ik_index_by_peer(node, peer, sa);
        IK_KNOWN(node, sa);
        if (sa->peer != peer || !ik_alive(sa)) {
            continue;
        }
        if (has_child_of(node, sa, policy, flow)) {
            return true;
        }
        if (sa->state == IK_IKE_UP && sa->policy == policy && !ik_childless(node, sa) &&
            ik_child_living(node, sa) == NULL) {
            ik_delete_ike(node, sa, IK_WHY_DELETED_HERE, 0, 0);
        }
    }
    return false;
}

#if IK_REKEY
/* An IKE SA with the peer that is there, or on its way, takes a further Child SA (1.3.1). */
static bool join(struct ik_node *node, uint16_t policy, const struct ik_ts *first)
{
    uint16_t peer = ik_policy_of(node, policy)->peer;
    if (!ik_exchange_listed(node, &ik_exchange_child_create)) {
        return false;
    }
    for (struct ik_ike_sa *sa = ik_index_by_peer(node, peer, NULL); sa != NULL;
         sa = ik_index_by_peer(node, peer, sa)) {
        bool opening = sa->state == IK_IKE_OPENING && sa->initiator;
        if (sa->peer == peer && (sa->state == IK_IKE_UP || opening)) {
            return ik_child_create(node, sa, policy, first);
        }
    }
    return false;
}
#endif

/* A port of the peer's other than 500 takes IKE behind the marker, as 4500 does. */
static void set_path(const struct ik_peer *peer, struct ik_path *path)
{
    uint16_t remote = peer->remote_port != 0 ? peer->remote_port : IK_PORT_IKE;
    uint16_t local = IK_PORT_IKE;
    path->carrier = IK_CARRIER_UDP500;
    if (remote != IK_PORT_IKE) {
        path->carrier = IK_CARRIER_UDP4500;
        local = IK_PORT_NATT;
    }
    path->local = peer->local;
    path->remote = peer->remote;
    path->remote_port = remote;
    path->local_port = peer->local_port != 0 ? peer->local_port : local;
}

#if IK_KEY_AHEAD
static struct ik_handshake *lend(struct ik_node *node, struct ik_ike_sa *sa, uint16_t peer,
                                 bool in_full)
{
    struct ik_proposals ours = ik_proposals_ike(node, &ik_config_of(node)->peers[peer]);
    struct ik_handshake *hs = in_full ? ik_ahead_lend(node, sa, ik_proposal_group(&ours, 0)) : NULL;
    return hs != NULL ? hs : ik_handshake_lend(node, sa);
}
#else
static struct ik_handshake *lend(struct ik_node *node, struct ik_ike_sa *sa, uint16_t peer,
                                 bool in_full)
{
    (void)peer, (void)in_full;
    return ik_handshake_lend(node, sa);
}
#endif

/* All that it takes, or nothing. policy: IK_NO_SLOT: there is to be no Child SA. in_full: it begins
 * with a key exchange. */
static struct ik_task *take(struct ik_node *node, uint16_t policy, uint16_t peer, bool in_full)
{
    struct ik_ike_sa *sa = ik_ike_alloc(node, true);
    if (sa == NULL) {
        return NULL;
    }
    IK_KNOWN(node, sa);
    bool with_child = !IK_CHILDLESS || policy != IK_NO_SLOT;
    struct ik_child_sa *child = with_child ? ik_child_add(node, sa, policy) : NULL;
    struct ik_handshake *hs = lend(node, sa, peer, in_full);
    struct ik_task *task = ik_task_add(node, sa, &ik_exchange_init_i);
    if ((with_child && child == NULL) || hs == NULL || task == NULL) {
        ik_sa_end_silent(node, sa);
        return NULL;
    }
    if (with_child) {
        child->initiator = true;
        task->child = ik_child_slot(child);
    }
    hs->task = ik_task_slot(node, task);
    sa->policy = policy;
    return task;
}

/* in_full: a ticket does not count. NULL if there is no room. */
static struct ik_ike_sa *begin(struct ik_node *node, uint16_t policy, uint16_t peer, bool in_full)
{
#if IK_RESUME
    in_full = in_full || ik_session_of(node, peer) == NULL ||
              !ik_exchange_listed(node, &ik_exchange_resume_i);
#else
    in_full = true;
#endif
    struct ik_task *task = take(node, policy, peer, in_full);
    if (task == NULL) {
        return NULL;
    }
    struct ik_ike_sa *sa = ik_ike_at(node, task->ike);
    sa->peer = peer;
    ik_index_put(node, sa, IK_BY_PEER);
    set_path(ik_peer_of(node, sa), &sa->route.path);
    ik_nat_begin(sa, ik_peer_of(node, sa));
    ik_window_init(node, sa);
    ik_nonce_draw(node, ik_handshake_of(node, sa), true);
#if IK_RESUME
    if (!in_full) {
        task->exchange = &ik_exchange_resume_i;
    }
#endif
    ik_tasks_run(node, sa);
    return sa;
}

#if IK_REKEY
struct ik_ike_sa *ik_initiate_beside(struct ik_node *node, uint16_t policy, uint16_t peer)
{
    struct ik_ike_sa *sa = begin(node, policy, peer, true);
    return sa != NULL && sa->state == IK_IKE_OPENING ? sa : NULL;
}
#endif

static bool may_begin(struct ik_node *node, uint16_t policy, bool tell_no_peer)
{
    if (!callable(node, policy)) {
        if (tell_no_peer) {
            ik_refuse(node, policy, IK_WHY_NO_PEER);
        }
        return false;
    }
    if (!ik_drbg_ready(&node->env)) {
        ik_refuse(node, policy, IK_WHY_NOT_SEEDED);
        return false;
    }
    return true;
}

void ik_initiate(struct ik_node *node, uint16_t policy, bool tell_no_peer)
{
    if (!may_begin(node, policy, tell_no_peer) || under_way(node, policy, NULL)) {
        return;
    }
#if IK_PACKET_TS
    if (ik_policy_of(node, policy)->pfp != 0) { /* only a packet can say what for */
        ik_refuse(node, policy, IK_WHY_TS);
        return;
    }
#endif
#if IK_REKEY
    if (join(node, policy, NULL)) {
        return;
    }
#endif
    if (begin(node, policy, ik_policy_of(node, policy)->peer, false) == NULL) {
        ik_refuse(node, policy, IK_WHY_NO_ROOM);
    }
}

#if IK_PACKET_TS
/* Is the packet's value known of each selector that the policy takes from packets? */
static bool populates(const struct ik_policy *p, const struct ik_ts *first)
{
    if (p->pfp == 0 || first == NULL) {
        return p->pfp == 0;
    }
    struct ik_ts pair[2] = {first[0], first[1]};
    return ik_ts_populate(p->pfp, p->ts_local, p->ts_local_n, p->ts_remote, p->ts_remote_n, pair);
}

/* 2.9: "the initiator […] SHOULD include as the first Traffic Selector in each of TSi and TSr a
 * very specific Traffic Selector including the addresses in the packet triggering the request". A
 * further Child SA is for the same IKE SA only. */
void ik_acquire(struct ik_node *node, uint16_t policy, const struct ik_pkt *pkt)
{
    struct ik_flow flow;
    struct ik_ts pair[2];
    if (!may_begin(node, policy, false) ||
        ik_flow_parse(pkt->buf + pkt->off, pkt->len, &flow) != IK_OK ||
        under_way(node, policy, &flow)) {
        return;
    }
    const struct ik_policy *p = ik_policy_of(node, policy);
    const struct ik_ts *first = ik_ts_of_flow(p, &flow, &pair[0], &pair[1]) ? pair : NULL;
    if (!populates(p, first)) {
        return;
    }
    if (join(node, policy, first) || under_way(node, policy, NULL)) {
        return;
    }
    struct ik_ike_sa *sa = begin(node, policy, ik_policy_of(node, policy)->peer, false);
    if (sa == NULL) {
        ik_refuse(node, policy, IK_WHY_NO_ROOM);
    } else {
        ik_child_ask_first(ik_child_first(node, sa), first);
    }
}
#endif

#if IK_CHILDLESS
static bool with_peer(const struct ik_node *node, uint16_t peer)
{
    struct ik_ike_sa *sa = ik_index_by_peer(node, peer, NULL);
    while (sa != NULL && (sa->peer != peer || !ik_alive(sa))) {
        sa = ik_index_by_peer(node, peer, sa);
    }
    return sa != NULL;
}

void ik_initiate_peer(struct ik_node *node, uint16_t peer)
{
    const struct ik_config *c = node->config;
    if (peer >= c->peers_n || c->peers[peer].remote.family == 0) {
        ik_refuse(node, IK_NO_SLOT, IK_WHY_NO_PEER);
    } else if (c->peers[peer].childless == IK_CHILDLESS_NEVER) {
        ik_refuse(node, IK_NO_SLOT, IK_WHY_CHILDLESS);
    } else if (!ik_drbg_ready(&node->env)) {
        ik_refuse(node, IK_NO_SLOT, IK_WHY_NOT_SEEDED);
    } else if (!with_peer(node, peer) && begin(node, IK_NO_SLOT, peer, false) == NULL) {
        ik_refuse(node, IK_NO_SLOT, IK_WHY_NO_ROOM);
    }
}
#endif

/* ---- the request ---------------------------------------------------------------------------- */

/* HDR(A,0), [N(COOKIE)], SAi1, KEi, Ni, N(NAT_DETECTION_*), [N(USE_PPK)] */
static enum ik_step ask(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    IK_KNOWN(node, sa);
    const struct ik_handshake *hs = ik_handshake_of(node, sa);
    struct ik_proposals ours = ik_proposals_ike(node, ik_peer_of(node, sa));
    struct ik_ke ke = ik_kex_ke(hs);
    struct ik_draft d;
    ik_request_begin(node, sa, &d, task);
    if (hs->cookie_len > 0) {
        ik_put_notify(node, &d.c, IK_N_COOKIE, (struct ik_span){hs->cookie, hs->cookie_len});
    }
    ik_proposal_put(&d.c, &ours, (struct ik_span){0});
    ik_ke_put(&d.c, &ke);
    ik_nonce_put(&d.c, ik_nonce_i(hs));
    if (IK_NAT) {
        ik_nat_put(node, sa, &d.c);
    }
#if IK_FRAGMENT
    if (ik_fragment_offered(node, ik_peer_of(node, sa))) {
        ik_put_notify(node, &d.c, IK_N_IKEV2_FRAGMENTATION_SUPPORTED, (struct ik_span){0});
    }
#endif
#if IK_PPK
    ik_ppk_offer(node, sa, &d.c);
#endif
    return ik_request_end(node, sa, &d, task);
}

static enum ik_step build(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    IK_KNOWN(node, sa);
    struct ik_proposals ours = ik_proposals_ike(node, ik_peer_of(node, sa));
#if IK_KEY_AHEAD
    bool done;
    if (ik_ahead_begin(ik_handshake_of(node, sa), &ik_exchange_init_i, &done)) {
        return done ? ask(node, sa, task) : IK_STEP_JOB;
    }
#else
    (void)task;
#endif
    ik_kex_begin(node, ik_handshake_of(node, sa), &ik_exchange_init_i, ik_proposal_group(&ours, 0));
    return IK_STEP_JOB;
}

/* ---- answers that begin anew ---------------------------------------------------------------- */

bool ik_init_take_cookie(struct ik_node *node, const struct ik_rx *rx, struct ik_task *task,
                         struct ik_span given)
{
    struct ik_handshake *hs = ik_handshake_of(node, ik_rx_sa(rx));
    if (given.len == 0 || given.len > IK_COOKIE_MAX || hs->cookies == COOKIES_MAX) {
        ik_drop(&node->env, IK_DROP_IKE_COOKIE, rx->len);
        return false;
    }
    if (given.len == hs->cookie_len && ik_ct_eq(given.p, hs->cookie, given.len)) {
        return false; /* it was sent already; this is its echo */
    }
    hs->cookies++;
    hs->cookie_len = (uint8_t)given.len;
    memcpy(hs->cookie, given.p, given.len);
    task->tries = 0;
    return true;
}

/* What came does not count, but it is the best guess if nothing better comes. */
static enum ik_step hint(struct ik_node *node, const struct ik_rx *rx, enum ik_reason why,
                         uint16_t notify)
{
    struct ik_handshake *hs = ik_handshake_of(node, ik_rx_sa(rx));
    hs->hint = (uint8_t)why;
    hs->hint_notify = notify;
    ik_drop(&node->env, IK_DROP_IKE_UNAUTHENTICATED, rx->len);
    return IK_STEP_WAIT;
}

/* 1.2: "the initiator MUST retry the IKE_SA_INIT with the corrected Diffie-Hellman group", but only
 * one that it has offered. */
static enum ik_step regroup(struct ik_node *node, struct ik_rx *rx, struct ik_task *task,
                            struct ik_span wanted)
{
#if IK_LINKED /* there is no other */
    (void)task, (void)wanted;
#else
    struct ik_handshake *hs = ik_handshake_of(node, ik_rx_sa(rx));
    struct ik_proposals ours = ik_proposals_ike(node, ik_peer_of(node, ik_rx_sa(rx)));
    uint16_t group = wanted.len == 2 ? ik_get16(wanted.p) : IK_DH_NONE;
    const struct ik_dh *dh = group != IK_DH_NONE ? ik_proposal_group(&ours, group) : NULL;
    if (dh != NULL && dh != hs->job.dh && hs->regroups < REGROUPS_MAX) {
        hs->regroups++;
        task->tries = 0;
        ik_kex_begin(node, hs, &ik_exchange_init_i, dh);
        return IK_STEP_JOB;
    }
#endif
    return hint(node, rx, IK_WHY_BAD_KE, IK_N_INVALID_KE_PAYLOAD);
}

static enum ik_step take_notify(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    struct ik_notify n;
    uint16_t error = ik_error_in(&rx->m);
    if (ik_notify_find(&rx->m, IK_N_COOKIE, &n)) {
        return ik_init_take_cookie(node, rx, task, n.data) ? ask(node, ik_rx_sa(rx), task)
                                                           : IK_STEP_WAIT;
    }
    if (error == 0) {
        ik_drop(&node->env, IK_DROP_IKE_UNEXPECTED, rx->len);
        return IK_STEP_WAIT;
    }
    if (ik_notify_find(&rx->m, IK_N_INVALID_KE_PAYLOAD, &n)) {
        return regroup(node, rx, task, n.data);
    }
    return hint(node, rx, ik_reason_of(error), error);
}

/* ---- the response --------------------------------------------------------------------------- */

/* Is it an answer to what we proposed? */
static enum ik_reason judge(struct ik_node *node, struct ik_rx *rx, struct ik_suite *suite,
                            struct ik_ke *ke)
{
    static const uint8_t zero[IK_SPI_LEN];
    const struct ik_dh *dh = ik_handshake_of(node, ik_rx_sa(rx))->job.dh;
    struct ik_proposals ours = ik_proposals_ike(node, ik_peer_of(node, ik_rx_sa(rx)));
    struct ik_span nonce = ik_msg_find(&rx->m, IK_PL_NONCE)->body;
    struct ik_span no_spi;
    if (ik_ct_eq(rx->m.hdr.spi_r, zero, IK_SPI_LEN)) {
        return IK_WHY_SYNTAX;
    }
    /* 3.10.1: with an error in it, known or not, it is no success. */
    uint16_t error = ik_error_in(&rx->m);
    if (error != 0) {
        return ik_reason_of(error);
    }
#if IK_PPK
    if (ik_ppk_declined(node, rx)) {
        return IK_WHY_PPK;
    }
#endif
#if IK_CHILDLESS
    if (ik_childless_declined(node, rx)) {
        return IK_WHY_CHILDLESS;
    }
#endif
    if (ik_proposal_verify(&ours, &ik_msg_find(&rx->m, IK_PL_SA)->body, suite, &no_spi) != IK_OK) {
        return IK_WHY_NO_PROPOSAL;
    }
    if (ik_ke_parse(ik_msg_find(&rx->m, IK_PL_KE)->body, ke) != IK_OK || suite->dh != dh ||
        ke->group != dh->id || ke->data.len != dh->pub_len) {
        return IK_WHY_BAD_KE;
    }
    return ik_nonce_good(nonce, suite->prf) ? IK_WHY_NONE : IK_WHY_SYNTAX;
}

/* A copy of message 2, for AUTH. */
bool ik_init_keep(struct ik_node *node, const struct ik_rx *rx, struct ik_handshake *hs)
{
    ik_slot slot = ik_buffer_copy(node, rx->msg, rx->len);
    if (slot == IK_NO_SLOT) {
        ik_drop(&node->env, IK_DROP_IKE_NO_ROOM, rx->len);
        return false;
    }
    hs->message[1] = slot;
    return true;
}

void ik_init_take(struct ik_node *node, struct ik_rx *rx, const struct ik_suite *suite)
{
    struct ik_ike_sa *sa = ik_rx_sa(rx);
    memcpy(sa->spi_r, rx->m.hdr.spi_r, IK_SPI_LEN);
#if !IK_LINKED
    sa->suite = *suite;
#endif
    ik_suite_trace(&node->env, suite);
    ik_nonce_take(ik_handshake_of(node, sa), false, ik_msg_find(&rx->m, IK_PL_NONCE)->body);
    if (sa->route.path.local.family == 0) {
        sa->route.path.local = rx->path->local;
    }
    if (IK_NAT) {
        ik_nat_detect(node, rx);
    }
#if IK_FRAGMENT
    ik_fragment_agree(node, rx, ik_peer_of(node, sa));
#endif
}

static enum ik_step take_response(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_handshake *hs = ik_handshake_of(node, ik_rx_sa(rx));
    struct ik_suite suite;
    struct ik_ke ke;
    /* Nobody vouches for this message: if it is wrong, the right one may still come. */
    enum ik_reason why = judge(node, rx, &suite, &ke);
    if (why != IK_WHY_NONE) {
        return hint(node, rx, why, 0);
    }
    if (!ik_init_keep(node, rx, hs)) {
        return hint(node, rx, IK_WHY_NO_ROOM, 0);
    }
    if (ik_kex_end(node, hs, ke.data) != IK_OK) {
        return hint(node, rx, IK_WHY_BAD_KE, 0);
    }
    ik_init_take(node, rx, &suite);
#if IK_PPK
    ik_ppk_agreed(node, rx);
#endif
    return IK_STEP_JOB;
}

static enum ik_step finish(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    IK_KNOWN_NODE(node);
    const uint16_t all = IK_P(SA) | IK_P(KE) | IK_P(NONCE);
    if ((rx->m.present & all) == all) {
        return take_response(node, rx);
    }
    return take_notify(node, rx, task);
}

/* ---- its jobs ------------------------------------------------------------------------------- */

/* The public value in it was refused: it was no answer. The right one may still come. */
static enum ik_step wait_on(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs)
{
    ik_drop(&node->env, IK_DROP_IKE_BAD_KE, 0);
    memset(sa->spi_r, 0, IK_SPI_LEN);
    ik_buffer_drop(node, &hs->message[1]);
    hs->job.kind = IK_JOB_KE_BEGIN;
    hs->hint = IK_WHY_BAD_KE;
    hs->hint_notify = 0;
    return IK_STEP_WAIT;
}

static enum ik_step resume(struct ik_node *node, struct ik_handshake *hs, struct ik_task *task)
{
    IK_KNOWN_NODE(node);
    struct ik_ike_sa *sa = ik_ike_at(node, hs->ike);
    if (hs->job.kind == IK_JOB_KE_BEGIN) {
        return ask(node, sa, task);
    }
    if (!hs->job.good) {
        return wait_on(node, sa, hs);
    }
    ik_keys_derive(node, sa, hs);
    hs->message[0] = task->request;
    task->request = IK_NO_SLOT;
    task->exchange = &ik_exchange_auth_i;
    return IK_STEP_NEXT;
}

const struct ik_exchange ik_exchange_init_i = {
    .type = IK_EX_IKE_SA_INIT,
    .response = {.states = IK_IN(IK_IKE_OPENING), .permitted = IK_P_INIT},
    .build = build,
    .finish = finish,
    .resume = resume,
};

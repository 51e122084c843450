/* SPDX-License-Identifier: MIT */
/* IKE_AUTH, the initiator's side (RFC 7296 1.2, 2.15, 2.21.2). The rows are in steps.c. */
#include "ike/ike.h"

#define AUTH_HEAD 4 /* method and three reserved octets */

/* ---- the request ----------------------------------------------------------------------------- */

/* 2.4: INITIAL_CONTACT says that no other IKE SA between the two is alive: so look. One whose
 * IKE_AUTH has left may be up at the peer already. */
static bool only_contact(const struct ik_node *node, const struct ik_ike_sa *self)
{
    for (uint16_t i = 0; i < ik_ike_n(node); i++) {
        const struct ik_ike_sa *sa = ik_ike_at(node, i);
        bool alive =
            sa->state == IK_IKE_I_AUTH || sa->state == IK_IKE_UP || sa->state == IK_IKE_DELETING;
        if (sa != self && alive && sa->peer == self->peer) {
            return false;
        }
    }
    return true;
}

static void put_child(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_chain *c)
{
    const struct ik_policy *policy = ik_sa_policy(node, sa);
    struct ik_proposals ours = ik_proposals_esp(node, policy);
    if (IK_TRANSPORT_MODE && policy->mode == IK_TRANSPORT) {
        ik_put_notify(node, c, sa->msgid_out, IK_N_USE_TRANSPORT_MODE, (struct ik_span){0});
    }
    ik_proposal_put(c, &ours, ik_sa_child(node, sa)->in.spi);
    ik_ts_put(c, IK_PL_TSI, policy->ts_local, policy->ts_local_n);
    ik_ts_put(c, IK_PL_TSR, policy->ts_remote, policy->ts_remote_n);
}

/* SK {IDi, [N(INITIAL_CONTACT),] [IDr,] AUTH, [N(USE_TRANSPORT_MODE),] SAi2, TSi, TSr}: the order
 * is that of appendix C.2. */
static void build(struct ik_node *node, struct ik_ike_sa *sa)
{
    const struct ik_peer *peer = ik_sa_peer(node, sa);
    struct ik_draft d;
    uint8_t auth[IK_HASH_MAX];
    /* Before the draft: it overwrites message 1, which AUTH signs. */
    ik_auth_octets(node, sa, &peer->psk, NULL, auth);
    ik_draft_begin(sa, &d, IK_EX_IKE_AUTH, false);
    ik_id_put(&d.c, IK_PL_IDI, &peer->local_id);
    if (peer->initial_contact && only_contact(node, sa)) {
        ik_put_notify(node, &d.c, sa->msgid_out, IK_N_INITIAL_CONTACT, (struct ik_span){0});
    }
    if (peer->remote_id.type != IK_ID_ANY) {
        ik_id_put(&d.c, IK_PL_IDR, &peer->remote_id);
    }
    ik_auth_put(&d.c, &(struct ik_auth){IK_AUTH_SHARED_KEY_MIC, {auth, sa->prf->key_len}});
    ik_wipe(auth, sizeof auth);
    put_child(node, sa, &d.c);
    ik_draft_end(node, sa, &d);
}

void ik_auth_i_start(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_keys_derive(node, sa);
    sa->reason = IK_WHY_NONE; /* hints count no more */
    sa->notify = 0;
    ik_nat_move(sa);
    sa->msgid_out = 1;
    build(node, sa);
    ik_sa_state(node, sa, IK_IKE_I_AUTH);
    ik_request_start(node, sa);
}

/* ---- the response ---------------------------------------------------------------------------- */

/* 2.15: "the names in the ID payload MUST correspond to the key used". */
static bool proved(struct ik_node *node, struct ik_rx *rx)
{
    const struct ik_ike_sa *sa = ik_sa_of(node, rx);
    const struct ik_peer *peer = ik_sa_peer(node, sa);
    struct ik_span id = ik_msg_find(&rx->m, IK_PL_IDR)->body;
    struct ik_span auth = ik_msg_find(&rx->m, IK_PL_AUTH)->body;
    uint8_t key_len = sa->prf->key_len;
    uint8_t expected[IK_HASH_MAX];
    if ((peer->remote_id.type != IK_ID_ANY && !ik_id_is(&peer->remote_id, id)) ||
        auth.p[0] != IK_AUTH_SHARED_KEY_MIC || auth.len != AUTH_HEAD + key_len) {
        return false;
    }
    ik_auth_octets(node, sa, &peer->psk, &id, expected);
    bool good = ik_ct_eq(expected, auth.p + AUTH_HEAD, key_len) != 0;
    ik_wipe(expected, sizeof expected);
    return good;
}

/* Is the Child SA of the answer within what we proposed? Then child has its selectors. */
static enum ik_reason judge_child(struct ik_node *node, struct ik_rx *rx, struct ik_child_sa *child,
                                  struct ik_suite *suite)
{
    const struct ik_ike_sa *sa = ik_sa_of(node, rx);
    const struct ik_policy *policy = ik_sa_policy(node, sa);
    struct ik_proposals ours = ik_proposals_esp(node, policy);
    struct ik_notify n;
    bool transport = ik_notify_find(&rx->m, IK_N_USE_TRANSPORT_MODE, &n);
    bool here = IK_TRANSPORT_MODE && transport && (sa->flags & IK_SA_NAT_HERE) != 0;
    bool there = IK_TRANSPORT_MODE && transport && (sa->flags & IK_SA_NAT_THERE) != 0;
    child->mode = transport ? IK_TRANSPORT : IK_TUNNEL;
    if (ik_proposal_verify(&ours, &ik_msg_find(&rx->m, IK_PL_SA)->body, suite) != IK_OK) {
        return IK_WHY_NO_PROPOSAL;
    }
    /* 1.3.1: "If the responder declines the request, the Child SA will be established in tunnel
     * mode. If this is unacceptable to the initiator, the initiator MUST delete the SA." */
    if (child->mode != policy->mode) {
        return IK_WHY_MODE;
    }
    if (!ik_ts_accept(policy->ts_local, policy->ts_local_n, &ik_msg_find(&rx->m, IK_PL_TSI)->body,
                      child->ts_local, &child->ts_local_n, here ? &sa->path.local : NULL) ||
        !ik_ts_accept(policy->ts_remote, policy->ts_remote_n, &ik_msg_find(&rx->m, IK_PL_TSR)->body,
                      child->ts_remote, &child->ts_remote_n, there ? &sa->path.remote : NULL)) {
        return IK_WHY_TS;
    }
    return IK_WHY_NONE;
}

/* 1.2: "If creating the Child SA during the IKE_AUTH exchange fails for some reason, the IKE SA is
 * still created as usual." */
static void take_child(struct ik_node *node, struct ik_rx *rx)
{
    const uint16_t all = IK_PRESENT(IK_PL_SA) | IK_PRESENT(IK_PL_TSI) | IK_PRESENT(IK_PL_TSR);
    struct ik_ike_sa *sa = ik_sa_of(node, rx);
    struct ik_suite suite;
    enum ik_reason why;
    uint16_t error = 0;
    if ((rx->m.present & all) != all) {
        error = ik_error_in(&rx->m);
        why = error != 0 ? ik_reason_of(error) : IK_WHY_SYNTAX;
    } else {
        why = judge_child(node, rx, ik_sa_child(node, sa), &suite);
        if (why == IK_WHY_NONE) {
            ik_child_install(node, sa, &suite);
            return;
        }
        /* The peer believes in it, so it has to be told. */
        ik_drop(&node->env, IK_DROP_IKE_POLICY, rx->len);
        ik_delete_child(node, sa);
    }
    ik_raise_child(sa, IK_EV_CHILD_FAILED, why, error);
    ik_pause_acquire(node);
    ik_sa_child_end(node, sa, why, error);
}

/* 1.2: those that "do not prevent an IKE SA from being set up". */
static bool of_child_only(uint16_t error)
{
    switch (error) {
    case IK_N_NO_PROPOSAL_CHOSEN:
    case IK_N_SINGLE_PAIR_REQUIRED:
    case IK_N_NO_ADDITIONAL_SAS:
    case IK_N_INTERNAL_ADDRESS_FAILURE:
    case IK_N_FAILED_CP_REQUIRED:
    case IK_N_TS_UNACCEPTABLE:
    case IK_N_TEMPORARY_FAILURE:
        return true;
    default:
        return false;
    }
}

/* The first error that is not of the Child SA only; 0 if there is none. */
static uint16_t error_of_all(const struct ik_msg *m)
{
    struct ik_notify n;
    uint8_t i = 0;
    while (ik_notify_next(m, &i, &n)) {
        if (n.type < IK_N_INITIAL_CONTACT && !of_child_only(n.type)) {
            return n.type;
        }
    }
    return 0;
}

enum ik_status ik_auth_i_response(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_ike_sa *sa = ik_sa_of(node, rx);
    if (!proved(node, rx)) {
        ik_drop(&node->env, IK_DROP_IKE_AUTH, rx->len);
        ik_delete_by_error(node, sa, IK_N_AUTHENTICATION_FAILED, IK_WHY_AUTH);
        return IK_ERR_AUTH;
    }
    uint16_t error = error_of_all(&rx->m);
    if (error != 0) {
        /* 3.10.1: an error of another kind, or one that nobody knows, "in a response MUST assume
         * that the corresponding request has failed entirely". The peer, who may think otherwise,
         * is sent a Delete. */
        ik_delete_ike(node, sa, ik_reason_of(error), error);
        return IK_ERR_STATE;
    }
    if (IK_RESPONDER) {
        ik_id_digest(node, ik_msg_find(&rx->m, IK_PL_IDR)->body, sa->peer_id);
    }
    /* Messages 1 and 2 have served. */
    sa->request.len = sa->response.len = 0;
    ik_raise_ike(node, sa, IK_EV_IKE_UP, IK_WHY_NONE, 0);
    take_child(node, rx);
    return IK_OK;
}

/* 2.21.2: an error without IDr and AUTH. Its sender has at least the keys of the IKE SA. */
enum ik_status ik_auth_i_refused(struct ik_node *node, struct ik_rx *rx)
{
    uint16_t error = ik_error_in(&rx->m);
    if (error == 0) {
        return IK_ERR_SYNTAX;
    }
    ik_sa_end(node, ik_sa_of(node, rx), ik_reason_of(error), error);
    return IK_ERR_STATE;
}

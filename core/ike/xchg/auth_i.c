/* SPDX-License-Identifier: MIT */
/*
 * IKE_AUTH, the initiator's side (RFC 7296 1.2, 2.15, 2.21.2):
 *
 *     HDR, SK {IDi, [IDr,] AUTH, SAi2, TSi, TSr}  -->
 *                              <--  HDR, SK {IDr, AUTH, SAr2, TSi, TSr}
 *                          or  <--  HDR, SK {IDr, AUTH, N(error of the Child SA)}
 *                          or  <--  HDR, SK {N(error)}
 *
 * or, of both, without what is of a Child SA (childless.c).
 */
#include "ike/xchg/xchg.h"

/* ---- the request ---------------------------------------------------------------------------- */

/* An IKE SA whose IKE_AUTH has left may be up at the peer already. */
static bool may_be_up(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    return sa->state == IK_IKE_UP || sa->state == IK_IKE_CLOSING ||
           (sa->state == IK_IKE_OPENING && ik_task_of(node, sa, &ik_exchange_auth_i) != NULL);
}

/* 2.4: INITIAL_CONTACT says that no other IKE SA between the two is alive: so look. */
static bool only_contact(const struct ik_node *node, const struct ik_ike_sa *self)
{
    const struct ik_ike_sa *sa = NULL;
    while ((sa = ik_index_by_peer(node, self->peer, sa)) != NULL) {
        if (sa != self && sa->peer == self->peer && may_be_up(node, sa)) {
            return false;
        }
    }
    return true;
}

/* SK {IDi, [N(INITIAL_CONTACT),] [IDr,] AUTH, [N(USE_TRANSPORT_MODE),] SAi2, TSi, TSr}: the order
 * is that of appendix C.2. */
static enum ik_step build(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    IK_KNOWN(node, sa);
    const struct ik_peer *peer = ik_peer_of(node, sa);
    struct ik_draft d;
    uint8_t proof[IK_HASH_MAX];
    ik_nat_move(sa);
#if IK_PPK
    uint8_t plain[IK_HASH_MAX];
    struct ik_auth auth = ik_ppk_prove(node, sa, peer->psk, proof, plain);
#else
    struct ik_auth auth = ik_auth_prove(node, sa, peer->psk, proof);
#endif
    /* Message 1 has served. */
    ik_buffer_drop(node, &ik_handshake_of(node, sa)->message[0]);
    ik_request_begin(node, sa, &d, task);
    ik_id_put(&d.c, IK_PL_IDI, &peer->local_id);
    if (peer->initial_contact && only_contact(node, sa)) {
        ik_put_notify(node, &d.c, IK_N_INITIAL_CONTACT, (struct ik_span){0});
    }
    if (!ik_id_is_several(&peer->remote_id) && !peer->no_idr) {
        ik_id_put(&d.c, IK_PL_IDR, &peer->remote_id);
    }
    ik_auth_put(&d.c, &auth);
    ik_wipe(proof, sizeof proof);
    if (!ik_childless(node, sa)) {
        ik_offer_put_sa(node, ik_child_at(&node->ipsec, task->child), false, &d.c);
        ik_offer_put_ts(node, ik_child_at(&node->ipsec, task->child), &d.c);
    }
#if IK_WINDOWS
    ik_window_put(node, sa, &d.c);
#endif
#if IK_RESUME
    if (ik_session_wanted(node, sa)) {
        ik_put_notify(node, &d.c, IK_N_TICKET_REQUEST, (struct ik_span){0});
    }
#endif
#if IK_PPK
    ik_ppk_put(node, sa, (struct ik_span){plain, auth.data.len}, &d.c);
    ik_wipe(plain, sizeof plain);
#endif
    return ik_request_end(node, sa, &d, task);
}

/* ---- the response --------------------------------------------------------------------------- */

/* 2.15: "the names in the ID payload MUST correspond to the key used". */
static bool proved(struct ik_node *node, const struct ik_rx *rx)
{
    const struct ik_peer *peer = ik_peer_of(node, ik_rx_sa(rx));
    struct ik_span id = ik_msg_find(&rx->m, IK_PL_IDR)->body;
    struct ik_auth auth;
    return ik_id_is_of(&peer->remote_id, id) &&
           ik_auth_parse(ik_msg_find(&rx->m, IK_PL_AUTH)->body, &auth) == IK_OK &&
           ik_auth_good(node, ik_rx_sa(rx), peer->psk, id, &auth);
}

#if IK_PACKET_TS
/* 2.9: the peer takes one pair of addresses, and the packet has one: CREATE_CHILD_SA asks for it.
 */
static bool asks_again(struct ik_node *node, const struct ik_rx *rx, struct ik_task *task)
{
    struct ik_child_sa *child = ik_child_at(&node->ipsec, task->child);
    if ((rx->m.present & IK_P_CHILD) == IK_P_CHILD ||
        ik_error_in(&rx->m) != IK_N_SINGLE_PAIR_REQUIRED || !child->first ||
        !ik_exchange_listed(node, &ik_exchange_child_create)) {
        return false;
    }
    child->single = true;
    return true;
}
#endif

/* 1.2: "If creating the Child SA during the IKE_AUTH exchange fails for some reason, the IKE SA is
 * still created as usual." Answers what is to be said to a peer who believes in it. */
static void take_child(struct ik_node *node, const struct ik_rx *rx, struct ik_child_sa *child)
{
    struct ik_suite suite;
    if ((rx->m.present & IK_P_CHILD) != IK_P_CHILD) {
        uint16_t error = ik_error_in(&rx->m);
        if (!IK_REKEY) { /* else it is part of raising the event */
            ik_pause_acquire(node);
        }
        ik_child_fail(node, child,
                      error != 0 ? ik_refusal_of(node, ik_rx_sa(rx), error) : IK_WHY_SYNTAX, error);
        return;
    }
    enum ik_reason why = ik_offer_accepted(node, rx, false, child, &suite);
    if (why == IK_WHY_NONE) {
        ik_child_install(node, ik_rx_sa(rx), ik_handshake_of(node, ik_rx_sa(rx)), child, &suite,
                         false);
        return;
    }
    ik_drop(&node->env, IK_DROP_IKE_POLICY, rx->len);
#if IK_REKEY
    child->wanted = true; /* its failure is told */
#else
    ik_pause_acquire(node);
#endif
    ik_delete_child(node, ik_rx_sa(rx), child, why);
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

static enum ik_step come_up(struct ik_node *node, const struct ik_rx *rx, struct ik_task *task)
{
    struct ik_ike_sa *sa = ik_rx_sa(rx);
#if !IK_LINKED
    ik_peer_proved(node, sa, ik_msg_find(&rx->m, IK_PL_IDR)->body);
#endif
#if IK_REKEY
    ik_unique_crossed(node, sa);
#endif
#if IK_RESUME
    ik_session_take(node, rx);
#endif
    ik_ike_state(node, sa, IK_IKE_UP);
#if IK_RESUME && IK_REKEY
    ik_ticket_ask_later(node, rx);
#endif
    ik_raise_ike(node, sa, IK_EV_IKE_UP, IK_WHY_NONE, 0);
    if (ik_life_of(node) != NULL) {
        ik_life_of(node)->begin_ike(node, sa);
    }
#if IK_REKEY
    ik_auth_lifetime_take(node, rx);
#endif
#if IK_CHILDLESS
    if (ik_childless(node, sa)) {
        ik_handshake_return(node, sa->handshake);
        return task->child == IK_NO_SLOT ? IK_STEP_DONE : ik_child_create_next(node, task);
    }
#endif
#if IK_PACKET_TS
    if (asks_again(node, rx, task)) {
        ik_handshake_return(node, sa->handshake);
        return ik_child_create_next(node, task);
    }
#endif
    take_child(node, rx, ik_child_at(&node->ipsec, task->child));
    ik_handshake_return(node, sa->handshake);
    return IK_STEP_DONE;
}

/* 2.21.2: an error without IDr and AUTH. Its sender has at least the keys of the IKE SA. */
static enum ik_step refused(struct ik_node *node, const struct ik_rx *rx)
{
    uint16_t error = ik_error_in(&rx->m);
    if (error == 0) {
        return IK_STEP_SYNTAX;
    }
    ik_sa_end(node, ik_rx_sa(rx), ik_reason_of(error), error);
    return IK_STEP_ENDED;
}

static enum ik_step finish(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    IK_KNOWN_NODE(node);
    const uint16_t both = IK_P(IDR) | IK_P(AUTH);
    if ((rx->m.present & both) != both) {
        return refused(node, rx);
    }
#if IK_PPK
    bool taken = ik_ppk_taken(node, rx);
#else
    bool taken = true;
#endif
    if (!proved(node, rx) || !taken) {
        ik_drop(&node->env, IK_DROP_IKE_AUTH, rx->len);
        return ik_delete_ike(node, ik_rx_sa(rx), IK_WHY_AUTH, 0, IK_N_AUTHENTICATION_FAILED);
    }
    uint16_t error = error_of_all(&rx->m);
    if (error != 0) {
        /* 3.10.1: an error of another kind, or one that nobody knows, "in a response MUST assume
         * that the corresponding request has failed entirely". The peer, who may think otherwise,
         * is sent a Delete. */
        return ik_delete_ike(node, ik_rx_sa(rx), ik_reason_of(error), error, 0);
    }
    return come_up(node, rx, task);
}

const struct ik_exchange ik_exchange_auth_i = {
    .type = IK_EX_IKE_AUTH,
    .response = {.states = IK_IN(IK_IKE_OPENING), .required = IK_P(SK), .permitted = IK_P_AUTH},
    .build = build,
    .finish = finish,
};

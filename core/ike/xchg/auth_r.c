/* SPDX-License-Identifier: MIT */
/*
 * IKE_AUTH, the responder's side (RFC 7296 1.2, 2.9, 2.15, 2.21.2):
 *
 *     HDR, SK {IDi, [IDr,] AUTH, SAi2, TSi, TSr}  -->
 *                              <--  HDR, SK {IDr, AUTH, SAr2, TSi, TSr}
 *                          or  <--  HDR, SK {IDr, AUTH, N(error of the Child SA)}
 *                          or  <--  HDR, SK {N(AUTHENTICATION_FAILED)}
 *
 * or, of both, without what is of a Child SA (childless.c).
 *
 * Who is calling shows here. With ik_config.lookup the host is asked, and the request is kept until
 * he answers.
 */
#include "ike/xchg/xchg.h"

#if IK_RESPONDER

/* ---- who is it ------------------------------------------------------------------------------ */

/* Message 1 has served. Its buffer is one for the response, if there is no other by the time that
 * the host has answered. */
static void make_room(struct ik_node *node, const struct ik_rx *rx)
{
    ik_buffer_drop(node, &ik_handshake_of(node, ik_rx_sa(rx))->message[0]);
}

static enum ik_step refuse(struct ik_node *node, const struct ik_rx *rx)
{
    make_room(node, rx);
    ik_answer_error(node, rx, IK_N_AUTHENTICATION_FAILED, (struct ik_span){0});
    ik_sa_end_answering(node, rx, IK_WHY_AUTH, 0);
    return IK_STEP_ENDED;
}

/*
 * Somebody unknown is examined like somebody with a wrong key, against a key that is nobody's, so
 * that neither the answer nor its time tells which names exist.
 */
static bool proved(struct ik_node *node, const struct ik_ike_sa *sa, const struct ik_caller *c,
                   const struct ik_credential *who)
{
    struct ik_span nobodys = {sa->keys.d, ik_prf_of(sa)->key_len};
    struct ik_span psk = who != NULL ? who->psk : nobodys;
    bool good = ik_auth_good(node, sa, psk, c->id_i, &c->auth);
    /* A long key is hashed first: whoever has a shorter one takes as long. */
    ik_prf_even(&node->env, ik_prf_of(sa), psk.len, node->psk_longest);
    return good && who != NULL;
}

/*
 * 2.4: INITIAL_CONTACT: other IKE SAs with the same identity are of its life before. Those that
 * came up after this one's IKE_SA_INIT are not: the peer makes several at once, and their IKE_AUTH
 * may overtake each other.
 */
static void replace_others(struct ik_node *node, const struct ik_ike_sa *self)
{
    struct ik_ike_sa *next;
    for (struct ik_ike_sa *sa = ik_index_by_id(node, self->peer_id, NULL); sa != NULL; sa = next) {
        next = ik_index_by_id(node, self->peer_id, sa);
        if (sa != self && sa->state != IK_IKE_OPENING &&
            (int32_t)(self->generation - sa->generation) > 0 &&
            ik_ct_eq(sa->peer_id, self->peer_id, sizeof sa->peer_id)) {
            ik_sa_end(node, sa, IK_WHY_REPLACED, 0);
        }
    }
    ik_about(&node->env, self->slot);
}

/* ---- the response --------------------------------------------------------------------------- */

/* SK {IDr, AUTH, [N(USE_TRANSPORT_MODE),] SAr2, TSi, TSr}, or the error instead of the last three
 * (2.21.2), or, where none was asked for, nothing. */
static bool respond(struct ik_node *node, const struct ik_rx *rx, struct ik_span psk,
                    uint16_t error, const struct ik_child_sa *child, const struct ik_suite *suite)
{
    struct ik_ike_sa *sa = ik_rx_sa(rx);
    struct ik_draft d;
    uint8_t proof[IK_HASH_MAX];
    struct ik_auth auth = ik_auth_prove(node, sa, psk, proof);
    ik_response_begin(node, rx, &d);
    ik_id_put(&d.c, IK_PL_IDR, &ik_peer_of(node, sa)->local_id);
    ik_auth_put(&d.c, &auth);
    ik_wipe(proof, sizeof proof);
    if (error != 0) {
        ik_put_notify(node, &d.c, error, (struct ik_span){0});
    } else if (child != NULL) {
        ik_choice_put_sa(node, child, suite, &d.c);
        ik_choice_put_ts(node, child, &d.c);
    }
#if IK_WINDOWS
    ik_window_put(node, sa, &d.c);
#endif
#if IK_REKEY
    ik_auth_lifetime_put(node, sa, &d.c);
#endif
#if IK_PPK
    ik_ppk_confirm(node, sa, &d.c);
#endif
#if IK_RESUME
    struct ik_notify n;
    if (ik_notify_find(&rx->m, IK_N_TICKET_REQUEST, &n)) {
        ik_ticket_put(node, sa, &d.c);
    }
#endif
    return ik_response_end(node, rx, &d);
}

/* Messages 1 and 2, and all else that opening took, have served. */
static void come_up(struct ik_node *node, struct ik_ike_sa *sa)
{
    sa->moment[IK_TIMER_EXPIRE] = IK_MS_NONE;
    ik_half_open_take(node, ik_handshake_of(node, sa));
    ik_ike_state(node, sa, IK_IKE_UP);
    sa->flags |= IK_SA_JUST_UP;
    ik_raise_ike(node, sa, IK_EV_IKE_UP, IK_WHY_NONE, 0);
    if (ik_life_of(node) != NULL) {
        ik_life_of(node)->begin_ike(node, sa);
    }
}

/* Answers 0, with the Child SA if one was asked for, or the error that says why there is none. */
static uint16_t choose(struct ik_node *node, struct ik_rx *rx, struct ik_child_sa **child,
                       struct ik_suite *suite)
{
#if IK_CHILDLESS
    uint16_t error = ik_childless_refusal(node, rx);
    if (error != 0 || ik_childless_asked(node, rx)) {
        return error;
    }
#endif
    return ik_offer_choose(node, rx, false, NULL, child, suite);
}

static enum ik_step accept(struct ik_node *node, struct ik_rx *rx, struct ik_span psk)
{
    struct ik_ike_sa *sa = ik_rx_sa(rx);
    struct ik_child_sa *child = NULL;
    struct ik_suite suite;
    uint16_t error = choose(node, rx, &child, &suite);
    if (error == IK_N_INVALID_SYNTAX) {
        ik_answer_error(node, rx, error, (struct ik_span){0});
        ik_sa_end_answering(node, rx, IK_WHY_CHILDLESS, 0);
        return IK_STEP_ENDED;
    }
    if (!respond(node, rx, psk, error, child, &suite)) {
        ik_answer_error(node, rx, IK_N_AUTHENTICATION_FAILED, (struct ik_span){0});
        ik_sa_end_answering(node, rx, IK_WHY_NO_ROOM, 0);
        return IK_STEP_ENDED;
    }
    come_up(node, sa);
    if (error != 0) {
#if IK_REKEY
        ik_unique_in_vain(node, sa);
#endif
        ik_raise_refusal(node, sa, ik_refusal_of(node, sa, error));
    } else if (child != NULL) {
#if IK_REKEY
        bool in_only = ik_reauth_beside(node, sa, child);
#else
        bool in_only = false;
#endif
        sa->policy = child->policy;
        ik_child_install(node, sa, ik_handshake_of(node, sa), child, &suite, in_only);
#if IK_REKEY
        if (in_only) {
            ik_reauth_settle_later(node, sa);
        }
#endif
    }
    ik_handshake_return(node, sa->handshake);
    return IK_STEP_DONE;
}

static enum ik_step identified(struct ik_node *node, struct ik_rx *rx, const struct ik_caller *c,
                               const struct ik_credential *who)
{
    struct ik_ike_sa *sa = ik_rx_sa(rx);
    struct ik_notify n;
    /* It is the path of IKE_AUTH that counts from here on: it may be on port 4500 by now. */
    ik_route_set(node, sa, rx->path);
    if (who != NULL && who->psk.len > node->psk_longest) {
        node->psk_longest = who->psk.len;
    }
    struct ik_caller caller = *c;
#if IK_PPK
    bool allowed = ik_ppk_choose(node, rx, who != NULL ? who->peer : IK_NO_SLOT, &caller.auth);
#else
    bool allowed = true;
#endif
    bool good = proved(node, sa, &caller, who);
    make_room(node, rx);
    if (!good || !allowed) {
        ik_drop(&node->env, who == NULL ? IK_DROP_IKE_NO_PEER : IK_DROP_IKE_AUTH, rx->len);
        return refuse(node, rx);
    }
    sa->peer = who->peer;
    ik_peer_proved(node, sa, c->id_i);
#if IK_RESUME
    if (!ik_resumed_proved(node, sa)) {
        ik_drop(&node->env, IK_DROP_IKE_TICKET, rx->len);
        return refuse(node, rx);
    }
#endif
    if (ik_notify_find(&rx->m, IK_N_INITIAL_CONTACT, &n)) {
        replace_others(node, sa);
#if IK_REKEY
        sa->only = true;
#endif
    }
#if IK_REKEY
    if (!ik_unique_admits(node, sa)) {
        ik_drop(&node->env, IK_DROP_IKE_NO_ROOM, rx->len);
        return refuse(node, rx);
    }
#endif
    return accept(node, rx, who->psk);
}

/* ---- asking the host ------------------------------------------------------------------------ */

#if IK_LOOKUP
static void keep(const struct ik_rx *rx, struct ik_kept_request *kept)
{
    kept->path = *rx->path;
    kept->inner_at = (uint16_t)(rx->inner.p - rx->msg);
    kept->inner_len = rx->inner.len;
    memcpy(kept->digest, rx->digest, sizeof kept->digest);
}

/* Keeps the request, opened, until the host has answered. */
static enum ik_step ask_host(struct ik_node *node, struct ik_rx *rx, const struct ik_caller *c)
{
    struct ik_kept_request *kept = &ik_handshake_of(node, ik_rx_sa(rx))->kept;
    struct ik_id id;
    kept->buffer = ik_buffer_copy(node, rx->msg, rx->len);
    if (kept->buffer == IK_NO_SLOT || ik_id_parse(c->id_i, &id) != IK_OK) {
        ik_drop(&node->env, IK_DROP_IKE_NO_ROOM, rx->len);
        return refuse(node, rx);
    }
    keep(rx, kept);
    struct ik_effect *fx = ik_pend(node, IK_FX_LOOKUP, &kept->path);
    fx->ike = ik_rx_sa(rx)->slot;
    fx->lookup = ik_rx_sa(rx)->generation;
    fx->id = id;
    fx->id.data.p = ik_buffer_at(node, kept->buffer)->b + IK_MARKER_LEN + (id.data.p - rx->msg);
    return IK_STEP_JOB;
}

/* The request once more, from where it was kept. */
static bool take_up(struct ik_node *node, struct ik_ike_sa *sa, struct ik_path *path,
                    struct ik_rx *rx)
{
    const struct ik_kept_request *kept = &ik_handshake_of(node, sa)->kept;
    struct ik_buffer *b = ik_buffer_at(node, kept->buffer);
    *path = kept->path;
    *rx = (struct ik_rx){.path = path, .sa = sa, .msg = b->b + IK_MARKER_LEN, .len = b->len};
    rx->inner = (struct ik_span){rx->msg + kept->inner_at, kept->inner_len};
    memcpy(rx->digest, kept->digest, sizeof rx->digest);
    return ik_msg_parse(rx->msg, rx->len, &rx->m) == IK_OK &&
           ik_msg_parse_inner(&rx->m, rx->m.sk_next, rx->inner.p, rx->inner.len) == IK_OK;
}

/* The SA that waits for the host's answer, or NULL: it may have ended meanwhile, and another may
 * have its slot. */
static struct ik_ike_sa *waiting(const struct ik_node *node, ik_slot ike, uint32_t lookup)
{
    if (ike >= ik_ike_n(node) || ik_ike_at(node, ike)->handshake == IK_NO_SLOT) {
        return NULL;
    }
    struct ik_ike_sa *sa = ik_ike_at(node, ike);
    bool asked = ik_handshake_of(node, sa)->kept.buffer != IK_NO_SLOT;
    return asked && sa->generation == lookup ? sa : NULL;
}

/* The suite was chosen when only the address was known: it must be the caller's, too. */
static bool allowed(const struct ik_node *node, const struct ik_ike_sa *sa,
                    const struct ik_credential *who)
{
    if (who->peer >= ik_config_of(node)->peers_n || who->psk.len == 0) {
        return false;
    }
    struct ik_proposals ours = ik_proposals_ike(node, &ik_config_of(node)->peers[who->peer]);
    return ik_proposal_allows(&ours, &sa->suite);
}

void ik_node_identified(struct ik_node *node, ik_time now, ik_slot ike, uint32_t lookup,
                        const struct ik_credential *who)
{
    struct ik_rx rx;
    struct ik_path path;
    struct ik_caller c;
    ik_enter(node, now);
    struct ik_ike_sa *sa = waiting(node, ike, lookup);
    if (sa == NULL) {
        return;
    }
    ik_about(&node->env, ike);
    bool known = who != NULL && allowed(node, sa, who);
    /* It was well formed when it came. */
    if (take_up(node, sa, &path, &rx) && ik_caller_read(&rx, &c)) {
        (void)identified(node, &rx, &c, known ? who : NULL);
    }
    if (ik_window_response(node, sa, rx.m.hdr.msgid) != NULL) {
        sa->flags |= IK_SA_RESPONSE_DUE;
    }
    ik_touch(node, sa);
}
#else
static enum ik_step ask_host(struct ik_node *node, struct ik_rx *rx, const struct ik_caller *c)
{
    (void)c;
    return refuse(node, rx);
}
#endif

/* ---- the request ---------------------------------------------------------------------------- */

static enum ik_step answer(struct ik_node *node, struct ik_rx *rx)
{
    IK_KNOWN_NODE(node);
    struct ik_caller c;
    if ((rx->m.present & IK_P(AUTH)) == 0) {
        /* 2.16: without AUTH it asks for EAP, which is not offered here. */
        ik_drop(&node->env, IK_DROP_IKE_AUTH, rx->len);
        return refuse(node, rx);
    }
    if (((rx->m.present & IK_P_CHILD) != IK_P_CHILD && !ik_childless_asked(node, rx)) ||
        !ik_caller_read(rx, &c)) {
        return IK_STEP_SYNTAX;
    }
#if IK_RESUME
    /* Who it is stood in the ticket. The host is asked all the same: it may have sent him away. */
    if (ik_handshake_of(node, rx->sa)->resumed && !ik_resumed_by(node, rx, &c)) {
        return identified(node, rx, &c, NULL);
    }
#endif
    if (ik_config_of(node)->lookup) {
        return ask_host(node, rx, &c);
    }
    uint16_t peer = ik_peer_find(node, rx, &c);
    if (peer == IK_NO_SLOT) {
        return identified(node, rx, &c, NULL);
    }
    return identified(node, rx, &c,
                      &(struct ik_credential){peer, ik_config_of(node)->peers[peer].psk});
}

const struct ik_exchange ik_exchange_auth_r = {
    .type = IK_EX_IKE_AUTH,
    .request = {.states = IK_IN(IK_IKE_OPENING),
                .required = IK_P(SK) | IK_P(IDI),
                .permitted = IK_P_AUTH & ~IK_P(EAP)},
    .answer = answer,
};

#endif

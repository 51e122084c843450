/* SPDX-License-Identifier: MIT */
/*
 * IKE_SESSION_RESUME, the initiator's side (RFC 5723 4.3):
 *
 *     HDR(A,0), [N(COOKIE),] Ni, N(TICKET_OPAQUE)  -->
 *                              <--  HDR(A,B), Nr
 *
 * then IKE_AUTH leaves at once: there is no key exchange. Or it begins anew:
 *
 *                              <--  HDR(A,0), N(COOKIE)
 *     HDR(A,0), N(COOKIE), Ni, N(TICKET_OPAQUE)  -->
 *
 *                              <--  HDR(A,0), N(TICKET_NACK)
 *     HDR(A,0), SAi1, KEi, Ni'  -->                        init_i.c
 */
#include "ike/xchg/xchg.h"

#if IK_RESUME

static struct ik_handshake *own(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    return ik_handshake_of(node, sa);
}

/* ---- the request ---------------------------------------------------------------------------- */

static enum ik_step in_full(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    struct ik_session *s = ik_session_of(node, sa->peer);
    if (s != NULL) {
        ik_wipe(s, sizeof *s);
    }
    own(node, sa)->cookie_len = 0;
    ik_nonce_draw(node, own(node, sa), true);
    sa->window.request = 0;
    task->exchange = &ik_exchange_init_i;
    return IK_STEP_NEXT;
}

static enum ik_step build(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    const struct ik_handshake *hs = own(node, sa);
    const struct ik_session *s = ik_session_of(node, sa->peer);
    struct ik_draft d;
    if (s == NULL) {
        return in_full(node, sa, task); /* it grew old while this waited */
    }
    ik_request_begin(node, sa, &d, task);
    if (hs->cookie_len > 0) {
        ik_put_notify(node, &d.c, IK_N_COOKIE, (struct ik_span){hs->cookie, hs->cookie_len});
    }
    ik_nonce_put(&d.c, ik_nonce_i(hs));
    ik_put_notify(node, &d.c, IK_N_TICKET_OPAQUE, (struct ik_span){s->ticket, s->ticket_len});
    if (IK_NAT) {
        ik_nat_put(node, sa, &d.c);
    }
#if IK_FRAGMENT
    if (ik_fragment_offered(node, ik_peer_of(node, sa))) {
        ik_put_notify(node, &d.c, IK_N_IKEV2_FRAGMENTATION_SUPPORTED, (struct ik_span){0});
    }
#endif
    return ik_request_end(node, sa, &d, task);
}

/* ---- answers that begin anew ---------------------------------------------------------------- */

static enum ik_step drop(struct ik_node *node, const struct ik_rx *rx)
{
    ik_drop(&node->env, IK_DROP_IKE_UNAUTHENTICATED, rx->len);
    return IK_STEP_WAIT;
}

/* Anybody may have written it. A forged TICKET_NACK costs a key exchange, and no more. */
static enum ik_step take_notify(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    struct ik_notify n;
    if (ik_notify_find(&rx->m, IK_N_COOKIE, &n)) {
        return ik_init_take_cookie(node, rx, task, n.data) ? build(node, rx->sa, task)
                                                           : IK_STEP_WAIT;
    }
    if (ik_notify_find(&rx->m, IK_N_TICKET_NACK, &n)) {
        return in_full(node, rx->sa, task);
    }
    return drop(node, rx);
}

/* ---- the response --------------------------------------------------------------------------- */

static bool good(const struct ik_rx *rx, const struct ik_suite *suite)
{
    static const uint8_t zero[IK_SPI_LEN];
    return !ik_ct_eq(rx->m.hdr.spi_r, zero, IK_SPI_LEN) && ik_error_in(&rx->m) == 0 &&
           ik_nonce_good(ik_msg_find(&rx->m, IK_PL_NONCE)->body, suite->prf);
}

static enum ik_step go_on(struct ik_node *node, struct ik_rx *rx, struct ik_task *task,
                          const struct ik_session *s, const struct ik_suite *suite)
{
    struct ik_ike_sa *sa = rx->sa;
    struct ik_handshake *hs = own(node, sa);
    ik_init_take(node, rx, suite);
    hs->resumed = true;
    hs->ticket = IK_NO_SLOT;
    ik_keys_resume(node, sa, hs, s->of.sk_d);
    hs->message[0] = task->request;
    task->request = IK_NO_SLOT;
    task->exchange = &ik_exchange_auth_i;
    return IK_STEP_NEXT;
}

static enum ik_step finish(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    const struct ik_session *s = ik_session_of(node, rx->sa->peer);
    struct ik_suite suite;
    if ((rx->m.present & IK_P(NONCE)) == 0) {
        return take_notify(node, rx, task);
    }
    bool usable = s != NULL && ik_resumable_suite(node, &s->of, &suite);
#if IK_CHILDLESS
    usable = usable && !ik_childless_declined(node, rx);
#endif
    if (!usable) {
        return in_full(node, rx->sa, task);
    }
    if (!good(rx, &suite) || !ik_init_keep(node, rx, own(node, rx->sa))) {
        return drop(node, rx);
    }
    return go_on(node, rx, task, s, &suite);
}

const struct ik_exchange ik_exchange_resume_i = {
    .type = IK_EX_IKE_SESSION_RESUME,
    .response = {.states = IK_IN(IK_IKE_OPENING), .permitted = IK_P_INIT},
    .build = build,
    .finish = finish,
};

#endif

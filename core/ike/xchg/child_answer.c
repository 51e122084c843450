/* SPDX-License-Identifier: MIT */
/*
 * CREATE_CHILD_SA for Child SAs as we are asked (RFC 7296 1.3.1, 1.3.3, 2.8, 2.25.1). Who answers
 * receives by the new one at once, and goes on sending by the old one until the peer sends by the
 * new one or deletes the old one: so no packet is lost.
 */
#include "ike/xchg/xchg.h"

#if IK_REKEY

static struct ik_child_sa *child_of(const struct ik_node *node, ik_slot slot)
{
    return slot == IK_NO_SLOT ? NULL : ik_child_at(&node->ipsec, slot);
}

static enum ik_step refuse(struct ik_node *node, const struct ik_rx *rx, uint16_t error)
{
    ik_answer_error(node, rx, error, (struct ik_span){0});
    return IK_STEP_DONE;
}

/* 2.25: "a request to rekey a Child SA that does not exist": the SPI "is copied from the SPI field
 * in the REKEY_SA notification". */
static void not_found(struct ik_node *node, const struct ik_rx *rx, uint8_t protocol,
                      struct ik_span spi)
{
    const struct ik_notify n = {protocol, IK_N_CHILD_SA_NOT_FOUND, spi, {0}};
    struct ik_draft d;
    ik_response_begin(node, rx, &d);
    ik_notify_put(&d.c, &n);
    ik_trace(&node->env, IK_TR_NOTIFY_TX, n.type, rx->m.hdr.msgid);
    (void)ik_response_end(node, rx, &d);
}

/* ---- the response ---------------------------------------------------------------------------- */

/* SK {[N(USE_TRANSPORT_MODE),] SA, Nr, [KEr,] TSi, TSr} */
static ik_slot build(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs)
{
    const struct ik_child_sa *child = child_of(node, hs->child);
    struct ik_draft d;
    ik_draft_begin(node, sa, &d, IK_EX_CREATE_CHILD_SA, true, hs->msgid);
    ik_choice_put_sa(node, child, &hs->suite, &d.c);
    ik_nonce_put(&d.c, ik_nonce_r(hs));
    if (hs->suite.dh != NULL) {
        struct ik_ke ke = ik_kex_ke(hs);
        ik_ke_put(&d.c, &ke);
    }
    ik_choice_put_ts(node, child, &d.c);
    return ik_draft_end(node, sa, &d);
}

void ik_create_refuse(struct ik_node *node, struct ik_ike_sa *sa, uint32_t msgid, uint16_t error)
{
    struct ik_draft d;
    ik_draft_begin(node, sa, &d, IK_EX_CREATE_CHILD_SA, true, msgid);
    ik_put_notify(node, &d.c, error, (struct ik_span){0});
    ik_slot response = ik_draft_end(node, sa, &d);
    if (response != IK_NO_SLOT) {
        ik_window_keep(node, sa, response);
    }
}

/* All is known: the response, the Child SA, and what becomes of the one before it. */
static void complete(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs)
{
    struct ik_child_sa *child = child_of(node, hs->child), *old = child_of(node, hs->old);
    bool going =
        old != NULL && old->state != IK_CHILD_UP; /* 2.25.1: we have deleted it meanwhile */
    ik_slot response = child != NULL && !going ? build(node, sa, hs) : IK_NO_SLOT;
    if (response == IK_NO_SLOT) {
        ik_create_refuse(node, sa, hs->msgid, IK_N_TEMPORARY_FAILURE);
        if (child != NULL) {
            ik_child_give_up(node, child, IK_WHY_NO_ROOM, 0);
        }
    } else {
        bool anew = old == NULL && ik_reauth_beside(node, sa, child);
        ik_window_keep(node, sa, response);
        ik_child_install(node, sa, hs, child, &hs->suite, old != NULL || anew);
        if (anew) {
            ik_reauth_settle_later(node, sa);
        }
        if (old != NULL) {
            ik_child_rival(node, sa, hs, old, child);
        }
    }
    ik_handshake_return(node, hs->slot);
}

enum ik_step ik_child_answer_resume(struct ik_node *node, struct ik_handshake *hs,
                                    struct ik_task *task)
{
    struct ik_ike_sa *sa = ik_ike_at(node, hs->ike);
    uint32_t msgid = hs->msgid;
    (void)task;
    ik_buffer_drop(node, &hs->message[0]);
    if (hs->job.good) {
        complete(node, sa, hs);
    } else {
        struct ik_child_sa *child = child_of(node, hs->child);
        ik_drop(&node->env, IK_DROP_IKE_BAD_KE, 0);
        ik_create_refuse(node, sa, hs->msgid, IK_N_NO_PROPOSAL_CHOSEN);
        if (child != NULL) {
            ik_child_give_up(node, child, IK_WHY_BAD_KE, 0);
        }
        ik_handshake_return(node, hs->slot);
    }
    if (ik_window_response(node, sa, msgid) != NULL) { /* there was a buffer for it */
        sa->flags |= IK_SA_RESPONSE_DUE;
    }
    return IK_STEP_DONE;
}

/* Whose resume() a key exchange comes back to. */
static const struct ik_exchange answering = {.resume = ik_child_answer_resume};

/* ---- the request ----------------------------------------------------------------------------- */

static enum ik_step key_exchange(struct ik_node *node, struct ik_rx *rx, struct ik_handshake *hs)
{
    const struct ik_payload *payload = ik_msg_find(&rx->m, IK_PL_KE);
    const struct ik_dh *dh = hs->suite.dh;
    struct ik_ke ke;
    uint8_t group[2];
    if (payload != NULL && ik_ke_parse(payload->body, &ke) == IK_OK && ke.group == dh->id &&
        ik_kex_answer(node, hs, &answering, dh, ke.data) == IK_OK) {
        ik_answer_reserve(node, hs);
        return IK_STEP_JOB;
    }
    ik_put16(group, dh->id);
    ik_answer_error(node, rx, IK_N_INVALID_KE_PAYLOAD, (struct ik_span){group, sizeof group});
    ik_child_free(node, child_of(node, hs->child));
    ik_handshake_return(node, hs->slot);
    return IK_STEP_DONE;
}

static enum ik_step make(struct ik_node *node, struct ik_rx *rx, struct ik_child_sa *old)
{
    struct ik_span nonce = ik_msg_find(&rx->m, IK_PL_NONCE)->body;
    struct ik_child_sa *child;
    if (!ik_nonce_good(nonce, ik_rx_sa(rx)->suite.prf)) {
        return IK_STEP_SYNTAX;
    }
    struct ik_handshake *hs = ik_handshake_lend(node, ik_rx_sa(rx));
    if (hs == NULL) {
        return refuse(node, rx, IK_N_TEMPORARY_FAILURE);
    }
    uint16_t error = ik_offer_choose(node, rx, true, old, &child, &hs->suite);
    if (error != 0) {
        ik_handshake_return(node, hs->slot);
        return refuse(node, rx, error);
    }
    hs->child = ik_child_slot(child);
    hs->old = old != NULL ? ik_child_slot(old) : IK_NO_SLOT;
    hs->msgid = rx->m.hdr.msgid;
    ik_nonce_take(hs, true, nonce);
    ik_nonce_draw(node, hs, false);
    if (hs->suite.dh != NULL) {
        return key_exchange(node, rx, hs);
    }
    complete(node, ik_rx_sa(rx), hs);
    return IK_STEP_DONE;
}

enum ik_step ik_child_create_answer(struct ik_node *node, struct ik_rx *rx)
{
    const uint16_t all = IK_P(NONCE) | IK_P(TSI) | IK_P(TSR);
    if ((rx->m.present & all) != all) {
        return IK_STEP_SYNTAX;
    }
    if (ik_rx_sa(rx)->state != IK_IKE_UP || ik_rekeying_ike(node, ik_rx_sa(rx))) {
        return refuse(node, rx, IK_N_TEMPORARY_FAILURE);
    }
    return make(node, rx, NULL);
}

enum ik_step ik_child_rekey_answer(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_notify n;
    const uint16_t all = IK_P(NONCE) | IK_P(TSI) | IK_P(TSR);
    if ((rx->m.present & all) != all || !ik_notify_find(&rx->m, IK_N_REKEY_SA, &n) ||
        n.spi.len != 4) {
        return IK_STEP_SYNTAX;
    }
    if (ik_rx_sa(rx)->state != IK_IKE_UP || ik_rekeying_ike(node, ik_rx_sa(rx))) {
        return refuse(node, rx, IK_N_TEMPORARY_FAILURE);
    }
    /* The SPI is that of what its sender takes in: our outbound one. */
    struct ik_child_sa *old = ik_child_by_out(node, ik_rx_sa(rx), ik_get32(n.spi.p));
    uint8_t protocol = IK_AH && n.protocol == IK_PROTO_AH ? IK_PROTO_AH : IK_PROTO_ESP;
    if (old != NULL && ik_child_protocol(old) != protocol) {
        old = NULL;
    }
    if (old == NULL &&
        (ik_ike_undecided(node, ik_rx_sa(rx)) != NULL || ik_child_awaited(node, ik_rx_sa(rx)))) {
        return refuse(node, rx, IK_N_TEMPORARY_FAILURE); /* it is not here yet */
    }
    if (old == NULL) {
        not_found(node, rx, protocol, n.spi);
        return IK_STEP_DONE;
    }
    if (old->state == IK_CHILD_DELETING || old->state == IK_CHILD_OLD) {
        return refuse(node, rx, IK_N_TEMPORARY_FAILURE);
    }
    return make(node, rx, old);
}

#endif

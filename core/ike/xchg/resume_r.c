/* SPDX-License-Identifier: MIT */
/*
 * IKE_SESSION_RESUME, the responder's side (RFC 5723 4.3):
 *
 *     HDR(A,0), [N(COOKIE),] Ni, N(TICKET_OPAQUE)  -->
 *                              <--  HDR(A,B), Nr
 *                          or  <--  HDR(A,0), N(COOKIE | TICKET_NACK)
 */
#include "ike/xchg/xchg.h"

#if IK_RESUME && IK_RESPONDER

static enum ik_step drop(struct ik_node *node, const struct ik_rx *rx, enum ik_drop why)
{
    ik_drop(&node->env, why, rx->len);
    return IK_STEP_DONE;
}

/* HDR(A,B), Nr, N(NAT_DETECTION_*) */
static bool respond(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs)
{
    struct ik_draft d;
    ik_nonce_draw(node, hs, false);
    ik_draft_begin(node, sa, &d, IK_EX_IKE_SESSION_RESUME, true, 0);
    ik_nonce_put(&d.c, ik_nonce_r(hs));
    ik_init_put_status(node, sa, hs, &d.c);
    ik_slot response = ik_draft_end(node, sa, &d);
    if (response == IK_NO_SLOT) {
        return false;
    }
    ik_window_keep(node, sa, response);
    ik_keys_resume(node, sa, hs, hs->was.sk_d);
    ik_wipe(hs->was.sk_d, sizeof hs->was.sk_d);
    sa->flags |= IK_SA_RESPONSE_DUE;
    return true;
}

static enum ik_step accept(struct ik_node *node, struct ik_rx *rx, const struct ik_resumable *was,
                           ik_slot place, const struct ik_suite *suite)
{
    struct ik_handshake *hs =
        ik_init_accept(node, rx, suite, &ik_config_of(node)->peers[was->peer]);
    if (hs == NULL) {
        return IK_STEP_DONE;
    }
    hs->resumed = true;
    hs->was = *was;
    hs->ticket = place;
    if (place != IK_NO_SLOT) {
        node->host.tickets[place].opening++;
    }
    if (!respond(node, rx->sa, hs)) {
        ik_drop(&node->env, IK_DROP_IKE_NO_ROOM, rx->len);
        ik_sa_end_silent(node, rx->sa);
    }
    return IK_STEP_DONE;
}

static enum ik_step judge(struct ik_node *node, struct ik_rx *rx, struct ik_span ticket,
                          struct ik_resumable *was)
{
    struct ik_suite suite;
    ik_slot place;
    if (!ik_ticket_read(node, ticket, was, &place) || !ik_resumable_suite(node, was, &suite) ||
        !ik_nonce_good(ik_msg_find(&rx->m, IK_PL_NONCE)->body, suite.prf)) {
        ik_answer_clear(node, rx, &(struct ik_error){.type = IK_N_TICKET_NACK});
        return drop(node, rx, IK_DROP_IKE_TICKET);
    }
    return accept(node, rx, was, place, &suite);
}

static enum ik_step answer(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_resumable was;
    struct ik_notify ticket;
    if (!ik_init_is_new(node, rx)) {
        return IK_STEP_DONE;
    }
    (void)ik_notify_find(&rx->m, IK_N_TICKET_OPAQUE, &ticket); /* its row says that it is there */
    enum ik_step step = judge(node, rx, ticket.data, &was);
    ik_wipe(&was, sizeof was);
    return step;
}

const struct ik_exchange ik_exchange_resume_r = {
    .type = IK_EX_IKE_SESSION_RESUME,
    .request = {.states = IK_IN(IK_IKE_FREE),
                .notify = IK_N_TICKET_OPAQUE,
                .required = IK_P(NONCE),
                .permitted = IK_P_INIT},
    .answer = answer,
};

/* ---- IKE_AUTH ------------------------------------------------------------------------------- */

bool ik_resumed_by(struct ik_node *node, const struct ik_rx *rx, const struct ik_caller *c)
{
    uint8_t id[16];
    ik_id_digest(node, c->id_i, id);
    return ik_ct_eq(id, ik_handshake_of(node, rx->sa)->was.peer_id, sizeof id) != 0;
}

/* The IKE SA that is resumed, or NULL. Where it was rekeyed, either end may have begun it. */
static struct ik_ike_sa *resumed_one(const struct ik_node *node, const struct ik_resumable *was)
{
    for (uint8_t flags = 0; flags <= IK_FLAG_INITIATOR; flags += IK_FLAG_INITIATOR) {
        struct ik_hdr old = {.flags = flags};
        memcpy(old.spi_i, was->spi_i, IK_SPI_LEN);
        memcpy(old.spi_r, was->spi_r, IK_SPI_LEN);
        struct ik_ike_sa *sa = ik_ike_find(node, &old);
        if (sa != NULL && ik_ct_eq(sa->spi_i, old.spi_i, IK_SPI_LEN) &&
            ik_ct_eq(sa->spi_r, old.spi_r, IK_SPI_LEN)) {
            return sa;
        }
    }
    return NULL;
}

/* 4.3.4: "the old SA SHOULD be silently deleted without sending a DELETE". */
bool ik_resumed_proved(struct ik_node *node, struct ik_ike_sa *sa)
{
    const struct ik_handshake *hs = ik_handshake_of(node, sa);
    if (!hs->resumed) {
        return true;
    }
    if (!ik_ticket_spend(node, hs)) {
        return false;
    }
    struct ik_ike_sa *was = resumed_one(node, &hs->was);
    if (was != NULL && was != sa && was->state != IK_IKE_DEAD) {
        ik_sa_end(node, was, IK_WHY_REPLACED, 0);
        ik_about(&node->env, sa->slot);
    }
    return true;
}

#endif

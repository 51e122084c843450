/* SPDX-License-Identifier: MIT */
/*
 * Another IKE SA in the place of this one (RFC 7296 1.3.2, 2.8, 2.18):
 *
 *     HDR, SK {SA, Ni, KEi}  -->
 *                              <--  HDR, SK {SA, Nr, KEr}
 *
 * The Child SAs, and what is queued, are the new one's from then on; who asked deletes the old one.
 * We propose the prf that is in use: of two readings of what another one means for SKEYSEED there
 * are implementations of both.
 */
#include "ike/xchg/xchg.h"

#if IK_REKEY

#define REGROUPS_MAX 4
#define OLD_LASTS 30000u /* ms for the peer to delete the one that it has rekeyed */

static struct ik_handshake *own(const struct ik_node *node, const struct ik_task *task)
{
    return ik_handshake_at(node, task->handshake);
}

static struct ik_proposals proposals(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    struct ik_proposals ours = ik_proposals_ike(node, ik_peer_of(node, sa));
    ours.spi_len = IK_SPI_LEN;
    return ours;
}

/* ---- what both sides do ---------------------------------------------------------------------- */

/* What the old one knows of the peer. */
static void inherit(struct ik_node *node, const struct ik_ike_sa *old, struct ik_ike_sa *sa)
{
    sa->peer = old->peer;
    sa->policy = old->policy;
    sa->route = old->route;
    memcpy(sa->peer_id, old->peer_id, sizeof sa->peer_id);
    ik_window_init(node, sa);
#if IK_WINDOWS
    sa->window.size_in = 1; /* 2.3: until it is told anew */
#endif
    sa->sent_at = sa->heard_at = node->env.now;
    sa->moment[IK_TIMER_UNIQUE] = old->moment[IK_TIMER_UNIQUE];
    ik_index_put(node, sa, IK_BY_ID);
    if ((old->sched.indexed & (1u << IK_BY_PEER)) != 0) {
        ik_index_put(node, sa, IK_BY_PEER);
    }
}

static void come_up(struct ik_node *node, struct ik_ike_sa *old, struct ik_handshake *hs,
                    struct ik_ike_sa *sa)
{
    inherit(node, old, sa);
    ik_keys_rekey(node, old, sa, hs);
    sa->flags &= (uint8_t)~IK_SA_LARVAL;
    ik_ike_state(node, sa, IK_IKE_UP);
    ik_raise_ike(node, sa, IK_EV_IKE_UP, IK_WHY_NONE, 0);
    if (ik_life_of(node) != NULL) {
        ik_life_of(node)->begin_ike(node, sa);
    }
    ik_reauth_inherit(node, old, sa);
    ik_about(&node->env, old->slot);
}

/* Another one has its place: the peer deletes it, or did not hear of it. */
static void retire(struct ik_node *node, struct ik_ike_sa *sa)
{
    sa->moment[IK_TIMER_REKEY] = sa->moment[IK_TIMER_REAUTH] = IK_MS_NONE;
    sa->moment[IK_TIMER_EXPIRE] = ik_in(node, OLD_LASTS);
    ik_ike_state(node, sa, IK_IKE_REKEYED);
    ik_touch(node, sa);
}

/* The successor has all that the old one had. */
static void hand_over(struct ik_node *node, struct ik_ike_sa *old, struct ik_ike_sa *to)
{
    ik_children_move(node, old, to);
#if IK_HINTS
    ik_hint_msgid_drop(node, old);
#endif
#if IK_RESUME
    ik_ticket_ask_anew(node, old, to);
#endif
#if IK_PROBE
    ik_probe_move(node, old, to);
#endif
    ik_tasks_move(node, old, to);
    retire(node, old);
    ik_tasks_run(node, to);
}

/* ---- we ask ---------------------------------------------------------------------------------- */

/* What the peer made meanwhile, if it is still there: he may have deleted it already. */
static struct ik_ike_sa *rival_of(const struct ik_node *node, struct ik_handshake *hs)
{
    struct ik_ike_sa *rival = hs->rival != IK_NO_SLOT ? ik_ike_at(node, hs->rival) : NULL;
    if (rival == NULL || rival->state != IK_IKE_UP ||
        !ik_ct_eq(rival->spi_i, hs->rival_spi, IK_SPI_LEN)) {
        hs->rival = IK_NO_SLOT;
        return NULL;
    }
    return rival;
}

void ik_ike_yield(struct ik_node *node, struct ik_ike_sa *sa)
{
    const struct ik_task *task = ik_task_of(node, sa, &ik_exchange_ike_rekey);
    struct ik_ike_sa *rival =
        task != NULL && task->handshake != IK_NO_SLOT ? rival_of(node, own(node, task)) : NULL;
    if (rival != NULL) {
        hand_over(node, sa, rival);
    }
}

struct ik_ike_sa *ik_ike_undecided(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    for (struct ik_ike_sa *o = ik_index_by_id(node, sa->peer_id, NULL); o != NULL;
         o = ik_index_by_id(node, sa->peer_id, o)) {
        const struct ik_task *task = ik_task_of(node, o, &ik_exchange_ike_rekey);
        if (o->state == IK_IKE_UP && task != NULL && task->handshake != IK_NO_SLOT &&
            rival_of(node, own(node, task)) == sa) {
            return o;
        }
    }
    return NULL;
}

bool ik_rekeying_ike(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    const struct ik_task *task = ik_task_of(node, sa, &ik_exchange_ike_rekey);
    return task != NULL && task->phase != IK_TASK_QUEUED;
}

void ik_ike_rekey(struct ik_node *node, struct ik_ike_sa *sa)
{
    if (sa->state == IK_IKE_UP && ik_task_of(node, sa, &ik_exchange_ike_rekey) == NULL &&
        ik_task_add(node, sa, &ik_exchange_ike_rekey) != NULL) {
        ik_tasks_run(node, sa);
    }
}

static enum ik_step build(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    if (sa->state != IK_IKE_UP) {
        return IK_STEP_VOID; /* the peer was first */
    }
    if (ik_ike_undecided(node, sa) != NULL) {
        return IK_STEP_LATER; /* all that the old one had is to go to it first, if it stays */
    }
    struct ik_handshake *hs = ik_handshake_lend(node, sa);
    struct ik_ike_sa *new = hs != NULL ? ik_ike_alloc(node, true) : NULL;
    if (new == NULL) {
        ik_handshake_return(node, hs != NULL ? hs->slot : IK_NO_SLOT);
        return IK_STEP_LATER;
    }
    new->flags |= IK_SA_LARVAL;
    task->handshake = hs->slot;
    hs->task = ik_task_slot(node, task);
    hs->new_ike = new->slot;
    ik_nonce_draw(node, hs, true);
    ik_kex_begin(node, hs, &ik_exchange_ike_rekey, sa->suite.dh);
    return IK_STEP_JOB;
}

static enum ik_step ask(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    struct ik_handshake *hs = own(node, task);
    struct ik_proposals ours = proposals(node, sa);
    struct ik_ke ke = ik_kex_ke(hs);
    struct ik_draft d;
    if (sa->state != IK_IKE_UP) {
        return IK_STEP_VOID;
    }
    ours.prf = ik_prf_of(sa)->id;
    ik_request_begin(node, sa, &d, task);
    ik_proposal_put(&d.c, &ours, (struct ik_span){ik_ike_at(node, hs->new_ike)->spi_i, IK_SPI_LEN});
    ik_nonce_put(&d.c, ik_nonce_i(hs));
    ik_ke_put(&d.c, &ke);
    return ik_request_end(node, sa, &d, task);
}

/* Nothing comes of ours; what the peer made meanwhile counts. */
static enum ik_step give_up(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    struct ik_ike_sa *rival = rival_of(node, own(node, task));
    if (rival != NULL) {
        hand_over(node, sa, rival);
    }
    return IK_STEP_DONE;
}

static enum ik_step regroup(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    struct ik_handshake *hs = own(node, task);
    struct ik_proposals ours = proposals(node, ik_rx_sa(rx));
    struct ik_notify n;
    bool told = ik_notify_find(&rx->m, IK_N_INVALID_KE_PAYLOAD, &n) && n.data.len == 2;
    const struct ik_dh *dh =
        told && ik_get16(n.data.p) != 0 ? ik_proposal_group(&ours, ik_get16(n.data.p)) : NULL;
    if (dh == NULL || hs->regroups == REGROUPS_MAX) {
        return give_up(node, ik_rx_sa(rx), task);
    }
    hs->regroups++;
    ik_nonce_draw(node, hs, true);
    ik_kex_begin(node, hs, &ik_exchange_ike_rekey, dh);
    return IK_STEP_AGAIN;
}

static enum ik_step refused(struct ik_node *node, struct ik_rx *rx, struct ik_task *task,
                            uint16_t error)
{
    if (error == IK_N_INVALID_KE_PAYLOAD) {
        return regroup(node, rx, task);
    }
    if (error == IK_N_TEMPORARY_FAILURE && own(node, task)->rival == IK_NO_SLOT) {
        return IK_STEP_NOT_NOW;
    }
    return give_up(node, ik_rx_sa(rx), task);
}

static enum ik_step finish(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    const uint16_t all = IK_P(SA) | IK_P(NONCE) | IK_P(KE);
    struct ik_handshake *hs = own(node, task);
    struct ik_ike_sa *new = ik_ike_at(node, hs->new_ike);
    struct ik_proposals ours = proposals(node, ik_rx_sa(rx));
    struct ik_span spi;
    struct ik_ke ke;
    uint16_t error = ik_error_in(&rx->m);
    if (error != 0) {
        return refused(node, rx, task, error);
    }
    if ((rx->m.present & all) != all ||
        ik_proposal_verify(&ours, &ik_msg_find(&rx->m, IK_PL_SA)->body, &new->suite, &spi) !=
            IK_OK ||
        ik_ke_parse(ik_msg_find(&rx->m, IK_PL_KE)->body, &ke) != IK_OK ||
        ke.group != hs->job.dh->id || new->suite.dh != hs->job.dh ||
        !ik_nonce_good(ik_msg_find(&rx->m, IK_PL_NONCE)->body, ik_rx_sa(rx)->suite.prf) ||
        ik_kex_end(node, hs, ke.data) != IK_OK) {
        return IK_STEP_SYNTAX;
    }
    memcpy(new->spi_r, spi.p, IK_SPI_LEN);
    ik_nonce_take(hs, false, ik_msg_find(&rx->m, IK_PL_NONCE)->body);
    return IK_STEP_JOB;
}

/* 2.8.2: of two new ones, that with the lowest nonce is deleted by who asked for it. */
static void succeed(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs)
{
    struct ik_ike_sa *new = ik_ike_at(node, hs->new_ike);
    struct ik_ike_sa *rival = rival_of(node, hs);
    come_up(node, sa, hs, new);
    hs->new_ike = IK_NO_SLOT;
    if (ik_rival_wins(hs)) {
        hand_over(node, sa, rival);
        ik_delete_ike(node, new, IK_WHY_REKEYED, 0, 0);
    } else {
        hand_over(node, sa, new);
        if (rival != NULL) {
            retire(node, rival);
        }
    }
}

/* The old one is being deleted: all that was made in its place goes with it. */
static void overtaken(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs)
{
    struct ik_ike_sa *new = ik_ike_at(node, hs->new_ike), *rival = rival_of(node, hs);
    enum ik_reason why = (enum ik_reason)sa->reason;
    come_up(node, sa, hs, new);
    hs->new_ike = IK_NO_SLOT;
    (void)ik_delete_ike(node, new, why, 0, 0);
    if (rival != NULL) {
        (void)ik_delete_ike(node, rival, why, 0, 0);
    }
}

static enum ik_step resume(struct ik_node *node, struct ik_handshake *hs, struct ik_task *task)
{
    struct ik_ike_sa *sa = ik_ike_at(node, hs->ike);
    if (hs->job.kind == IK_JOB_KE_BEGIN) {
        return ask(node, sa, task);
    }
    if (!hs->job.good) {
        ik_drop(&node->env, IK_DROP_IKE_BAD_KE, 0);
        return give_up(node, sa, task);
    }
    if (sa->state == IK_IKE_CLOSING) {
        overtaken(node, sa, hs);
        return IK_STEP_DONE;
    }
    succeed(node, sa, hs);
    bool lost = ik_rival_wins(hs);
    ik_task_drop(node, sa, task);
    if (!lost) {
        ik_delete_ike(node, sa, IK_WHY_REKEYED, 0, 0);
    }
    return IK_STEP_ENDED;
}

/* ---- we are asked ---------------------------------------------------------------------------- */

/* 2.25.1: "currently creating, rekeying, or closing a Child SA of that IKE SA". */
static bool busy_with_child(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    for (ik_slot at = sa->tasks; at != IK_NO_SLOT; at = ik_task_at(node, at)->next) {
        const struct ik_task *task = ik_task_at(node, at);
        if (task->phase != IK_TASK_QUEUED && (task->exchange == &ik_exchange_child_create ||
                                              task->exchange == &ik_exchange_child_rekey ||
                                              task->exchange == &ik_exchange_delete_child)) {
            return true;
        }
    }
    return false;
}

static enum ik_step refuse(struct ik_node *node, const struct ik_rx *rx, struct ik_handshake *hs,
                           uint16_t error)
{
    if (hs != NULL) {
        ik_handshake_return(node, hs->slot);
    }
    ik_answer_error(node, rx, error, (struct ik_span){0});
    return IK_STEP_DONE;
}

/* There is no place for the new one: none now, or, beside the old one, never (1.3: then the peer
 * makes another IKE SA in the place of this one, RFC 7296 4). */
static uint16_t no_place(const struct ik_node *node)
{
    return node->host.ike_sas_n > 1 ? IK_N_TEMPORARY_FAILURE : IK_N_NO_ADDITIONAL_SAS;
}

static enum ik_step other_group(struct ik_node *node, const struct ik_rx *rx,
                                struct ik_handshake *hs, const struct ik_dh *dh)
{
    uint8_t group[2];
    ik_put16(group, dh->id);
    ik_handshake_return(node, hs->slot);
    ik_answer_error(node, rx, IK_N_INVALID_KE_PAYLOAD, (struct ik_span){group, sizeof group});
    return IK_STEP_DONE;
}

static enum ik_step answer(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_proposals ours = proposals(node, ik_rx_sa(rx));
    struct ik_span nonce, spi;
    struct ik_ke ke;
#if IK_RESUME
    struct ik_notify n;
#endif
    if ((rx->m.present & IK_P(NONCE)) == 0 || (rx->m.present & IK_P(KE)) == 0) {
        return IK_STEP_SYNTAX;
    }
    nonce = ik_msg_find(&rx->m, IK_PL_NONCE)->body;
    if (!ik_nonce_good(nonce, ik_rx_sa(rx)->suite.prf)) {
        return IK_STEP_SYNTAX;
    }
    if (ik_rx_sa(rx)->state != IK_IKE_UP || busy_with_child(node, ik_rx_sa(rx)) ||
        ik_ike_undecided(node, ik_rx_sa(rx)) != NULL) {
        return refuse(node, rx, NULL, IK_N_TEMPORARY_FAILURE);
    }
    struct ik_handshake *hs = ik_handshake_lend(node, ik_rx_sa(rx));
    struct ik_ike_sa *new = hs != NULL ? ik_ike_alloc(node, false) : NULL;
    if (new == NULL) {
        return refuse(node, rx, hs, no_place(node));
    }
    new->flags |= IK_SA_LARVAL;
    hs->new_ike = new->slot;
    hs->msgid = rx->m.hdr.msgid;
#if IK_RESUME
    hs->ticket_asked = ik_notify_find(&rx->m, IK_N_TICKET_REQUEST, &n);
#endif
    if (ik_proposal_choose(&ours, &ik_msg_find(&rx->m, IK_PL_SA)->body, &new->suite, &spi) !=
        IK_OK) {
        ik_drop(&node->env, IK_DROP_IKE_NO_PROPOSAL, rx->len);
        return refuse(node, rx, hs, IK_N_NO_PROPOSAL_CHOSEN);
    }
    if (ik_ke_parse(ik_msg_find(&rx->m, IK_PL_KE)->body, &ke) != IK_OK ||
        ke.group != new->suite.dh->id ||
        ik_kex_answer(node, hs, &ik_exchange_ike_rekey_answer, new->suite.dh, ke.data) != IK_OK) {
        return other_group(node, rx, hs, new->suite.dh);
    }
    memcpy(new->spi_i, spi.p, IK_SPI_LEN);
    ik_nonce_take(hs, true, nonce);
    ik_nonce_draw(node, hs, false);
    ik_answer_reserve(node, hs);
    return IK_STEP_JOB;
}

/* SK {SA, Nr, KEr [, N(TICKET_ACK)]} */
static ik_slot respond(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_handshake *hs,
                       const struct ik_ike_sa *new)
{
    struct ik_ke ke = ik_kex_ke(hs);
    struct ik_draft d;
    ik_draft_begin(node, sa, &d, IK_EX_CREATE_CHILD_SA, true, hs->msgid);
    ik_suite_put(&d.c, &new->suite, IK_PROTO_IKE, (struct ik_span){new->spi_r, IK_SPI_LEN});
    ik_nonce_put(&d.c, ik_nonce_r(hs));
    ik_ke_put(&d.c, &ke);
#if IK_RESUME
    if (hs->ticket_asked) { /* RFC 5723 4.1: later, for the new one has no keys yet */
        ik_put_notify(node, &d.c, ik_tickets_given(node) ? IK_N_TICKET_ACK : IK_N_TICKET_NACK,
                      (struct ik_span){0});
    }
#endif
    return ik_draft_end(node, sa, &d);
}

/* Is a request of ours out, or answered and not done with? */
static bool asked(const struct ik_node *node, const struct ik_task *task)
{
    return task->handshake != IK_NO_SLOT && task->phase != IK_TASK_QUEUED &&
           (task->phase != IK_TASK_WORKING || own(node, task)->job.kind != IK_JOB_KE_BEGIN);
}

/* If we are at it ourselves, it shows when our request is answered which of the two stays; one that
 * has not left never does. */
static void settle(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_handshake *hs,
                   struct ik_ike_sa *new)
{
    struct ik_task *task = ik_task_of(node, sa, &ik_exchange_ike_rekey);
    if (task != NULL && asked(node, task)) {
        ik_rival_note(own(node, task), hs, new->slot);
        memcpy(own(node, task)->rival_spi, new->spi_i, IK_SPI_LEN);
        return;
    }
    if (task != NULL) {
        ik_task_drop(node, sa, task);
    }
    hand_over(node, sa, new);
}

static enum ik_step answer_resume(struct ik_node *node, struct ik_handshake *hs,
                                  struct ik_task *task)
{
    struct ik_ike_sa *sa = ik_ike_at(node, hs->ike), *new = ik_ike_at(node, hs->new_ike);
    bool usable = hs->job.good && sa->state == IK_IKE_UP;
    ik_buffer_drop(node, &hs->message[0]);
    ik_slot response = usable ? respond(node, sa, hs, new) : IK_NO_SLOT;
    (void)task;
    if (response == IK_NO_SLOT) {
        ik_create_refuse(node, sa, hs->msgid, IK_N_TEMPORARY_FAILURE);
    } else {
        ik_window_keep(node, sa, response);
    }
    if (ik_window_response(node, sa, hs->msgid) != NULL) { /* there was a buffer for it */
        sa->flags |= IK_SA_RESPONSE_DUE;
    }
    if (response != IK_NO_SLOT) {
        come_up(node, sa, hs, new);
        hs->new_ike = IK_NO_SLOT;
        settle(node, sa, hs, new);
    }
    ik_handshake_return(node, hs->slot);
    return IK_STEP_DONE;
}

const struct ik_exchange ik_exchange_ike_rekey_answer = {.resume = answer_resume};

const struct ik_exchange ik_exchange_ike_rekey = {
    .type = IK_EX_CREATE_CHILD_SA,
    .request = {.states = IK_IN(IK_IKE_UP) | IK_IN(IK_IKE_REKEYED) | IK_IN(IK_IKE_CLOSING),
                .required = IK_P(SK) | IK_P(SA),
                .permitted = IK_P_ANY & ~(IK_P(TSI) | IK_P(TSR))},
    .response = {.states = IK_IN(IK_IKE_UP) | IK_IN(IK_IKE_CLOSING),
                 .required = IK_P(SK),
                 .permitted = IK_P_ANY},
    .build = build,
    .finish = finish,
    .answer = answer,
    .resume = resume,
};

#endif

/* SPDX-License-Identifier: MIT */
/*
 * CREATE_CHILD_SA for Child SAs as we ask for it (RFC 7296 1.3.1, 1.3.3, 2.8):
 *
 *     HDR, SK {[N(REKEY_SA),] [N(USE_TRANSPORT_MODE),] SA, Ni, [KEi,] TSi, TSr}  -->
 *                              <--  HDR, SK {SA, Nr, [KEr,] TSi, TSr}
 *                          or  <--  HDR, SK {N(error)}
 *
 * With a group in the policy's proposals there is a key exchange: a job before the request, and one
 * after the response.
 */
#include "ike/xchg/xchg.h"

#if IK_REKEY

#define REGROUPS_MAX 4
#define SPI_LEN 4

static struct ik_handshake *own(const struct ik_node *node, const struct ik_task *task)
{
    return ik_handshake_at(node, task->handshake);
}

static struct ik_child_sa *child_of(const struct ik_node *node, ik_slot slot)
{
    return slot == IK_NO_SLOT ? NULL : ik_child_at(&node->ipsec, slot);
}

/* ---- what the peer may have made, and we do not know yet --------------------------------------
 */

static struct ik_handshake *next_awaited(const struct ik_node *node, ik_slot at)
{
    while (at != IK_NO_SLOT && (ik_handshake_at(node, at)->task == IK_NO_SLOT ||
                                ik_handshake_at(node, at)->child == IK_NO_SLOT)) {
        at = ik_handshake_at(node, at)->sibling;
    }
    return at != IK_NO_SLOT ? ik_handshake_at(node, at) : NULL;
}

bool ik_child_awaited(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    return next_awaited(node, sa->handshake) != NULL;
}

void ik_child_gone(struct ik_node *node, const struct ik_ike_sa *sa, uint32_t spi)
{
    struct ik_handshake *hs = next_awaited(node, sa->handshake);
    while (hs != NULL) {
        hs->gone = spi;
        hs = next_awaited(node, hs->sibling);
    }
}

/* ---- beginning ------------------------------------------------------------------------------- */

bool ik_child_create(struct ik_node *node, struct ik_ike_sa *sa, uint16_t policy,
                     const struct ik_ts *first)
{
    struct ik_child_sa *child = ik_child_add(node, sa, policy);
    if (child == NULL) {
        return false;
    }
    struct ik_task *task = ik_task_add(node, sa, &ik_exchange_child_create);
    if (task == NULL) {
        ik_child_free(node, child);
        return false;
    }
    child->initiator = child->wanted = true;
    ik_child_ask_first(child, first);
    task->child = ik_child_slot(child);
    ik_tasks_run(node, sa);
    return true;
}

enum ik_step ik_child_create_next(struct ik_node *node, struct ik_task *task)
{
    ik_child_at(&node->ipsec, task->child)->wanted = true;
    task->exchange = &ik_exchange_child_create;
    return IK_STEP_NEXT;
}

void ik_child_rekey(struct ik_node *node, struct ik_ike_sa *sa, struct ik_child_sa *child)
{
    if (child->rekeyed || child->replaced || child->state != IK_CHILD_UP ||
        sa->state != IK_IKE_UP) {
        return;
    }
    struct ik_task *task = ik_task_add(node, sa, &ik_exchange_child_rekey);
    if (task == NULL) {
        return; /* its timer asks again */
    }
    child->rekeyed = true;
    task->child = ik_child_slot(child);
    ik_tasks_run(node, sa);
}

/* ---- the request ----------------------------------------------------------------------------- */

/* N(REKEY_SA) names the SPI that its sender takes in (1.3.3). */
void ik_put_rekey_sa(struct ik_node *node, struct ik_chain *c, const struct ik_child_sa *old)
{
    uint8_t octets[SPI_LEN];
    ik_put32(octets, old->in.spi);
    ik_notify_put(c, &(struct ik_notify){.protocol = ik_child_protocol(old),
                                         .type = IK_N_REKEY_SA,
                                         .spi = {octets, sizeof octets}});
    ik_trace(&node->env, IK_TR_NOTIFY_TX, IK_N_REKEY_SA, 0);
}

static enum ik_step ask(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    struct ik_handshake *hs = own(node, task);
    const struct ik_child_sa *child = child_of(node, hs->child), *old = child_of(node, hs->old);
    struct ik_draft d;
    if (child == NULL || (hs->old == IK_NO_SLOT && task->exchange == &ik_exchange_child_rekey)) {
        return IK_STEP_VOID; /* the old one was deleted meanwhile */
    }
    ik_request_begin(node, sa, &d, task);
    if (old != NULL) {
        ik_put_rekey_sa(node, &d.c, old);
    }
    ik_offer_put_sa(node, child, true, &d.c);
    ik_nonce_put(&d.c, ik_nonce_i(hs));
    if (hs->job.dh != NULL) {
        struct ik_ke ke = ik_kex_ke(hs);
        ik_ke_put(&d.c, &ke);
    }
    ik_offer_put_ts(node, child, &d.c);
    return ik_request_end(node, sa, &d, task);
}

/* Nonce and, where the policy wants one, key exchange. */
static enum ik_step begin(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task,
                          struct ik_child_sa *child, const struct ik_child_sa *old)
{
    const struct ik_policy *policy = ik_policy_of(node, child->policy);
    struct ik_proposals ours = ik_proposals_child(node, policy, true);
    struct ik_handshake *hs = ik_handshake_lend(node, sa);
    if (hs == NULL) {
        return IK_STEP_LATER;
    }
    task->handshake = hs->slot;
    hs->task = ik_task_slot(node, task);
    hs->child = ik_child_slot(child);
    hs->old = old != NULL ? ik_child_slot(old) : IK_NO_SLOT;
    ik_nonce_draw(node, hs, true);
    const struct ik_dh *dh = ik_proposal_group(&ours, 0);
    if (dh == NULL) {
        return ask(node, sa, task);
    }
    ik_kex_begin(node, hs, task->exchange, dh);
    return IK_STEP_JOB;
}

static enum ik_step build_create(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    struct ik_child_sa *child = child_of(node, task->child);
    if (child != NULL && ik_ah_barred(sa, child)) {
        ik_child_give_up(node, child, IK_WHY_AH_NAT, 0);
        return IK_STEP_VOID;
    }
    return child != NULL ? begin(node, sa, task, child, NULL) : IK_STEP_VOID;
}

static enum ik_step build_rekey(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    struct ik_child_sa *old = child_of(node, task->child);
    if (old == NULL || old->replaced || old->state != IK_CHILD_UP) {
        return IK_STEP_VOID; /* the peer was first */
    }
    struct ik_child_sa *child = ik_child_add(node, sa, old->policy);
    if (child == NULL) {
        return IK_STEP_LATER;
    }
    child->initiator = true;
    struct ik_ts pair[2]; /* 2.9.2: what was agreed before, at the least */
    ik_child_ask_first(child, ik_child_pair(&node->ipsec, old, pair));
#if IK_PACKET_TS
    child->single = old->single;
#endif
    enum ik_step step = begin(node, sa, task, child, old);
    if (step == IK_STEP_LATER) {
        ik_child_free(node, child);
    }
    return step;
}

/* ---- a refusal ------------------------------------------------------------------------------- */

/* What was to be rekeyed stays, until it ends (2.8), or another attempt is made. */
static void old_stays(struct ik_node *node, struct ik_handshake *hs)
{
    struct ik_child_sa *old = child_of(node, hs->old);
    if (old != NULL) {
        old->rekeyed = false;
        old->refused = true;
    }
    ik_child_rival_stays(node, hs);
}

/* It did not come to be: the user hears of one that he asked for. */
static void give_up_child(struct ik_node *node, struct ik_task *task, enum ik_reason why,
                          uint16_t notify)
{
    struct ik_handshake *hs = own(node, task);
    struct ik_child_sa *child = child_of(node, hs->child);
    old_stays(node, hs);
    if (child != NULL) {
        ik_child_give_up(node, child, why, notify);
    }
}

/* 2.25: "CHILD_SA_NOT_FOUND": the peer has none: neither have we, and another is made. */
static enum ik_step not_found(struct ik_node *node, const struct ik_rx *rx, struct ik_task *task)
{
    struct ik_child_sa *old = child_of(node, own(node, task)->old);
    give_up_child(node, task, IK_WHY_REFUSED, IK_N_CHILD_SA_NOT_FOUND);
    if (old != NULL) {
        struct ik_ts pair[2];
        const struct ik_ts *first = ik_child_pair(&node->ipsec, old, pair);
        uint16_t policy = old->policy;
        ik_child_end(node, old, IK_WHY_DELETED_PEER, IK_N_CHILD_SA_NOT_FOUND);
        (void)ik_child_create(node, ik_rx_sa(rx), policy, first);
    }
    return IK_STEP_DONE;
}

static enum ik_step regroup(struct ik_node *node, const struct ik_rx *rx, struct ik_task *task,
                            struct ik_span wanted)
{
    struct ik_handshake *hs = own(node, task);
    const struct ik_child_sa *child = child_of(node, hs->child);
    if (child == NULL) {
        return IK_STEP_DONE;
    }
    struct ik_proposals ours = ik_proposals_child(node, ik_policy_of(node, child->policy), true);
    uint16_t group = wanted.len == 2 ? ik_get16(wanted.p) : IK_DH_NONE;
    const struct ik_dh *dh = group != IK_DH_NONE ? ik_proposal_group(&ours, group) : NULL;
    if (dh == NULL || hs->regroups == REGROUPS_MAX) {
        give_up_child(node, task, IK_WHY_BAD_KE, IK_N_INVALID_KE_PAYLOAD);
        return IK_STEP_DONE;
    }
    hs->regroups++;
    ik_nonce_draw(node, hs, true);
    (void)rx;
    ik_kex_begin(node, hs, task->exchange, dh);
    return IK_STEP_AGAIN;
}

#if IK_PACKET_TS
/* 2.9: SINGLE_PAIR_REQUIRED: "the requestor is expected to respond by requesting an SA for only the
 * specific traffic it is trying to forward". False if we did that, or there is no such. */
static bool ask_single(struct ik_node *node, const struct ik_task *task)
{
    struct ik_handshake *hs = own(node, task);
    const struct ik_child_sa *child = child_of(node, hs->child);
    struct ik_child_sa *about = child_of(node, task->child);
    if (child == NULL || about == NULL || !child->first || child->single) {
        return false;
    }
    about->single = true; /* in the next attempt */
    ik_child_rival_stays(node, hs);
    return true;
}
#else
static bool ask_single(struct ik_node *node, const struct ik_task *task)
{
    (void)node, (void)task;
    return false;
}
#endif

static enum ik_step refused(struct ik_node *node, const struct ik_rx *rx, struct ik_task *task,
                            uint16_t error)
{
    struct ik_notify n;
    if (error == IK_N_SINGLE_PAIR_REQUIRED && ask_single(node, task)) {
        return IK_STEP_LATER;
    }
    switch (error) {
    case IK_N_TEMPORARY_FAILURE: /* 2.25: it is asked for again */
        ik_child_rival_stays(node, own(node, task));
        return IK_STEP_NOT_NOW;
    case IK_N_CHILD_SA_NOT_FOUND:
        return not_found(node, rx, task);
    case IK_N_INVALID_KE_PAYLOAD:
        return ik_notify_find(&rx->m, IK_N_INVALID_KE_PAYLOAD, &n) ? regroup(node, rx, task, n.data)
                                                                   : IK_STEP_SYNTAX;
    default:
        give_up_child(node, task, ik_reason_of(error), error);
        return IK_STEP_DONE;
    }
}

/* ---- the response ---------------------------------------------------------------------------- */

/* The Child SA of the answer is none for us: the peer, who believes in it, is told. */
static enum ik_step decline(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task,
                            enum ik_reason why)
{
    struct ik_handshake *hs = own(node, task);
    old_stays(node, hs);
    ik_delete_child(node, sa, child_of(node, hs->child), why);
    return IK_STEP_DONE;
}

#if IK_PACKET_TS
static bool takes_all_of(const struct ik_node *node, const struct ik_child_sa *c,
                         const struct ik_child_sa *child)
{
    uint8_t local_n, remote_n;
    const struct ik_ts *local = ik_child_ts_local(&node->ipsec, c, &local_n);
    const struct ik_ts *remote = ik_child_ts_remote(&node->ipsec, c, &remote_n);
    return c->policy == child->policy && c->mode == child->mode &&
           ik_child_within(&node->ipsec, child, local, local_n, remote, remote_n);
}

/* It does not take the packet that asked for it, and all that it takes goes by another one. */
static bool in_vain(const struct ik_node *node, const struct ik_ike_sa *sa,
                    const struct ik_child_sa *child)
{
    const struct ik_child_sa *c = ik_child_first(node, sa);
    while (c != NULL && (c == child || c->state != IK_CHILD_UP || !takes_all_of(node, c, child))) {
        c = ik_child_next(node, c);
    }
    return child->missed && c != NULL;
}

/* The peer sends by it at once, so it receives until the Delete is answered. */
static void return_it(struct ik_node *node, struct ik_ike_sa *sa, struct ik_child_sa *child)
{
    if (in_vain(node, sa, child)) {
        ik_pause_policy(node, child->policy);
        ik_delete_child(node, sa, child, IK_WHY_TS);
    }
}
#endif

static enum ik_step complete(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    struct ik_handshake *hs = own(node, task);
    struct ik_child_sa *child = child_of(node, hs->child);
    ik_child_install(node, sa, hs, child, &hs->suite, false);
    hs->child = IK_NO_SLOT;
    if (task->exchange == &ik_exchange_child_rekey) {
        ik_child_replace(node, sa, hs, child);
        return IK_STEP_DONE;
    }
#if IK_PACKET_TS
    return_it(node, sa, child);
#endif
    return IK_STEP_DONE;
}

static enum ik_step accepted(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    struct ik_handshake *hs = own(node, task);
    struct ik_child_sa *child = child_of(node, hs->child);
    const struct ik_payload *ke_payload = ik_msg_find(&rx->m, IK_PL_KE);
    struct ik_span nonce = ik_msg_find(&rx->m, IK_PL_NONCE)->body;
    struct ik_ke ke;
    if (child == NULL) {
        return IK_STEP_DONE;
    }
    enum ik_reason why = ik_offer_accepted(node, rx, true, child, &hs->suite);
    if (why != IK_WHY_NONE) {
        ik_drop(&node->env, IK_DROP_IKE_POLICY, rx->len);
        return decline(node, ik_rx_sa(rx), task, why);
    }
    if (hs->gone == child->out.spi) {
        give_up_child(node, task, IK_WHY_DELETED_PEER, 0);
        return IK_STEP_DONE;
    }
    if (!ik_nonce_good(nonce, ik_rx_sa(rx)->suite.prf)) {
        return IK_STEP_SYNTAX;
    }
    ik_nonce_take(hs, false, nonce);
    if (hs->suite.dh == NULL) {
        return complete(node, ik_rx_sa(rx), task);
    }
    if (ke_payload == NULL || ik_ke_parse(ke_payload->body, &ke) != IK_OK ||
        hs->suite.dh != hs->job.dh || ke.group != hs->job.dh->id ||
        ik_kex_end(node, hs, ke.data) != IK_OK) {
        ik_drop(&node->env, IK_DROP_IKE_BAD_KE, rx->len);
        return decline(node, ik_rx_sa(rx), task, IK_WHY_BAD_KE);
    }
    return IK_STEP_JOB;
}

static enum ik_step finish(struct ik_node *node, struct ik_rx *rx, struct ik_task *task)
{
    const uint16_t all = IK_P(SA) | IK_P(NONCE) | IK_P(TSI) | IK_P(TSR);
    uint16_t error = ik_error_in(&rx->m);
    if (error != 0) {
        return refused(node, rx, task, error);
    }
    return (rx->m.present & all) == all ? accepted(node, rx, task) : IK_STEP_SYNTAX;
}

static enum ik_step resume(struct ik_node *node, struct ik_handshake *hs, struct ik_task *task)
{
    struct ik_ike_sa *sa = ik_ike_at(node, hs->ike);
    if (hs->job.kind == IK_JOB_KE_BEGIN) {
        return ask(node, sa, task);
    }
    struct ik_child_sa *child = child_of(node, hs->child);
    if (child == NULL) {
        return IK_STEP_DONE;
    }
    if (!hs->job.good) {
        ik_drop(&node->env, IK_DROP_IKE_BAD_KE, 0);
        return decline(node, sa, task, IK_WHY_BAD_KE);
    }
    return complete(node, sa, task);
}

const struct ik_exchange ik_exchange_child_create = {.type = IK_EX_CREATE_CHILD_SA,
                                                     .request = IK_CHILD_REQUEST(0),
                                                     .response = IK_LATE_RESPONSE,
                                                     .build = build_create,
                                                     .finish = finish,
                                                     .answer = ik_child_create_answer,
                                                     .resume = resume};

const struct ik_exchange ik_exchange_child_rekey = {.type = IK_EX_CREATE_CHILD_SA,
                                                    .request = IK_CHILD_REQUEST(IK_N_REKEY_SA),
                                                    .response = IK_LATE_RESPONSE,
                                                    .build = build_rekey,
                                                    .finish = finish,
                                                    .answer = ik_child_rekey_answer,
                                                    .resume = resume};

#endif

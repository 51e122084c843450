/* SPDX-License-Identifier: MIT */
/* From a datagram to the row that takes it (RFC 7296 2.2, 2.5, 2.21). */
#include "ike/ike.h"

#define EXCHANGE_AT 18 /* offset of the exchange type in the header */

static void drop(struct ik_node *node, const struct ik_rx *rx, enum ik_drop why)
{
    ik_drop(&node->env, why, rx->len);
}

static bool is_response(const struct ik_rx *rx)
{
    return (rx->m.hdr.flags & IK_FLAG_RESPONSE) != 0;
}

static void trace_accepted(struct ik_node *node, const struct ik_rx *rx)
{
    const struct ik_hdr *hdr = &rx->m.hdr;
    ik_count(&node->env, IK_COUNT_IKE_RECEIVED);
    ik_trace(&node->env, IK_TR_IKE_RX, hdr->exchange | (is_response(rx) ? 1u << 8 : 0), hdr->msgid);
}

static void trace_notifies(struct ik_node *node, const struct ik_rx *rx)
{
    struct ik_notify n;
    uint8_t i = 0;
    while (IK_TRACE && ik_notify_next(&rx->m, &i, &n)) {
        ik_trace(&node->env, IK_TR_NOTIFY_RX, n.type, rx->m.hdr.msgid);
    }
}

/* A handler may have ended the SA. */
static void go(struct ik_node *node, struct ik_rx *rx, const struct ik_step *row, enum ik_status st)
{
    if (st == IK_OK && rx->sa != NULL && rx->sa->state != IK_IKE_DEAD) {
        ik_sa_state(node, ik_sa_of(node, rx), (enum ik_ike_state)row->to);
    }
}

/* ---- clear messages: IKE_SA_INIT ------------------------------------------------------------- */

static void refuse_clear(struct ik_node *node, struct ik_rx *rx, const struct ik_error *error)
{
    const struct ik_role *responder = ik_role_of(node);
    if (!is_response(rx) && responder != NULL) {
        responder->refuse(node, rx, error);
    }
}

static void refuse_critical(struct ik_node *node, struct ik_rx *rx)
{
    uint8_t type = rx->m.critical_type;
    drop(node, rx, IK_DROP_IKE_CRITICAL);
    refuse_clear(node, rx, &(struct ik_error){IK_N_UNSUPPORTED_CRITICAL_PAYLOAD, {&type, 1}});
}

static void take_init(struct ik_node *node, struct ik_rx *rx)
{
    if (is_response(rx)) {
        rx->sa = ik_sa_find(node, &rx->m.hdr);
        if (rx->sa == NULL) {
            drop(node, rx, IK_DROP_IKE_UNKNOWN_SPI);
            return;
        }
        ik_about(&node->env, ik_sa_slot(node, rx->sa));
    }
    enum ik_status st = ik_msg_parse(rx->msg, rx->len, &rx->m);
    if (st != IK_OK) {
        drop(node, rx, st == IK_ERR_NO_ROOM ? IK_DROP_IKE_NO_ROOM : IK_DROP_IKE_SYNTAX);
        return;
    }
    enum ik_ike_state from = rx->sa != NULL ? (enum ik_ike_state)rx->sa->state : IK_IKE_FREE;
    const struct ik_step *row = ik_step_find(node, from, &rx->m);
    if (rx->m.critical_type != 0 && (is_response(rx) || ik_role_of(node) != NULL)) {
        refuse_critical(node, rx);
        return;
    }
    if (row == NULL || rx->m.hdr.msgid != 0) {
        drop(node, rx, IK_DROP_IKE_UNEXPECTED);
        return;
    }
    trace_accepted(node, rx);
    trace_notifies(node, rx);
    go(node, rx, row, row->run(node, rx));
}

/* ---- protected messages ---------------------------------------------------------------------- */

/* 2.5; 2.21.3: bad syntax is fatal for both sides. 2.21.2: in IKE_AUTH, no IKE SA comes of either.
 */
static void refuse(struct ik_node *node, struct ik_rx *rx, enum ik_reason why)
{
    uint8_t type = rx->m.critical_type;
    if (why == IK_WHY_CRITICAL) {
        ik_answer_error(node, rx, IK_N_UNSUPPORTED_CRITICAL_PAYLOAD, (struct ik_span){&type, 1});
    } else {
        ik_answer_error(node, rx, IK_N_INVALID_SYNTAX, (struct ik_span){0});
    }
    if (why == IK_WHY_SYNTAX || (IK_RESPONDER && rx->sa->state == IK_IKE_R_INIT)) {
        ik_sa_end(node, ik_sa_of(node, rx), why, 0);
    }
}

/* 2.21: "Such errors in parsing or processing response packets should still cause the recipient to
 * clean up the IKE state (for example, by sending a Delete for a bad SA)". */
static void give_up(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why)
{
    if (sa->state == IK_IKE_DELETING) {
        ik_sa_end(node, sa, (enum ik_reason)sa->reason, sa->notify);
    } else {
        ik_delete_ike(node, sa, why, 0);
    }
}

/* IK_WHY_NONE if a handler has taken it. */
static enum ik_reason run(struct ik_node *node, struct ik_rx *rx)
{
    if (rx->m.critical_type != 0) {
        return IK_WHY_CRITICAL;
    }
    const struct ik_step *row =
        ik_step_find(node, (enum ik_ike_state)ik_sa_of(node, rx)->state, &rx->m);
    if (row == NULL) {
        return IK_WHY_SYNTAX;
    }
    enum ik_status st = row->run(node, rx);
    go(node, rx, row, st);
    return st == IK_ERR_SYNTAX ? IK_WHY_SYNTAX : IK_WHY_NONE;
}

static bool same_exchange(const struct ik_kept *kept, const struct ik_hdr *hdr)
{
    return kept->len > 0 && kept->b[IK_MARKER_LEN + EXCHANGE_AT] == hdr->exchange;
}

/* What can be seen before it is opened: does the SA await such a message? */
static bool awaited(const struct ik_rx *rx, enum ik_msgid_is is)
{
    const struct ik_ike_sa *sa = rx->sa;
    if (is_response(rx)) {
        return (sa->flags & IK_SA_KEYED) != 0 && same_exchange(&sa->request, &rx->m.hdr);
    }
    if (is == IK_MSGID_REPEATED) {
        return same_exchange(&sa->response, &rx->m.hdr);
    }
    if (IK_RESPONDER && sa->state == IK_IKE_R_INIT) {
        return rx->m.hdr.exchange == IK_EX_IKE_AUTH;
    }
    return sa->state == IK_IKE_UP || sa->state == IK_IKE_DELETING;
}

/* Nothing but SK: what stands before it would be read without being secret. */
static bool open(struct ik_node *node, struct ik_rx *rx, struct ik_span *inner)
{
    if (ik_msg_parse(rx->msg, rx->len, &rx->m) != IK_OK) {
        drop(node, rx, IK_DROP_IKE_SYNTAX);
        return false;
    }
    if (rx->m.payloads_n != 1 || rx->m.payloads[0].type != IK_PL_SK) {
        drop(node, rx, IK_DROP_IKE_UNEXPECTED);
        return false;
    }
    enum ik_status st = ik_sk_open_msg(&node->env, ik_sa_of(node, rx), &rx->m, rx->msg, inner);
    if (st == IK_ERR_AUTH) {
        drop(node, rx, IK_DROP_IKE_INTEGRITY);
        return false;
    }
    if (st != IK_OK) {
        inner->p = NULL; /* authentic, but badly padded */
    }
    return true;
}

/* What was opened, in sequence. st: of parsing it. */
static void take(struct ik_node *node, struct ik_rx *rx, enum ik_status st)
{
    struct ik_ike_sa *sa = ik_sa_of(node, rx);
    bool response = is_response(rx);
    if (response) {
        ik_request_answered(sa);
        sa->msgid_out++;
    } else {
        sa->msgid_in++;
        sa->flags |= IK_SA_ANSWERING;
    }
    enum ik_reason why = st == IK_OK ? run(node, rx) : IK_WHY_SYNTAX;
    if (why != IK_WHY_NONE) {
        drop(node, rx, why == IK_WHY_CRITICAL ? IK_DROP_IKE_CRITICAL : IK_DROP_IKE_SYNTAX);
        if (response) {
            give_up(node, sa, why);
        } else {
            refuse(node, rx, why);
        }
    }
    sa->flags &= (uint16_t)~IK_SA_ANSWERING;
    if (!response && sa->response.len > 0) {
        ik_pend_kept(node, sa, rx->path);
    }
}

static void take_opened(struct ik_node *node, struct ik_rx *rx, struct ik_span inner)
{
    enum ik_status st = IK_ERR_SYNTAX;
    trace_accepted(node, rx);
    if (inner.p != NULL) {
        st = ik_msg_parse_inner(&rx->m, rx->m.sk_next, inner.p, inner.len);
    }
    if (st == IK_OK) {
        trace_notifies(node, rx);
    } else if (st == IK_ERR_NO_ROOM) {
        drop(node, rx, IK_DROP_IKE_NO_ROOM);
        st = IK_ERR_SYNTAX;
    }
    if (IK_NAT && (rx->sa->state == IK_IKE_UP || rx->sa->state == IK_IKE_DELETING)) {
        ik_nat_follow(node, ik_sa_of(node, rx), rx->path);
    }
    take(node, rx, st);
}

static void take_sealed(struct ik_node *node, struct ik_rx *rx)
{
    const struct ik_hdr *hdr = &rx->m.hdr;
    struct ik_ike_sa *sa = ik_sa_find(node, hdr);
    struct ik_span inner;
    if (sa == NULL || !ik_ct_eq(sa->spi_i, hdr->spi_i, IK_SPI_LEN) ||
        !ik_ct_eq(sa->spi_r, hdr->spi_r, IK_SPI_LEN)) {
        /* 2.21.4 lets us answer INVALID_IKE_SPI, of which nobody may make use; so we do not. */
        drop(node, rx, IK_DROP_IKE_UNKNOWN_SPI);
        return;
    }
    rx->sa = sa;
    ik_about(&node->env, ik_sa_slot(node, sa));
    enum ik_msgid_is is = ik_msgid_check(sa, hdr);
    if (is == IK_MSGID_WRONG) {
        drop(node, rx, IK_DROP_IKE_MSGID);
        return;
    }
    if (!awaited(rx, is)) {
        drop(node, rx, IK_DROP_IKE_UNEXPECTED);
        return;
    }
    /* The keys of a dead SA are gone: what it answered last is given to whoever asks for the same.
     */
    if (sa->state != IK_IKE_DEAD && !open(node, rx, &inner)) {
        return;
    }
    if (is == IK_MSGID_REPEATED) {
        ik_count(&node->env, IK_COUNT_IKE_REANSWERED);
        ik_pend_kept(node, sa, rx->path);
        return;
    }
    take_opened(node, rx, inner);
}

/* 2.5: a higher major version is not understood, but named; a lower one is IKEv1. */
static void other_version(struct ik_node *node, struct ik_rx *rx)
{
    drop(node, rx, IK_DROP_IKE_VERSION);
    if ((rx->m.hdr.version >> 4) > 2) {
        refuse_clear(node, rx, &(struct ik_error){.type = IK_N_INVALID_MAJOR_VERSION});
    }
}

void ik_receive(struct ik_node *node, struct ik_rx *rx)
{
    rx->sa = NULL;
    if (ik_hdr_parse(rx->msg, rx->len, &rx->m.hdr) != IK_OK) {
        drop(node, rx, rx->len < IK_HDR_LEN ? IK_DROP_RX_SHORT : IK_DROP_IKE_SYNTAX);
        return;
    }
    if ((rx->m.hdr.version >> 4) != 2) {
        other_version(node, rx);
    } else if (rx->m.hdr.exchange == IK_EX_IKE_SA_INIT) {
        take_init(node, rx);
    } else {
        take_sealed(node, rx);
    }
}

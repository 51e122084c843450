/* SPDX-License-Identifier: MIT */
/*
 * From a datagram to the exchange that takes it (RFC 7296 2.2, 2.5, 2.21):
 *
 *     IKE_SA_INIT   request   parse, find the exchange, answer; the SA is made there
 *                   response  find SA and task, parse, finish
 *     others        find SA and place in the window, open, parse, then answer or finish
 */
#include "ike/msg/msg.h"

#define EXCHANGE_AT 18 /* offset of the exchange type in the header */

static void drop(struct ik_node *node, const struct ik_rx *rx, enum ik_drop why)
{
    ik_drop(&node->env, why, rx->len);
}

static void trace_accepted(struct ik_node *node, const struct ik_rx *rx)
{
    const struct ik_hdr *hdr = &rx->m.hdr;
    struct ik_notify n;
    uint8_t i = 0;
    ik_count(&node->env, IK_COUNT_IKE_RECEIVED);
    ik_trace(&node->env, IK_TR_IKE_RX, hdr->exchange | (ik_is_response(&rx->m) ? 1u << 8 : 0),
             hdr->msgid);
    while (IK_TRACE && ik_notify_next(&rx->m, &i, &n)) {
        ik_trace(&node->env, IK_TR_NOTIFY_RX, n.type, hdr->msgid);
    }
}

/* Does a message of the task's exchange fit what it waits for? */
static bool task_expects(const struct ik_rx *rx, const struct ik_task *task)
{
    return task->exchange->type == rx->m.hdr.exchange &&
           ik_expected(&task->exchange->response, (enum ik_ike_state)ik_rx_sa(rx)->state, &rx->m);
}

/* ---- clear messages: IKE_SA_INIT ------------------------------------------------------------ */

static bool parse_clear(struct ik_node *node, struct ik_rx *rx)
{
    enum ik_status st = ik_msg_parse(rx->msg, rx->len, &rx->m);
    if (st != IK_OK) {
        drop(node, rx, st == IK_ERR_NO_ROOM ? IK_DROP_IKE_NO_ROOM : IK_DROP_IKE_SYNTAX);
        return false;
    }
    return true;
}

static void init_request(struct ik_node *node, struct ik_rx *rx)
{
#if !IK_RESPONDER
    drop(node, rx, IK_DROP_IKE_UNEXPECTED);
#else
    if (!parse_clear(node, rx)) {
        return;
    }
    const struct ik_exchange *x = ik_exchange_find(node, IK_IKE_FREE, &rx->m);
    if (rx->m.critical_type != 0 && ik_answers_init(node)) {
        drop(node, rx, IK_DROP_IKE_CRITICAL);
        ik_answer_clear_limited(
            node, rx,
            &(struct ik_error){IK_N_UNSUPPORTED_CRITICAL_PAYLOAD, {&rx->m.critical_type, 1}});
    } else if (x == NULL || rx->m.hdr.msgid != 0) {
        drop(node, rx, IK_DROP_IKE_UNEXPECTED);
    } else {
        trace_accepted(node, rx);
        (void)x->answer(node, rx);
    }
#endif
}

static void init_response(struct ik_node *node, struct ik_rx *rx)
{
    rx->sa = ik_ike_find(node, &rx->m.hdr);
    if (rx->sa == NULL) {
        drop(node, rx, IK_DROP_IKE_UNKNOWN_SPI);
        return;
    }
    ik_about(&node->env, ik_rx_sa(rx)->slot);
    struct ik_task *task = ik_task_awaiting(node, ik_rx_sa(rx), rx->m.hdr.msgid);
    if (!parse_clear(node, rx)) {
        return;
    }
    if (rx->m.critical_type != 0) {
        drop(node, rx, IK_DROP_IKE_CRITICAL);
    } else if (task == NULL || !task_expects(rx, task)) {
        drop(node, rx, IK_DROP_IKE_UNEXPECTED);
    } else {
        trace_accepted(node, rx);
        ik_task_step(node, ik_rx_sa(rx), task, task->exchange->finish(node, rx, task));
    }
}

/* ---- protected messages: opening ------------------------------------------------------------ */

void ik_rx_digest(struct ik_node *node, const struct ik_rx *rx, uint8_t out[IK_DIGEST_LEN])
{
    uint8_t full[32];
    struct ik_span all = {rx->msg, rx->len};
    ik_sha256(&node->env, &all, 1, full);
    memcpy(out, full, IK_DIGEST_LEN);
}

/* Nothing but SK: what stands before it would be read without being secret. */
static bool only(const struct ik_rx *rx, uint8_t type)
{
    return rx->m.payloads_n == 1 && rx->m.payloads[0].type == type;
}

/* False: it is dropped, or a fragment of a message that has not come whole. */
static bool open(struct ik_node *node, struct ik_rx *rx)
{
    if (ik_msg_parse(rx->msg, rx->len, &rx->m) != IK_OK) {
        drop(node, rx, IK_DROP_IKE_SYNTAX);
        return false;
    }
#if IK_FRAGMENT
    if (only(rx, IK_PL_SKF)) {
        return ik_reassemble(node, rx);
    }
#endif
    if (!only(rx, IK_PL_SK)) {
        drop(node, rx, IK_DROP_IKE_UNEXPECTED);
        return false;
    }
    enum ik_status st = ik_sk_open_msg(&node->env, ik_rx_sa(rx), &rx->m, rx->msg, &rx->inner);
    if (st == IK_ERR_AUTH) {
        drop(node, rx, IK_DROP_IKE_INTEGRITY);
        return false;
    }
    if (st != IK_OK) {
        rx->inner.p = NULL; /* authentic, but badly padded */
    }
    ik_ike_heard(node, ik_rx_sa(rx));
    return true;
}

/* IK_WHY_NONE if what is inside is well formed. */
static enum ik_reason parse_inner(struct ik_node *node, struct ik_rx *rx)
{
    enum ik_status st = IK_ERR_SYNTAX;
    if (rx->inner.p != NULL) {
        st = ik_msg_parse_inner(&rx->m, rx->m.sk_next, rx->inner.p, rx->inner.len);
    }
    trace_accepted(node, rx);
    if (st != IK_OK) {
        drop(node, rx, IK_DROP_IKE_SYNTAX);
        return IK_WHY_SYNTAX;
    }
    if (rx->m.critical_type != 0) {
        drop(node, rx, IK_DROP_IKE_CRITICAL);
        return IK_WHY_CRITICAL;
    }
#if IK_WINDOWS
    ik_window_granted(rx->sa, &rx->m);
#endif
    return IK_WHY_NONE;
}

/* ---- requests ------------------------------------------------------------------------------- */

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
    if (why == IK_WHY_SYNTAX || ik_rx_sa(rx)->state == IK_IKE_OPENING) {
        ik_sa_end_answering(node, rx, why, 0);
    }
}

static void answer(struct ik_node *node, struct ik_rx *rx, enum ik_reason why)
{
    const struct ik_exchange *x = NULL;
    if (why == IK_WHY_NONE) {
        x = ik_exchange_find(node, (enum ik_ike_state)ik_rx_sa(rx)->state, &rx->m);
        why = x != NULL ? IK_WHY_NONE : IK_WHY_SYNTAX;
        if (x == NULL) {
            drop(node, rx, IK_DROP_IKE_SYNTAX);
        }
    }
    if (x != NULL && x->answer(node, rx) == IK_STEP_SYNTAX) {
        drop(node, rx, IK_DROP_IKE_SYNTAX);
        why = IK_WHY_SYNTAX;
    }
    if (why != IK_WHY_NONE) {
        refuse(node, rx, why);
    }
}

static void send_kept(struct ik_node *node, struct ik_rx *rx, const struct ik_path *path)
{
    struct ik_buffer *response = ik_window_response(node, ik_rx_sa(rx), rx->m.hdr.msgid);
    if (response != NULL) {
        ik_pend_message(node, ik_rx_sa(rx), response, path);
    }
}

/* What can be seen before it is opened: is it of an exchange that the SA may be asked for now, or
 * of the one whose response is kept? While an SA opens, it is its initiator that asks. */
static bool awaited(const struct ik_node *node, const struct ik_rx *rx, enum ik_msgid_is is)
{
    const struct ik_ike_sa *sa = ik_rx_sa(rx);
    if (is == IK_MSGID_REPEATED) {
        const struct ik_buffer *kept = ik_window_response(node, sa, rx->m.hdr.msgid);
        return kept->b[IK_MARKER_LEN + EXCHANGE_AT] == rx->m.hdr.exchange;
    }
    return (sa->state != IK_IKE_OPENING || !sa->initiator) &&
           ik_exchange_known(node, (enum ik_ike_state)sa->state, rx->m.hdr.exchange);
}

/* 2.1: the same response, to where the request came from. */
static void reanswer(struct ik_node *node, struct ik_rx *rx)
{
    ik_count(&node->env, IK_COUNT_IKE_REANSWERED);
#if IK_FRAGMENT
    ik_fragment_repeat(node, rx->sa, ik_window_response(node, rx->sa, rx->m.hdr.msgid));
#endif
    send_kept(node, rx, rx->path);
}

#if IK_FRAGMENT
/* RFC 7383 2.6.1: a fragment of a request that was answered "MUST only trigger a retransmission of
 * the response message (fragmented or not) if the Fragment Number field in the received fragment is
 * set to 1". False if it is none. */
static bool repeated_fragment(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_skf skf;
    struct ik_span text;
    uint16_t datagram = ik_fragment_datagram(rx);
    if (rx->m.hdr.next != IK_PL_SKF || ik_msg_parse(rx->msg, rx->len, &rx->m) != IK_OK ||
        !only(rx, IK_PL_SKF)) {
        return false;
    }
    if (!ik_fragment_read(node, rx, &skf)) {
        return true;
    }
    if (skf.number != 1) {
        drop(node, rx, IK_DROP_IKE_FRAGMENT);
    } else if (ik_fragment_open(node, rx, &text)) {
        if (skf.total > 1) {
            ik_fragment_learn(rx->sa, datagram);
        }
        reanswer(node, rx);
    }
    return true;
}
#endif

/* A new one is taken only when there is a buffer for what it will be answered. */
static void sealed_request(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_ike_sa *sa = ik_rx_sa(rx);
    enum ik_msgid_is is = ik_window_check(node, sa, rx->m.hdr.msgid);
    if (is == IK_MSGID_WRONG) {
        drop(node, rx, IK_DROP_IKE_MSGID);
#if IK_HINTS
        ik_hint_msgid(node, rx);
#endif
        return;
    }
    if ((sa->flags & IK_SA_KEYED) == 0 || !awaited(node, rx, is)) {
        drop(node, rx, IK_DROP_IKE_UNEXPECTED);
        return;
    }
    if (is == IK_MSGID_NEW && !ik_buffer_left(node)) {
        drop(node, rx, IK_DROP_IKE_NO_ROOM);
        ik_no_room(node, rx->path);
        return;
    }
    ik_rx_digest(node, rx, rx->digest);
#if IK_FRAGMENT
    if (is == IK_MSGID_REPEATED && repeated_fragment(node, rx)) {
        return;
    }
#endif
    if (!open(node, rx)) {
        return;
    }
    if (is == IK_MSGID_REPEATED) {
        reanswer(node, rx);
        return;
    }
#if IK_FRAGMENT
    ik_reassembly_forget(node, sa, false);
#endif
    ik_route_follow(node, sa, rx->path, true);
    ik_window_took(sa, rx->m.hdr.msgid);
    uint8_t was_just_up = sa->flags & IK_SA_JUST_UP;
    answer(node, rx, parse_inner(node, rx));
    sa->flags &= (uint8_t)~was_just_up;
    sa->sent_at = node->env.now;
    send_kept(node, rx, rx->path);
    ik_touch(node, sa);
}

/* The keys of a dead SA are gone: what it answered last is given to whoever has the same request.
 */
static void dead_request(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_buffer *response = ik_window_response(node, ik_rx_sa(rx), rx->m.hdr.msgid);
    if (response == NULL || (ik_rx_sa(rx)->flags & IK_SA_LAST_WORD) == 0 ||
        !ik_last_word(node, rx)) {
        drop(node, rx, IK_DROP_IKE_MSGID);
        return;
    }
    ik_count(&node->env, IK_COUNT_IKE_REANSWERED);
    ik_pend_message(node, ik_rx_sa(rx), response, rx->path);
}

/* ---- responses ------------------------------------------------------------------------------ */

/* 2.21: "Such errors in parsing or processing response packets should still cause the recipient to
 * clean up the IKE state (for example, by sending a Delete for a bad SA)". */
static void give_up(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why)
{
    if (sa->state == IK_IKE_CLOSING) {
        ik_sa_end(node, sa, (enum ik_reason)sa->reason, sa->notify);
    } else {
        ik_sa_spoilt(node, sa, why);
    }
}

#if IK_REKEY
/* 2.21.3: INVALID_SYNTAX "is considered fatal in both peers, meaning that the IKE SA is deleted
 * without needing an explicit Delete payload". In IKE_AUTH the exchange sees to it. */
static bool calls_us_invalid(const struct ik_rx *rx)
{
    struct ik_notify n;
    return ik_rx_sa(rx)->state != IK_IKE_OPENING && ik_notify_find(&rx->m, IK_N_INVALID_SYNTAX, &n);
}
#endif

static void sealed_response(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_ike_sa *sa = ik_rx_sa(rx);
    struct ik_task *task = ik_task_awaiting(node, sa, rx->m.hdr.msgid);
    if (task == NULL) {
        drop(node, rx, IK_DROP_IKE_MSGID);
        return;
    }
    if (task->exchange->type != rx->m.hdr.exchange || (sa->flags & IK_SA_KEYED) == 0) {
        drop(node, rx, IK_DROP_IKE_UNEXPECTED);
        return;
    }
    if (!open(node, rx)) {
        return;
    }
#if IK_FRAGMENT
    ik_reassembly_forget(node, sa, true);
#endif
    ik_route_follow(node, sa, rx->path, false);
    enum ik_reason why = parse_inner(node, rx);
    task->phase = IK_TASK_WORKING; /* it is answered, whatever comes of it */
#if IK_REKEY
    if (why == IK_WHY_NONE && calls_us_invalid(rx)) {
        ik_sa_invalid(node, sa);
        return;
    }
#endif
    enum ik_step step = IK_STEP_SYNTAX;
    if (why == IK_WHY_NONE && task_expects(rx, task)) {
        step = task->exchange->finish(node, rx, task);
    }
    if (step == IK_STEP_SYNTAX) {
        if (why == IK_WHY_NONE) {
            drop(node, rx, IK_DROP_IKE_SYNTAX);
        }
        /* Its place in the window is free for a Delete. */
        ik_task_drop(node, sa, task);
        give_up(node, sa, why != IK_WHY_NONE ? why : IK_WHY_SYNTAX);
        return;
    }
    ik_task_step(node, sa, task, step);
}

static void sealed(struct ik_node *node, struct ik_rx *rx)
{
    const struct ik_hdr *hdr = &rx->m.hdr;
    struct ik_ike_sa *sa = ik_ike_find(node, hdr);
    if (sa == NULL || !ik_ct_eq(sa->spi_i, hdr->spi_i, IK_SPI_LEN) ||
        !ik_ct_eq(sa->spi_r, hdr->spi_r, IK_SPI_LEN)) {
        drop(node, rx, IK_DROP_IKE_UNKNOWN_SPI);
#if IK_HINTS
        ik_hint_ike(node, rx);
        ik_hint_take(node, rx);
#endif
        return;
    }
    rx->sa = sa;
    ik_about(&node->env, sa->slot);
    if (ik_is_response(&rx->m)) {
        sealed_response(node, rx);
    } else if (sa->state == IK_IKE_DEAD) {
        dead_request(node, rx);
    } else {
        sealed_request(node, rx);
    }
}

/* 2.5: a higher major version is not understood, but named; a lower one is IKEv1. */
static void other_version(struct ik_node *node, struct ik_rx *rx)
{
    drop(node, rx, IK_DROP_IKE_VERSION);
#if IK_RESPONDER
    if ((rx->m.hdr.version >> 4) > 2 && !ik_is_response(&rx->m) && ik_answers_init(node)) {
        ik_answer_clear_limited(node, rx, &(struct ik_error){.type = IK_N_INVALID_MAJOR_VERSION});
    }
#endif
}

/* In clear, from nobody that is known. */
static bool opens(uint8_t exchange)
{
    return exchange == IK_EX_IKE_SA_INIT || (IK_RESUME && exchange == IK_EX_IKE_SESSION_RESUME);
}

void ik_receive(struct ik_node *node, struct ik_rx *rx)
{
    rx->sa = NULL;
    if (ik_hdr_parse(rx->msg, rx->len, &rx->m.hdr) != IK_OK) {
        drop(node, rx, rx->len < IK_HDR_LEN ? IK_DROP_RX_SHORT : IK_DROP_IKE_SYNTAX);
    } else if ((rx->m.hdr.version >> 4) != 2) {
        other_version(node, rx);
    } else if (!opens(rx->m.hdr.exchange)) {
#if IK_FRAGMENT
        rx->whole = IK_NO_SLOT;
#endif
        sealed(node, rx);
#if IK_FRAGMENT
        ik_reassembly_free(node, rx->whole);
#endif
    } else if (ik_is_response(&rx->m)) {
        init_response(node, rx);
    } else {
        init_request(node, rx);
    }
}

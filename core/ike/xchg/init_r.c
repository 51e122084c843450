/* SPDX-License-Identifier: MIT */
/*
 * IKE_SA_INIT, the responder's side (RFC 7296 1.2, 2.1, 2.6):
 *
 *     HDR(A,0), [N(COOKIE),] SAi1, KEi, Ni  -->
 *                              <--  HDR(A,B), SAr1, KEr, Nr
 *
 * The response leaves when value and secret are computed; or, without any state, at once:
 *
 *                              <--  HDR(A,0), N(COOKIE | INVALID_KE_PAYLOAD | NO_PROPOSAL_CHOSEN)
 */
#include "ike/xchg/xchg.h"

#if IK_RESPONDER

#define HALF_OPEN_FOR 30000u /* ms */
#define NOTIFY_HEAD 8        /* octets of a Notify payload before its data (3.10) */

/* From the last request that is answered on, its IKE_AUTH may come: an initiator whose answers got
 * lost has as long as another. */
static void wait_for_auth(struct ik_node *node, struct ik_ike_sa *sa)
{
    uint32_t lasts = ik_config_of(node)->half_open_for;
    sa->moment[IK_TIMER_EXPIRE] = ik_in(node, ik_wait(lasts, HALF_OPEN_FOR));
    ik_touch(node, sa);
}

/* ---- a repeated request --------------------------------------------------------------------- */

/* An IKE_SA_INIT request, apart from the cookie that stands first in it (2.6). */
struct request {
    struct ik_span cookie; /* its data; of none, 0 octets */
    uint8_t next;          /* payload */
    struct ik_span rest;
};

static struct request request_of(const uint8_t *msg, uint16_t len)
{
    struct request r = {.next = msg[16], .rest = {msg + IK_HDR_LEN, (uint16_t)(len - IK_HDR_LEN)}};
    uint16_t size = r.rest.len >= NOTIFY_HEAD ? ik_get16(r.rest.p + 2) : 0;
    if (r.next == IK_PL_NOTIFY && size > NOTIFY_HEAD && size <= r.rest.len &&
        ik_get16(r.rest.p + 6) == IK_N_COOKIE) {
        r.cookie = (struct ik_span){r.rest.p + NOTIFY_HEAD, (uint16_t)(size - NOTIFY_HEAD)};
        r.next = r.rest.p[0];
        r.rest = (struct ik_span){r.rest.p + size, (uint16_t)(r.rest.len - size)};
    }
    return r;
}

/* A copy of message 1: for AUTH, and to know it again. */
static bool keep(struct ik_node *node, const struct ik_rx *rx, struct ik_handshake *hs)
{
    hs->message[0] = ik_buffer_copy(node, rx->msg, rx->len);
    return hs->message[0] != IK_NO_SLOT;
}

/* In the place of the other, which is free then: that there is no further one does not matter. */
static void keep_instead(struct ik_node *node, const struct ik_rx *rx, struct ik_handshake *hs)
{
    ik_buffer_drop(node, &hs->message[0]);
    (void)keep(node, rx, hs);
}

static bool same_bytes(const struct ik_buffer *b, const struct ik_rx *rx)
{
    return b->len == rx->len && ik_ct_eq(b->b + IK_MARKER_LEN, rx->msg, rx->len);
}

/* The first octet of a cookie counts secrets (cookie.c). */
static bool is_newer(const struct request *came, const struct request *kept)
{
    return kept->cookie.len == 0 || (int8_t)(came->cookie.p[0] - kept->cookie.p[0]) > 0;
}

/*
 * An initiator that was asked for a cookie signs the newest request that has one (2.15), even if
 * meanwhile another copy was accepted here, late or repeated:
 *
 *     HDR, SAi1, KEi, Ni             --> crowded          <-- HDR, N(COOKIE)
 *     the same again                 --> not any more     <-- HDR, SAr1, KEr, Nr
 *     HDR, N(COOKIE), SAi1, KEi, Ni  -->
 *
 * "all other payloads unchanged": it is the same request, its answer is there already, and what is
 * kept for AUTH becomes the one with the newest cookie of ours.
 */
static bool same_request(struct ik_node *node, const struct ik_rx *rx, struct ik_handshake *hs)
{
    if (hs->message[0] == IK_NO_SLOT) {
        return false;
    }
    const struct ik_buffer *b = ik_buffer_at(node, hs->message[0]);
    if (same_bytes(b, rx)) {
        return true;
    }
    struct request kept = request_of(b->b + IK_MARKER_LEN, b->len);
    struct request came = request_of(rx->msg, rx->len);
    if (kept.next != came.next || kept.rest.len != came.rest.len ||
        !ik_ct_eq(kept.rest.p, came.rest.p, kept.rest.len)) {
        return false;
    }
    if (ik_cookie_good(node, rx, came.cookie) && is_newer(&came, &kept)) {
        keep_instead(node, rx, hs);
    }
    return true;
}

/*
 * 2.1: is this a repeated request of a half-open IKE SA, a request whose IKE_AUTH has come already,
 * or a new one? "a robust responder will do the IKE SA lookup using the whole packet, its hash, or
 * the Ni payload": by the whole packet, so that nobody else's request with the same SPI can take
 * the place; later, when message 1 is not kept any more, by the beginning of Ni. True if it was
 * dealt with.
 */
static bool repeats(struct ik_node *node, const struct ik_rx *rx, struct ik_ike_sa *sa)
{
    const uint8_t *nonce = ik_msg_find(&rx->m, IK_PL_NONCE)->body.p;
    bool opening = sa->state == IK_IKE_OPENING;
    if (!ik_ct_eq(sa->spi_i, rx->m.hdr.spi_i, IK_SPI_LEN) ||
        !ik_addr_eq(&sa->route.path.remote, &rx->path->remote) ||
        (opening ? !same_request(node, rx, ik_handshake_of(node, sa))
                 : !ik_ct_eq(sa->nonce_i, nonce, sizeof sa->nonce_i))) {
        return false;
    }
    ik_about(&node->env, sa->slot);
    struct ik_buffer *response = opening ? ik_window_response(node, sa, 0) : NULL;
    if (response == NULL) {
        ik_drop(&node->env, IK_DROP_IKE_MSGID, rx->len);
    } else {
        ik_count(&node->env, IK_COUNT_IKE_REANSWERED);
        wait_for_auth(node, sa);
        ik_pend_message(node, sa, response, rx->path);
    }
    return true;
}

static bool repeated(struct ik_node *node, const struct ik_rx *rx)
{
    struct ik_ike_sa *sa = NULL;
    do {
        sa = ik_index_by_spi_i(node, rx->path, rx->m.hdr.spi_i, sa);
    } while (sa != NULL && !repeats(node, rx, sa));
    return sa != NULL;
}

/* ---- refusing ------------------------------------------------------------------------------- */

static enum ik_step drop(struct ik_node *node, const struct ik_rx *rx, enum ik_drop why)
{
    ik_drop(&node->env, why, rx->len);
    return IK_STEP_DONE;
}

static enum ik_step refuse(struct ik_node *node, struct ik_rx *rx, enum ik_drop why)
{
    ik_drop(&node->env, why, rx->len);
    ik_answer_clear(node, rx, &(struct ik_error){.type = IK_N_NO_PROPOSAL_CHOSEN});
    return IK_STEP_DONE;
}

static enum ik_step other_group(struct ik_node *node, struct ik_rx *rx, const struct ik_dh *dh)
{
    uint8_t group[2];
    ik_put16(group, dh->id);
    ik_answer_clear(node, rx, &(struct ik_error){IK_N_INVALID_KE_PAYLOAD, {group, sizeof group}});
    return IK_STEP_DONE;
}

static struct ik_handshake *no_room(struct ik_node *node, struct ik_rx *rx)
{
    ik_drop(&node->env, IK_DROP_IKE_NO_ROOM, rx->len);
    ik_no_room(node, rx->path);
    return NULL;
}

/* ---- answering ------------------------------------------------------------------------------ */

static void describe(struct ik_node *node, struct ik_rx *rx, const struct ik_suite *suite,
                     const struct ik_peer *peer)
{
    struct ik_ike_sa *sa = ik_rx_sa(rx);
    struct ik_span nonce = ik_msg_find(&rx->m, IK_PL_NONCE)->body;
    sa->suite = *suite;
    ik_suite_trace(&node->env, suite);
    sa->route.path = *rx->path;
    memcpy(sa->spi_i, rx->m.hdr.spi_i, IK_SPI_LEN);
    memcpy(sa->nonce_i, nonce.p, sizeof sa->nonce_i);
    ik_nonce_take(ik_handshake_of(node, sa), true, nonce);
    ik_window_init(node, sa);
    sa->window.expected = 1;
    ik_nat_begin(sa, peer);
    if (IK_NAT) {
        ik_nat_detect(node, rx);
    }
#if IK_FRAGMENT
    ik_fragment_agree(node, rx, peer);
#endif
    wait_for_auth(node, sa);
    ik_index_put(node, sa, IK_BY_SPI_I);
}

struct ik_handshake *ik_init_accept(struct ik_node *node, struct ik_rx *rx,
                                    const struct ik_suite *suite, const struct ik_peer *peer)
{
    if (!ik_half_open_admits(node, &rx->path->remote)) {
        return no_room(node, rx);
    }
    struct ik_ike_sa *sa = ik_ike_alloc(node, false);
    if (sa == NULL) {
        return no_room(node, rx);
    }
    struct ik_handshake *hs = ik_handshake_lend(node, sa);
    if (hs == NULL || !keep(node, rx, hs)) {
        ik_sa_end_silent(node, sa);
        return no_room(node, rx);
    }
    rx->sa = sa;
    describe(node, rx, suite, peer);
#if IK_PPK
    ik_ppk_asked(node, rx);
#endif
#if IK_CHILDLESS
    hs->childless = peer->childless != IK_CHILDLESS_NEVER;
#endif
    ik_half_open_add(node, sa);
    return hs;
}

static enum ik_step accept(struct ik_node *node, struct ik_rx *rx, const struct ik_suite *suite,
                           const struct ik_ke *ke, const struct ik_peer *peer)
{
    struct ik_handshake *hs = ik_init_accept(node, rx, suite, peer);
    if (hs == NULL) {
        return IK_STEP_DONE;
    }
    if (ik_kex_answer(node, hs, &ik_exchange_init_r, suite->dh, ke->data) != IK_OK) {
        ik_sa_end_silent(node, rx->sa); /* the length was looked at: this does not happen */
    }
    return IK_STEP_JOB;
}

static bool header_good(const struct ik_hdr *hdr)
{
    static const uint8_t zero[IK_SPI_LEN] = {0};
    return hdr->msgid == 0 && (hdr->flags & IK_FLAG_INITIATOR) != 0 &&
           !ik_ct_eq(hdr->spi_i, zero, IK_SPI_LEN) && ik_ct_eq(hdr->spi_r, zero, IK_SPI_LEN);
}

bool ik_init_is_new(struct ik_node *node, struct ik_rx *rx)
{
    enum ik_drop why = !header_good(&rx->m.hdr)     ? IK_DROP_IKE_SYNTAX
                       : rx->len > IK_MSG_MAX       ? IK_DROP_IKE_NO_ROOM
                       : !ik_drbg_ready(&node->env) ? IK_DROP_IKE_NOT_SEEDED
                                                    : IK_DROP_N;
    if (why != IK_DROP_N) {
        ik_drop(&node->env, why, rx->len);
        return false;
    }
    /* 2.6: who repeats his request is no new one, and gets no cookie. */
    return !repeated(node, rx) && !ik_cookie_wanted(node, rx);
}

static enum ik_step answer(struct ik_node *node, struct ik_rx *rx)
{
    IK_KNOWN_NODE(node);
    struct ik_span nonce = ik_msg_find(&rx->m, IK_PL_NONCE)->body;
    struct ik_suite suite;
    struct ik_ke ke;
    enum ik_drop why;
    if (!ik_init_is_new(node, rx)) {
        return IK_STEP_DONE;
    }
    const struct ik_peer *peer = ik_peer_candidate(node, rx, &suite, &why);
    if (peer == NULL) {
        return refuse(node, rx, why);
    }
    if (ik_ke_parse(ik_msg_find(&rx->m, IK_PL_KE)->body, &ke) != IK_OK ||
        ke.group != suite.dh->id) {
        return other_group(node, rx, suite.dh);
    }
    if (ke.data.len != suite.dh->pub_len) {
        return drop(node, rx, IK_DROP_IKE_BAD_KE);
    }
    if (!ik_nonce_good(nonce, suite.prf)) {
        return drop(node, rx, IK_DROP_IKE_SYNTAX);
    }
    return accept(node, rx, &suite, &ke, peer);
}

/* ---- the response --------------------------------------------------------------------------- */

/* N(NAT_DETECTION_*), [N(USE_PPK),] [N(CHILDLESS_IKEV2_SUPPORTED),]
 * [N(IKEV2_FRAGMENTATION_SUPPORTED)] */
void ik_init_put_status(struct ik_node *node, const struct ik_ike_sa *sa,
                        const struct ik_handshake *hs, struct ik_chain *c)
{
    (void)hs;
    if (IK_NAT) {
        ik_nat_put(node, sa, c);
    }
#if IK_PPK
    ik_ppk_answer(node, sa, c);
#endif
#if IK_CHILDLESS
    if (hs->childless) {
        ik_put_notify(node, c, IK_N_CHILDLESS_IKEV2_SUPPORTED, (struct ik_span){0});
    }
#endif
#if IK_FRAGMENT
    if (sa->route.fragment != 0) {
        ik_put_notify(node, c, IK_N_IKEV2_FRAGMENTATION_SUPPORTED, (struct ik_span){0});
    }
#endif
}

/* HDR(A,B), SAr1, KEr, Nr, and these. */
static ik_slot build(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs)
{
    struct ik_ke ke = ik_kex_ke(hs);
    struct ik_draft d;
    ik_draft_begin(node, sa, &d, IK_EX_IKE_SA_INIT, true, 0);
    ik_suite_put(&d.c, &sa->suite, IK_PROTO_IKE, (struct ik_span){0});
    ik_ke_put(&d.c, &ke);
    ik_nonce_put(&d.c, ik_nonce_r(hs));
    ik_init_put_status(node, sa, hs, &d.c);
    return ik_draft_end(node, sa, &d);
}

static enum ik_step fail(struct ik_node *node, struct ik_ike_sa *sa, enum ik_drop why)
{
    ik_drop(&node->env, why, 0);
    ik_count(&node->env, IK_COUNT_IKE_SAS_FAILED);
    ik_sa_end_silent(node, sa);
    return IK_STEP_ENDED;
}

static enum ik_step resume(struct ik_node *node, struct ik_handshake *hs, struct ik_task *task)
{
    IK_KNOWN_NODE(node);
    struct ik_ike_sa *sa = ik_ike_at(node, hs->ike);
    (void)task;
    if (!hs->job.good) {
        return fail(node, sa, IK_DROP_IKE_BAD_KE);
    }
    ik_nonce_draw(node, hs, false);
    ik_slot response = build(node, sa, hs);
    if (response == IK_NO_SLOT) {
        return fail(node, sa, IK_DROP_IKE_NO_ROOM);
    }
    ik_window_keep(node, sa, response);
    ik_keys_derive(node, sa, hs);
    sa->flags |= IK_SA_RESPONSE_DUE;
    return IK_STEP_DONE;
}

const struct ik_exchange ik_exchange_init_r = {
    .type = IK_EX_IKE_SA_INIT,
    .request = {.states = IK_IN(IK_IKE_FREE),
                .required = IK_P(SA) | IK_P(KE) | IK_P(NONCE),
                .permitted = IK_P_INIT},
    .answer = answer,
    .resume = resume,
};

#endif

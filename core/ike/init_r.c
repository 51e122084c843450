/* SPDX-License-Identifier: MIT */
/* IKE_SA_INIT, the responder's side (RFC 7296 1.2, 2.1, 2.6). The row is in steps_responder.c. */
#include "ike/ike.h"

#define HALF_OPEN_FOR ((uint32_t)(30 * IK_SECOND))

/* ---- which SA -------------------------------------------------------------------------------- */

static bool same_bytes(const struct ik_kept *kept, const struct ik_rx *rx)
{
    return kept->len == rx->len && ik_ct_eq(kept->b + IK_MARKER_LEN, rx->msg, rx->len);
}

/*
 * 2.1: is this a repeated request of a half-open IKE SA, a request whose IKE_AUTH has come already,
 * or a new one? "a robust responder will do the IKE SA lookup using the whole packet, its hash, or
 * the Ni payload": by the whole packet, so that nobody else's request with the same SPI can take
 * the place; later, when message 1 is not kept any more, by Ni.
 */
static bool repeated(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_span nonce = ik_msg_find(&rx->m, IK_PL_NONCE)->body;
    for (uint16_t i = 0; i < ik_ike_n(node); i++) {
        struct ik_ike_sa *sa = ik_ike_at(node, i);
        if (sa->state == IK_IKE_FREE || sa->initiator ||
            !ik_ct_eq(sa->spi_i, rx->m.hdr.spi_i, IK_SPI_LEN)) {
            continue;
        }
        ik_about(&node->env, i);
        if (sa->state == IK_IKE_R_INIT && same_bytes(&sa->request, rx)) {
            ik_count(&node->env, IK_COUNT_IKE_REANSWERED);
            ik_pend_kept(node, sa, rx->path);
            return true;
        }
        bool deriving = sa->state == IK_IKE_R_KEYGEN || sa->state == IK_IKE_R_SHARED;
        bool past = sa->state != IK_IKE_R_INIT && !deriving && nonce.len == sa->nonce_i_len &&
                    ik_ct_eq(nonce.p, sa->seed, nonce.len);
        if (past || (deriving && same_bytes(&sa->request, rx))) {
            ik_drop(&node->env, IK_DROP_IKE_MSGID, rx->len);
            return true;
        }
        ik_about(&node->env, IK_NO_SLOT);
    }
    return false;
}

/* ---- what to answer -------------------------------------------------------------------------- */

static bool addr_fits(const struct ik_addr *wanted, const struct ik_addr *is)
{
    return wanted->family == 0 || ik_addr_eq(wanted, is);
}

/* Who is calling shows only in IKE_AUTH; until then, all whose addresses fit are candidates. */
static const struct ik_peer *choose(struct ik_node *node, struct ik_rx *rx, struct ik_suite *suite,
                                    enum ik_drop *why)
{
    const struct ik_span *sa = &ik_msg_find(&rx->m, IK_PL_SA)->body;
    *why = IK_DROP_IKE_NO_PEER;
    for (uint16_t i = 0; i < node->config->peers_n; i++) {
        const struct ik_peer *peer = &node->config->peers[i];
        struct ik_proposals ours = ik_proposals_ike(node, peer);
        if (!addr_fits(&peer->local, &rx->path->local) ||
            !addr_fits(&peer->remote, &rx->path->remote)) {
            continue;
        }
        *why = IK_DROP_IKE_NO_PROPOSAL;
        if (ik_proposal_choose(&ours, sa, suite) == IK_OK) {
            return peer;
        }
    }
    return NULL;
}

static enum ik_status refuse(struct ik_node *node, struct ik_rx *rx, enum ik_drop why)
{
    ik_drop(&node->env, why, rx->len);
    ik_answer_clear(node, rx, &(struct ik_error){.type = IK_N_NO_PROPOSAL_CHOSEN});
    return IK_ERR_POLICY;
}

static enum ik_status other_group(struct ik_node *node, struct ik_rx *rx, const struct ik_dh *dh)
{
    uint8_t group[2];
    ik_put16(group, dh->id);
    ik_answer_clear(node, rx, &(struct ik_error){IK_N_INVALID_KE_PAYLOAD, {group, sizeof group}});
    return IK_ERR_POLICY;
}

static enum ik_status drop(struct ik_node *node, const struct ik_rx *rx, enum ik_drop why)
{
    ik_drop(&node->env, why, rx->len);
    return IK_ERR_STATE;
}

static enum ik_status accept(struct ik_node *node, struct ik_rx *rx, const struct ik_suite *suite,
                             bool force_natt)
{
    struct ik_ike_sa *sa = ik_sa_alloc(node, false);
    if (sa == NULL) {
        return drop(node, rx, IK_DROP_IKE_NO_ROOM);
    }
    rx->sa = sa;
    sa->order = ++node->orders;
    uint32_t lasts = node->config->half_open_for;
    sa->timer_at = node->env.now + (lasts != 0 ? lasts : HALF_OPEN_FOR);
    sa->path = *rx->path;
    ik_nat_begin(sa, force_natt);
    sa->msgid_in = 1;
    memcpy(sa->spi_i, rx->m.hdr.spi_i, IK_SPI_LEN);
    ik_suite_take(sa, suite);
    ik_suite_trace(&node->env, suite);
    ik_nonce_take(sa, ik_msg_find(&rx->m, IK_PL_NONCE)->body);
    if (IK_NAT) {
        ik_nat_detect(node, rx);
    }
    memcpy(sa->request.b + IK_MARKER_LEN, rx->msg, rx->len);
    sa->request.len = rx->len;
    ik_keygen_start(node, sa, suite->dh);
    return IK_OK;
}

static bool header_good(const struct ik_hdr *hdr)
{
    static const uint8_t zero[IK_SPI_LEN] = {0};
    return hdr->msgid == 0 && (hdr->flags & IK_FLAG_INITIATOR) != 0 &&
           !ik_ct_eq(hdr->spi_i, zero, IK_SPI_LEN) && ik_ct_eq(hdr->spi_r, zero, IK_SPI_LEN);
}

enum ik_status ik_init_r_request(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_span nonce = ik_msg_find(&rx->m, IK_PL_NONCE)->body;
    struct ik_suite suite;
    struct ik_ke ke;
    enum ik_drop why;
    if (!header_good(&rx->m.hdr)) {
        return drop(node, rx, IK_DROP_IKE_SYNTAX);
    }
    if (rx->len > IK_MSG_MAX) {
        return drop(node, rx, IK_DROP_IKE_NO_ROOM);
    }
    if (!ik_drbg_ready(&node->env)) {
        return drop(node, rx, IK_DROP_IKE_NOT_SEEDED);
    }
    if (repeated(node, rx) || ik_cookie_wanted(node, rx)) {
        return IK_ERR_STATE;
    }
    const struct ik_peer *peer = choose(node, rx, &suite, &why);
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
    return accept(node, rx, &suite, peer->force_natt);
}

/* ---- the response ---------------------------------------------------------------------------- */

/* HDR(A,B), SAr1, KEr, Nr, N(NAT_DETECTION_*) */
static void build(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_ke ke = {sa->dh->id, {sa->job.pub, sa->dh->pub_len}};
    struct ik_suite suite;
    struct ik_draft d;
    ik_suite_recall(sa, &suite);
    ik_draft_begin(sa, &d, IK_EX_IKE_SA_INIT, true);
    ik_suite_put(&d.c, &suite, IK_PROTO_IKE, 0);
    ik_ke_put(&d.c, &ke);
    ik_nonce_put(&d.c, ik_nonce_r(sa));
    if (IK_NAT) {
        ik_nat_put(node, sa, &d.c);
    }
    ik_draft_end(node, sa, &d);
}

static void fail(struct ik_node *node, struct ik_ike_sa *sa, enum ik_drop why)
{
    ik_drop(&node->env, why, 0);
    ik_count(&node->env, IK_COUNT_IKE_SAS_FAILED);
    ik_sa_end_silent(node, sa);
}

static void respond(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_nonce_draw(node, sa);
    build(node, sa);
    if (sa->response.len == 0) {
        fail(node, sa, IK_DROP_IKE_NO_ROOM);
        return;
    }
    ik_keys_derive(node, sa);
    sa->flags |= IK_SA_SEND_RESPONSE;
    ik_sa_state(node, sa, IK_IKE_R_INIT);
}

static void keygen_done(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_msg m;
    struct ik_ke ke;
    /* Message 1 was good when it came. */
    enum ik_status st = ik_msg_parse(sa->request.b + IK_MARKER_LEN, sa->request.len, &m);
    if (st == IK_OK) {
        st = ik_ke_parse(ik_msg_find(&m, IK_PL_KE)->body, &ke);
    }
    if (st != IK_OK || ik_shared_start(node, sa, ke.data) != IK_OK) {
        fail(node, sa, IK_DROP_IKE_BAD_KE);
        return;
    }
    ik_sa_state(node, sa, IK_IKE_R_SHARED);
}

void ik_init_r_job_done(struct ik_node *node, struct ik_ike_sa *sa)
{
    if (sa->state == IK_IKE_R_KEYGEN) {
        keygen_done(node, sa);
    } else if (sa->job.good) {
        respond(node, sa);
    } else {
        fail(node, sa, IK_DROP_IKE_BAD_KE);
    }
}

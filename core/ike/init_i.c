/* SPDX-License-Identifier: MIT */
/* IKE_SA_INIT, the initiator's side (RFC 7296 1.2, 2.6). The rows are in steps.c. */
#include "ike/ike.h"

/* How often an unauthenticated answer may make us begin anew, so that a forger does not keep us
 * busy for ever (2.6). */
#define COOKIES_MAX 8
#define REGROUPS_MAX 8

/* ---- beginning ------------------------------------------------------------------------------- */

static bool callable(const struct ik_node *node, uint16_t policy)
{
    const struct ik_config *c = node->config;
    return policy < c->policies_n && c->policies[policy].action == IK_PROTECT &&
           c->peers[c->policies[policy].peer].remote.family != 0;
}

/* The policy's Child SA is up, or on its way. An IKE SA that lost its Child SA serves nobody: it is
 * closed to make place for another (RFC 7815 section 2.1). */
static bool under_way(struct ik_node *node, uint16_t policy)
{
    for (uint16_t i = 0; i < ik_ike_n(node); i++) {
        struct ik_ike_sa *sa = ik_ike_at(node, i);
        bool alive = sa->state != IK_IKE_FREE && sa->state != IK_IKE_DEAD &&
                     sa->state != IK_IKE_DELETING && (sa->flags & IK_SA_CLOSE) == 0;
        if (!alive || sa->policy != policy) {
            continue;
        }
        if (sa->state != IK_IKE_UP || sa->child != IK_NO_SLOT) {
            return true;
        }
        ik_delete_ike(node, sa, IK_WHY_DELETED_HERE, 0);
    }
    return false;
}

/* A port of the peer's other than 500 takes IKE behind the marker, as 4500 does. */
static void set_path(const struct ik_peer *peer, struct ik_path *path)
{
    uint16_t remote = peer->remote_port != 0 ? peer->remote_port : IK_PORT_IKE;
    uint16_t local = IK_PORT_IKE;
    path->carrier = IK_CARRIER_UDP500;
    if (remote != IK_PORT_IKE) {
        path->carrier = IK_CARRIER_UDP4500;
        local = IK_PORT_NATT;
    }
    path->local = peer->local;
    path->remote = peer->remote;
    path->remote_port = remote;
    path->local_port = peer->local_port != 0 ? peer->local_port : local;
}

static struct ik_ike_sa *take(struct ik_node *node, uint16_t policy)
{
    struct ik_ike_sa *sa = ik_sa_alloc(node, true);
    if (sa == NULL) {
        return NULL;
    }
    const struct ik_child_sa *child = ik_sad_alloc(&node->env, &node->ipsec);
    if (child == NULL) {
        ik_wipe(sa, sizeof *sa);
        return NULL;
    }
    sa->child = ik_child_slot(child);
    sa->policy = policy;
    sa->peer = node->config->policies[policy].peer;
    return sa;
}

void ik_init_i_start(struct ik_node *node, uint16_t policy, bool tell_no_peer)
{
    if (!callable(node, policy)) {
        if (tell_no_peer) {
            ik_refuse(node, policy, IK_WHY_NO_PEER);
        }
        return;
    }
    if (!ik_drbg_ready(&node->env)) {
        ik_refuse(node, policy, IK_WHY_NOT_SEEDED);
        return;
    }
    if (under_way(node, policy)) {
        return;
    }
    struct ik_ike_sa *sa = take(node, policy);
    if (sa == NULL) {
        ik_refuse(node, policy, IK_WHY_NO_ROOM);
        return;
    }
    const struct ik_peer *peer = ik_sa_peer(node, sa);
    struct ik_proposals ours = ik_proposals_ike(node, peer);
    set_path(peer, &sa->path);
    ik_nat_begin(sa, peer->force_natt);
    ik_nonce_draw(node, sa);
    ik_sa_state(node, sa, IK_IKE_I_KEYGEN);
    ik_keygen_start(node, sa, ik_proposal_group(&ours, 0));
}

/* ---- the request ----------------------------------------------------------------------------- */

static void keep(struct ik_kept *kept, const uint8_t *octets, uint16_t len)
{
    memcpy(kept->b + IK_MARKER_LEN, octets, len);
    kept->len = len;
}

/* The last that came, which 2.6.1 lets all later requests have. It is where message 2 will be. */
static struct ik_span cookie(const struct ik_ike_sa *sa)
{
    return (struct ik_span){sa->response.b + IK_MARKER_LEN, sa->response.len};
}

/* HDR(A,0), [N(COOKIE)], SAi1, KEi, Ni, N(NAT_DETECTION_*) */
static void ask(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_proposals ours = ik_proposals_ike(node, ik_sa_peer(node, sa));
    struct ik_ke ke = {sa->dh->id, {sa->job.pub, sa->dh->pub_len}};
    struct ik_draft d;
    ik_draft_begin(sa, &d, IK_EX_IKE_SA_INIT, false);
    if (sa->response.len > 0) {
        ik_put_notify(node, &d.c, 0, IK_N_COOKIE, cookie(sa));
    }
    ik_proposal_put(&d.c, &ours, 0);
    ik_ke_put(&d.c, &ke);
    ik_nonce_put(&d.c, ik_nonce_i(sa));
    if (IK_NAT) {
        ik_nat_put(node, sa, &d.c);
    }
    ik_draft_end(node, sa, &d);
    ik_request_start(node, sa);
}

void ik_init_i_keygen_done(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_sa_state(node, sa, IK_IKE_I_INIT);
    ask(node, sa);
}

/* ---- answers that begin anew ----------------------------------------------------------------- */

static void take_cookie(struct ik_node *node, struct ik_rx *rx, struct ik_span given)
{
    struct ik_ike_sa *sa = ik_sa_of(node, rx);
    if (given.len == 0 || given.len > IK_COOKIE_MAX || sa->cookies == COOKIES_MAX) {
        ik_drop(&node->env, IK_DROP_IKE_COOKIE, rx->len);
        return;
    }
    if (given.len == sa->response.len && ik_ct_eq(given.p, cookie(sa).p, given.len)) {
        /* It was sent already; this is its echo. */
        return;
    }
    sa->cookies++;
    keep(&sa->response, given.p, given.len);
    ask(node, sa);
}

/* 1.2: "the initiator MUST retry the IKE_SA_INIT with the corrected Diffie-Hellman group", but only
 * one that it has offered. False if the answer is of no use. */
static bool regroup(struct ik_node *node, struct ik_rx *rx, struct ik_span wanted)
{
    struct ik_ike_sa *sa = ik_sa_of(node, rx);
    struct ik_proposals ours = ik_proposals_ike(node, ik_sa_peer(node, sa));
    uint16_t group = wanted.len == 2 ? ik_get16(wanted.p) : IK_DH_NONE;
    const struct ik_dh *dh = group != IK_DH_NONE ? ik_proposal_group(&ours, group) : NULL;
    if (dh == sa->dh) {
        /* The answer to a request before the last one. */
        ik_drop(&node->env, IK_DROP_IKE_UNAUTHENTICATED, rx->len);
        return true;
    }
    if (dh == NULL || sa->regroups == REGROUPS_MAX) {
        return false;
    }
    sa->regroups++;
    ik_request_answered(sa);
    ik_keygen_start(node, sa, dh);
    ik_sa_state(node, sa, IK_IKE_I_KEYGEN);
    return true;
}

enum ik_status ik_init_i_again(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_notify n;
    uint16_t error = ik_error_in(&rx->m);
    if (ik_notify_find(&rx->m, IK_N_COOKIE, &n)) {
        take_cookie(node, rx, n.data);
    } else if (error == 0) {
        ik_drop(&node->env, IK_DROP_IKE_UNEXPECTED, rx->len);
    } else if (!ik_notify_find(&rx->m, IK_N_INVALID_KE_PAYLOAD, &n) || !regroup(node, rx, n.data)) {
        ik_request_hint(node, ik_sa_of(node, rx), ik_reason_of(error), error);
    }
    return IK_ERR_STATE;
}

/* ---- the response ---------------------------------------------------------------------------- */

/* Is it an answer to what we proposed? */
static enum ik_reason judge(struct ik_node *node, struct ik_rx *rx, struct ik_suite *suite,
                            struct ik_ke *ke)
{
    const struct ik_ike_sa *sa = ik_sa_of(node, rx);
    struct ik_proposals ours = ik_proposals_ike(node, ik_sa_peer(node, sa));
    struct ik_span nonce = ik_msg_find(&rx->m, IK_PL_NONCE)->body;
    /* Until there is an answer, the peer's SPI is zero here. */
    if (ik_ct_eq(rx->m.hdr.spi_r, sa->spi_r, IK_SPI_LEN)) {
        return IK_WHY_SYNTAX;
    }
    /* 3.10.1: with an error in it, known or not, it is no success. */
    uint16_t error = ik_error_in(&rx->m);
    if (error != 0) {
        return ik_reason_of(error);
    }
    if (ik_proposal_verify(&ours, &ik_msg_find(&rx->m, IK_PL_SA)->body, suite) != IK_OK) {
        return IK_WHY_NO_PROPOSAL;
    }
    if (ik_ke_parse(ik_msg_find(&rx->m, IK_PL_KE)->body, ke) != IK_OK || suite->dh != sa->dh ||
        ke->group != sa->dh->id || ke->data.len != sa->dh->pub_len) {
        return IK_WHY_BAD_KE;
    }
    return ik_nonce_good(nonce, suite->prf) ? IK_WHY_NONE : IK_WHY_SYNTAX;
}

enum ik_status ik_init_i_response(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_ike_sa *sa = ik_sa_of(node, rx);
    struct ik_suite suite;
    struct ik_ke ke;
    if (rx->len > IK_MSG_MAX) {
        ik_drop(&node->env, IK_DROP_IKE_NO_ROOM, rx->len);
        return IK_ERR_NO_ROOM;
    }
    /* Nobody vouches for this message: if it is wrong, the right one may still come. */
    enum ik_reason why = judge(node, rx, &suite, &ke);
    if (why != IK_WHY_NONE || ik_shared_start(node, sa, ke.data) != IK_OK) {
        ik_request_hint(node, sa, why, 0);
        return IK_ERR_POLICY;
    }
    memcpy(sa->spi_r, rx->m.hdr.spi_r, IK_SPI_LEN);
    ik_suite_take(sa, &suite);
    ik_suite_trace(&node->env, &suite);
    ik_nonce_take(sa, ik_msg_find(&rx->m, IK_PL_NONCE)->body);
    if (sa->path.local.family == 0) {
        sa->path.local = rx->path->local;
    }
    if (IK_NAT) {
        ik_nat_detect(node, rx);
    }
    keep(&sa->response, rx->msg, rx->len);
    ik_request_answered(sa);
    return IK_OK;
}

/* The public value in it was refused: it was no answer. The right one may still come. */
void ik_init_i_resume(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_drop(&node->env, IK_DROP_IKE_BAD_KE, 0);
    memset(sa->spi_r, 0, IK_SPI_LEN);
    sa->response.len = 0;
    ik_sa_state(node, sa, IK_IKE_I_INIT);
    ik_request_hint(node, sa, IK_WHY_BAD_KE, 0);
    ik_request_resume(node, sa);
}

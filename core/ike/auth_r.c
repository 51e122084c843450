/* SPDX-License-Identifier: MIT */
/* IKE_AUTH, the responder's side (RFC 7296 1.2, 2.9, 2.15, 2.21.2). Rows: steps_responder.c. */
#include "ike/ike.h"

/* ---- who is it ------------------------------------------------------------------------------- */

struct caller {
    struct ik_span id_i;
    struct ik_span id_r; /* the one that it wants to talk to; empty: any */
    struct ik_auth auth;
};

static bool read_caller(const struct ik_rx *rx, struct caller *c)
{
    const struct ik_payload *id_r = ik_msg_find(&rx->m, IK_PL_IDR);
    c->id_i = ik_msg_find(&rx->m, IK_PL_IDI)->body;
    c->id_r = id_r != NULL ? id_r->body : (struct ik_span){0};
    return ik_auth_parse(ik_msg_find(&rx->m, IK_PL_AUTH)->body, &c->auth) == IK_OK;
}

static bool addr_fits(const struct ik_addr *wanted, const struct ik_addr *is)
{
    return wanted->family == 0 || ik_addr_eq(wanted, is);
}

/* Is this the PAD entry of the caller? Entries for ANY come after those that name it, and those for
 * another IDr last: "the responder might use some other IDr to finish the exchange" (1.2). */
static bool fits(const struct ik_node *node, const struct ik_rx *rx, const struct caller *c,
                 const struct ik_peer *peer, bool any, bool other_id_r)
{
    struct ik_proposals ours = ik_proposals_ike(node, peer);
    bool named = peer->remote_id.type != IK_ID_ANY && ik_id_is(&peer->remote_id, c->id_i);
    bool id_r = c->id_r.len == 0 || ik_id_is(&peer->local_id, c->id_r);
    return addr_fits(&peer->local, &rx->path->local) &&
           addr_fits(&peer->remote, &rx->path->remote) &&
           (any ? peer->remote_id.type == IK_ID_ANY : named) && id_r == !other_id_r &&
           ik_proposal_allows(&ours, rx->sa);
}

static uint16_t find_peer(const struct ik_node *node, const struct ik_rx *rx,
                          const struct caller *c)
{
    for (uint8_t pass = 0; pass < 4; pass++) {
        for (uint16_t i = 0; i < node->config->peers_n; i++) {
            if (fits(node, rx, c, &node->config->peers[i], (pass & 1) != 0, pass >= 2)) {
                return i;
            }
        }
    }
    return IK_NO_SLOT;
}

/*
 * Somebody unknown is examined like somebody with a wrong key, against a key that is nobody's, so
 * that neither the answer nor its time tells which names exist.
 */
static bool proved(struct ik_node *node, const struct ik_ike_sa *sa, const struct caller *c,
                   uint16_t peer)
{
    struct ik_span nobodys = {sa->keys, sa->prf->key_len};
    uint8_t expected[IK_HASH_MAX];
    bool known = peer != IK_NO_SLOT;
    struct ik_span psk = known ? node->config->peers[peer].psk : nobodys;
    ik_auth_octets(node, sa, &psk, &c->id_i, expected);
    bool good = c->auth.method == IK_AUTH_SHARED_KEY_MIC && c->auth.data.len == sa->prf->key_len &&
                ik_ct_eq(expected, c->auth.data.p, sa->prf->key_len) != 0;
    ik_wipe(expected, sizeof expected);
    return good && known;
}

static enum ik_status refuse(struct ik_node *node, const struct ik_rx *rx)
{
    ik_answer_error(node, rx, IK_N_AUTHENTICATION_FAILED, (struct ik_span){0});
    ik_sa_end(node, rx->sa, IK_WHY_AUTH, 0);
    return IK_ERR_AUTH;
}

/* No AUTH: the initiator wants EAP (2.16), which is not offered here. */
enum ik_status ik_auth_r_no_auth(struct ik_node *node, struct ik_rx *rx)
{
    ik_drop(&node->env, IK_DROP_IKE_AUTH, rx->len);
    return refuse(node, rx);
}

/*
 * 2.4: INITIAL_CONTACT: other IKE SAs with the same identity are of its life before. Those that
 * came up after this one's IKE_SA_INIT are not: the peer makes several at once, and their IKE_AUTH
 * may overtake each other.
 */
static void replace_others(struct ik_node *node, const struct ik_ike_sa *self)
{
    for (uint16_t i = 0; i < ik_ike_n(node); i++) {
        struct ik_ike_sa *sa = ik_ike_at(node, i);
        if (sa != self && (sa->state == IK_IKE_UP || sa->state == IK_IKE_DELETING) &&
            (int32_t)(self->order - sa->order) > 0 &&
            ik_ct_eq(sa->peer_id, self->peer_id, sizeof sa->peer_id)) {
            ik_sa_end(node, sa, IK_WHY_REPLACED, 0);
        }
    }
    ik_about(&node->env, ik_sa_slot(node, self));
}

/* ---- its Child SA ---------------------------------------------------------------------------- */

/* What the two ends agreed on. */
struct deal {
    uint16_t policy;
    uint8_t mode; /* enum ik_mode */
    struct ik_suite suite;
    struct ik_ts_set local, remote;
};

/* Narrows the offer to the policy (2.9). In transport mode, the addresses in it are seen from the
 * other side of the NAT (2.23.1). first: only if the initiator's first choices are in it. */
static bool narrow(const struct ik_rx *rx, const struct ik_policy *policy, bool first,
                   struct deal *deal)
{
    const struct ik_ike_sa *sa = rx->sa;
    bool transport = policy->mode == IK_TRANSPORT;
    bool here = transport && (sa->flags & IK_SA_NAT_HERE) != 0;
    bool there = transport && (sa->flags & IK_SA_NAT_THERE) != 0;
    const struct ik_addr *local = here ? &sa->path.local : NULL;
    const struct ik_addr *remote = there ? &sa->path.remote : NULL;
    const struct ik_span *ts_i = &ik_msg_find(&rx->m, IK_PL_TSI)->body;
    const struct ik_span *ts_r = &ik_msg_find(&rx->m, IK_PL_TSR)->body;
    return ik_ts_narrow(policy->ts_local, policy->ts_local_n, ts_r, &deal->local, local) &&
           ik_ts_narrow(policy->ts_remote, policy->ts_remote_n, ts_i, &deal->remote, remote) &&
           (!first || (ik_ts_has_first(&deal->local, ts_r, local) &&
                       ik_ts_has_first(&deal->remote, ts_i, remote)));
}

/* Answers 0, or the notify that says why this policy is not it. */
static uint16_t try_policy(struct ik_node *node, struct ik_rx *rx, const struct ik_policy *policy,
                           bool first, struct deal *deal)
{
    struct ik_notify n;
    struct ik_proposals ours = ik_proposals_esp(node, policy);
    bool transport = policy->mode == IK_TRANSPORT;
    if (policy->action != IK_PROTECT || policy->peer != rx->sa->peer ||
        !narrow(rx, policy, first, deal)) {
        return IK_N_TS_UNACCEPTABLE;
    }
    if ((transport && !ik_notify_find(&rx->m, IK_N_USE_TRANSPORT_MODE, &n)) ||
        ik_proposal_choose(&ours, &ik_msg_find(&rx->m, IK_PL_SA)->body, &deal->suite) != IK_OK) {
        return IK_N_NO_PROPOSAL_CHOSEN;
    }
    return 0;
}

/* The first policy that fits; one that takes the initiator's first choices goes before others (2.9:
 * "MUST narrow the Traffic Selectors to a subset that includes the initiator's first choices").
 * Answers 0, or the notify that says why there is none. */
static uint16_t make_deal(struct ik_node *node, struct ik_rx *rx, struct deal *deal)
{
    uint16_t error = IK_N_TS_UNACCEPTABLE;
    for (uint8_t pass = 0; pass < 2; pass++) {
        for (uint16_t i = 0; i < node->config->policies_n; i++) {
            const struct ik_policy *policy = &node->config->policies[i];
            uint16_t why = try_policy(node, rx, policy, pass == 0, deal);
            if (why == 0) {
                deal->policy = i;
                deal->mode = policy->mode;
                return 0;
            }
            error = why == IK_N_NO_PROPOSAL_CHOSEN ? why : error;
        }
    }
    return error;
}

static uint16_t begin_child(struct ik_node *node, struct ik_rx *rx, struct deal *deal)
{
    uint16_t error = make_deal(node, rx, deal);
    if (error != 0) {
        ik_drop(&node->env,
                error == IK_N_TS_UNACCEPTABLE ? IK_DROP_IKE_POLICY : IK_DROP_IKE_NO_PROPOSAL,
                rx->len);
        return error;
    }
    struct ik_child_sa *child = ik_sad_alloc(&node->env, &node->ipsec);
    if (child == NULL) {
        ik_drop(&node->env, IK_DROP_IKE_NO_ROOM, rx->len);
        return IK_N_NO_ADDITIONAL_SAS;
    }
    rx->sa->child = (uint16_t)(child - node->ipsec.sas);
    rx->sa->policy = deal->policy;
    child->mode = deal->mode;
    child->ts_local_n = deal->local.n;
    child->ts_remote_n = deal->remote.n;
    memcpy(child->ts_local, deal->local.ts, sizeof child->ts_local);
    memcpy(child->ts_remote, deal->remote.ts, sizeof child->ts_remote);
    return 0;
}

/* ---- the response ---------------------------------------------------------------------------- */

static void put_child(struct ik_node *node, struct ik_ike_sa *sa, struct ik_chain *c,
                      const struct deal *deal)
{
    if (deal->mode == IK_TRANSPORT) {
        ik_put_notify(node, c, sa->msgid_in - 1, IK_N_USE_TRANSPORT_MODE, (struct ik_span){0});
    }
    ik_suite_put(c, &deal->suite, IK_PROTO_ESP, ik_sa_child(node, sa)->in.spi);
    ik_ts_put(c, IK_PL_TSI, deal->remote.ts, deal->remote.n);
    ik_ts_put(c, IK_PL_TSR, deal->local.ts, deal->local.n);
}

/* SK {IDr, AUTH, [N(USE_TRANSPORT_MODE),] SAr2, TSi, TSr}, or the error instead of the last three
 * (2.21.2). */
static void build(struct ik_node *node, struct ik_ike_sa *sa, uint16_t error,
                  const struct deal *deal)
{
    const struct ik_peer *peer = ik_sa_peer(node, sa);
    struct ik_draft d;
    uint8_t auth[IK_HASH_MAX];
    /* Before the draft: it overwrites message 2, which AUTH signs. */
    ik_auth_octets(node, sa, &peer->psk, NULL, auth);
    ik_draft_begin(sa, &d, IK_EX_IKE_AUTH, true);
    ik_id_put(&d.c, IK_PL_IDR, &peer->local_id);
    ik_auth_put(&d.c, &(struct ik_auth){IK_AUTH_SHARED_KEY_MIC, {auth, sa->prf->key_len}});
    ik_wipe(auth, sizeof auth);
    if (error == 0) {
        put_child(node, sa, &d.c, deal);
    } else {
        ik_put_notify(node, &d.c, sa->msgid_in - 1, error, (struct ik_span){0});
    }
    ik_draft_end(node, sa, &d);
}

enum ik_status ik_auth_r_request(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_ike_sa *sa = ik_sa_of(node, rx);
    struct caller caller;
    struct deal deal;
    struct ik_notify n;
    if (!read_caller(rx, &caller)) {
        return IK_ERR_SYNTAX;
    }
    sa->peer = find_peer(node, rx, &caller);
    if (!proved(node, sa, &caller, sa->peer)) {
        ik_drop(&node->env, sa->peer == IK_NO_SLOT ? IK_DROP_IKE_NO_PEER : IK_DROP_IKE_AUTH,
                rx->len);
        return refuse(node, rx);
    }
    /* From here on, it is the path of IKE_AUTH that counts: it may be on port 4500 by now. */
    sa->path = *rx->path;
    sa->timer_at = IK_TICK_NEVER;
    ik_id_digest(node, caller.id_i, sa->peer_id);
    if (ik_notify_find(&rx->m, IK_N_INITIAL_CONTACT, &n)) {
        replace_others(node, sa);
    }
    uint16_t error = begin_child(node, rx, &deal);
    build(node, sa, error, &deal);
    if (sa->response.len == 0) {
        ik_answer_error(node, rx, IK_N_AUTHENTICATION_FAILED, (struct ik_span){0});
        ik_sa_end(node, sa, IK_WHY_NO_ROOM, 0);
        return IK_ERR_NO_ROOM;
    }
    sa->request.len = 0; /* message 1 has served */
    ik_raise_ike(node, sa, IK_EV_IKE_UP, IK_WHY_NONE, 0);
    if (error == 0) {
        ik_child_install(node, sa, &deal.suite);
    } else {
        ik_raise_child(sa, IK_EV_CHILD_FAILED, ik_reason_of(error), 0);
    }
    return IK_OK;
}

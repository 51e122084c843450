/* SPDX-License-Identifier: MIT */
/*
 * Reauthentication, make before break (RFC 7296 2.8.3): both prove anew who they are, in another
 * IKE SA with Child SAs of its own; when it has them, the old one is deleted.
 *
 *     IKE_SA_INIT, IKE_AUTH, [CREATE_CHILD_SA ...]  <-->     beside the old IKE SA
 *     HDR(old), SK {D}  -->
 *                              <--  HDR(old), SK {}
 *
 * Who answers sends by the old Child SAs until the other end sends by the new ones, or deletes the
 * old: the response may be lost. The old ones receive for a while longer, as after a rekeying.
 *
 * An authentication is good for ik_peer.reauth_s. A responder tells that, by AUTH_LIFETIME in
 * IKE_AUTH (RFC 4478); if the other end does nothing, it calls itself where it can, or deletes.
 */
#include "ike/xchg/xchg.h"

#if IK_REKEY

#define AGAIN 10000u /* ms until one that came to nothing is tried again */
#define ROOM 1000u   /* ms until there may be room for all: what was rekeyed goes in a few s */
#define LATE_LEAST                                                                                 \
    5000u                  /* ms that a responder waits for the initiator, and a tenth of the life \
                            */
#define SOON 2000u         /* ms: nobody makes us do it more often than that */
#define LASTS_MAX 1900000u /* s: with what is added for a responder a moment can be told */
#define SETTLED 5000u      /* ms until the initiator has our response, with patience */
#define LIFETIME_LEN 4

/* ---- when ----------------------------------------------------------------------------------- */

ik_ms ik_reauth_at(struct ik_node *node, const struct ik_ike_sa *sa)
{
    uint32_t s = ik_peer_of(node, sa)->reauth_s;
    uint8_t r;
    if (s == 0) {
        return IK_MS_NONE;
    }
    uint32_t ms = (s < LASTS_MAX ? s : LASTS_MAX) * 1000u;
    if (!sa->initiator) {
        return ik_in(node, ms + ms / 10u + LATE_LEAST);
    }
    ik_drbg_bytes(&node->env, &r, 1);
    return ik_in(node, ms - ms / 2560u * r);
}

void ik_auth_lifetime_put(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_chain *c)
{
    uint8_t data[LIFETIME_LEN];
    uint32_t s = ik_peer_of(node, sa)->reauth_s;
    if (s != 0 && ik_life_of(node) != NULL) {
        ik_put32(data, s);
        ik_put_notify(node, c, IK_N_AUTH_LIFETIME, (struct ik_span){data, sizeof data});
    }
}

/* RFC 4478 2: "SHOULD repeat the Initial exchange within the time indicated"; an initiator "may
 * have a different policy, requiring more frequent re-authentication". */
void ik_auth_lifetime_take(struct ik_node *node, const struct ik_rx *rx)
{
    struct ik_notify n;
    struct ik_ike_sa *sa = ik_rx_sa(rx);
    if (ik_life_of(node) == NULL || !ik_notify_find(&rx->m, IK_N_AUTH_LIFETIME, &n) ||
        n.data.len != LIFETIME_LEN) {
        return;
    }
    uint32_t s = ik_get32(n.data.p);
    uint32_t ms = s < IK_LIFE_MAX ? s * 1000u - s * 100u : IK_LIFE_MAX * 1000u;
    ik_ms at = ik_in(node, ms > SOON ? ms : SOON);
    sa->moment[IK_TIMER_REAUTH] = ik_earlier(sa->moment[IK_TIMER_REAUTH], at);
    ik_touch(node, sa);
}

/* ---- beginning ------------------------------------------------------------------------------ */

/* The IKE SA that is to take the place of this one, or NULL. */
static struct ik_ike_sa *successor(const struct ik_node *node, const struct ik_ike_sa *old)
{
    struct ik_ike_sa *sa = ik_index_by_peer(node, old->peer, NULL);
    while (sa != NULL && (sa->reauths != old->slot + 1u || !ik_alive(sa))) {
        sa = ik_index_by_peer(node, old->peer, sa);
    }
    return sa;
}

static bool carries(const struct ik_child_sa *c)
{
    return c->state == IK_CHILD_UP || c->state == IK_CHILD_IN_ONLY;
}

/* One that takes packets of that one's, or is to; NULL if there is none. */
static struct ik_child_sa *child_like(const struct ik_node *node, const struct ik_ike_sa *sa,
                                      const struct ik_child_sa *like)
{
    struct ik_child_sa *c = ik_child_first(node, sa);
    while (c != NULL && ((!carries(c) && c->state != IK_CHILD_LARVAL) ||
                         !ik_child_meets(&node->ipsec, c, like))) {
        c = ik_child_next(node, c);
    }
    return c;
}

/* The IKE SA that is to take the other's place, with a Child SA in the place of this one. */
static struct ik_ike_sa *begin_with(struct ik_node *node, const struct ik_ike_sa *old,
                                    const struct ik_child_sa *like, const struct ik_ts *first)
{
    struct ik_ike_sa *sa = ik_initiate_beside(node, like->policy, old->peer);
    if (sa != NULL) {
        ik_child_ask_first(ik_child_first(node, sa), first);
    }
    return sa;
}

/* Is there room for a Child SA in the place of each? Those that a rekeying has left go soon. */
static bool has_room(const struct ik_node *node, const struct ik_ike_sa *old)
{
    uint16_t n = 0;
    for (struct ik_child_sa *c = ik_child_first(node, old); c != NULL; c = ik_child_next(node, c)) {
        n = (uint16_t)(n + carries(c));
    }
    return ik_sad_has(&node->ipsec, n);
}

/* A Child SA in the place of each, or nothing. Nothing for one without any, which serves nobody;
 * but for one that came up so. */
static struct ik_ike_sa *begin(struct ik_node *node, const struct ik_ike_sa *old)
{
    struct ik_ike_sa *sa = NULL;
    for (struct ik_child_sa *c = ik_child_first(node, old); c != NULL; c = ik_child_next(node, c)) {
        if (!carries(c)) {
            continue;
        }
        struct ik_ts pair[2];
        const struct ik_ts *first = ik_child_pair(&node->ipsec, c, pair);
        if (sa == NULL) {
            sa = begin_with(node, old, c, first);
            if (sa == NULL) {
                return NULL;
            }
        } else if (child_like(node, sa, c) == NULL &&
                   !ik_child_create(node, sa, c->policy, first)) {
            ik_sa_end_silent(node, sa);
            return NULL;
        }
    }
#if IK_CHILDLESS
    if (sa == NULL && ik_peer_of(node, old)->childless != IK_CHILDLESS_NEVER) {
        sa = ik_initiate_beside(node, IK_NO_SLOT, old->peer);
    }
#endif
    return sa;
}

static bool callable(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    return ik_peer_of(node, sa)->remote.family != 0 &&
           ik_exchange_listed(node, &ik_exchange_init_i);
}

void ik_reauthenticate(struct ik_node *node, struct ik_ike_sa *sa)
{
    if (sa->state != IK_IKE_UP || sa->reauths != 0) {
        return;
    }
    if (!callable(node, sa)) {
        (void)ik_delete_ike(node, sa, IK_WHY_EXPIRED, 0, 0);
        return;
    }
    bool room = has_room(node, sa);
    sa->moment[IK_TIMER_REAUTH] = ik_in(node, room ? AGAIN : ROOM);
    if (room && successor(node, sa) == NULL) {
        struct ik_ike_sa *made = begin(node, sa);
        if (made != NULL) {
            made->reauths = (uint16_t)(sa->slot + 1u);
            made->reauths_generation = sa->generation;
        }
        ik_about(&node->env, sa->slot);
    }
    ik_touch(node, sa);
}

void ik_reauth_inherit(struct ik_node *node, const struct ik_ike_sa *old, struct ik_ike_sa *sa)
{
    struct ik_ike_sa *made = successor(node, old);
    sa->moment[IK_TIMER_REAUTH] = old->moment[IK_TIMER_REAUTH];
    sa->reauths = old->reauths;
    sa->reauths_generation = old->reauths_generation;
    if (made != NULL && made->reauths_generation == old->generation) {
        made->reauths = (uint16_t)(sa->slot + 1u);
        made->reauths_generation = sa->generation;
    }
}

/* ---- one in the place of the other ----------------------------------------------------------- */

/* The other one has all: what carried receives on, what has no counterpart there ends. */
static void hand_over(struct ik_node *node, struct ik_ike_sa *old, struct ik_ike_sa *to)
{
    struct ik_child_sa *next;
    for (struct ik_child_sa *c = ik_child_first(node, old); c != NULL; c = next) {
        struct ik_child_sa *heir = carries(c) ? child_like(node, to, c) : NULL;
        next = ik_child_next(node, c);
        if (heir != NULL) {
            ik_child_linger(node, c);
            if (heir->state == IK_CHILD_IN_ONLY) {
                ik_child_up(&node->ipsec, heir);
            }
        } else if (c->state != IK_CHILD_OLD) {
            ik_child_end(node, c, IK_WHY_REPLACED, 0);
        }
    }
    ik_tasks_drop_queued(node, old);
    ik_children_move(node, old, to);
}

bool ik_reauth_due(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    if (sa->reauths == 0 || sa->state != IK_IKE_UP) {
        return false;
    }
    const struct ik_child_sa *c = ik_child_first(node, sa);
    while (c != NULL && c->state != IK_CHILD_LARVAL) {
        c = ik_child_next(node, c);
    }
    return c == NULL;
}

static bool has_any(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    const struct ik_child_sa *c = ik_child_first(node, sa);
    while (c != NULL && !carries(c)) {
        c = ik_child_next(node, c);
    }
    return c != NULL;
}

void ik_reauth_finish(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_ike_sa *old = ik_ike_at(node, (ik_slot)(sa->reauths - 1u));
    sa->reauths = 0;
    if (old->state != IK_IKE_UP || old->generation != sa->reauths_generation) {
        return; /* it has ended meanwhile */
    }
    if (has_any(node, old) && !has_any(node, sa)) {
        /* All that the peer refuses now it has allowed before: that serves for as long as it may.
         */
        (void)ik_delete_ike(node, sa, IK_WHY_REFUSED, 0, 0);
        return;
    }
    hand_over(node, old, sa);
    (void)ik_delete_ike(node, old, IK_WHY_REKEYED, 0, 0);
}

/* ---- the peer's ------------------------------------------------------------------------------ */

/* The newest that came up later with the same peer, by its call; or NULL. */
static struct ik_ike_sa *later_one(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    struct ik_ike_sa *found = NULL;
    for (struct ik_ike_sa *o = ik_index_by_id(node, sa->peer_id, NULL); o != NULL;
         o = ik_index_by_id(node, sa->peer_id, o)) {
        if (o != sa && o->state == IK_IKE_UP && !o->initiator && (o->flags & IK_SA_LARVAL) == 0 &&
            o->peer == sa->peer && ik_ct_eq(o->peer_id, sa->peer_id, sizeof o->peer_id) &&
            (int32_t)(o->generation - sa->generation) > 0 &&
            (found == NULL || (int32_t)(o->generation - found->generation) > 0)) {
            found = o;
        }
    }
    return found;
}

bool ik_reauth_of(const struct ik_ike_sa *sa, const struct ik_ike_sa *old)
{
    const struct ik_path *a = &sa->route.path, *b = &old->route.path;
    return ik_addr_eq(&a->remote, &b->remote) && a->remote_port == b->remote_port;
}

bool ik_reauth_beside(const struct ik_node *node, const struct ik_ike_sa *sa,
                      const struct ik_child_sa *child)
{
    for (struct ik_ike_sa *o = ik_index_by_id(node, sa->peer_id, NULL); o != NULL;
         o = ik_index_by_id(node, sa->peer_id, o)) {
        if (o != sa && o->state == IK_IKE_UP && ik_reauth_of(sa, o) &&
            ik_ct_eq(o->peer_id, sa->peer_id, sizeof o->peer_id)) {
            const struct ik_child_sa *c = child_like(node, o, child);
            if (c != NULL && c->state == IK_CHILD_UP) {
                return true;
            }
        }
    }
    return false;
}

void ik_reauth_settle_later(struct ik_node *node, struct ik_ike_sa *sa)
{
    sa->moment[IK_TIMER_UNIQUE] = ik_in(node, SETTLED);
}

/* The peer has made it in the place of one that serves, and may not have our response yet. */
static bool awaited(const struct ik_node *node, const struct ik_ike_sa *sa,
                    const struct ik_child_sa *child)
{
    const struct ik_child_sa *c = ik_child_first(node, sa);
    while (c != NULL && (c->state != IK_CHILD_UP || c->heir != ik_child_slot(child) + 1u)) {
        c = ik_child_next(node, c);
    }
    return c != NULL;
}

/* A peer that was restarted may have nothing to say, and waits for what we send. */
void ik_reauth_settle(struct ik_node *node, struct ik_ike_sa *sa)
{
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        if (c->state == IK_CHILD_IN_ONLY && !c->redundant && !awaited(node, sa, c)) {
            ik_child_up(&node->ipsec, c);
        }
    }
}

bool ik_reauth_yield(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_ike_sa *to = sa->state == IK_IKE_UP ? later_one(node, sa) : NULL;
    if (to == NULL || !has_any(node, sa)) {
        return false;
    }
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        if (carries(c) && child_like(node, to, c) != NULL) {
            hand_over(node, sa, to);
            return true;
        }
    }
    return false;
}

/* Who sends in the place of one that has sent until now? */
void ik_reauth_wake(struct ik_node *node, const struct ik_ike_sa *sa,
                    const struct ik_child_sa *child)
{
    for (struct ik_ike_sa *o = ik_index_by_id(node, sa->peer_id, NULL); o != NULL;
         o = ik_index_by_id(node, sa->peer_id, o)) {
        struct ik_child_sa *c =
            o != sa && o->state == IK_IKE_UP ? child_like(node, o, child) : NULL;
        if (c != NULL && c->state == IK_CHILD_IN_ONLY && !c->redundant) {
            ik_child_up(&node->ipsec, c);
        }
    }
}

#endif

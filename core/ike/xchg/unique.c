/* SPDX-License-Identifier: MIT */
/*
 * One IKE SA with a peer, and one Child SA for a flow (ik_peer.unique; RFC 7296 2.4 without an
 * INITIAL_CONTACT). A peer that restarts without a word makes another IKE SA, and its responder
 * deletes the one before: after a while, for it may be reauthentication (reauth.c), whose initiator
 * does that itself when it has all that it needs. Where both ends begin at once, each is responder
 * of one:
 *
 *     A                                        B
 *     IKE_AUTH of X  --\        /--  IKE_AUTH of Y
 *                       \      /
 *                        \----/---->  X is up here; Y is opening
 *     Y is up; X opening <---/
 *                  <--- X is up                Y is up --->
 *
 * Then neither has deleted anything. After a while, in which a Delete of the other end may come,
 * both look once more and choose alike: the SA with the lower SPI goes.
 */
#include "ike/xchg/xchg.h"

#if IK_REKEY

#define LOOK_AFTER 5000u   /* ms */
#define YIELDS_AFTER 3000u /* ms */

static bool replaces(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    return ik_config_of(node)->life != NULL && sa->peer != IK_NO_SLOT &&
           ik_peer_of(node, sa)->unique == IK_UNIQUE_REPLACE;
}

/* Is sa another one with the same peer? */
static bool rivals(const struct ik_ike_sa *self, const struct ik_ike_sa *sa)
{
    return sa != self && sa->state == IK_IKE_UP && (sa->flags & IK_SA_LARVAL) == 0 &&
           ik_ct_eq(sa->peer_id, self->peer_id, sizeof sa->peer_id);
}

/* ---- as responder --------------------------------------------------------------------------- */

/* Up before self was begun: so the peer does not make both at once. */
static bool older(const struct ik_ike_sa *self, const struct ik_ike_sa *sa)
{
    return rivals(self, sa) && (int32_t)(self->generation - sa->generation) > 0;
}

/* Replaced before, and its Delete is not answered: the peer, who has come once more since, does not
 * know it. A peer that loses power again and again takes no more places than that. */
static bool forgotten(const struct ik_ike_sa *self, const struct ik_ike_sa *sa)
{
    return sa != self && sa->state == IK_IKE_CLOSING && sa->reason == IK_WHY_REPLACED &&
           ik_ct_eq(sa->peer_id, self->peer_id, sizeof sa->peer_id);
}

static bool give_way(struct ik_node *node, const struct ik_ike_sa *self, bool refuse)
{
    struct ik_ike_sa *next;
    bool found = false;
    for (struct ik_ike_sa *sa = ik_index_by_id(node, self->peer_id, NULL); sa != NULL; sa = next) {
        next = ik_index_by_id(node, self->peer_id, sa);
        if (forgotten(self, sa)) {
            ik_sa_end(node, sa, IK_WHY_REPLACED, 0);
        }
        if (!older(self, sa)) {
            continue;
        }
        found = true;
        ik_about(&node->env, sa->slot);
        if (refuse) {
            ik_liveness_check(node, sa);
        } else if (!sa->yields && ik_reauth_of(self, sa)) {
            sa->yields = true;
            sa->moment[IK_TIMER_UNIQUE] = ik_in(node, YIELDS_AFTER);
            ik_touch(node, sa);
        } else {
            (void)ik_delete_ike(node, sa, IK_WHY_REPLACED, 0, 0);
        }
    }
    ik_about(&node->env, self->slot);
    return found;
}

bool ik_unique_admits(struct ik_node *node, struct ik_ike_sa *self)
{
    bool refuse = ik_peer_of(node, self)->unique == IK_UNIQUE_REFUSE;
    if (ik_config_of(node)->life == NULL || (!refuse && !replaces(node, self))) {
        return true;
    }
    return !give_way(node, self, refuse) || !refuse;
}

void ik_unique_in_vain(struct ik_node *node, const struct ik_ike_sa *self)
{
    for (struct ik_ike_sa *sa = ik_index_by_id(node, self->peer_id, NULL); sa != NULL;
         sa = ik_index_by_id(node, self->peer_id, sa)) {
        if (rivals(self, sa)) {
            sa->yields = false;
        }
    }
}

/* ---- as initiator --------------------------------------------------------------------------- */

void ik_unique_crossed(struct ik_node *node, struct ik_ike_sa *self)
{
    if (!replaces(node, self)) {
        return;
    }
    for (struct ik_ike_sa *sa = ik_index_by_id(node, self->peer_id, NULL); sa != NULL;
         sa = ik_index_by_id(node, self->peer_id, sa)) {
        if (rivals(self, sa) && !sa->initiator && !older(self, sa)) {
            self->moment[IK_TIMER_UNIQUE] = ik_in(node, LOOK_AFTER);
        }
    }
}

/* ---- of two, one ---------------------------------------------------------------------------- */

static bool same_ts(const struct ik_node *node, const struct ik_child_sa *a,
                    const struct ik_child_sa *b)
{
    uint8_t local_n, remote_n;
    const struct ik_ts *local = ik_child_ts_local(&node->ipsec, b, &local_n);
    const struct ik_ts *remote = ik_child_ts_remote(&node->ipsec, b, &remote_n);
    return ik_child_has_ts(&node->ipsec, a, local, local_n, remote, remote_n);
}

/* It serves, and is not about to go: one that is rekeyed is the other end's to delete (2.8). */
static bool stays(const struct ik_child_sa *c)
{
    return c->state == IK_CHILD_UP && !c->replaced;
}

/* Another Child SA of the IKE SA for the same flow, or NULL. up: one that serves as it does. */
static struct ik_child_sa *other_of_flow(const struct ik_node *node, const struct ik_ike_sa *sa,
                                         const struct ik_child_sa *child, bool up)
{
    struct ik_child_sa *c = ik_child_first(node, sa);
    while (c != NULL && (c == child || c->policy != child->policy || !same_ts(node, c, child) ||
                         (up && (!stays(c) || c->mode != child->mode)))) {
        c = ik_child_next(node, c);
    }
    return c;
}

static struct ik_child_sa *twin(const struct ik_node *node, const struct ik_ike_sa *sa,
                                const struct ik_child_sa *child)
{
    return other_of_flow(node, sa, child, true);
}

/* The peer makes one Child SA after the other, as slowly as it computes and as the link loses: what
 * it replaces by them waits on. */
static void wait_on(struct ik_node *node, const struct ik_ike_sa *self)
{
    for (struct ik_ike_sa *sa = ik_index_by_id(node, self->peer_id, NULL); sa != NULL;
         sa = ik_index_by_id(node, self->peer_id, sa)) {
        if (older(self, sa) && sa->yields) {
            sa->moment[IK_TIMER_UNIQUE] = ik_in(node, YIELDS_AFTER);
            ik_touch(node, sa);
        }
    }
}

void ik_unique_child(struct ik_node *node, const struct ik_child_sa *child)
{
    struct ik_ike_sa *sa = ik_ike_at(node, child->ike);
    if (other_of_flow(node, sa, child, false) == NULL) { /* nothing was rekeyed to it */
        wait_on(node, sa);
    }
    if (child->state == IK_CHILD_UP && replaces(node, sa) && twin(node, sa, child) != NULL) {
        sa->moment[IK_TIMER_UNIQUE] = ik_in(node, LOOK_AFTER);
    }
}

/* The two ends see the same pair of SPIs, the other way round. */
static uint32_t lower_spi(const struct ik_child_sa *c)
{
    return c->in.spi < c->out.spi ? c->in.spi : c->out.spi;
}

/* True if there was one to delete. */
static bool part_twins(struct ik_node *node, struct ik_ike_sa *sa)
{
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        struct ik_child_sa *other = stays(c) ? twin(node, sa, c) : NULL;
        if (other != NULL) {
            ik_delete_child(node, sa, lower_spi(c) < lower_spi(other) ? c : other, IK_WHY_REPLACED);
            return true;
        }
    }
    return false;
}

static bool lower(const uint8_t *a, const uint8_t *b)
{
    uint32_t high_a = ik_get32(a), high_b = ik_get32(b);
    return high_a != high_b ? high_a < high_b : ik_get32(a + 4) < ik_get32(b + 4);
}

/* While a rekeying is under way there are two of what will be one, of which 2.8.1 and 2.8.2 say
 * which goes: no two that were made beside each other. */
static bool undecided(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    const struct ik_child_sa *c = ik_child_first(node, sa);
    while (c != NULL && !c->rekeyed) {
        c = ik_child_next(node, c);
    }
    return c != NULL || ik_rekeying_ike(node, sa) || ik_ike_undecided(node, sa) != NULL;
}

static void look_later(struct ik_node *node, struct ik_ike_sa *sa)
{
    sa->moment[IK_TIMER_UNIQUE] = ik_in(node, LOOK_AFTER);
    ik_touch(node, sa);
}

void ik_unique_due(struct ik_node *node, struct ik_ike_sa *self)
{
    self->moment[IK_TIMER_UNIQUE] = IK_MS_NONE;
    if (self->state != IK_IKE_UP) {
        return;
    }
    if (self->yields) {
        (void)ik_reauth_yield(node, self);
        (void)ik_delete_ike(node, self, IK_WHY_REPLACED, 0, 0);
        return;
    }
    if (undecided(node, self)) {
        look_later(node, self);
        return;
    }
    ik_reauth_settle(node, self);
    if (!replaces(node, self)) {
        return;
    }
    while (part_twins(node, self)) {
    }
    for (struct ik_ike_sa *sa = ik_index_by_id(node, self->peer_id, NULL); sa != NULL;
         sa = ik_index_by_id(node, self->peer_id, sa)) {
        if (rivals(self, sa) && sa->initiator != self->initiator) {
            if (undecided(node, sa)) {
                look_later(node, self);
                return;
            }
            bool ours = lower(self->spi_i, sa->spi_i);
            (void)ik_delete_ike(node, ours ? self : sa, IK_WHY_REPLACED, 0, 0);
            return;
        }
    }
}

/* ---- across nodes ---------------------------------------------------------------------------- */

static void yield_in(struct ik_node *node, struct ik_ike_sa *sa, ik_ms after)
{
    if (!sa->yields) {
        sa->yields = true;
        sa->moment[IK_TIMER_UNIQUE] = ik_in(node, after);
        ik_touch(node, sa);
    }
}

/* True if the other one has to give way. */
static bool meets(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_rival *rival)
{
    bool older = node->env.now - sa->up_at >= rival->age_ms;
    if (older && rival->only) {
        ik_sa_end(node, sa, IK_WHY_REPLACED, 0);
    } else if (sa->state != IK_IKE_UP || !replaces(node, sa) ||
               rival->initiator == (older || sa->initiator)) {
        return false;
    } else if (older) {
        yield_in(node, sa, YIELDS_AFTER);
    } else if (lower(sa->spi_i, rival->spi_i)) {
        yield_in(node, sa, LOOK_AFTER);
    } else {
        return true;
    }
    return false;
}

ik_slot ik_node_rival(struct ik_node *node, ik_time now, const struct ik_rival *rival)
{
    ik_slot stays_here = IK_NO_SLOT;
    struct ik_ike_sa *next;
    ik_enter(node, now);
    for (struct ik_ike_sa *sa = ik_index_by_id(node, rival->peer_id, NULL); sa != NULL; sa = next) {
        next = ik_index_by_id(node, rival->peer_id, sa);
        if (sa->state != IK_IKE_OPENING && (sa->flags & IK_SA_LARVAL) == 0 &&
            ik_ct_eq(sa->peer_id, rival->peer_id, sizeof sa->peer_id) && meets(node, sa, rival)) {
            stays_here = sa->slot;
        }
    }
    return stays_here;
}

#endif

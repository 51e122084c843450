/* SPDX-License-Identifier: MIT */
/* The Child SAs of an IKE SA: its list, and their ends. */
#include "ike/xchg/xchg.h"

static struct ik_child_sa *at(const struct ik_node *node, ik_slot slot)
{
    return slot == IK_NO_SLOT ? NULL : ik_child_at(&node->ipsec, slot);
}

struct ik_child_sa *ik_child_add(struct ik_node *node, struct ik_ike_sa *sa, uint16_t policy)
{
    struct ik_child_sa *child = ik_sad_alloc(&node->env, &node->ipsec);
    if (child == NULL) {
        return NULL;
    }
    child->policy = policy;
#if IK_AH
    child->ah = ik_policy_is_ah(ik_policy_of(node, policy));
#endif
    child->ike = sa->slot;
    child->sibling = sa->children;
    sa->children = ik_child_slot(child);
    return child;
}

struct ik_child_sa *ik_child_first(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    return at(node, sa->children);
}

struct ik_child_sa *ik_child_next(const struct ik_node *node, const struct ik_child_sa *child)
{
    return at(node, child->sibling);
}

struct ik_child_sa *ik_child_living(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    struct ik_child_sa *child = ik_child_first(node, sa);
    while (child != NULL && child->state == IK_CHILD_ENDED) {
        child = ik_child_next(node, child);
    }
    return child;
}

/* One that is rekeyed or deleted receives for a while. */
static bool receives(const struct ik_child_sa *child)
{
    return IK_REKEY ? ik_child_receives(child) : child->state == IK_CHILD_UP;
}

struct ik_child_sa *ik_child_by_out(const struct ik_node *node, const struct ik_ike_sa *sa,
                                    uint32_t spi)
{
    struct ik_child_sa *child = ik_child_first(node, sa);
    while (child != NULL && (!receives(child) || child->out.spi != spi)) {
        child = ik_child_next(node, child);
    }
    return child;
}

struct ik_child_sa *ik_child_by_in(const struct ik_node *node, const struct ik_ike_sa *sa,
                                   uint32_t spi)
{
    struct ik_child_sa *child = ik_child_first(node, sa);
    while (child != NULL && (child->in.spi != spi || !ik_child_receives(child))) {
        child = ik_child_next(node, child);
    }
    return child;
}

void ik_children_move(struct ik_node *node, struct ik_ike_sa *from, struct ik_ike_sa *to)
{
    ik_slot *link = &from->children;
    while (*link != IK_NO_SLOT) {
        at(node, *link)->ike = to->slot;
        link = &at(node, *link)->sibling;
    }
    *link = to->children;
    to->children = from->children;
    from->children = IK_NO_SLOT;
    to->flags |= from->flags & IK_SA_CHILD_EVENT;
    from->flags &= (uint8_t)~IK_SA_CHILD_EVENT;
    ik_route_changed(node, to);
    ik_touch(node, to);
}

#if IK_REKEY
static void forget_in(struct ik_node *node, const struct ik_ike_sa *sa, ik_slot slot)
{
    for (ik_slot at = sa->tasks; at != IK_NO_SLOT; at = ik_task_at(node, at)->next) {
        struct ik_task *task = ik_task_at(node, at);
        task->child = task->child == slot ? IK_NO_SLOT : task->child;
    }
    for (ik_slot at = sa->handshake; at != IK_NO_SLOT; at = ik_handshake_at(node, at)->sibling) {
        struct ik_handshake *hs = ik_handshake_at(node, at);
        hs->child = hs->child == slot ? IK_NO_SLOT : hs->child;
        hs->old = hs->old == slot ? IK_NO_SLOT : hs->old;
        if (hs->new_ike == IK_NO_SLOT && hs->rival == slot) { /* else that is an IKE SA's slot */
            hs->rival = IK_NO_SLOT;
        }
    }
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        if (c->heir == slot + 1u) {
            c->heir = 0;
            c->replaced = false;
        }
    }
}
#endif

/* Nothing that is under way is about it any more, in no IKE SA that it may have been of. */
static void forget(struct ik_node *node, const struct ik_ike_sa *sa, ik_slot slot)
{
#if IK_REKEY
    forget_in(node, sa, slot);
    for (const struct ik_ike_sa *o = ik_index_by_id(node, sa->peer_id, NULL); o != NULL;
         o = ik_index_by_id(node, sa->peer_id, o)) {
        if (o != sa) { /* it may have been this one's before it was rekeyed or reauthenticated */
            forget_in(node, o, slot);
        }
    }
#else
    (void)node, (void)sa, (void)slot;
#endif
}

void ik_child_free(struct ik_node *node, struct ik_child_sa *child)
{
    ik_slot slot = ik_child_slot(child);
    forget(node, ik_ike_at(node, child->ike), slot);
    ik_slot *link = &ik_ike_at(node, child->ike)->children;
    while (*link != slot) {
        link = &at(node, *link)->sibling;
    }
    *link = child->sibling;
    ik_child_wipe(&node->ipsec, child);
}

#if IK_REKEY
#define LINGER 5000u /* ms in which a packet may still be under way */
#define BRIEF 1000u  /* the same, while a peer would be refused for it: the pool is full */

void ik_child_linger(struct ik_node *node, struct ik_child_sa *child)
{
    child->reason = IK_WHY_REKEYED;
    child->expire_at = ik_in(node, ik_sad_has(&node->ipsec, 1) ? LINGER : BRIEF);
    child->rekey_at = IK_MS_NONE;
    ik_child_retire(&node->ipsec, child, IK_CHILD_OLD);
    ik_touch(node, ik_ike_at(node, child->ike));
}

ik_ms ik_children_until(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    ik_ms until = IK_MS_NONE;
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        until = ik_earlier(until, c->expire_at);
    }
    return until;
}
#endif

/* What it has to tell is told before its slot is free. */
static void end(struct ik_node *node, struct ik_child_sa *child)
{
    if (child->events == 0) {
        ik_child_free(node, child);
    } else {
        forget(node, ik_ike_at(node, child->ike), ik_child_slot(child));
        ik_sad_end(&node->ipsec, child);
    }
}

void ik_child_end(struct ik_node *node, struct ik_child_sa *child, enum ik_reason why,
                  uint16_t notify)
{
    if (child->state == IK_CHILD_ENDED) {
        return;
    }
#if IK_REKEY
    if (child->state == IK_CHILD_UP) {
        ik_reauth_wake(node, ik_ike_at(node, child->ike), child);
    }
#endif
    if (receives(child)) {
        ik_about(&node->env, ik_child_slot(child));
        ik_trace(&node->env, IK_TR_CHILD_DOWN, child->in.spi, child->out.spi);
        ik_about(&node->env, child->ike);
        /* What was replaced and only lingers has not been taken from anybody. */
        ik_raise_child(node, child, IK_EV_CHILD_DOWN,
                       IK_REKEY && child->state == IK_CHILD_OLD ? IK_WHY_REKEYED : why, notify);
    } else if (IK_REKEY && child->state == IK_CHILD_LARVAL && child->wanted) {
        ik_raise_child(node, child, IK_EV_CHILD_FAILED, why, notify);
    }
    end(node, child);
}

void ik_child_fail(struct ik_node *node, struct ik_child_sa *child, enum ik_reason why,
                   uint16_t notify)
{
    ik_raise_child(node, child, IK_EV_CHILD_FAILED, why, notify);
    end(node, child);
}

#if IK_REKEY
void ik_child_give_up(struct ik_node *node, struct ik_child_sa *child, enum ik_reason why,
                      uint16_t notify)
{
    if (child->wanted) {
        ik_child_fail(node, child, why, notify);
    } else {
        ik_child_free(node, child);
    }
}
#endif

void ik_children_end(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why,
                     uint16_t notify)
{
    struct ik_child_sa *child = ik_child_first(node, sa);
    while (child != NULL) {
        struct ik_child_sa *next = ik_child_next(node, child);
        ik_child_end(node, child, why, notify);
        child = next;
    }
}

#if IK_REKEY
bool ik_child_expire(struct ik_node *node, struct ik_ike_sa *sa, struct ik_child_sa *child)
{
    bool all = child->refused && !child->rekeyed && !child->replaced && sa->state == IK_IKE_UP;
    if (all) {
        (void)ik_delete_ike(node, sa, IK_WHY_EXPIRED, 0, 0);
    } else {
        ik_delete_child(node, sa, child, IK_WHY_EXPIRED);
    }
    return all;
}

void ik_children_expire(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_child_sa *next;
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = next) {
        next = ik_child_next(node, c);
        if (!ik_due(node, c->expire_at)) {
            continue;
        }
        c->expire_at = IK_MS_NONE;
        if (c->state == IK_CHILD_OLD) {
            ik_child_end(node, c, IK_WHY_REKEYED, 0);
        } else if (c->redundant) {
            ik_delete_child(node, sa, c, IK_WHY_REKEYED);
        } else if (ik_child_expire(node, sa, c)) {
            return;
        }
    }
}
#endif

/* SPDX-License-Identifier: MIT */
/* The Child SAs of an IKE SA: its list, and their ends. */
#include "ike/ike.h"

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

struct ik_child_sa *ik_child_by_out(const struct ik_node *node, const struct ik_ike_sa *sa,
                                    uint32_t spi)
{
    struct ik_child_sa *child = ik_child_first(node, sa);
    while (child != NULL && (child->state != IK_CHILD_UP || child->out.spi != spi)) {
        child = ik_child_next(node, child);
    }
    return child;
}

void ik_child_free(struct ik_node *node, struct ik_child_sa *child)
{
    ik_slot slot = ik_child_slot(child);
    ik_slot *link = &ik_ike_at(node, child->ike)->children;
    while (*link != slot) {
        link = &at(node, *link)->sibling;
    }
    *link = child->sibling;
    ik_child_wipe(&node->ipsec, child);
}

/* What it has to tell is told before its slot is free. */
static void end(struct ik_node *node, struct ik_child_sa *child)
{
    if (child->events == 0) {
        ik_child_free(node, child);
    } else {
        ik_sad_end(&node->ipsec, child);
    }
}

void ik_child_end(struct ik_node *node, struct ik_child_sa *child, enum ik_reason why,
                  uint16_t notify)
{
    if (child->state == IK_CHILD_ENDED) {
        return;
    }
    if (child->state == IK_CHILD_UP) {
        ik_about(&node->env, ik_child_slot(child));
        ik_trace(&node->env, IK_TR_CHILD_DOWN, child->in.spi, child->out.spi);
        ik_about(&node->env, child->ike);
        ik_raise_child(node, child, IK_EV_CHILD_DOWN, why, notify);
    }
    end(node, child);
}

void ik_child_fail(struct ik_node *node, struct ik_child_sa *child, enum ik_reason why,
                   uint16_t notify)
{
    ik_raise_child(node, child, IK_EV_CHILD_FAILED, why, notify);
    end(node, child);
}

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

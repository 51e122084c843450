/* SPDX-License-Identifier: MIT */
/*
 * Buffers for messages that are kept: long ones, which take any, and short ones, into which a
 * response moves that has to be kept for as long as nothing newer comes (RFC 7296 2.1), which of an
 * SA at rest is for ever. The memory of one is not touched before it is taken for the first time.
 */
#include "ike/ike.h"

#if IK_LINKED

IK_OUT_OF_LINE struct ik_buffer *ik_buffer_at(const struct ik_node *node, ik_slot slot)
{
    (void)node;
    return slot == 0 ? &ik_linked_buffers[0] : &ik_linked_buffers[1];
}

void ik_buffers_init(struct ik_node *node)
{
    node->buffers_taken = 0;
}

void ik_buffers_wipe(struct ik_node *node)
{
    (void)node;
    ik_wipe(ik_linked_buffers, sizeof ik_linked_buffers);
}

ik_slot ik_buffer_alloc(struct ik_node *node)
{
    ik_slot slot = node->buffers_taken & 1u;
    if (!ik_buffer_left(node)) {
        return IK_NO_SLOT;
    }
    node->buffers_taken |= (uint8_t)(slot + 1u);
    return slot;
}

static void give(struct ik_node *node, ik_slot slot)
{
    node->buffers_taken &= (uint8_t)(IK_BUFFERS_ALL - (slot + 1u));
}

#else

void ik_buffers_init(struct ik_node *node)
{
    node->buffer_free = IK_NO_SLOT;
#if IK_TFC
    node->dummy = IK_NO_SLOT;
#endif
    node->buffers_fresh = 0;
    node->buffers_left = node->host.buffers_n;
#if IK_SHORT_MAX > 0
    node->short_free = IK_NO_SLOT;
    node->shorts_fresh = 0;
#endif
}

void ik_buffers_wipe(struct ik_node *node)
{
    ik_wipe(node->host.buffers, node->buffers_fresh * sizeof *node->host.buffers);
#if IK_SHORT_MAX > 0
    if (node->shorts_fresh > 0) {
        ik_wipe(node->host.shorts, node->shorts_fresh * IK_SHORT_BUFFER);
    }
#endif
}

/* One that was given back, else one that was never taken. base: the first slot of the kind. */
static ik_slot take(struct ik_node *node, ik_slot *free, ik_slot *fresh, ik_slot base, uint16_t n)
{
    ik_slot slot = *free;
    if (slot != IK_NO_SLOT) {
        *free = ik_buffer_at(node, slot)->next;
        ik_buffer_at(node, slot)->next = IK_NO_SLOT;
    } else if (*fresh < n) {
        slot = (ik_slot)(base + (*fresh)++);
        memset(ik_buffer_at(node, slot), 0, offsetof(struct ik_buffer, b));
        ik_buffer_at(node, slot)->next = IK_NO_SLOT;
    }
    return slot;
}

ik_slot ik_buffer_alloc(struct ik_node *node)
{
    ik_slot slot = take(node, &node->buffer_free, &node->buffers_fresh, 0, node->host.buffers_n);
    if (slot != IK_NO_SLOT) {
        node->buffers_left--;
    }
    return slot;
}

static void give(struct ik_node *node, ik_slot slot)
{
    ik_slot *free = &node->buffer_free;
#if IK_SHORT_MAX > 0
    if (slot >= node->host.buffers_n) {
        free = &node->short_free;
    } else
#endif
    {
        node->buffers_left++;
    }
    ik_buffer_at(node, slot)->next = *free;
    *free = slot;
}

#endif

ik_slot ik_buffer_copy(struct ik_node *node, const uint8_t *msg, uint16_t len)
{
    ik_slot slot = len <= IK_MSG_MAX ? ik_buffer_alloc(node) : IK_NO_SLOT;
    if (slot != IK_NO_SLOT) {
        struct ik_buffer *b = ik_buffer_at(node, slot);
        b->len = len;
        memcpy(b->b + IK_MARKER_LEN, msg, len);
    }
    return slot;
}

void ik_buffer_drop(struct ik_node *node, ik_slot *slot)
{
    if (*slot == IK_NO_SLOT) {
        return;
    }
    struct ik_buffer *b = ik_buffer_at(node, *slot);
    ik_wipe(b->b, IK_MARKER_LEN + b->len);
    b->len = 0;
#if IK_FRAGMENT
    ik_wipe(&b->pieces, sizeof b->pieces);
#endif
    give(node, *slot);
    *slot = IK_NO_SLOT;
}

#if IK_SHORT_MAX > 0
ik_slot ik_buffer_settle(struct ik_node *node, ik_slot slot)
{
    const struct ik_host *h = &node->host;
    const struct ik_buffer *from = ik_buffer_at(node, slot);
    ik_slot to = IK_NO_SLOT;
    if (slot < h->buffers_n && from->len <= IK_SHORT_MAX) {
        to = take(node, &node->short_free, &node->shorts_fresh, h->buffers_n, h->shorts_n);
    }
    if (to == IK_NO_SLOT) {
        return slot;
    }
    memcpy(ik_buffer_at(node, to), from, offsetof(struct ik_buffer, b) + IK_MARKER_LEN + from->len);
    ik_buffer_drop(node, &slot);
    return to;
}
#endif

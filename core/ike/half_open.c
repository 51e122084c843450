/* SPDX-License-Identifier: MIT */
/*
 * Half-open IKE SAs are shared out: an address may hold as many places as are still free, so that
 * however many it asks for, others find room. When none is free, the oldest whose peer does not go
 * on gives way to an address that holds none.
 */
#include "ike/ike.h"

#if IK_RESPONDER

#define PATIENCE 2000u /* ms for a peer to go on before it may have to give way */

void ik_half_open_add(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_handshake *hs = ik_handshake_of(node, sa);
    hs->half_open = true;
    hs->since = node->env.now;
    hs->prev = node->half_last;
    hs->next = IK_NO_SLOT;
    if (node->half_last == IK_NO_SLOT) {
        node->half_first = hs->slot;
    } else {
        ik_handshake_at(node, node->half_last)->next = hs->slot;
    }
    node->half_last = hs->slot;
    node->half_open++;
    ik_index_put(node, sa, IK_BY_ADDR);
}

void ik_half_open_take(struct ik_node *node, struct ik_handshake *hs)
{
    if (!hs->half_open) {
        return;
    }
    *(hs->prev != IK_NO_SLOT ? &ik_handshake_at(node, hs->prev)->next : &node->half_first) =
        hs->next;
    *(hs->next != IK_NO_SLOT ? &ik_handshake_at(node, hs->next)->prev : &node->half_last) =
        hs->prev;
    hs->next = hs->prev = IK_NO_SLOT;
    hs->half_open = false;
    node->half_open--;
    ik_index_take(node, ik_ike_at(node, hs->ike), IK_BY_ADDR);
}

/* Half-open SAs of that address, counted no further than limit. */
static uint16_t held_by(const struct ik_node *node, const struct ik_addr *from, uint16_t limit)
{
    const struct ik_ike_sa *sa = NULL;
    uint16_t n = 0;
    while (n < limit && (sa = ik_index_by_addr(node, from, sa)) != NULL) {
        n = (uint16_t)(n + ik_addr_eq(&sa->route.path.remote, from));
    }
    return n;
}

/* True if the oldest gave way. One whose job runs is not free before that is back. */
static bool evict(struct ik_node *node)
{
    if (node->half_first == IK_NO_SLOT) {
        return false;
    }
    const struct ik_handshake *hs = ik_handshake_at(node, node->half_first);
    if (hs->job_place != IK_JOB_IDLE || hs->kept.buffer != IK_NO_SLOT ||
        node->env.now - hs->since < PATIENCE) {
        return false;
    }
    ik_count(&node->env, IK_COUNT_HALF_OPEN_EVICTED);
    ik_count(&node->env, IK_COUNT_IKE_SAS_FAILED);
    struct ik_ike_sa *sa = ik_ike_at(node, hs->ike);
    ik_sa_end_silent(node, sa);
    ik_dead_free(node, sa); /* its place is wanted at once */
    return true;
}

/* Of whatever is scarcest; each takes two buffers. Dead ones that only keep a response give way to
 * anybody (pool.c). */
static uint16_t places_left(const struct ik_node *node)
{
    uint16_t left = (uint16_t)(ik_ike_n(node) - node->ike_used);
    uint16_t buffers = node->buffers_left / 2;
    if (left == 0 && node->dead_first != IK_NO_SLOT) {
        left = 1;
    }
    uint16_t handshakes = node->handshakes_left;
#if IK_KEY_AHEAD
    handshakes = (uint16_t)(handshakes + ik_node_prepared(node)); /* which gives way */
#endif
    left = left < handshakes ? left : handshakes;
    return left < buffers ? left : buffers;
}

bool ik_half_open_admits(struct ik_node *node, const struct ik_addr *from)
{
    uint16_t left = places_left(node);
    uint16_t share = left > 0 ? left : 1;
    if (node->half_open >= share && held_by(node, from, share) >= share) {
        return false;
    }
    return left > 0 || evict(node);
}

#endif

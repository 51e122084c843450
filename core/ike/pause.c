/* SPDX-License-Identifier: MIT */
/*
 * A packet that finds no SA asks for one; after a refusal, not at once again, or a stream of
 * packets would be a stream of handshakes. What failed with one peer, or for one policy, is no
 * reason for another to wait; but for so many that they are not told apart any more, and where it
 * failed for want of room or entropy.
 */
#include "ike/ike.h"

#define PAUSE 2000u /* ms */

IK_OUT_OF_LINE void ik_pause_acquire(struct ik_node *node)
{
    node->acquire_at = ik_in(node, PAUSE);
}

bool ik_pauses(const struct ik_node *node)
{
    return ik_pausing(node, node->acquire_at, PAUSE);
}

#if IK_PAUSES_N > 0

static bool paused(const struct ik_node *node, const struct ik_pause *p)
{
    return ik_pausing(node, p->until, PAUSE);
}

static const struct ik_pause *find(const struct ik_node *node, uint16_t of, bool peer)
{
    for (uint8_t i = 0; i < IK_PAUSES_N; i++) {
        const struct ik_pause *p = &node->pauses[i];
        if (p->of == of && p->peer == peer && paused(node, p)) {
            return p;
        }
    }
    return NULL;
}

static void begin(struct ik_node *node, const struct ik_pause *pause)
{
    uint8_t i = 0;
    while (i < IK_PAUSES_N && paused(node, &node->pauses[i]) &&
           (node->pauses[i].of != pause->of || node->pauses[i].peer != pause->peer)) {
        i++;
    }
    if (i < IK_PAUSES_N) {
        node->pauses[i] = *pause;
    } else {
        ik_pause_acquire(node);
    }
}

void ik_pause_policy(struct ik_node *node, uint16_t policy)
{
    begin(node, &(struct ik_pause){.until = ik_in(node, PAUSE), .of = policy});
}

void ik_pause_peer(struct ik_node *node, uint16_t peer, enum ik_reason why)
{
    begin(node, &(struct ik_pause){ik_in(node, PAUSE), peer, true, (uint8_t)why});
}

bool ik_may_acquire(const struct ik_node *node, uint16_t policy)
{
    return !ik_pauses(node) && find(node, policy, false) == NULL &&
           find(node, ik_policy_of(node, policy)->peer, true) == NULL;
}

enum ik_reason ik_paused_why(const struct ik_node *node, uint16_t peer)
{
    const struct ik_pause *p = find(node, peer, true);
    return p != NULL ? (enum ik_reason)p->why : IK_WHY_NONE;
}

void ik_pauses_forget(struct ik_node *node)
{
    node->acquire_at = IK_MS_NONE;
    memset(node->pauses, 0, sizeof node->pauses);
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Time in 32 bits: moments count from an epoch, which moves on when now is 2^31 behind it. So what
 * is waited for, IK_WAIT_MAX from now at most, is below IK_TICK_NEVER.
 */
#include "ike/ike.h"

#define LASTS 0x8000u /* an epoch, in its unit of 2^16 us */

static IK_OUT_OF_LINE void shift(ik_tick *at, uint32_t by)
{
    if (*at != IK_TICK_NEVER) {
        *at = *at > by + IK_TICK_OLDEST ? *at - by : IK_TICK_OLDEST;
    }
}

/* The epoch is to be so much later. */
static void shift_all(struct ik_node *node, uint32_t by)
{
    for (uint16_t i = 0; i < ik_ike_n(node); i++) {
        shift(&ik_ike_at(node, i)->timer_at, by);
        shift(&ik_ike_at(node, i)->sent_at, by);
    }
    for (uint16_t i = 0; i < ik_child_n(&node->ipsec); i++) {
        shift(&ik_child_at(&node->ipsec, i)->sent_at, by);
    }
    shift(&node->acquire_at, by);
    if (IK_RESPONDER) {
        shift(&node->clear_error_at, by);
        shift(&node->cookie.drawn_at, by);
        shift(&node->cookie.until, by);
    }
    ik_touch(node);
}

void ik_enter(struct ik_node *node, ik_time now)
{
    uint32_t since = (uint32_t)(now >> 16) - node->env.epoch;
    if (since >= LASTS) {
        /* After 2^32 us all that is kept is long past. */
        shift_all(node,
                  since >= 2 * LASTS ? UINT32_MAX - IK_TICK_OLDEST : (since << 16) - IK_TICK_PAST);
        node->env.epoch += since - (IK_TICK_PAST >> 16);
        since = IK_TICK_PAST >> 16;
    }
    node->env.host_now = now;
    node->env.now = since << 16 | (uint16_t)now;
    ik_about(&node->env, IK_NO_SLOT);
}

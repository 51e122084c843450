/* SPDX-License-Identifier: MIT */
/*
 * Time in 32 bits: moments count from an epoch, which moves on when now is 2^31 behind it. So what
 * is waited for, IK_WAIT_MAX from now at most, is below IK_TICK_NEVER.
 */
#include "ike/ike.h"

#define EPOCH_LASTS ((uint32_t)1 << 31)

static void shift(ik_tick *at, uint32_t by)
{
    if (*at != IK_TICK_NEVER) {
        *at = *at > by ? *at - by : 0;
    }
}

/* The epoch is to be by later. What is longer ago than that is kept as 0. */
static void move_epoch(struct ik_node *node, ik_time by)
{
    uint32_t less = by < IK_TICK_NEVER ? (uint32_t)by : IK_TICK_NEVER;
    for (uint16_t i = 0; i < node->ike_sas_n; i++) {
        shift(&node->ike_sas[i].timer_at, less);
        shift(&node->ike_sas[i].sent_at, less);
    }
    for (uint16_t i = 0; i < node->ipsec.sas_n; i++) {
        shift(&node->ipsec.sas[i].sent_at, less);
    }
    shift(&node->next_at, less);
    shift(&node->acquire_at, less);
    if (IK_RESPONDER) {
        shift(&node->clear_error_at, less);
        shift(&node->cookie.drawn_at, less);
        shift(&node->cookie.until, less);
    }
    node->env.epoch += by;
}

void ik_enter(struct ik_node *node, ik_time now)
{
    if (now - node->env.epoch >= EPOCH_LASTS) {
        move_epoch(node, now - node->env.epoch - IK_TICK_PAST);
    }
    node->env.now = (ik_tick)(now - node->env.epoch);
    ik_about(&node->env, IK_NO_SLOT);
}

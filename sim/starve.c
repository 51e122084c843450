/* SPDX-License-Identifier: MIT */
/*
 * Pools that are full for a while: the free slots of one kind are hidden from the core, so that it
 * comes where otherwise it does only with as many peers as slots, and at any moment of any
 * exchange.
 */
#include "sim/sim.h"

static ik_slot *head_of(struct ik_node *core, enum sim_pool kind)
{
    switch (kind) {
    case SIM_HANDSHAKES:
        return &core->handshake_free;
    case SIM_TASKS:
        return &core->task_free;
    default:
        return &core->buffer_free;
    }
}

static ik_slot *next_of(struct ik_node *core, enum sim_pool kind, ik_slot slot)
{
    switch (kind) {
    case SIM_HANDSHAKES:
        return &core->host.handshakes[slot].next;
    case SIM_TASKS:
        return &core->host.tasks[slot].next;
    default:
        return &core->host.buffers[slot].next;
    }
}

/* Behind the last free slot come those from `more` on; counts anew how many there are. */
static void append(struct ik_node *core, enum sim_pool kind, ik_slot more)
{
    ik_slot *at = head_of(core, kind);
    uint16_t n = 0;

    for (;; n++) {
        if (*at == IK_NO_SLOT) {
            *at = more;
            more = IK_NO_SLOT;
        }
        if (*at == IK_NO_SLOT)
            break;
        at = next_of(core, kind, *at);
    }
    if (kind == SIM_HANDSHAKES)
        core->handshakes_left = (uint16_t)(n + core->host.handshakes_n - core->handshakes_fresh);
    else if (kind == SIM_BUFFERS)
        core->buffers_left = (uint16_t)(n + core->host.buffers_n - core->buffers_fresh);
}

bool sim_starve_for(struct sim *s, uint16_t node, enum sim_pool kind, ik_time span)
{
    struct ik_node *core = &s->nodes[node]->core;
    const ik_slot buffers = core->buffers_fresh, handshakes = core->handshakes_fresh;
    ik_slot hidden;

    if (s->nodes[node]->off)
        return sim_run_for(s, span);
    sim_note(s, "n%u starves of %u", node, (unsigned)kind);
    hidden = *head_of(core, kind);
    *head_of(core, kind) = IK_NO_SLOT;
    if (kind == SIM_BUFFERS)
        core->buffers_fresh = core->host.buffers_n;
    if (kind == SIM_HANDSHAKES)
        core->handshakes_fresh = core->host.handshakes_n;
    append(core, kind, IK_NO_SLOT);
    sim_run_for(s, span);
    if (kind == SIM_BUFFERS)
        core->buffers_fresh = buffers;
    if (kind == SIM_HANDSHAKES)
        core->handshakes_fresh = handshakes;
    append(core, kind, hidden);
    return !s->failed;
}

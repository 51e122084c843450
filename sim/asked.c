/* SPDX-License-Identifier: MIT */
/* What the user of a node asks it for: packets, SAs up, renewed, down. */
#include <string.h>

#include "sim/watched.h"

void sim_tx(struct sim *s, uint16_t node, const uint8_t *packet, uint16_t len)
{
    struct sim_node *n = s->nodes[node];
    uint8_t buf[SIM_BUFFER];
    struct ik_pkt pkt = {.buf = buf, .cap = sizeof buf, .off = SIM_HEAD, .len = len};

    if (s->failed || n->off || len > SIM_PACKET_MAX)
        return;
    memcpy(buf + SIM_HEAD, packet, len);
    sim_spy_asked(&s->spy, node, packet, len);
    WATCHED(n, ik_node_tx(&n->core, sim_node_now(n), &pkt));
    sim_node_pump(n);
}

void sim_up(struct sim *s, uint16_t node, uint16_t policy)
{
    struct sim_node *n = s->nodes[node];

    if (s->failed || n->off)
        return;
    sim_note(s, "n%u up policy=%u", node, policy);
    sim_check_up(n, policy);
    WATCHED(n, ik_node_up(&n->core, sim_node_now(n), policy));
    sim_node_pump(n);
}

#if IK_REKEY
static void renew(struct sim *s, uint16_t node, uint16_t slot, const char *what,
                  void (*act)(struct ik_node *, ik_time, ik_slot))
{
    struct sim_node *n = s->nodes[node];

    if (s->failed || n->off)
        return;
    sim_note(s, "n%u %s=%u", node, what, slot);
    WATCHED(n, act(&n->core, sim_node_now(n), slot));
    sim_node_pump(n);
}

void sim_rekey_ike(struct sim *s, uint16_t node, uint16_t slot)
{
    renew(s, node, slot, "rekey ike", ik_node_rekey_ike);
}

void sim_reauth(struct sim *s, uint16_t node, uint16_t slot)
{
    renew(s, node, slot, "reauth ike", ik_node_reauth);
}

void sim_rekey_child(struct sim *s, uint16_t node, uint16_t slot)
{
    renew(s, node, slot, "rekey child", ik_node_rekey_child);
}
#endif

void sim_down(struct sim *s, uint16_t node, uint16_t peer)
{
    struct sim_node *n = s->nodes[node];

    if (s->failed || n->off)
        return;
    sim_note(s, "n%u down peer=%u", node, peer);
    if (!s->opts.unchecked)
        sim_check_work_of(&s->spy, node, n->core.ike_used);
    WATCHED(n, ik_node_down(&n->core, sim_node_now(n), peer));
    sim_node_pump(n);
}

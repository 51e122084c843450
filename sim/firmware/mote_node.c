/* SPDX-License-Identifier: MIT */
#include "sim/firmware/mote_node.h"

#include <string.h>

#include "sim/firmware/ip6.h"
#include "sim/node.h"

struct mote_node {
    struct sim *s;
    uint16_t index;
    struct sim_mote_opts opts;
    struct sim_guest guest;
    struct mote *t;
    struct sim_timer timer;
    ik_time power; /* when it came */
};

static msim_time machine_now(const struct mote_node *g)
{
    return (g->s->clock.now - g->power) * MSIM_US;
}

/* ---- effects ----------------------------------------------------------------------------------
 */

/* The firmware writes IP and UDP headers itself: they have to be right. */
static void send_out(struct mote_node *g, const struct mote_effect *fx)
{
    struct ik_path path;
    struct ip6_view view;
    const char *wrong = ip6_view(fx->data, fx->len, &view);

    if (wrong) {
        sim_fail(g->s, "n%u sends a packet that is none: %s", g->index, wrong);
        return;
    }
    path = (struct ik_path){.carrier = view.carrier,
                            .local = view.from,
                            .remote = view.to,
                            .local_port = view.from_port,
                            .remote_port = view.to_port};
    if (memcmp(view.from.b, g->opts.addr.b, 16) != 0)
        sim_fail(g->s, "n%u sends from an address that is not its own", g->index);
    sim_node_send(g->s->nodes[g->index], &path, view.body, view.len);
}

static void carry_out(struct mote_node *g, const struct mote_effect *fx)
{
    switch (fx->kind) {
    case MOTE_SENT:
        send_out(g, fx);
        break;
    case MOTE_TOLD:
        sim_node_tell(g->s->nodes[g->index], fx->event, fx->reason);
        break;
    case MOTE_ANSWERED:
        sim_note(g->s, "n%u answered press=%u", g->index, (unsigned)fx->press);
        if (g->opts.answered)
            g->opts.answered(g->opts.ctx, fx->press);
        break;
    case MOTE_REFUSED:
        sim_fail(g->s, "n%u: the firmware refuses to begin: %s", g->index, fx->why);
        break;
    case MOTE_RESET:
        sim_fail(g->s, "n%u: the firmware resets, cause %u", g->index, fx->reason);
        break;
    case MOTE_FAULT:
        sim_fail(g->s, "n%u: the firmware %s", g->index, mote_fault(g->t));
        break;
    case MOTE_POWER:
        break;
    }
}

static void pump(struct mote_node *g)
{
    struct mote_effect fx;

    while (!g->s->failed && mote_poll(g->t, machine_now(g), &fx))
        carry_out(g, &fx);
}

static void rearm(struct mote_node *g)
{
    msim_time at = mote_deadline(g->t);

    sim_timer_set(&g->s->clock, &g->timer,
                  at == MSIM_NEVER ? IK_NEVER : g->power + (at + MSIM_US - 1) / MSIM_US);
}

static void fires(struct sim_timer *t)
{
    struct mote_node *g = t->ctx;

    pump(g);
    rearm(g);
}

/* ---- events -----------------------------------------------------------------------------------
 */

static void receive(void *ctx, const struct sim_dgram *d)
{
    struct mote_node *g = ctx;
    uint8_t packet[MOTE_PACKET_MAX];
    uint16_t len = 0;

    if (d->path.carrier != SIM_CARRIER_CLEAR)
        len = ip6_datagram(packet, sizeof packet, d);
    if (len == 0) {
        sim_note(g->s, "n%u gets what its link does not carry, len=%u", g->index, d->len);
        return;
    }
    pump(g);
    if (!mote_receive(g->t, machine_now(g), packet, len))
        sim_note(g->s, "n%u: too much waits on its line, len=%u", g->index, d->len);
    rearm(g);
}

static void release(void *ctx)
{
    mote_free(((struct mote_node *)ctx)->t);
}

uint16_t sim_mote_add(struct sim *s, const struct sim_mote_opts *opts)
{
    struct mote_node *g = sim_own(s, sizeof *g);
    const char *wrong;

    g->s = s;
    g->opts = *opts;
    g->power = s->clock.now;
    g->timer = (struct sim_timer){.fire = fires, .ctx = g};
    g->guest = (struct sim_guest){.rx = receive, .free = release, .ctx = g};
    g->index = sim_node_add(
        s, &(struct sim_node_opts){.guest = &g->guest, .addr = opts->addr, .link = opts->link});
    g->t = mote_new(&opts->machine, &wrong);
    if (!g->t)
        sim_fail(s, "n%u: the image: %s", g->index, wrong);
    else
        rearm(g);
    return g->index;
}

static struct mote_node *guest_at(struct sim *s, uint16_t node)
{
    const struct sim_guest *guest = s->nodes[node]->opts.guest;

    return guest && guest->rx == receive && !s->failed ? guest->ctx : NULL;
}

void sim_mote_press(struct sim *s, uint16_t node)
{
    struct mote_node *g = guest_at(s, node);

    if (!g)
        return;
    sim_note(s, "n%u press", node);
    pump(g);
    mote_press(g->t, machine_now(g));
    rearm(g);
}

const struct msim *sim_mote_machine(struct sim *s, uint16_t node)
{
    struct mote_node *g = guest_at(s, node);

    if (!g)
        return NULL;
    pump(g);
    return mote_at(g->t, machine_now(g));
}

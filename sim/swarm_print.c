/* SPDX-License-Identifier: MIT */
/* What a plan says of itself. */
#include "sim/swarm.h"

static void print_also(FILE *f, const struct swarm_plan *p)
{
    const struct {
        bool on;
        const char *text;
    } also[] = {
        {p->forge, "an attacker"},     {p->restart, "power cuts"},  {p->die, "silent deaths"},
        {p->squat, "squatters"},       {p->oneway, "one-way cuts"}, {p->roam, "roaming"},
        {p->jump, "clocks that jump"}, {p->older, "older selves"},  {p->age, "old age"},
        {p->busy, "busy gateways"},    {p->hold, "delays"},         {p->starve, "full pools"},
        {p->rekey, "rekeying"},        {p->expire, "hard limits"},  {p->watch, "liveness"},
        {p->fragments, "fragments"},   {p->renew, "long lives"}};

    for (size_t i = 0; i < sizeof also / sizeof *also; i++)
        fprintf(f, "%s%s", also[i].on ? ", " : "", also[i].on ? also[i].text : "");
    fprintf(f, "\n");
}

void swarm_plan_print(FILE *f, const struct swarm_plan *p)
{
    static const char *const flaws[] = {"sound",        "wrong key",    "unknown identity",
                                        "no IKE suite", "no ESP suite", "wrong selectors"};

    fprintf(f, "%u gateways, %u remotes, %u NAT boxes, IPv%c, %s keys, %u events", p->gateways,
            p->remotes, p->nats, p->v6 ? '6' : '4', p->real ? "real" : "stub", (unsigned)p->events);
    if (p->held)
        fprintf(f, ", %u places for packets", p->held);
    print_also(f, p);
    for (uint8_t i = 0; i < p->remotes; i++) {
        const struct swarm_remote *m = &p->remote[i];
        fprintf(f, "n%u: gateway n%u, %s, %s, %s, %s, nat %u, cpu %s%s%s%s%s%s\n", swarm_node(p, i),
                m->gateway, flaws[m->flaw], m->mode == IK_TUNNEL ? "tunnel" : "transport", m->ike,
                m->ah ? m->ah : m->esp, m->nat, m->cpu->name, m->second ? ", two policies" : "",
                m->mutual ? ", mutual" : "", m->initial_contact ? ", initial contact" : "",
                m->force_natt ? ", force natt" : "", m->insider ? ", insider" : "");
        if (m->no_nat[0] || m->no_nat[1] || m->no_idr[0] || m->no_idr[1])
            fprintf(f, "n%u:%s%s%s%s\n", swarm_node(p, i), m->no_nat[0] ? " no NAT detection," : "",
                    m->no_nat[1] ? " none by its gateway," : "", m->no_idr[0] ? " no IDr," : "",
                    m->no_idr[1] ? " none by its gateway" : "");
        if (m->ah)
            fprintf(f, "n%u: AH\n", swarm_node(p, i));
        if (m->tfc_pad || m->tfc_align || m->dummy_ms)
            fprintf(f, "n%u: padding to %u and %u%s, a dummy after %u ms\n", swarm_node(p, i),
                    m->tfc_pad, m->tfc_align, m->tfc_refuse ? ", which is refused" : "",
                    (unsigned)m->dummy_ms);
        if (m->probe[0] || m->probe[1])
            fprintf(f, "n%u: probes to %u, its gateway to %u\n", swarm_node(p, i), m->probe[0],
                    m->probe[1]);
        if (m->esn || m->pfp)
            fprintf(f, "n%u:%s%s\n", swarm_node(p, i), m->esn ? " numbers of 64 bits" : "",
                    m->pfp ? ", an SA for each of its addresses" : "");
        if (m->joint)
            fprintf(f, "n%u: one policy for what its gateway has two for\n", swarm_node(p, i));
        if (m->childless == IK_CHILDLESS_FORCE)
            fprintf(f, "n%u: childless\n", swarm_node(p, i));
    }
}

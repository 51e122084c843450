/* SPDX-License-Identifier: MIT */
/*
 * Once faults have stopped and some time has passed, with nobody who hangs up: each IKE SA that one
 * end believes in, the other believes in, too; there is one for a pair of peers, and one Child SA
 * for a policy and flow.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/sim.h"

/* Where the other end of an SA is: SIM_NONE: nowhere. */
struct place {
    uint16_t node, slot;
};

static struct place ike_elsewhere(const struct sim *s, uint16_t node,
                                  const struct ik_export_ike *mine)
{
    const struct sim_list *up = &s->check.ike_up;

    for (size_t i = 0; i < up->n; i++) {
        struct ik_export_ike x;
        if (up->v[i].node != node &&
            ik_export_ike(&s->nodes[up->v[i].node]->core, up->v[i].slot, &x) &&
            memcmp(x.spi_i, mine->spi_i, IK_SPI_LEN) == 0 &&
            memcmp(x.spi_r, mine->spi_r, IK_SPI_LEN) == 0)
            return (struct place){up->v[i].node, up->v[i].slot};
    }
    return (struct place){SIM_NONE, SIM_NONE};
}

static struct place child_elsewhere(const struct sim *s, uint16_t node,
                                    const struct ik_export_child *mine)
{
    const struct sim_list *up = &s->check.child_up;

    for (size_t i = 0; i < up->n; i++) {
        struct ik_export_child x;
        if (up->v[i].node != node &&
            ik_export_child(&s->nodes[up->v[i].node]->core, up->v[i].slot, &x) &&
            x.spi_in == mine->spi_out && x.spi_out == mine->spi_in)
            return (struct place){up->v[i].node, up->v[i].slot};
    }
    return (struct place){SIM_NONE, SIM_NONE};
}

/* What has a successor only waits for late packets, or for its Delete; and what is one may wait for
 * the peer to send first. */
static bool replaced_ike(const struct sim *s, const struct sim_live *e)
{
    struct ik_ike_info info;
    return ik_ike_info(&s->nodes[e->node]->core, e->slot, &info) && info.state != IK_IKE_UP;
}

static bool replaced_child(const struct sim *s, const struct sim_live *e)
{
    struct ik_child_info info;
    return ik_child_info(&s->nodes[e->node]->core, e->slot, &info) && info.state != IK_CHILD_UP;
}

/* What was seen so far, and what does not agree. */
struct verdict {
    struct sim_map pairs, flows;
    char *why;
    size_t why_len;
};

static bool disagree(const struct verdict *v, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(v->why, v->why_len, format, args);
    va_end(args);
    return false;
}

static bool ike_agrees(struct sim *s, const struct sim_live *e, struct verdict *v)
{
    struct ik_export_ike x;
    struct place other;
    uint64_t words[2];
    bool fresh;

    if (replaced_ike(s, e) || !ik_export_ike(&s->nodes[e->node]->core, e->slot, &x))
        return true;
    other = ike_elsewhere(s, e->node, &x);
    words[0] = e->node;
    words[1] = other.node;
    if (other.node == SIM_NONE)
        return disagree(v, "n%u: holds an IKE SA that no other end holds", e->node);
    sim_map_put(&v->pairs, sim_map_key(words, 2), 1, &fresh);
    return fresh || disagree(v, "n%u and n%u have two IKE SAs", e->node, other.node);
}

static bool child_agrees(struct sim *s, const struct sim_live *e, struct verdict *v)
{
    struct ik_export_child x;
    uint64_t words[3] = {e->node};
    struct place other;
    bool fresh;

    if (replaced_child(s, e) || !ik_export_child(&s->nodes[e->node]->core, e->slot, &x))
        return true;
    other = child_elsewhere(s, e->node, &x);
    if (other.node == SIM_NONE)
        return disagree(v, "n%u: holds a Child SA that no other end holds", e->node);
    words[1] = sim_spy_digest(1, (const uint8_t *)x.ts_local, x.ts_local_n * sizeof *x.ts_local);
    words[2] = sim_spy_digest(2, (const uint8_t *)x.ts_remote, x.ts_remote_n * sizeof *x.ts_remote);
    sim_map_put(&v->flows, sim_map_key(words, 3), 1, &fresh);
    return fresh || disagree(v, "n%u: has two Child SAs for one flow", e->node);
}

bool sim_converged(struct sim *s, char *why, size_t why_len)
{
    struct verdict v = {.why = why, .why_len = why_len};
    bool good = true;

    sim_map_init(&v.pairs);
    sim_map_init(&v.flows);
    for (size_t i = 0; i < s->check.ike_up.n && good; i++)
        good = ike_agrees(s, &s->check.ike_up.v[i], &v);
    for (size_t i = 0; i < s->check.child_up.n && good; i++)
        good = child_agrees(s, &s->check.child_up.v[i], &v);
    sim_map_free(&v.pairs);
    sim_map_free(&v.flows);
    return good;
}

void sim_check_converged(struct sim *s)
{
    char why[100];

    if (!s->failed && !sim_converged(s, why, sizeof why))
        sim_fail(s, "%s", why);
}

/* ---- packets --------------------------------------------------------------------------------- */

void sim_check_lossless(struct sim *s, size_t first)
{
    for (size_t id = first; id < s->check.packets_n && !s->failed; id++) {
        const struct sim_packet *p = &s->check.packets[id];
        if (p->delivered != 1 && !p->too_long)
            sim_fail(s, "packet %zu from n%u does not arrive", id, p->from);
    }
}

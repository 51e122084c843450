/* SPDX-License-Identifier: MIT */
/* What a node tells, the deadline contract, and the state in which all must end. */
#include "sim/check.h"

#include <stdlib.h>
#include <string.h>

#include "sim/check_secrets.h"
#include "sim/mem.h"
#include "sim/node.h"
#include "sim/sim.h"

void sim_check_init(struct sim_check *c)
{
    *c = (struct sim_check){0};
}

void sim_check_free(struct sim_check *c)
{
    for (size_t i = 0; i < c->packets_n; i++)
        free(c->packets[i].bytes);
    free(c->packets);
    free(c->ikes);
    free(c->children);
    free(c->pending.v);
    free(c->ike_up.v);
    free(c->child_up.v);
    free(c->saved_ike_up.v);
    free(c->saved_child_up.v);
    sim_map_free(&c->epochs_seen);
    sim_map_free(&c->seqs);
    sim_map_free(&c->messages);
    sim_check_init(c);
}

/* ---- lists of (node, slot) ------------------------------------------------------------------- */

static struct sim_live *list_find(struct sim_list *l, uint16_t node, uint16_t slot)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->v[i].node == node && l->v[i].slot == slot)
            return &l->v[i];
    }
    return NULL;
}

/* False if it is there already. */
static bool list_add(struct sim_list *l, uint16_t node, uint16_t slot, uint16_t ike)
{
    if (list_find(l, node, slot))
        return false;
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 16;
        l->v = sim_realloc(l->v, l->cap, sizeof *l->v);
    }
    l->v[l->n++] = (struct sim_live){.node = node, .slot = slot, .ike = ike};
    return true;
}

/* False if it is not there. */
static bool list_remove(struct sim_list *l, uint16_t node, uint16_t slot)
{
    struct sim_live *e = list_find(l, node, slot);

    if (!e)
        return false;
    *e = l->v[--l->n];
    return true;
}

static void list_remove_node(struct sim_list *l, uint16_t node)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->n; i++) {
        if (l->v[i].node != node)
            l->v[kept++] = l->v[i];
    }
    l->n = kept;
}

static const struct sim_live *list_of(const struct sim_list *l, uint16_t node)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->v[i].node == node)
            return &l->v[i];
    }
    return NULL;
}

/* ---- commands and what is told --------------------------------------------------------------- */

static bool policy_up(const struct sim_node *n, uint16_t policy)
{
    for (uint16_t i = 0; i < n->opts.child_sas; i++) {
        const struct ik_child_sa *c = &n->child_sas[i];
        if ((c->state == IK_CHILD_UP || c->state == IK_CHILD_IN_ONLY) && c->policy == policy)
            return true;
    }
    return false;
}

void sim_check_up(struct sim_node *n, uint16_t policy)
{
    /* "Nothing if it is up": no outcome is owed then. */
    if (!n->sim->opts.unchecked && !policy_up(n, policy))
        list_add(&n->sim->check.pending, n->index, policy, SIM_NONE);
}

static void ike_down(struct sim_node *n, uint16_t ike)
{
    struct sim_check *c = &n->sim->check;

    /* Its Child SAs have told their own ends, or another IKE SA has them. */
    if (!list_remove(&c->ike_up, n->index, ike))
        sim_fail(n->sim, "n%u: tells ike_down of slot %u, which was not up", n->index, ike);
}

void sim_check_told(struct sim_node *n, const struct ik_effect *fx)
{
    struct sim *s = n->sim;
    struct sim_check *c = &s->check;

    if (s->opts.unchecked)
        return;
    switch (fx->event) {
    case IK_EV_IKE_UP:
        if (!list_add(&c->ike_up, n->index, fx->ike, SIM_NONE))
            sim_fail(s, "n%u: tells ike_up of slot %u twice", n->index, fx->ike);
        sim_check_ike_keys(n, fx->ike);
        break;
    case IK_EV_CHILD_UP:
        list_remove(&c->pending, n->index, fx->policy);
        if (!list_add(&c->child_up, n->index, fx->child, fx->ike))
            sim_fail(s, "n%u: tells child_up of slot %u twice", n->index, fx->child);
        sim_check_child_keys(n, fx->child);
        break;
    case IK_EV_CHILD_FAILED:
    case IK_EV_IKE_FAILED:
        list_remove(&c->pending, n->index, fx->policy);
        break;
    case IK_EV_CHILD_DOWN:
        if (!list_remove(&c->child_up, n->index, fx->child))
            sim_fail(s, "n%u: tells child_down of slot %u, which was not up", n->index, fx->child);
        break;
    case IK_EV_IKE_DOWN:
        ike_down(n, fx->ike);
        break;
    case IK_EV_NO_ROOM:
        break;
    default:
        sim_fail(s, "n%u: tells unknown event %u", n->index, fx->event);
        break;
    }
}

void sim_check_off(struct sim_node *n)
{
    struct sim_check *c = &n->sim->check;

    list_remove_node(&c->pending, n->index);
    list_remove_node(&c->ike_up, n->index);
    list_remove_node(&c->child_up, n->index);
    if (!n->sim->opts.unchecked)
        sim_check_secrets_none(&n->sim->spy, n->index);
}

/* What it has told its user until then holds again once its memory is as it was then. */
static void list_copy(struct sim_list *to, const struct sim_list *from, uint16_t node)
{
    list_remove_node(to, node);
    for (size_t i = 0; i < from->n; i++) {
        if (from->v[i].node == node)
            list_add(to, node, from->v[i].slot, from->v[i].ike);
    }
}

void sim_check_save(struct sim_node *n)
{
    struct sim_check *c = &n->sim->check;

    list_copy(&c->saved_ike_up, &c->ike_up, n->index);
    list_copy(&c->saved_child_up, &c->child_up, n->index);
}

void sim_check_restored(struct sim_node *n)
{
    struct sim_check *c = &n->sim->check;

    list_copy(&c->ike_up, &c->saved_ike_up, n->index);
    list_copy(&c->child_up, &c->saved_child_up, n->index);
    list_remove_node(&c->pending, n->index);
}

/* ---- at rest -------------------------------------------------------------------------------- */

void sim_check_rest(struct sim_node *n)
{
    struct sim *s = n->sim;
    const ik_counter *drop = n->core.env.counters.drop;

    if (s->opts.unchecked)
        return;
    if (ik_node_deadline(&n->core) <= sim_node_now(n))
        sim_fail(s, "n%u: nothing to do, but the deadline is not later than now", n->index);
    if (drop[IK_DROP_EVENT_LOST])
        sim_fail(s, "n%u: an event is lost", n->index);
    if (drop[IK_DROP_RX_BUSY])
        sim_fail(s, "n%u: was not ready for a packet after poll had answered false", n->index);
}

void sim_check_settled(struct sim *s)
{
    const struct sim_list *l = &s->check.pending;

    if (l->n)
        sim_fail(s, "n%u: up of policy %u never had an outcome", l->v[0].node, l->v[0].slot);
}

static void check_node_end(struct sim_node *n)
{
    struct sim *s = n->sim;
    uint16_t ikes, children;

    ik_node_usage(&n->core, &ikes, &children);
    if (ikes || children)
        sim_fail(s, "n%u: at the end the pools hold %u IKE SAs and %u Child SAs", n->index, ikes,
                 children);
    if (sim_check_reassemblies(n))
        sim_fail(s, "n%u: at the end fragments are left", n->index);
    if (ik_node_deadline(&n->core) != IK_NEVER)
        sim_fail(s, "n%u: at the end a deadline is left", n->index);
    if (n->opts.prepares)
        ik_node_seed(&n->core, "end", 3); /* gives the next key pair up: nothing else is left */
    sim_check_secrets_none(&s->spy, n->index);
}

void sim_check_end(struct sim *s)
{
    const struct sim_check *c = &s->check;

    sim_check_settled(s);
    for (uint16_t i = 0; i < s->nodes_n && !s->failed; i++) {
        if (list_of(&c->ike_up, i) || list_of(&c->child_up, i))
            sim_fail(s, "n%u: told of an SA coming up and never of its end", i);
        if (!s->nodes[i]->off)
            check_node_end(s->nodes[i]);
    }
}

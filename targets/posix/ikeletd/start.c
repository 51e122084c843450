/* SPDX-License-Identifier: MIT */
/* Start policies: what is to be up is brought up, and comes back after it fell, with back-off. */
#include <stdlib.h>

#include "daemon.h"

#define WAIT_MAX 60 /* seconds between two tries */

static bool has_child_in(const struct worker *w, uint16_t policy)
{
    struct ik_child_info info;
    for (uint16_t i = 0; i < w->host.child_sas_n; i++)
        if (ik_child_info(&w->node, i, &info) && info.policy == policy &&
            (info.state == IK_CHILD_UP || info.state == IK_CHILD_LARVAL))
            return true;
    return false;
}

bool start_has_child(const struct daemon *d, uint16_t policy)
{
    for (unsigned i = 0; i < d->workers_n; i++)
        if (has_child_in(&d->workers[i], policy))
            return true;
    return false;
}

/* What a worker may know of the others, whose nodes are not its to look into. */
static bool is_up_elsewhere(const struct worker *w, uint16_t policy)
{
    for (unsigned i = 0; i < w->d->workers_n; i++) {
        const struct worker *o = &w->d->workers[i];
        for (uint16_t k = 0; o != w && k < o->host.child_sas_n; k++)
            if (o->up[k] == policy + 1)
                return true;
    }
    return false;
}

/* Policies have other numbers now. */
static void number_anew(struct daemon *d)
{
    struct ik_child_info info;
    for (unsigned i = 0; i < d->workers_n; i++) {
        struct worker *w = &d->workers[i];
        for (uint16_t k = 0; k < w->host.child_sas_n; k++)
            if (w->up[k] != 0 && ik_child_info(&w->node, k, &info)) {
                w->up[k] = (uint16_t)(info.policy + 1u);
                if (d->workers_n > 1 && info.policy < d->plan->config.policies_n)
                    inner_renumber(&d->inner, i, k, d->plan->policies[info.policy].peer);
            }
    }
}

static bool wanted(const struct daemon *d, uint16_t policy)
{
    const struct conf_child *c = plan_child(d->plan, policy);
    return c != NULL && (c->start & START_NOW) != 0;
}

bool start_begin(struct daemon *d)
{
    uint16_t n = d->plan->config.policies_n;
    struct started *s = calloc(n + 1u, sizeof *s);
    if (s == NULL)
        return false;
    number_anew(d);
    free(d->started);
    d->started = s;
    for (uint16_t i = 0; i < n; i++)
        s[i].at = wanted(d, i) && !start_has_child(d, i) ? 0 : IK_NEVER;
    return true;
}

static bool same_entry(const struct plan_entry *a, const struct plan_entry *b)
{
    return a->connection == b->connection && a->child == b->child && a->remote == b->remote;
}

/* Both plans are of the same file, and so in the same order; one may lack some. */
bool start_go_on(struct daemon *d, const struct plan *old)
{
    struct started *was = d->started;
    d->started = NULL;
    if (!start_begin(d)) {
        d->started = was;
        return false;
    }
    for (uint16_t i = 0, k = 0; i < d->plan->config.policies_n; i++) {
        uint16_t at = k;
        while (at < old->config.policies_n &&
               !same_entry(&old->of_policy[at], &d->plan->of_policy[i]))
            at++;
        if (at == old->config.policies_n)
            continue;
        d->started[i] = was[at];
        k = (uint16_t)(at + 1);
    }
    free(was);
    return true;
}

/* 1, 2, 4 ... 60 s, so that a peer that comes back is not met by all at once: up to a quarter less,
 * by the policy's number. */
static ik_time back_off(unsigned tries, uint16_t policy)
{
    unsigned s = tries < 6 ? 1u << tries : WAIT_MAX;
    return (ik_time)s * IK_SECOND - (ik_time)s * IK_SECOND / 4 * (policy % 8) / 8;
}

static void begin(struct worker *w, uint16_t policy)
{
    if (worker_entropy(w))
        ik_node_up(&w->node, worker_tick(w), policy);
    worker_pump(w);
}

void start_up(struct daemon *d, uint16_t policy)
{
    d->started[policy].held = false;
    d->started[policy].at = IK_NEVER;
    begin(worker_of_peer(d, d->plan->policies[policy].peer), policy);
}

/* The next one from policy on that is due and this worker's. */
static uint16_t take_due(struct worker *w, uint16_t policy)
{
    const struct plan *p = w->d->plan;
    ik_time now = daemon_now();
    shared_enter();
    for (; policy < p->config.policies_n; policy++) {
        struct started *s = &w->d->started[policy];
        if (s->held || s->at == IK_NEVER || s->at > now ||
            worker_of_peer(w->d, p->policies[policy].peer) != w)
            continue;
        w->statistics.restarts += s->tries > 0;
        s->at = IK_NEVER;
        break;
    }
    shared_leave();
    return policy;
}

void start_tick(struct worker *w)
{
    for (uint16_t i = 0; !w->d->ending; i++) {
        i = take_due(w, i);
        if (i >= w->d->plan->config.policies_n)
            return;
        begin(w, i);
    }
}

void start_is_up(struct worker *w, uint16_t child, uint16_t policy)
{
    w->up[child] = (uint16_t)(policy + 1u);
    if (policy >= w->d->plan->config.policies_n)
        return;
    w->d->started[policy].at = IK_NEVER;
    w->d->started[policy].tries = 0;
}

void start_is_down(struct worker *w, uint16_t policy)
{
    struct daemon *d = w->d;
    if (policy >= d->plan->config.policies_n || !wanted(d, policy) || d->ending)
        return;
    struct started *s = &d->started[policy];
    if (s->held || s->at != IK_NEVER || has_child_in(w, policy) || is_up_elsewhere(w, policy))
        return;
    char in[40];
    ik_time wait = back_off(s->tries, policy);
    s->at = daemon_now() + wait;
    if (s->tries < 16)
        s->tries++;
    log_say(LOG_INFO_LEVEL, "child %s: next try in %s", plan_child(d->plan, policy)->name,
            host_duration_print(wait, in, sizeof in));
}

void start_hold(struct daemon *d, uint16_t peer)
{
    for (uint16_t i = 0; i < d->plan->config.policies_n; i++)
        if (d->plan->policies[i].peer == peer) {
            d->started[i].held = true;
            d->started[i].at = IK_NEVER;
        }
}

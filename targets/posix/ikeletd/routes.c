/* SPDX-License-Identifier: MIT */
/* Routes into the TUN device: of Child SAs that are up, and of policies that wait for traffic. */
#include <string.h>

#include "daemon.h"

struct job {
    struct daemon *d;
    const struct ik_addr *src;
    bool add;
};

static void change(void *ctx, const struct ik_addr *prefix, uint8_t bits)
{
    const struct job *j = ctx;
    char addr[46], src[46] = "";
    int why = netlink_route(&j->d->netlink, j->add, j->d->tun.ifindex, prefix, bits, j->src);
    if (why == 0)
        return;
    host_addr_print(prefix, addr, sizeof addr);
    if (j->src->family != 0)
        host_addr_print(j->src, src, sizeof src);
    log_say(LOG_WARNING_LEVEL, "cannot %s the route to %s/%u%s%s: %s", j->add ? "add" : "remove",
            addr, (unsigned)bits, src[0] != '\0' ? " from " : "", src, strerror(why));
}

/* Packets of this host leave from an address of the tunnel that the selectors hold. */
static struct ik_addr source(const struct daemon *d, const struct ik_ts *local, unsigned n,
                             uint8_t family)
{
    const struct conf_tun *t = &d->plan->conf.tun;
    for (unsigned i = 0; i < t->address_n; i++)
        for (unsigned k = 0; k < n; k++)
            if (t->address[i].addr.family == family && local[k].family == family &&
                memcmp(t->address[i].addr.b, local[k].lo, 16) >= 0 &&
                memcmp(t->address[i].addr.b, local[k].hi, 16) <= 0)
                return t->address[i].addr;
    /* One address only: it is the outer one, or one that is elsewhere on this host. */
    for (unsigned k = 0; k < n; k++)
        if (local[k].family == family && memcmp(local[k].lo, local[k].hi, 16) == 0) {
            struct ik_addr a = {.family = family};
            memcpy(a.b, local[k].lo, 16);
            return a;
        }
    return (struct ik_addr){.family = 0};
}

static void change_all(struct daemon *d, const struct ik_ts *ts, unsigned n,
                       const struct ik_addr *src, bool add)
{
    struct job j = {d, src, add};
    for (unsigned i = 0; i < n; i++)
        tun_prefixes(&ts[i], change, &j);
}

static void take_selectors(struct worker *w, uint16_t child, const struct ik_export_child *x)
{
    struct daemon *d = w->d;
    struct routed *r = &w->routed[child];
    if (d->workers_n > 1)
        inner_up(&d->inner, w->number, child, x->ts_local, x->ts_local_n, x->ts_remote,
                 x->ts_remote_n);
    if (!d->plan->conf.tun.routes)
        return;
    r->there = true;
    r->n = x->ts_remote_n;
    memcpy(r->ts, x->ts_remote, r->n * sizeof r->ts[0]);
    r->src = source(d, x->ts_local, x->ts_local_n, r->ts[0].family);
    change_all(d, r->ts, r->n, &r->src, true);
}

void routes_child_up(struct worker *w, uint16_t child)
{
    struct ik_export_child x;
    if (ik_export_child(&w->node, child, &x))
        take_selectors(w, child, &x);
}

static bool is_trap(const struct daemon *d, uint16_t policy)
{
    const struct conf_child *c = plan_child(d->plan, policy);
    return c != NULL && (c->start & START_TRAP) != 0;
}

static bool same_ts(const struct ik_ts *a, const struct ik_ts *b)
{
    return a->family == b->family && memcmp(a->lo, b->lo, 16) == 0 && memcmp(a->hi, b->hi, 16) == 0;
}

static bool has_route(const struct worker *w, const struct ik_ts *ts)
{
    for (unsigned i = 0; i < w->host.child_sas_n; i++)
        for (unsigned k = 0; w->routed[i].there && k < w->routed[i].n; k++)
            if (same_ts(&w->routed[i].ts[k], ts))
                return true;
    return false;
}

/* Another Child SA has the same remote selector: a rekeyed one, or a trap. */
static bool still_needed(const struct daemon *d, const struct ik_ts *ts)
{
    for (unsigned i = 0; i < d->workers_n; i++)
        if (has_route(&d->workers[i], ts))
            return true;
    for (uint16_t p = 0; p < d->plan->config.policies_n; p++)
        for (unsigned k = 0; is_trap(d, p) && k < d->plan->policies[p].ts_remote_n; k++)
            if (same_ts(&d->plan->policies[p].ts_remote[k], ts))
                return true;
    return false;
}

void routes_child_down(struct worker *w, uint16_t child)
{
    struct daemon *d = w->d;
    struct routed *r = &w->routed[child];
    if (d->workers_n > 1)
        inner_down(&d->inner, w->number, child);
    if (!r->there)
        return;
    r->there = false;
    for (unsigned i = 0; i < r->n; i++)
        if (!still_needed(d, &r->ts[i]))
            change_all(d, &r->ts[i], 1, &r->src, false);
}

/* Packets that wait for an SA ask the worker that calls the peer. The first policy counts. */
static void wait_for_packets(struct daemon *d)
{
    const struct plan *p = d->plan;
    inner_wait_no_more(&d->inner);
    for (uint16_t i = p->config.policies_n; i-- > 0;)
        if (p->policies[i].peer != IK_NO_SLOT && p->peers[p->policies[i].peer].remote.family != 0)
            inner_wait(&d->inner, worker_of_peer(d, p->policies[i].peer)->number, &p->policies[i]);
}

void routes_traps(struct daemon *d, bool add)
{
    if (add && d->workers_n > 1)
        wait_for_packets(d);
    for (uint16_t p = 0; d->plan->conf.tun.routes && p < d->plan->config.policies_n; p++) {
        const struct ik_policy *policy = &d->plan->policies[p];
        if (!is_trap(d, p))
            continue;
        struct ik_addr src =
            source(d, policy->ts_local, policy->ts_local_n, policy->ts_remote[0].family);
        change_all(d, policy->ts_remote, policy->ts_remote_n, &src, add);
    }
}

bool routes_open(struct daemon *d)
{
    int why4, why6;
    if (!d->plan->conf.tun.routes)
        return true;
    why4 = netlink_rule(&d->netlink, true, 4);
    why6 = netlink_rule(&d->netlink, true, 6);
    if (why4 != 0)
        log_say(LOG_ERROR_LEVEL, "cannot add the rule for table %d: %s", NETLINK_TABLE,
                strerror(why4));
    if (why6 != 0)
        log_say(LOG_WARNING_LEVEL, "cannot add the IPv6 rule for table %d: %s", NETLINK_TABLE,
                strerror(why6));
    return why4 == 0;
}

/* The routes go with the TUN device. */
void routes_close(struct daemon *d)
{
    if (!d->plan->conf.tun.routes || d->netlink.socket == NULL)
        return;
    (void)netlink_rule(&d->netlink, false, 4);
    (void)netlink_rule(&d->netlink, false, 6);
}

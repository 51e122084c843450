/* SPDX-License-Identifier: MIT */
#include "sim/nat.h"

#include <stdlib.h>
#include <string.h>

#include "sim/mem.h"

/* The first outside port that is given where the inside one is not kept. */
#define PORT_FIRST 20000

bool sim_addr_equal(const struct ik_addr *a, const struct ik_addr *b)
{
    return a->family == b->family && memcmp(a->b, b->b, a->family == 6 ? 16 : 4) == 0;
}

void sim_nat_init(struct sim_nat *nat, const struct sim_nat_opts *opts)
{
    *nat = (struct sim_nat){.opts = *opts, .next_port = PORT_FIRST};
}

void sim_nat_free(struct sim_nat *nat)
{
    free(nat->maps);
    nat->maps = NULL;
    nat->maps_n = nat->maps_cap = 0;
}

static void expire(struct sim_nat *nat, ik_time now)
{
    size_t kept = 0;

    if (nat->opts.idle_for == 0)
        return;
    for (size_t i = 0; i < nat->maps_n; i++) {
        if (now - nat->maps[i].used_at < nat->opts.idle_for)
            nat->maps[kept++] = nat->maps[i];
    }
    nat->maps_n = kept;
}

static bool port_used(const struct sim_nat *nat, uint16_t port)
{
    for (size_t i = 0; i < nat->maps_n; i++) {
        if (nat->maps[i].outside_port == port)
            return true;
    }
    return false;
}

static uint16_t port_pick(struct sim_nat *nat, uint16_t inside)
{
    if (nat->opts.keep_port && !port_used(nat, inside))
        return inside;
    do {
        if (nat->next_port < PORT_FIRST)
            nat->next_port = PORT_FIRST;
    } while (port_used(nat, nat->next_port++));
    return (uint16_t)(nat->next_port - 1);
}

static bool map_is(const struct sim_nat *nat, const struct sim_nat_map *m, const struct ik_path *p)
{
    if (m->inside_port != p->local_port || !sim_addr_equal(&m->inside, &p->local))
        return false;
    return !nat->opts.per_remote ||
           (m->remote_port == p->remote_port && sim_addr_equal(&m->remote, &p->remote));
}

static struct sim_nat_map *map_add(struct sim_nat *nat, const struct ik_path *p)
{
    struct sim_nat_map *m;

    if (nat->maps_n == nat->maps_cap) {
        nat->maps_cap = nat->maps_cap ? 2 * nat->maps_cap : 8;
        nat->maps = sim_realloc(nat->maps, nat->maps_cap, sizeof *nat->maps);
    }
    m = &nat->maps[nat->maps_n];
    *m = (struct sim_nat_map){.inside = p->local,
                              .inside_port = p->local_port,
                              .outside_port = port_pick(nat, p->local_port),
                              .remote = p->remote,
                              .remote_port = p->remote_port};
    nat->maps_n++;
    return m;
}

bool sim_nat_out(struct sim_nat *nat, ik_time now, struct ik_path *path)
{
    struct sim_nat_map *m = NULL;

    if (path->carrier == IK_CARRIER_ESP || path->carrier == IK_CARRIER_AH ||
        path->local.family != nat->opts.outside.family)
        return false;
    expire(nat, now);
    for (size_t i = 0; i < nat->maps_n && !m; i++) {
        if (map_is(nat, &nat->maps[i], path))
            m = &nat->maps[i];
    }
    if (!m)
        m = map_add(nat, path);
    m->used_at = now;
    path->local = nat->opts.outside;
    path->local_port = m->outside_port;
    return true;
}

bool sim_nat_in(struct sim_nat *nat, ik_time now, struct ik_path *path)
{
    expire(nat, now);
    if (path->carrier == IK_CARRIER_ESP || path->carrier == IK_CARRIER_AH)
        return false;
    for (size_t i = 0; i < nat->maps_n; i++) {
        const struct sim_nat_map *m = &nat->maps[i];
        if (m->outside_port != path->remote_port)
            continue;
        if (nat->opts.per_remote &&
            (m->remote_port != path->local_port || !sim_addr_equal(&m->remote, &path->local)))
            return false;
        path->remote = m->inside;
        path->remote_port = m->inside_port;
        return true;
    }
    return false;
}

void sim_nat_reboot(struct sim_nat *nat)
{
    nat->maps_n = 0;
    /* A thousand further on: what was mapped before stays unreachable. */
    nat->opts.keep_port = false;
    nat->next_port = (uint16_t)(nat->next_port + 1000);
}

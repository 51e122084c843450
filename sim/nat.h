/* SPDX-License-Identifier: MIT */
/*
 * A NAT box (RFC 4787 words): rewrites the source address and port of what leaves for one outside
 * address, remembers the mapping, forgets it after idle time or all at once when it reboots. Only
 * UDP passes: it knows no ports in ESP.
 */
#ifndef SIM_NAT_H
#define SIM_NAT_H

#include "ikelet/ik_base.h"

struct sim_nat_opts {
    struct ik_addr outside;
    ik_time idle_for; /* a mapping without outbound traffic for so long is gone; 0: never */
    bool keep_port;   /* gives the inside port outside, if it is free */
    bool per_remote;  /* a mapping per remote end point ("symmetric"), else per inside one */
};

struct sim_nat_map {
    struct ik_addr inside;
    uint16_t inside_port;
    uint16_t outside_port;
    struct ik_addr remote; /* per_remote: the only one that may answer */
    uint16_t remote_port;
    ik_time used_at;
};

struct sim_nat {
    struct sim_nat_opts opts;
    struct sim_nat_map *maps;
    size_t maps_n, maps_cap;
    uint16_t next_port;
};

void sim_nat_init(struct sim_nat *nat, const struct sim_nat_opts *opts);
void sim_nat_free(struct sim_nat *nat);

/* A datagram leaves; local is its source, remote its destination. Rewrites local and answers true,
 * or false if it can't pass. */
bool sim_nat_out(struct sim_nat *nat, ik_time now, struct ik_path *path);
/* A datagram from outside; rewrites remote to the inside end point. False if no mapping takes it.
 */
bool sim_nat_in(struct sim_nat *nat, ik_time now, struct ik_path *path);
/* Power cycle: all mappings are forgotten, and no outside port of before is given to anybody. */
void sim_nat_reboot(struct sim_nat *nat);

bool sim_addr_equal(const struct ik_addr *a, const struct ik_addr *b);

#endif

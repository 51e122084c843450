/* SPDX-License-Identifier: MIT */
/*
 * A virtual-time network of core nodes. It drives each core by the contract of ikelet/ik_node.h,
 * carries datagrams over faulty links and through NAT boxes, charges jobs to a CPU profile, and
 * checks its invariants (sim/check.h) after every event. Everything follows from the seed: two runs
 * of the same program with the same seed have the same trace to the byte.
 *
 *     struct sim *s = sim_new(&(struct sim_opts){.seed = 7});
 *     uint16_t a = sim_node_add(s, &(struct sim_node_opts){.config = &config_a, .addr = addr_a});
 *     uint16_t b = sim_node_add(s, &(struct sim_node_opts){.config = &config_b, .addr = addr_b});
 *     sim_up(s, a, 0);
 *     sim_run_for(s, 10 * IK_SECOND);
 *     if (s->failed)
 *         puts(s->why);
 *     sim_free(s);
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "host.h"
#include "sim/check.h"
#include "sim/clock.h"
#include "sim/cpu.h"
#include "sim/link.h"
#include "sim/log.h"
#include "sim/nat.h"
#include "sim/net.h"
#include "sim/rng.h"
#include "sim/script.h"
#include "sim/spy.h"

#define SIM_NONE 0xffff

struct sim_opts {
    uint64_t seed;
    ik_time start;      /* the first moment of the clock */
    bool record_sent;   /* keep the bytes of every datagram sent in sim.sent */
    bool quiet;         /* keep no trace text (for speed) */
    bool unchecked;     /* check nothing (for speed) */
    bool stack;         /* look for secrets on the stack after each call of the core, if it wipes */
    FILE *verbose;      /* also print each trace line there; NULL: nowhere */
    const char *pcap;   /* write what nodes send to this file; NULL: no file */
    const char *keylog; /* write Wireshark's key tables into this directory; NULL: none */
};

struct sim_told;

/* What is above a node's core: told of what comes out of it, amid its effects; it acts by timers.
 * Each function may be NULL. */
struct sim_app {
    void (*told)(void *ctx, const struct sim_told *told);
    void (*delivered)(void *ctx, const uint8_t *packet, uint16_t len); /* an inner packet */
    void *ctx;
};

/* What lives at a node's address instead of a core of this process: it gets the datagrams that come
 * there, sends by sim_node_send() (sim/node.h) and tells by sim_node_tell(). */
struct sim_guest {
    void (*rx)(void *ctx, const struct sim_dgram *d);
    void (*free)(void *ctx); /* with the simulation */
    void *ctx;
};

struct sim_node_opts {
    const struct ik_config *config; /* outlives the node */
    struct ik_addr addr;
    uint16_t nat;              /* 1 + index of the NAT box it is behind (sim_nat_add); 0: none */
    uint16_t ike_sas;          /* 0: 4 */
    uint16_t child_sas;        /* 0: as many as ike_sas */
    const struct sim_cpu *cpu; /* NULL: ideal */
    uint16_t reassemblies; /* messages that may come in fragments at once; 0: none, it sends none */
    uint16_t held;         /* packets that may wait for their SA */
    ik_time late;          /* its host sleeps up to this long past the deadline */
    bool prepares;         /* has the next key pair computed when nothing else is due */
    struct sim_link link;
    /* Seed events, one after the other, at each power on; none: 48 octets of the simulation's. */
    struct ik_span seeds[2];
    const struct sim_app *app;     /* outlives the node; NULL: none */
    const struct sim_guest *guest; /* outlives the node; NULL: a core by that config */
};

/* One thing that a node told its user. */
struct sim_told {
    ik_time at;
    uint8_t event;  /* enum ik_event */
    uint8_t reason; /* enum ik_reason */
    uint16_t notify;
    uint16_t ike, child;
    uint16_t peer, policy;
};

struct sim_job {
    struct sim_timer timer;
    struct sim_node *node;
    struct ik_job *job; /* NULL: this entry is free */
};

/* PEERS that may give a node a ticket, and tickets by reference that it may give. */
#define SIM_SESSIONS 128

struct sim_node {
    struct sim *sim;
    uint16_t index; /* in sim.nodes; also its node_id in traces */
    bool off;
    ik_time ahead; /* of sim.clock: its clock has jumped by so much */
    uint8_t *copy; /* of its memory (sim_node_save); NULL: none */
    struct sim_node_opts opts;
    struct ik_node core;
    void *pools; /* all that it lends */
    size_t pools_len;
#if IK_RESUME
    struct ik_session *sessions; /* they outlive its power */
    struct ik_ticket *tickets;
#endif
    struct ik_ike_sa *ike_sas;
    struct ik_child_sa *child_sas;
    struct sim_job *jobs; /* one a handshake */
    uint16_t jobs_n;
    struct sim_timer wake;
    ik_time busy_until; /* its CPU */
    uint32_t restarts;
    struct sim_told *told; /* all of them, oldest first */
    size_t told_n, told_cap;
    size_t told_read;     /* a story has dealt with this many of them */
    uint32_t delivered;   /* inner packets handed to its user */
    uint32_t passed;      /* inner packets that left in clear by its SPD */
    uint32_t icmp;        /* messages of its own to its user */
    uint16_t icmp_mtu;    /* what the last one said that fits */
    uint32_t sent;        /* datagrams */
    uint64_t sent_octets; /* of UDP payload or ESP */
};

struct sim {
    struct sim_opts opts;
    struct sim_clock clock;
    struct sim_rng faults; /* of links */
    struct sim_rng seeds;  /* of nodes */
    struct sim_node **nodes;
    uint16_t nodes_n;
    struct sim_nat **nats;
    uint16_t nats_n;
    struct sim_net net;
    struct sim_script script;
    struct sim_check check;
    struct sim_spy spy;
    struct sim_log trace; /* text: a line for each trace record, fault and told event */
    struct sim_log sent;  /* record_sent: moment, node, path and bytes of each datagram */
    uint64_t sent_hash;   /* of the same, always kept */
    uint64_t trace_hash;  /* of trace records and of what nodes tell, likewise */
    struct host_pcap pcap;
    struct host_keylog keylog;
    void **owned; /* freed with the simulation */
    size_t owned_n;
    bool failed; /* an invariant is broken: nothing runs any more */
    char why[256];
};

struct sim *sim_new(const struct sim_opts *opts);
void sim_free(struct sim *s);
/* Zeroed memory that lives as long as s: configurations and the like. */
void *sim_own(struct sim *s, size_t size);

/* Adds a NAT box; answers what sim_node_opts.nat wants. */
uint16_t sim_nat_add(struct sim *s, const struct sim_nat_opts *opts);
/* Adds a node, initialised and seeded; answers its index. A configuration that the core refuses
 * breaks the run. */
uint16_t sim_node_add(struct sim *s, const struct sim_node_opts *opts);

/* ---- events for a node: each calls the core, then takes all effects ------------------------- */

void sim_up(struct sim *s, uint16_t node, uint16_t policy);
void sim_down(struct sim *s, uint16_t node, uint16_t peer);
/* Rekeys what is in a slot, if anything is. */
void sim_rekey_ike(struct sim *s, uint16_t node, uint16_t slot);
/* Repeats its authentication (2.8.3). */
void sim_reauth(struct sim *s, uint16_t node, uint16_t slot);
void sim_rekey_child(struct sim *s, uint16_t node, uint16_t slot);
/* A clear IP packet of len octets is to leave. */
void sim_tx(struct sim *s, uint16_t node, const uint8_t *packet, uint16_t len);
/* A datagram arrives that no node sent (forged). */
void sim_rx(struct sim *s, uint16_t node, const struct ik_path *path, const uint8_t *data,
            uint16_t len);
/* Power off (nothing is sent, all is forgotten), and power on with a new seed. */
void sim_node_off(struct sim *s, uint16_t node);
void sim_node_on(struct sim *s, uint16_t node);
/* Its clock jumps forward (a host that was suspended). */
void sim_node_jump(struct sim *s, uint16_t node, ik_time span);
/* Takes a copy of the node's memory, if no job runs; and puts the node back to it, with new
 * entropy, as a virtual machine that is restored. */
bool sim_node_save(struct sim *s, uint16_t node);
void sim_node_restore(struct sim *s, uint16_t node);
/* All its Child SAs have sealed so much that `left` packets are left. */
void sim_node_age(struct sim *s, uint16_t node, uint32_t left);

/* ---- time ----------------------------------------------------------------------------------- */

/* Runs the next event. False if there is none, or the run has failed. */
bool sim_step(struct sim *s);
/* Runs all events up to and at that moment, then stands there. False if the run has failed. */
bool sim_run_until(struct sim *s, ik_time at);
bool sim_run_for(struct sim *s, ik_time span);
/* Runs until nothing is pending, at most for span. False if something is left or failed. */
bool sim_run_idle(struct sim *s, ik_time span);

/* Runs for that span, and all the while the node has no slot of that kind to lend (starve.c). It
 * must not be switched off or restored meanwhile. */
enum sim_pool { SIM_HANDSHAKES, SIM_TASKS, SIM_BUFFERS, SIM_POOLS };
bool sim_starve_for(struct sim *s, uint16_t node, enum sim_pool kind, ik_time span);

/* ---- reports -------------------------------------------------------------------------------- */

/* Breaks the run: keeps the first reason only. */
__attribute__((format(printf, 2, 3))) void sim_fail(struct sim *s, const char *fmt, ...);
/* Adds a line to the trace: time, then the text. */
__attribute__((format(printf, 2, 3))) void sim_note(struct sim *s, const char *fmt, ...);

/* A counter of a node. */
uint32_t sim_dropped(const struct sim *s, uint16_t node, enum ik_drop what);
uint32_t sim_counted(const struct sim *s, uint16_t node, enum ik_count what);
/* How often a node has told that event, with that reason (IK_WHY_NONE: any). */
unsigned sim_told_count(const struct sim *s, uint16_t node, enum ik_event event,
                        enum ik_reason reason);

#endif

/* SPDX-License-Identifier: MIT */
/* A run under way, and what an attacker does in it who sees all that arrives. */
#ifndef SIM_SWARM_ATTACK_H
#define SIM_SWARM_ATTACK_H

#include "sim/insider.h"
#include "sim/swarm.h"

/* What the attacker has heard. */
struct swarm_heard {
    uint16_t from, to;
    struct ik_path path; /* as the receiver saw it */
    uint16_t len;
    uint8_t data[2048];
};

struct swarm_state {
    struct sim *s;
    struct swarm_opts how;
    struct swarm_plan plan;
    struct sim_rng rng;
    struct swarm_heard heard[SWARM_TAPPED];
    size_t heard_n;
    struct sim_insider insider[SWARM_REMOTES]; /* hdr.next is SK: it has keys */
    struct swarm_heard
        answer; /* the last that a node has sent; len 0: nothing since it was cleared */
    size_t told_from[SWARM_REMOTES]; /* what a remote was told before all went up */
};

/* Lends its ears to the network. */
void swarm_listen(struct swarm_state *run);
/* Repeats what was heard: as it was, bent, cut short, from another place or to another node. */
void swarm_forge(struct swarm_state *run);
/* Answers in the responder's name, unprotected. */
void swarm_spoof(struct swarm_state *run);
/* Begins handshakes in the name of strangers, gives the cookie back, and goes no further. */
void swarm_squat(struct swarm_state *run);
/* Keeps what a node sends; lets go what was kept. */
void swarm_hold(struct swarm_state *run, uint16_t node);
void swarm_release(struct swarm_state *run);
/* A remote misbehaves with its own keys. */
void swarm_misbehave(struct swarm_state *run, uint8_t remote);

#endif

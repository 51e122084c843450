/* SPDX-License-Identifier: MIT */
/*
 * Machine code as a node of the simulation: a firmware image, run instruction by instruction, at an
 * address of the network. Its time is the machine's own.
 */
#ifndef SIM_FIRMWARE_MOTE_NODE_H
#define SIM_FIRMWARE_MOTE_NODE_H

#include "mote.h"
#include "sim/sim.h"

struct sim_mote_opts {
    struct mote_opts machine; /* power comes at the present moment */
    struct ik_addr addr;      /* IPv6, as its store has it */
    struct sim_link link;
    /* An answer to that command came; NULL: nobody asks. */
    void (*answered)(void *ctx, uint32_t press);
    void *ctx;
};

/* Adds it and answers its index. An image that is none breaks the run. */
uint16_t sim_mote_add(struct sim *s, const struct sim_mote_opts *opts);
/* A finger on its button. */
void sim_mote_press(struct sim *s, uint16_t node);
/* The machine as it is at this moment, until the next event; NULL if the node is none. */
const struct msim *sim_mote_machine(struct sim *s, uint16_t node);

#endif

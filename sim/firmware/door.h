/* SPDX-License-Identifier: MIT */
/*
 * The world of the garage-door firmware: a remote and its gateway. The remote is the image itself,
 * or its application on a core of this process with the same configuration and the same seed: what
 * either sends is the same.
 */
#ifndef SIM_FIRMWARE_DOOR_H
#define SIM_FIRMWARE_DOOR_H

#include "sim/conf.h"
#include "sim/firmware/mote_node.h"

/* Nodes of the world. */
enum { DOOR_REMOTE = 0, DOOR_GATEWAY = 1 };

struct door_opts {
    const void *image; /* NULL: the application on a core of this process */
    size_t image_len;
    bool natt; /* ESP in UDP from the beginning, and a handshake in full; else all is
                  left out that may be (STORE_BRIEF) */
    const struct sim_cpu *cpu; /* of that core; NULL: ideal */
    ik_time delay;             /* of each end's link */
    uint8_t noise[MOTE_NOISE_LEN];
};

struct door;

/* Adds both; what is wrong breaks the run. It lives as long as s. */
struct door *door_add(struct sim *s, const struct door_opts *opts);
/* A finger on the remote's button. */
void door_press(struct door *d);
/* How many presses were answered, and the last one that was. */
uint32_t door_answers(const struct door *d);
uint32_t door_answered(const struct door *d);

#endif

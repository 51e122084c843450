/* SPDX-License-Identifier: MIT */
/* How a node's core is called. */
#ifndef SIM_WATCHED_H
#define SIM_WATCHED_H

#include "sim/check_secrets.h"
#include "sim/node.h"
#include "sim/sim.h"

/* Calls the core, watched: what the call leaves behind, and which SAs came and went in it. */
#define WATCHED(n, call)                                                                           \
    do {                                                                                           \
        struct sim_spy *spy_ = &(n)->sim->spy;                                                     \
        spy_->now = (n)->sim->clock.now;                                                           \
        if (!(n)->sim->opts.unchecked)                                                             \
            sim_stack_paint(spy_);                                                                 \
        call;                                                                                      \
        if (!(n)->sim->opts.unchecked) {                                                           \
            sim_stack_scan(spy_, (n)->index, #call);                                               \
            sim_spy_called(spy_, (n)->index, &(n)->core);                                          \
        }                                                                                          \
    } while (0)

#endif

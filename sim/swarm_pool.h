/* SPDX-License-Identifier: MIT */
/* Many runs at once, each worker a process: a crash, a sanitizer's report and a hang have a seed,
 * too. */
#ifndef SIM_SWARM_POOL_H
#define SIM_SWARM_POOL_H

#include "sim/swarm.h"

struct swarm_pool {
    uint64_t seed;    /* the first one */
    uint64_t runs;    /* that many; 0: as long as there is time */
    unsigned seconds; /* no run begins later than this; 0: no end */
    unsigned jobs;    /* workers */
    void (*run)(void *ctx, uint64_t seed, struct swarm_result *out); /* in the worker */
    /* In the caller's process, in the order of the seeds. */
    void (*done)(void *ctx, uint64_t seed, const struct swarm_result *result);
    void *ctx;
};

/* Makes the runs; answers how many. */
uint64_t swarm_pool_run(const struct swarm_pool *pool);

#endif

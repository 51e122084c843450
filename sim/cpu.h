/* SPDX-License-Identifier: MIT */
/*
 * CPU profiles: cycles per entry of the core's cost meter, and a clock. The simulator delays the
 * completion of a job by the time that a CPU of that profile would take for it.
 */
#ifndef SIM_CPU_H
#define SIM_CPU_H

#include "ikelet/ik_crypto.h"

struct sim_cpu {
    const char *name;
    uint32_t hz;                /* clock; 0: takes no time at all */
    uint64_t cycles[IK_COST_N]; /* of one count of each meter entry */
};

/* "ideal": everything takes no time. */
extern const struct sim_cpu sim_cpu_ideal;
/* "msp430f1611": 8 MHz, 16-bit hardware multiplier (TelosB, Tmote Sky). */
extern const struct sim_cpu sim_cpu_msp430f1611;
/* "busy": the same part at 2 GHz: a key exchange takes from a twentieth of a second to some. */
extern const struct sim_cpu sim_cpu_busy;

/* By name; NULL if there is none of that name. */
const struct sim_cpu *sim_cpu_find(const char *name);
/* Microseconds that n counts of one entry take, rounded up. */
ik_time sim_cpu_time(const struct sim_cpu *cpu, enum ik_cost cost, uint32_t n);
/* Cycles of all that a meter has counted. */
uint64_t sim_cpu_cycles(const struct sim_cpu *cpu, const struct ik_meter *meter);

#endif

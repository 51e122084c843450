/* SPDX-License-Identifier: MIT */
#include "sim/cpu.h"

#include <string.h>

#include "cpu-table.h"

/* A gateway that has much else to do. */
#define BUSY_HZ 2000000000

const struct sim_cpu sim_cpu_ideal = {.name = "ideal"};

/* As measured: bench/cost/msp430f1611.csv. (sim/ reads no files.) */
const struct sim_cpu sim_cpu_msp430f1611 = {.name = "msp430f1611", MSP430F1611};

/* The clock that the table gives is replaced. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
const struct sim_cpu sim_cpu_busy = {.name = "busy", MSP430F1611, .hz = BUSY_HZ};
#pragma GCC diagnostic pop

const struct sim_cpu *sim_cpu_find(const char *name)
{
    static const struct sim_cpu *const all[] = {&sim_cpu_ideal, &sim_cpu_msp430f1611,
                                                &sim_cpu_busy};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    }
    return NULL;
}

ik_time sim_cpu_time(const struct sim_cpu *cpu, enum ik_cost cost, uint32_t n)
{
    uint64_t cycles = (uint64_t)cpu->cycles[cost] * n;

    if (cpu->hz == 0)
        return 0;
    /* In two steps, so that no product of cycles and 10^6 overflows. */
    return cycles / cpu->hz * IK_SECOND + (cycles % cpu->hz * IK_SECOND + cpu->hz - 1) / cpu->hz;
}

uint64_t sim_cpu_cycles(const struct sim_cpu *cpu, const struct ik_meter *meter)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < IK_COST_N; i++)
        sum += (uint64_t)cpu->cycles[i] * meter->n[i];
    return sum;
}

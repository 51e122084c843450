/* SPDX-License-Identifier: MIT */
#include "sim/cpu.h"

#include <string.h>

const struct sim_cpu sim_cpu_ideal = {.name = "ideal"};

/* As measured: bench/cost/msp430f1611.csv, which a test compares with this table. (sim/ reads no
 * files.) */
const struct sim_cpu sim_cpu_msp430f1611 = {
    .name = "msp430f1611",
    .hz = 8000000,
    .cycles =
        {
            [IK_COST_AES128_SETUP] = 8519,    [IK_COST_AES192_SETUP] = 9189,
            [IK_COST_AES256_SETUP] = 10812,   [IK_COST_AES128_BLOCK] = 4886,
            [IK_COST_AES192_BLOCK] = 5764,    [IK_COST_AES256_BLOCK] = 6642,
            [IK_COST_GHASH_BLOCK] = 24541,    [IK_COST_CHACHA20_BLOCK] = 23255,
            [IK_COST_POLY1305_BLOCK] = 33144, [IK_COST_SHA1_BLOCK] = 75110,
            [IK_COST_SHA256_BLOCK] = 25240,   [IK_COST_SHA512_BLOCK] = 109576,
            [IK_COST_X25519] = 10890515,      [IK_COST_P256] = 340414390,
            [IK_COST_P384] = 1009258289,      [IK_COST_P521] = 2441421842,
            [IK_COST_MODP1024] = 332863316,   [IK_COST_MODP2048] = 1429824490,
            [IK_COST_MODP3072] = 5262944231,  [IK_COST_COPY_OCTETS] = 6,
        },
};

const struct sim_cpu *sim_cpu_find(const char *name)
{
    static const struct sim_cpu *const all[] = {&sim_cpu_ideal, &sim_cpu_msp430f1611};

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

/* SPDX-License-Identifier: MIT */
#include "sim/cpu.h"

#include <string.h>

const struct sim_cpu sim_cpu_ideal = {.name = "ideal"};

/*
 * X25519, P-256, SHA-256 and SHA-1 are measured (BearSSL 0.6 by clang-19 -Os on a cycle-exact
 * simulator), AES-128 is published, the others are scaled or estimated: sim/ns3/cpu/ tells how, in
 * the file of this profile, which a test compares with this table.
 */
const struct sim_cpu sim_cpu_msp430f1611 = {
    .name = "msp430f1611",
    .hz = 8000000,
    .cycles =
        {
            [IK_COST_AES128_SETUP] = 1600,   [IK_COST_AES192_SETUP] = 1900,
            [IK_COST_AES256_SETUP] = 2200,   [IK_COST_AES128_BLOCK] = 2112,
            [IK_COST_AES192_BLOCK] = 2534,   [IK_COST_AES256_BLOCK] = 2957,
            [IK_COST_GHASH_BLOCK] = 9000,    [IK_COST_CHACHA20_BLOCK] = 20000,
            [IK_COST_POLY1305_BLOCK] = 6000, [IK_COST_SHA1_BLOCK] = 18000,
            [IK_COST_SHA256_BLOCK] = 38000,  [IK_COST_SHA512_BLOCK] = 105000,
            [IK_COST_X25519] = 94700000,     [IK_COST_P256] = 134800000,
            [IK_COST_P384] = 1164000000,     [IK_COST_P521] = 2907000000,
            [IK_COST_MODP1024] = 122000000,  [IK_COST_MODP2048] = 488000000,
            [IK_COST_MODP3072] = 1097000000, [IK_COST_COPY_OCTETS] = 6,
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

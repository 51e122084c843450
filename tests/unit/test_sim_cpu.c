/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "sim/cpu.h"

Test(sim_cpu, names)
{
    cr_assert_eq(sim_cpu_find("ideal"), &sim_cpu_ideal);
    cr_assert_eq(sim_cpu_find("msp430f1611"), &sim_cpu_msp430f1611);
    cr_assert_null(sim_cpu_find("z80"));
}

Test(sim_cpu, ideal_takes_no_time)
{
    for (int i = 0; i < IK_COST_N; i++)
        cr_assert_eq(sim_cpu_time(&sim_cpu_ideal, (enum ik_cost)i, 1000), 0);
}

/* Cycles at 8 MHz, rounded up. */
Test(sim_cpu, x25519_takes_a_second_on_an_msp430)
{
    uint64_t cycles = sim_cpu_msp430f1611.cycles[IK_COST_X25519];
    cr_assert_gt(cycles, 4000000);
    cr_assert_lt(cycles, 16000000);
    for (uint32_t n = 1; n <= 3; n++)
        cr_assert_eq(sim_cpu_time(&sim_cpu_msp430f1611, IK_COST_X25519, n), (n * cycles + 7) / 8);
    for (int i = 0; i < IK_COST_N; i++)
        cr_assert_gt(sim_cpu_msp430f1611.cycles[i], 0);
}

Test(sim_cpu, rounds_up)
{
    struct sim_cpu cpu = {.hz = 3000000, .cycles = {[IK_COST_COPY_OCTETS] = 1}};
    cr_assert_eq(sim_cpu_time(&cpu, IK_COST_COPY_OCTETS, 1), 1);
    cr_assert_eq(sim_cpu_time(&cpu, IK_COST_COPY_OCTETS, 3), 1);
    cr_assert_eq(sim_cpu_time(&cpu, IK_COST_COPY_OCTETS, 4), 2);
}

Test(sim_cpu, adds_up_a_meter)
{
    struct sim_cpu cpu = {.cycles = {[IK_COST_X25519] = 9727414, [IK_COST_COPY_OCTETS] = 6}};
    struct ik_meter m = {.n = {[IK_COST_X25519] = 2, [IK_COST_COPY_OCTETS] = 10}};
    cr_assert_eq(sim_cpu_cycles(&cpu, &m), UINT64_C(19454888));
}

static uint64_t of_table(const char *name)
{
    for (unsigned i = 0; i < IK_COST_N; i++) {
        if (strcmp(host_cost_name(i), name) == 0)
            return sim_cpu_msp430f1611.cycles[i];
    }
    return strcmp(name, "clock_hz") == 0 ? sim_cpu_msp430f1611.hz : 0;
}

/* CMake made the one of the other; the ns-3 glue compiles the file in. Rows of the board are the
 * glue's alone. */
Test(sim_cpu, agrees_with_the_measured_table)
{
    FILE *f = fopen(IK_SOURCE_DIR "/bench/cost/msp430f1611.csv", "r");
    char line[256];
    unsigned n = 0;
    cr_assert_not_null(f);
    while (fgets(line, sizeof line, f)) {
        char *comma = strchr(line, ',');
        if (line[0] == '#' || !comma || strncmp(line, "board_", 6) == 0)
            continue;
        *comma = 0;
        cr_assert_eq(of_table(line), strtoull(comma + 1, NULL, 10), "%s", line);
        n++;
    }
    fclose(f);
    cr_assert_eq(n, IK_COST_N + 1);
}

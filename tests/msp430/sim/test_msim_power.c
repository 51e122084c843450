/* SPDX-License-Identifier: MIT */
/* What runs, and for how long: what energy is counted by. */
#include <criterion/criterion.h>

#include "msim.h"

#define CODE 0x4000
#define HANDLER 0x4100
#define VECTOR_P1 0xffe8
#define VECTOR_RESET 0xfffe
#define LPM3_AND_GIE 0xd8
#define CYCLES_IN 6 /* SLAU049 3.4.4.1, interrupts and reset */
#define CYCLES_BIC 4
#define CYCLES_RETI 5
#define CYCLES (CYCLES_IN + CYCLES_BIC + CYCLES_RETI)

static void put(struct msim *m, uint16_t at, uint16_t value)
{
    uint8_t octets[2] = {(uint8_t)value, (uint8_t)(value >> 8)};

    msim_write(m, at, octets, 2);
}

/* A part that sleeps in LPM3 until P1.0 rises, and takes note of that. */
static struct msim *sleeper(void)
{
    static const uint16_t program[] = {
        0x40b2, 0x5a80,       0x0120, /* mov #WDTPW+WDTHOLD, &WDTCTL */
        0x40f2, 0x0001,       0x0025, /* mov.b #1, &P1IE */
        0xd032, LPM3_AND_GIE, 0x3fff  /* bis #LPM3+GIE, sr; jmp $ */
    };
    struct msim *m = msim_new("msp430f1611");

    for (size_t i = 0; i < sizeof program / 2; i++) {
        put(m, (uint16_t)(CODE + 2 * i), program[i]);
    }
    put(m, HANDLER, 0xc3d2); /* bic.b #1, &P1IFG */
    put(m, HANDLER + 2, 0x0023);
    put(m, HANDLER + 4, 0x1300); /* reti */
    put(m, VECTOR_P1, HANDLER);
    put(m, VECTOR_RESET, CODE);
    msim_pin(m, 1, 0, MSIM_LOW);
    msim_reset(m);
    msim_set_register(m, MSIM_SP, 0x3900);
    msim_run(m, MSIM_SECOND);
    return m;
}

static msim_time cpu_time(const struct msim *m)
{
    msim_time sum = 0;

    for (unsigned state = 0; state < MSIM_ON_STATES; state++) {
        sum += state & MSIM_ON_CPU ? msim_time_on(m, state) : 0;
    }
    return sum;
}

/* It ends before anybody looks at the clocks again, and is counted all the same. */
Test(msim_power, briefest_handler_counts)
{
    struct msim *m = sleeper();
    uint64_t cycles = msim_cycles(m);
    msim_time on = cpu_time(m), cycle = on / cycles;

    cr_assert_eq(msim_on(m) & MSIM_ON_CPU, 0);
    msim_pin(m, 1, 0, MSIM_HIGH);
    msim_run(m, 2 * MSIM_SECOND);
    cr_assert_eq(msim_cycles(m) - cycles, CYCLES);
    cr_assert_geq(cpu_time(m) - on, CYCLES * cycle);
    cr_assert_eq(msim_on(m) & MSIM_ON_CPU, 0);
    msim_free(m);
}

/* A run that stops at such a change stops there, before the handler's first instruction. */
Test(msim_power, stops_where_the_handler_begins)
{
    struct msim *m = sleeper();

    msim_stop_at_power(m, true);
    msim_pin(m, 1, 0, MSIM_HIGH);
    cr_assert_eq(msim_run(m, 2 * MSIM_SECOND), MSIM_STOP_HOST);
    cr_assert_neq(msim_on(m) & MSIM_ON_CPU, 0);
    cr_assert_eq(msim_register(m, MSIM_PC), HANDLER);
    cr_assert_eq(msim_run(m, 2 * MSIM_SECOND), MSIM_STOP_HOST);
    cr_assert_eq(msim_on(m) & MSIM_ON_CPU, 0);
    cr_assert_eq(msim_run(m, 2 * MSIM_SECOND), MSIM_STOP_TIME);
    msim_free(m);
}

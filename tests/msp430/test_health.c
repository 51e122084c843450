/* SPDX-License-Identifier: MIT */
/* Health tests of the mote's entropy source, on sources that are good and on bad ones. */
#include <criterion/criterion.h>
#include <string.h>

#include "board/health.h"

#define SAMPLES (8 * HEALTH_OCTETS)
#define RUNS 300

/* What a source gives is a function of how many it gave, and of noise. */
static uint32_t given;
static uint64_t noise_state;
static unsigned parameter;
static uint16_t last[2];
static uint8_t out[HEALTH_OCTETS];

/* splitmix64 */
static uint32_t noise(void)
{
    uint64_t z = (noise_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}

static bool chance(unsigned of_1000)
{
    return noise() % 1000 < of_1000;
}

static bool take(uint8_t (*source)(void))
{
    given = 0;
    return health_gather(out, source, last);
}

/* ---- good ones ---------------------------------------------------------------------------------
 */

static uint8_t fair(void)
{
    return noise() & 1;
}

/* One in parameter of a thousand: 917 are 1/8 bit of entropy a sample. */
static uint8_t biased(void)
{
    return chance(parameter);
}

/* Like the one before, in parameter of a thousand. */
static uint8_t sticky(void)
{
    static uint8_t state;
    state ^= !chance(parameter);
    return state;
}

static unsigned passed(uint8_t (*source)(void), unsigned with)
{
    unsigned n = 0;
    parameter = with;
    for (unsigned i = 0; i < RUNS; i++) {
        noise_state = i;
        n += take(source);
    }
    return n;
}

Test(health, noise_is_good)
{
    cr_expect_eq(passed(fair, 0), RUNS);
}

/* The credit is 1/8 bit a sample, whatever makes them likely. */
Test(health, noise_of_little_entropy_is_good)
{
    cr_expect_eq(passed(biased, 910), RUNS);
    cr_expect_eq(passed(biased, 90), RUNS);
    cr_expect_eq(passed(sticky, 900), RUNS);
    cr_expect_eq(passed(sticky, 100), RUNS);
}

Test(health, samples_are_taken_as_they_come)
{
    uint8_t wanted[HEALTH_OCTETS] = {0};
    noise_state = 1;
    for (unsigned i = 0; i < SAMPLES; i++) {
        wanted[i / 8] |= (uint8_t)(fair() << (7 - i % 8));
    }
    noise_state = 1;
    cr_assert(take(fair));
    cr_expect_arr_eq(out, wanted, sizeof out);
}

/* ---- bad ones -----------------------------------------------------------------------------------
 */

static uint8_t stuck(void)
{
    return (uint8_t)parameter;
}

static uint8_t dead_later(void)
{
    return given++ == parameter ? 2 : fair();
}

static uint8_t alternating(void)
{
    return given++ & 1;
}

static uint8_t period_of_3(void)
{
    return given++ % 3 == 0;
}

static uint8_t period_of_8(void)
{
    return 0x65 >> (given++ % 8) & 1;
}

/* A sequence of parameter samples, again and again. */
static uint8_t looped(void)
{
    if (given++ % parameter == 0) {
        noise_state = 5;
    }
    return fair();
}

/* The other way round in one of a hundred. */
static uint8_t alternating_with_noise(void)
{
    return (uint8_t)((given++ & 1) ^ chance(10));
}

static uint8_t period_of_8_with_noise(void)
{
    return (uint8_t)(period_of_8() ^ chance(10));
}

/* Fibonacci's registers of 16, 32 and 64 stages, of maximal length. */
static uint8_t shift_register(void)
{
    static const uint64_t taps[] = {0xb400, 0xa3000000, 0xd800000000000000};
    static uint64_t state;
    if (given++ == 0) {
        state = 0xace1;
    }
    uint8_t bit = state & 1;
    state = state >> 1 ^ (bit ? taps[parameter] : 0);
    return bit;
}

Test(health, a_stuck_source_is_refused)
{
    for (parameter = 0; parameter < 2; parameter++) {
        cr_expect_not(take(stuck));
    }
}

Test(health, a_source_that_dies_is_refused)
{
    static const unsigned when[] = {0, 1, 100, SAMPLES - 1};
    for (unsigned i = 0; i < 4; i++) {
        parameter = when[i];
        cr_expect_not(take(dead_later));
    }
    parameter = SAMPLES;
    cr_expect(take(dead_later));
}

Test(health, what_alternates_is_refused)
{
    cr_expect_not(take(alternating));
    cr_expect_not(take(alternating_with_noise));
}

Test(health, short_periods_are_refused)
{
    cr_expect_not(take(period_of_3));
    cr_expect_not(take(period_of_8));
    cr_expect_not(take(period_of_8_with_noise));
    for (parameter = 1; parameter <= 128; parameter++) {
        cr_expect_not(take(looped), "a period of %u", parameter);
    }
}

Test(health, periods_of_whole_octets_are_refused)
{
    for (parameter = 136; parameter <= SAMPLES / 2; parameter += 8) {
        cr_expect_not(take(looped), "a period of %u", parameter);
    }
}

Test(health, shift_registers_are_refused)
{
    for (parameter = 0; parameter < 3; parameter++) {
        cr_expect_not(take(shift_register), "taps %u", parameter);
    }
}

Test(health, a_fixed_sequence_is_refused_the_second_time)
{
    parameter = SAMPLES;
    cr_expect(take(looped));
    cr_expect_not(take(looped));
    cr_expect_not(take(looped));
    noise_state = 99;
    cr_expect(take(fair));
}

Test(health, too_much_bias_is_refused)
{
    cr_expect_eq(passed(biased, 985), 0);
    cr_expect_eq(passed(biased, 15), 0);
    cr_expect_eq(passed(sticky, 985), 0);
}

/* ---- cut-offs -------------------------------------------------------------------------------- */

/* Noise, but for a run of parameter equal samples after some. */
static uint8_t with_run(void)
{
    unsigned at = given++;
    if (at < 500 || at > 501 + parameter) {
        return fair();
    }
    return at == 500 || at == 501 + parameter ? 0 : 1;
}

/* SP 800-90B 4.4.1: a run of C = 1 + 30 / (1/8) is refused. */
Test(health, a_run_of_241_is_refused_and_of_240_not)
{
    noise_state = 7;
    parameter = 240;
    cr_expect(take(with_run));
    noise_state = 7;
    parameter = 241;
    cr_expect_not(take(with_run));
}

/* Noise, but for the second window, that has parameter ones, evenly strewn. */
static uint8_t with_ones(void)
{
    unsigned at = given++, n = at - 1024;
    if (at < 1024 || at >= 2048) {
        return fair();
    }
    return (n + 1) * parameter / 1024 != n * parameter / 1024;
}

/* 4.4.2: C = 988 of 1024 with 2^(-1/8) and 2^-30; the registers and lags have nothing against it.
 */
Test(health, a_window_of_988_ones_is_refused_and_of_987_not)
{
    noise_state = 7;
    parameter = 988;
    cr_expect_not(take(with_ones));
    parameter = 1024 - 988;
    cr_expect_not(take(with_ones));
    noise_state = 7;
    parameter = 987;
    cr_expect(take(with_ones));
    noise_state = 7;
    parameter = 1024 - 987;
    cr_expect(take(with_ones));
}

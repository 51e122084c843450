/* SPDX-License-Identifier: MIT */
/*
 * Entropy of the noise in the lowest bit of the ADC's temperature sensor, raw: the DRBG of
 * ik_crypto.drbg takes it as it is (SP 800-90A 8.6.3). What a board's sensor brings is for its
 * maker to measure; a source that is stuck, absent or can be foretold is refused (health.h).
 */
#include "board/target.h"

#define WAITS_MAX 2000 /* a conversion takes some 40 us */

#define DEAD 2

/* DEAD if the converter does not answer. */
static uint8_t sample(void)
{
    uint16_t waits = WAITS_MAX;

    REG16(ADC12CTL0) |= 0x0001;
    while (!part_adc_ready()) {
        if (--waits == 0) {
            return DEAD;
        }
    }
    REG16(ADC12CTL0) &= (uint16_t)~0x0001;
    return REG16(ADC12MEM0) & 1;
}

/* Kept over a reset. */
static uint16_t last[2] __attribute__((section(".noinit")));

SEAM uint16_t entropy_take(uint8_t out[ENTROPY_LEN])
{
    bool good;

    part_adc_start();
    good = health_gather(out, sample, last);
    part_adc_stop();
    return good ? ENTROPY_LEN : 0;
}

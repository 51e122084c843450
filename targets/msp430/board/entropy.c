/* SPDX-License-Identifier: MIT */
/*
 * Entropy of the noise in the lowest bit of the ADC's temperature sensor, raw: HMAC_DRBG takes it
 * as it is (SP 800-90A 8.6.3). How much a given board's sensor brings has to be measured on it; a
 * source that is stuck, absent or can be foretold is refused (health.h).
 */
#include "board/target.h"

#define WAITS_MAX 2000 /* a conversion takes some 40 us */

#if defined(BOARD_MSP430F1611)

static void start(void)
{
    REG16(ADC12CTL0) = 0x0830; /* sample 256 clocks, reference 1.5 V on, ADC on */
    REG16(ADC12CTL1) = 0x0200; /* pulse by the timer, internal clock */
    REG8(ADC12MCTL0) = 0x1a;   /* temperature sensor against Vref */
    REG16(ADC12CTL0) |= 0x0002;
}

static void stop(void)
{
    REG16(ADC12CTL0) = 0x0030;
    REG16(ADC12CTL0) = 0;
}

#define ADC_FLAGS ADC12IFG

#else

static void start(void)
{
    REG16(REFCTL0) = 0x0001;
    REG16(ADC12CTL0) = 0x0810;
    REG16(ADC12CTL1) = 0x0200;
    REG16(ADC12CTL3) = 0x0080; /* temperature sensor to channel 30 */
    REG16(ADC12MCTL0) = 0x011e;
    REG16(ADC12CTL0) |= 0x0002;
}

static void stop(void)
{
    REG16(ADC12CTL0) = 0x0010;
    REG16(ADC12CTL0) = 0;
    REG16(REFCTL0) = 0;
}

#define ADC_FLAGS ADC12IFGR0

#endif

#define DEAD 2

/* DEAD if the converter does not answer. */
static uint8_t sample(void)
{
    uint16_t waits = WAITS_MAX;

    REG16(ADC12CTL0) |= 0x0001;
    while ((REG16(ADC_FLAGS) & 0x0001) == 0) {
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

    start();
    good = health_gather(out, sample, last);
    stop();
    return good ? ENTROPY_LEN : 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Entropy of the noise in the lowest bit of the ADC's temperature sensor, raw: HMAC_DRBG takes it
 * as it is (SP 800-90A 8.6.3). Each sample is credited with 1/8 bit. Health tests of NIST SP
 * 800-90B 4.4 run on the raw bits; the cut-offs are for that credit and a false alarm of 2^-30 and
 * 2^-29: too many of either bit in a window are refused, not only of the window's first one. How
 * much a given board's sensor brings has to be measured on it; what this refuses is a source that
 * is stuck or absent.
 */
#include "board/target.h"

_Static_assert(8 * ENTROPY_LEN % 1024 == 0, "whole windows");

#define REPEATS_MAX 241 /* 4.4.1: 1 + 30 / (1/8) */
#define WINDOW 1024     /* 4.4.2 */
#define SAME_MAX 987    /* of WINDOW, for p = 2^(-1/8) */
#define WAITS_MAX 2000  /* a conversion takes some 40 us */

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

/* False if the converter does not answer. */
static bool convert(void)
{
    uint16_t waits = WAITS_MAX;

    REG16(ADC12CTL0) |= 0x0001;
    while ((REG16(ADC_FLAGS) & 0x0001) == 0) {
        if (--waits == 0) {
            return false;
        }
    }
    REG16(ADC12CTL0) &= (uint16_t)~0x0001;
    return true;
}

static bool gather(uint8_t *out)
{
    uint16_t ones = 0;
    uint8_t repeats = 0, octet = 0;

    for (uint16_t i = 1; i <= 8 * ENTROPY_LEN; i++) {
        uint8_t last = octet & 1;

        if (!convert()) {
            return false;
        }
        octet = (uint8_t)((uint8_t)(octet << 1) | (REG16(ADC12MEM0) & 1));
        ones += octet & 1;
        if ((octet & 1) != last) {
            repeats = 0;
        }
        if (++repeats > REPEATS_MAX) {
            return false;
        }
        if (i % 8 == 0) {
            *out++ = octet;
        }
        if (i % WINDOW == 0) {
            if (ones > SAME_MAX || ones < WINDOW - SAME_MAX) {
                return false;
            }
            ones = 0;
        }
    }
    return true;
}

SEAM uint16_t entropy_take(uint8_t out[ENTROPY_LEN])
{
    bool good;

    start();
    good = gather(out);
    stop();
    return good ? ENTROPY_LEN : 0;
}

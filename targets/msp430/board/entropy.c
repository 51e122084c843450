/* SPDX-License-Identifier: MIT */
/*
 * Entropy of the noise in the lowest bit of the ADC's temperature sensor, conditioned by SHA-256.
 * Each sample is credited with 1/8 bit. Health tests of NIST SP 800-90B 4.4 run on the raw bits;
 * the cut-offs are for that credit and a false alarm of 2^-30. How much a given board's sensor
 * brings has to be measured on it; what this refuses is a source that is stuck or absent.
 */
#include <string.h>

#include "board/target.h"
#include "primitives/sha.h"

#define SAMPLES 4096    /* 512 bits by the credit, twice what is asked for */
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

/* 0 or 1; -1 if the converter does not answer. */
static int sample(void)
{
    uint16_t waits = 0;

    REG16(ADC12CTL0) |= 0x0001;
    while ((REG16(ADC_FLAGS) & 0x0001) == 0) {
        if (++waits > WAITS_MAX) {
            return -1;
        }
    }
    REG16(ADC12CTL0) &= (uint16_t)~0x0001;
    return REG16(ADC12MEM0) & 1;
}

struct health {
    int8_t last;
    int8_t first;
    uint16_t repeats, in_window, same;
};

static bool healthy(struct health *h, int bit)
{
    h->repeats = bit == h->last ? h->repeats + 1 : 1;
    h->last = (int8_t)bit;
    if (h->in_window == 0) {
        h->first = (int8_t)bit;
        h->same = 0;
    }
    h->same += bit == h->first;
    h->in_window = (h->in_window + 1) % WINDOW;
    return h->repeats <= REPEATS_MAX && h->same <= SAME_MAX;
}

static bool gather(br_sha256_context *sha)
{
    struct health h = {-1, -1, 0, 0, 0};
    uint8_t octet = 0;

    for (uint16_t i = 0; i < SAMPLES; i++) {
        int bit = sample();

        if (bit < 0 || !healthy(&h, bit)) {
            return false;
        }
        octet = (uint8_t)((uint8_t)(octet << 1) | bit);
        if (i % 8 == 7) {
            small_sha256.update(&sha->vtable, &octet, 1);
        }
    }
    return true;
}

SEAM bool entropy_take(uint8_t out[ENTROPY_LEN])
{
    br_sha256_context sha;
    bool good;

    small_sha256.init(&sha.vtable);
    start();
    good = gather(&sha);
    stop();
    if (good) {
        small_sha256.out(&sha.vtable, out);
    }
    memset(&sha, 0, sizeof sha);
    __asm__ volatile("" ::"r"(&sha) : "memory"); /* the clearing stays */
    return good;
}

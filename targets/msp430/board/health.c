/* SPDX-License-Identifier: MIT */
#include "board/health.h"

#include <string.h>

#include "board/crc.h"

#define SAMPLES (8 * HEALTH_OCTETS)
_Static_assert(SAMPLES % 1024 == 0, "whole windows");

#define STAGES 128
#define WORDS (STAGES / 16 + 1)
#define LAGS 8

struct health {
    uint16_t past[WORDS]; /* the samples so far, the last one lowest */
    uint16_t n;           /* how many */
    uint8_t repeated;
    uint16_t same[1 + LAGS];
    uint16_t stages;
    uint16_t feedback[WORDS], before[WORDS];
};

static void push(uint16_t *w, uint16_t in)
{
    for (uint8_t i = WORDS; i > 0; i--) {
        uint16_t out = *w >> 15;
        *w = (uint16_t)((uint16_t)(*w << 1) | in);
        w++;
        in = out;
    }
}

/* ---- SP 800-90B 4.4.1: repetition count -------------------------------------------------------
 */

#define REPEATS 241 /* 1 + 30 / (1/8): false alarm 2^-30 */

static bool repetition_good(struct health *h)
{
    h->repeated = ((h->past[0] ^ h->past[0] >> 1) & 1) != 0 ? 1 : (uint8_t)(h->repeated + 1);
    return h->repeated < REPEATS;
}

/* ---- 4.4.2: adaptive proportion, also of samples that are like one of those before them --------
 */

/*
 * The likeliest sample is 2^(-1/8) = 0.917 of them at the most, whatever is known of those before:
 * 988 of a window are too many. Of equal ones as of different ones, so that the first one of the
 * window need not be kept.
 */
#define WINDOW 1024
#define SAME_MAX 987 /* critbinom(WINDOW, 2^(-1/8), 1 - 2^-30) */
_Static_assert(SAMPLES % WINDOW == 0, "whole windows");

static bool proportion_good(struct health *h)
{
    uint16_t past = h->past[0];
    bool good = true;

    for (uint8_t lag = 0; lag <= LAGS; lag++) {
        h->same[lag] += (uint16_t)((h->past[0] ^ (lag > 0 ? past : 0)) & 1);
        past >>= 1;
        if (h->n % WINDOW == 0) {
            good = good && h->same[lag] <= SAME_MAX && h->same[lag] >= WINDOW - SAME_MAX;
            h->same[lag] = 0;
        }
    }
    return good;
}

/* ---- a shift register with feedback -------------------------------------------------------------
 */

/*
 * Berlekamp and Massey: the shortest register that makes the samples. One of STAGES or fewer has
 * 2 STAGES samples to be fitted to; that it tells all others has a probability of 2^(-1/8) for each
 * of them. Noise needs a register of half as many stages as there are samples, so this ends early.
 * Whatever has a period of STAGES or less is found, too.
 */
static void register_fit(struct health *h)
{
    uint16_t old[WORDS], sum = 0;

    push(h->before, 0);
    for (uint8_t i = 0; i < WORDS; i++) {
        sum ^= h->feedback[i] & h->past[i];
    }
    sum ^= sum >> 8;
    sum ^= sum >> 4;
    if ((0x6996 >> (sum & 15) & 1) == 0) {
        return; /* it foretold the sample */
    }
    memcpy(old, h->feedback, sizeof old);
    for (uint8_t i = 0; i < WORDS; i++) {
        h->feedback[i] ^= h->before[i];
    }
    if (2 * h->stages <= h->n) {
        h->stages = (uint16_t)(h->n + 1 - h->stages);
        memcpy(h->before, old, sizeof old);
    }
}

/* ---- the same again -----------------------------------------------------------------------------
 */

/* Does it repeat itself, whole octets apart? */
static bool periodic(const uint8_t *samples)
{
    uint16_t lag = HEALTH_OCTETS / 2;

    while (lag > 0 && memcmp(samples, samples + lag, HEALTH_OCTETS / 2) != 0) {
        lag--;
    }
    return lag > 0;
}

/* Nothing that was used before. */
static bool anew(const uint8_t *samples, uint16_t last[2])
{
    bool same = true;

    for (uint8_t i = 0; i < 2; i++) {
        uint16_t digest = crc16(samples, HEALTH_OCTETS / 2);
        same = same && digest == last[i];
        last[i] = digest;
        samples += HEALTH_OCTETS / 2;
    }
    return !same;
}

/* ---- all of them ----------------------------------------------------------------------------- */

bool health_gather(uint8_t out[HEALTH_OCTETS], uint8_t (*sample)(void), uint16_t last[2])
{
    struct health h;
    uint8_t *to = out;

    memset(&h, 0, sizeof h);
    h.feedback[0] = h.before[0] = 1;
    while (h.n < SAMPLES) {
        uint8_t bit = sample();
        push(h.past, bit);
        if (bit > 1 || !repetition_good(&h)) {
            return false;
        }
        if (h.stages <= STAGES) {
            register_fit(&h);
        }
        h.n++;
        if (!proportion_good(&h)) {
            return false;
        }
        if (h.n % 8 == 0) {
            *to++ = (uint8_t)h.past[0];
        }
    }
    return h.stages > STAGES && !periodic(out) && anew(out, last);
}

/* SPDX-License-Identifier: MIT */
#include "util/util.h"

uint32_t ik_backoff(uint32_t wait, uint32_t max, uint8_t factor_x16)
{
    uint32_t sixteenth = wait >> 4;
    if ((sixteenth >> 16) * factor_x16 >= 0xff00u) {
        return max; /* below, 32 bits would not do */
    }
    uint32_t next = sixteenth * factor_x16 + (((wait & 15u) * factor_x16) >> 4);
    return next < max ? next : max;
}

/* In halves of 16 bits, for no longer product is cheap on a small part. */
uint32_t ik_jitter(uint32_t span, uint8_t jitter_256, uint8_t r)
{
    uint32_t cut = (uint32_t)jitter_256 * r; /* below 2^16 */
    return span - ((span >> 16) * cut + (((span & 0xffffu) * cut) >> 16));
}

/* SPDX-License-Identifier: MIT */
#include "util/util.h"

/* t * factor / 16, saturating. Only shifts and products: a 64-bit division costs a small part dear.
 */
static ik_time scale(ik_time t, uint8_t factor_x16)
{
    ik_time sixteenths = t >> 4;
    if (factor_x16 > 16 && sixteenths >> 56 != 0) {
        return UINT64_MAX;
    }
    return sixteenths * factor_x16 + (((unsigned)(t & 15u) * factor_x16) >> 4);
}

ik_time ik_backoff(ik_time initial, ik_time max, uint8_t factor_x16, uint8_t k)
{
    ik_time t = initial;
    while (k > 0 && t < max) {
        t = scale(t, factor_x16);
        k--;
    }
    return t < max ? t : max;
}

ik_time ik_jitter(ik_time span, uint8_t jitter_256, uint8_t r)
{
    uint32_t cut = (uint32_t)jitter_256 * r;
    uint32_t low = (uint32_t)(span & 0xffffu) * cut; /* 65535 * 255 * 255 fits */
    return span - ((span >> 16) * cut + (low >> 16));
}

ik_time ik_later(ik_time at, ik_time span)
{
    ik_time sum = at + span;
    return sum < at || sum == IK_NEVER ? IK_NEVER - 1 : sum;
}

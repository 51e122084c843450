/* SPDX-License-Identifier: MIT */
#include "util/util.h"

/* t * factor / 16, saturating; in halves of 16 bits, for no longer product is cheap on a small
 * part.
 */
static uint32_t scale(uint32_t t, uint8_t factor_x16)
{
    uint32_t high = (t >> 16) * factor_x16;
    uint32_t low = ((t & 0xffffu) * factor_x16) >> 4;
    return high >= 0xff000u ? UINT32_MAX : (high << 12) + low;
}

uint32_t ik_backoff(uint32_t initial, uint32_t max, uint8_t factor_x16, uint8_t k)
{
    uint32_t t = initial;
    while (k > 0 && t < max) {
        t = scale(t, factor_x16);
        k--;
    }
    return t < max ? t : max;
}

uint32_t ik_jitter(uint32_t span, uint8_t jitter_256, uint8_t r)
{
    uint32_t cut = (uint32_t)jitter_256 * r; /* below 2^16 */
    return span - ((span >> 16) * cut + (((span & 0xffffu) * cut) >> 16));
}

uint32_t ik_wait(ik_time configured, uint32_t usual)
{
    if (configured == 0) {
        return usual;
    }
    return configured < UINT32_MAX ? (uint32_t)configured : UINT32_MAX;
}

ik_time ik_from_now(const struct ik_env *env, uint32_t wait)
{
    return ik_later(env->now, wait);
}

ik_time ik_later(ik_time at, ik_time span)
{
    ik_time sum = at + span;
    return sum < at || sum == IK_NEVER ? IK_NEVER - 1 : sum;
}

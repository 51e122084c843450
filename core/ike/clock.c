/* SPDX-License-Identifier: MIT */
/*
 * Time in 32 bits of milliseconds. The host's moments have no origin of ours: a moment is its
 * number of milliseconds modulo 2^32, and two are compared by the sign of their difference.
 */
#include "ike/ike.h"

#define US 1000u /* microseconds in one */

/* One digit of 16 bits of a long division. *rest is less than US, and so fits the next one's high
 * half. */
IK_OUT_OF_LINE static void digit(uint32_t *ms, uint16_t *rest, uint16_t t)
{
    uint32_t r = (uint32_t)*rest << 16 | t;
    uint16_t q = (uint16_t)(r / US);
    *ms = *ms << 16 | q;
    *rest = (uint16_t)(r - (uint32_t)q * US);
}

/* The low 32 bits of a quotient: small parts cannot divide 64. */
static uint32_t in_ms(ik_time t, uint16_t *rest)
{
    uint32_t ms = 0;
    *rest = 0;
    digit(&ms, rest, (uint16_t)(t >> 48));
    digit(&ms, rest, (uint16_t)(t >> 32));
    digit(&ms, rest, (uint16_t)(t >> 16));
    digit(&ms, rest, (uint16_t)t);
    return ms;
}

/* A host that was asleep for more than 2^40 us (12 days) counts as one that was for 11: else what
 * is long overdue would seem to lie ahead. Nothing is waited for as long as that. */
#define ASLEEP 40
#define ASLEEP_MS ((ik_ms)1000000000)

void ik_enter(struct ik_node *node, ik_time now)
{
    struct ik_env *env = &node->env;
    if (now != env->host_now) {
        ik_ms ms = in_ms(now, &env->now_us) - env->skipped;
        if ((uint32_t)(now >> 32) - (uint32_t)(env->host_now >> 32) > 1u << (ASLEEP - 32)) {
            env->skipped += ms - (env->now + ASLEEP_MS);
            ms = env->now + ASLEEP_MS;
        }
        env->host_now = now;
        env->now = ms;
    }
    ik_about(env, IK_NO_SLOT);
}

IK_OUT_OF_LINE ik_ms ik_in(const struct ik_node *node, uint32_t ms)
{
    ik_ms at = node->env.now + ms + (node->env.now_us != 0);
    return at != IK_MS_NONE ? at : 1;
}

IK_OUT_OF_LINE bool ik_due(const struct ik_node *node, ik_ms at)
{
    return at != IK_MS_NONE && (int32_t)(node->env.now - at) >= 0;
}

bool ik_pausing(const struct ik_node *node, ik_ms until, uint32_t ms)
{
    return until != IK_MS_NONE && until - node->env.now - 1 <= ms;
}

IK_OUT_OF_LINE ik_ms ik_earlier(ik_ms a, ik_ms b)
{
    if (a == IK_MS_NONE || (b != IK_MS_NONE && (int32_t)(a - b) > 0)) {
        return b;
    }
    return a;
}

IK_OUT_OF_LINE uint32_t ik_wait(uint32_t configured_us, uint32_t usual_ms)
{
    return configured_us != 0 ? (configured_us + US - 1) / US : usual_ms;
}

ik_time ik_host_time(const struct ik_node *node, ik_ms at)
{
    /* In halves: small parts do not multiply 64 bits. */
    uint32_t ms = at - node->env.now;
    uint32_t low = (ms & 0xffffu) * US;
    uint32_t high = (ms >> 16) * US + (low >> 16);
    ik_time us = (ik_time)high << 16 | (low & 0xffffu);
    return node->env.host_now - node->env.now_us + us;
}

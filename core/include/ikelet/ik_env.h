/* SPDX-License-Identifier: MIT */
/*
 * What every layer of one node shares: algorithms, random bits, counters and the trace sink. It is
 * the first member of struct ik_node; layers below take it instead of the node they can't know.
 */
#ifndef IKELET_IK_ENV_H
#define IKELET_IK_ENV_H

#include "ikelet/ik_crypto.h"
#include "ikelet/ik_trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* NIST SP 800-90A HMAC_DRBG with SHA-256: 10.1.2.1. Secret. */
struct ik_drbg {
    uint8_t key[32];
    uint8_t v[32];
};

/* A moment as the core keeps it: microseconds since ik_env.epoch. 32 bits of them last for 71
 * minutes, so the epoch follows (core/ike/clock.c): what is longer ago than IK_TICK_PAST is kept as
 * that long ago. */
typedef uint32_t ik_tick;
#define IK_TICK_NEVER UINT32_MAX
#define IK_TICK_PAST ((uint32_t)1 << 30)
#define IK_TICK_OLDEST 8 /* the first moment; what is smaller is no moment */

/* Private to the core; hosts read meter and counters. */
struct ik_env {
    const struct ik_crypto *crypto;
    ik_trace_fn trace; /* NULL: none */
    void *trace_ctx;
    ik_time host_now; /* of the entry point that is running */
    ik_tick now;      /* the same */
    uint32_t epoch;   /* in 2^16 us, modulo 2^32 */
    uint16_t node_id;
    uint16_t sa; /* pool slot that records are about; 0xffff if none */
    struct ik_drbg drbg;
    uint16_t seeded; /* octets of seed so far, saturating; below 32 nothing random is drawn */
#if IK_METER
    struct ik_meter meter;
#endif
    struct ik_counters counters;
};

#ifdef __cplusplus
}
#endif

#endif

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

/* Of the DRBG of NIST SP 800-90A that the host has chosen (ik_crypto.drbg); CTR_DRBG has 16 octets
 * of each. Secret. */
struct ik_drbg {
    uint8_t key[32];
    uint8_t v[32];
};

/* A moment as the core keeps it: the host's time in milliseconds, modulo 2^32. Moments are compared
 * by the sign of their difference, so that nothing may be waited for longer than IK_WAIT_MAX. 0 is
 * no moment: nothing is waited for. */
typedef uint32_t ik_ms;
#define IK_MS_NONE 0

/* Private to the core; hosts read meter and counters. */
struct ik_env {
#if !IK_LINKED
    const struct ik_crypto *crypto;
#endif
#if IK_TRACE
    ik_trace_fn trace; /* NULL: none */
    void *trace_ctx;
    uint16_t node_id;
    uint16_t sa; /* pool slot that records are about; 0xffff if none */
#endif
#if IK_AUDIT
    uint16_t dropped; /* 1 + enum ik_drop of what was dropped last; 0: nothing was */
#endif
    ik_time host_now; /* of the entry point that is running */
    ik_ms now;        /* the same, rounded down, without what was skipped */
    ik_ms skipped;    /* of the host's, while it was asleep for weeks */
    uint16_t now_us;  /* and the microseconds that this left out */
    struct ik_drbg drbg;
    uint16_t seeded; /* octets of seed so far, saturating; below 32 nothing random is drawn */
#if IK_METER
    struct ik_meter meter;
#endif
#if IK_COUNTERS
    struct ik_counters counters;
#endif
};

#if IK_DROP_LAST
/* The host's: something was dropped, by the code that calls. */
void ik_dropped(void);
#endif

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Tools that know no protocol: constant-time compare, wiping, big-endian integers, writer cursor,
 * timers, counting.
 */
#ifndef IK_UTIL_UTIL_H
#define IK_UTIL_UTIL_H

#include <string.h>

#include "ikelet/ik_env.h"
#include "ikelet/ik_wire.h"

/* Not to be copied into its callers: 32 bits are much work on a small part, and a walk together
 * with what it walks through takes more registers than there are. */
#if defined(__GNUC__) || defined(__clang__)
#define IK_OUT_OF_LINE __attribute__((noinline))
#else
#define IK_OUT_OF_LINE
#endif

/* ---- bytes.c ------------------------------------------------------------------------------- */

/* 1 if the len octets are equal, else 0; time depends on len only. */
int ik_ct_eq(const void *a, const void *b, size_t len);
/* Overwrites with zeros in a way that no compiler removes. */
void ik_wipe(void *p, size_t len);

/*
 * Overwrite what functions that were called before left on the stack: 2 KB below the caller's
 * frame, which is more than hashes and ciphers reach, and 4 KB, for groups. BearSSL wipes nothing
 * there. Each function of core/crypto that has let it compute with a secret calls one of them at
 * its end (tests/unit/test_stack.c). Nothing where IK_WIPE_STACK is 0.
 */
#if IK_WIPE_STACK
void ik_wipe_stack(void);
void ik_wipe_stack_deep(void);
#else
static inline void ik_wipe_stack(void)
{
}
static inline void ik_wipe_stack_deep(void)
{
}
#endif

uint16_t ik_get16(const uint8_t *p);
uint32_t ik_get32(const uint8_t *p);
void ik_put16(uint8_t *p, uint16_t v);
void ik_put32(uint8_t *p, uint32_t v);
void ik_put64(uint8_t *p, uint64_t v);

/* The Internet checksum (RFC 1071) of len octets added to sum; ik_cksum_fold gives the 16 bits to
 * store. */
uint32_t ik_cksum_add(uint32_t sum, const uint8_t *p, size_t len);
uint16_t ik_cksum_fold(uint32_t sum);

/* ---- wr.c: writer cursor (struct ik_wr is in ik_wire.h) -------------------------------------- */

void ik_wr_u8(struct ik_wr *w, uint8_t v);
void ik_wr_u16(struct ik_wr *w, uint16_t v);
void ik_wr_u32(struct ik_wr *w, uint32_t v);
void ik_wr_bytes(struct ik_wr *w, const void *p, size_t len);
void ik_wr_zero(struct ik_wr *w, size_t len);
/* Patches at an offset already written. */
void ik_wr_patch8(struct ik_wr *w, uint16_t at, uint8_t v);
void ik_wr_patch16(struct ik_wr *w, uint16_t at, uint16_t v);

/* ---- timer.c: exponential back-off with seeded jitter ---------------------------------------- */

/* What follows after wait: factor_x16 / 16 times as long, but at most max. No overflow if wait and
 * max are at most IK_WAIT_MAX. */
uint32_t ik_backoff(uint32_t wait, uint32_t max, uint8_t factor_x16);
/* span shortened by up to jitter_256/256 of itself, by the random octet r. */
uint32_t ik_jitter(uint32_t span, uint8_t jitter_256, uint8_t r);

/* ---- count.c ------------------------------------------------------------------------------- */

#if IK_TRACE
void ik_trace(struct ik_env *env, uint16_t event, uint32_t a, uint32_t b);
/* Counts and traces a drop of len octets. */
void ik_drop(struct ik_env *env, enum ik_drop why, size_t len);
#else
static inline void ik_trace(struct ik_env *env, uint16_t event, uint32_t a, uint32_t b)
{
    (void)env, (void)event, (void)a, (void)b;
}
#if IK_COUNTERS
void ik_drop_count(struct ik_env *env, enum ik_drop why);
#else
static inline void ik_drop_count(struct ik_env *env, enum ik_drop why)
{
    (void)env, (void)why;
#if IK_DROP_LAST
    ik_dropped();
#endif
}
#endif
static inline void ik_drop(struct ik_env *env, enum ik_drop why, size_t len)
{
    (void)len;
    ik_drop_count(env, why);
}
#endif
#if IK_COUNTERS
void ik_count(struct ik_env *env, enum ik_count what);
#else
static inline void ik_count(struct ik_env *env, enum ik_count what)
{
    (void)env, (void)what;
}
#endif
/* Trace records are about that slot from now on; answers about which they were. */
static inline uint16_t ik_about(struct ik_env *env, uint16_t slot)
{
#if IK_TRACE
    uint16_t was = env->sa;
    env->sa = slot;
    return was;
#else
    (void)env;
    return slot;
#endif
}
#if IK_METER
void ik_charge(struct ik_env *env, enum ik_cost what, size_t times);
#else
static inline void ik_charge(struct ik_env *env, enum ik_cost what, size_t times)
{
    (void)env, (void)what, (void)times;
}
#endif

/* States what only a bug of ours could break; bytes from the wire never reach one. The host brings
 * ik_assert_failed() (ik_base.h). */
#define IK_ASSERT(cond) ((cond) ? (void)0 : ik_assert_failed(IK_FILE, __LINE__))

/* Is it an IPv4 address, selector or packet? Else IPv6. */
static inline bool ik_is_v4(uint8_t family)
{
    return IK_IPV4 && family == 4;
}

#endif

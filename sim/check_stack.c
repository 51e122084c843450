/* SPDX-License-Identifier: MIT */
/*
 * What a call has left on the stack. The octets below the caller's frame are painted before the
 * call; after it, what is painted no more was written by the call, and is looked through. Compilers
 * promise nothing of this; those that build the tree do it so, and tests/unit/test_sim_spy.c
 * shows that a key which is left there is found.
 */
#include <string.h>

#include "sim/check_secrets.h"

#if defined(__SANITIZE_ADDRESS__)
#define MOVED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MOVED 1
#endif
#endif

#define DEPTH 24576
#define PAINT 0x5c

#ifdef MOVED

bool sim_stack_seen(void)
{
    return false;
}

void sim_stack_paint(const struct sim_spy *spy)
{
    (void)spy;
}

void sim_stack_scan(struct sim_spy *spy, uint16_t node, const char *call)
{
    (void)spy, (void)node, (void)call;
}

#else

/* The same octets in both functions: their frames begin at the same place and hold nothing else. */
static __attribute__((noinline)) void paint(void)
{
    uint8_t room[DEPTH];
    uint8_t *p;

    __asm__ volatile("" : "=r"(p) : "0"(room) : "memory");
    memset(p, PAINT, DEPTH);
    __asm__ volatile("" : : "r"(p) : "memory");
}

/* It is looked through where it lies: who is called from here has his frame below it. */
static __attribute__((noinline)) size_t look_through(const struct sim_secrets *secrets,
                                                     enum sim_secret *what)
{
    uint8_t room[DEPTH];
    uint8_t *p;
    size_t at;

    __asm__ volatile("" : "=r"(p) : "0"(room) : "memory");
    at = sim_secret_find(secrets, p, DEPTH, what);
    __asm__ volatile("" : : "r"(p) : "memory");
    return at;
}

bool sim_stack_seen(void)
{
    return true;
}

void sim_stack_paint(const struct sim_spy *spy)
{
    if (spy->stack)
        paint();
}

void sim_stack_scan(struct sim_spy *spy, uint16_t node, const char *call)
{
    enum sim_secret what;
    size_t at;

    if (!spy->stack)
        return;
    at = look_through(&spy->secrets, &what);
    if (at < DEPTH)
        sim_spy_fail(spy, "n%u: %s leaves %s on the stack, %zu octets down", node, call,
                     sim_secret_name(what), DEPTH - at);
}

#endif

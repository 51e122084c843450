/* SPDX-License-Identifier: MIT */
#include "util/util.h"

int ik_ct_eq(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    unsigned diff = 0;
    for (size_t i = 0; i < len; i++) {
        diff |= (unsigned)(x[i] ^ y[i]);
    }
    /* 0 borrows from bit 8, 1 to 255 do not: no branch tells which it was. */
    return (int)(((diff - 1u) >> 8) & 1u);
}

#if defined(__GNUC__)

/* The compiler has to believe that somebody reads it. Not a call: that would push what registers
 * hold below the room that ik_wipe_stack() clears. */
static inline __attribute__((always_inline)) void wipe(void *p, size_t len)
{
    if (len > 0) {
        memset(p, 0, len);
    }
    __asm__ volatile("" : : "r"(p) : "memory");
}

#else

static void wipe(void *p, size_t len)
{
    volatile uint8_t *q = p;
    while (len > 0) {
        *q++ = 0;
        len--;
    }
}

#endif

IK_OUT_OF_LINE void ik_wipe(void *p, size_t len)
{
    wipe(p, len);
}

#if IK_WIPE_STACK

#define SHALLOW 2048
#define DEEP 4096

void ik_wipe_stack(void)
{
    uint8_t room[SHALLOW];
    wipe(room, sizeof room);
}

void ik_wipe_stack_deep(void)
{
    uint8_t room[DEEP];
    wipe(room, sizeof room);
}

#endif

uint16_t ik_get16(const uint8_t *p)
{
    return (uint16_t)(((uint16_t)p[0] << 8) | p[1]);
}

uint32_t ik_get32(const uint8_t *p)
{
    return ((uint32_t)ik_get16(p) << 16) | ik_get16(p + 2);
}

void ik_put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

void ik_put32(uint8_t *p, uint32_t v)
{
    ik_put16(p, (uint16_t)(v >> 16));
    ik_put16(p + 2, (uint16_t)v);
}

void ik_put64(uint8_t *p, uint64_t v)
{
    ik_put32(p, (uint32_t)(v >> 32));
    ik_put32(p + 4, (uint32_t)v);
}

static uint32_t fold(uint32_t sum)
{
    return (sum & 0xffffu) + (sum >> 16);
}

/* RFC 1071 2: carries wait in the upper half. 32768 words and a folded sum stay below 2^32. */
uint32_t ik_cksum_add(uint32_t sum, const uint8_t *p, size_t len)
{
    sum = fold(sum);
    while (len > 1) {
        sum += ik_get16(p);
        /* A length above 65535 is no packet, but must not wrap either. */
        if (sum & 0x80000000u) {
            sum = fold(sum);
        }
        p += 2;
        len -= 2;
    }
    if (len == 1) {
        sum += (uint32_t)p[0] << 8;
    }
    return sum;
}

uint16_t ik_cksum_fold(uint32_t sum)
{
    return (uint16_t)~fold(fold(sum));
}

/* SPDX-License-Identifier: MIT */
/*
 * Registers of the three parts, under names that all share: numbers only, for C and assembly.
 * "tick" is the timer that counts microseconds of SMCLK / 8, "deep" the one that counts ACLK while
 * SMCLK is off.
 */
#ifndef BOARD_H
#define BOARD_H

#if defined(BOARD_MSP430F1611)
#include "board/msp430f1611.h"
#elif defined(BOARD_MSP430F5438A)
#include "board/msp430f5438a.h"
#elif defined(BOARD_MSP430FR5994)
#include "board/msp430fr5994.h"
#else
#error "name the part: -DBOARD_..."
#endif

/* Status register (SLAU049F 3.2.3). */
#define SR_GIE 0x0008
#define SR_CPUOFF 0x0010
#define SR_SCG0 0x0040
#define SR_SCG1 0x0080
#define SR_LPM_BITS 0x00f0
#define SR_LPM0 SR_CPUOFF
#define SR_LPM3 (SR_CPUOFF | SR_SCG0 | SR_SCG1)

/* Timers A and B alike (SLAU049F chapters 11 and 12). */
#define T_SMCLK_8 0x02c0
#define T_SMCLK_4 0x0280
#define T_SMCLK 0x0200
#define T_ACLK 0x0100
#define T_ACLK_8 0x01c0
#define T_CONTINUOUS 0x0020
#define T_CLEAR 0x0004
#define T_IE 0x0002
#define T_IFG 0x0001
#define T_CCIE 0x0010

/* Watchdog: 1 s of ACLK (SLAU049F 10.3). A write without the password resets. */
#define WDT_HOLD 0x5a80

/* In overflows of the tick timer, 65.5 ms each: the main loop has to come round within 60 s. */
#define LOOP_AGE_MAX 915

#define STACK_PAINT 0x5aa5
#define RED_ZONE 32 /* octets at the low end of the stack that nothing may touch */

/* The longest sleep, which may as well be without end. */
#define CLOCK_LONGEST 0x7fffffff

/* SLIP (RFC 1055). */
#define SLIP_END 0xc0
#define SLIP_ESC 0xdb
#define SLIP_ESC_END 0xdc
#define SLIP_ESC_ESC 0xdd

/* Octets of the largest packet on the link: IPv6, UDP, non-ESP marker, message. */
#define LINK_MTU (40 + 8 + 4 + IK_MSG_MAX)

#ifndef __ASSEMBLER__
#include <stdint.h>
#define REG8(at) (*(volatile uint8_t *)(at))
#define REG16(at) (*(volatile uint16_t *)(at))
/* A name that the simulator's runner uses: stays a symbol and a call, whatever the optimiser finds.
 */
#define SEAM __attribute__((noinline, used))
#define SEAM_DATA __attribute__((used))

static inline void irq_off(void)
{
    __asm__ volatile("dint\n\tnop" ::: "memory");
}

static inline void irq_on(void)
{
    __asm__ volatile("nop\n\teint\n\tnop" ::: "memory");
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Time: the tick timer's rounds of 65536 us, and what deep sleep took while SMCLK was off.
 */
#include "board/target.h"

#define ROUND_US 65536u
#define SHORTEST_US 40 /* below this, a compare value may have passed before it is armed */

volatile uint32_t clock_rounds;          /* counted by isr_tick */
SEAM_DATA volatile uint64_t clock_slept; /* us; added to by isr_deep, and seam: by the runner */

static uint16_t irq_off(void)
{
    uint16_t sr;

    __asm__ volatile("mov r2, %0\n\tdint\n\tnop" : "=r"(sr)::"memory");
    return sr;
}

static void irq_restore(uint16_t sr)
{
    if (sr & SR_GIE) {
        __asm__ volatile("nop\n\teint\n\tnop" ::: "memory");
    }
}

ik_time clock_now(void)
{
    uint16_t sr = irq_off();
    uint32_t rounds = clock_rounds;
    uint16_t low = REG16(TICK_R);
    uint64_t slept = clock_slept;

    /* Gone round since interrupts went off: low may be from before or after that. */
    if (REG16(TICK_CTL) & T_IFG) {
        low = REG16(TICK_R);
        rounds++;
    }
    irq_restore(sr);
    return (((ik_time)rounds << 16) | low) + slept;
}

static bool woken(void)
{
    return button_pressed || link_poll();
}

/* GIE and the sleep bits are set by one instruction: no interrupt comes between test and sleep. */
static void sleep_light(uint16_t us)
{
    REG16(TICK_CCR0) = (uint16_t)(REG16(TICK_R) + us);
    REG16(TICK_CCTL0) = T_CCIE;
    __asm__ volatile("nop\n\tbis %0, r2\n\tnop\n\tdint\n\tnop" ::"i"(SR_LPM0 | SR_GIE) : "memory");
    REG16(TICK_CCTL0) = 0;
}

/* ACLK / 8 counts 4096 Hz: 1 is 15625/64 us. The watchdog would not survive a night: it is held. */
static void sleep_deep(uint16_t ticks)
{
    REG16(WDTCTL) = WDT_HOLD;
    REG16(DEEP_CTL) = T_ACLK_8 | T_CONTINUOUS | T_CLEAR | T_IE;
    if (ticks > 0) {
        REG16(DEEP_CCR0) = ticks;
        REG16(DEEP_CCTL0) = T_CCIE;
    }
    __asm__ volatile("nop\n\tbis %0, r2\n\tnop\n\tdint\n\tnop" ::"i"(SR_LPM3 | SR_GIE) : "memory");
    REG16(DEEP_CTL) &= (uint16_t)~T_CONTINUOUS;
    REG16(DEEP_CCTL0) = 0;
    clock_slept += (uint32_t)REG16(DEEP_R) * 15625u >> 6;
    if (REG16(DEEP_CTL) & T_IFG) {
        clock_slept += 16000000u;
    }
    REG16(DEEP_CTL) = 0;
    REG16(WDTCTL) = WDT_ARM;
}

SEAM void clock_sleep(ik_time until, bool deep)
{
    for (;;) {
        ik_time now = clock_now();
        ik_time left = until - now;

        if (until <= now || left < SHORTEST_US) {
            return;
        }
        __asm__ volatile("dint\n\tnop" ::: "memory");
        if (woken()) {
            break;
        }
        if (!deep) {
            sleep_light(left < ROUND_US / 2 ? (uint16_t)left : (uint16_t)(ROUND_US / 2));
        } else if (left > 15 * IK_SECOND) {
            sleep_deep(0);
        } else {
            sleep_deep((uint16_t)((uint32_t)left / 250u)); /* 244 us each: a little early */
        }
        __asm__ volatile("nop\n\teint\n\tnop" ::: "memory");
        loop_age = 0;
    }
    __asm__ volatile("nop\n\teint\n\tnop" ::: "memory");
}

/* SPDX-License-Identifier: MIT */
/*
 * Sleep. Time itself is in clock.S and isr.S: the tick timer's rounds of 65536 us, and what deep
 * sleep took while SMCLK was off.
 */
#include "board/target.h"

#define NAP_US 32768u  /* half a round, so that a compare value is not taken for a past one */
#define SHORTEST_US 40 /* below this, a compare value may have passed before it is armed */

/* us; added to by the interrupts of both timers, and seam: by the runner. */
SEAM_DATA volatile uint64_t clock_base;

/* GIE and the sleep bits are set by one instruction: no interrupt comes between test and sleep. */
#define SLEEP(mode)                                                                                \
    __asm__ volatile("nop\n\tbis %0, r2\n\tnop\n\tdint\n\tnop" ::"i"((mode) | SR_GIE) : "memory")

void clock_pass(uint32_t us); /* clock.S */

static void nap(uint16_t us)
{
    REG16(TICK_CCR0) = (uint16_t)(REG16(TICK_R) + us);
    REG16(TICK_CCTL0) = T_CCIE;
    SLEEP(SR_LPM0);
    REG16(TICK_CCTL0) = 0;
}

/* ACLK / 8 counts 4096 Hz: 1 is 15625/64 us. The watchdog would not survive a night: it is held.
 * If the timer has gone round meanwhile, isr_deep adds that as soon as it may. */
static void sleep_deep(void)
{
    REG16(WDTCTL) = WDT_HOLD;
    REG16(DEEP_CTL) = T_ACLK_8 | T_CONTINUOUS | T_CLEAR | T_IE;
    SLEEP(SR_LPM3);
    REG16(DEEP_CTL) &= (uint16_t)~T_CONTINUOUS;
    clock_pass((uint32_t)REG16(DEEP_R) * 15625u >> 6);
    REG16(WDTCTL) = WDT_ARM;
}

SEAM void clock_sleep(uint32_t us, bool deep)
{
    uint32_t end = (uint32_t)clock_now() + us;

    for (;;) {
        uint32_t left = end - (uint32_t)clock_now();

        irq_off();
        if (button_pressed || link_in_len != 0 || (int32_t)left < SHORTEST_US) {
            break;
        }
        if (deep) {
            sleep_deep();
        } else {
            nap(left < NAP_US ? (uint16_t)left : NAP_US);
        }
        irq_on();
        loop_age = 0;
    }
    irq_on();
}

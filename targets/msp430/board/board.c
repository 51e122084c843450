/* SPDX-License-Identifier: MIT */
/* Clocks, timers, UART and button as the reset leaves them off. */
#include "board/target.h"

/* us; added to by the interrupts of both timers (isr.S), and seam: by the runner. */
SEAM_DATA volatile uint64_t clock_base;
volatile uint16_t loop_age;
SEAM_DATA volatile uint8_t button_pressed;

#if !defined(BOARD_MSP430F1611)

/* Pulled up; at the falling edge. */
void part_start_button(void)
{
    REG8(BUTTON_REN) |= BUTTON_BIT;
    REG8(BUTTON_OUT) |= BUTTON_BIT;
    REG8(BUTTON_IES) |= BUTTON_BIT;
    REG8(BUTTON_IFG) = 0;
    REG8(BUTTON_IE) |= BUTTON_BIT;
}

#endif

void board_start(void)
{
    part_start_clocks();
    part_start_rest();
    REG16(WDTCTL) = WDT_ARM;
    __asm__ volatile("nop\n\teint\n\tnop" ::: "memory");
}

void board_alive(void)
{
    if (!stack_intact()) {
        ik_assert_failed(IK_FILE, __LINE__);
    }
    loop_age = 0;
}

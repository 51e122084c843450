/* SPDX-License-Identifier: MIT */
/* Clocks, timers, UART and button as the reset leaves them off. */
#include "board/target.h"

/* us; added to by the interrupts of both timers (isr.S), and seam: by the runner. */
SEAM_DATA volatile uint64_t clock_base;
volatile uint16_t loop_age;
SEAM_DATA volatile uint8_t button_pressed;

#if defined(BOARD_MSP430F1611)

/* XT2 may serve once the fault flag stays away for 50 us (SLAU049F 4.2.5). Without crystal the DCO
 * goes on serving, slower; a wait for ever would be worse. */
static void start_clocks(void)
{
    uint16_t tries = 1000;

    REG8(BCSCTL1) = BCSCTL1_RESET & (uint8_t)~XT2OFF;
    do {
        REG8(IFG1) &= (uint8_t)~OFIFG;
        for (uint8_t i = 80; i > 0; i--) {
            __asm__ volatile("nop");
        }
    } while ((REG8(IFG1) & OFIFG) != 0 && --tries > 0);
    if (tries > 0) {
        REG8(BCSCTL2) = SELM_XT2 | SELS_XT2;
    }
}

/* The UART: 115200 baud of 8 MHz (69.44), 8 bits, held in reset meanwhile; the button: at the
 * falling edge. Register, value. */
static const uint8_t settings[][2] = {
    {P3SEL, 0xc0},
    {U1CTL, 0x11},
    {U1TCTL, 0x20},
    {U1BR0, 69},
    {U1BR1, 0},
    {U1MCTL, 0x92},
    {ME2, URXIFG1 | UTXIFG1},
    {U1CTL, 0x10},
    {IE2, URXIFG1},
    {P2IES, BUTTON_BIT},
    {P2IFG, 0},
    {P2IE, BUTTON_BIT},
};

static void start_rest(void)
{
    for (uint8_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        REG8((uintptr_t)settings[i][0]) = settings[i][1];
    }
}

void board_putc(uint8_t octet)
{
    while ((REG8(IFG2) & UTXIFG1) == 0) {
    }
    REG8(UART_TXBUF) = octet;
}

#else

static void start_clocks(void)
{
    REG16(PM5CTL0) = 0; /* pins leave reset state */
    REG16(PJSEL0) |= 0x30;
    REG16(CSCTL0) = CS_PASSWORD;
    REG16(CSCTL1) = CS_DCO_8MHZ;
    REG16(CSCTL2) = CS_ACLK_LFXT_REST_DCO;
    REG16(CSCTL3) = CS_NO_DIVIDERS;
    REG16(CSCTL4) &= (uint16_t)~0x0001; /* LFXT on */
    REG16(CSCTL0) = 0;
}

/* UART: 115200 baud of 8 MHz (SLAU367, table of settings): 4, 5, 0x55, oversampling. */
static void start_rest(void)
{
    REG8(P2SEL1) |= 0x03;
    REG16(UCA0CTLW0) = 0x0081;
    REG16(UCA0BRW) = 4;
    REG16(UCA0MCTLW) = 0x5551;
    REG16(UCA0CTLW0) = 0x0080;
    REG16(UCA0IE) = 0x0001;

    REG8(P1REN) |= BUTTON_BIT;
    REG8(P1OUT) |= BUTTON_BIT;
    REG8(P1IES) |= BUTTON_BIT;
    REG8(P1IFG) = 0;
    REG8(P1IE) |= BUTTON_BIT;
}

void board_putc(uint8_t octet)
{
    while ((REG16(UCA0IFG) & 0x0002) == 0) {
    }
    REG8(UART_TXBUF) = octet;
}

#endif

void board_start(void)
{
    start_clocks();
    REG16(TICK_CTL) = T_SMCLK_8 | T_CONTINUOUS | T_CLEAR | T_IE;
    start_rest();
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

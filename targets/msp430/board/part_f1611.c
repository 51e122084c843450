/* SPDX-License-Identifier: MIT */
/* MSP430F1611: an 8 MHz crystal at XT2 (which wants 3.6 V), or else 4 MHz of the DCO, held to the
 * watch crystal. */
#include "board/target.h"

#if defined(BOARD_MSP430F1611)

/* True: there is no fast crystal, all runs at half the speed. */
static uint8_t half;

/* XT2 may serve once the fault flag stays away for 50 us (SLAU049F 4.2.5). */
static bool start_xt2(void)
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
    return tries > 0;
}

/* Ticks of the DCO in 1/1024 s of the watch crystal. */
static uint16_t measure(void)
{
    uint16_t begun;

    REG16(DEEP_CTL) = T_ACLK | T_CONTINUOUS | T_CLEAR;
    while (REG16(DEEP_R) == 0) {
    }
    begun = REG16(TICK_R);
    while (REG16(DEEP_R) < 1 + 32) {
    }
    begun = REG16(TICK_R) - begun;
    REG16(DEEP_CTL) = 0;
    return begun;
}

#define DCO_TICKS (4000000 / 1024)

/* The highest range; its eight steps of 32 parts each are searched from the top bit down. A watch
 * crystal that does not oscillate ends this by the watchdog, again and again: without it there is
 * no time to sleep by. */
static void calibrate_dco(void)
{
    uint8_t setting = 0;

    REG8(BCSCTL1) = BCSCTL1_RESET | RSEL_HIGHEST;
    REG16(TICK_CTL) = T_SMCLK | T_CONTINUOUS | T_CLEAR;
    for (uint8_t bit = 0x80; bit != 0; bit >>= 1) {
        REG8(DCOCTL) = setting | bit;
        if (measure() <= DCO_TICKS) {
            setting |= bit;
        }
    }
    REG8(DCOCTL) = setting;
}

void part_start_clocks(void)
{
    REG8(SVSCTL) = SVS_2_8V_RESETS;
    half = !start_xt2();
    if (half) {
        REG16(WDTCTL) = WDT_ARM;
        calibrate_dco();
        REG16(WDTCTL) = WDT_HOLD;
    }
    REG16(TICK_CTL) = (half ? T_SMCLK_4 : T_SMCLK_8) | T_CONTINUOUS | T_CLEAR | T_IE;
}

/* In deep sleep a fast crystal would take more than all else: the DCO serves what comes first. */
void part_rest_clocks(void)
{
    if (!half) {
        REG8(BCSCTL2) = 0;
        REG8(BCSCTL1) = BCSCTL1_RESET;
    }
}

void part_wake_clocks(void)
{
    if (!half) {
        (void)start_xt2();
    }
}

/* The UART: 115200 baud, 8 bits, held in reset meanwhile; the button: at the falling edge.
 * Register, value. */
static const uint8_t settings[][2] = {
    {P3SEL, 0xc0},       {U1CTL, 0x11},  {U1TCTL, 0x20},           {U1BR0, 69}, /* 8 MHz: 69.44 */
    {U1BR1, 0},          {U1MCTL, 0x92}, {ME2, URXIFG1 | UTXIFG1}, {U1CTL, 0x10}, {IE2, URXIFG1},
    {P2IES, BUTTON_BIT}, {P2IFG, 0},     {P2IE, BUTTON_BIT},
};

void part_start_rest(void)
{
    for (uint8_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        uint8_t at = settings[i][0], value = settings[i][1];

        if (half && at == U1BR0) {
            value = 34; /* 4 MHz: 34.72 */
        } else if (half && at == U1MCTL) {
            value = 0xb7;
        }
        REG8((uintptr_t)at) = value;
    }
}

void board_putc(uint8_t octet)
{
    while ((REG8(IFG2) & UTXIFG1) == 0) {
    }
    REG8(UART_TXBUF) = octet;
}

/* ---- entropy -----------------------------------------------------------------------------------
 */

void part_adc_start(void)
{
    REG16(ADC12CTL0) = 0x0830; /* sample 256 clocks, reference 1.5 V on, ADC on */
    REG16(ADC12CTL1) = 0x0200; /* pulse by the timer, internal clock */
    REG8(ADC12MCTL0) = 0x1a;   /* temperature sensor against Vref */
    REG16(ADC12CTL0) |= 0x0002;
}

void part_adc_stop(void)
{
    REG16(ADC12CTL0) = 0x0030;
    REG16(ADC12CTL0) = 0;
}

bool part_adc_ready(void)
{
    return (REG16(ADC12IFG) & 0x0001) != 0;
}

/* ---- flash (SLAU049F 5.3): erase, then write words; the CPU waits meanwhile ---------------------
 */

void part_flash_open(void *erase)
{
    REG16(WDTCTL) = WDT_HOLD;
    REG16(FCTL2) = half ? FLASH_CLOCK_4MHZ : FLASH_CLOCK_8MHZ;
    REG16(FCTL3) = FLASH_KEY;
    if (erase != NULL) {
        REG16(FCTL1) = FLASH_KEY | 0x02;
        REG16(erase) = 0;
    }
    REG16(FCTL1) = FLASH_KEY | 0x40;
}

void part_flash_close(void)
{
    REG16(FCTL1) = FLASH_KEY;
    REG16(FCTL3) = FLASH_KEY | 0x10;
    REG16(WDTCTL) = WDT_ARM;
}

#endif

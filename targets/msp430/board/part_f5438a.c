/* SPDX-License-Identifier: MIT */
#include "board/target.h"

#if defined(BOARD_MSP430F5438A)

/* SLAU208 5.2.7: the FLL is held while its divider is set, and may need 32 times 32 periods of the
 * reference. The watch crystal takes longer to start; until then the FLL and ACLK go by REFO. */
void part_start_clocks(void)
{
    uint16_t tries = 0xffff;

    REG8(P7SEL) |= 0x03;
    REG16(UCSCTL6) &= (uint16_t)~XT1OFF;
    __asm__ volatile("bis %0, r2\n\tnop" ::"i"(SR_SCG0));
    REG16(UCSCTL0) = 0;
    REG16(UCSCTL1) = DCORSEL_4;
    REG16(UCSCTL2) = FLLN_8MHZ;
    __asm__ volatile("bic %0, r2\n\tnop" ::"i"(SR_SCG0));
    do {
        REG16(UCSCTL7) = 0;
        REG16(SFRIFG1) &= (uint16_t)~OFIFG;
    } while ((REG16(UCSCTL7) & DCOFFG) != 0 && --tries > 0);
    REG16(UCSCTL4) = UCS_ACLK_XT1_REST_DCO;
    REG16(TICK_CTL) = T_SMCLK_8 | T_CONTINUOUS | T_CLEAR | T_IE;
}

/* A fault of the watch crystal that is over is forgotten. */
void part_rest_clocks(void)
{
    REG16(UCSCTL7) = 0;
}

void part_wake_clocks(void)
{
}

/* UART: 115200 baud of 7.995 MHz (69.40), 8 bits. */
void part_start_rest(void)
{
    REG8(P5SEL) |= 0xc0;
    REG8(UCA1CTL1) = 0x81;
    REG16(UCA1BR0) = 69;
    REG8(UCA1MCTL) = 3 << 1;
    REG8(UCA1CTL1) = 0x80;
    REG8(UCA1IE) = 0x01;
    part_start_button();
}

void board_putc(uint8_t octet)
{
    while ((REG8(UCA1IFG) & 0x02) == 0) {
    }
    REG8(UART_TXBUF) = octet;
}

/* ---- entropy -----------------------------------------------------------------------------------
 */

void part_adc_start(void)
{
    REG16(REFCTL0) = 0x0081; /* the reference module's 1.5 V */
    REG16(ADC12CTL0) = 0x0810;
    REG16(ADC12CTL1) = 0x0200;
    REG8(ADC12MCTL0) = 0x1a; /* temperature sensor against Vref */
    REG16(ADC12CTL0) |= 0x0002;
}

void part_adc_stop(void)
{
    REG16(ADC12CTL0) = 0x0010;
    REG16(ADC12CTL0) = 0;
    REG16(REFCTL0) = 0x0080;
}

bool part_adc_ready(void)
{
    return (REG16(ADC12IFG) & 0x0001) != 0;
}

/* ---- flash (SLAU208 chapter 7) -----------------------------------------------------------------
 */

void part_flash_open(void *erase)
{
    REG16(WDTCTL) = WDT_HOLD;
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

/* SPDX-License-Identifier: MIT */
#include "board/target.h"

#if defined(BOARD_MSP430FR5994)

void part_start_clocks(void)
{
    REG16(PM5CTL0) = 0; /* pins leave reset state */
    REG16(PJSEL0) |= 0x30;
    REG16(CSCTL0) = CS_PASSWORD;
    REG16(CSCTL1) = CS_DCO_8MHZ;
    REG16(CSCTL2) = CS_ACLK_LFXT_REST_DCO;
    REG16(CSCTL3) = CS_NO_DIVIDERS;
    REG16(CSCTL4) &= (uint16_t)~0x0001; /* LFXT on */
    REG16(CSCTL0) = 0;
    REG16(TICK_CTL) = T_SMCLK_8 | T_CONTINUOUS | T_CLEAR | T_IE;
}

/* A fault of the watch crystal that is over is forgotten. */
void part_rest_clocks(void)
{
    REG16(CSCTL0) = CS_PASSWORD;
    REG16(CSCTL5) &= (uint16_t)~0x0003;
    REG16(CSCTL0) = 0;
}

void part_wake_clocks(void)
{
}

/* UART: 115200 baud of 8 MHz (SLAU367, table of settings): 4, 5, 0x55, oversampling. */
void part_start_rest(void)
{
    REG8(P2SEL1) |= 0x03;
    REG16(UCA0CTLW0) = 0x0081;
    REG16(UCA0BRW) = 4;
    REG16(UCA0MCTLW) = 0x5551;
    REG16(UCA0CTLW0) = 0x0080;
    REG16(UCA0IE) = 0x0001;
    part_start_button();
}

void board_putc(uint8_t octet)
{
    while ((REG16(UCA0IFG) & 0x0002) == 0) {
    }
    REG8(UART_TXBUF) = octet;
}

/* ---- entropy -----------------------------------------------------------------------------------
 */

void part_adc_start(void)
{
    REG16(REFCTL0) = 0x0001;
    REG16(ADC12CTL0) = 0x0810;
    REG16(ADC12CTL1) = 0x0200;
    REG16(ADC12CTL3) = 0x0080; /* temperature sensor to channel 30 */
    REG16(ADC12MCTL0) = 0x011e;
    REG16(ADC12CTL0) |= 0x0002;
}

void part_adc_stop(void)
{
    REG16(ADC12CTL0) = 0x0010;
    REG16(ADC12CTL0) = 0;
    REG16(REFCTL0) = 0;
}

bool part_adc_ready(void)
{
    return (REG16(ADC12IFGR0) & 0x0001) != 0;
}

/* ---- FRAM is written like RAM ------------------------------------------------------------------
 */

void part_flash_open(void *erase)
{
    (void)erase;
}

void part_flash_close(void)
{
}

#endif

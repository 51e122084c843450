/* SPDX-License-Identifier: MIT */
/*
 * MSP430F5438A as on the MSP-EXP430F5438 (data sheet SLAS655, user's guide SLAU208): 8 MHz of the
 * DCO, held by the FLL to a 32768 Hz crystal at XT1, USCI_A1 at P5.6 and P5.7 as UART, button S2 at
 * P2.7. The lowest core voltage serves.
 */
#include "board/cpux.h"

/* Unified clock system. */
#define UCSCTL0 0x0160
#define UCSCTL1 0x0162
#define UCSCTL2 0x0164
#define UCSCTL4 0x0168
#define UCSCTL6 0x016c
#define UCSCTL7 0x016e
#define DCORSEL_4 0x0040
#define FLLN_8MHZ 243 /* times 32768 Hz: 7.995 MHz */
#define UCS_ACLK_XT1_REST_DCO 0x0044
#define XT1OFF 0x0001
#define DCOFFG 0x0001

#define P5SEL 0x024a
#define P7SEL 0x026a
#define UCA1CTL1 0x0600
#define UCA1BR0 0x0606
#define UCA1MCTL 0x0608
#define UART_RXBUF 0x060c
#define UART_TXBUF 0x060e
#define UCA1IE 0x061c
#define UCA1IFG 0x061d

#define BUTTON_REN 0x0207
#define BUTTON_OUT 0x0203
#define BUTTON_IES 0x0219
#define BUTTON_IE 0x021b
#define BUTTON_IFG 0x021d
#define BUTTON_BIT 0x80

/* ADC12_A. */
#define ADC12CTL0 0x0700
#define ADC12CTL1 0x0702
#define ADC12IFG 0x070a
#define ADC12MCTL0 0x0710
#define ADC12MEM0 0x0720

/* Flash controller: its own clock. */
#define FCTL1 0x0140
#define FCTL3 0x0144
#define FLASH_KEY 0xa500

/* SPDX-License-Identifier: MIT */
/*
 * MSP430FR5994 as on the MSP-EXP430FR5994 (data sheet SLASE54, user's guide SLAU367): 8 MHz of the
 * DCO, ACLK of a 32768 Hz crystal, eUSCI_A0 at P2.0 and P2.1 as UART, button S1 at P5.6. FRAM is
 * written like RAM; the memory protection unit protects nothing after a reset.
 */
#include "board/cpux.h"

/* Clock system; the password opens CSCTL1 to 6. */
#define CSCTL0 0x0160
#define CSCTL1 0x0162
#define CSCTL2 0x0164
#define CSCTL3 0x0166
#define CSCTL4 0x0168
#define CSCTL5 0x016a
#define CS_PASSWORD 0xa500
#define CS_DCO_8MHZ 0x000c
#define CS_ACLK_LFXT_REST_DCO 0x0033
#define CS_NO_DIVIDERS 0x0000

/* FRAM controller: 0 wait states up to 8 MHz. Port lock of LPMx.5. */
#define PM5CTL0 0x0130

#define P2SEL1 0x020d
#define PJSEL0 0x032a
#define UCA0CTLW0 0x05c0
#define UCA0BRW 0x05c6
#define UCA0MCTLW 0x05c8
#define UART_RXBUF 0x05cc
#define UART_TXBUF 0x05ce
#define UCA0IE 0x05da
#define UCA0IFG 0x05dc

#define BUTTON_REN 0x0246
#define BUTTON_OUT 0x0242
#define BUTTON_IES 0x0258
#define BUTTON_IE 0x025a
#define BUTTON_IFG 0x025c
#define BUTTON_BIT 0x40

/* ADC12_B. */
#define ADC12CTL0 0x0800
#define ADC12CTL1 0x0802
#define ADC12CTL3 0x0806
#define ADC12IFGR0 0x080c
#define ADC12MCTL0 0x0820
#define ADC12MEM0 0x0860

/* SPDX-License-Identifier: MIT */
/*
 * MSP430F1611 (data sheet SLAS368, user's guide SLAU049F): MCLK and SMCLK of an 8 MHz crystal at
 * XT2, which wants a supply of 3.6 V; without that crystal (TelosB) 4 MHz of the DCO, for which 3 V
 * are enough. ACLK of a 32768 Hz crystal, USART1 as UART, a button at P2.7.
 */
#define IE1 0x0000
#define IE2 0x0001
#define IFG1 0x0002
#define IFG2 0x0003
#define ME2 0x0005
#define OFIFG 0x02

#define WDTCTL 0x0120
#define WDT_ARM 0x5a0c /* clear, ACLK / 32768 */

/* Basic clock module. */
#define DCOCTL 0x0056
#define BCSCTL1 0x0057
#define BCSCTL2 0x0058
#define BCSCTL1_RESET 0x84
#define RSEL_HIGHEST 0x07
#define XT2OFF 0x80
#define SELM_XT2 0x80
#define SELS_XT2 0x08

/* Supply supervisor (SLAU049F chapter 6): below 2.8 V, which flash needs to be written, the part is
 * held in reset. */
#define SVSCTL 0x0055
#define SVS_2_8V_RESETS 0x88

/* Multiplier (SLAU049F chapter 7). */
#define MPY 0x0130
#define MAC 0x0134
#define OP2 0x0138
#define RESLO 0x013a
#define RESHI 0x013c
#define SUMEXT 0x013e

/* Timer_A and Timer_B. */
#define TICK_CTL 0x0160
#define TICK_CCTL0 0x0162
#define TICK_R 0x0170
#define TICK_CCR0 0x0172
#define TICK_IV 0x012e
#define DEEP_CTL 0x0180
#define DEEP_CCTL0 0x0182
#define DEEP_R 0x0190
#define DEEP_CCR0 0x0192
#define DEEP_IV 0x011e

/* USART1. */
#define P3SEL 0x001b
#define U1CTL 0x0078
#define U1TCTL 0x0079
#define U1MCTL 0x007b
#define U1BR0 0x007c
#define U1BR1 0x007d
#define UART_RXBUF 0x007e
#define UART_TXBUF 0x007f
#define URXIFG1 0x10
#define UTXIFG1 0x20

#define P2IES 0x002c
#define P2IE 0x002d
#define P2IFG 0x002b
#define BUTTON_IFG P2IFG
#define BUTTON_BIT 0x80

/* ADC12. */
#define ADC12CTL0 0x01a0
#define ADC12CTL1 0x01a2
#define ADC12IFG 0x01a4
#define ADC12MCTL0 0x0080
#define ADC12MEM0 0x0140

/* Flash controller (SLAU049F chapter 5); FLASH_CLOCK: MCLK / 20 or / 10, 400 kHz, within 257 to
 * 476. */
#define FCTL1 0x0128
#define FCTL2 0x012a
#define FCTL3 0x012c
#define FLASH_KEY 0xa500
#define FLASH_CLOCK_8MHZ 0xa553
#define FLASH_CLOCK_4MHZ 0xa549

#define STORE_A 0x1000
#define STORE_B 0x1080

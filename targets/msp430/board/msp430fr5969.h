/* SPDX-License-Identifier: MIT */
/*
 * MSP430FR5969 (data sheet SLAS704, user's guide SLAU367): 8 MHz DCO, ACLK of a 32768 Hz crystal,
 * eUSCI_A0 as UART, a button at P1.1. FRAM is written like RAM, after the information segment's
 * write protection is lifted.
 */
#define WDTCTL 0x015c
#define WDT_ARM 0x5a2c /* clear, ACLK / 32768 */

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

/* The 32-bit multiplier (SLAU367 chapter 5), and the 16-bit one that it contains. */
#define MPY 0x04c0
#define MAC 0x04c4
#define OP2 0x04c8
#define RESLO 0x04ca
#define RESHI 0x04cc
#define SUMEXT 0x04ce
#define MPY32L 0x04d0
#define MPY32H 0x04d2
#define MAC32L 0x04d8
#define MAC32H 0x04da
#define OP2L 0x04e0
#define OP2H 0x04e2
#define RES0 0x04e4
#define RES1 0x04e6
#define RES2 0x04e8
#define RES3 0x04ea

/* TA0 and TA1. */
#define TICK_CTL 0x0340
#define TICK_CCTL0 0x0342
#define TICK_R 0x0350
#define TICK_CCR0 0x0352
#define TICK_IV 0x036e
#define DEEP_CTL 0x0380
#define DEEP_CCTL0 0x0382
#define DEEP_R 0x0390
#define DEEP_CCR0 0x0392
#define DEEP_IV 0x03ae

/* eUSCI_A0 at P2.0 and P2.1. */
#define P2SEL1 0x020d
#define UCA0CTLW0 0x05c0
#define UCA0BRW 0x05c6
#define UCA0MCTLW 0x05c8
#define UART_RXBUF 0x05cc
#define UART_TXBUF 0x05ce
#define UCA0IE 0x05da
#define UCA0IFG 0x05dc

#define P1REN 0x0206
#define P1OUT 0x0202
#define P1IES 0x0218
#define P1IE 0x021a
#define P1IFG 0x021c
#define BUTTON_IFG P1IFG
#define BUTTON_BIT 0x02
#define PJSEL0 0x032a

/* ADC12_B. */
#define ADC12CTL0 0x0800
#define ADC12CTL1 0x0802
#define ADC12CTL2 0x0804
#define ADC12CTL3 0x0806
#define ADC12IFGR0 0x080c
#define ADC12MCTL0 0x0820
#define ADC12MEM0 0x0860
#define REFCTL0 0x01b0

/* Memory protection unit: information FRAM is writable while MPUSEGIWE is set, as after reset. */
#define STORE_A 0x1800
#define STORE_B 0x1880

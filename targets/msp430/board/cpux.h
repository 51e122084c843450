/* SPDX-License-Identifier: MIT */
/* What the MSP430F5438A and the MSP430FR5994 have in the same place. */
#define SFRIFG1 0x0102
#define OFIFG 0x0002
#define WDTCTL 0x015c
#define WDT_ARM 0x5a2c /* clear, ACLK / 32768 */

/* The 32-bit multiplier (SLAU208 and SLAU367, "MPY32"), and the 16-bit one that it contains. */
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

#define REFCTL0 0x01b0

#define STORE_A 0x1800
#define STORE_B 0x1880

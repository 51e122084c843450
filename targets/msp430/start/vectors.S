/* SPDX-License-Identifier: MIT */
#include "board/board.h"

        .section .vectors, "a", @progbits
        .globl  vectors
vectors:
#if defined(BOARD_MSP430F1611)
        /* 0xffe0 (SLAS368, interrupt vector addresses) */
        .word   isr_stray       /* DAC12, DMA */
        .word   isr_button      /* port 2 */
        .word   isr_stray       /* USART1 transmit */
        .word   isr_uart        /* USART1 receive */
        .word   isr_stray       /* port 1 */
        .word   isr_tick        /* Timer_A: overflow */
        .word   isr_wake        /* Timer_A: compare 0 */
        .word   isr_stray       /* ADC12 */
        .word   isr_stray       /* USART0 transmit */
        .word   isr_stray       /* USART0 receive */
        .word   isr_stray       /* watchdog as interval timer */
        .word   isr_stray       /* comparator */
        .word   isr_deep        /* Timer_B: overflow */
        .word   isr_wake        /* Timer_B: compare 0 */
        .word   isr_stray       /* NMI, oscillator fault, flash access violation */
        .word   start
#elif defined(BOARD_MSP430F5438A)
        /* 0xffd2 (SLAS655, interrupt vector addresses) */
        .word   isr_stray       /* RTC */
        .word   isr_button      /* port 2 */
        .word   isr_stray       /* USCI_B3 */
        .word   isr_stray       /* USCI_A3 */
        .word   isr_stray       /* USCI_B1 */
        .word   isr_uart        /* USCI_A1 */
        .word   isr_stray       /* port 1 */
        .word   isr_deep        /* TA1: overflow */
        .word   isr_wake        /* TA1: compare 0 */
        .word   isr_stray       /* DMA */
        .word   isr_stray       /* USCI_B2 */
        .word   isr_stray       /* USCI_A2 */
        .word   isr_tick        /* TA0: overflow */
        .word   isr_wake        /* TA0: compare 0 */
        .word   isr_stray       /* ADC12 */
        .word   isr_stray       /* USCI_B0 */
        .word   isr_stray       /* USCI_A0 */
        .word   isr_stray       /* watchdog as interval timer */
        .word   isr_stray       /* TB0 */
        .word   isr_stray       /* TB0 */
        .word   isr_stray       /* user NMI */
        .word   isr_stray       /* system NMI */
        .word   start
#else
        /* 0xffc6 (SLASE54, interrupt vector addresses) */
        .word   isr_button      /* port 5 */
        .word   isr_stray       /* TA4 */
        .word   isr_stray       /* TA4 */
        .word   isr_stray       /* AES */
        .word   isr_stray       /* RTC */
        .word   isr_stray       /* port 4 */
        .word   isr_stray       /* port 3 */
        .word   isr_stray       /* TA3 */
        .word   isr_stray       /* TA3 */
        .word   isr_stray       /* port 2 */
        .word   isr_stray       /* TA2 */
        .word   isr_stray       /* TA2 */
        .word   isr_stray       /* port 1 */
        .word   isr_deep        /* TA1: overflow */
        .word   isr_wake        /* TA1: compare 0 */
        .word   isr_stray       /* DMA */
        .word   isr_stray       /* eUSCI_A1 */
        .word   isr_tick        /* TA0: overflow */
        .word   isr_wake        /* TA0: compare 0 */
        .word   isr_stray       /* ADC12 */
        .word   isr_stray       /* eUSCI_B0 */
        .word   isr_uart        /* eUSCI_A0 */
        .word   isr_stray       /* watchdog as interval timer */
        .word   isr_stray       /* TB0 */
        .word   isr_stray       /* TB0 */
        .word   isr_stray       /* comparator */
        .word   isr_stray       /* user NMI */
        .word   isr_stray       /* system NMI */
        .word   start
#endif

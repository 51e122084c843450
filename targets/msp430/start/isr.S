/* SPDX-License-Identifier: MIT */
/*
 * Interrupt handlers. They are assembly so that it is plain to see that none of them uses the
 * hardware multiplier: code that does may be interrupted at any point and finds it as it was.
 * The handlers call nothing, and the table of sizes fails if this object names a multiplier (sizes.py).
 */
#include "board/board.h"

/* The tick timer has gone round: 65536 us. Keeps the watchdog quiet while the main loop turns. */
        .section .text.isr, "ax", @progbits
        .globl  isr_tick
        .type   isr_tick, @function
        .p2align 1
isr_tick:
        push    r15
        mov     &TICK_IV, r15           /* reading clears the flag */
        pop     r15
        inc     &clock_rounds
        adc     &clock_rounds + 2
        inc     &loop_age
        cmp     #LOOP_AGE_MAX, &loop_age
        jhs     1f
        mov     #WDT_ARM, &WDTCTL
1:      reti

/* The deep timer has gone round: 65536 / 4096 s. */
        .globl  isr_deep
        .type   isr_deep, @function
isr_deep:
        push    r15
        mov     &DEEP_IV, r15
        pop     r15
        add     #16000000 & 0xffff, &clock_slept
        addc    #16000000 >> 16, &clock_slept + 2
        adc     &clock_slept + 4
        adc     &clock_slept + 6
        reti

/* The moment that clock_sleep() waits for has come; compare 0 clears its flag by itself. */
        .globl  isr_wake
        .type   isr_wake, @function
isr_wake:
        bic     #SR_LPM_BITS, 0(r1)
        reti

        .globl  isr_button
        .type   isr_button, @function
isr_button:
        bic.b   #BUTTON_BIT, &BUTTON_IFG
        mov.b   #1, &button_pressed
        bic     #SR_LPM_BITS, 0(r1)
        reti

/*
 * An octet came: into link_in as it is, escapes and all, until the END of SLIP hands the packet over. link_fill is where
 * the next one goes; 0xffff: skip to the next END, because the reader still has the buffer or the packet is too long.
 */
        .globl  isr_uart
        .type   isr_uart, @function
isr_uart:
        push    r15
        push    r14
        mov.b   &UART_RXBUF, r14
        mov     &link_fill, r15
        cmp.b   #SLIP_END, r14
        jeq     2f
        tst     &link_in_len
        jnz     1f
        cmp     #LINK_RAW, r15
        jhs     1f
        mov.b   r14, link_in(r15)
        inc     &link_fill
        jmp     4f
1:      mov     #0xffff, &link_fill
        jmp     4f

2:      clr     &link_fill
        tst     &link_in_len
        jnz     4f
        cmp     #LINK_RAW + 1, r15
        jhs     4f
        tst     r15
        jz      4f
        mov     r15, &link_in_len
        mov.b   #1, &link_escaped
        pop     r14
        pop     r15
        bic     #SR_LPM_BITS, 0(r1)
        reti
4:      pop     r14
        pop     r15
        reti

/* A vector that nobody enabled. */
        .globl  isr_stray
        .type   isr_stray, @function
isr_stray:
        br      #board_reset

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
        tst     &TICK_IV                /* reading clears the flag */
        inc     &clock_base + 2
        adc     &clock_base + 4
        adc     &clock_base + 6
        inc     &loop_age
        cmp     #LOOP_AGE_MAX, &loop_age
        jhs     1f
        mov     #WDT_ARM, &WDTCTL
1:      reti

/* The deep timer has gone round: 65536 / 4096 s. */
        .globl  isr_deep
        .type   isr_deep, @function
isr_deep:
        tst     &DEEP_IV
        add     #16000000 & 0xffff, &clock_base
        addc    #16000000 >> 16, &clock_base + 2
        adc     &clock_base + 4
        adc     &clock_base + 6
        reti

/*
 * An octet came: into link_in, until the END of SLIP hands the packet over. link_fill is where the next one goes; 0xffff:
 * skip to the next END, because the reader still has the buffer or the packet is too long.
 */
        .globl  isr_uart
        .type   isr_uart, @function
isr_uart:
        push    r15
        push    r14
        mov.b   &UART_RXBUF, r14
        mov     &link_fill, r15
        cmp.b   #SLIP_END, r14
        jeq     5f
        tst     &link_in_len
        jnz     4f
        cmp     #LINK_MTU, r15
        jhs     4f
        cmp.b   #SLIP_ESC, r14
        jeq     3f
        tst.b   &link_escaped
        jz      2f
        clr.b   &link_escaped
        sub.b   #SLIP_ESC_END, r14
        jz      1f
        mov.b   #SLIP_ESC - SLIP_END, r14       /* ESC_ESC; RFC 1055 has no others */
1:      add.b   #SLIP_END, r14
2:      mov.b   r14, link_in(r15)
        inc     &link_fill
        jmp     6f
3:      mov.b   #1, &link_escaped
        jmp     6f
4:      mov     #0xffff, &link_fill
        jmp     6f

5:      clr     &link_fill
        clr.b   &link_escaped
        tst     &link_in_len
        jnz     6f
        dec     r15                     /* from 0, an empty packet, to what is too long too */
        cmp     #LINK_MTU, r15
        jhs     6f
        inc     r15
        mov     r15, &link_in_len
        pop     r14
        pop     r15
        jmp     isr_wake
6:      pop     r14
        pop     r15
        reti

        .globl  isr_button
        .type   isr_button, @function
isr_button:
        bic.b   #BUTTON_BIT, &BUTTON_IFG
        mov.b   #1, &button_pressed
/* The moment that clock_sleep() waits for has come; compare 0 clears its flag by itself. */
        .globl  isr_wake
        .type   isr_wake, @function
isr_wake:
        bic     #SR_LPM_BITS, 0(r1)
        reti

/* A vector that nobody enabled. */
        .globl  isr_stray
        .type   isr_stray, @function
isr_stray:
        br      #board_reset

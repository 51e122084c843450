/* SPDX-License-Identifier: MIT */
/*
 * 64-bit time in assembly: the compiler's carries go through copies of the status register, and take
 * three times as much.
 */
#include "board/board.h"

        .macro  function name
        .section .text.\name, "ax", @progbits
        .globl  \name
        .type   \name, @function
        .p2align 1
\name:
        .endm

/* ik_time clock_now(void): clock_base and what the tick timer has counted since its last round. */
        function clock_now
        push    r2
        dint
        nop
        mov     #clock_base, r11
        mov     @r11+, r12
        mov     @r11+, r13
        mov     @r11+, r14
        mov     @r11+, r15
        mov     &TICK_R, r11
        bit     #T_IFG, &TICK_CTL
        jz      1f
        mov     &TICK_R, r11            /* gone round since dint: the first one may be from before */
        inc     r13
        adc     r14
        adc     r15
1:      add     r11, r12
        adc     r13
        adc     r14
        adc     r15
        nop
        pop     r2
        ret

/* void clock_pass(uint32_t us), interrupts off: so much was slept. */
        function clock_pass
        mov     #clock_base, r11
        add     r12, 0(r11)
        addc    r13, 2(r11)
        adc     4(r11)
        adc     6(r11)
        ret

/* uint32_t clock_until(ik_time at): from now to then, from 0 to CLOCK_LONGEST. */
        function clock_until
        push    r15
        push    r14
        push    r13
        push    r12
        call    #clock_now
        sub     r12, 0(r1)
        subc    r13, 2(r1)
        subc    r14, 4(r1)
        subc    r15, 6(r1)
        pop     r12
        pop     r13
        pop     r14
        pop     r15
        jc      1f
        clr     r12                     /* past */
        clr     r13
        ret
1:      bis     r14, r15
        jnz     2f
        tst     r13
        jge     3f
2:      mov     #CLOCK_LONGEST & 0xffff, r12
        mov     #CLOCK_LONGEST >> 16, r13
3:      ret

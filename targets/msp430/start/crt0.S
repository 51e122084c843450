/* SPDX-License-Identifier: MIT */
/*
 * From reset to main(): watchdog held, stack painted, .data copied, .bss cleared. .noinit is left as
 * it was, for the record of an assertion.
 */
#include "board/board.h"

        .section .text.start, "ax", @progbits
        .globl  start
        .type   start, @function
        .p2align 1
start:
        mov     #WDT_HOLD, &WDTCTL
        mov     #stack_top, r1

        mov     #stack_bottom, r15
        mov     #STACK_PAINT, r14
1:      mov     r14, 0(r15)
        incd    r15
        cmp     #stack_top, r15
        jlo     1b

        mov     #data_start, r12
        mov     #data_image, r13
        mov     #data_size, r14
        call    #memcpy
        mov     #bss_start, r12
        clr     r13
        mov     #bss_size, r14
        call    #memset

        call    #main
        /* main() does not come back; if it did, this resets. */
        .globl  board_reset
        .type   board_reset, @function
board_reset:
        dint
        nop
        clr     &WDTCTL
        jmp     board_reset

/* bool stack_intact(void): the red zone is still painted. Below it lies no RAM of ours (see the
 * linker script), so that an overflow harms no variable before it is found here. */
        .section .text.stack_intact, "ax", @progbits
        .globl  stack_intact
        .type   stack_intact, @function
        .p2align 1
stack_intact:
        mov     #stack_bottom, r15
        clr     r12
1:      cmp     #STACK_PAINT, 0(r15)
        jne     2f
        incd    r15
        cmp     #stack_bottom + RED_ZONE, r15
        jlo     1b
        inc     r12
2:      ret

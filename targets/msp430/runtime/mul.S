/* SPDX-License-Identifier: MIT */
/*
 * Products that the compiler asks for (MSP430 EABI SLAA534, 6.3), by the hardware multiplier. An
 * interrupt may come between any two instructions: no handler uses the multiplier.
 * Time does not depend on the operands.
 */
#include "board/board.h"

#if defined(BOARD_MSP430F1611)
#define HELPER(name) __mspabi_##name##_hw
#else
#define HELPER(name) __mspabi_##name##_f5hw
#endif

        .macro  function name
        .section .text.\name, "ax", @progbits
        .globl  \name
        .type   \name, @function
        .p2align 1
\name:
        .endm

        .macro  mac a, b
        mov     \a, &MAC
        mov     \b, &OP2
        .endm

/* r12 := r12 * r13 */
        function HELPER(mpyi)
        mov     r12, &MPY
        mov     r13, &OP2
        mov     &RESLO, r12
        ret

/* r12:r13 := r12:r13 * r14:r15 */
        function HELPER(mpyl)
        mov     r12, &MPY
        mov     r14, &OP2
        mov     &RESLO, r11
        mov     &RESHI, &RESLO
        mac     r12, r15
        mac     r13, r14
        mov     &RESLO, r13
        mov     r11, r12
        ret

/*
 * r12:r15 := r12:r15 * the 64 bits on the stack, low 64 bits. The EABI (6.3) would have the second operand in r8:r11;
 * clang-19 passes it as it passes any second argument of 64 bits. Column by column; carries in r7.
 */
#define B0 10(r1)
#define B1 12(r1)
#define B2 14(r1)
#define B3 16(r1)
        function HELPER(mpyll)
        push    r10
        push    r9
        push    r8
        push    r7
        mov     r12, &MPY
        mov     B0, &OP2
        mov     &RESLO, r8
        mov     &RESHI, &RESLO
        clr     &RESHI

        mac     r12, B1
        mov     &SUMEXT, r7
        mac     r13, B0
        add     &SUMEXT, r7
        mov     &RESLO, r9
        mov     &RESHI, &RESLO
        mov     r7, &RESHI

        mac     r12, B2
        mac     r13, B1
        mac     r14, B0
        mov     &RESLO, r10
        mov     &RESHI, &RESLO

        mac     r12, B3
        mac     r13, B2
        mac     r14, B1
        mac     r15, B0
        mov     &RESLO, r15
        mov     r10, r14
        mov     r9, r13
        mov     r8, r12
        pop     r7
        pop     r8
        pop     r9
        pop     r10
        ret

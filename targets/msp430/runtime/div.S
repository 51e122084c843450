/* SPDX-License-Identifier: MIT */
/*
 * Unsigned division that the compiler asks for (MSP430 EABI SLAA534, 6.3), bit by bit. Its time depends on
 * the operands: the core divides lengths, times and sequence numbers, never secrets.
 */
        .macro  function name
        .section .text.\name, "ax", @progbits
        .globl  \name
        .type   \name, @function
        .p2align 1
\name:
        .endm

/* r12 := r12 / r13, r14 := r12 % r13 */
        function div16
        clr     r14
        mov     #16, r15
1:      rla     r12
        rlc     r14
        jc      2f
        cmp     r13, r14
        jlo     3f
2:      sub     r13, r14
        inc     r12
3:      dec     r15
        jnz     1b
        ret

        function __mspabi_divu
        br      #div16

        function __mspabi_remu
        call    #div16
        mov     r14, r12
        ret

/* r12:r13 := r12:r13 / r14:r15, r10:r11 := r12:r13 % r14:r15 */
        function div32
        clr     r10
        clr     r11
        mov     #32, r9
1:      rla     r12
        rlc     r13
        rlc     r10
        rlc     r11
        jc      2f
        cmp     r15, r11
        jlo     3f
        jne     2f
        cmp     r14, r10
        jlo     3f
2:      sub     r14, r10
        subc    r15, r11
        inc     r12
3:      dec     r9
        jnz     1b
        ret

        function __mspabi_divul
        push    r9
        push    r10
        call    #div32
        pop     r10
        pop     r9
        ret

        function __mspabi_remul
        push    r9
        push    r10
        call    #div32
        mov     r10, r12
        mov     r11, r13
        pop     r10
        pop     r9
        ret

/* Signed r12 / r13: the compiler's way from a pointer difference to an index. */
        function __mspabi_divi
        push    r10
        mov     r12, r10
        xor     r13, r10        /* the sign of the quotient */
        tst     r12
        jge     1f
        inv     r12
        inc     r12
1:      tst     r13
        jge     2f
        inv     r13
        inc     r13
2:      call    #div16
        tst     r10
        jge     3f
        inv     r12
        inc     r12
3:      pop     r10
        ret

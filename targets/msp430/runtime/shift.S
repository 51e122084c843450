/* SPDX-License-Identifier: MIT */
/*
 * Shifts of 32 bits that the compiler asks for (MSP430 EABI SLAA534, 6.4): r12:r13 by r14. The
 * compiler calls them with counts that are fixed or public; their time depends on the count only.
 */
        .macro  function name
        .section .text.\name, "ax", @progbits
        .globl  \name
        .type   \name, @function
        .p2align 1
\name:
        .endm

        function __mspabi_slll
        bit     #16, r14
        jz      1f
        mov     r12, r13
        clr     r12
1:      bit     #8, r14
        jz      2f
        swpb    r13             /* r13 := r13 << 8 | r12 >> 8 */
        bic     #0xff, r13
        swpb    r12
        mov.b   r12, r15
        bis     r15, r13
        bic     #0xff, r12
2:      and     #7, r14
        jz      4f
3:      rla     r12
        rlc     r13
        dec     r14
        jnz     3b
4:      ret

        function __mspabi_srll
        bit     #16, r14
        jz      1f
        mov     r13, r12
        clr     r13
1:      bit     #8, r14
        jz      2f
        swpb    r12             /* r12 := r13 << 8 | r12 >> 8 */
        mov.b   r12, r12
        swpb    r13
        mov     r13, r15
        bic     #0xff, r15
        bis     r15, r12
        mov.b   r13, r13
2:      and     #7, r14
        jz      4f
3:      clrc
        rrc     r13
        rrc     r12
        dec     r14
        jnz     3b
4:      ret

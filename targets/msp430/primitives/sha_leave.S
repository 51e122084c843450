/* SPDX-License-Identifier: MIT */
/* The end of a compression, a file of its own: who takes one of them does not link the others. */
#include "primitives/sha_frame.h"

        .section .text.ik_sha_leave, "ax", @progbits
        .globl  ik_sha_leave
        .type   ik_sha_leave, @function
        .p2align 1
/* Adds the r8 variables at r4 to val. The frame is there until then: interrupts use what lies below r1. */
ik_sha_leave:
        mov     FRAME(r1), r12
1:      add     @r4+, 0(r12)
        addc    @r4+, 2(r12)
        add     #4, r12
        dec     r8
        jnz     1b
        add     #FRAME + 2, r1
        pop     r10
        pop     r9
        pop     r8
        pop     r7
        pop     r6
        pop     r5
        pop     r4
        ret

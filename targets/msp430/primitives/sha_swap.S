/* SPDX-License-Identifier: MIT */
/* Between the order of octets in messages, which is that of words there, and that of this part. */

/* void ik_sha_swap(uint32_t *words, unsigned n) */
        .section .text.ik_sha_swap, "ax", @progbits
        .globl  ik_sha_swap
        .type   ik_sha_swap, @function
        .p2align 1
ik_sha_swap:
        mov     @r12, r14
        mov     2(r12), r15
        swpb    r14
        swpb    r15
        mov     r15, 0(r12)
        mov     r14, 2(r12)
        add     #4, r12
        dec     r13
        jnz     ik_sha_swap
        ret

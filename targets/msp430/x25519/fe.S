/* SPDX-License-Identifier: MIT */
/*
 * Sums, differences, the product with 121666 and the conditional swap of field elements (fe_mul.S says what they
 * are). Constant time, like everything here.
 */
#include "hwmult.h"

/*
 * In all of them: what carries out of the highest word stands for 38. Should adding that carry out
 * again, less than 38 (or, in a difference, more than 2^256 - 38) is left, so that the
 * lowest word alone takes the second 38.
 */

/* void ik_fe_add(uint16_t out[16], const uint16_t a[16], const uint16_t b[16]) */
        .section .text.ik_fe_add, "ax", @progbits
        .globl  ik_fe_add
        .type   ik_fe_add, @function
        .p2align 1
ik_fe_add:
        .macro  add_word at, op
        mov     @r13+, r15
        \op     @r14+, r15
        mov     r15, \at(r12)
        .endm
        add_word 0, add
        .irp    at, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
        add_word \at, addc
        .endr
        subc    r15, r15
        inv     r15
        and     #38, r15
        add     r15, 0(r12)
        .irp    at, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
        adc     \at(r12)
        .endr
        subc    r15, r15
        inv     r15
        and     #38, r15
        add     r15, 0(r12)
        ret
        .size   ik_fe_add, . - ik_fe_add

/* void ik_fe_sub(uint16_t out[16], const uint16_t a[16], const uint16_t b[16]) */
        .section .text.ik_fe_sub, "ax", @progbits
        .globl  ik_fe_sub
        .type   ik_fe_sub, @function
        .p2align 1
ik_fe_sub:
        .macro  sub_word at, op
        mov     @r13+, r15
        \op     @r14+, r15
        mov     r15, \at(r12)
        .endm
        sub_word 0, sub
        .irp    at, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
        sub_word \at, subc
        .endr
        subc    r15, r15
        and     #38, r15
        sub     r15, 0(r12)
        .irp    at, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
        sbc     \at(r12)
        .endr
        subc    r15, r15
        and     #38, r15
        sub     r15, 0(r12)
        ret
        .size   ik_fe_sub, . - ik_fe_sub

/*
 * void ik_fe_mul_121666(uint16_t out[16], const uint16_t a[16])
 * 121666 = 2^16 + 0xdb42: each word of the product takes the word of a before its own, too.
 */
        .section .text.ik_fe_mul_121666, "ax", @progbits
        .globl  ik_fe_mul_121666
        .type   ik_fe_mul_121666, @function
        .p2align 1
ik_fe_mul_121666:
        push    r10
        push    r11
        mov     #0xdb42, &MPY
        clr     r14                     /* left over by the word before */
        clr     r10                     /* the word of a before; out may be a, so it is kept */
        .macro  mul_word at, acc, next, before, word
        mov     @r13+, \word
        mov     \word, &OP2
        clr     \next
        add     \before, \acc
        adc     \next
        add     &RESLO, \acc
        addc    &RESHI, \next
        mov     \acc, \at(r12)
        .endm
        mul_word 0, r14, r15, r10, r11
        mul_word 2, r15, r14, r11, r10
        mul_word 4, r14, r15, r10, r11
        mul_word 6, r15, r14, r11, r10
        mul_word 8, r14, r15, r10, r11
        mul_word 10, r15, r14, r11, r10
        mul_word 12, r14, r15, r10, r11
        mul_word 14, r15, r14, r11, r10
        mul_word 16, r14, r15, r10, r11
        mul_word 18, r15, r14, r11, r10
        mul_word 20, r14, r15, r10, r11
        mul_word 22, r15, r14, r11, r10
        mul_word 24, r14, r15, r10, r11
        mul_word 26, r15, r14, r11, r10
        mul_word 28, r14, r15, r10, r11
        mul_word 30, r15, r14, r11, r10
        /* Left over: r14 + r10, at most 121664, so 17 bits: 38 times that is two words. */
        clr     r15
        add     r10, r14
        adc     r15
        mov     #38, &MPY
        mov     r14, &OP2
        mov     &RESLO, r14
        mov     &RESHI, r11
        mov     r15, &OP2
        add     &RESLO, r11
        add     r14, 0(r12)
        addc    r11, 2(r12)
        .irp    at, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
        adc     \at(r12)
        .endr
        subc    r15, r15
        inv     r15
        and     #38, r15
        add     r15, 0(r12)
        adc     2(r12)
        pop     r11
        pop     r10
        ret
        .size   ik_fe_mul_121666, . - ik_fe_mul_121666

/* void ik_fe_cswap(uint16_t a[16], uint16_t b[16], uint16_t mask): swaps them if mask is all ones, not if it is 0. */
        .section .text.ik_fe_cswap, "ax", @progbits
        .globl  ik_fe_cswap
        .type   ik_fe_cswap, @function
        .p2align 1
ik_fe_cswap:
        .irp    at, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
        mov     \at(r12), r15
        xor     \at(r13), r15
        and     r14, r15
        xor     r15, \at(r12)
        xor     r15, \at(r13)
        .endr
        ret
        .size   ik_fe_cswap, . - ik_fe_cswap

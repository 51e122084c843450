/* SPDX-License-Identifier: MIT */
/*
 * Sums, differences, the product with 121666 and the conditional swap of field elements (fe_mul.S says what they
 * are). Constant time, like everything here.
 */
#include "hwmult.h"

/*
 * In all of them: what carries out of the highest word stands for 38. Should adding that carry out
 * again, little is left (or, in a difference, nearly 2^256), so that the lowest two words alone take
 * the second 38.
 *
 * Words come in groups, once in the code: call and ret leave the carry alone.
 */

        /* r12 += \by, and the carry stays. */
        .macro  advance by
        mov     r2, r15
        add     #\by, r12
        mov     r15, r2
        .endm

        /* What is under way with \op goes on through the words 2 to 15; r12: out + 4. */
        .macro  go_on op
        call    #\op\()_seven
        call    #\op\()_seven
        .endm
        .macro  seven op
        .type   \op\()_seven, @function
\op\()_seven:
        .irp    at, 0, 2, 4, 6, 8, 10, 12
        \op     \at(r12)
        .endr
        advance 14
        ret
        .size   \op\()_seven, . - \op\()_seven
        .endm

        /* out := a \op b, with what the carry holds; leaves r12 behind out. */
        .macro  all_words op
        call    #\op\()_sixteen
        .endm
        .macro  sixteen op
        .type   \op\()_sixteen, @function
\op\()_sixteen:
        call    #1f
1:      call    #2f
2:
        .irp    at, 0, 2, 4, 6
        mov     @r13+, r15
        \op     @r14+, r15
        mov     r15, \at(r12)
        .endr
        advance 8
        ret
        .size   \op\()_sixteen, . - \op\()_sixteen
        .endm

/* void ik_fe_add(uint16_t out[16], const uint16_t a[16], const uint16_t b[16]) */
        .section .text.ik_fe_add, "ax", @progbits
        .globl  ik_fe_add
        .type   ik_fe_add, @function
        .p2align 1
ik_fe_add:
        clrc
        all_words addc
        subc    r15, r15
        inv     r15
        and     #38, r15
        sub     #28, r12
        add     r15, -4(r12)
        adc     -2(r12)
        jmp     ik_fe_settle
        .size   ik_fe_add, . - ik_fe_add
        sixteen addc

/* The end of sums and products: r12 is out + 4, the carry is into there. */
        .globl  ik_fe_settle
        .type   ik_fe_settle, @function
ik_fe_settle:
        go_on   adc
        subc    r15, r15
        inv     r15
        and     #38, r15
        add     r15, -32(r12)
        adc     -30(r12)
        ret
        .size   ik_fe_settle, . - ik_fe_settle
        seven   adc

/* void ik_fe_sub(uint16_t out[16], const uint16_t a[16], const uint16_t b[16]) */
        .section .text.ik_fe_sub, "ax", @progbits
        .globl  ik_fe_sub
        .type   ik_fe_sub, @function
        .p2align 1
ik_fe_sub:
        setc
        all_words subc
        subc    r15, r15
        and     #38, r15
        sub     #28, r12
        sub     r15, -4(r12)
        sbc     -2(r12)
        go_on   sbc
        subc    r15, r15
        and     #38, r15
        sub     r15, -32(r12)
        sbc     -30(r12)
        ret
        .size   ik_fe_sub, . - ik_fe_sub
        sixteen subc
        seven   sbc

/*
 * void ik_fe_mul_121666(uint16_t out[16], const uint16_t a[16])
 * 121666 = 2^16 + 0xdb42: each word of the product takes the word of a before its own, too.
 */
        .section .text.ik_fe_mul_121666, "ax", @progbits
        .globl  ik_fe_mul_121666
        .type   ik_fe_mul_121666, @function
        .p2align 1
ik_fe_mul_121666:
        push    r9
        push    r10
        mov     #0xdb42, &MPY
        mov     #16, r9
        clr     r14                     /* left over by the word before */
        clr     r10                     /* the word of a before; out may be a, so it is kept */
1:      mov     @r13+, r11
        mov     r11, &OP2
        clr     r15
        add     r10, r14
        adc     r15
        add     &RESLO, r14
        addc    &RESHI, r15
        mov     r14, 0(r12)
        incd    r12
        mov     r15, r14
        mov     r11, r10
        dec     r9
        jnz     1b
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
        pop     r10
        pop     r9
        sub     #28, r12
        add     r14, -4(r12)
        addc    r11, -2(r12)
        br      #ik_fe_settle
        .size   ik_fe_mul_121666, . - ik_fe_mul_121666

/* void ik_fe_cswap(uint16_t a[16], uint16_t b[16], uint16_t mask): swaps them if mask is all ones, not if it is 0. */
        .section .text.ik_fe_cswap, "ax", @progbits
        .globl  ik_fe_cswap
        .type   ik_fe_cswap, @function
        .p2align 1
ik_fe_cswap:
        mov     #16, r11
1:      mov     @r12, r15
        xor     @r13, r15
        and     r14, r15
        xor     r15, 0(r12)
        xor     r15, 0(r13)
        incd    r12
        incd    r13
        dec     r11
        jnz     1b
        ret
        .size   ik_fe_cswap, . - ik_fe_cswap

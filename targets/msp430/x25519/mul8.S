/* SPDX-License-Identifier: MIT */
/*
 * 128-bit products for the 16-bit hardware multiplier (MSP430x1xx user's guide, chapter 7).
 *
 * Product scanning: column k of the product is the sum of all a[i] * b[k - i]. The multiplier adds each to its 32-bit
 * result; SUMEXT, the carry of the last addition, is gathered in a register. One operand stays in r4 to r11.
 *
 * Constant time: no branch, no address that depends on an operand.
 * Interrupts may come at any point, as long as no handler uses the multiplier: none of start/ and
 * board/ does.
 */
#include "hwmult.h"

        .macro  mac reg, op2
        mov     \reg, &MAC
        mov     \op2, &OP2
        add     &SUMEXT, r14
        .endm

        /* The first product of a column: the carries begin anew. */
        .macro  mac1 reg, op2
        mov     \reg, &MAC
        mov     \op2, &OP2
        mov     &SUMEXT, r14
        .endm

        /* Column done: stores its low word, moves the rest one word down. */
        .macro  column at
        mov     &RESLO, \at(r13)
        mov     &RESHI, &RESLO
        mov     r14, &RESHI
        .endm

/* mov @r12+, &OP2: clang-19's assembler has no post-increment to memory, so it is spelt out. */
        .macro  next_op2
        .word   0x4cb2, OP2
        .endm

        /* mac and mac1 with the next word at r12. */
        .macro  macn reg
        mov     \reg, &MAC
        next_op2
        add     &SUMEXT, r14
        .endm

        .macro  macn1 reg
        mov     \reg, &MAC
        next_op2
        mov     &SUMEXT, r14
        .endm

        .macro  load_a from
        mov     @\from+, r4
        mov     @\from+, r5
        mov     @\from+, r6
        mov     @\from+, r7
        mov     @\from+, r8
        mov     @\from+, r9
        mov     @\from+, r10
        mov     @\from+, r11
        .endm

/*
 * r13[0..16) := r12[0..8) * r15[0..8), words; r13 differs from both. Changes r4 to r12, r14, r15.
 */
        .section .text.ik_x25519_mul8, "ax", @progbits
        .globl  ik_x25519_mul8
        .type   ik_x25519_mul8, @function
        .p2align 1
ik_x25519_mul8:
        load_a  r15
        mov     r4, &MPY
        mov     @r12, &OP2
        mov     &RESLO, 0(r13)
        mov     &RESHI, &RESLO
        clr     &RESHI

        macn1   r5
        mac     r4, @r12
        column  2
        decd    r12

        macn1   r6
        macn    r5
        mac     r4, @r12
        column  4
        sub     #4, r12

        macn1   r7
        macn    r6
        macn    r5
        mac     r4, @r12
        column  6
        sub     #6, r12

        macn1   r8
        macn    r7
        macn    r6
        macn    r5
        mac     r4, @r12
        column  8
        sub     #8, r12

        macn1   r9
        macn    r8
        macn    r7
        macn    r6
        macn    r5
        mac     r4, @r12
        column  10
        sub     #10, r12

        macn1   r10
        macn    r9
        macn    r8
        macn    r7
        macn    r6
        macn    r5
        mac     r4, @r12
        column  12
        sub     #12, r12

        macn1   r11
        macn    r10
        macn    r9
        macn    r8
        macn    r7
        macn    r6
        macn    r5
        mac     r4, @r12
        column  14
        sub     #12, r12

        macn1   r11
        macn    r10
        macn    r9
        macn    r8
        macn    r7
        macn    r6
        mac     r5, @r12
        column  16
        sub     #10, r12

        macn1   r11
        macn    r10
        macn    r9
        macn    r8
        macn    r7
        mac     r6, @r12
        column  18
        sub     #8, r12

        macn1   r11
        macn    r10
        macn    r9
        macn    r8
        mac     r7, @r12
        column  20
        sub     #6, r12

        macn1   r11
        macn    r10
        macn    r9
        mac     r8, @r12
        column  22
        sub     #4, r12

        macn1   r11
        macn    r10
        mac     r9, @r12
        column  24
        decd    r12

        macn1   r11
        mac     r10, @r12
        column  26

        mov     r11, &MAC
        mov     @r12, &OP2
        mov     &RESLO, 28(r13)
        mov     &RESHI, 30(r13)
        ret
        .size   ik_x25519_mul8, . - ik_x25519_mul8

/*
 * r13[0..16) := r15[0..8) squared. Changes r4 to r12, r14, r15.
 *
 * Products of two different words count twice: a column's sum of them is taken once in the multiplier and added twice. Three
 * registers hold what columns leave over: r15 the word of this one, r12 of the next, r14 of the one behind it.
 */
        .macro  sum
        add     &RESLO, r15
        addc    &RESHI, r12
        adc     r14
        .endm

        .macro  sum_twice
        rla     r14
        sum
        sum
        .endm

        .macro  diagonal reg
        mov     \reg, &MPY
        mov     \reg, &OP2
        sum
        .endm

        .macro  next_column at
        mov     r15, \at(r13)
        mov     r12, r15
        mov     r14, r12
        clr     r14
        .endm

        .macro  first a, b
        mov     \a, &MPY
        mov     \b, &OP2
        .endm

        .section .text.ik_x25519_sqr8, "ax", @progbits
        .globl  ik_x25519_sqr8
        .type   ik_x25519_sqr8, @function
        .p2align 1
ik_x25519_sqr8:
        load_a  r15
        first   r4, r4
        mov     &RESLO, 0(r13)
        mov     &RESHI, r15
        clr     r12
        clr     r14

        first   r5, r4
        sum_twice
        next_column 2

        first   r6, r4
        sum_twice
        diagonal r5
        next_column 4

        first   r7, r4
        mac     r6, r5
        sum_twice
        next_column 6

        first   r8, r4
        mac     r7, r5
        sum_twice
        diagonal r6
        next_column 8

        first   r9, r4
        mac     r8, r5
        mac     r7, r6
        sum_twice
        next_column 10

        first   r10, r4
        mac     r9, r5
        mac     r8, r6
        sum_twice
        diagonal r7
        next_column 12

        first   r11, r4
        mac     r10, r5
        mac     r9, r6
        mac     r8, r7
        sum_twice
        next_column 14

        first   r11, r5
        mac     r10, r6
        mac     r9, r7
        sum_twice
        diagonal r8
        next_column 16

        first   r11, r6
        mac     r10, r7
        mac     r9, r8
        sum_twice
        next_column 18

        first   r11, r7
        mac     r10, r8
        sum_twice
        diagonal r9
        next_column 20

        first   r11, r8
        mac     r10, r9
        sum_twice
        next_column 22

        first   r11, r9
        sum_twice
        diagonal r10
        next_column 24

        first   r11, r10
        sum_twice
        next_column 26

        first   r11, r11
        add     &RESLO, r15
        addc    &RESHI, r12
        mov     r15, 28(r13)
        mov     r12, 30(r13)
        ret
        .size   ik_x25519_sqr8, . - ik_x25519_sqr8

/* SPDX-License-Identifier: MIT */
/*
 * The field GF(2^255 - 19) for the 32-bit multiplier, written out. What an element is, and sums and differences:
 * fe_linear.inc.
 *
 * Constant time: no branch and no address depends on an element. Interrupts may come at any point, as long as no handler uses the
 * multiplier: none of start/ and board/ does.
 *
 * In all operations r13 is where the result goes, r15 the first operand, r12 the second; the result may take the place of an operand.
 * They change every register.
 *
 * Product scanning: column k is the sum of a_i b_j with i + j = k, limbs of 32 bits, which the multiplier adds up in RES0 to RES3;
 * what it carries out of them, SUMEXT, adds up in r14. When a column is done its lower half is stored, and its upper
 * half with r14 begins the next. The columns 8 to 15 come first and become h; then, for 2^256 is 38, column k of 0 to 7 takes 38 h_k
 * too, and its result takes h_k's place.
 *
 * When results are there (SLAU367, table 5-1), in cycles after OP2H: RES1 3, RES2 5, RES3 and SUMEXT 6. So the next product's first
 * factor is written before SUMEXT is read, and comes from memory: its lower word is written 4 cycles after OP2H, its upper 8.
 */
#include "board/board.h"
#ifdef MPY32L
#include "x25519/fe.h"

#define FE_RUN ik_fe_mpy32_run
#include "x25519/fe_linear.inc"

/* The frame: of a square, a below 2^255 and d = 2 a; h, which becomes the result. */
#define A 0
#define D 32
#define H 64
#define FRAME 96

        .macro  next_to register        /* mov @r12+, &register */
        .word   0x4cb2, \register
        .endm

/* The first products: of all, of a column, and those behind it. \lo and \hi: the second factor. */
        .macro  begin lo, hi
        next_to MPY32L
        next_to MPY32H
        mov     \lo, &OP2L
        mov     \hi, &OP2H
        .endm
        .macro  first lo, hi
        next_to MAC32L
        next_to MAC32H
        mov     \lo, &OP2L
        mov     \hi, &OP2H
        .endm
        .macro  then lo, hi
        next_to MAC32L
        next_to MAC32H
        add     &SUMEXT, r14
        mov     \lo, &OP2L
        mov     \hi, &OP2H
        .endm
/* 38 h_n */
        .macro  then_38 n
        mov     #38, &MAC
        add     &SUMEXT, r14
        mov     H + 4 * \n(r1), &OP2L
        mov     H + 4 * \n + 2(r1), &OP2H
        .endm

/* r13 points to RES0, from which it walks to RES3 and back. */
        .macro  store_next at           /* mov @r13+, \at(r1) */
        .word   0x4db1, \at
        .endm
        .macro  store_lower n           /* to h_n */
        store_next H + 4 * \n
        store_next H + 4 * \n + 2
        .endm
        .macro  column_to n
        store_lower \n
        add     &SUMEXT, r14
        .word   0x4db2, RES0            /* mov @r13+, &RES0: RES2 */
        .word   0x4db2, RES1
        sub     #8, r13
        mov     r14, &RES2
        mov     #0, &RES3
        clr     r14
        .endm
        .macro  last_column_to n        /* and to h_n + 1 */
        store_lower \n
        store_next H + 4 * \n + 4
        store_next H + 4 * \n + 6
        sub     #8, r13
        .endm

/* ---- multiply: r12 walks along b, and the limbs of a that a half of the columns needs most are in registers ----------- */

multiply:
        push    r13
        sub     #FRAME, r1
        mov     #RES0, r13
        clr     r14
        add     #16, r15
        load    r15                     /* a4 … a7 */

        add     #4, r12                 /* column 8: b1 a7 + … + b7 a1 */
        begin   r10, r11
        then    r8, r9
        then    r6, r7
        then    r4, r5
        then    -20(r15), -18(r15)
        then    -24(r15), -22(r15)
        then    -28(r15), -26(r15)
        column_to 0
        sub     #24, r12                /* column 9: b2 … b7 */
        first   r10, r11
        then    r8, r9
        then    r6, r7
        then    r4, r5
        then    -20(r15), -18(r15)
        then    -24(r15), -22(r15)
        column_to 1
        sub     #20, r12
        first   r10, r11
        then    r8, r9
        then    r6, r7
        then    r4, r5
        then    -20(r15), -18(r15)
        column_to 2
        sub     #16, r12
        first   r10, r11
        then    r8, r9
        then    r6, r7
        then    r4, r5
        column_to 3
        sub     #12, r12
        first   r10, r11
        then    r8, r9
        then    r6, r7
        column_to 4
        sub     #8, r12
        first   r10, r11
        then    r8, r9
        column_to 5
        sub     #4, r12
        first   r10, r11
        last_column_to 6

        sub     #32, r15
        load    r15                     /* a0 … a3 */
        sub     #32, r12                /* column 0 */
        begin   r4, r5
        then_38 0
        column_to 0
        sub     #4, r12                 /* column 1: b0 a1 + b1 a0 */
        first   r6, r7
        then    r4, r5
        then_38 1
        column_to 1
        sub     #8, r12
        first   r8, r9
        then    r6, r7
        then    r4, r5
        then_38 2
        column_to 2
        sub     #12, r12
        first   r10, r11
        then    r8, r9
        then    r6, r7
        then    r4, r5
        then_38 3
        column_to 3
        sub     #16, r12
        first   @r15, 2(r15)
        then    r10, r11
        then    r8, r9
        then    r6, r7
        then    r4, r5
        then_38 4
        column_to 4
        sub     #20, r12
        first   4(r15), 6(r15)
        then    @r15, 2(r15)
        then    r10, r11
        then    r8, r9
        then    r6, r7
        then    r4, r5
        then_38 5
        column_to 5
        sub     #24, r12
        first   8(r15), 10(r15)
        then    4(r15), 6(r15)
        then    @r15, 2(r15)
        then    r10, r11
        then    r8, r9
        then    r6, r7
        then    r4, r5
        then_38 6
        column_to 6
        sub     #28, r12                /* column 7: b0 a7 + … + b7 a0 */
        first   12(r15), 14(r15)
        then    8(r15), 10(r15)
        then    4(r15), 6(r15)
        then    @r15, 2(r15)
        then    r10, r11
        then    r8, r9
        then    r6, r7
        then    r4, r5

/*
 * Column 7 begins behind 2^224: q is what it holds beyond 31 bits, below 2^37. Result: below 2^255 + 19 q.
 */
reduce: then_38 7
        store_next H + 28
        mov     @r13+, r8
        add     &SUMEXT, r14
        mov     @r13+, r4
        mov     @r13, r5
        rla     r8
        rlc     r4
        rlc     r5
        rlc     r14                     /* q is r14:r5:r4 */
        rra     r8
        bic     #0x8000, r8
        mov     r8, H + 30(r1)
        mov     r4, r8                  /* 19 q = q + 2 q + 16 q */
        mov     r5, r9
        mov     r14, r6
        .macro  double
        rla     r8
        rlc     r9
        rlc     r6
        .endm
        .macro  plus_it
        add     r8, r4
        addc    r9, r5
        addc    r6, r14
        .endm
        double
        plus_it
        double
        double
        double
        plus_it
        mov     r14, r6
        mov     FRAME(r1), r13
        mov     r1, r15
        add     #H, r15
        add     @r15+, r4
        addc    @r15+, r5
        addc    @r15+, r6
        .irp    reg, r7, r8, r9, r10, r11
        mov     @r15+, \reg
        adc     \reg
        .endr
        store   0, r13
        .irp    reg, r4, r5, r6, r7, r8, r9, r10, r11
        mov     @r15+, \reg
        adc     \reg
        .endr
        store   16, r13
        add     #FRAME + 2, r1
        ret

/* ---- square ------------------------------------------------------------------------------------ */

/*
 * Column k is a_i d_j for all i < j, and the square of a_k/2. d_i+1 beside a_i is without its lowest bit, which is the highest of
 * a_i. r12 walks along d.
 */
        .macro  diagonal lo, hi
        mov     \lo, &MAC32L
        mov     \hi, &MAC32H
        mov     \lo, &OP2L
        mov     \hi, &OP2H
        .endm
        .macro  beside lo, hi
        mov     @r12+, r10
        bic     #1, r10
        mov     r10, &MAC32L
        next_to MAC32H
        mov     \lo, &OP2L
        mov     \hi, &OP2H
        .endm

square: push    r13
        sub     #FRAME, r1
        mov     r1, r13
        mov     30(r15), r14            /* 19 if the highest bit is set */
        rla     r14
        subc    r14, r14
        inv     r14
        and     #19, r14
        load    r15
        add     r14, r4
        carry_chain adc
        push    r2
        store   A, r13
        rla     r4
        carry_chain rlc
        store   D, r13
        mov     #0, r14
        adc     r14
        load    r15
        bic     #0x8000, r11
        pop     r2
        adc     r4
        carry_chain adc
        store   A + 16, r13
        rra     r14
        rlc     r4
        carry_chain rlc
        store   D + 16, r13

        mov     r1, r15
        add     #A + 12, r15
        .irp    reg, r4, r5, r6, r7, r8, r9     /* a3, a4, a5 */
        mov     @r15+, \reg
        .endr
        mov     r1, r12
        add     #D + 20, r12
        mov     #RES0, r13
        clr     r14

        mov     r6, &MPY32L             /* column 8: a4 a4 + d5 a3 + d6 a2 + d7 a1; r15 is at a6 */
        mov     r7, &MPY32H
        mov     r6, &OP2L
        mov     r7, &OP2H
        first   r4, r5
        then    -16(r15), -14(r15)
        then    -20(r15), -18(r15)
        column_to 0
        sub     #12, r12
        beside  r6, r7
        then    r4, r5
        then    -16(r15), -14(r15)
        column_to 1
        sub     #8, r12
        diagonal r8, r9
        then    r6, r7
        then    r4, r5
        column_to 2
        sub     #8, r12
        beside  r8, r9
        then    r6, r7
        column_to 3
        sub     #4, r12
        diagonal @r15, 2(r15)
        then    r8, r9
        column_to 4
        sub     #4, r12
        beside  @r15, 2(r15)
        column_to 5
        diagonal 4(r15), 6(r15)
        last_column_to 6

        sub     #24, r15
        .irp    reg, r4, r5, r6, r7, r8, r9     /* a0, a1, a2; r15 is at a3 */
        mov     @r15+, \reg
        .endr
        sub     #28, r12                /* d1 */
        mov     r4, &MPY32L             /* column 0 */
        mov     r5, &MPY32H
        mov     r4, &OP2L
        mov     r5, &OP2H
        then_38 0
        column_to 0
        beside  r4, r5
        then_38 1
        column_to 1
        diagonal r6, r7
        then    r4, r5
        then_38 2
        column_to 2
        sub     #4, r12
        beside  r6, r7
        then    r4, r5
        then_38 3
        column_to 3
        sub     #4, r12
        diagonal r8, r9
        then    r6, r7
        then    r4, r5
        then_38 4
        column_to 4
        sub     #8, r12
        beside  r8, r9
        then    r6, r7
        then    r4, r5
        then_38 5
        column_to 5
        sub     #8, r12
        diagonal @r15, 2(r15)
        then    r8, r9
        then    r6, r7
        then    r4, r5
        then_38 6
        column_to 6
        sub     #12, r12
        beside  @r15, 2(r15)
        then    r8, r9
        then    r6, r7
        then    r4, r5
        br      #reduce
#endif

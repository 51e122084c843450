/* SPDX-License-Identifier: MIT */
/*
 * The field GF(2^255 - 19) for the 16-bit multiplier, fast: 2.6 KB, where fe.S has 1 KB. What an element is, and sums and
 * differences: fe_linear.inc. Products are written out, one row a word of the first operand.
 *
 * Constant time: no branch and no address depends on an element. Interrupts may come at any point, as long as no handler uses the
 * multiplier: none of start/ and board/ does.
 *
 * In all operations r13 is where the result goes, r15 the first operand, r12 the second; the result may take the place of an operand.
 * They change every register.
 */
#include "board/board.h"
#include "x25519/fe.h"

#define FE_RUN ik_fe_mpy16_run
#include "x25519/fe_linear.inc"

/*
 * Eight words with the even ones first, 0 2 4 6 1 3 5 7: the order in which a row takes its factors, because products
 * of every other word do not overlap and add up in one chain of carries.
 */
#define EVEN_FIRST(n) (((n) & 1) * 8 + ((n) & 6))

        .macro  next_mpy                /* mov @r15+, &MPY */
        .word   0x4fb2, MPY
        .endm

        .macro  store_even_first at, to, w0=r4, w1=r5, w2=r6, w3=r7, w4=r8, w5=r9, w6=r10, w7=r11
        mov     \w0, 0 + \at(\to)
        mov     \w1, 8 + \at(\to)
        mov     \w2, 2 + \at(\to)
        mov     \w3, 10 + \at(\to)
        mov     \w4, 4 + \at(\to)
        mov     \w5, 12 + \at(\to)
        mov     \w6, 6 + \at(\to)
        mov     \w7, 14 + \at(\to)
        .endm

/* The eight words become their number's absolute value; r14 is -1 if that changed them, else 0. Follows a chain of subc. */
        .macro  absolute
        subc    r14, r14
        .irp    reg, r4, r5, r6, r7, r8, r9, r10, r11
        xor     r14, \reg
        .endr
        sub     r14, r4
        .irp    reg, r5, r6, r7, r8, r9, r10, r11
        subc    r14, \reg
        .endr
        .endm

/* The next factor's product. r13 points to RESHI: that is shorter, and an instruction behind OP2 it is allowed
 * (MSP430x1xx user's guide, 7.2.4). */
        .macro  product op, lo, hi
        next_op2
        \op     &RESLO, \lo
        addc    @r13, \hi
        .endm

/*
 * rows: r15[0..8) r12[0..8) + r4 … r11, where r14 is 0 and the second factor lies even words first. The lower eight words of
 * the result go behind that factor, the upper are in r14, r4 … r10, and r11 is 0. r15 moves on, r12 does not.
 * clear_and_rows: without the sum.
 *
 * A row adds the next word at r15 times eight: c0 is complete then, and its register becomes the highest of the next row.
 * 2^16 - 1 + (2^16 - 1)^2 is below 2^32, so that nothing carries out of c8.
 */
        .macro  row at, c0, c1, c2, c3, c4, c5, c6, c7, c8
        next_mpy
        product add, \c0, \c1
        product addc, \c2, \c3
        product addc, \c4, \c5
        product addc, \c6, \c7
        adc     \c8
        product add, \c1, \c2
        product addc, \c3, \c4
        product addc, \c5, \c6
        product addc, \c7, \c8
        sub     #16, r12
        mov     \c0, 16 + \at(r12)
        clr     \c0
        .endm

clear_and_rows:
        .irp    reg, r4, r5, r6, r7, r8, r9, r10, r11, r14
        clr     \reg
        .endr
rows:   call    #rows_0_to_6
row_7:  row     14, r11, r14, r4, r5, r6, r7, r8, r9, r10
        ret
rows_0_to_6:
        row     0, r4, r5, r6, r7, r8, r9, r10, r11, r14
        row     2, r5, r6, r7, r8, r9, r10, r11, r14, r4
        row     4, r6, r7, r8, r9, r10, r11, r14, r4, r5
        row     6, r7, r8, r9, r10, r11, r14, r4, r5, r6
        row     8, r8, r9, r10, r11, r14, r4, r5, r6, r7
        row     10, r9, r10, r11, r14, r4, r5, r6, r7, r8
        row     12, r10, r11, r14, r4, r5, r6, r7, r8, r9
        ret

/* r14 := (r14:r12 - 1) >> 15, but 0 if that is negative; r11 loses the multiple of 2^15; changes r12. */
        .macro  quotient
        sub     #1, r12
        sbc     r14
        rla     r12
        rlc     r14
        adc     r14                     /* -1 becomes 0 */
        mov     r14, r12
        rra     r12
        clr     r12
        rrc     r12
        add     r12, r11
        .endm

/* ---- multiply ---------------------------------------------------------------------------------- */

/* The frame: three second factors, each with the lower half of its product behind it. */
#define BD 0    /* |b1 - b0| */
#define M0 16
#define M1 32
#define B0 48
#define L0 64
#define B1 80
#define H0 96
#define H1 112
#define AD H1   /* |a0 - a1|, until h1 is there */
#define SIGN 128
#define FRAME 130
#define OUT FRAME

/*
 * Karatsuba over halves, W = 2^128: with a = a0 + a1 W and b = b0 + b1 W
 *
 *     l0 + l1 W = a0 b0,  h0 + h1 W = a1 b1 + l1,  m0 + m1 W = (a0 - a1) (b1 - b0)
 *     a b = l0 + (l0 + h0 + m0) W + (h0 + h1 + m1) W^2 + h1 W^3
 *
 * With v and u, the two sums of three, and W^2 = 38: a b = l0 + 38 u + (v + 38 h1) W. What v carries out is counted by 38 too,
 * and so is what u carries out, times W. A negative m is ~|m| + 1, less 1 in what u carries out: -1 to 2.
 *
 * q = (v7 + 38 h17 - 1) >> 15. The 1 is for u's carry, should it be -1: what lies below the highest word is at least -38 W. Result:
 * its highest word is at most 2^15 and what 15 words, 38 times 15 words and their carries come to, 40.
 */
multiply:
        push    r13
        sub     #FRAME, r1
        mov     r1, r13
        add     #16, r12
        load    r12
        store_even_first B1, r13
        sub     #32, r12
        setc
        chain   subc, r12
        absolute
        mov     r14, SIGN(r13)
        store_even_first BD, r13
        sub     #16, r12
        load    r12
        store_even_first B0, r13
        load    r15
        setc
        chain   subc, r15
        absolute
        xor     r14, SIGN(r13)          /* all ones: m is negative */
        store   AD, r13
        push    r15

        mov     r13, r12
        mov     r13, r15
        add     #AD, r15
        mov     #RESHI, r13
        call    #clear_and_rows
        mov     SIGN(r12), r11
        .irp    reg, r14, r4, r5, r6, r7, r8, r9, r10
        xor     r11, \reg
        .endr
        mov     r14, M1(r12)
        mov     r4, M1 + 2(r12)
        mov     r5, M1 + 4(r12)
        mov     r6, M1 + 6(r12)
        mov     r7, M1 + 8(r12)
        mov     r8, M1 + 10(r12)
        mov     r9, M1 + 12(r12)
        mov     r10, M1 + 14(r12)

        pop     r15
        sub     #32, r15
        add     #B0 - BD, r12
        call    #clear_and_rows
        mov     r10, r11
        mov     r9, r10
        mov     r8, r9
        mov     r7, r8
        mov     r6, r7
        mov     r5, r6
        mov     r4, r5
        mov     r14, r4
        clr     r14
        add     #B1 - B0, r12
        call    #rows
        store_even_first H1 - B1, r12, r14, r4, r5, r6, r7, r8, r9, r10

        /* v in r4 … r11, what it carries out in r13 */
        mov     r1, r15
        add     #M0, r15
        mov     SIGN(r1), r14
        load    r15
        .irp    reg, r4, r5, r6, r7, r8, r9, r10, r11
        xor     r14, \reg
        .endr
        sub     #B1 - L0, r12
        clr     r13
        bit     #1, r14
        chain   addc, r12
        adc     r13
        add     #H0 - L0 - 16, r12
        clrc
        chain   addc, r12
        adc     r13

        mov     #38, &MPY
        mov     H1 + EVEN_FIRST(7)(r1), &OP2
        mov     r11, r12
        add     &RESLO, r12
        mov     &RESHI, r14
        adc     r14
        quotient
        rla     r13
        add     r13, r14
        nineteen r14, r12, r13          /* goes into the lowest word: 19 q + 38 of v's carry */

        /* The upper half of the result */
        mov     r1, r15
        add     #H1, r15
        mov     OUT(r1), r12
        mov     #RESHI, r13
        .macro  product_38 op, lo, hi
        next_op2_15
        \op     &RESLO, \lo
        addc    @r13, \hi
        .endm
        product_38 add, r4, r5
        product_38 addc, r6, r7
        product_38 addc, r8, r9
        product_38 addc, r10, r11
        product_38 add, r5, r6
        product_38 addc, r7, r8
        product_38 addc, r9, r10
        next_op2_15
        addc    &RESLO, r11
        store   16, r12

        /* u in r4 … r11, what it carries out in r13 */
        sub     #32, r15
        load    r15                     /* h0; behind it is h1 */
        mov     SIGN(r1), r13
        add     0 + EVEN_FIRST(0)(r15), r4
        addc    0 + EVEN_FIRST(1)(r15), r5
        addc    0 + EVEN_FIRST(2)(r15), r6
        addc    0 + EVEN_FIRST(3)(r15), r7
        addc    0 + EVEN_FIRST(4)(r15), r8
        addc    0 + EVEN_FIRST(5)(r15), r9
        addc    0 + EVEN_FIRST(6)(r15), r10
        addc    0 + EVEN_FIRST(7)(r15), r11
        adc     r13
        sub     #H1 - M1, r15
        clrc
        chain   addc, r15
        adc     r13
        mov     r13, SIGN(r1)

        /* The lower half, word by word: \acc is the word, and what was u's becomes the next. */
        mov     #RESHI, r13
        add     #L0 - M1 - 16, r15
        .macro  word_38 at, acc, next
        mov     \next, &OP2
        clr     \next
        add     @r15+, \acc
        adc     \next
        add     &RESLO, \acc
        addc    @r13, \next
        mov     \acc, \at(r12)
        .endm
        word_38 0, r14, r4
        word_38 2, r4, r5
        word_38 4, r5, r6
        word_38 6, r6, r7
        word_38 8, r7, r8
        word_38 10, r8, r9
        word_38 12, r9, r10
        word_38 14, r10, r11

        /* r11 is its carry; with 38 times that of u into the upper half */
        mov     SIGN(r1), r4
        rla     r4
        add     r4, r11
        rla     r4
        add     r4, r11
        rla     r4
        rla     r4
        rla     r4
        add     r4, r11
        mov     r11, r14
        rla     r14
        subc    r14, r14
        inv     r14
        add     r11, 16(r12)
        .irp    at, 18, 20, 22, 24, 26, 28, 30
        addc    r14, \at(r12)
        .endr
        add     #FRAME + 2, r1
        ret

/* ---- square ------------------------------------------------------------------------------------ */

/* The frame: a below 2^255; d = 2 a, each half even words first; what rows and triangles leave. */
#define A 0
#define D 32
#define COLUMNS_8 64    /* to 15 */
#define COLUMNS_0 80    /* to 7, even first */
#define COLUMNS_16 96   /* to 23, even first */
#define COLUMNS_24 112  /* to 31, even first */
#define SQUARE_FRAME 128

/*
 * triangle: the square of r15[0..8) + r14, r4 … r10, where r11 is 0 and d at D from r15. Columns 0 to 7 go to COLUMNS_0 from r15, even
 * first; the upper are in r11, r14, r4 … r9. What of d reaches beyond 8 words is left out.
 *
 * Row i is a_i times a_i, 2 a_i+1, 2 a_i+2 …, which are words of d, but for the lowest bit of the first: that is the
 * highest of a_i. It begins at column 2 i, ends with 8 + i, and completes two columns.
 */
        .macro  diagonal at, lo, hi
        mov     \at(r15), r12
        mov     r12, &MPY
        mov     r12, &OP2
        add     &RESLO, \lo
        addc    @r13, \hi
        .endm
        .macro  beside n, lo, hi
        mov     D + EVEN_FIRST(\n)(r15), r12
        bic     #1, r12
        mov     r12, &OP2
        add     &RESLO, \lo
        addc    @r13, \hi
        .endm
        .macro  doubled n, lo, hi
        mov     D + EVEN_FIRST(\n)(r15), &OP2
        addc    &RESLO, \lo
        addc    @r13, \hi
        .endm
        .macro  complete n, lo, hi
        mov     \lo, COLUMNS_0 + EVEN_FIRST(\n)(r15)
        mov     \hi, COLUMNS_0 + EVEN_FIRST(\n + 1)(r15)
        .endm

clear_and_triangle:
        .irp    reg, r4, r5, r6, r7, r8, r9, r10, r11, r14
        clr     \reg
        .endr
triangle:
        diagonal 0, r14, r4             /* columns 0 to 8: r14, r4 … r11 */
        doubled 2, r5, r6
        doubled 4, r7, r8
        doubled 6, r9, r10
        adc     r11
        beside  1, r4, r5
        doubled 3, r6, r7
        doubled 5, r8, r9
        doubled 7, r10, r11
        complete 0, r14, r4

        diagonal 2, r5, r6              /* 2 to 9: r5 … r11, r14 */
        doubled 3, r7, r8
        doubled 5, r9, r10
        clr     r14
        doubled 7, r11, r14
        beside  2, r6, r7
        doubled 4, r8, r9
        doubled 6, r10, r11
        adc     r14
        complete 2, r5, r6

        diagonal 4, r7, r8              /* 4 to 10: r7 … r11, r14, r4 */
        doubled 4, r9, r10
        doubled 6, r11, r14
        mov     #0, r4
        adc     r4
        beside  3, r8, r9
        doubled 5, r10, r11
        doubled 7, r14, r4
        complete 4, r7, r8

        diagonal 6, r9, r10             /* 6 to 11: r9 … r11, r14, r4, r5 */
        doubled 5, r11, r14
        clr     r5
        doubled 7, r4, r5
        beside  4, r10, r11
        doubled 6, r14, r4
        adc     r5
        complete 6, r9, r10

        diagonal 8, r11, r14            /* 8 to 12: r11, r14, r4 … r6 */
        doubled 6, r4, r5
        mov     #0, r6
        adc     r6
        beside  5, r14, r4
        doubled 7, r5, r6

        diagonal 10, r4, r5             /* 10 to 13: r4 … r7 */
        clr     r7
        doubled 7, r6, r7
        beside  6, r5, r6
        adc     r7

        diagonal 12, r6, r7             /* 12 to 14: r6 … r8 */
        mov     #0, r8
        adc     r8
        beside  7, r7, r8

        clr     r9
        diagonal 14, r8, r9             /* 14 and 15 */
        ret

/* r4 … r11 += 38 times the eight words at r15, even first; r14 is what carries out. */
        .macro  plus_38_times
        product_38 add, r4, r5
        product_38 addc, r6, r7
        product_38 addc, r8, r9
        product_38 addc, r10, r11
        adc     r14
        product_38 add, r5, r6
        product_38 addc, r7, r8
        product_38 addc, r9, r10
        product_38 addc, r11, r14
        .endm

/* The triangles of both halves; between them 2 a0 a1, from column 8 on, as rows of a0 times d. Result: as in multiply. */
square: push    r13
        sub     #SQUARE_FRAME, r1
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
        .irp    reg, r5, r6, r7, r8, r9, r10, r11
        rlc     \reg
        .endr
        store_even_first D, r13
        mov     #0, r14
        adc     r14
        load    r15
        bic     #0x8000, r11
        pop     r2
        adc     r4
        carry_chain adc
        store   A + 16, r13
        rra     r14
        .irp    reg, r4, r5, r6, r7, r8, r9, r10, r11
        rlc     \reg
        .endr
        store_even_first D + 16, r13

        mov     r13, r15
        mov     #RESHI, r13
        call    #clear_and_triangle
        mov     r11, r12
        mov     r9, r11
        mov     r8, r10
        mov     r7, r9
        mov     r6, r8
        mov     r5, r7
        mov     r4, r6
        mov     r14, r5
        mov     r12, r4
        clr     r14
        mov     r15, r12
        add     #D + 16, r12
        call    #rows_0_to_6
        bic     #1, 0(r12)              /* the highest bit of a7 stands for itself times what is behind it only */
        call    #row_7
        call    #triangle
        store_even_first COLUMNS_24 - 16, r15, r11, r14, r4, r5, r6, r7, r8, r9

        mov     #38, &MPY
        mov     r9, &OP2
        mov     COLUMNS_8 + 14(r1), r11
        mov     r11, r12
        add     &RESLO, r12
        mov     &RESHI, r14
        adc     r14
        quotient
        mov     r11, COLUMNS_8 + 14(r1)
        nineteen r14, r4, r5

        mov     r1, r15
        add     #COLUMNS_0, r15
        mov     SQUARE_FRAME(r1), r12
        .irp    reg, r4, r6, r8, r10, r5, r7, r9, r11
        mov     @r15+, \reg
        .endr
        add     r14, r4
        carry_chain adc
        mov     #0, r14
        adc     r14
        plus_38_times
        store   0, r12
        mov     r15, r11
        sub     #COLUMNS_24 - COLUMNS_8, r11
        .irp    reg, r4, r5, r6, r7, r8, r9, r10
        mov     @r11+, \reg
        .endr
        mov     @r11, r11
        add     r14, r4
        carry_chain adc
        plus_38_times
        store   16, r12
        add     #SQUARE_FRAME + 2, r1
        ret

/* SPDX-License-Identifier: MIT */
/*
 * The field GF(2^255 - 19): elements are 16 words, least significant first, and below 2^255 (so p to p + 18 stand for 0 to 18).
 * Small code first: what the ladder calls is a program that ik_fe_small_run() reads, and products come from one loop.
 *
 * Constant time: no branch and no address depends on an element. Interrupts may come at any point, as long as no handler uses the
 * multiplier: none of start/ and board/ does.
 *
 * In all operations r13 is where the result goes, r15 the first operand, r12 the second; the result may take the place of an operand.
 * They change every register.
 */
#include "board/board.h"
#include "x25519/fe.h"

/* mov @r12+, &OP2 and mov @r15+, &MPY: clang-19's assembler has no post-increment to memory, so they are spelt out. */
        .macro  next_op2
        .word   0x4cb2, OP2
        .endm
        .macro  next_mpy
        .word   0x4fb2, MPY
        .endm

        .section .text.ik_fe_small_run, "ax", @progbits
        .p2align 1

/* void ik_fe_small_run(uint16_t *elements, const uint8_t *program) */
        .globl  ik_fe_small_run
        .type   ik_fe_small_run, @function
ik_fe_small_run:
        .irp    reg, r4, r5, r6, r7, r8, r9, r10
        push    \reg
        .endr
        push    r12
        push    r13
1:      mov     @r1, r11
        mov.b   @r11+, r13
        mov.b   @r11+, r15
        mov.b   @r11+, r12
        mov     r11, 0(r1)
        mov     r13, r14
        and     #FE_OP_MASK, r14
        bic     r14, r13
        add     2(r1), r13
        add     2(r1), r15
        add     2(r1), r12
        call    operations(r14)
        jmp     1b

operations:
        .word   multiply, square, plus, minus, plus_60833_times, select, end, plus_8_times

end:    add     #6, r1
        .irp    reg, r10, r9, r8, r7, r6, r5, r4
        pop     \reg
        .endr
        ret
        .size   ik_fe_small_run, . - ik_fe_small_run

/* The 32 words at r13 become those at r15 if the word at r12 is all ones, and stay if it is 0. */
select: mov     @r12, r14
        mov     #32, r11
1:      mov     @r15+, r4
        xor     @r13, r4
        and     r14, r4
        xor     r4, 0(r13)
        incd    r13
        dec     r11
        jnz     1b
        ret

/*
 * Sum and difference. a - b is a + ~b + 1. The highest bit of the result is the carry out of 255 bits (the borrow, in a
 * difference) and stands for 19 (for -19), which is what r7 holds; r14 is 0 (all ones).
 */
plus:   clr     r14
        mov     #19, r7
        jmp     1f
minus:  mov     #-1, r14
        mov     #-19, r7
1:      mov     r14, r6                 /* its bit 0 keeps the carry */
        mov     #8, r11
2:      mov     @r12+, r4
        xor     r14, r4
        mov     @r12+, r5
        xor     r14, r5
        rrc     r6
        addc    @r15+, r4
        addc    @r15+, r5
        rlc     r6
        mov     r4, 0(r13)
        mov     r5, 2(r13)
        add     #4, r13
        dec     r11
        jnz     2b
        call    #fold_top

        /* The carry goes on, with r5 to be added to each word. r13 is behind the element. */
carry_on:
        .irp    at, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2
        addc    r5, -\at(r13)
        .endr
        /* If that set the highest bit again, what is left is so little (in a difference: so little below 2^255) that two words
         * take the rest. */

/* The highest bit goes, and r7 is added for it to the lowest two words; r5 is the higher words of what was added. */
fold_top:
        mov     -2(r13), r4
        rla     r4
        subc    r4, r4
        inv     r4
        mov     r4, r5
        and     r14, r5
        and     r7, r4
        bic     #0x8000, -2(r13)
        add     r4, -32(r13)
        addc    r5, -30(r13)
        ret

/* r15[] + 8 r12[] */
plus_8_times:
        mov     #8, &MPY
        jmp     plus_times
/* r15[] + 60833 r12[] */
plus_60833_times:
        mov     #60833, &MPY
/* r15[] + MPY r12[]; its highest word but the 16 is below 2^15. */
plus_times:
        clr     r4                      /* left over by the word before */
        mov     #8, r11
        .macro  word acc, next, at
        next_op2
        clr     \next
        add     @r15+, \acc
        adc     \next
        add     &RESLO, \acc
        addc    &RESHI, \next
        mov     \acc, \at(r13)
        .endm
1:      word    r4, r5, 0
        word    r5, r4, 2
        add     #4, r13
        dec     r11
        jnz     1b
        rla     r5                      /* r5 was the highest word */
        rlc     r4                      /* what is beyond 255 bits */
        clr     r14
        mov     #19, r7
        mov     r7, &MPY
        mov     r4, &OP2
        bic     #0x8000, -2(r13)
        add     &RESLO, -32(r13)
        addc    &RESHI, -30(r13)
        mov     #0, r5                  /* and leaves the carry alone */
        jmp     carry_on

/* ---- eight words in r4 to r11 ------------------------------------------------------------------ */

/* The next 8 words at r15; each exclusive-or r14. */
load:   mov     @r15+, r4
        mov     @r15+, r5
        mov     @r15+, r6
        mov     @r15+, r7
        mov     @r15+, r8
        mov     @r15+, r9
        mov     @r15+, r10
        mov     @r15+, r11
invert: .irp    reg, r4, r5, r6, r7, r8, r9, r10, r11
        xor     r14, \reg
        .endr
        ret

/* Adds the next 8 words at r12 and the carry. */
add:    .irp    reg, r4, r5, r6, r7, r8, r9, r10, r11
        addc    @r12+, \reg
        .endr
        ret

/* Stores |x0 - x1| at r13 for x0, x1 at r15, 8 words each; r14 := 0, or all ones if x0 < x1. */
distance:
        mov     r15, r12
        add     #16, r15
        mov     #-1, r14
        call    #load
        setc
        call    #add
        subc    r14, r14
        call    #invert
        sub     r14, r4
        .irp    reg, r5, r6, r7, r8, r9, r10, r11
        subc    r14, \reg
        .endr
/* To r13. */
store:  mov     r4, 0(r13)
        mov     r5, 2(r13)
        mov     r6, 4(r13)
        mov     r7, 6(r13)
        mov     r8, 8(r13)
        mov     r9, 10(r13)
        mov     r10, 12(r13)
        mov     r11, 14(r13)
        ret

/*
 * rows: r15[0..8) r12[0..8) + r4 … r11: the lower 8 words take the place of those at r15, which moves behind them; the upper are in
 * r4 … r11. r14 := 0. rows_only: without the sum.
 *
 * A row is the next word at r15 times those at r12. Products of every other word don't overlap, so that their words add up in one
 * chain of carries: first the even ones, then the odd. r13 points to RESHI: that is shorter, and an instruction behind OP2
 * it is allowed (MSP430x1xx user's guide, 7.2.4).
 */
rows_only:
        .irp    reg, r4, r5, r6, r7, r8, r9, r10, r11
        clr     \reg
        .endr
rows:   mov     r15, r14
        add     #16, r14
        push    r14
        clr     r14
        mov     #RESHI, r13
        .macro  product op, at, lo, hi
        mov     \at(r12), &OP2
        \op     &RESLO, \lo
        addc    @r13, \hi
        .endm
1:      next_mpy
        mov     @r12, &OP2
        add     &RESLO, r4
        addc    @r13, r5
        product addc, 4, r6, r7
        product addc, 8, r8, r9
        product addc, 12, r10, r11
        adc     r14
        product add, 2, r5, r6
        product addc, 6, r7, r8
        product addc, 10, r9, r10
        product addc, 14, r11, r14
        mov     r4, -2(r15)
        mov     r5, r4
        mov     r6, r5
        mov     r7, r6
        mov     r8, r7
        mov     r9, r8
        mov     r10, r9
        mov     r11, r10
        mov     r14, r11
        clr     r14
        cmp     @r1, r15
        jne     1b
        incd    r1
        ret

/* ---- products ---------------------------------------------------------------------------------- */

/* The frame: five blocks of 8 words, of which the first four are the product in the end. */
#define BLOCK(n) (16 * (n))
#define SIGN 80
#define FRAME 82
#define B 82
#define A 84
#define OUT 86

        .macro  enter
        push    r13
        push    r15
        push    r12
        sub     #FRAME, r1
        .endm

        .macro  address n, reg
        mov     r1, \reg
        .if     \n
        add     #BLOCK(\n), \reg
        .endif
        .endm

/*
 * Karatsuba over halves, W = 2^128: with a = a0 + a1 W and b = b0 + b1 W
 *
 *     l0 + l1 W = a0 b0,  h0 + h1 W = a1 b1 + l1,  M = m0 + m1 W = (a0 - a1) (b0 - b1)
 *     a b = l0 + (l0 + h0 - m0) W + (h0 + h1 - m1) W^2 + h1 W^3
 */
multiply:
        enter
        address 1, r13
        call    #distance
        mov     r14, SIGN(r1)
        mov     B(r1), r15
        add     #BLOCK(2), r13
        call    #distance
        inv     r14
        xor     r14, SIGN(r1)           /* all ones: M is to be subtracted */

        mov     r13, r12
        mov     r13, r15
        sub     #BLOCK(2), r15
        call    #rows_only
        mov     r15, r13
        call    #store                  /* m0, m1 in blocks 1 and 2 */

        mov     A(r1), r15
        call    #load
        address 0, r13
        call    #store
        call    #load
        add     #BLOCK(4), r13
        call    #store
        mov     B(r1), r12
        address 0, r15
        call    #rows_only              /* l0 in block 0 */
        add     #BLOCK(1), r12
        address 4, r15
        call    #rows                   /* h0 in block 4 */
        address 3, r13
        call    #store                  /* h1 in block 3 */

        mov     SIGN(r1), r14
        address 1, r15
        call    #load
        address 0, r12
        bit     #1, r14                 /* -M is ~M + 1 */
        call    #add
        push    r2                      /* two carries */
        add     #BLOCK(3), r12
        clrc
        call    #add
        push    r2
        mov     r1, r13
        add     #BLOCK(1) + 4, r13      /* behind the carries */
        call    #store
        call    #load
        mov     r15, r12
        pop     r2
        call    #add                    /* h1 … */
        adc     r14
        pop     r2
        call    #add                    /* … and h0 */
        adc     r14                     /* two carries and the sign of M: -1 to 2 */
        add     #BLOCK(1), r13
        call    #store
        mov     r14, r12
        clr     r14
        call    #load
        mov     r12, r14
        rla     r14
        subc    r14, r14
        inv     r14
        add     r12, r4
        .irp    reg, r5, r6, r7, r8, r9, r10, r11
        addc    r14, \reg
        .endr
        add     #BLOCK(1), r13
        jmp     reduce

/* a a = a0 a0 + a0 (2 a1) W + a1 a1 W^2: what a product leaves over begins the next. */
square:
        enter
        clr     r14
        call    #load
        address 0, r13
        call    #store
        add     #BLOCK(1), r13
        call    #store
        call    #load
        add     #BLOCK(1), r13
        call    #store
        rla     r4
        .irp    reg, r5, r6, r7, r8, r9, r10, r11
        rlc     \reg
        .endr
        add     #BLOCK(2), r13
        call    #store
        mov     A(r1), r12
        address 0, r15
        call    #rows_only
        address 4, r12
        call    #rows
        mov     A(r1), r12
        add     #BLOCK(1), r12
        call    #rows
        mov     r15, r13

/* Stores the highest words, then the lower half and 38 times the upper: 2^256 is 38. */
reduce: call    #store
        mov     #38, &MPY
        address 0, r15
        address 2, r12
        mov     OUT(r1), r13
        call    #plus_times
        add     #FRAME + 6, r1
        ret

/* SPDX-License-Identifier: MIT */
/*
 * Products modulo 2^256 - 38 = 2 (2^255 - 19). A field element is 16 words, least significant first, any value below
 * 2^256.
 *
 * Karatsuba over halves of 8 words, W = 2^128: with a = a0 + a1 W, b = b0 + b1 W,
 *
 *     L = a0 b0,  H = a1 b1,  mid = a0 b1 + a1 b0 = L + H - (a0 - a1)(b0 - b1)
 *     a b = L + mid W + H W^2 = L + mid_lo W + 38 (H + mid_hi)        since W^2 = 38
 *
 * where mid_lo is its lower 8 words and mid_hi the rest. H + mid_hi is below 2^256, for a b is below 2^512.
 *
 * Constant time: signs are masks, carries run through to the end.
 */
#include "hwmult.h"

/* The frame. */
#define L 0
#define H 32
#define M 64    /* |a0 - a1| |b0 - b1|; then mid_lo */
#define D 96    /* |a0 - a1| */
#define E 112   /* |b0 - b1| */
#define OUT 128
#define A 130
#define B 132
#define SIGN 134
#define FRAME 136

        .macro  enter
        push    r4
        push    r5
        push    r6
        push    r7
        push    r8
        push    r9
        push    r10
        sub     #FRAME, r1
        mov     r12, OUT(r1)
        mov     r13, A(r1)
        .endm

        .macro  leave
        add     #FRAME, r1
        pop     r10
        pop     r9
        pop     r8
        pop     r7
        pop     r6
        pop     r5
        pop     r4
        ret
        .endm

        /* r4 … r11 := the next 8 words at \from */
        .macro  load from
        mov     @\from+, r4
        mov     @\from+, r5
        mov     @\from+, r6
        mov     @\from+, r7
        mov     @\from+, r8
        mov     @\from+, r9
        mov     @\from+, r10
        mov     @\from+, r11
        .endm

        /* r4 … r11 with the next 8 words at \from; \first begins or continues the chain. */
        .macro  chain first, rest, from
        \first  @\from+, r4
        \rest   @\from+, r5
        \rest   @\from+, r6
        \rest   @\from+, r7
        \rest   @\from+, r8
        \rest   @\from+, r9
        \rest   @\from+, r10
        \rest   @\from+, r11
        .endm

        .macro  store at, to
        mov     r4, \at(\to)
        mov     r5, \at+2(\to)
        mov     r6, \at+4(\to)
        mov     r7, \at+6(\to)
        mov     r8, \at+8(\to)
        mov     r9, \at+10(\to)
        mov     r10, \at+12(\to)
        mov     r11, \at+14(\to)
        .endm

        .macro  invert mask
        xor     \mask, r4
        xor     \mask, r5
        xor     \mask, r6
        xor     \mask, r7
        xor     \mask, r8
        xor     \mask, r9
        xor     \mask, r10
        xor     \mask, r11
        .endm

/*
 * r13[0..8) := |x0 - x1| for x = r15[0..16); r14 := 0, or all ones if x0 < x1. Changes r4 to r11, r15.
 */
        .section .text.ik_fe_distance, "ax", @progbits
        .type   distance, @function
        .p2align 1
distance:
        load    r15
        chain   sub, subc, r15
        subc    r14, r14
        invert  r14
        sub     r14, r4
        subc    r14, r5
        subc    r14, r6
        subc    r14, r7
        subc    r14, r8
        subc    r14, r9
        subc    r14, r10
        subc    r14, r11
        store   0, r13
        ret
        .size   distance, . - distance

/*
 * The upper half of mid is in r4 … r11 and r14: U = H + mid_hi. Then out := L + mid_lo W + 38 U, where
 * mid_lo is at M. Falls into leave. Jumped to from both products, with their frame.
 */
        .section .text.ik_fe_reduce, "ax", @progbits
        .type   reduce, @function
        .p2align 1
reduce:
        add     r4, H(r1)
        addc    r5, H+2(r1)
        addc    r6, H+4(r1)
        addc    r7, H+6(r1)
        addc    r8, H+8(r1)
        addc    r9, H+10(r1)
        addc    r10, H+12(r1)
        addc    r11, H+14(r1)
        addc    r14, H+16(r1)
        adc     H+18(r1)
        adc     H+20(r1)
        adc     H+22(r1)
        adc     H+24(r1)
        adc     H+26(r1)
        adc     H+28(r1)
        adc     H+30(r1)

        /* The next 8 words; r4 is what the word before left over. r12: U, r13: L, r15: mid_lo. */
        .macro  words mid
        mov     #8, r14
1:      .word   0x4cb2, OP2             /* mov @r12+, &OP2 */
        clr     r5
        add     @r13+, r4
        adc     r5
        .if     \mid
        add     @r15+, r4
        adc     r5
        .endif
        add     &RESLO, r4
        addc    &RESHI, r5
        mov     r4, 0(r11)
        incd    r11
        mov     r5, r4
        dec     r14
        jnz     1b
        .endm

        mov     #38, &MPY
        mov     r1, r13
        mov     r1, r12
        add     #H, r12
        mov     r1, r15
        add     #M, r15
        mov     OUT(r1), r11
        clr     r4
        words   0
        words   1

        /* What is left over stands for 38 each. */
        mov     r4, &OP2
        mov     r11, r12
        sub     #28, r12
        add     &RESLO, -4(r12)
        adc     -2(r12)
        call    #ik_fe_settle
        leave
        .size   reduce, . - reduce

/* void ik_fe_mul(uint16_t out[16], const uint16_t a[16], const uint16_t b[16]); out may be a or b. */
        .section .text.ik_fe_mul, "ax", @progbits
        .globl  ik_fe_mul
        .type   ik_fe_mul, @function
        .p2align 1
ik_fe_mul:
        enter
        mov     r14, B(r1)

        mov     r13, r15
        mov     r14, r12
        mov     r1, r13
        call    #ik_x25519_mul8         /* L */

        mov     A(r1), r15
        add     #16, r15
        mov     B(r1), r12
        add     #16, r12
        add     #H, r13
        call    #ik_x25519_mul8         /* H */

        mov     A(r1), r15
        add     #D - H, r13
        call    #distance
        mov     r14, SIGN(r1)
        mov     B(r1), r15
        add     #E - D, r13
        call    #distance
        xor     r14, SIGN(r1)

        mov     r13, r12
        mov     r13, r15
        sub     #E - D, r15
        sub     #E - M, r13
        call    #ik_x25519_mul8         /* M */

        /* mid = L + H - M, or + M if the signs differ: the mask inverts M, bit 0 of it adds 1, and
         * it is M's sign. A and B have served and keep the two carries (in copies of r2). */
        mov     SIGN(r1), r14
        inv     r14
        mov     r13, r15
        mov     r1, r12
        mov     r1, r13
        add     #H, r13
        load    r15
        invert  r14
        bit     #1, r14
        chain   addc, addc, r12
        mov     r2, A(r1)
        chain   add, addc, r13
        mov     r2, B(r1)
        store   M, r1
        load    r15
        invert  r14
        mov     A(r1), r2
        chain   addc, addc, r12
        adc     r14
        mov     B(r1), r2
        chain   addc, addc, r13
        adc     r14
        br      #reduce
        .size   ik_fe_mul, . - ik_fe_mul

/* void ik_fe_sqr(uint16_t out[16], const uint16_t a[16]); out may be a. */
        .section .text.ik_fe_sqr, "ax", @progbits
        .globl  ik_fe_sqr
        .type   ik_fe_sqr, @function
        .p2align 1
ik_fe_sqr:
        enter
        mov     r13, r15
        mov     r1, r13
        call    #ik_x25519_sqr8         /* L */
        mov     A(r1), r15
        add     #16, r15
        add     #H, r13
        call    #ik_x25519_sqr8         /* H */
        mov     A(r1), r15
        add     #D - H, r13
        call    #distance
        mov     r13, r15
        sub     #D - M, r13
        call    #ik_x25519_sqr8         /* M */

        /* mid = L + H - M */
        mov     r13, r15
        mov     r1, r12
        mov     r1, r13
        add     #H, r13
        load    r12
        chain   add, addc, r13
        mov     r2, A(r1)
        chain   sub, subc, r15
        mov     r2, B(r1)
        store   M, r1
        clr     r14
        load    r12
        mov     A(r1), r2
        chain   addc, addc, r13
        adc     r14
        mov     B(r1), r2
        chain   subc, subc, r15
        sbc     r14
        br      #reduce
        .size   ik_fe_sqr, . - ik_fe_sqr

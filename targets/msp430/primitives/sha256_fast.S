/* SPDX-License-Identifier: MIT */
/*
 * The compression of SHA-256 (FIPS 180-4 6.2.2), fast: 1.3 KB with its constants, where sha256.S has 0.9 KB.
 * No branch and no address depends on the data.
 *
 * The eight variables lie in a window that moves down one place a round, as in sha256.S. After 16 rounds the window goes back
 * up, and the block becomes the next 16 words of the schedule, each in the place of the one 16 before it.
 *
 * Words are pairs of registers, lower half first. A rotation by 16 changes their roles, and costs nothing; by 8 it takes
 * 8 cycles, by 1 it takes 3: what FIPS calls S0, S1, s0, s1 is put together of those.
 */
#include "primitives/sha_frame.h"

        .macro  rol1 lo, hi
        rla     \lo
        rlc     \hi
        adc     \lo
        .endm

        .macro  ror1 lo, hi
        bit     #1, \lo
        rrc     \hi
        rrc     \lo
        .endm

        .macro  ror8 lo, hi             /* changes r11 */
        swpb    \lo
        swpb    \hi
        mov     \lo, r11
        xor     \hi, r11
        bic     #0xff, r11
        xor     r11, \lo
        xor     r11, \hi
        .endm

        .macro  copy lo, hi, to_lo, to_hi
        mov     \lo, \to_lo
        mov     \hi, \to_hi
        .endm

        .macro  xor_to lo, hi, to_lo, to_hi
        xor     \lo, \to_lo
        xor     \hi, \to_hi
        .endm

        .macro  add_to lo, hi, to_lo, to_hi
        add     \lo, \to_lo
        addc    \hi, \to_hi
        .endm

/* void ik_sha256_fast_block(uint32_t val[8], uint32_t block[16]) */
        .section .text.ik_sha256_fast_block, "ax", @progbits
        .globl  ik_sha256_fast_block
        .type   ik_sha256_fast_block, @function
        .p2align 1
ik_sha256_fast_block:
        enter
        mov     r13, r5
        mov     #k256_fast, r6
        jmp     sixteen

/* The next word of the schedule at r5: those 15, 7 and 2 before it are \w1, \w9 and \w14 octets from there. */
        .macro  next_word w1, w9, w14
        mov     \w1(r5), r14            /* w >>> 7 ^ w >>> 18 ^ w >> 3 */
        mov     \w1 + 2(r5), r15
        copy    r14, r15, r12, r13
        ror1    r14, r15
        ror1    r14, r15
        copy    r14, r15, r9, r10
        bic     #0xc000, r10
        clrc
        rrc     r10
        rrc     r9
        ror8    r12, r13
        rol1    r12, r13
        xor_to  r15, r14, r12, r13
        xor_to  r9, r10, r12, r13
        add_to  \w9(r5), \w9 + 2(r5), r12, r13
        mov     \w14(r5), r14           /* w >>> 17 ^ w >>> 19 ^ w >> 10 */
        mov     \w14 + 2(r5), r15
        copy    r14, r15, r9, r10
        ror1    r14, r15
        copy    r14, r15, r7, r8
        ror1    r7, r8
        ror1    r7, r8
        xor_to  r7, r8, r14, r15
        swpb    r9
        mov.b   r9, r9
        swpb    r10
        mov     r10, r11
        bic     #0xff, r11
        bis     r11, r9
        mov.b   r10, r10
        rra     r10
        rrc     r9
        rra     r10
        rrc     r9
        xor_to  r9, r10, r15, r14
        add_to  r15, r14, r12, r13
        add_to  r12, r13, 0(r5), 2(r5)
        add     #4, r5
        .endm

schedule:
        sub     #64, r5
        mov     #2, r4
1:      next_word 4, 36, 56
        dec     r4
        jnz     1b
        mov     #5, r4
1:      next_word 4, 36, -8
        dec     r4
        jnz     1b
        mov     #8, r4
1:      next_word 4, -28, -8
        dec     r4
        jnz     1b
        next_word -60, -28, -8
        sub     #64, r5
        mov     r1, r12

/* The variables at r12 go to the top of the window. r7:r8 := b ^ c */
sixteen:
        mov     r1, r4
        add     #64, r4
        .irp    at, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
        mov     \at(r12), \at(r4)
        .endr
        mov     4(r4), r7
        mov     6(r4), r8
        xor_to  8(r4), 10(r4), r7, r8

round:  mov     16(r4), r14             /* e */
        mov     18(r4), r15
        mov     20(r4), r12             /* r12:r13 := T1; first Ch = (f ^ g) & e ^ g */
        mov     22(r4), r13
        xor_to  24(r4), 26(r4), r12, r13
        and     r14, r12
        and     r15, r13
        xor_to  24(r4), 26(r4), r12, r13
        add_to  @r6+, @r6+, r12, r13
        add_to  @r5+, @r5+, r12, r13
        add_to  28(r4), 30(r4), r12, r13
        ror8    r14, r15                /* x = e >>> 8: S1 = x <<< 2 ^ (x >>> 2 ^ x >>> 16) >>> 1 */
        copy    r14, r15, r9, r10
        ror1    r14, r15
        ror1    r14, r15
        xor_to  r10, r9, r14, r15
        ror1    r14, r15
        rol1    r9, r10
        rol1    r9, r10
        xor_to  r9, r10, r14, r15
        add_to  r14, r15, r12, r13
        add_to  r12, r13, 12(r4), 14(r4)

        mov     @r4, r14                /* a */
        mov     2(r4), r15
        copy    r14, r15, r9, r10       /* Maj = (a ^ b) & (b ^ c) ^ b */
        xor_to  4(r4), 6(r4), r9, r10
        and     r9, r7
        and     r10, r8
        xor_to  4(r4), 6(r4), r7, r8
        add_to  r7, r8, r12, r13
        copy    r9, r10, r7, r8         /* a and b become b and c */
        copy    r14, r15, r9, r10       /* S0 = a >>> 2 ^ (a >>> 9 ^ a) >>> 13 */
        ror8    r14, r15
        ror1    r14, r15
        xor_to  r9, r10, r14, r15
        rol1    r14, r15
        rol1    r14, r15
        rol1    r14, r15
        ror1    r9, r10
        ror1    r9, r10
        xor_to  r10, r9, r14, r15
        add_to  r15, r14, r12, r13
        sub     #4, r4
        mov     r12, 0(r4)
        mov     r13, 2(r4)
        cmp     r1, r4
        jeq     1f
        br      #round

1:      cmp     #k256_fast + 4 * 64, r6
        jeq     1f
        br      #schedule

1:      mov     #8, r8
        br      #ik_sha_leave

        .section .rodata.k256_fast, "a", @progbits
        .p2align 1
k256_fast:
        .long   0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5
        .long   0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5
        .long   0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3
        .long   0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174
        .long   0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc
        .long   0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da
        .long   0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7
        .long   0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967
        .long   0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13
        .long   0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85
        .long   0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3
        .long   0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070
        .long   0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5
        .long   0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3
        .long   0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208
        .long   0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2

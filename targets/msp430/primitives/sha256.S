/* SPDX-License-Identifier: MIT */
/*
 * The compression of SHA-256 (FIPS 180-4 6.2.2), in half the time of BearSSL's by clang.
 * No branch and no address depends on the data.
 *
 * The eight variables lie in a window that moves down one place a round: what was a is b then, and no word is copied.
 * After 16 rounds the window goes back up. The block becomes the schedule: a word that a round has used is
 * replaced by the one that is due 16 rounds later.
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

        .macro  shr1 lo, hi
        clrc
        rrc     \hi
        rrc     \lo
        .endm

        .macro  xor_at at, lo, hi, base
        xor     \at(\base), \lo
        xor     \at + 2(\base), \hi
        .endm

/* void ik_sha256_block(uint32_t val[8], uint32_t block[16]) */
        .section .text.ik_sha256_block, "ax", @progbits
        .globl  ik_sha256_block
        .type   ik_sha256_block, @function
        .p2align 1
ik_sha256_block:
        enter
        mov     r13, r5
        mov     r13, r7
        add     #64, r7
        mov     #k256, r6

sixteen:
        mov     r1, r4
        add     #64, r4
        mov     #16, r8
1:      mov     @r12, 0(r4)
        incd    r12
        incd    r4
        dec     r8
        jnz     1b
        sub     #32, r4

round:
        /* r12:r13 := T1; first e rotated right by 6, 11, 25: ((e >>> 14 ^ e) >>> 5 ^ e) >>> 6 */
        mov     16(r4), r14
        mov     18(r4), r15
        rol1    r14, r15
        rol1    r14, r15
        xor_at  16, r15, r14, r4        /* the halves have changed places: 16 of the 18 bits */
        .rept   5
        ror1    r15, r14
        .endr
        xor_at  16, r15, r14, r4
        call    #ror8              /* which is the same for r15:r14 */
        rol1    r15, r14
        rol1    r15, r14
        mov     r15, r12
        mov     r14, r13
        mov     20(r4), r14
        mov     22(r4), r15
        xor_at  24, r14, r15, r4
        and     16(r4), r14
        and     18(r4), r15
        xor_at  24, r14, r15, r4
        add     r14, r12
        addc    r15, r13
        add     28(r4), r12
        addc    30(r4), r13
        add     @r6+, r12
        addc    @r6+, r13
        add     @r5, r12
        addc    2(r5), r13
        add     r12, 12(r4)
        addc    r13, 14(r4)

        /* a rotated right by 2, 13, 22: ((a >>> 9 ^ a) >>> 11 ^ a) >>> 2 */
        mov     @r4, r14
        mov     2(r4), r15
        call    #ror8
        ror1    r14, r15
        xor_at  0, r14, r15, r4
        call    #ror8
        ror1    r14, r15
        ror1    r14, r15
        ror1    r14, r15
        xor_at  0, r14, r15, r4
        ror1    r14, r15
        ror1    r14, r15
        add     r14, r12
        addc    r15, r13

        mov     @r4, r14
        bis     4(r4), r14
        and     8(r4), r14
        mov     @r4, r10
        and     4(r4), r10
        bis     r10, r14
        mov     2(r4), r15
        bis     6(r4), r15
        and     10(r4), r15
        mov     2(r4), r10
        and     6(r4), r10
        bis     r10, r15
        add     r14, r12
        addc    r15, r13

        sub     #4, r4
        mov     r12, 0(r4)
        mov     r13, 2(r4)

        cmp     #k256 + 4 * 49, r6      /* the last 16 rounds need no more */
        jhs     1f
        mov     @r5, r9
        mov     2(r5), r11
        mov     #36, r8
        call    #word
        add     r14, r9
        addc    r15, r11
        /* w[t - 15]: rotated right by 7 and 18 is (w >>> 11 ^ w) >>> 7 */
        mov     #4, r8
        call    #word
        call    #ror8
        ror1    r14, r15
        ror1    r14, r15
        ror1    r14, r15
        xor_at  0, r14, r15, r8
        call    #ror8
        rol1    r14, r15
        mov     @r8+, r12
        mov     @r8+, r13
        shr1    r12, r13
        shr1    r12, r13
        shr1    r12, r13
        xor     r12, r14
        xor     r13, r15
        add     r14, r9
        addc    r15, r11
        /* w[t - 2]: rotated right by 17 and 19 is (w >>> 2 ^ w) >>> 17 */
        mov     #56, r8
        call    #word
        ror1    r14, r15
        ror1    r14, r15
        xor_at  0, r14, r15, r8
        ror1    r15, r14                /* 16 bits more by taking the halves the other way */
        mov     @r8+, r12
        mov     @r8+, r13
        swpb    r12
        mov.b   r12, r12
        swpb    r13
        mov     r13, r10
        bic     #0xff, r10
        bis     r10, r12
        mov.b   r13, r13
        shr1    r12, r13
        shr1    r12, r13
        xor     r12, r15
        xor     r13, r14
        add     r15, r9
        addc    r14, r11
        mov     r9, 0(r5)
        mov     r11, 2(r5)

1:      add     #4, r5
        cmp     r7, r5
        jeq     1f
        br      #round
1:      sub     #64, r5
        mov     r4, r12
        cmp     #k256 + 4 * 64, r6
        jne     sixteen
        mov     #8, r8
        br      #ik_sha_leave

/* r8 := where the word lies that is r8 octets behind r5, around the ring that ends at r7; r14:r15 := the word */
word:   add     r5, r8
        cmp     r7, r8
        jlo     1f
        sub     #64, r8
1:      mov     @r8, r14
        mov     2(r8), r15
        ret

/* r14:r15 rotated right by 8 */
ror8:   swpb    r14
        swpb    r15
        mov     r14, r10
        xor     r15, r10
        bic     #0xff, r10
        xor     r10, r14
        xor     r10, r15
        ret

        .section .rodata.k256, "a", @progbits
        .p2align 1
k256:
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

/* SPDX-License-Identifier: MIT */
/*
 * The compression of SHA-1 (FIPS 180-4 6.1.3): four stages of 20 rounds. It runs four times in a handshake (NAT
 * detection), so that size counts more than time. No branch and no address depends on the data.
 *
 * As in sha256.S the variables lie in a window that moves down one place a round, and the block becomes the schedule.
 */
#include "primitives/sha_frame.h"

/* void ik_sha1_block(uint32_t val[5], uint32_t block[16]) */
        .section .text.ik_sha1_block, "ax", @progbits
        .globl  ik_sha1_block
        .type   ik_sha1_block, @function
        .p2align 1
ik_sha1_block:
        enter
        mov     r13, r5
        mov     r13, r9
        add     #64, r9
        mov     #stages, r8

stage:  mov     r1, r4
        add     #80, r4
        mov     #10, r15
1:      mov     @r12, 0(r4)
        incd    r12
        incd    r4
        dec     r15
        jnz     1b
        sub     #20, r4
        mov     @r8+, r7        /* f, K */
        mov     @r8+, r10
        mov     @r8+, r11

        /* r14:r12 := rol5(a) + f(b, c, d) + e + K + w */
round:  mov     r4, r6
        call    r7
        mov     r12, r14
        incd    r6
        call    r7
        add     r10, r14
        addc    r11, r12
        add     16(r4), r14
        addc    18(r4), r12
        add     @r5, r14
        addc    2(r5), r12
        mov     @r4, r13
        mov     2(r4), r15
        mov     #5, r6
1:      rla     r13
        rlc     r15
        adc     r13
        dec     r6
        jnz     1b
        add     r13, r14
        addc    r15, r12
        mov     #2, r6
1:      bit     #1, 4(r4)
        rrc     6(r4)
        rrc     4(r4)
        dec     r6
        jnz     1b
        sub     #4, r4
        mov     r14, 0(r4)
        mov     r12, 2(r4)

        /* what takes the place of w for the round 16 from here */
        mov     @r5, r13
        mov     2(r5), r14
        mov     #52, r15
        call    #mix_in
        mov     #32, r15
        call    #mix_in
        mov     #8, r15
        call    #mix_in
        rla     r13
        rlc     r14
        adc     r13
        mov     r13, 0(r5)
        mov     r14, 2(r5)
        add     #4, r5
        cmp     r9, r5
        jne     1f
        sub     #64, r5
1:      cmp     r1, r4
        jne     round

        mov     r4, r12
        cmp     #stages_end, r8
        jne     stage
        mov     #5, r8
        br      #ik_sha_leave

/* f of one half of b, c, d, which are at 4, 8, 12 from r6 */
ch:     mov     8(r6), r12
        xor     12(r6), r12
        and     4(r6), r12
        xor     12(r6), r12
        ret
parity: mov     4(r6), r12
        xor     8(r6), r12
        xor     12(r6), r12
        ret
maj:    mov     4(r6), r12
        bis     8(r6), r12
        and     12(r6), r12
        mov     4(r6), r13
        and     8(r6), r13
        bis     r13, r12
        ret

/* r13:r14 ^= the word r15 octets behind r5, around the ring that ends at r9 */
mix_in: add     r5, r15
        cmp     r9, r15
        jlo     1f
        sub     #64, r15
1:      xor     @r15+, r13
        xor     @r15, r14
        ret

        .section .rodata.sha1_stages, "a", @progbits
        .p2align 1
stages: .short  ch, 0x7999, 0x5a82
        .short  parity, 0xeba1, 0x6ed9
        .short  maj, 0xbcdc, 0x8f1b
        .short  parity, 0xc1d6, 0xca62
stages_end:

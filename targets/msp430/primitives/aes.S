/* SPDX-License-Identifier: MIT */
/*
 * One block of AES (FIPS 197 5.1). The S-box is BearSSL's table: these parts have no data cache, so that a load takes as
 * long wherever it goes. No branch depends on the data.
 *
 * A round takes the state from one buffer to another, column by column: what ShiftRows would move is fetched from where
 * it lies. The last round calls store instead of mix.
 */
#define ROUNDS 16(r1)   /* in the frame, behind the second buffer */

        .macro  sub_byte at, to
        mov.b   \at(r5), \to
        mov.b   br_aes_S(\to), \to
        .endm

        .macro  column a, b, c, d
        sub_byte \a, r8
        sub_byte \b, r9
        sub_byte \c, r10
        sub_byte \d, r11
        call    r7
        .endm

        .macro  xtime x
        rla.b   \x
        subc    r14, r14        /* 0 if a bit came out, else all ones */
        inv     r14
        and     #0x1b, r14
        xor     r14, \x
        .endm

        /* a ^= t ^ 2 (a ^ b) */
        .macro  mix_byte a, b
        mov     \a, r4
        xor     \b, r4
        xtime   r4
        xor     r15, r4
        xor     r4, \a
        .endm

/* void ik_aes_encrypt(const uint8_t *round_keys, uint8_t state[16], uint8_t rounds), rounds even */
        .section .text.ik_aes_encrypt, "ax", @progbits
        .globl  ik_aes_encrypt
        .type   ik_aes_encrypt, @function
        .p2align 1
ik_aes_encrypt:
        push    r4
        push    r5
        push    r6
        push    r7
        push    r8
        push    r9
        push    r10
        push    r14
        sub     #16, r1
        mov     #16, r15
1:      mov.b   @r12+, r14
        xor.b   r14, 0(r13)
        inc     r13
        dec     r15
        jnz     1b
        sub     #16, r13
        mov     r13, r5
        mov     r1, r6
        mov     #mix, r7

round:  dec.b   ROUNDS
        jnz     2f
        mov     #store, r7
2:      column  0, 5, 10, 15
        column  4, 9, 14, 3
        column  8, 13, 2, 7
        column  12, 1, 6, 11
        sub     #16, r6
        mov     r5, r4
        mov     r6, r5
        mov     r4, r6
        tst.b   ROUNDS
        jnz     round

        add     #18, r1
        pop     r10
        pop     r9
        pop     r8
        pop     r7
        pop     r6
        pop     r5
        pop     r4
        ret

/* MixColumns of r8 to r11, then AddRoundKey to 0(r6) */
mix:    mov     r8, r15
        xor     r9, r15
        xor     r10, r15
        xor     r11, r15
        mov     r11, r13
        xor     r8, r13
        mix_byte r8, r9
        mix_byte r9, r10
        mix_byte r10, r11
        xtime   r13
        xor     r15, r13
        xor     r13, r11
store:  xor.b   @r12+, r8
        xor.b   @r12+, r9
        xor.b   @r12+, r10
        xor.b   @r12+, r11
        mov.b   r8, 0(r6)
        mov.b   r9, 1(r6)
        mov.b   r10, 2(r6)
        mov.b   r11, 3(r6)
        add     #4, r6
        ret

/* SPDX-License-Identifier: MIT */
/*
 * One block of AES-128 (FIPS 197 5.1), with each round key made when it is needed: no room for a schedule. The S-box is
 * BearSSL's table: these parts have no data cache, so that a load takes as long wherever it goes. No branch depends on
 * the data.
 */
#define ROUND_KEY 16    /* frame: the state while its columns wait for MixColumns; the round key and one octet more */
#define FRAME 34

/* void ik_aes_encrypt(const uint8_t key[16], uint8_t state[16]) */
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
        sub     #FRAME, r1
        mov     r13, r5
        mov     r1, r14
        add     #ROUND_KEY, r14
        mov     #16, r15
1:      mov.b   @r12+, r4
        mov.b   r4, 0(r14)
        inc     r14
        xor.b   r4, 0(r13)
        inc     r13
        dec     r15
        jnz     1b
        mov     #1, r7          /* Rcon; 0x36 is the last one */

/* 5.2: the first word from the last one, rotated and substituted; then each from the one before */
round:  mov     r1, r12
        add     #ROUND_KEY, r12
        mov.b   12(r12), 16(r12)
        mov     #4, r15
1:      mov.b   13(r12), r14
        xor.b   br_aes_S(r14), 0(r12)
        inc     r12
        dec     r15
        jnz     1b
        xor.b   r7, -4(r12)
        mov     #12, r15
1:      mov.b   -4(r12), r14
        xor.b   r14, 0(r12)
        inc     r12
        dec     r15
        jnz     1b
        sub     #16, r12

/* SubBytes and ShiftRows to the frame: octet i comes from 5 i modulo 16 */
        mov     r1, r6
        clr     r13
1:      mov     r13, r14
        add     r5, r14
        mov.b   @r14, r14
        mov.b   br_aes_S(r14), 0(r6)
        inc     r6
        add     #5, r13
        and     #15, r13
        jnz     1b
        sub     #16, r6
        call    #columns
        sub     #16, r5
        cmp     #0x36, r7
        jeq     1f
        rla.b   r7
        jnz     round
        mov     #0x1b, r7
        jmp     round

1:      add     #FRAME, r1
        pop     r10
        pop     r9
        pop     r8
        pop     r7
        pop     r6
        pop     r5
        pop     r4
        ret

/* MixColumns, but for the last round, and AddRoundKey: from r6 to r5; four times by running into itself */
columns: call   #2f
2:      call    #column
column: mov.b   @r6+, r8
        mov.b   @r6+, r9
        mov.b   @r6+, r10
        mov.b   @r6+, r11
        mov     r8, r15
        xor     r9, r15
        xor     r10, r15
        xor     r11, r15
        call    #2f
2:      call    #mix
/* a ^ (a ^ b ^ c ^ d) ^ 2 (a ^ b); then b takes a's place */
mix:    mov     r8, r4
        xor     r9, r4
        rla.b   r4
        subc    r14, r14        /* 0 if a bit came out, else all ones */
        inv     r14
        and     #0x1b, r14
        xor     r14, r4
        xor     r15, r4
        cmp     #0x36, r7
        jne     1f
        clr     r4
1:      xor     r8, r4
        xor.b   @r12+, r4
        mov.b   r4, 0(r5)
        inc     r5
        mov     r8, r14
        mov     r9, r8
        mov     r10, r9
        mov     r11, r10
        mov     r14, r11
        ret

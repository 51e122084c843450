/* SPDX-License-Identifier: MIT */
/*
 * One block of AES-128 (FIPS 197 5.1) by tables of words, with a key schedule made before: 2.7 KB, 2 KB of them tables. What a
 * load takes does not depend on where it goes: the MSP430F1611 has no cache, and FRAM is read without wait states, and so without its
 * cache's help, at 8 MHz and below. Above, these tables leak by time what they are asked for. No branch depends on the data.
 *
 * The state is four columns of two words in r4 … r11: rows 0 and 1, rows 2 and 3.
 */

/* ---- tables: what an octet s adds to a column, S = S(s): the words of SubBytes and MixColumns ------------------------ */

        .macro  each_s op
        \op     0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67, 0x2b, 0xfe, 0xd7, 0xab, 0x76
        \op     0xca, 0x82, 0xc9, 0x7d, 0xfa, 0x59, 0x47, 0xf0, 0xad, 0xd4, 0xa2, 0xaf, 0x9c, 0xa4, 0x72, 0xc0
        \op     0xb7, 0xfd, 0x93, 0x26, 0x36, 0x3f, 0xf7, 0xcc, 0x34, 0xa5, 0xe5, 0xf1, 0x71, 0xd8, 0x31, 0x15
        \op     0x04, 0xc7, 0x23, 0xc3, 0x18, 0x96, 0x05, 0x9a, 0x07, 0x12, 0x80, 0xe2, 0xeb, 0x27, 0xb2, 0x75
        \op     0x09, 0x83, 0x2c, 0x1a, 0x1b, 0x6e, 0x5a, 0xa0, 0x52, 0x3b, 0xd6, 0xb3, 0x29, 0xe3, 0x2f, 0x84
        \op     0x53, 0xd1, 0x00, 0xed, 0x20, 0xfc, 0xb1, 0x5b, 0x6a, 0xcb, 0xbe, 0x39, 0x4a, 0x4c, 0x58, 0xcf
        \op     0xd0, 0xef, 0xaa, 0xfb, 0x43, 0x4d, 0x33, 0x85, 0x45, 0xf9, 0x02, 0x7f, 0x50, 0x3c, 0x9f, 0xa8
        \op     0x51, 0xa3, 0x40, 0x8f, 0x92, 0x9d, 0x38, 0xf5, 0xbc, 0xb6, 0xda, 0x21, 0x10, 0xff, 0xf3, 0xd2
        \op     0xcd, 0x0c, 0x13, 0xec, 0x5f, 0x97, 0x44, 0x17, 0xc4, 0xa7, 0x7e, 0x3d, 0x64, 0x5d, 0x19, 0x73
        \op     0x60, 0x81, 0x4f, 0xdc, 0x22, 0x2a, 0x90, 0x88, 0x46, 0xee, 0xb8, 0x14, 0xde, 0x5e, 0x0b, 0xdb
        \op     0xe0, 0x32, 0x3a, 0x0a, 0x49, 0x06, 0x24, 0x5c, 0xc2, 0xd3, 0xac, 0x62, 0x91, 0x95, 0xe4, 0x79
        \op     0xe7, 0xc8, 0x37, 0x6d, 0x8d, 0xd5, 0x4e, 0xa9, 0x6c, 0x56, 0xf4, 0xea, 0x65, 0x7a, 0xae, 0x08
        \op     0xba, 0x78, 0x25, 0x2e, 0x1c, 0xa6, 0xb4, 0xc6, 0xe8, 0xdd, 0x74, 0x1f, 0x4b, 0xbd, 0x8b, 0x8a
        \op     0x70, 0x3e, 0xb5, 0x66, 0x48, 0x03, 0xf6, 0x0e, 0x61, 0x35, 0x57, 0xb9, 0x86, 0xc1, 0x1d, 0x9e
        \op     0xe1, 0xf8, 0x98, 0x11, 0x69, 0xd9, 0x8e, 0x94, 0x9b, 0x1e, 0x87, 0xe9, 0xce, 0x55, 0x28, 0xdf
        \op     0x8c, 0xa1, 0x89, 0x0d, 0xbf, 0xe6, 0x42, 0x68, 0x41, 0x99, 0x2d, 0x0f, 0xb0, 0x54, 0xbb, 0x16
        .endm

/* 2 S and 3 S in GF(2^8) */
#define TWICE(s) ((s << 1) ^ ((s >> 7) * 0x11b))
#define THRICE(s) (TWICE(s) ^ s)

        .macro  table_a s:vararg        /* 2 S, S */
        .irp    n, \s
        .word   TWICE(\n) | \n << 8
        .endr
        .endm
        .macro  table_b s:vararg        /* S, 3 S */
        .irp    n, \s
        .word   \n | THRICE(\n) << 8
        .endr
        .endm
        .macro  table_c s:vararg        /* 3 S, 2 S */
        .irp    n, \s
        .word   THRICE(\n) | TWICE(\n) << 8
        .endr
        .endm
        .macro  table_d s:vararg        /* S, S */
        .irp    n, \s
        .word   \n | \n << 8
        .endr
        .endm

        .section .rodata.aes_fast, "a", @progbits
        .p2align 1
a:      each_s  table_a
b:      each_s  table_b
c:      each_s  table_c
d:      each_s  table_d

/* ---- a block ----------------------------------------------------------------------------------- */

/* The next octet of the state, of row 0, 1, 2 or 3, to the column where ShiftRows puts it. */
        .macro  octet table_01, table_23, lo, hi
        mov.b   @r13+, r14
        rla     r14
        xor     \table_01(r14), \lo
        xor     \table_23(r14), \hi
        .endm
        .macro  column c0_lo, c0_hi, c3_lo, c3_hi, c2_lo, c2_hi, c1_lo, c1_hi
        octet   a, b, \c0_lo, \c0_hi
        octet   c, d, \c3_lo, \c3_hi
        octet   b, a, \c2_lo, \c2_hi
        octet   d, c, \c1_lo, \c1_hi
        .endm

/* In the last round without MixColumns: into the lower octet of a word, and into the upper. */
        .macro  lower to
        mov.b   @r13+, r14
        rla     r14
        mov.b   d(r14), r14
        xor     r14, \to
        .endm
        .macro  upper to
        mov.b   @r13+, r14
        rla     r14
        mov     d(r14), r14
        and     #0xff00, r14
        xor     r14, \to
        .endm
        .macro  last_column c0_lo, c3_lo, c2_hi, c1_hi
        lower   \c0_lo
        upper   \c3_lo
        lower   \c2_hi
        upper   \c1_hi
        .endm

        .macro  round_key
        .irp    reg, r4, r5, r6, r7, r8, r9, r10, r11
        mov     @r12+, \reg
        .endr
        .endm
        .macro  to_state                /* behind which r13 is */
        mov     r4, -16(r13)
        mov     r5, -14(r13)
        mov     r6, -12(r13)
        mov     r7, -10(r13)
        mov     r8, -8(r13)
        mov     r9, -6(r13)
        mov     r10, -4(r13)
        mov     r11, -2(r13)
        .endm

/* void ik_aes_fast_encrypt(const uint16_t round_keys[88], uint16_t state[8]) */
        .section .text.ik_aes_fast_encrypt, "ax", @progbits
        .globl  ik_aes_fast_encrypt
        .type   ik_aes_fast_encrypt, @function
        .p2align 1
ik_aes_fast_encrypt:
        .irp    reg, r4, r5, r6, r7, r8, r9, r10
        push    \reg
        .endr
        .irp    at, 0, 2, 4, 6, 8, 10, 12, 14
        xor     @r12+, \at(r13)
        .endr
        mov     #9, r15
1:      round_key
        column  r4, r5, r10, r11, r8, r9, r6, r7
        column  r6, r7, r4, r5, r10, r11, r8, r9
        column  r8, r9, r6, r7, r4, r5, r10, r11
        column  r10, r11, r8, r9, r6, r7, r4, r5
        to_state
        sub     #16, r13
        dec     r15
        jnz     1b
        round_key
        last_column r4, r10, r9, r7
        last_column r6, r4, r11, r9
        last_column r8, r6, r5, r11
        last_column r10, r8, r7, r5
        to_state
        .irp    reg, r10, r9, r8, r7, r6, r5, r4
        pop     \reg
        .endr
        ret

/* ---- the key schedule -------------------------------------------------------------------------- */

/* void ik_aes_fast_schedule(const uint8_t key[16], uint16_t round_keys[88]): FIPS 197 5.2 */
        .section .text.ik_aes_fast_schedule, "ax", @progbits
        .globl  ik_aes_fast_schedule
        .type   ik_aes_fast_schedule, @function
        .p2align 1
ik_aes_fast_schedule:
        mov     #16, r15
1:      mov.b   @r12+, r14
        mov.b   r14, 0(r13)
        inc     r13
        dec     r15
        jnz     1b
        push    r10
        mov     #1, r10                 /* Rcon; 0x36 is the last one */

/* r15:r14 := the last word, rotated and substituted; then each word is that exclusive-or the one four before. */
2:      mov.b   -3(r13), r12
        rla     r12
        mov.b   d(r12), r14
        xor     r10, r14
        mov.b   -2(r13), r12
        rla     r12
        mov     d(r12), r12
        and     #0xff00, r12
        bis     r12, r14
        mov.b   -1(r13), r12
        rla     r12
        mov.b   d(r12), r15
        mov.b   -4(r13), r12
        rla     r12
        mov     d(r12), r12
        and     #0xff00, r12
        bis     r12, r15
        mov     #4, r12
1:      xor     -16(r13), r14
        xor     -14(r13), r15
        mov     r14, 0(r13)
        mov     r15, 2(r13)
        add     #4, r13
        dec     r12
        jnz     1b
        cmp     #0x36, r10
        jeq     1f
        rla.b   r10
        jnz     2b
        mov     #0x1b, r10
        jmp     2b
1:      pop     r10
        ret

/* void ik_xor_16(uint8_t to[16], const uint8_t from[16]) */
        .section .text.ik_xor_16, "ax", @progbits
        .globl  ik_xor_16
        .type   ik_xor_16, @function
        .p2align 1
ik_xor_16:
        mov     #4, r15
1:      .irp    at, 0, 1, 2, 3
        mov.b   @r13+, r14
        xor.b   r14, \at(r12)
        .endr
        add     #4, r12
        dec     r15
        jnz     1b
        ret

/* SPDX-License-Identifier: MIT */
/* <string.h>, as far as include/string.h goes. Words where all is even, else octets. */
        .macro  function name
        .section .text.\name, "ax", @progbits
        .globl  \name
        .type   \name, @function
        .p2align 1
\name:
        .endm

/* void *memcpy(void *to, const void *from, size_t n) */
        function memcpy
        mov     r12, r15
        tst     r14
        jz      3f
        mov     r12, r11
        bis     r13, r11
        bis     r14, r11
        bit     #1, r11
        jnz     2f
1:      .word   0x4dbf, 0       /* mov @r13+, 0(r15), which clang-19's assembler does not know */
        incd    r15
        decd    r14
        jnz     1b
        ret
2:      .word   0x4dff, 0       /* mov.b @r13+, 0(r15) */
        inc     r15
        dec     r14
        jnz     2b
3:      ret

/* void *memmove(void *to, const void *from, size_t n): from behind if to lies in from */
        function memmove
        mov     r12, r15
        sub     r13, r15
        cmp     r14, r15        /* to - from, unsigned, below n: overlap that forward copying spoils */
        jhs     2f
        mov     r12, r15
        add     r14, r15
        add     r14, r13
        tst     r14
        jz      3f
1:      dec     r13
        dec     r15
        mov.b   @r13, 0(r15)
        dec     r14
        jnz     1b
        ret
2:      br      #memcpy
3:      ret

/* void *memset(void *to, int octet, size_t n) */
        function memset
        mov     r12, r15
        tst     r14
        jz      2f
1:      mov.b   r13, 0(r15)
        inc     r15
        dec     r14
        jnz     1b
2:      ret

/* int memcmp(const void *a, const void *b, size_t n) */
        function memcmp
        mov     r12, r15
        clr     r12
        tst     r14
        jz      2f
1:      mov.b   @r15+, r12
        mov.b   @r13+, r11
        sub     r11, r12
        jnz     2f
        dec     r14
        jnz     1b
2:      ret

/* size_t strlen(const char *s) */
        function strlen
        mov     r12, r15
1:      tst.b   0(r15)
        jz      2f
        inc     r15
        jmp     1b
2:      sub     r12, r15
        mov     r15, r12
        ret

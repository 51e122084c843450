/* SPDX-License-Identifier: MIT */
/*
 * Time and sleep. The time is clock_base, which the tick timer's interrupt moves on by rounds of 65536 us and deep
 * sleep by what it took while SMCLK was off, and the tick timer's count. Assembly, because the compiler's carries go
 * through copies of the status register, and take three times as much.
 */
#include "board/board.h"

        .macro  function name
        .section .text.\name, "ax", @progbits
        .globl  \name
        .type   \name, @function
        .p2align 1
\name:
        .endm

/* ik_time clock_now(void): clock_base and what the tick timer has counted since its last round. */
        function clock_now
        push    r2
        dint
        nop
        mov     #clock_base, r11
        mov     @r11+, r12
        mov     @r11+, r13
        mov     @r11+, r14
        mov     @r11+, r15
        mov     &TICK_R, r11
        bit     #T_IFG, &TICK_CTL
        jz      1f
        mov     &TICK_R, r11            /* gone round since dint: the first one may be from before */
        inc     r13
        adc     r14
        adc     r15
1:      add     r11, r12
        adc     r13
        adc     r14
        adc     r15
        nop
        pop     r2
        ret

/* uint32_t clock_until(ik_time at): from now to then, from 0 to CLOCK_LONGEST. */
        function clock_until
        push    r15
        push    r14
        push    r13
        push    r12
        call    #clock_now
        sub     r12, 0(r1)
        subc    r13, 2(r1)
        subc    r14, 4(r1)
        subc    r15, 6(r1)
        pop     r12
        pop     r13
        pop     r14
        pop     r15
        jc      1f
        clr     r12                     /* past */
        clr     r13
        ret
1:      bis     r14, r15
        jnz     2f
        tst     r13
        jge     3f
2:      mov     #CLOCK_LONGEST & 0xffff, r12
        mov     #CLOCK_LONGEST >> 16, r13
3:      ret

/*
 * void clock_sleep(uint32_t us, bool deep): seam. r9:r10 is when it ends, r14:r15 how far that is. GIE and the sleep
 * bits are set by one instruction: no interrupt comes between test and sleep.
 */
#define NAP_US 32768    /* half a round, so that a compare value is not taken for a past one */
#define SHORTEST_US 40  /* below this, a compare value may have passed before it is armed */

        .macro  sleep mode
        nop
        bis     #\mode | SR_GIE, r2
        nop
        dint
        nop
        .endm

        function clock_sleep
        push    r10
        push    r9
        push    r8
        mov     r14, r8
        mov     r12, r9
        mov     r13, r10
        call    #clock_now
        add     r12, r9
        addc    r13, r10
1:      call    #clock_now
        mov     r9, r14
        mov     r10, r15
        sub     r12, r14
        subc    r13, r15
        dint
        nop
        tst.b   &button_pressed
        jnz     6f
        tst     &link_in_len
        jnz     6f
        tst     r15
        jn      6f
        jnz     2f
        cmp     #SHORTEST_US, r14
        jlo     6f
        cmp     #NAP_US, r14
        jlo     3f
2:      mov     #NAP_US, r14
3:      tst.b   r8
        jnz     4f
        add     &TICK_R, r14
        mov     r14, &TICK_CCR0
        mov     #T_CCIE, &TICK_CCTL0
        sleep   SR_LPM0
        clr     &TICK_CCTL0
        jmp     5f
4:      call    #sleep_deep
5:      nop
        eint
        nop
        clr     &loop_age
        jmp     1b
6:      nop
        eint
        nop
        pop     r8
        pop     r9
        pop     r10
        ret

/*
 * ACLK / 8 counts 4096 Hz: 1 is 15625/64 us. The watchdog would not survive a night: it is held, and the tick timer
 * stands, which would arm it again. If the deep timer has gone round meanwhile, isr_deep adds that as soon as it may.
 */
        function sleep_deep
        bic     #T_CONTINUOUS, &TICK_CTL
        bit     #T_IFG, &TICK_CTL
        jnz     2f                      /* isr_tick comes first: it would arm the watchdog in the midst of the sleep */
        mov     #WDT_HOLD, &WDTCTL
        mov     #T_ACLK_8 | T_CONTINUOUS | T_CLEAR | T_IE, &DEEP_CTL
        call    #part_rest_clocks
        sleep   SR_LPM3
        call    #part_wake_clocks
        bic     #T_CONTINUOUS, &DEEP_CTL
        mov     &DEEP_R, &MPY
        mov     #15625, &OP2
        mov     &RESLO, r12
        mov     &RESHI, r13
        mov     #6, r14
1:      clrc
        rrc     r13
        rrc     r12
        dec     r14
        jnz     1b
        add     r12, &clock_base
        addc    r13, &clock_base + 2
        adc     &clock_base + 4
        adc     &clock_base + 6
        mov     #WDT_ARM, &WDTCTL
2:      bis     #T_CONTINUOUS, &TICK_CTL
        ret

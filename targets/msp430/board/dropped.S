/* SPDX-License-Identifier: MIT */
/*
 * void ik_dropped(void): counts what the core drops, and keeps where in the code the last of it was
 * dropped: four octets a place that drops, where a reason would be eight. tests/msp430/dropped.py reads it.
 *
 *     dropped + 0   how many so far; after 65535 comes 0
 *     dropped + 2   the address behind the call; 0: nothing was dropped
 */
        .section .bss.dropped, "aw", @nobits
        .globl  dropped
        .type   dropped, @object
        .p2align 1
dropped:
        .skip   4
        .size   dropped, 4

        .section .text.ik_dropped, "ax", @progbits
        .globl  ik_dropped
        .type   ik_dropped, @function
        .p2align 1
ik_dropped:
        inc     &dropped
        mov     @r1, &dropped + 2
        ret
        .size   ik_dropped, . - ik_dropped

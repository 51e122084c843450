/* SPDX-License-Identifier: MIT */
/* The frame of the compressions, which ik_sha_leave takes down. */
#ifndef PRIMITIVES_SHA_FRAME_H
#define PRIMITIVES_SHA_FRAME_H

#define FRAME 100 /* the window: 20 rounds and 5 variables, or 16 and 8 */

        .macro  enter
        push    r4
        push    r5
        push    r6
        push    r7
        push    r8
        push    r9
        push    r10
        push    r12
        sub     #FRAME, r1
        .endm

#endif

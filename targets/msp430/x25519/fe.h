/* SPDX-License-Identifier: MIT */
/* Programs of operations in GF(2^255 - 19), for fe.S and who calls it. */
#ifndef X25519_FE_H
#define X25519_FE_H

/* An operation is three octets: what to do | where the result goes, first operand, second operand.
 * Elements have 32 octets and are named by their offset. */
#define FE_OP_MASK 0x1f
#define FE_MUL 0
#define FE_SQR 2 /* the second operand is not looked at */
#define FE_ADD 4
#define FE_SUB 6
#define FE_MAC 8 /* first + 60833 second */
#define FE_SELECT                                                                                  \
    10 /* the result and the element behind it become the first operand and that behind it,        \
          if the word at the second operand is all ones, and stay if it is 0 */
#define FE_END 12
#define FE_NINE 14 /* first + 8 second */

#ifndef __ASSEMBLER__
#include <stdint.h>

/* An element is 16 words, least significant first. The results of a program are congruent to what
 * they should be; how far they are reduced is left to the arithmetic, which takes what it leaves
 * and whatever is below 2^255. Constant time. */
typedef void ik_fe_run(uint16_t *elements, const uint8_t *program);

/* For the 16-bit multiplier, small (1 KB) and fast (3.8 KB); for the 32-bit one (4.5 KB). */
ik_fe_run ik_fe_small_run, ik_fe_mpy16_run, ik_fe_mpy32_run;
#endif

#endif

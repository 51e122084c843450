/* SPDX-License-Identifier: MIT */
/* Registers of the 16-bit hardware multiplier (SLAU049F table 7-1). */
#define MPY 0x0130
#define MAC 0x0134
#define OP2 0x0138
#define RESLO 0x013a
#define RESHI 0x013c
#define SUMEXT 0x013e

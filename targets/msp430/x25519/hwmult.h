/* SPDX-License-Identifier: MIT */
/* Registers of the hardware multiplier: at 0x130, or in the MPY32 of newer parts. */
#include "board/board.h"

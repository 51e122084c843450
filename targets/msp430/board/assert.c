/* SPDX-License-Identifier: MIT */
#include "board/target.h"

#define FAULT_MAGIC 0xdead

SEAM_DATA struct fault fault __attribute__((section(".noinit")));

void ik_assert_failed(const char *file, int line)
{
    __asm__ volatile("dint\n\tnop" ::: "memory");
    if (fault.magic != FAULT_MAGIC) {
        fault.count = 0;
    }
    fault.magic = FAULT_MAGIC;
    fault.file = (uint16_t)(uintptr_t)file;
    fault.line = (uint16_t)line;
    fault.count++;
    board_reset();
}

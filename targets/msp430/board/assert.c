/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "board/target.h"

#define FAULT_MAGIC 0xdead

SEAM_DATA struct fault fault __attribute__((section(".noinit")));

/* Builds differ in what stands before core/ and targets/; the name is the same behind it. */
static const char *relative(const char *file)
{
    const char *at = file;

    for (const char *c = file; *c != '\0'; c++) {
        if (memcmp(c, "core/", 5) == 0 || memcmp(c, "targets/", 8) == 0) {
            at = c;
        }
    }
    return at;
}

void ik_assert_failed(const char *file, int line)
{
    const char *name = relative(file);

    __asm__ volatile("dint\n\tnop" ::: "memory");
    if (fault.magic != FAULT_MAGIC) {
        fault.count = 0;
    }
    fault.magic = FAULT_MAGIC;
    fault.file = crc16(name, strlen(name));
    fault.line = (uint16_t)line;
    fault.count++;
    board_reset();
}

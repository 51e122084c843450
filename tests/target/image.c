/* SPDX-License-Identifier: MIT */
/*
 * The image that runs operations for tests/target/kat.py and the cost table: it waits in
 * ops_wait() for the runner to fill in ops_io, ops_len and ops_code.
 */
#include "app/door.h"
#include "ops.h"

SEAM_DATA uint8_t ops_io[OPS_CAP] __attribute__((aligned(2)));
SEAM_DATA volatile uint16_t ops_len;
SEAM_DATA volatile uint8_t ops_code;

/* Seam: what is behind the return is one operation, and then this again. */
SEAM void ops_wait(void)
{
    __asm__ volatile("nop");
}

int main(void)
{
    for (;;) {
        ops_wait();
        ops_len = ops_run(&door_crypto, ops_code, ops_io, ops_len);
    }
}

/* SPDX-License-Identifier: MIT */
/* The same operations on the host: lines "OP HEX" in, lines of hex out. */
#include <stdio.h>

#include "host.h"
#include "ops.h"

int main(void)
{
    static char line[2 * OPS_CAP + 16];
    static uint8_t io[OPS_CAP];
    struct ops_set set = {host_crypto(), ik_fe_small_run};
    unsigned op, octet;
    int used;

    while (fgets(line, sizeof line, stdin) != NULL) {
        uint16_t len = 0;
        const char *at = line;

        if (sscanf(at, "%u %n", &op, &used) != 1) {
            return 2;
        }
        for (at += used; len < OPS_CAP && sscanf(at, "%2x", &octet) == 1; at += 2) {
            io[len++] = (uint8_t)octet;
        }
        len = ops_run(&set, (uint8_t)op, io, len);
        for (uint16_t i = 0; i < len; i++) {
            printf("%02x", io[i]);
        }
        putchar('\n');
        fflush(stdout);
    }
    return 0;
}

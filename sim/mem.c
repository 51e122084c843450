/* SPDX-License-Identifier: MIT */
#include "sim/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void *or_die(void *p)
{
    if (p)
        return p;
    fputs("sim: out of memory\n", stderr);
    exit(EXIT_FAILURE);
}

void *sim_calloc(size_t n, size_t size)
{
    return or_die(calloc(n, size));
}

void *sim_realloc(void *old, size_t n, size_t size)
{
    return or_die(size && n > SIZE_MAX / size ? NULL : realloc(old, n * size));
}

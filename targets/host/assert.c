/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "host.h"

void ik_assert_failed(const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed; this is a bug of ikelet\n", file, line);
    abort();
}

/* SPDX-License-Identifier: MIT */
/* -h, beside what argp has by itself: --help, --usage and --version. */
#ifndef POSIX_HELP_H
#define POSIX_HELP_H

#include <argp.h>

/* The children of a program's argp. */
extern const struct argp_child help_child[2];

#endif

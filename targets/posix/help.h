/* SPDX-License-Identifier: MIT */
/* What argp has not by itself: -h, and one line for a mistake in the place of two. */
#ifndef POSIX_HELP_H
#define POSIX_HELP_H

#include <argp.h>

/* The children of a program's argp. */
extern const struct argp_child help_child[2];

#endif

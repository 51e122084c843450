/* SPDX-License-Identifier: MIT */
/*
 * Memory of the simulator (never of the core). Each call answers memory or ends the program with
 * one line: a test network that ran out of memory has nothing to tell.
 */
#ifndef SIM_MEM_H
#define SIM_MEM_H

#include <stddef.h>

/* n zeroed items of size octets; release with free(). */
void *sim_calloc(size_t n, size_t size);
/* old made n items of size octets; what is new is not set. */
void *sim_realloc(void *old, size_t n, size_t size);

#endif

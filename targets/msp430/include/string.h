/* SPDX-License-Identifier: MIT */
/* The part of C11 7.24 that the core and BearSSL use, for a target without a C library. */
#ifndef MSP430_STRING_H
#define MSP430_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int octet, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);

#endif

/* SPDX-License-Identifier: MIT */
/* A 32-bit little-endian ELF image: what goes where in memory, and its names. */
#ifndef MSIM_ELF_H
#define MSIM_ELF_H

#include "msim.h"

struct symbol {
    uint16_t at;
    bool function;
    bool global;
    const char *name;
};

struct elf {
    char *names;            /* what symbols point into */
    struct symbol *symbols; /* in order of address */
    size_t count;
};

/* NULL, or what is wrong with the image. */
const char *elf_load(struct msim *m, const uint8_t *image, size_t len);
void elf_free(struct elf *elf);
/* The function that holds the address: the last one that begins at or before it. count if none
 * does. */
size_t elf_function(const struct elf *elf, uint16_t at);

#endif

/* SPDX-License-Identifier: MIT */
#include "elf.h"

#include <stdlib.h>
#include <string.h>

#include "machine.h"

/* Offsets and values of the ELF specification, 32 bits. */
enum {
    E_MACHINE = 18,
    E_PHOFF = 28,
    E_SHOFF = 32,
    E_PHNUM = 44,
    E_SHNUM = 48,
    EHDR = 52,
    PHDR = 32,
    SHDR = 40,
    SYM = 16
};
enum {
    EM_MSP430 = 105,
    PT_LOAD = 1,
    SHT_SYMTAB = 2,
    STT_FUNC = 2,
    STT_OBJECT = 1,
    SHN_ABS = 0xfff1
};

struct image {
    const uint8_t *octets;
    size_t len;
};

static uint32_t get(const struct image *image, size_t at, unsigned octets)
{
    uint32_t value = 0;

    for (unsigned i = octets; i > 0; i--) {
        value = value << 8 | image->octets[at + i - 1];
    }
    return value;
}

static bool inside(const struct image *image, size_t at, size_t len)
{
    return at <= image->len && len <= image->len - at;
}

/* ---- memory --------------------------------------------------------------------------------- */

static const char *load_segment(struct msim *m, const struct image *image, size_t header)
{
    size_t from = get(image, header + 4, 4), size = get(image, header + 16, 4);
    size_t to = get(image, header + 12, 4);

    if (get(image, header, 4) != PT_LOAD || size == 0) {
        return NULL;
    }
    if (!inside(image, from, size)) {
        return "the file is cut";
    }
    if (to > 0xffff || size > 0x10000 - to) {
        return "a segment lies above 64 KB";
    }
    for (size_t at = to; at < to + size; at++) {
        if (memory_kind(m, (uint16_t)at) >= KIND_IO) {
            return "a segment lies where the part has no memory";
        }
    }
    memcpy(m->memory + to, image->octets + from, size);
    return NULL;
}

static const char *load_segments(struct msim *m, const struct image *image)
{
    size_t table = get(image, E_PHOFF, 4), count = get(image, E_PHNUM, 2);

    if (!inside(image, table, count * PHDR)) {
        return "the file is cut";
    }
    for (size_t i = 0; i < count; i++) {
        const char *wrong = load_segment(m, image, table + i * PHDR);

        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}

/* ---- names ---------------------------------------------------------------------------------- */

/* By address; at one address functions first, global ones before local ones, then by name. */
static int compare(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;

    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    if (x->function != y->function) {
        return x->function ? -1 : 1;
    }
    if (x->global != y->global) {
        return x->global ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

static void take_symbol(struct elf *elf, const struct image *image, size_t entry, size_t names)
{
    uint32_t name = get(image, entry, 4), value = get(image, entry + 4, 4);
    unsigned info = image->octets[entry + 12];
    struct symbol *symbol = &elf->symbols[elf->count];

    if (name == 0 || name >= names || get(image, entry + 14, 2) == 0 || (info & 15) > STT_FUNC) {
        return;
    }
    symbol->at = (uint16_t)value;
    symbol->function = (info & 15) == STT_FUNC;
    symbol->global = info >> 4 != 0;
    symbol->name = elf->names + name;
    elf->count += elf->names[name] != '\0';
}

static const char *load_table(struct elf *elf, const struct image *image, size_t table,
                              size_t strings)
{
    size_t at = get(image, table + 16, 4), size = get(image, table + 20, 4);
    size_t names_at = get(image, strings + 16, 4), names = get(image, strings + 20, 4);

    if (!inside(image, at, size) || !inside(image, names_at, names)) {
        return "the file is cut";
    }
    elf->names = malloc(names + 1);
    elf->symbols = calloc(size / SYM + 1, sizeof *elf->symbols);
    if (elf->names == NULL || elf->symbols == NULL) {
        return "no memory for its names";
    }
    memcpy(elf->names, image->octets + names_at, names);
    elf->names[names] = '\0';
    for (size_t i = 0; i + SYM <= size; i += SYM) {
        take_symbol(elf, image, at + i, names);
    }
    qsort(elf->symbols, elf->count, sizeof *elf->symbols, compare);
    return NULL;
}

static const char *load_names(struct elf *elf, const struct image *image)
{
    size_t table = get(image, E_SHOFF, 4), count = get(image, E_SHNUM, 2);

    if (!inside(image, table, count * SHDR)) {
        return "the file is cut";
    }
    for (size_t i = 0; i < count; i++) {
        size_t header = table + i * SHDR, link = get(image, header + 24, 4);

        if (get(image, header + 4, 4) == SHT_SYMTAB && link < count) {
            return load_table(elf, image, header, table + link * SHDR);
        }
    }
    return NULL;
}

static bool is_image(const struct image *image)
{
    return image->len >= EHDR && memcmp(image->octets, "\177ELF\1\1", 6) == 0 &&
           get(image, E_MACHINE, 2) == EM_MSP430;
}

const char *elf_load(struct msim *m, const uint8_t *octets, size_t len)
{
    struct image image = {octets, len};
    const char *wrong;

    if (!is_image(&image)) {
        return "no ELF image for the MSP430";
    }
    wrong = load_segments(m, &image);
    return wrong != NULL ? wrong : load_names(&m->elf, &image);
}

#define PART_PREFIX "part_"

const char *msim_image_part(const void *octets, size_t len)
{
    struct image image = {octets, len};
    struct elf elf = {.names = NULL};
    const char *found = NULL;

    if (is_image(&image) && load_names(&elf, &image) == NULL) {
        for (size_t i = 0; i < elf.count && found == NULL; i++) {
            const char *name = elf.symbols[i].name;

            if (strncmp(name, PART_PREFIX, strlen(PART_PREFIX)) == 0) {
                const struct part *part = part_find(name + strlen(PART_PREFIX));

                found = part != NULL ? part->name : NULL;
            }
        }
    }
    elf_free(&elf);
    return found;
}

void elf_free(struct elf *elf)
{
    free(elf->names);
    free(elf->symbols);
    *elf = (struct elf){.names = NULL};
}

size_t elf_function(const struct elf *elf, uint16_t at)
{
    size_t below = 0, above = elf->count; /* symbols[below - 1].at <= at < symbols[above].at */

    while (below < above) {
        size_t middle = below + (above - below) / 2;

        if (elf->symbols[middle].at <= at) {
            below = middle + 1;
        } else {
            above = middle;
        }
    }
    while (below > 0 && !elf->symbols[below - 1].function) {
        below--;
    }
    if (below == 0) {
        return elf->count;
    }
    for (below--; below > 0; below--) {
        const struct symbol *before = &elf->symbols[below - 1];

        if (!before->function || before->at != elf->symbols[below].at) {
            break;
        }
    }
    return below;
}

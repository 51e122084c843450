/* SPDX-License-Identifier: MIT */
/*
 * One operation of ops.elf, counted by the family guide's table and by mspdebug 0.22's: counted_as
 * IMAGE CODE HEX prints both. mspdebug charges a source operand from the constant generator as if
 * it came from memory: #1 as X(Rn), #2, #4, #8 and #-1 as @Rn and @Rn+.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

static unsigned mode_of(unsigned op)
{
    return op >> 4 & 3;
}

/* drivers/sim.c of mspdebug 0.22, step_double(). */
static unsigned two(unsigned op)
{
    unsigned mode = mode_of(op), cycles = mode == 0 ? 1 : mode == 1 ? 3 : 2;

    if ((op & 0x8f) == 0) {
        return mode == 0 || mode == 2 ? 2 : 3;
    }
    return cycles + ((op & 0x80) != 0 ? 3 : 0);
}

/* step_single(): PUSH of a constant. */
static unsigned push(unsigned op)
{
    return mode_of(op) == 0 ? 3 : mode_of(op) == 2 || (op & 0x3f) == 0x30 ? 4 : 5;
}

static void count_as_mspdebug(struct msim *m)
{
    for (unsigned op = 0x1200; op < 0x1280; op++) {
        m->cost[op] = (uint8_t)push(op);
    }
    for (unsigned op = 0x4000; op < 0x10000; op++) {
        m->cost[op] = (uint8_t)two(op);
    }
}

static void *read_image(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    void *image = malloc(1 << 20);

    if (file == NULL || image == NULL) {
        exit(2);
    }
    *len = fread(image, 1, 1 << 20, file);
    fclose(file);
    return image;
}

static void fill(struct msim *m, const char *name, const void *octets, size_t len)
{
    uint16_t at;

    if (!msim_symbol(m, name, &at)) {
        exit(2);
    }
    msim_write(m, at, octets, len);
}

/* From one call of ops_wait() to the next. */
static uint64_t operation(struct msim *m, const char *code, const char *hex)
{
    uint8_t io[512], op = (uint8_t)atoi(code), size[2];
    uint64_t begun;
    uint16_t len = 0, wait;
    unsigned octet;

    for (; sscanf(hex + 2 * len, "%2x", &octet) == 1 && len < sizeof io; len++) {
        io[len] = (uint8_t)octet;
    }
    size[0] = (uint8_t)len;
    size[1] = (uint8_t)(len >> 8);
    if (!msim_symbol(m, "ops_wait", &wait)) {
        exit(2);
    }
    msim_mark(m, wait, true);
    msim_run(m, 10 * MSIM_SECOND);
    fill(m, "ops_io", io, len);
    fill(m, "ops_len", size, 2);
    fill(m, "ops_code", &op, 1);
    begun = msim_cycles(m);
    if (msim_run(m, 100 * MSIM_SECOND) != MSIM_STOP_MARK) {
        fprintf(stderr, "the program %s\n", msim_fault(m));
        exit(1);
    }
    return msim_cycles(m) - begun;
}

int main(int argc, char **argv)
{
    for (int as_mspdebug = 0; argc == 4 && as_mspdebug < 2; as_mspdebug++) {
        size_t len;
        void *image = read_image(argv[1], &len);
        struct msim *m = msim_new("msp430f1611");
        const char *wrong = msim_load(m, image, len);

        if (wrong != NULL) {
            fprintf(stderr, "%s: %s\n", argv[1], wrong);
            return 2;
        }
        free(image);
        msim_reset(m);
        if (as_mspdebug != 0) {
            count_as_mspdebug(m);
        }
        printf("%" PRIu64 "\n", operation(m, argv[2], argv[3]));
        msim_free(m);
    }
    return argc == 4 ? 0 : 2;
}

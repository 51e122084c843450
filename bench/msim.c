/* SPDX-License-Identifier: MIT */
/* How fast the simulator of MSP430 parts is: bench_msim IMAGE runs X25519 of ops.elf. Exit status
 * 77: no image. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "msim.h"

enum { ROUNDS = 10, X25519 = 9, WHOLE = 255 };

static void put(struct msim *m, const char *name, const void *octets, size_t len)
{
    uint16_t at = 0;

    msim_symbol(m, name, &at);
    msim_write(m, at, octets, len);
}

/* Of processor time. */
static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Cycles of one X25519. */
static uint64_t round_trip(struct msim *m)
{
    static const uint8_t io[65] = {WHOLE, 1}, len[2] = {sizeof io, 0}, code = X25519;
    uint64_t begun = msim_cycles(m);

    put(m, "ops_io", io, sizeof io);
    put(m, "ops_len", len, sizeof len);
    put(m, "ops_code", &code, 1);
    if (msim_run(m, MSIM_NEVER) != MSIM_STOP_MARK) {
        fprintf(stderr, "the program %s\n", msim_fault(m));
        exit(1);
    }
    return msim_cycles(m) - begun;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    static uint8_t image[1 << 18];
    struct msim *m = msim_new("msp430f1611");
    double best = 0;
    uint16_t wait = 0;

    if (file == NULL) {
        printf("SKIPPED: the simulator's speed: no ops.elf (make msp430)\n");
        return 77;
    }
    if (msim_load(m, image, fread(image, 1, sizeof image, file)) != NULL ||
        !msim_symbol(m, "ops_wait", &wait)) {
        return 2;
    }
    fclose(file);
    msim_reset(m);
    msim_mark(m, wait, true);
    msim_run(m, MSIM_SECOND);
    for (int i = 0; i < ROUNDS; i++) {
        double begun = cpu_seconds();
        double rate = (double)round_trip(m) / (cpu_seconds() - begun);

        best = rate > best ? rate : best;
    }
    printf("simulator of MSP430 parts: %.0f million cycles a second\n", best / 1e6);
    msim_free(m);
    return 0;
}

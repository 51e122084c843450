/* SPDX-License-Identifier: MIT */
/*
 * What the benchmarks share: measuring, the options for it, and rows of JSON. A measurement runs
 * batches of one operation until they have used `ms` milliseconds of CPU time; of `times`
 * measurements the median counts. So a machine that does something else now and then does not spoil
 * it. Reading the clock takes a few hundred nanoseconds: a batch should take ten microseconds.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define BENCH_TIMES_MAX 99

struct bench_opts {
    unsigned ms;
    unsigned times;
    const char *json; /* file to write, or NULL */
};

/* --ms, --times and --json, for use as a child parser; its input is a struct bench_opts. */
extern const struct argp bench_argp;
extern const struct bench_opts bench_defaults;

/* An operation that is repeated. prepare (or NULL) makes the next batch ready and is not timed. */
struct bench_job {
    void (*prepare)(void *ctx);
    void (*run)(void *ctx);
    void *ctx;
    unsigned batch; /* operations that one run does */
};

/* Nanoseconds of CPU time per operation: the median. */
double bench_run(const struct bench_opts *o, const struct bench_job *job);

/* A whole number from 1 to most, or an error of the command line (exit status 2). */
unsigned bench_number(const char *text, const char *name, unsigned most, struct argp_state *state);

/* {"schema": 1, "bench": NAME, "rows": [{...}, ...]}; nothing is written if opts->json is NULL. */
struct bench_json {
    FILE *f;
    const char *path;
    bool rows;
};
/* Ends the program with status 1 if the file can't be made. */
void bench_json_open(struct bench_json *j, const struct bench_opts *o, const char *name);
/* One row. name and what are plain words; ns per operation on octets (0 if none). */
void bench_json_row(struct bench_json *j, const char *name, const char *what, const char *table,
                    unsigned octets, double ns);
/* Ends the program with status 1 if anything could not be written. */
void bench_json_close(struct bench_json *j);

#endif

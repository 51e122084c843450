/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "host.h"

const struct bench_opts bench_defaults = {.ms = 10, .times = 5};

/* ---- measuring ------------------------------------------------------------------------------- */

/* CPU time: what else the machine does counts less. */
static uint64_t cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double measure(const struct bench_job *job, uint64_t least_ns)
{
    uint64_t spent = 0, n = 0;

    while (spent < least_ns) {
        if (job->prepare != NULL)
            job->prepare(job->ctx);
        uint64_t begin = cpu_ns();
        job->run(job->ctx);
        spent += cpu_ns() - begin;
        n += job->batch;
    }
    return (double)spent / (double)n;
}

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

double bench_run(const struct bench_opts *o, const struct bench_job *job)
{
    double ns[BENCH_TIMES_MAX];

    (void)measure(job, 1); /* the caches are filled */
    for (unsigned i = 0; i < o->times; i++)
        ns[i] = measure(job, (uint64_t)o->ms * 1000000u);
    qsort(ns, o->times, sizeof ns[0], order);
    return ns[o->times / 2];
}

/* ---- options --------------------------------------------------------------------------------- */

unsigned bench_number(const char *text, const char *name, unsigned most, struct argp_state *state)
{
    uint64_t v = 0;

    if (!host_number_parse(text, 0, 1, most, &v))
        argp_failure(state, 2, 0, "--%s: %s is no number from 1 to %u", name, text, most);
    return (unsigned)v;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct bench_opts *o = state->input;

    switch (key) {
    case 'm':
        o->ms = bench_number(arg, "ms", 100000, state);
        return 0;
    case 't':
        o->times = bench_number(arg, "times", BENCH_TIMES_MAX, state);
        return 0;
    case 'j':
        o->json = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_list[] = {
    {"ms", 'm', "N", 0, "Milliseconds of one measurement (default 10)", 0},
    {"times", 't', "N", 0, "Measurements of each figure; the median counts (default 5)", 0},
    {"json", 'j', "FILE", 0, "Write the figures to FILE, too", 0},
    {0},
};

const struct argp bench_argp = {.options = option_list, .parser = parse};

/* ---- JSON ------------------------------------------------------------------------------------ */

void bench_json_open(struct bench_json *j, const struct bench_opts *o, const char *name)
{
    *j = (struct bench_json){.path = o->json};
    if (j->path == NULL)
        return;
    j->f = fopen(j->path, "w");
    if (j->f == NULL) {
        fprintf(stderr, "%s: %s\n", j->path, strerror(errno));
        exit(EXIT_FAILURE);
    }
    fprintf(j->f, "{\"schema\": 1, \"bench\": \"%s\", \"rows\": [", name);
}

void bench_json_row(struct bench_json *j, const char *name, const char *what, const char *table,
                    unsigned octets, double ns)
{
    if (j->f == NULL)
        return;
    fprintf(j->f,
            "%s\n  {\"name\": \"%s\", \"what\": \"%s\", \"table\": \"%s\", \"octets\": %u, "
            "\"ns\": %.1f}",
            j->rows ? "," : "", name, what, table, octets, ns);
    j->rows = true;
}

void bench_json_close(struct bench_json *j)
{
    if (j->f == NULL)
        return;
    fprintf(j->f, "\n]}\n");
    bool failed = ferror(j->f) != 0;
    if (fclose(j->f) != 0 || failed) {
        fprintf(stderr, "%s: it could not be written whole\n", j->path);
        exit(EXIT_FAILURE);
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * Worker w makes the runs w, w + jobs, w + 2 jobs … and writes each result to its pipe. Where a
 * worker ends before its time, the run that it was in has failed, and another goes on behind it.
 * Results are taken from the workers in turn, so that they come in the order of the seeds.
 */
#include "sim/swarm_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Wall seconds that one run may take before it counts as hanging. */
#define RUN_SECONDS_MAX 120

struct worker {
    pid_t pid;
    int from;      /* read end of its pipe; -1: it is not running */
    uint64_t next; /* run that its next result is of */
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool time_is_up(const struct swarm_pool *pool, double begun)
{
    return pool->seconds && now() - begun >= pool->seconds;
}

/* ---- in the worker --------------------------------------------------------------------------- */

static void work(const struct swarm_pool *pool, uint64_t from, int to, double begun)
{
    struct swarm_result r;

    for (uint64_t i = from; (pool->runs == 0 || i < pool->runs) && !time_is_up(pool, begun);
         i += pool->jobs) {
        alarm(RUN_SECONDS_MAX);
        pool->run(pool->ctx, pool->seed + i, &r);
        if (write(to, &r, sizeof r) != (ssize_t)sizeof r)
            break;
    }
    /* Not _exit: what counts coverage writes at exit. */
    exit(0);
}

/* ---- in the caller --------------------------------------------------------------------------- */

static bool start(const struct swarm_pool *pool, struct worker *w, double begun)
{
    int ends[2];

    fflush(NULL);
    if (pipe(ends) != 0)
        return false;
    w->pid = fork();
    if (w->pid == 0) {
        close(ends[0]);
        work(pool, w->next, ends[1], begun);
    }
    close(ends[1]);
    w->from = ends[0];
    if (w->pid < 0)
        close(ends[0]);
    return w->pid >= 0;
}

static bool read_all(int from, void *out, size_t len)
{
    uint8_t *p = out;

    while (len) {
        ssize_t got = read(from, p, len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        p += got;
        len -= (size_t)got;
    }
    return true;
}

/* Why a worker gave no result; false: it had come to its end. */
static bool ended_badly(struct worker *w, struct swarm_result *out)
{
    int status = 0;

    close(w->from);
    w->from = -1;
    waitpid(w->pid, &status, 0);
    *out = (struct swarm_result){0};
    if (WIFSIGNALED(status))
        snprintf(out->why, sizeof out->why, "ended by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        snprintf(out->why, sizeof out->why, "ended with status %d", WEXITSTATUS(status));
    return status != 0;
}

/* The next result of a worker. False: there are no more. */
static bool take(const struct swarm_pool *pool, struct worker *w, double begun,
                 struct swarm_result *out)
{
    if (w->from < 0)
        return false;
    if (!read_all(w->from, out, sizeof *out)) {
        if (!ended_badly(w, out))
            return false;
        w->next += pool->jobs;
        if (!time_is_up(pool, begun) && (pool->runs == 0 || w->next < pool->runs) &&
            !start(pool, w, begun))
            snprintf(out->why, sizeof out->why, "no process: %s", strerror(errno));
        w->next -= pool->jobs;
    }
    return true;
}

uint64_t swarm_pool_run(const struct swarm_pool *pool)
{
    struct worker *workers = calloc(pool->jobs, sizeof *workers);
    double begun = now();
    uint64_t n = 0;
    bool more = workers != NULL;

    for (unsigned i = 0; more && i < pool->jobs; i++) {
        workers[i] = (struct worker){.from = -1, .next = i};
        if (!start(pool, &workers[i], begun)) {
            fprintf(stderr, "sim_swarm: no process: %s\n", strerror(errno));
            exit(2);
        }
    }
    while (more) {
        more = false;
        for (unsigned i = 0; i < pool->jobs; i++) {
            struct swarm_result r;
            if (!take(pool, &workers[i], begun, &r))
                continue;
            pool->done(pool->ctx, pool->seed + workers[i].next, &r);
            workers[i].next += pool->jobs;
            more = true;
            n++;
        }
    }
    free(workers);
    return n;
}

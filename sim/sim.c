/* SPDX-License-Identifier: MIT */
#include "sim/sim.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/mem.h"
#include "sim/node.h"

static void files_open(struct sim *s)
{
    if (s->opts.pcap && !host_pcap_open(&s->pcap, s->opts.pcap)) {
        s->pcap.f = NULL;
        sim_fail(s, "%s: %s", s->opts.pcap, strerror(errno));
    }
    if (s->opts.keylog && !host_keylog_open(&s->keylog, s->opts.keylog)) {
        s->keylog = (struct host_keylog){0};
        sim_fail(s, "%s: %s", s->opts.keylog, strerror(errno));
    }
}

static void spy_fails(void *ctx, const char *why)
{
    sim_fail(ctx, "%s", why);
}

struct sim *sim_new(const struct sim_opts *opts)
{
    struct sim *s = sim_calloc(1, sizeof *s);
    uint64_t state = opts->seed;

    s->opts = *opts;
    sim_clock_init(&s->clock);
    s->clock.now = opts->start;
    sim_rng_init(&s->faults, sim_splitmix(&state));
    sim_rng_init(&s->seeds, sim_splitmix(&state));
    sim_log_init(&s->trace);
    sim_log_init(&s->sent);
    s->sent_hash = UINT64_C(0xcbf29ce484222325);
    sim_check_init(&s->check);
    sim_spy_init(&s->spy, spy_fails, s);
    s->spy.stack = opts->stack && IK_WIPE_STACK;
    files_open(s);
    return s;
}

void sim_free(struct sim *s)
{
    if (!s)
        return;
    sim_net_free(s);
    for (uint16_t i = 0; i < s->nodes_n; i++)
        sim_node_free(s->nodes[i]);
    for (uint16_t i = 0; i < s->nats_n; i++) {
        sim_nat_free(s->nats[i]);
        free(s->nats[i]);
    }
    sim_clock_free(&s->clock); /* timers may lie in what is owned */
    for (size_t i = 0; i < s->owned_n; i++)
        free(s->owned[i]);
    if (s->pcap.f && !host_pcap_close(&s->pcap))
        fprintf(stderr, "sim: %s: writing failed\n", s->opts.pcap);
    if (s->keylog.ike && !host_keylog_close(&s->keylog))
        fprintf(stderr, "sim: %s: writing failed\n", s->opts.keylog);
    free(s->owned);
    free(s->nodes);
    free(s->nats);
    sim_check_free(&s->check);
    sim_spy_free(&s->spy);
    sim_log_free(&s->trace);
    sim_log_free(&s->sent);
    free(s);
}

void *sim_own(struct sim *s, size_t size)
{
    void *p = sim_calloc(1, size);

    s->owned = sim_realloc(s->owned, s->owned_n + 1, sizeof *s->owned);
    s->owned[s->owned_n++] = p;
    return p;
}

uint16_t sim_nat_add(struct sim *s, const struct sim_nat_opts *opts)
{
    struct sim_nat *nat = sim_calloc(1, sizeof *nat);

    sim_nat_init(nat, opts);
    s->nats = sim_realloc(s->nats, (size_t)s->nats_n + 1, sizeof *s->nats);
    s->nats[s->nats_n++] = nat;
    return s->nats_n;
}

uint16_t sim_node_add(struct sim *s, const struct sim_node_opts *opts)
{
    struct sim_node *n = sim_calloc(1, sizeof *n);

    n->sim = s;
    n->index = s->nodes_n;
    n->opts = *opts;
    s->nodes = sim_realloc(s->nodes, (size_t)s->nodes_n + 1, sizeof *s->nodes);
    s->nodes[s->nodes_n++] = n;
    sim_node_start(n);
    return n->index;
}

/* ---- time ----------------------------------------------------------------------------------- */

bool sim_step(struct sim *s)
{
    return !s->failed && sim_clock_step(&s->clock) && !s->failed;
}

bool sim_run_until(struct sim *s, ik_time at)
{
    while (!s->failed && sim_clock_next(&s->clock) <= at)
        sim_clock_step(&s->clock);
    if (!s->failed && s->clock.now < at)
        s->clock.now = at;
    return !s->failed;
}

bool sim_run_for(struct sim *s, ik_time span)
{
    return sim_run_until(s, s->clock.now + span);
}

bool sim_run_idle(struct sim *s, ik_time span)
{
    ik_time end = s->clock.now + span;

    while (!s->failed && sim_clock_next(&s->clock) <= end)
        sim_clock_step(&s->clock);
    return !s->failed && sim_clock_next(&s->clock) == IK_NEVER;
}

/* ---- reports -------------------------------------------------------------------------------- */

void sim_fail(struct sim *s, const char *fmt, ...)
{
    va_list args;

    if (s->failed)
        return;
    va_start(args, fmt);
    vsnprintf(s->why, sizeof s->why, fmt, args);
    va_end(args);
    sim_note(s, "FAILED %s", s->why);
    s->failed = true;
}

void sim_note(struct sim *s, const char *fmt, ...)
{
    size_t from = s->trace.len;
    va_list args;

    if (s->opts.quiet)
        return;
    sim_log_print(&s->trace, "%" PRIu64 ".%06" PRIu64 " ", s->clock.now / IK_SECOND,
                  s->clock.now % IK_SECOND);
    va_start(args, fmt);
    sim_log_vprint(&s->trace, fmt, args);
    va_end(args);
    sim_log_add(&s->trace, "\n", 1);
    if (s->opts.verbose)
        fwrite(s->trace.p + from, 1, s->trace.len - from, s->opts.verbose);
}

uint32_t sim_dropped(const struct sim *s, uint16_t node, enum ik_drop what)
{
    return s->nodes[node]->core.env.counters.drop[what];
}

uint32_t sim_counted(const struct sim *s, uint16_t node, enum ik_count what)
{
    return s->nodes[node]->core.env.counters.count[what];
}

unsigned sim_told_count(const struct sim *s, uint16_t node, enum ik_event event,
                        enum ik_reason reason)
{
    const struct sim_node *n = s->nodes[node];
    unsigned count = 0;

    for (size_t i = 0; i < n->told_n; i++) {
        if (n->told[i].event == event && (reason == IK_WHY_NONE || n->told[i].reason == reason))
            count++;
    }
    return count;
}

/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdlib.h>

#include "load.h"

static int by_size(const void *a, const void *b)
{
    const ik_time *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The sorted times of those that came up, in front; answers their number. */
static unsigned sort(ik_time *took, unsigned n)
{
    unsigned up = 0;
    for (unsigned i = 0; i < n; i++)
        if (took[i] != 0)
            took[up++] = took[i];
    qsort(took, up, sizeof *took, by_size);
    return up;
}

static double ms(const ik_time *sorted, unsigned n, double share)
{
    unsigned at = (unsigned)(share * (double)(n - 1) + 0.5);
    return n > 0 ? (double)sorted[at] / 1000. : 0.;
}

static json_t *reasons_json(const struct load_result *r)
{
    json_t *o = json_object();
    for (unsigned i = 0; i < sizeof r->reasons / sizeof r->reasons[0]; i++)
        if (r->reasons[i] > 0)
            json_object_set_new(o, host_reason_text(i), json_integer(r->reasons[i]));
    return o;
}

static double seconds(ik_time from, ik_time to)
{
    return to > from ? (double)(to - from) / (double)IK_SECOND : 0.;
}

static void report_json(const struct load_result *r, unsigned n)
{
    double took = seconds(r->begun, r->all_up);
    json_t *o = json_pack(
        "{si si si si si sf sf s{sf sf sf sf sf} so sI sI sI sI sI sI sf}", "schema", 1, "clients",
        (int)r->clients, "up", (int)r->up, "failed", (int)r->failed, "fell", (int)r->fell,
        "seconds", took, "setups_per_s", took > 0. ? (double)r->up / took : 0., "latency_ms", "min",
        ms(r->took, n, 0.), "median", ms(r->took, n, .5), "p95", ms(r->took, n, .95), "p99",
        ms(r->took, n, .99), "max", ms(r->took, n, 1.), "reasons", reasons_json(r), "datagrams",
        (json_int_t)r->sent, "lost_out", (json_int_t)r->lost_out, "lost_in", (json_int_t)r->lost_in,
        "retransmitted", (json_int_t)r->retransmitted, "packets_out", (json_int_t)r->packets_out,
        "packets_in", (json_int_t)r->packets_in, "own_cpu_s", r->cpu_s);
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(o);
}

static void report_text(const struct load_result *r, unsigned n)
{
    double took = seconds(r->begun, r->all_up);
    printf("%u of %u clients came up in %.2f s: %.0f a second; %u failed, %u fell\n", r->up,
           r->clients, took, took > 0. ? (double)r->up / took : 0., r->failed, r->fell);
    printf("set-up, ms: min %.1f, median %.1f, 95 %% %.1f, 99 %% %.1f, max %.1f\n",
           ms(r->took, n, 0.), ms(r->took, n, .5), ms(r->took, n, .95), ms(r->took, n, .99),
           ms(r->took, n, 1.));
    for (unsigned i = 0; i < sizeof r->reasons / sizeof r->reasons[0]; i++)
        if (r->reasons[i] > 0)
            printf("  %u failed: %s\n", r->reasons[i], host_reason_text(i));
    printf("%llu datagrams sent, %llu retransmitted; lost on purpose: %llu out, %llu in\n",
           (unsigned long long)r->sent, (unsigned long long)r->retransmitted,
           (unsigned long long)r->lost_out, (unsigned long long)r->lost_in);
    if (r->packets_out > 0)
        printf("%llu inner packets sent, %llu came\n", (unsigned long long)r->packets_out,
               (unsigned long long)r->packets_in);
    printf("own CPU: %.2f s\n", r->cpu_s);
}

void load_report(const struct load_wish *w, const struct load_result *r)
{
    unsigned n = sort(r->took, r->clients);
    if (w->json)
        report_json(r, n);
    else
        report_text(r, n);
}

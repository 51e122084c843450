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

static ik_time share_of(const ik_time *sorted, unsigned n, double share)
{
    return n > 0 ? sorted[(unsigned)(share * (double)(n - 1) + 0.5)] : 0;
}

static double ms(const ik_time *sorted, unsigned n, double share)
{
    return (double)share_of(sorted, n, share) / 1000.;
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

static void report_times(const struct load_result *r, unsigned n)
{
    static const char *const names[] = {"min", ", median", ", 95 %", ", 99 %", ", max"};
    static const double shares[] = {0., .5, .95, .99, 1.};
    char text[40];
    if (n == 0)
        return;
    printf("set-up: ");
    for (unsigned i = 0; i < 5; i++)
        printf("%s %s", names[i],
               host_duration_print(share_of(r->took, n, shares[i]), text, sizeof text));
    putchar('\n');
}

static void report_text(const struct load_result *r, unsigned n)
{
    double took = seconds(r->begun, r->all_up);
    ik_time us = r->all_up > r->begun ? r->all_up - r->begun : 0;
    char text[40];
    printf("%u of %u clients came up", r->up, r->clients);
    if (us > 0 && r->up > 0) /* else there is nothing to tell, or it was interrupted */
        printf(" in %s: %.0f a second", host_duration_print(us, text, sizeof text),
               (double)r->up / took);
    printf("; %u failed, %u fell\n", r->failed, r->fell);
    report_times(r, n);
    for (unsigned i = 0; i < sizeof r->reasons / sizeof r->reasons[0]; i++)
        if (r->reasons[i] > 0)
            printf("  %u failed: %s\n", r->reasons[i], host_reason_text(i));
    printf("%llu datagrams sent, %llu retransmitted; lost on purpose: %llu out, %llu in\n",
           (unsigned long long)r->sent, (unsigned long long)r->retransmitted,
           (unsigned long long)r->lost_out, (unsigned long long)r->lost_in);
    if (r->packets_out > 0)
        printf("%llu inner packets sent, %llu came\n", (unsigned long long)r->packets_out,
               (unsigned long long)r->packets_in);
    printf("own CPU: %s\n", host_duration_print((ik_time)(r->cpu_s * 1e6 + .5), text, sizeof text));
}

void load_report(const struct load_wish *w, const struct load_result *r)
{
    unsigned n = sort(r->took, r->clients);
    if (w->json)
        report_json(r, n);
    else
        report_text(r, n);
}

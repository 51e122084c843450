/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "ctl.h"
#include "host.h"

static const char *text(json_t *o, const char *key)
{
    const char *value = json_string_value(json_object_get(o, key));
    return value != NULL ? value : "-";
}

static json_int_t number(json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static bool is_true(json_t *o, const char *key)
{
    return json_is_true(json_object_get(o, key));
}

static const char *duration(double s, char *out, size_t cap)
{
    return host_duration_print((ik_time)(s * (double)IK_SECOND + .5), out, cap);
}

static const char *ago(json_t *o, const char *key, char *out, size_t cap)
{
    char since[40];
    json_t *value = json_object_get(o, key);
    if (!json_is_number(value))
        return "never";
    snprintf(out, cap, "%s ago", duration(json_number_value(value), since, sizeof since));
    return out;
}

static const char *octets(json_int_t n, char *out, size_t cap)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double v = (double)n;
    unsigned u = 0;
    for (; v >= 1024 && u < 4; u++)
        v /= 1024;
    snprintf(out, cap, u == 0 ? "%.0f %s" : "%.2f %s", v, units[u]);
    return out;
}

static void show_child(json_t *c)
{
    char a[40], b[40], x[60], y[60];
    printf("    child: %s, %s\n", text(c, "name"), text(c, "state"));
    if (strcmp(text(c, "state"), "larval") == 0)
        printf("      selectors and suite are being agreed\n");
    else
        printf("      %s === %s\n", text(c, "local_ts"), text(c, "remote_ts"));
    printf("      %s, %s, SPIs %s in, %s out\n", text(c, "suite"),
           is_true(c, "udp") ? "ESP in UDP" : text(c, "protocol"), text(c, "spi_in"),
           text(c, "spi_out"));
    printf("      transfer: %s received, %s sent\n", octets(number(c, "octets_in"), a, sizeof a),
           octets(number(c, "octets_out"), b, sizeof b));
    printf("      last packet: in %s, out %s; %lld dropped\n", ago(c, "last_in_s", x, sizeof x),
           ago(c, "last_out_s", y, sizeof y), (long long)number(c, "drops"));
    if (number(c, "path_mtu") != 0)
        printf("      its path takes %lld octets only\n", (long long)number(c, "path_mtu"));
}

static void show_ike(json_t *i)
{
    char since[40], heard[60];
    size_t n;
    json_t *c;
    printf("\nconnection: %s (%s, %s)\n", text(i, "connection"), text(i, "state"), text(i, "role"));
    printf("  peer: %s\n", text(i, "id"));
    printf("  endpoint: %s port %lld%s\n", text(i, "address"), (long long)number(i, "port"),
           is_true(i, "nat_here")    ? ", we are behind a NAT"
           : is_true(i, "nat_there") ? ", behind a NAT"
                                     : "");
    printf("  up: %s by %s; last heard: %s\n",
           duration(json_number_value(json_object_get(i, "up_s")), since, sizeof since),
           text(i, "suite"), ago(i, "heard_s", heard, sizeof heard));
    json_array_foreach(json_object_get(i, "children"), n, c) show_child(c);
}

void ctl_show_status(json_t *answer)
{
    size_t n;
    json_t *i, *list = json_object_get(answer, "ike_sas");
    printf("ikeletd %s: %s, MTU %lld; %zu IKE SA%s up\n", text(answer, "version"),
           text(answer, "device"), (long long)number(answer, "mtu"), json_array_size(list),
           json_array_size(list) == 1 ? "" : "s");
    json_array_foreach(list, n, i) show_ike(i);
    list = json_object_get(answer, "manual");
    if (json_array_size(list) > 0)
        puts("\nmade by hand:");
    json_array_foreach(list, n, i) show_child(i);
}

/* Selectors that the file leaves out. */
static const char *text_or(json_t *o, const char *key, const char *other)
{
    const char *value = text(o, key);
    return value[0] != '\0' ? value : other;
}

static void list_child(json_t *k, json_t *c)
{
    const char *protocol = json_object_get(c, "ah") != NULL ? "ah" : "esp";
    const char *theirs = number(k, "remotes") > 0 ? "what its line says" : "its address";
    printf("  %s: %s === %s, start %s\n    %s: %s\n", text(c, "name"),
           text_or(c, "local_ts", "our address"), text_or(c, "remote_ts", theirs), text(c, "start"),
           protocol, text(c, protocol));
}

void ctl_show_list(json_t *answer)
{
    size_t n, m;
    json_t *k, *c;
    json_array_foreach(json_object_get(answer, "connections"), n, k)
    {
        printf("%s: %s with %s at %s\n", text(k, "name"), text(k, "id"), text(k, "remote_id"),
               text(k, "remote"));
        if (number(k, "remotes") > 0)
            printf("  remotes: %lld\n", (long long)number(k, "remotes"));
        printf("  ike: %s\n", text(k, "ike"));
        json_array_foreach(json_object_get(k, "children"), m, c) list_child(k, c);
    }
}

static void show_numbers(json_t *o, const char *title)
{
    const char *key;
    json_t *value;
    printf("%s:\n", title);
    json_object_foreach(o, key, value) if (json_integer_value(value) != 0)
        printf("  %-20s %lld\n", key, (long long)json_integer_value(value));
}

void ctl_show_counters(json_t *answer)
{
    show_numbers(json_object_get(answer, "counts"), "counts");
    show_numbers(json_object_get(answer, "host"), "host");
    show_numbers(json_object_get(answer, "drops"), "drops");
}

void ctl_show_mistakes(json_t *answer)
{
    size_t n;
    json_t *m, *list = json_object_get(answer, "mistakes");
    json_array_foreach(list, n, m)
        printf("%s:%lld: %s\n", text(m, "file"), (long long)number(m, "line"), text(m, "text"));
    if (is_true(answer, "ok"))
        puts(json_array_size(list) == 0 ? "nothing is wrong" : "nothing else is wrong");
}

/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILE_EVERY 10 /* seconds */

static struct {
    int fd;
    struct ev_io io;
    unsigned seconds;
    bool complained;
} server = {.fd = -1};

static void header(FILE *f, const char *name, const char *type, const char *help)
{
    fprintf(f, "# HELP ikelet_%s %s\n# TYPE ikelet_%s %s\n", name, help, name, type);
}

static void put_sas(const struct daemon *d, FILE *f)
{
    unsigned states[IK_IKE_DEAD + 1] = {0};
    struct ik_ike_info info;
    struct ik_child_info c;
    uint64_t in = 0, out = 0, children = 0;
    unsigned ike_sas, child_sas, ike_room = 0, child_room = 0;
    for (unsigned k = 0; k < d->workers_n; k++) {
        const struct worker *w = &d->workers[k];
        for (uint16_t i = 0; i < w->host.ike_sas_n; i++)
            if (ik_ike_info(&w->node, i, &info) && info.state <= IK_IKE_DEAD)
                states[info.state]++;
        for (uint16_t i = 0; i < w->host.child_sas_n; i++)
            if (ik_child_info(&w->node, i, &c)) {
                children++;
                in += c.octets_in;
                out += c.octets_out;
            }
        ike_room += w->host.ike_sas_n;
        child_room += w->host.child_sas_n;
    }
    workers_usage(d, &ike_sas, &child_sas);
    header(f, "ike_sas", "gauge", "IKE SAs by state.");
    for (unsigned s = IK_IKE_UP; s <= IK_IKE_DEAD; s++)
        fprintf(f, "ikelet_ike_sas{state=\"%s\"} %u\n", host_state_name(s), states[s]);
    header(f, "pool_taken", "gauge", "Places of the pools that are taken.");
    fprintf(f, "ikelet_pool_taken{pool=\"ike_sas\"} %u\nikelet_pool_taken{pool=\"child_sas\"} %u\n",
            ike_sas, child_sas);
    header(f, "pool_size", "gauge", "Places of the pools.");
    fprintf(f, "ikelet_pool_size{pool=\"ike_sas\"} %u\nikelet_pool_size{pool=\"child_sas\"} %u\n",
            ike_room, child_room);
    header(f, "child_sas", "gauge", "Child SAs.");
    fprintf(f, "ikelet_child_sas %llu\n", (unsigned long long)children);
    header(f, "octets", "gauge", "Octets of inner packets of the Child SAs that are there.");
    fprintf(f, "ikelet_octets{direction=\"in\"} %llu\nikelet_octets{direction=\"out\"} %llu\n",
            (unsigned long long)in, (unsigned long long)out);
}

static void put_handshakes(const struct statistics *s, FILE *f)
{
    unsigned long long sum = 0;
    header(f, "handshakes_total", "counter", "Handshakes by outcome.");
    fprintf(f, "ikelet_handshakes_total{outcome=\"up\"} %llu\n",
            (unsigned long long)s->handshakes_up);
    fprintf(f, "ikelet_handshakes_total{outcome=\"failed\"} %llu\n",
            (unsigned long long)s->handshakes_failed);
    header(f, "handshake_seconds", "histogram", "From the first message to both proofs.");
    for (unsigned i = 0; i < HISTOGRAM_N; i++) {
        sum += s->took[i];
        if (i < HISTOGRAM_N - 1)
            fprintf(f, "ikelet_handshake_seconds_bucket{le=\"%g\"} %llu\n",
                    (double)histogram_ms[i] / 1000., sum);
        else
            fprintf(f, "ikelet_handshake_seconds_bucket{le=\"+Inf\"} %llu\n", sum);
    }
    fprintf(f, "ikelet_handshake_seconds_sum %.6f\nikelet_handshake_seconds_count %llu\n",
            (double)s->took_us / 1e6, sum);
}

static void put_drops(const struct daemon *d, FILE *f)
{
    const struct counters sum = workers_counters(d);
    header(f, "drops_total", "counter", "What was dropped or refused, by reason.");
    for (unsigned i = 0; i < IK_DROP_N; i++)
        fprintf(f, "ikelet_drops_total{reason=\"%s\"} %llu\n", host_drop_name(i),
                (unsigned long long)sum.drop[i]);
    header(f, "events_total", "counter", "What happened otherwise.");
    for (unsigned i = 0; i < IK_COUNT_N; i++)
        fprintf(f, "ikelet_events_total{event=\"%s\"} %llu\n", host_count_name(i),
                (unsigned long long)sum.count[i]);
}

char *metrics_text(const struct daemon *d, size_t *len)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, len);
    const struct statistics s = workers_statistics(d);
    if (f == NULL)
        return NULL;
    put_sas(d, f);
    put_handshakes(&s, f);
    header(f, "workers", "gauge", "Threads that carry packets.");
    fprintf(f, "ikelet_workers %u\n", d->workers_n);
    header(f, "handed_over_total", "counter", "What came to a worker and was for another.");
    fprintf(f, "ikelet_handed_over_total{outcome=\"taken\"} %llu\n", (unsigned long long)s.handed);
    fprintf(f, "ikelet_handed_over_total{outcome=\"lost\"} %llu\n",
            (unsigned long long)s.handed_lost);
    put_drops(d, f);
    if (fclose(f) == 0)
        return text;
    free(text);
    return NULL;
}

/* ---- a port ---------------------------------------------------------------------------------- */

/* One request, one answer, whatever it asks: a scraper on this host. */
static void on_scraper(struct ev_loop *ev, struct ev_io *io, int events)
{
    struct daemon *d = ev_userdata(ev);
    char request[2048], head[160];
    size_t len = 0;
    const struct timeval soon = {0, 200000};
    (void)events;
    int fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
    char *text = recv(fd, request, sizeof request, 0) > 0 ? metrics_text(d, &len) : NULL;
    if (text != NULL) {
        int n = snprintf(head, sizeof head,
                         "HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
                         "Content-Length: %zu\r\n\r\n",
                         len);
        if (send(fd, head, (size_t)n, MSG_NOSIGNAL) == n)
            (void)!send(fd, text, len, MSG_NOSIGNAL);
    }
    free(text);
    close(fd);
}

bool metrics_open(struct daemon *d, char *err, size_t err_len)
{
    const struct conf_daemon *c = &d->plan->conf.daemon;
    const struct sockaddr_in name = {.sin_family = AF_INET,
                                     .sin_port = htons(c->metrics_port),
                                     .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int on = 1;
    if (c->metrics_port == 0)
        return true;
    server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server.fd < 0 || setsockopt(server.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(server.fd, (const struct sockaddr *)&name, sizeof name) != 0 ||
        listen(server.fd, 8) != 0) {
        snprintf(err, err_len, "cannot serve metrics at %s: %s", c->metrics, strerror(errno));
        return false;
    }
    ev_io_init(&server.io, on_scraper, server.fd, EV_READ);
    ev_io_start(d->ev, &server.io);
    return true;
}

void metrics_close(struct daemon *d)
{
    if (server.fd < 0)
        return;
    ev_io_stop(d->ev, &server.io);
    close(server.fd);
    server.fd = -1;
}

/* ---- a file ---------------------------------------------------------------------------------- */

static bool write_file(const char *name, const char *text, size_t len)
{
    char beside[4096];
    if (snprintf(beside, sizeof beside, "%s.new", name) >= (int)sizeof beside)
        return false;
    FILE *f = fopen(beside, "we");
    if (f == NULL)
        return false;
    bool good = fwrite(text, 1, len, f) == len;
    good = fclose(f) == 0 && good;
    return good && rename(beside, name) == 0;
}

void metrics_tick(struct daemon *d)
{
    const char *where = d->plan->conf.daemon.metrics;
    size_t len;
    if (where == NULL || where[0] != '/' || server.seconds++ % FILE_EVERY != 0)
        return;
    char *text = metrics_text(d, &len);
    bool good = text != NULL && write_file(where, text, len);
    if (!good && !server.complained)
        log_say(LOG_WARNING_LEVEL, "cannot write %s: %s", where, strerror(errno));
    server.complained = !good;
    free(text);
}

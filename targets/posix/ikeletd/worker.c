/* SPDX-License-Identifier: MIT */
/*
 * Workers: a node each. A single one is in the daemon's own loop, and there is no thread but the
 * main one. With several each has a thread and a loop, and the main thread has what is not packets:
 * control, signals, the file, metrics.
 *
 * `awake` says who may touch what. A worker holds it for reading while its loop does not sleep (so
 * does libev: ev_set_loop_release_cb); the main thread holds it for writing while its own does not.
 * So while the main thread does anything, each worker sleeps and is the main thread's to look into
 * and to change; that is rare and short. While a worker does anything the main thread sleeps; what
 * workers have in common is touched by one of them at a time (shared.h). On the way of a packet
 * nobody waits for another.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "privilege.h"
#include "steer.h"

#define PREPARED_MAX 4096   /* SAs whose key schedules are kept, a kilobyte each */
#define REASSEMBLIES_MAX 64 /* messages that come in fragments at the same time, 3 kB each */
#define HELD 64             /* packets that wait for their SA */
#define HANDSHAKES_MAX 1024 /* at once */
#define SHORTS_MAX 60000    /* last responses */
#define SESSIONS_MORE 64    /* peers whose tickets there is room for beside those of the start */
#define SENDING 256         /* messages of ours that are under way, beside those of handshakes */
#define TICK 1.             /* seconds */
#define ENTROPY_LEN 48

ik_time daemon_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (ik_time)t.tv_sec * IK_SECOND + (ik_time)t.tv_nsec / 1000;
}

ik_time worker_tick(struct worker *w)
{
    w->now = daemon_now();
    return w->now;
}

bool worker_entropy(struct worker *w)
{
    uint8_t bytes[ENTROPY_LEN];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        log_say(LOG_ERROR_LEVEL, "no entropy: getrandom: %s", strerror(errno));
        return false;
    }
    ik_node_seed(&w->node, bytes, sizeof bytes);
    explicit_bzero(bytes, sizeof bytes);
    w->entropy_at = daemon_now();
    return true;
}

/* ---- its loop -------------------------------------------------------------------------------- */

void worker_pump(struct worker *w)
{
    ik_time now;
    (void)worker_tick(w);
    path_effects(w);
    udp_flush(&w->udp);
    w->touched = w->d->main_is_awake;
    ik_time at = ik_node_deadline(&w->node);
    ev_timer_stop(w->ev, &w->deadline);
    if (at == IK_NEVER)
        return;
    now = daemon_now();
    ev_now_update(w->ev);
    ev_timer_set(&w->deadline, at > now ? (double)(at - now) / (double)IK_SECOND : 0., 0.);
    ev_timer_start(w->ev, &w->deadline);
}

static void on_deadline(struct ev_loop *ev, struct ev_timer *timer, int events)
{
    (void)ev;
    (void)events;
    worker_pump(timer->data);
}

static void tell_failed(struct worker *w)
{
    char addr[46];
    if (w->udp.failed == 0)
        return;
    host_addr_print(&w->udp.failed_path.remote, addr, sizeof addr);
    log_stranger(LOG_WARNING_LEVEL, "%llu datagrams could not leave; the last to %s: %s",
                 (unsigned long long)w->udp.failed, addr,
                 w->udp.error == EPERM ? "no raw socket for ESP (CAP_NET_RAW), or a filter"
                                       : strerror(w->udp.error));
    w->udp.failed = 0;
}

static void on_second(struct ev_loop *ev, struct ev_timer *timer, int events)
{
    struct worker *w = timer->data;
    (void)ev;
    (void)events;
    tell_failed(w);
    start_tick(w);
    worker_pump(w);
}

static void on_wake(struct ev_loop *ev, struct ev_async *async, int events)
{
    struct worker *w = async->data;
    (void)events;
    if (w->d->quit)
        ev_break(ev, EVBREAK_ALL);
    else
        handover_take(w);
}

void workers_tick(struct daemon *d)
{
    for (unsigned i = 0; i < d->workers_n; i++) {
        struct worker *w = &d->workers[i];
        ev_feed_event(w->ev, &w->second, EV_TIMER);
        w->touched = d->main_is_awake;
    }
}

/* ---- threads --------------------------------------------------------------------------------- */

static void fall_asleep(struct ev_loop *ev)
{
    struct worker *w = ev_userdata(ev);
    (void)pthread_rwlock_unlock(&w->d->awake);
}

static void wake_up(struct ev_loop *ev)
{
    struct worker *w = ev_userdata(ev);
    (void)pthread_rwlock_rdlock(&w->d->awake);
}

static void main_falls_asleep(struct ev_loop *ev)
{
    struct daemon *d = ev_userdata(ev);
    for (unsigned i = 0; i < d->workers_n; i++) {
        struct worker *w = &d->workers[i];
        if (w->touched)
            ev_async_send(w->ev, &w->wake);
        w->touched = false;
    }
    d->main_is_awake = false;
    (void)pthread_rwlock_unlock(&d->awake);
}

static void main_wakes_up(struct ev_loop *ev)
{
    struct daemon *d = ev_userdata(ev);
    (void)pthread_rwlock_wrlock(&d->awake);
    d->main_is_awake = true;
}

/* Each thread has a filter of its own: to give it to all at once takes a system call that the
 * system's own filter may forbid. */
static bool filter(void)
{
    char err[200];
    shared_enter();
    bool good = privilege_filter(err, sizeof err);
    if (!good)
        log_say(LOG_ERROR_LEVEL, "%s", err);
    shared_leave();
    return good;
}

static void *run(void *arg)
{
    struct worker *w = arg;
    wake_up(w->ev);
    if (!filter())
        daemon_end_soon(w->d);
    ev_run(w->ev, 0);
    fall_asleep(w->ev);
    return NULL;
}

/* Signals are the main thread's. */
static int begin_thread(struct worker *w)
{
    sigset_t all, was;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &was);
    int why = pthread_create(&w->thread, NULL, run, w);
    (void)pthread_sigmask(SIG_SETMASK, &was, NULL);
    w->runs = why == 0;
    return why;
}

bool workers_run(struct daemon *d, char *err, size_t err_len)
{
    if (d->workers_n == 1)
        return true;
    main_wakes_up(d->ev);
    ev_set_loop_release_cb(d->ev, main_falls_asleep, main_wakes_up);
    for (unsigned i = 0; i < d->workers_n; i++) {
        struct worker *w = &d->workers[i];
        ev_set_loop_release_cb(w->ev, fall_asleep, wake_up);
        int why = begin_thread(w);
        if (why != 0) {
            snprintf(err, err_len, "cannot begin the thread of worker %u: %s", i, strerror(why));
            return false;
        }
    }
    return true;
}

void workers_stop(struct daemon *d)
{
    if (!d->main_is_awake)
        return;
    d->quit = true;
    for (unsigned i = 0; i < d->workers_n; i++)
        d->workers[i].touched = true;
    main_falls_asleep(d->ev);
    for (unsigned i = 0; i < d->workers_n; i++)
        if (d->workers[i].runs)
            (void)pthread_join(d->workers[i].thread, NULL);
}

/* ---- opening --------------------------------------------------------------------------------- */

/* Of the places of all; with a margin, for chance deals out who calls. */
static unsigned share(unsigned all, unsigned workers)
{
    unsigned root = 0;
    if (workers == 1)
        return all;
    while (root * root < all)
        root++;
    unsigned n = (all + workers - 1) / workers + 3 * root + 8;
    return n < all ? n : all;
}

static struct ik_sizes sizes_of(const struct plan *p, unsigned workers)
{
    unsigned n = share(p->conf.daemon.ike_sas, workers), by_hand = p->conf.manuals_n;
    unsigned children = n + n / 8 + by_hand + 2;
    unsigned handshakes = n < HANDSHAKES_MAX ? n : HANDSHAKES_MAX;
    unsigned prepared = PREPARED_MAX / workers;
    struct ik_sizes s = {
        .ike_sas = (uint16_t)n,
        .child_sas = (uint16_t)(children < 60000 ? children : 60000),
        .handshakes = (uint16_t)handshakes,
        .tasks = (uint16_t)(2 * handshakes + 16),
        .buffers = (uint16_t)(4 * handshakes + SENDING),
        .shorts = (uint16_t)(n < SHORTS_MAX ? n : SHORTS_MAX),
        .child_more = (uint16_t)(n / 8 + by_hand < 60000 ? n / 8 + by_hand + 16 : 60000),
        .prepared = (uint16_t)(children < prepared ? children : prepared),
        .held = HELD,
        .reassemblies = (uint16_t)(n < REASSEMBLIES_MAX ? n : REASSEMBLIES_MAX),
        .probes = true,
        .policies =
            (uint16_t)(p->config.policies_n + 1024 < 60000 ? p->config.policies_n + 1024 : 60000)};
    for (uint16_t i = 0; i < p->config.policies_n; i++)
        if (p->policies[i].replay > 64 && p->policies[i].replay > s.window_packets)
            s.window_packets = p->policies[i].replay;
    s.windows = s.window_packets > 0 ? s.child_sas : 0;
    return s;
}

/* A place for each peer up to the last one that wants tickets, and some for those that a reload
 * adds. What is not in use takes no memory. False without memory. */
static bool lend_sessions(struct worker *w)
{
    const struct plan *p = w->d->plan;
    unsigned n = 0;
    for (uint16_t i = 0; i < p->config.peers_n; i++)
        if (p->peers[i].resume)
            n = i + 1u;
    n = n + SESSIONS_MORE < IK_NO_SLOT ? n + SESSIONS_MORE : IK_NO_SLOT - 1u;
    w->sessions = calloc(n, sizeof *w->sessions);
    if (w->sessions == NULL)
        return false;
    if (mlock2(w->sessions, n * sizeof *w->sessions, MLOCK_ONFAULT) != 0)
        log_say(LOG_WARNING_LEVEL, "tickets may be swapped out: %s", strerror(errno));
    w->host.sessions = w->sessions;
    w->host.sessions_n = (uint16_t)n;
    return true;
}

static void return_sessions(struct worker *w)
{
    if (w->sessions == NULL)
        return;
    size_t len = w->host.sessions_n * sizeof *w->sessions;
    explicit_bzero(w->sessions, len);
    munlock(w->sessions, len);
    free(w->sessions);
}

static bool lend_pools(struct worker *w, const struct ik_sizes *sizes)
{
    w->pools_len = ik_host_size(sizes);
    w->pools = calloc(1, w->pools_len);
    w->known = calloc(sizes->ike_sas, sizeof *w->known);
    w->routed = calloc(sizes->child_sas, sizeof *w->routed);
    w->up = calloc(sizes->child_sas, sizeof *w->up);
    if (w->pools == NULL || w->known == NULL || w->routed == NULL || w->up == NULL) {
        log_say(LOG_ERROR_LEVEL, "no memory for %u IKE SAs", (unsigned)sizes->ike_sas);
        return false;
    }
    /* What is not in use takes no memory, though it could. */
    if (mlock2(w->pools, w->pools_len, MLOCK_ONFAULT) != 0)
        log_say(LOG_WARNING_LEVEL, "keys may be swapped out: cannot lock %zu kB of memory: %s",
                w->pools_len / 1024, strerror(errno));
    ik_host_lay(&w->host, sizes, w->pools);
    return true;
}

static bool make_node(struct worker *w)
{
    unsigned all = w->d->workers_n;
    struct ik_sizes sizes = sizes_of(w->d->plan, all);
    w->host = (struct ik_host){.trace = sa_trace,
                               .trace_ctx = w,
                               .audit = audit_event,
                               .audit_ctx = w,
                               .claimed = all > 1 ? sa_claimed : NULL,
                               .claimed_ctx = w,
                               .shard = (uint16_t)w->number,
                               .shard_bits = steer_bits(all)};
    if (!lend_pools(w, &sizes))
        return false;
    if (!lend_sessions(w)) {
        log_say(LOG_ERROR_LEVEL, "no memory for tickets");
        return false;
    }
    if (ik_node_init(&w->node, &w->d->plan->config, &w->host, worker_tick(w)) != IK_OK) {
        log_say(LOG_ERROR_LEVEL, "the configuration cannot work");
        return false;
    }
    const struct ik_kept_ticket_keys none = {.serial = steer_serial(w->number, all)};
    if (all > 1)
        ik_node_ticket_keys_put(&w->node, w->now, &none);
    return worker_entropy(w);
}

static bool make_loop(struct worker *w)
{
    bool alone = w->d->workers_n == 1;
    w->ev = alone ? w->d->ev : ev_loop_new(EVFLAG_AUTO);
    if (w->ev == NULL || (!alone && !inbox_open(&w->inbox))) {
        log_say(LOG_ERROR_LEVEL, "cannot make an event loop");
        return false;
    }
    ev_timer_init(&w->deadline, on_deadline, 0., 0.);
    ev_timer_init(&w->second, on_second, TICK, TICK);
    ev_async_init(&w->wake, on_wake);
    w->deadline.data = w->second.data = w->wake.data = w;
    ev_timer_start(w->ev, &w->second);
    if (!alone) {
        ev_set_userdata(w->ev, w);
        ev_async_start(w->ev, &w->wake);
    }
    return true;
}

bool workers_make(struct daemon *d)
{
    pthread_rwlockattr_t attr;
    (void)pthread_rwlockattr_init(&attr);
    /* Else a worker that is never done keeps the main thread waiting for ever. */
    (void)pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    (void)pthread_rwlock_init(&d->awake, &attr);
    d->workers_n = d->plan->conf.daemon.workers;
    d->workers = calloc(d->workers_n, sizeof *d->workers);
    for (unsigned i = 0; d->workers != NULL && i < d->workers_n; i++) {
        struct worker *w = &d->workers[i];
        w->d = d;
        w->number = i;
        w->tun_fd = -1;
        if (!make_loop(w) || !make_node(w))
            return false;
    }
    if (d->workers_n > 1)
        (void)mallopt(M_ARENA_MAX, 1); /* a heap for each thread would be a waste */
    return d->workers != NULL && (d->workers_n == 1 || inner_open(&d->inner, d->workers_n,
                                                                  d->workers[0].host.child_sas_n));
}

static void free_worker(struct worker *w)
{
    if (w->node.config != NULL)
        ik_node_wipe(&w->node);
    for (unsigned i = 0; w->known != NULL && i < w->host.ike_sas_n; i++)
        free(w->known[i].id);
    free(w->known);
    free(w->routed);
    free(w->up);
    if (w->pools != NULL)
        munlock(w->pools, w->pools_len);
    free(w->pools);
    return_sessions(w);
    inbox_close(&w->inbox);
    if (w->ev != NULL && w->ev != w->d->ev)
        ev_loop_destroy(w->ev);
}

void workers_free(struct daemon *d)
{
    for (unsigned i = 0; d->workers != NULL && i < d->workers_n; i++)
        free_worker(&d->workers[i]);
    inner_close(&d->inner);
    free(d->workers);
    d->workers = NULL;
}

/* ---- all of them ----------------------------------------------------------------------------- */

struct worker *worker_of_peer(const struct daemon *d, uint16_t peer)
{
    return &d->workers[peer % d->workers_n];
}

void workers_usage(const struct daemon *d, unsigned *ike_sas, unsigned *child_sas)
{
    *ike_sas = *child_sas = 0;
    for (unsigned i = 0; i < d->workers_n; i++) {
        uint16_t ike, child;
        ik_node_usage(&d->workers[i].node, &ike, &child);
        *ike_sas += ike;
        *child_sas += child;
    }
}

struct statistics workers_statistics(const struct daemon *d)
{
    struct statistics sum = {0};
    for (unsigned i = 0; i < d->workers_n; i++) {
        const struct statistics *s = &d->workers[i].statistics;
        sum.handshakes_up += s->handshakes_up;
        sum.handshakes_failed += s->handshakes_failed;
        sum.child_up += s->child_up;
        sum.child_down += s->child_down;
        for (unsigned k = 0; k < HISTOGRAM_N; k++)
            sum.took[k] += s->took[k];
        sum.took_us += s->took_us;
        sum.tun_in += s->tun_in;
        sum.tun_out += s->tun_out;
        sum.tun_dropped += s->tun_dropped;
        sum.mss_clamped += s->mss_clamped;
        sum.restarts += s->restarts;
        sum.handed += s->handed;
        sum.handed_lost += s->handed_lost;
    }
    return sum;
}

struct counters workers_counters(const struct daemon *d)
{
    struct counters sum = {0};
    for (unsigned k = 0; k < d->workers_n; k++) {
        const struct ik_counters *c = &d->workers[k].node.env.counters;
        for (unsigned i = 0; i < IK_DROP_N; i++)
            sum.drop[i] += c->drop[i];
        for (unsigned i = 0; i < IK_COUNT_N; i++)
            sum.count[i] += c->count[i];
    }
    return sum;
}

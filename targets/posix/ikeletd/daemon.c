/* SPDX-License-Identifier: MIT */
#include "daemon.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "hook.h"
#include "metrics.h"
#include "notify.h"
#include "privilege.h"
#include "say.h"

#define RESPONSE_KEPT 5 /* seconds; then the peer has given up long ago */
#define ENDING_MAX 2.   /* seconds for the answers to our Deletes */
#define TICK 1.         /* seconds */
#define LOOK_EVERY 5    /* seconds between two looks at a name server */

/* ---- the loop -------------------------------------------------------------------------------- */

static void pump(struct daemon *d)
{
    for (unsigned i = 0; i < d->workers_n; i++)
        worker_pump(&d->workers[i]);
}

/* All or none: they were made alike. */
static bool configure(struct daemon *d, struct plan *plan)
{
    bool good = true;
    for (unsigned i = 0; i < d->workers_n && good; i++) {
        struct worker *w = &d->workers[i];
        good = ik_node_configure(&w->node, worker_tick(w), &plan->config) == IK_OK;
    }
    return good;
}

/* Names are looked up again when somebody did not answer, and while there is no address. This waits
 * for the name server. */
static void look_again(struct daemon *d)
{
    if (++d->seconds < LOOK_EVERY || !(d->look_again || d->plan->waiting > 0) ||
        !plan_may_change(d->plan))
        return;
    d->seconds = 0;
    d->look_again = false;
    struct plan *old = d->plan, *new = plan_again(old);
    if (new == NULL)
        return;
    new->config.response_for = old->config.response_for;
    routes_traps(d, false);
    manual_carry(d, new);
    if (!configure(d, new)) {
        log_say(LOG_ERROR_LEVEL, "the addresses of now make no configuration: a bug of ikeletd");
        daemon_end(d);
    }
    d->plan = new;
    manual_forget(d);
    (void)start_go_on(d, old);
    pump(d);
    plan_free(old);
    routes_traps(d, true);
    manual_make(d);
}

static void on_second(struct ev_loop *ev, struct ev_timer *timer, int events)
{
    struct daemon *d = ev_userdata(ev);
    (void)timer;
    (void)events;
    notify_alive();
    if (!d->ending)
        look_again(d);
    metrics_tick(d);
}

static void on_ended(struct ev_loop *ev, struct ev_timer *timer, int events)
{
    (void)timer;
    (void)events;
    ev_break(ev, EVBREAK_ALL);
}

static void on_gone(struct ev_loop *ev, struct ev_async *async, int events)
{
    (void)async;
    (void)events;
    daemon_end(ev_userdata(ev));
}

/* Its purpose is that the loop has been woken up. */
static void on_wake(struct ev_loop *ev, struct ev_async *async, int events)
{
    (void)ev;
    (void)async;
    (void)events;
}

void daemon_wake(struct daemon *d)
{
    if (d->workers_n > 1 && !d->main_is_awake)
        ev_async_send(d->ev, &d->wake);
}

void daemon_end_soon(struct daemon *d)
{
    if (d->workers_n > 1)
        ev_async_send(d->ev, &d->gone);
    else
        daemon_end(d);
}

static bool has_ended(struct worker *w)
{
    uint16_t ike_sas, child_sas;
    ik_node_usage(&w->node, &ike_sas, &child_sas);
    w->ended = child_sas <= manual_of(w);
    return w->ended;
}

void daemon_ended(struct worker *w)
{
    struct daemon *d = w->d;
    bool all = has_ended(w);
    for (unsigned i = 0; i < d->workers_n; i++)
        all = all && d->workers[i].ended;
    if (!all)
        return;
    ev_feed_event(d->ev, &d->stopping, EV_TIMER);
    daemon_wake(d);
}

void daemon_end(struct daemon *d)
{
    unsigned ike_sas, child_sas;
    if (d->ending) {
        ev_break(d->ev, EVBREAK_ALL);
        return;
    }
    d->ending = true;
    notify_stopping();
    workers_usage(d, &ike_sas, &child_sas);
    log_say(LOG_INFO_LEVEL, "ending: deleting %u IKE SAs", ike_sas);
    for (unsigned i = 0; i < d->workers_n; i++) {
        struct worker *w = &d->workers[i];
        ik_node_down(&w->node, worker_tick(w), IK_NO_SLOT);
        worker_pump(w);
        (void)has_ended(w);
    }
    workers_usage(d, &ike_sas, &child_sas);
    ev_timer_init(&d->stopping, on_ended, ike_sas == 0 ? 0. : ENDING_MAX, 0.);
    ev_timer_start(d->ev, &d->stopping);
}

static void on_signal(struct ev_loop *ev, struct ev_signal *signal, int events)
{
    struct daemon *d = ev_userdata(ev);
    (void)events;
    if (signal->signum != SIGHUP) {
        daemon_end(d);
        return;
    }
    struct mistakes m = {0};
    (void)daemon_reload(d, &m);
    mistakes_free(&m);
}

/* ---- the configuration ----------------------------------------------------------------------- */

static void tell_mistakes(struct mistakes *m, enum log_level level)
{
    for (unsigned i = 0; i < m->n; i++)
        log_say(level, "%s:%u: %s", m->list[i].file, m->list[i].line, m->list[i].text);
}

/* Of what was lent to the node at the start. */
static void tell_lack_of_room(const struct daemon *d, const struct plan *new, struct mistakes *m)
{
    const struct ik_host *host = &d->workers[0].host;
    unsigned window = host->windows_n > 0 ? host->window_packets : 64;
    for (uint16_t i = host->sessions_n; i < new->config.peers_n; i++) {
        const struct conf_connection *k = plan_connection(new, i);
        if (new->peers[i].resume)
            mistakes_add(m, new->conf.file, k->line,
                         "connection %s: no tickets before a restart: there is room for those of "
                         "%u peers",
                         k->name, (unsigned)host->sessions_n);
    }
    for (uint16_t i = 0; i < new->config.policies_n; i++) {
        const struct conf_child *child = plan_child(new, i);
        const struct conf_manual *manual = plan_manual(new, i);
        if (new->policies[i].replay > window)
            mistakes_add(m, new->conf.file, child != NULL ? child->line : manual->line,
                         "%s %s: replay: windows have %u packets before a restart",
                         child != NULL ? "child" : "manual",
                         child != NULL ? child->name : manual->name, window);
    }
}

bool daemon_reload(struct daemon *d, struct mistakes *m)
{
    notify_reloading();
    struct plan *old = d->plan, *new = plan_make(d->file, old, m);
    if (new != NULL)
        tell_lack_of_room(d, new, m);
    tell_mistakes(m, new == NULL ? LOG_ERROR_LEVEL : LOG_WARNING_LEVEL);
    bool good = new != NULL;
    if (good)
        new->config.response_for = (uint32_t)(RESPONSE_KEPT * IK_SECOND);
    if (good) {
        routes_traps(d, false);
        manual_carry(d, new);
        good = configure(d, new);
    }
    notify_ready();
    if (!good) {
        log_say(LOG_ERROR_LEVEL, "the configuration stays as it was");
        plan_free(new);
        return false;
    }
    d->plan = new;
    manual_forget(d);
    pump(d);
    plan_free(old);
    (void)malloc_trim(0); /* and what reading the files took */
    log_set_level((enum log_level) new->conf.daemon.log);
    d->reloads++;
    if (!start_begin(d))
        log_say(LOG_ERROR_LEVEL, "out of memory: nothing is started by itself");
    routes_traps(d, true);
    manual_make(d);
    log_say(LOG_INFO_LEVEL, "%s is in place: %u connections, %u policies", d->file,
            new->conf.connections_n, (unsigned)new->config.policies_n);
    workers_tick(d);
    pump(d);
    return true;
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool open_watches(struct daemon *d)
{
    const struct conf_daemon *c = &d->plan->conf.daemon;
    if (c->keylog != NULL) {
        if (access(c->keylog, F_OK) == 0 || !host_keylog_open(&d->keylog, c->keylog)) {
            log_say(LOG_ERROR_LEVEL, "cannot make the folder for keys %s: %s", c->keylog,
                    errno != 0 ? strerror(errno) : "it is there already");
            return false;
        }
        log_say(LOG_WARNING_LEVEL, "ALL KEYS are written into %s", c->keylog);
    }
    if (c->pcap != NULL) {
        if (access(c->pcap, F_OK) == 0 || !host_pcap_open(&d->pcap, c->pcap)) {
            log_say(LOG_ERROR_LEVEL, "cannot make the capture %s: %s", c->pcap,
                    errno != 0 ? strerror(errno) : "it is there already");
            return false;
        }
        log_say(LOG_WARNING_LEVEL, "all datagrams are written into %s", c->pcap);
    }
    return true;
}

static void start_watchers(struct daemon *d)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        ev_signal_init(&d->signals[i], on_signal, numbers[i]);
        ev_signal_start(d->ev, &d->signals[i]);
    }
    ev_async_init(&d->wake, on_wake);
    ev_async_init(&d->gone, on_gone);
    if (d->workers_n > 1) {
        ev_async_start(d->ev, &d->wake);
        ev_async_start(d->ev, &d->gone);
    }
    ev_timer_init(&d->second, on_second, TICK, TICK);
    ev_timer_start(d->ev, &d->second);
}

static bool give_up_rights(struct daemon *d, char *err, size_t err_len)
{
    const struct conf_daemon *c = &d->plan->conf.daemon;
    unsigned uid, gid;
    if (!privilege_find(c->user, c->group, &uid, &gid, err, err_len))
        return false;
    d->control = control_open(d, gid, err, err_len);
    return d->control != NULL && metrics_open(d, err, err_len) &&
           privilege_drop(c->user, err, err_len) && workers_run(d, err, err_len) &&
           privilege_filter(err, err_len);
}

static bool open_all(struct daemon *d)
{
    char err[300] = "";
    d->ev = ev_loop_new(EVFLAG_AUTO);
    if (d->ev == NULL) {
        log_say(LOG_ERROR_LEVEL, "cannot make an event loop");
        return false;
    }
    ev_set_userdata(d->ev, d);
    d->plan->config.response_for = (uint32_t)(RESPONSE_KEPT * IK_SECOND);
    if (!workers_make(d) || !open_watches(d))
        return false;
    if (!path_open(d, err, sizeof err) || !routes_open(d) || !give_up_rights(d, err, sizeof err)) {
        if (err[0] != '\0')
            log_say(LOG_ERROR_LEVEL, "%s", err);
        return false;
    }
    if (!hook_begin(d))
        return false;
    start_watchers(d);
    return start_begin(d);
}

static void close_all(struct daemon *d)
{
    workers_stop(d);
    hook_end(d);
    control_close(d);
    metrics_close(d);
    routes_close(d);
    path_close(d);
    if (!host_pcap_close(&d->pcap) || !host_keylog_close(&d->keylog))
        log_say(LOG_ERROR_LEVEL, "the capture or the key log could not be written whole");
    workers_free(d);
    free(d->started);
    free(d->by_hand);
    if (d->ev != NULL)
        ev_loop_destroy(d->ev);
    plan_free(d->plan);
}

int daemon_run(struct daemon *d, const char *file)
{
    struct mistakes m = {0};
    int status = EXIT_FAILED;
    memset(d, 0, sizeof *d);
    d->file = file;
    d->since = time(NULL);
    privilege_close_memory();
    log_begin(LOG_INFO_LEVEL);
    if (!hook_fork(d))
        return EXIT_FAILED;
    d->plan = plan_make(file, NULL, &m);
    tell_mistakes(&m, d->plan == NULL ? LOG_ERROR_LEVEL : LOG_WARNING_LEVEL);
    mistakes_free(&m);
    if (d->plan == NULL) {
        hook_end(d);
        return EXIT_USAGE;
    }
    log_set_level((enum log_level)d->plan->conf.daemon.log);
    (void)malloc_trim(0); /* what reading the files took */
    if (open_all(d)) {
        log_say(LOG_INFO_LEVEL,
                "ikeletd %s is ready: %u connections, %u policies, room for %u IKE SAs", IK_VERSION,
                d->plan->conf.connections_n, (unsigned)d->plan->config.policies_n,
                d->plan->conf.daemon.ike_sas);
        routes_traps(d, true);
        manual_make(d);
        notify_ready();
        workers_tick(d);
        pump(d);
        ev_run(d->ev, 0);
        log_say(LOG_INFO_LEVEL, "ended");
        status = EXIT_ANSWERED;
    }
    close_all(d);
    return status;
}

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

#define PREPARED_MAX 4096   /* SAs whose key schedules are kept, a kilobyte each */
#define REASSEMBLIES_MAX 64 /* messages that come in fragments at the same time, 3 kB each */
#define HELD 64             /* packets that wait for their SA */
#define HANDSHAKES_MAX 1024 /* at once */
#define SHORTS_MAX 60000    /* last responses */
#define SESSIONS_MORE 64    /* peers whose tickets there is room for beside those of the start */
#define SENDING 256         /* messages of ours that are under way, beside those of handshakes */
#define RESPONSE_KEPT 5     /* seconds; then the peer has given up long ago */
#define ENDING_MAX 2.       /* seconds for the answers to our Deletes */
#define TICK 1.             /* seconds */
#define LOOK_EVERY 5        /* seconds between two looks at a name server */
#define ENTROPY_LEN 48

ik_time daemon_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (ik_time)t.tv_sec * IK_SECOND + (ik_time)t.tv_nsec / 1000;
}

ik_time daemon_tick(struct daemon *d)
{
    d->now = daemon_now();
    return d->now;
}

bool daemon_entropy(struct daemon *d)
{
    uint8_t bytes[ENTROPY_LEN];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        log_say(LOG_ERROR_LEVEL, "no entropy: getrandom: %s", strerror(errno));
        return false;
    }
    ik_node_seed(&d->node, bytes, sizeof bytes);
    explicit_bzero(bytes, sizeof bytes);
    d->entropy_at = daemon_now();
    return true;
}

/* ---- the loop -------------------------------------------------------------------------------- */

void daemon_pump(struct daemon *d)
{
    struct ik_effect fx;
    ik_time now;
    (void)daemon_tick(d);
    while (ik_node_poll(&d->node, d->now, &fx)) {
        if (fx.kind == IK_FX_SEND) {
            path_send(d, &fx);
        } else if (fx.kind == IK_FX_EVENT) {
            sa_event(d, &fx);
        } else if (fx.kind == IK_FX_LOOKUP) {
            sa_lookup(d, &fx);
        } else if (fx.kind == IK_FX_JOB) {
            ik_job_run(fx.job);
            ik_node_job_done(&d->node, daemon_tick(d), fx.job);
        }
    }
    udp_flush(&d->udp);
    ik_time at = ik_node_deadline(&d->node);
    ev_timer_stop(d->ev, &d->deadline);
    if (at == IK_NEVER)
        return;
    now = daemon_now();
    ev_now_update(d->ev);
    ev_timer_set(&d->deadline, at > now ? (double)(at - now) / (double)IK_SECOND : 0., 0.);
    ev_timer_start(d->ev, &d->deadline);
}

static void on_deadline(struct ev_loop *ev, struct ev_timer *timer, int events)
{
    (void)timer;
    (void)events;
    daemon_pump(ev_userdata(ev));
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
    if (ik_node_configure(&d->node, daemon_tick(d), &new->config) != IK_OK) {
        log_say(LOG_ERROR_LEVEL, "the addresses of now make no configuration: a bug of ikeletd");
        daemon_end(d);
    }
    d->plan = new;
    manual_forget(d);
    (void)start_go_on(d, old);
    daemon_pump(d);
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
    if (d->udp.failed > 0) {
        char addr[46];
        host_addr_print(&d->udp.failed_path.remote, addr, sizeof addr);
        log_stranger(LOG_WARNING_LEVEL, "%llu datagrams could not leave; the last to %s: %s",
                     (unsigned long long)d->udp.failed, addr,
                     d->udp.error == EPERM ? "no raw socket for ESP (CAP_NET_RAW), or a filter"
                                           : strerror(d->udp.error));
        d->udp.failed = 0;
    }
    if (!d->ending)
        look_again(d);
    start_tick(d);
    metrics_tick(d);
    daemon_pump(d);
}

static void on_ended(struct ev_loop *ev, struct ev_timer *timer, int events)
{
    (void)timer;
    (void)events;
    ev_break(ev, EVBREAK_ALL);
}

void daemon_end(struct daemon *d)
{
    uint16_t ike_sas, child_sas;
    if (d->ending) {
        ev_break(d->ev, EVBREAK_ALL);
        return;
    }
    d->ending = true;
    notify_stopping();
    ik_node_usage(&d->node, &ike_sas, &child_sas);
    log_say(LOG_INFO_LEVEL, "ending: deleting %u IKE SAs", (unsigned)ike_sas);
    ik_node_down(&d->node, daemon_tick(d), IK_NO_SLOT);
    daemon_pump(d);
    ik_node_usage(&d->node, &ike_sas, &child_sas);
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
    unsigned window = d->host.windows_n > 0 ? d->host.window_packets : 64;
    for (uint16_t i = d->host.sessions_n; i < new->config.peers_n; i++) {
        const struct conf_connection *k = plan_connection(new, i);
        if (new->peers[i].resume)
            mistakes_add(m, new->conf.file, k->line,
                         "connection %s: no tickets before a restart: there is room for those of "
                         "%u peers",
                         k->name, (unsigned)d->host.sessions_n);
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
        good = ik_node_configure(&d->node, daemon_tick(d), &new->config) == IK_OK;
    }
    notify_ready();
    if (!good) {
        log_say(LOG_ERROR_LEVEL, "the configuration stays as it was");
        plan_free(new);
        return false;
    }
    d->plan = new;
    manual_forget(d);
    daemon_pump(d);
    plan_free(old);
    (void)malloc_trim(0); /* and what reading the files took */
    log_set_level((enum log_level) new->conf.daemon.log);
    d->statistics.reloads++;
    if (!start_begin(d))
        log_say(LOG_ERROR_LEVEL, "out of memory: nothing is started by itself");
    routes_traps(d, true);
    manual_make(d);
    log_say(LOG_INFO_LEVEL, "%s is in place: %u connections, %u policies", d->file,
            new->conf.connections_n, (unsigned)new->config.policies_n);
    start_tick(d);
    daemon_pump(d);
    return true;
}

/* ---- opening --------------------------------------------------------------------------------- */

static struct ik_sizes sizes_of(const struct plan *p)
{
    unsigned n = p->conf.daemon.ike_sas, by_hand = p->conf.manuals_n;
    unsigned children = n + n / 8 + by_hand + 2;
    unsigned handshakes = n < HANDSHAKES_MAX ? n : HANDSHAKES_MAX;
    struct ik_sizes s = {
        .ike_sas = (uint16_t)n,
        .child_sas = (uint16_t)(children < 60000 ? children : 60000),
        .handshakes = (uint16_t)handshakes,
        .tasks = (uint16_t)(2 * handshakes + 16),
        .buffers = (uint16_t)(4 * handshakes + SENDING),
        .shorts = (uint16_t)(n < SHORTS_MAX ? n : SHORTS_MAX),
        .child_more = (uint16_t)(n / 8 + by_hand < 60000 ? n / 8 + by_hand + 16 : 60000),
        .prepared = (uint16_t)(children < PREPARED_MAX ? children : PREPARED_MAX),
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
static bool lend_sessions(struct daemon *d)
{
    const struct plan *p = d->plan;
    unsigned n = 0;
    for (uint16_t i = 0; i < p->config.peers_n; i++)
        if (p->peers[i].resume)
            n = i + 1u;
    n = n + SESSIONS_MORE < IK_NO_SLOT ? n + SESSIONS_MORE : IK_NO_SLOT - 1u;
    d->sessions = calloc(n, sizeof *d->sessions);
    if (d->sessions == NULL)
        return false;
    if (mlock2(d->sessions, n * sizeof *d->sessions, MLOCK_ONFAULT) != 0)
        log_say(LOG_WARNING_LEVEL, "tickets may be swapped out: %s", strerror(errno));
    d->host.sessions = d->sessions;
    d->host.sessions_n = (uint16_t)n;
    return true;
}

static void return_sessions(struct daemon *d)
{
    if (d->sessions == NULL)
        return;
    size_t len = d->host.sessions_n * sizeof *d->sessions;
    explicit_bzero(d->sessions, len);
    munlock(d->sessions, len);
    free(d->sessions);
}

static bool make_node(struct daemon *d)
{
    struct ik_sizes sizes = sizes_of(d->plan);
    d->host =
        (struct ik_host){.trace = sa_trace, .trace_ctx = d, .audit = audit_event, .audit_ctx = d};
    d->pools_len = ik_host_size(&sizes);
    d->pools = calloc(1, d->pools_len);
    d->known = calloc(sizes.ike_sas, sizeof *d->known);
    d->routed = calloc(sizes.child_sas, sizeof *d->routed);
    if (d->pools == NULL || d->known == NULL || d->routed == NULL) {
        log_say(LOG_ERROR_LEVEL, "no memory for %u IKE SAs", (unsigned)sizes.ike_sas);
        return false;
    }
    /* What is not in use takes no memory, though it could. */
    if (mlock2(d->pools, d->pools_len, MLOCK_ONFAULT) != 0)
        log_say(LOG_WARNING_LEVEL, "keys may be swapped out: cannot lock %zu kB of memory: %s",
                d->pools_len / 1024, strerror(errno));
    ik_host_lay(&d->host, &sizes, d->pools);
    if (!lend_sessions(d)) {
        log_say(LOG_ERROR_LEVEL, "no memory for tickets");
        return false;
    }
    d->plan->config.response_for = (uint32_t)(RESPONSE_KEPT * IK_SECOND);
    if (ik_node_init(&d->node, &d->plan->config, &d->host, daemon_tick(d)) != IK_OK) {
        log_say(LOG_ERROR_LEVEL, "the configuration cannot work");
        return false;
    }
    return daemon_entropy(d);
}

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
    ev_timer_init(&d->deadline, on_deadline, 0., 0.);
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
           privilege_drop(c->user, err, err_len) && privilege_filter(err, err_len);
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
    if (!make_node(d) || !open_watches(d))
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
    hook_end(d);
    control_close(d);
    metrics_close(d);
    routes_close(d);
    if (d->node.config != NULL)
        ik_node_wipe(&d->node);
    path_close(d);
    if (!host_pcap_close(&d->pcap) || !host_keylog_close(&d->keylog))
        log_say(LOG_ERROR_LEVEL, "the capture or the key log could not be written whole");
    for (unsigned i = 0; d->known != NULL && i < d->host.ike_sas_n; i++)
        free(d->known[i].id);
    free(d->known);
    free(d->routed);
    free(d->started);
    free(d->by_hand);
    if (d->pools != NULL)
        munlock(d->pools, d->pools_len);
    free(d->pools);
    return_sessions(d);
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
    d->tun.fd = -1;
    d->statistics.since = time(NULL);
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
                (unsigned)d->host.ike_sas_n);
        routes_traps(d, true);
        manual_make(d);
        notify_ready();
        start_tick(d);
        daemon_pump(d);
        ev_run(d->ev, 0);
        log_say(LOG_INFO_LEVEL, "ended");
        status = EXIT_ANSWERED;
    }
    close_all(d);
    return status;
}

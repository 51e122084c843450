/* SPDX-License-Identifier: MIT */
#include "hook.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon.h"
#include "why.h"

#define END_MAX 8000 /* ms */

/* What waits for the runner. */
struct message {
    struct message *next;
    size_t len;
    char text[];
};

/* A Child SA for which the program was run, or that took the place of one. */
struct hooked {
    struct message *down; /* what is told when it goes; NULL: it is not there */
    uint8_t local_n, remote_n;
    struct ik_ts local[IK_TS_MAX], remote[IK_TS_MAX];
};

struct hook {
    int fd;
    char *path;
    struct ev_io readable, writable;
    struct message *first, **last;
    struct hooked *children; /* of all workers, by slot */
    unsigned children_n, of_worker;
};

/* ---- messages -------------------------------------------------------------------------------- */

static void put(FILE *f, const char *name, const char *value)
{
    fprintf(f, "IKELET_%s=%s%c", name, value, 0);
}

static void put_addr(FILE *f, const char *name, const struct ik_addr *a)
{
    char text[46] = "";
    if (a->family != 0)
        host_addr_print(a, text, sizeof text);
    put(f, name, text);
}

static void put_names(FILE *f, const struct worker *w, const struct ik_effect *fx)
{
    char who[300] = "";
    const struct ik_peer *peer = &w->d->plan->peers[fx->peer];
    host_id_print(peer->local_id.type, peer->local_id.data, who, sizeof who);
    put(f, "ID", who);
    sa_name(w, fx->ike, fx->peer, who, sizeof who);
    put(f, "REMOTE_ID", who);
}

static void put_all(FILE *f, const struct worker *w, const struct ik_effect *fx,
                    const struct ik_export_child *x, const char *verb)
{
    static const struct ik_path nowhere;
    const struct ik_path *path = fx->path != NULL ? fx->path : &nowhere;
    const char *connection = plan_connection(w->d->plan, fx->peer)->name;
    const char *child = plan_child(w->d->plan, fx->policy)->name;
    char ts[1500];
    fprintf(f, "%s %s/%s%c", verb, connection, child, 0);
    fprintf(f, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin%c", 0);
    put(f, "VERB", verb);
    put(f, "CONNECTION", connection);
    put(f, "CHILD", child);
    put(f, "INTERFACE", w->d->plan->conf.tun.name);
    put_addr(f, "LOCAL", &path->local);
    put_addr(f, "REMOTE", &path->remote);
    put_names(f, w, fx);
    put(f, "LOCAL_TS", why_selectors(x->ts_local, x->ts_local_n, ts, sizeof ts));
    put(f, "REMOTE_TS", why_selectors(x->ts_remote, x->ts_remote_n, ts, sizeof ts));
}

/* NULL without memory. */
static struct message *make(const struct worker *w, const struct ik_effect *fx,
                            const struct ik_export_child *x, const char *verb)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    if (f == NULL)
        return NULL;
    put_all(f, w, fx, x, verb);
    fclose(f);
    struct message *m = text != NULL ? malloc(sizeof *m + len) : NULL;
    if (m != NULL) {
        *m = (struct message){.len = len < HOOK_MESSAGE_MAX ? len : HOOK_MESSAGE_MAX};
        memcpy(m->text, text, m->len);
    }
    free(text);
    return m;
}

/* ---- telling the runner ---------------------------------------------------------------------- */

static bool send_first(struct hook *h)
{
    struct message *m = h->first;
    if (send(h->fd, m->text, m->len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
        (errno == EAGAIN || errno == ENOBUFS || errno == EINTR))
        return false;
    h->first = m->next;
    if (h->first == NULL)
        h->last = &h->first;
    free(m);
    return true;
}

static void flush(struct daemon *d)
{
    struct hook *h = d->hook;
    while (h->first != NULL && send_first(h)) {
    }
    if (h->first != NULL)
        ev_io_start(d->ev, &h->writable);
    else
        ev_io_stop(d->ev, &h->writable);
    daemon_wake(d);
}

static void tell(struct daemon *d, struct message *m)
{
    m->next = NULL;
    *d->hook->last = m;
    d->hook->last = &m->next;
    flush(d);
}

static void on_writable(struct ev_loop *ev, struct ev_io *io, int events)
{
    (void)io;
    (void)events;
    flush(ev_userdata(ev));
}

/* What the runner says of a program that did not end well. False when it has gone. */
static bool listen_to(const struct hook *h)
{
    char text[500];
    ssize_t n = recv(h->fd, text, sizeof text - 1, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    text[n > 0 ? n : 0] = '\0';
    if (n > 0)
        log_say(LOG_WARNING_LEVEL, "updown %s: %s", h->path, text);
    return n > 0;
}

static void on_readable(struct ev_loop *ev, struct ev_io *io, int events)
{
    struct daemon *d = ev_userdata(ev);
    (void)events;
    if (listen_to(d->hook))
        return;
    ev_io_stop(ev, io);
    log_say(LOG_ERROR_LEVEL, "updown: its process has gone; a restart is needed");
}

/* ---- Child SAs ------------------------------------------------------------------------------- */

static bool same_ts(const struct hooked *a, const struct hooked *b)
{
    return a->local_n == b->local_n && a->remote_n == b->remote_n &&
           memcmp(a->local, b->local, a->local_n * sizeof a->local[0]) == 0 &&
           memcmp(a->remote, b->remote, a->remote_n * sizeof a->remote[0]) == 0;
}

/* Is there no other one of the same child of the file, which the label names, and its selectors? */
static bool is_last(const struct daemon *d, const struct hooked *c, const char *label)
{
    for (unsigned i = 0; i < d->hook->children_n; i++) {
        const struct hooked *o = &d->hook->children[i];
        if (o != c && o->down != NULL && same_ts(o, c) && strcmp(o->down->text, label) == 0)
            return false;
    }
    return true;
}

static struct hooked *hooked(const struct worker *w, uint16_t child)
{
    struct hook *h = w->d->hook;
    return &h->children[w->number * h->of_worker + child];
}

static void child_down(struct daemon *d, struct hooked *c)
{
    struct message *down = c->down;
    if (down == NULL)
        return;
    c->down = NULL;
    if (is_last(d, c, down->text))
        tell(d, down);
    else
        free(down);
}

void hook_child_up(struct worker *w, const struct ik_effect *fx)
{
    struct ik_export_child x;
    struct daemon *d = w->d;
    if (d->hook == NULL || plan_child(d->plan, fx->policy) == NULL ||
        fx->peer >= d->plan->config.peers_n || !ik_export_child(&w->node, fx->child, &x))
        return;
    struct hooked *c = hooked(w, fx->child);
    struct message *up = make(w, fx, &x, "up");
    child_down(d, c);
    c->down = make(w, fx, &x, "down");
    c->local_n = x.ts_local_n;
    c->remote_n = x.ts_remote_n;
    memcpy(c->local, x.ts_local, c->local_n * sizeof c->local[0]);
    memcpy(c->remote, x.ts_remote, c->remote_n * sizeof c->remote[0]);
    if (up == NULL || c->down == NULL)
        log_say(LOG_ERROR_LEVEL, "updown %s: out of memory", d->hook->path);
    else if (is_last(d, c, c->down->text)) {
        tell(d, up);
        return;
    }
    free(up);
}

void hook_child_down(struct worker *w, uint16_t child)
{
    if (w->d->hook != NULL)
        child_down(w->d, hooked(w, child));
}

/* ---- the runner ------------------------------------------------------------------------------ */

bool hook_fork(struct daemon *d)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        log_say(LOG_ERROR_LEVEL, "no socket for updown: %s", strerror(errno));
        return false;
    }
    (void)signal(SIGCHLD, SIG_IGN); /* it may end before this process: nobody waits for it */
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        hook_run(ends[1]);
    }
    close(ends[1]);
    d->hook = child > 0 ? calloc(1, sizeof *d->hook) : NULL;
    if (d->hook == NULL) {
        log_say(LOG_ERROR_LEVEL, "no process for updown: %s", strerror(errno));
        close(ends[0]);
        return false;
    }
    d->hook->fd = ends[0];
    d->hook->last = &d->hook->first;
    return true;
}

static void let_go(struct hook *h)
{
    close(h->fd);
    for (struct message *m = h->first, *next; m != NULL; m = next) {
        next = m->next;
        free(m);
    }
    free(h->children);
    free(h->path);
    free(h);
}

bool hook_begin(struct daemon *d)
{
    struct hook *h = d->hook;
    const char *path = d->plan->conf.daemon.updown;
    if (path == NULL) {
        d->hook = NULL;
        let_go(h); /* its process ends, too */
        return true;
    }
    h->of_worker = d->workers[0].host.child_sas_n;
    h->children_n = d->workers_n * h->of_worker;
    h->children = calloc(h->children_n, sizeof *h->children);
    if (h->children == NULL || send(h->fd, path, strlen(path) + 1, MSG_NOSIGNAL) < 0 ||
        (h->path = strdup(path)) == NULL) {
        log_say(LOG_ERROR_LEVEL, "updown %s: %s", path, strerror(errno));
        return false;
    }
    ev_io_init(&h->readable, on_readable, h->fd, EV_READ);
    ev_io_init(&h->writable, on_writable, h->fd, EV_WRITE);
    ev_io_start(d->ev, &h->readable);
    return true;
}

static void drain(struct hook *h)
{
    ik_time until = daemon_now() + (ik_time)END_MAX * 1000, now;
    struct pollfd p = {.fd = h->fd, .events = POLLIN};
    while ((now = daemon_now()) < until) {
        while (h->first != NULL && send_first(h)) {
        }
        if (h->first == NULL)
            (void)shutdown(h->fd, SHUT_WR);
        p.events = h->first == NULL ? POLLIN : POLLIN | POLLOUT;
        int n = poll(&p, 1, (int)((until - now) / 1000) + 1);
        if (n > 0 && (p.revents & ~POLLOUT) != 0 && !listen_to(h))
            return;
    }
    log_say(LOG_WARNING_LEVEL, "updown %s: not done after %d s; it is left alone", h->path,
            END_MAX / 1000);
}

void hook_end(struct daemon *d)
{
    struct hook *h = d->hook;
    if (h == NULL)
        return;
    if (h->path != NULL) {
        ev_io_stop(d->ev, &h->readable);
        for (unsigned i = 0; i < h->children_n; i++)
            child_down(d, &h->children[i]);
        ev_io_stop(d->ev, &h->writable);
        drain(h);
    }
    d->hook = NULL;
    let_go(h);
}

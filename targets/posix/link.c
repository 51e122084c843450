/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "entropy.h"
#include "say.h"

#define HEAD_ROOM (IK_ESP_HEAD + 40) /* as ik_node_tx() asks */
#define RX_BURST 32                  /* datagrams of one socket before others have their turn */

ik_time link_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (ik_time)t.tv_sec * IK_SECOND + (ik_time)t.tv_nsec / 1000;
}

/* ---- effects --------------------------------------------------------------------------------- */

static void carry_out(struct link *l, const struct ik_effect *fx)
{
    switch (fx->kind) {
    case IK_FX_SEND:
        watch_datagram(&l->watch, fx->path, true, fx->data, fx->len);
        l->send_errno = sockets_send(&l->sockets, fx->path, &fx->outer, fx->data, fx->len);
        break;
    case IK_FX_DELIVER:
        l->user->deliver(l, fx->data, fx->len);
        break;
    case IK_FX_JOB:
        ik_job_run(fx->job);
        ik_node_job_done(&l->node, link_now(), fx->job);
        break;
    case IK_FX_EVENT:
        l->user->event(l, fx);
        break;
    default:
        break; /* PASS: no policy of ours lets anything bypass */
    }
}

void link_pump(struct link *l)
{
    struct ik_effect fx;
    do {
        while (ik_node_poll(&l->node, link_now(), &fx))
            carry_out(l, &fx);
    } while (l->user->idle(l));
    ik_time at = ik_node_deadline(&l->node), now = link_now();
    ev_timer_stop(l->ev, &l->deadline);
    if (at == IK_NEVER)
        return;
    ev_now_update(l->ev);
    ev_timer_set(&l->deadline, at > now ? (double)(at - now) / (double)IK_SECOND : 0., 0.);
    ev_timer_start(l->ev, &l->deadline);
}

/* ---- events of libev ------------------------------------------------------------------------- */

static void give(struct link *l, const struct ik_path *path, struct ik_pkt *pkt)
{
    char line[700];
    if (l->user->refused == NULL) {
        ik_node_rx(&l->node, link_now(), path, pkt);
        return;
    }
    refusal_begin(&l->refusal, path, pkt->buf + pkt->off, pkt->len);
    ik_node_rx(&l->node, link_now(), path, pkt);
    if (refusal_told(&l->refusal, link_now(), line, sizeof line))
        l->user->refused(l, line);
}

/* What is said of the datagrams of one socket. */
static void take_complaints(struct link *l, const struct sock *sock)
{
    struct complaint c;
    for (unsigned i = 0; i < RX_BURST && complaint_take(sock, &c); i++) {
        if (c.error != EMSGSIZE)
            l->complaint = c;
        complaint_tell(&c, &l->node, link_now());
        link_pump(l);
    }
}

static void on_readable(struct ev_loop *ev, struct ev_io *io, int events)
{
    struct link *l = ev_userdata(ev);
    const struct sock *sock = &l->sockets.list[io - l->io];
    struct ik_path path;
    (void)events;
    for (unsigned i = 0; i < RX_BURST; i++) {
        struct ik_pkt pkt = {.buf = l->rx, .cap = sizeof l->rx};
        if (!sockets_receive(sock, &path, &pkt)) {
            take_complaints(l, sock); /* it may have been readable for these */
            return;
        }
        l->heard = path.remote;
        l->complaint.error = 0;
        watch_datagram(&l->watch, &path, false, pkt.buf + pkt.off, pkt.len);
        if (entropy_due(&path, &pkt) && !entropy_give(&l->node))
            continue;
        give(l, &path, &pkt);
        link_pump(l);
    }
}

static void on_deadline(struct ev_loop *ev, struct ev_timer *timer, int events)
{
    (void)timer;
    (void)events;
    link_pump(ev_userdata(ev));
}

static void on_signal(struct ev_loop *ev, struct ev_signal *signal, int events)
{
    struct link *l = ev_userdata(ev);
    (void)signal;
    (void)events;
    l->user->interrupt(l);
    link_pump(l);
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void start_watchers(struct link *l)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    ev_set_userdata(l->ev, l);
    for (unsigned i = 0; i < l->sockets.n; i++) {
        ev_io_init(&l->io[i], on_readable, l->sockets.list[i].fd, EV_READ);
        ev_io_start(l->ev, &l->io[i]);
    }
    ev_timer_init(&l->deadline, on_deadline, 0., 0.);
    for (unsigned i = 0; i < 2; i++) {
        ev_signal_init(&l->signals[i], on_signal, numbers[i]);
        ev_signal_start(l->ev, &l->signals[i]);
    }
}

static void trace(void *ctx, const struct ik_trace_rec *rec)
{
    struct link *l = ctx;
    watch_trace(&l->watch, rec);
    refusal_trace(&l->refusal, rec);
}

static bool make_node(struct link *l)
{
    static const struct ik_sizes sizes = {.ike_sas = LINK_IKE_SAS,
                                          .child_sas = LINK_CHILD_SAS,
                                          .windows = LINK_CHILD_SAS,
                                          .window_packets = IK_REPLAY_MAX,
                                          .prepared = LINK_CHILD_SAS,
                                          .reassemblies = LINK_IKE_SAS};
    struct ik_host host = {.trace = trace, .trace_ctx = l};
    l->pools_len = ik_host_size(&sizes);
    l->pools = malloc(l->pools_len);
    if (l->pools == NULL) {
        complain("no memory for %d IKE SAs", LINK_IKE_SAS);
        return false;
    }
    ik_host_lay(&host, &sizes, l->pools);
    host.sessions = &l->session;
    host.sessions_n = 1;
    if (ik_node_init(&l->node, &l->setup.config, &host, link_now()) != IK_OK) {
        complain("these options make no node: %s", host_fault_text(IK_FAULT_POOLS));
        return false;
    }
    return entropy_give(&l->node);
}

bool link_open(struct link *l, const struct options *o, const struct link_user *user, void *ctx)
{
    char err[300];
    memset(l, 0, sizeof *l);
    l->options = o;
    l->user = user;
    l->ctx = ctx;
    const struct sockets_wish wish = {
        .local = o->local,
        .one_port = o->port != 0,
        .port = o->role == ROLE_PING ? o->local_port : o->port,
        .ah = o->ah,
        .without = " (--port=4500 does without)",
    };
    if (!sockets_open(&l->sockets, &wish, err, sizeof err)) {
        complain("%s", err);
        return false;
    }
    setup_make(&l->setup, o, &l->sockets);
    l->ev = ev_loop_new(EVFLAG_AUTO);
    if (l->ev == NULL) {
        complain("cannot make an event loop");
        return false;
    }
    if (!watch_open(&l->watch, o, &l->node) || !make_node(l))
        return false;
    l->refusal.node = &l->node;
    start_watchers(l);
    if (o->commands)
        commands_begin(&l->commands, l);
    return true;
}

void link_up_others(struct link *l)
{
    for (uint16_t i = 0; i < l->options->children_n; i++)
        ik_node_up(&l->node, link_now(), i);
}

void link_run(struct link *l)
{
    ev_run(l->ev, 0);
}

void link_stop(struct link *l)
{
    ev_break(l->ev, EVBREAK_ALL);
}

bool link_close(struct link *l)
{
    bool written = watch_close(&l->watch);
    if (l->node.config != NULL)
        ik_node_wipe(&l->node);
    free(l->pools);
    l->pools = NULL;
    sockets_close(&l->sockets);
    if (l->ev != NULL)
        ev_loop_destroy(l->ev);
    explicit_bzero(&l->session, sizeof l->session);
    explicit_bzero(l->rx, sizeof l->rx);
    explicit_bzero(l->tx, sizeof l->tx);
    return written;
}

bool link_up(struct link *l)
{
    if (!entropy_give(&l->node))
        return false;
    ik_node_up(&l->node, link_now(), l->options->children_n);
    return true;
}

uint8_t *link_tx_room(struct link *l, size_t *cap)
{
    *cap = sizeof l->tx - HEAD_ROOM - IK_ESP_TAIL;
    return l->tx + HEAD_ROOM;
}

void link_tx(struct link *l, size_t len)
{
    struct ik_pkt pkt = {.buf = l->tx, .cap = sizeof l->tx, .off = HEAD_ROOM, .len = (uint16_t)len};
    uint16_t ike_sas, child_sas;
    /* Without an SA, the packet may begin a handshake. */
    ik_node_usage(&l->node, &ike_sas, &child_sas);
    if (child_sas == 0 && !entropy_give(&l->node))
        return;
    ik_node_tx(&l->node, link_now(), &pkt);
}

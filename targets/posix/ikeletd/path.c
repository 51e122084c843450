/* SPDX-License-Identifier: MIT */
/* Packets: TUN to UDP and back, in trains. */
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complaint.h"
#include "daemon.h"
#include "entropy.h"
#include "mss.h"
#include "split.h"
#include "steer.h"

#define SLOTS UDP_TRAIN
#define ROOM (TUN_HEAD + 65536)
#define READS 16       /* packets of the TUN device before others have their turn */
#define RECEIVES 4     /* batches of one socket, likewise */
#define COMPLAINTS 16  /* of one socket, likewise */
#define OVERHEAD 100   /* octets that a tunnel adds at most: IPv6, UDP, ESP with CBC and SHA-512 */
#define OUTER_MTU 1500 /* of the first hop; of what is narrower behind it the core knows by SA */

/* ---- out ------------------------------------------------------------------------------------- */

static bool in_slots(const struct worker *w, const uint8_t *data)
{
    return data >= w->slots && data < w->slots + SLOTS * w->slot_len;
}

static void record(struct worker *w, const struct ik_path *path, bool out, const uint8_t *data,
                   size_t len)
{
    shared_enter();
    host_pcap_write(&w->d->pcap, daemon_now(), path, out, data, len);
    shared_leave();
}

void path_send(struct worker *w, const struct ik_effect *fx)
{
    if (w->d->pcap.f != NULL)
        record(w, fx->path, true, fx->data, fx->len);
    if (in_slots(w, fx->data))
        udp_queue(&w->udp, fx->path, &fx->outer, fx->data, fx->len);
    else
        udp_send(&w->udp, fx->path, &fx->outer, fx->data, fx->len);
}

void path_effects(struct worker *w)
{
    struct ik_effect fx;
    while (ik_node_poll(&w->node, w->now, &fx)) {
        if (fx.kind == IK_FX_SEND)
            path_send(w, &fx);
        else if (fx.kind == IK_FX_DELIVER)
            path_deliver(w, &fx);
        else if (fx.kind == IK_FX_EVENT)
            sa_event(w, &fx);
        else if (fx.kind == IK_FX_LOOKUP)
            sa_lookup(w, &fx);
        else if (fx.kind == IK_FX_JOB) {
            ik_job_run(fx.job);
            ik_node_job_done(&w->node, worker_tick(w), fx.job);
        }
    }
}

static void tx(struct worker *w, struct split *s)
{
    for (;;) {
        uint8_t *slot = w->slots + w->slot * w->slot_len;
        size_t len = split_next(s, slot + DAEMON_HEAD, w->slot_len - DAEMON_HEAD - IK_ESP_TAIL);
        if (len == 0)
            return;
        if (w->d->plan->conf.tun.mss_clamp && mss_clamp(slot + DAEMON_HEAD, len, w->d->tun.mtu))
            w->statistics.mss_clamped++;
        struct ik_pkt pkt = {.buf = slot,
                             .cap = (uint16_t)w->slot_len,
                             .off = (uint16_t)DAEMON_HEAD,
                             .len = (uint16_t)len};
        ik_node_tx(&w->node, w->now, &pkt);
        path_effects(w);
        w->statistics.tun_in++;
        if (++w->slot == SLOTS) {
            udp_flush(&w->udp);
            w->slot = 0;
        }
    }
}

void path_inner(struct worker *w, uint8_t *data, size_t len)
{
    struct virtio_net_hdr head;
    struct split s;
    memcpy(&head, data, sizeof head);
    if (split_begin(&s, data + TUN_HEAD, len - TUN_HEAD, &head))
        tx(w, &s);
    else
        w->statistics.tun_dropped++;
}

static void tun_is_gone(struct worker *w)
{
    log_say(LOG_ERROR_LEVEL, "the TUN device %s is gone (%s): ending", w->d->tun.name,
            strerror(errno));
    ev_io_stop(w->ev, &w->tun_io);
    daemon_end_soon(w->d);
}

static unsigned sender(struct worker *w, const uint8_t *packet, size_t len)
{
    return w->d->workers_n > 1 ? inner_worker(&w->d->inner, packet, len, w->number) : 0;
}

static void on_tun(struct ev_loop *ev, struct ev_io *io, int events)
{
    struct worker *w = io->data;
    (void)ev;
    (void)events;
    (void)worker_tick(w);
    /* A packet may begin a handshake. */
    if (w->now - w->entropy_at >= IK_SECOND && !worker_entropy(w))
        return;
    for (unsigned i = 0; i < READS; i++) {
        ssize_t n = read(w->tun_fd, w->room, ROOM);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            tun_is_gone(w);
            break;
        }
        if (n <= (ssize_t)TUN_HEAD)
            break;
        unsigned to = sender(w, w->room + TUN_HEAD, (size_t)n - TUN_HEAD);
        if (to == w->number)
            path_inner(w, w->room, (size_t)n);
        else
            handover_inner(w, to, w->room, (size_t)n);
    }
    path_flush(w);
    worker_pump(w);
}

/* ---- in -------------------------------------------------------------------------------------- */

void path_deliver(struct worker *w, const struct ik_effect *fx)
{
    union {
        const uint8_t *in;
        uint8_t *out;
    } bytes = {fx->data}; /* it lies in the buffer of ours that the datagram came in */
    if (w->d->plan->conf.tun.mss_clamp && mss_clamp(bytes.out, fx->len, w->d->tun.mtu))
        w->statistics.mss_clamped++;
    merge_add(&w->merge, bytes.out, fx->len);
}

static void write_tun(void *ctx, const struct iovec *io, int n)
{
    struct worker *w = ctx;
    if (writev(w->tun_fd, io, n) < 0)
        w->statistics.tun_dropped++;
    else
        w->statistics.tun_out++;
}

static bool is_ike(const struct ik_path *path, const struct ik_pkt *pkt)
{
    static const uint8_t marker[4];
    return path->carrier == IK_CARRIER_UDP500 ||
           (path->carrier == IK_CARRIER_UDP4500 && pkt->len > 4 &&
            memcmp(pkt->buf + pkt->off, marker, 4) == 0);
}

static void keep(struct worker *w, const struct ik_path *path, const struct ik_pkt *pkt)
{
    size_t skip = path->carrier == IK_CARRIER_UDP4500 ? 4 : 0;
    w->last_len = pkt->len - skip <= sizeof w->last ? pkt->len - skip : 0;
    w->last_path = *path;
    memcpy(w->last, pkt->buf + pkt->off + skip, w->last_len);
    w->last_is_anothers = false;
}

void path_datagram(struct worker *w, const struct ik_path *path, struct ik_pkt *pkt)
{
    ik_time now = worker_tick(w);
    if (is_ike(path, pkt)) {
        keep(w, path, pkt);
        if (entropy_due(path, pkt) && !worker_entropy(w))
            return;
    }
    ik_node_rx(&w->node, now, path, pkt);
    path_effects(w);
    w->last_len = 0;
}

/* True: it is another's. The kernel steers a train of datagrams by the first one, and what is of no
 * IKE SA yet by chance. */
static bool goes_on(struct worker *w, const struct ik_path *path, const struct ik_pkt *pkt)
{
    const uint8_t *data = pkt->buf + pkt->off;
    if (path->carrier != IK_CARRIER_UDP500 && path->carrier != IK_CARRIER_UDP4500)
        return false;
    unsigned to = steer_datagram(path->carrier, data, pkt->len, w->d->workers_n);
    (void)steer_ticket(path->carrier, data, pkt->len, w->d->workers_n, &to);
    if (to != w->number)
        handover_datagram(w, to, path, pkt);
    else if (steer_is_for_all(path->carrier, data, pkt->len))
        handover_to_all(w, path, pkt);
    return to != w->number;
}

static void take(void *ctx, const struct ik_path *path, struct ik_pkt *pkt)
{
    struct worker *w = ctx;
    if (w->d->pcap.f != NULL)
        record(w, path, false, pkt->buf + pkt->off, pkt->len);
    if (w->d->workers_n == 1 || !goes_on(w, path, pkt))
        path_datagram(w, path, pkt);
}

/* Of what is too long for the first link, the kernel says no more than for whom it was, and that to
 * the socket that has sent it. */
static bool add_refused(const struct udp *u, struct complaint *c)
{
    const struct ik_path *was = &u->refused_path;
    if (c->error != EMSGSIZE || c->quoted_len != 0 || was->carrier != c->path.carrier ||
        was->remote.family != c->path.remote.family ||
        memcmp(was->remote.b, c->path.remote.b, sizeof was->remote.b) != 0)
        return false;
    c->path = *was;
    c->quoted_len = (uint16_t)u->refused_len;
    memcpy(c->quoted, u->refused, u->refused_len);
    return true;
}

/* What others say, each raw socket hears; of those for UDP one does, and not always the right one.
 */
static void take_complaint(struct worker *w, struct complaint *c)
{
    char line[200];
    bool own = add_refused(&w->udp, c);
    bool raw = c->path.carrier == IK_CARRIER_ESP || c->path.carrier == IK_CARRIER_AH;
    complaint_print(c, line, sizeof line);
    if (own || !raw || w->number == 0)
        log_stranger(c->error == EMSGSIZE ? LOG_INFO_LEVEL : LOG_WARNING_LEVEL, "%s", line);
    if (!own && !raw && complaint_is_for_core(c))
        handover_complaint(w, c);
    complaint_tell(c, &w->node, worker_tick(w));
    path_effects(w);
}

static void take_complaints(struct worker *w, const struct sock *sock)
{
    struct complaint c;
    for (unsigned i = 0; i < COMPLAINTS && complaint_take(sock, &c); i++)
        take_complaint(w, &c);
}

void path_flush(struct worker *w)
{
    udp_flush(&w->udp);
    w->slot = 0;
    merge_flush(&w->merge);
}

static void on_socket(struct ev_loop *ev, struct ev_io *io, int events)
{
    struct worker *w = io->data;
    const struct sock *sock = &w->sockets.list[io - w->io];
    unsigned n = 0;
    (void)ev;
    (void)events;
    for (unsigned i = 0; i < RECEIVES; i++) {
        unsigned came = udp_receive(&w->udp, sock, take, w);
        merge_flush(&w->merge);
        if (came == 0)
            break;
        n += came;
    }
    if (n == 0)
        take_complaints(w, sock); /* readable, but nothing to read: an error waits */
    worker_pump(w);
}

/* ---- opening --------------------------------------------------------------------------------- */

unsigned path_mtu(const struct daemon *d)
{
    return d->plan->conf.tun.mtu != 0 ? d->plan->conf.tun.mtu : OUTER_MTU - OVERHEAD;
}

static bool open_sockets(struct worker *w, char *err, size_t err_len)
{
    unsigned all = w->d->workers_n;
    const struct sockets_wish wish = {.local = w->d->plan->conf.daemon.local,
                                      .ah = true,
                                      .shared = all == 1        ? SOCKETS_ALONE
                                                : w->number > 0 ? SOCKETS_FURTHER
                                                                : SOCKETS_FIRST};
    if (!sockets_open(&w->sockets, &wish, err, err_len))
        return false;
    if (!udp_prepare(&w->udp, &w->sockets, w->d->plan->conf.tun.offload)) {
        snprintf(err, err_len, "no memory for datagrams");
        return false;
    }
    if (all > 1 && !steer_attach(&w->sockets, w->number, all)) {
        snprintf(err, err_len, "cannot steer datagrams to %u workers: %s (daemon.workers = 1)", all,
                 strerror(errno));
        return false;
    }
    if (w->sockets.esp_denied && w->number == 0)
        log_say(
            LOG_WARNING_LEVEL,
            "no right to open a raw socket (CAP_NET_RAW): ESP goes in UDP, as with encap = yes");
    return true;
}

static void watch(struct worker *w, struct ev_io *io,
                  void (*on)(struct ev_loop *, struct ev_io *, int), int fd)
{
    ev_io_init(io, on, fd, EV_READ);
    io->data = w;
    ev_io_start(w->ev, io);
}

static bool open_worker(struct worker *w)
{
    const struct tun *tun = &w->d->tun;
    w->slot_len = 65536 / 16 > tun->mtu + 256 ? 65536 / 16 : tun->mtu + 256;
    if (w->slot_len > 65535)
        w->slot_len = 65535;
    w->slots = calloc(SLOTS, w->slot_len);
    w->room = malloc(ROOM);
    w->merge.on = tun->tso;
    w->merge.write = write_tun;
    w->merge.ctx = w;
    for (unsigned i = 0; i < w->sockets.n; i++)
        watch(w, &w->io[i], on_socket, w->sockets.list[i].fd);
    watch(w, &w->tun_io, on_tun, w->tun_fd);
    return w->slots != NULL && w->room != NULL;
}

static void tell_opened(const struct daemon *d)
{
    const struct udp *udp = &d->workers[0].udp;
    log_say(LOG_INFO_LEVEL, "%s: MTU %u; offloads: TSO %s, USO %s, UDP segmentation %s, UDP GRO %s",
            d->tun.name, d->tun.mtu, d->tun.tso ? "on" : "off", d->tun.uso ? "on" : "off",
            udp->gso ? "on" : "off", udp->gro ? "on" : "off");
    if (d->workers_n > 1)
        log_say(LOG_INFO_LEVEL, "%u workers", d->workers_n);
}

bool path_open(struct daemon *d, char *err, size_t err_len)
{
    int queues[WORKERS_MAX];
    if (!netlink_open(&d->netlink)) {
        snprintf(err, err_len, "cannot open rtnetlink: %s", strerror(errno));
        return false;
    }
    for (unsigned i = 0; i < d->workers_n; i++)
        if (!open_sockets(&d->workers[i], err, err_len))
            return false;
    if (!tun_open(&d->tun, &d->plan->conf.tun, path_mtu(d), &d->netlink, queues, d->workers_n, err,
                  err_len))
        return false;
    bool good = true;
    for (unsigned i = 0; i < d->workers_n; i++) {
        d->workers[i].tun_fd = queues[i];
        good = open_worker(&d->workers[i]) && good;
    }
    tell_opened(d);
    return good;
}

void path_close(struct daemon *d)
{
    for (unsigned i = 0; d->workers != NULL && i < d->workers_n; i++) {
        struct worker *w = &d->workers[i];
        if (w->tun_fd >= 0)
            close(w->tun_fd);
        sockets_close(&w->sockets);
        udp_forget(&w->udp);
        if (w->slots != NULL)
            explicit_bzero(w->slots, SLOTS * w->slot_len);
        free(w->slots);
        free(w->room);
    }
    netlink_close(&d->netlink);
}

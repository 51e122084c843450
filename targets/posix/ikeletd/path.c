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

#define SLOTS UDP_TRAIN
#define READS 16       /* packets of the TUN device before others have their turn */
#define RECEIVES 4     /* batches of one socket, likewise */
#define COMPLAINTS 16  /* of one socket, likewise */
#define OVERHEAD 100   /* octets that a tunnel adds at most: IPv6, UDP, ESP with CBC and SHA-512 */
#define OUTER_MTU 1500 /* of the first hop; of what is narrower behind it the core knows by SA */

/* ---- out ------------------------------------------------------------------------------------- */

static bool in_slots(const struct daemon *d, const uint8_t *data)
{
    return data >= d->slots && data < d->slots + SLOTS * d->slot_len;
}

void path_send(struct daemon *d, const struct ik_effect *fx)
{
    if (d->pcap.f != NULL)
        host_pcap_write(&d->pcap, daemon_now(), fx->path, true, fx->data, fx->len);
    if (in_slots(d, fx->data))
        udp_queue(&d->udp, fx->path, &fx->outer, fx->data, fx->len);
    else
        udp_send(&d->udp, fx->path, &fx->outer, fx->data, fx->len);
}

static void effects(struct daemon *d)
{
    struct ik_effect fx;
    while (ik_node_poll(&d->node, d->now, &fx)) {
        if (fx.kind == IK_FX_SEND)
            path_send(d, &fx);
        else if (fx.kind == IK_FX_DELIVER)
            path_deliver(d, &fx);
        else if (fx.kind == IK_FX_EVENT)
            sa_event(d, &fx);
        else if (fx.kind == IK_FX_LOOKUP)
            sa_lookup(d, &fx);
        else if (fx.kind == IK_FX_JOB) {
            ik_job_run(fx.job);
            ik_node_job_done(&d->node, daemon_tick(d), fx.job);
        }
    }
}

static void tx(struct daemon *d, struct split *s)
{
    for (;;) {
        uint8_t *slot = d->slots + d->slot * d->slot_len;
        size_t len = split_next(s, slot + DAEMON_HEAD, d->slot_len - DAEMON_HEAD - IK_ESP_TAIL);
        if (len == 0)
            return;
        if (d->plan->conf.tun.mss_clamp && mss_clamp(slot + DAEMON_HEAD, len, d->tun.mtu))
            d->statistics.mss_clamped++;
        struct ik_pkt pkt = {.buf = slot,
                             .cap = (uint16_t)d->slot_len,
                             .off = (uint16_t)DAEMON_HEAD,
                             .len = (uint16_t)len};
        ik_node_tx(&d->node, d->now, &pkt);
        effects(d);
        d->statistics.tun_in++;
        if (++d->slot == SLOTS) {
            udp_flush(&d->udp);
            d->slot = 0;
        }
    }
}

static void on_tun(struct ev_loop *ev, struct ev_io *io, int events)
{
    static uint8_t room[TUN_HEAD + 65536];
    struct daemon *d = ev_userdata(ev);
    ik_time now = daemon_tick(d);
    (void)io;
    (void)events;
    /* A packet may begin a handshake. */
    if (now - d->entropy_at >= IK_SECOND && !daemon_entropy(d))
        return;
    for (unsigned i = 0; i < READS; i++) {
        struct virtio_net_hdr head;
        struct split s;
        ssize_t n = read(d->tun.fd, room, sizeof room);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            log_say(LOG_ERROR_LEVEL, "the TUN device %s is gone (%s): ending", d->tun.name,
                    strerror(errno));
            ev_io_stop(d->ev, &d->tun_io);
            daemon_end(d);
            break;
        }
        if (n <= (ssize_t)TUN_HEAD)
            break;
        memcpy(&head, room, sizeof head);
        if (split_begin(&s, room + TUN_HEAD, (size_t)n - TUN_HEAD, &head))
            tx(d, &s);
        else
            d->statistics.tun_dropped++;
    }
    udp_flush(&d->udp);
    d->slot = 0;
    daemon_pump(d);
}

/* ---- in -------------------------------------------------------------------------------------- */

void path_deliver(struct daemon *d, const struct ik_effect *fx)
{
    union {
        const uint8_t *in;
        uint8_t *out;
    } bytes = {fx->data}; /* it lies in the buffer of ours that the datagram came in */
    if (d->plan->conf.tun.mss_clamp && mss_clamp(bytes.out, fx->len, d->tun.mtu))
        d->statistics.mss_clamped++;
    merge_add(&d->merge, bytes.out, fx->len);
}

static void write_tun(void *ctx, const struct iovec *io, int n)
{
    struct daemon *d = ctx;
    if (writev(d->tun.fd, io, n) < 0)
        d->statistics.tun_dropped++;
    else
        d->statistics.tun_out++;
}

static bool is_ike(const struct ik_path *path, const struct ik_pkt *pkt)
{
    static const uint8_t marker[4];
    return path->carrier == IK_CARRIER_UDP500 ||
           (path->carrier == IK_CARRIER_UDP4500 && pkt->len > 4 &&
            memcmp(pkt->buf + pkt->off, marker, 4) == 0);
}

static void keep(struct daemon *d, const struct ik_path *path, const struct ik_pkt *pkt)
{
    size_t skip = path->carrier == IK_CARRIER_UDP4500 ? 4 : 0;
    d->last_len = pkt->len - skip <= sizeof d->last ? pkt->len - skip : 0;
    d->last_path = *path;
    memcpy(d->last, pkt->buf + pkt->off + skip, d->last_len);
    d->last_is_anothers = false;
}

static void take(void *ctx, const struct ik_path *path, struct ik_pkt *pkt)
{
    struct daemon *d = ctx;
    ik_time now = daemon_tick(d);
    if (d->pcap.f != NULL)
        host_pcap_write(&d->pcap, now, path, false, pkt->buf + pkt->off, pkt->len);
    if (is_ike(path, pkt)) {
        keep(d, path, pkt);
        if (entropy_due(path, pkt) && !daemon_entropy(d))
            return;
    }
    ik_node_rx(&d->node, now, path, pkt);
    effects(d);
    d->last_len = 0;
}

/* Of what is too long for the first link, the kernel says no more than for whom it was. */
static void add_refused(const struct udp *u, struct complaint *c)
{
    const struct ik_path *was = &u->refused_path;
    if (c->error != EMSGSIZE || c->quoted_len != 0 || was->carrier != c->path.carrier ||
        was->remote.family != c->path.remote.family ||
        memcmp(was->remote.b, c->path.remote.b, sizeof was->remote.b) != 0)
        return;
    c->path = *was;
    c->quoted_len = (uint16_t)u->refused_len;
    memcpy(c->quoted, u->refused, u->refused_len);
}

static void take_complaints(struct daemon *d, const struct sock *sock)
{
    struct complaint c;
    char line[200];
    for (unsigned i = 0; i < COMPLAINTS && complaint_take(sock, &c); i++) {
        add_refused(&d->udp, &c);
        complaint_print(&c, line, sizeof line);
        log_stranger(c.error == EMSGSIZE ? LOG_INFO_LEVEL : LOG_WARNING_LEVEL, "%s", line);
        complaint_tell(&c, &d->node, d->now);
        effects(d);
    }
}

static void on_socket(struct ev_loop *ev, struct ev_io *io, int events)
{
    struct daemon *d = ev_userdata(ev);
    const struct sock *sock = &d->sockets.list[io - d->io];
    unsigned n = 0;
    (void)events;
    for (unsigned i = 0; i < RECEIVES; i++) {
        unsigned came = udp_receive(&d->udp, sock, take, d);
        merge_flush(&d->merge);
        if (came == 0)
            break;
        n += came;
    }
    if (n == 0)
        take_complaints(d, sock); /* readable, but nothing to read: an error waits */
    daemon_pump(d);
}

/* ---- opening --------------------------------------------------------------------------------- */

unsigned path_mtu(const struct daemon *d)
{
    return d->plan->conf.tun.mtu != 0 ? d->plan->conf.tun.mtu : OUTER_MTU - OVERHEAD;
}

static bool open_sockets(struct daemon *d, char *err, size_t err_len)
{
    const struct sockets_wish wish = {.local = d->plan->conf.daemon.local, .ah = true};
    if (!sockets_open(&d->sockets, &wish, err, err_len))
        return false;
    udp_prepare(&d->udp, &d->sockets, d->plan->conf.tun.offload);
    if (d->sockets.esp_denied)
        log_say(
            LOG_WARNING_LEVEL,
            "no right to open a raw socket (CAP_NET_RAW): ESP goes in UDP, as with encap = yes");
    return true;
}

bool path_open(struct daemon *d, char *err, size_t err_len)
{
    d->tun.fd = -1;
    if (!netlink_open(&d->netlink)) {
        snprintf(err, err_len, "cannot open rtnetlink: %s", strerror(errno));
        return false;
    }
    if (!open_sockets(d, err, err_len) ||
        !tun_open(&d->tun, &d->plan->conf.tun, path_mtu(d), &d->netlink, err, err_len))
        return false;
    d->slot_len = 65536 / 16 > d->tun.mtu + 256 ? 65536 / 16 : d->tun.mtu + 256;
    if (d->slot_len > 65535)
        d->slot_len = 65535;
    d->slots = calloc(SLOTS, d->slot_len);
    d->merge.on = d->tun.tso;
    d->merge.write = write_tun;
    d->merge.ctx = d;
    for (unsigned i = 0; i < d->sockets.n; i++) {
        ev_io_init(&d->io[i], on_socket, d->sockets.list[i].fd, EV_READ);
        ev_io_start(d->ev, &d->io[i]);
    }
    ev_io_init(&d->tun_io, on_tun, d->tun.fd, EV_READ);
    ev_io_start(d->ev, &d->tun_io);
    log_say(LOG_INFO_LEVEL, "%s: MTU %u; offloads: TSO %s, USO %s, UDP segmentation %s, UDP GRO %s",
            d->tun.name, d->tun.mtu, d->tun.tso ? "on" : "off", d->tun.uso ? "on" : "off",
            d->udp.gso ? "on" : "off", d->udp.gro ? "on" : "off");
    return d->slots != NULL;
}

void path_close(struct daemon *d)
{
    tun_close(&d->tun);
    sockets_close(&d->sockets);
    netlink_close(&d->netlink);
    if (d->slots != NULL)
        explicit_bzero(d->slots, SLOTS * d->slot_len);
    free(d->slots);
    d->slots = NULL;
}

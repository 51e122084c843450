/* SPDX-License-Identifier: MIT */
#include "udp.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../ancillary.h"
#include "netlink.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

#define BATCH 8         /* trains in one call */
#define HEAD_ROOM 40    /* octets before what came: transport mode puts an IP header there */
#define TRAIN_MAX 65000 /* octets, below what an IP packet has */
#define BUFFER (4 << 20)

/* Memory that was never used takes none. */
struct udp_room {
    uint8_t octets[BATCH][HEAD_ROOM + 65536];
    union ancillary control[BATCH];
};

static bool set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool udp_prepare(struct udp *u, struct sockets *s, bool offload)
{
    memset(u, 0, sizeof *u);
    u->room = calloc(1, sizeof *u->room);
    u->sockets = s;
    u->gso = u->gro = offload;
    for (unsigned i = 0; i < s->n; i++) {
        int fd = s->list[i].fd;
        bool v4 = s->list[i].family == 4;
        (void)set(fd, SOL_SOCKET, SO_MARK, NETLINK_MARK);
        if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER))
            (void)set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER);
        if (!set(fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER))
            (void)set(fd, SOL_SOCKET, SO_SNDBUF, BUFFER);
        if (s->list[i].carrier != IK_CARRIER_UDP4500)
            continue;
        u->gso = u->gso && set(fd, IPPROTO_UDP, UDP_SEGMENT, 0);
        u->gro = u->gro && set(fd, IPPROTO_UDP, UDP_GRO, 1);
        if (!v4)
            (void)set(fd, IPPROTO_UDP, UDP_NO_CHECK6_RX, 1); /* RFC 3948 2.1: it may be zero */
    }
    return u->room != NULL;
}

void udp_forget(struct udp *u)
{
    free(u->room);
    u->room = NULL;
}

void udp_transport(struct udp *u, bool there)
{
    for (unsigned i = 0; i < u->sockets->n; i++) {
        const struct sock *k = &u->sockets->list[i];
        if (u->gro && k->carrier == IK_CARRIER_UDP4500 && k->family == 6)
            (void)set(k->fd, IPPROTO_UDP, UDP_GRO, !there);
    }
}

/* ---- receiving ------------------------------------------------------------------------------- */

static size_t take_control(struct msghdr *m, struct ik_addr *local, struct ik_outer *outer,
                           size_t len)
{
    size_t each = len;
    *outer = (struct ik_outer){.df = true}; /* as Linux sends */
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        ancillary_take(c, local, outer);
        if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
            int size;
            memcpy(&size, CMSG_DATA(c), sizeof size);
            each = size > 0 ? (size_t)size : len;
        }
    }
    return each;
}

/* A raw IPv4 socket hands over the IP header too. */
static size_t ip_header(const struct sock *k, const uint8_t *p, size_t len)
{
    if (k->carrier != IK_CARRIER_ESP || k->family == 6)
        return 0;
    size_t head = len > 0 ? (size_t)(p[0] & 15) * 4 : 0;
    return head >= 20 && head <= len ? head : len;
}

/* Room that the header of a packet with AH takes, where the socket does not hand it over. */
static size_t before(const struct sock *k)
{
    return k->carrier == IK_CARRIER_AH && k->family == 6 ? AH_HEADER_MAX : 0;
}

static void take_train(const struct sock *k, struct mmsghdr *mm, const union sockets_name *from,
                       uint8_t *p, udp_take take, void *ctx)
{
    size_t len = mm->msg_len, head = ip_header(k, p, len);
    struct ik_path path = {.carrier = k->carrier, .local = k->local, .local_port = k->port};
    path.remote_port = sockets_from_name(from, &path.remote);
    struct ik_outer outer;
    size_t each = take_control(&mm->msg_hdr, &path.local, &outer, len);
    if (k->carrier == IK_CARRIER_ESP || k->carrier == IK_CARRIER_AH)
        path.local_port = path.remote_port = 0;
    if (before(k) > 0) {
        size_t n = ah_header_put(p, len, &mm->msg_hdr, &path.remote, &path.local, &outer);
        if (n == 0)
            return;
        p -= n;
        len += n;
        each = len;
    }
    if (head != 0 && head < len)
        outer.df = (p[6] & 0x40) != 0;
    for (size_t at = head; at < len; at += each) {
        size_t n = len - at < each ? len - at : each;
        /* The first may grow to the left, the others not: what was delivered may lie there still.
         */
        size_t room = at == head && n + HEAD_ROOM <= UINT16_MAX ? HEAD_ROOM : 0;
        struct ik_pkt pkt = {.buf = p + at - room,
                             .cap = (uint16_t)(n + room),
                             .off = (uint16_t)room,
                             .len = (uint16_t)n,
                             .outer = outer};
        take(ctx, &path, &pkt);
    }
}

unsigned udp_receive(struct udp *u, const struct sock *sock, udp_take take, void *ctx)
{
    struct udp_room *room = u->room;
    union sockets_name from[BATCH];
    struct iovec io[BATCH];
    struct mmsghdr m[BATCH];
    size_t begin = HEAD_ROOM + before(sock);
    for (unsigned i = 0; i < BATCH; i++) {
        io[i] = (struct iovec){room->octets[i] + begin, sizeof room->octets[i] - begin};
        m[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                       .msg_namelen = sizeof from[i],
                                       .msg_iov = &io[i],
                                       .msg_iovlen = 1,
                                       .msg_control = &room->control[i],
                                       .msg_controllen = sizeof room->control[i]};
    }
    int n = recvmmsg(sock->fd, m, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++)
        if ((m[i].msg_hdr.msg_flags & MSG_TRUNC) == 0)
            take_train(sock, &m[i], &from[i], room->octets[i] + begin, take, ctx);
    return n > 0 ? (unsigned)n : 0;
}

/* ---- sending --------------------------------------------------------------------------------- */

static struct sock *find(struct udp *u, const struct ik_path *path)
{
    const struct sock *k = sockets_find(u->sockets, path->carrier, path->remote.family);
    return k != NULL ? &u->sockets->list[k - u->sockets->list] : NULL;
}

/* RFC 4301 8.1 for ESP. Of IKE, what may be lost for its length says so (RFC 8899 4.1); with the
 * rest, the kernel does what it has learnt. */
static enum sockets_cut cut_of(const struct ik_path *path, const struct ik_outer *outer,
                               const struct iovec *io)
{
    static const uint8_t marker[4];
    bool ike =
        path->carrier == IK_CARRIER_UDP500 || io->iov_len <= sizeof marker ||
        (path->carrier == IK_CARRIER_UDP4500 && memcmp(io->iov_base, marker, sizeof marker) == 0);
    return outer->df ? SOCKETS_WHOLE : ike ? SOCKETS_USUAL : SOCKETS_PIECES;
}

/* What the kernel will not send, and will complain of without it (complaint.h). */
static void keep_refused(struct udp *u, const struct ik_path *path, const struct iovec *io)
{
    u->refused_len = io->iov_len < sizeof u->refused ? io->iov_len : sizeof u->refused;
    memcpy(u->refused, io->iov_base, u->refused_len);
    u->refused_path = *path;
}

/* Datagrams of `each` octets; the last may be shorter. */
static int send_train(struct udp *u, const struct ik_path *path, const struct ik_outer *outer,
                      struct iovec *io, unsigned n, size_t each)
{
    union sockets_name to;
    union ancillary control;
    struct sock *k = find(u, path);
    if (k == NULL)
        return path->carrier == IK_CARRIER_ESP || path->carrier == IK_CARRIER_AH ? EPERM
                                                                                 : EAFNOSUPPORT;
    memset(&control, 0, sizeof control);
    struct msghdr m = {.msg_name = &to, .msg_iov = io, .msg_iovlen = n, .msg_control = &control};
    m.msg_namelen = sockets_to_name(&path->remote, path->remote_port, &to);
    if (k->carrier != IK_CARRIER_AH) /* its header is there already */
        ancillary_put_path(&m, path, outer);
    if (n > 1) {
        uint16_t size = (uint16_t)each;
        ancillary_put(&m, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size);
    }
    if (m.msg_controllen == 0)
        m.msg_control = NULL;
    u->calls++;
    sockets_cut(k, cut_of(path, outer, io));
    int error = sendmsg(k->fd, &m, MSG_DONTWAIT) < 0 ? errno : 0;
    if (error == EMSGSIZE && n == 1)
        keep_refused(u, path, io);
    return error;
}

static void failed(struct udp *u, const struct ik_path *path, unsigned n, int error)
{
    if (error == EMSGSIZE)
        return; /* the kernel says more of it */
    u->failed += n;
    u->error = error;
    u->failed_path = *path;
}

void udp_send(struct udp *u, const struct ik_path *path, const struct ik_outer *outer,
              const uint8_t *data, size_t len)
{
    union {
        const uint8_t *in;
        void *out;
    } bytes = {data}; /* sendmsg only reads */
    struct iovec io = {bytes.out, len};
    u->datagrams++;
    int error = send_train(u, path, outer, &io, 1, len);
    if (error != 0 && error != EAGAIN && error != ENOBUFS) /* of an earlier one (complaint.h) */
        error = send_train(u, path, outer, &io, 1, len);
    if (error != 0)
        failed(u, path, 1, error);
}

static void send_singly(struct udp *u)
{
    for (unsigned i = 0; i < u->n; i++) {
        int error = send_train(u, &u->path, &u->outer, &u->io[i], 1, u->io[i].iov_len);
        if (error != 0)
            failed(u, &u->path, 1, error);
    }
}

void udp_flush(struct udp *u)
{
    if (u->n == 0)
        return;
    int error = u->n > 1 && !u->gso
                    ? ENOPROTOOPT
                    : send_train(u, &u->path, &u->outer, u->io, u->n, u->io[0].iov_len);
    if (error != 0 && error != EAGAIN && error != ENOBUFS)
        send_singly(
            u); /* no offload on this device, too long for it, or an error of an earlier one */
    else if (error != 0)
        failed(u, &u->path, u->n, error);
    u->datagrams += u->n;
    u->n = 0;
    u->octets = 0;
}

static bool same_path(const struct ik_path *a, const struct ik_path *b)
{
    return a->carrier == b->carrier && a->remote_port == b->remote_port &&
           a->local.family == b->local.family && a->remote.family == b->remote.family &&
           memcmp(a->remote.b, b->remote.b, 16) == 0 && memcmp(a->local.b, b->local.b, 16) == 0;
}

static bool same_outer(const struct ik_outer *a, const struct ik_outer *b)
{
    return a->ttl == b->ttl && a->tclass == b->tclass && a->df == b->df;
}

void udp_queue(struct udp *u, const struct ik_path *path, const struct ik_outer *outer,
               const uint8_t *data, size_t len)
{
    union {
        const uint8_t *in;
        void *out;
    } bytes = {data};
    bool train = path->carrier == IK_CARRIER_UDP4500;
    if (u->n > 0 && (!train || !same_path(path, &u->path) || !same_outer(outer, &u->outer) ||
                     len > u->io[0].iov_len || u->io[u->n - 1].iov_len != u->io[0].iov_len ||
                     u->n == UDP_TRAIN || u->octets + len > TRAIN_MAX))
        udp_flush(u);
    if (u->n == 0) {
        u->path = *path;
        u->outer = *outer;
    }
    u->io[u->n++] = (struct iovec){bytes.out, len};
    u->octets += len;
    if (!train)
        udp_flush(u);
}

/* SPDX-License-Identifier: MIT */
#include "sockets.h"

#include "ancillary.h"
#include "complaint.h"
#include "zones.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- addresses ------------------------------------------------------------------------------- */

socklen_t sockets_to_name(const struct ik_addr *a, uint16_t port, union sockets_name *out)
{
    memset(out, 0, sizeof *out);
    if (a->family == 4) {
        out->in.sin_family = AF_INET;
        out->in.sin_port = htons(port);
        memcpy(&out->in.sin_addr, a->b, 4);
        return sizeof out->in;
    }
    out->in6.sin6_family = AF_INET6;
    out->in6.sin6_port = htons(port);
    memcpy(&out->in6.sin6_addr, a->b, 16);
    out->in6.sin6_scope_id = zones_of(a);
    return sizeof out->in6;
}

uint16_t sockets_from_name(const union sockets_name *s, struct ik_addr *out)
{
    memset(out, 0, sizeof *out);
    if (s->sa.sa_family == AF_INET) {
        out->family = 4;
        memcpy(out->b, &s->in.sin_addr, 4);
        return ntohs(s->in.sin_port);
    }
    out->family = 6;
    memcpy(out->b, &s->in6.sin6_addr, 16);
    zones_learn(out, s->in6.sin6_scope_id);
    return ntohs(s->in6.sin6_port);
}

bool sockets_resolve(const char *name, struct ik_addr *out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *list = NULL;
    union sockets_name found = {0};
    if (zones_addr_parse(name, out))
        return true;
    if (getaddrinfo(name, NULL, &hints, &list) != 0)
        return false;
    memcpy(&found, list->ai_addr,
           list->ai_addrlen < sizeof found ? list->ai_addrlen : sizeof found);
    freeaddrinfo(list);
    (void)sockets_from_name(&found, out);
    return true;
}

bool sockets_route(const struct ik_addr *peer, struct ik_addr *local, char *err, size_t err_len)
{
    char text[46];
    union sockets_name name;
    socklen_t len = sockets_to_name(peer, IK_PORT_IKE, &name);
    int fd = socket(name.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    /* Connecting a UDP socket sends nothing; it asks the routing table. */
    bool good = fd >= 0 && connect(fd, &name.sa, len) == 0;
    len = sizeof name;
    good = good && getsockname(fd, &name.sa, &len) == 0;
    if (good) {
        sockets_from_name(&name, local);
    } else {
        host_addr_print(peer, text, sizeof text);
        snprintf(err, err_len, "no route to %s: %s", text,
                 zones_lacks(peer) ? "a link-local address needs its link (fe80::1%eth0)"
                                   : strerror(errno));
    }
    if (fd >= 0)
        close(fd);
    return good;
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool is_raw(const struct sock *k)
{
    return k->carrier == IK_CARRIER_ESP || k->carrier == IK_CARRIER_AH;
}

static bool prepare(int fd, const struct sock *k)
{
    const int on = 1;
    return ancillary_ask(fd, k->family) && complaint_ask(fd, k->family) &&
           (k->family == 4 || is_raw(k) ||
            setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
           (k->carrier != IK_CARRIER_AH || ah_header_ask(fd, k->family));
}

static int open_socket(const struct sock *k)
{
    int protocol = k->carrier == IK_CARRIER_AH ? IPPROTO_AH : IPPROTO_ESP;
    int fd = socket(k->family == 4 ? AF_INET : AF_INET6,
                    (is_raw(k) ? SOCK_RAW : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    is_raw(k) ? protocol : IPPROTO_UDP);
    if (fd >= 0 && !prepare(fd, k)) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

static bool share(const struct sock *k)
{
    const int on = 1;
    return is_raw(k) || setsockopt(k->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
}

static bool bind_socket(struct sock *k, uint8_t shared)
{
    union sockets_name name;
    struct ik_addr ignored;
    socklen_t len = sockets_to_name(&k->local, is_raw(k) ? 0 : k->port, &name);
    if (shared == SOCKETS_FURTHER && !share(k))
        return false;
    if (bind(k->fd, &name.sa, len) != 0 || (shared == SOCKETS_FIRST && !share(k)))
        return false;
    len = sizeof name;
    if (!is_raw(k) && getsockname(k->fd, &name.sa, &len) == 0)
        k->port = sockets_from_name(&name, &ignored);
    return true;
}

static bool complain_of(const struct sock *k, const struct sockets_wish *wish, int why, char *err,
                        size_t err_len)
{
    char addr[46];
    host_addr_print(&k->local, addr, sizeof addr);
    if (why == EACCES || why == EPERM)
        snprintf(err, err_len, "not permitted: UDP port %u needs root or CAP_NET_BIND_SERVICE%s",
                 (unsigned)k->port, wish->without != NULL ? wish->without : "");
    else if (is_raw(k))
        snprintf(err, err_len, "cannot bind a raw %s socket to %s: %s",
                 k->carrier == IK_CARRIER_AH ? "AH" : "ESP", addr, strerror(why));
    else
        snprintf(err, err_len, "cannot bind UDP port %u of %s: %s%s", (unsigned)k->port, addr,
                 strerror(why),
                 why == EADDRINUSE ? " (\"ss -lunp\" names who has it: another IKE daemon?)" : "");
    return false;
}

static bool add(struct sockets *s, const struct sockets_wish *wish, uint8_t carrier,
                const struct ik_addr *local, uint16_t port, char *err, size_t err_len)
{
    struct sock *k = &s->list[s->n];
    *k = (struct sock){.family = local->family, .carrier = carrier, .local = *local, .port = port};
    k->fd = open_socket(k);
    if (k->fd < 0 && is_raw(k) && (errno == EPERM || errno == EACCES)) {
        s->esp_denied = true;
        return true;
    }
    if (k->fd < 0)
        return complain_of(k, wish, errno, err, err_len);
    s->n++;
    return bind_socket(k, wish->shared) || complain_of(k, wish, errno, err, err_len);
}

static bool open_family(struct sockets *s, const struct sockets_wish *wish, uint8_t family,
                        char *err, size_t err_len)
{
    struct ik_addr local = wish->local;
    local.family = family;
    if (!add(s, wish, IK_CARRIER_ESP, &local, 0, err, err_len) ||
        (wish->ah && !add(s, wish, IK_CARRIER_AH, &local, 0, err, err_len)))
        return false;
    if (wish->one_port)
        return add(s, wish, IK_CARRIER_UDP4500, &local, wish->port, err, err_len);
    return add(s, wish, IK_CARRIER_UDP500, &local, IK_PORT_IKE, err, err_len) &&
           add(s, wish, IK_CARRIER_UDP4500, &local, IK_PORT_NATT, err, err_len);
}

/* A kernel may be without IPv6. */
static bool have_ip6(void)
{
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool open_wildcards(struct sockets *s, const struct sockets_wish *wish, char *err,
                           size_t err_len)
{
    return open_family(s, wish, 4, err, err_len) &&
           (!have_ip6() || open_family(s, wish, 6, err, err_len));
}

bool sockets_open(struct sockets *s, const struct sockets_wish *wish, char *err, size_t err_len)
{
    memset(s, 0, sizeof *s);
    bool good = wish->local.family == 0 ? open_wildcards(s, wish, err, err_len)
                                        : open_family(s, wish, wish->local.family, err, err_len);
    if (!good)
        sockets_close(s);
    return good;
}

void sockets_close(struct sockets *s)
{
    for (unsigned i = 0; i < s->n; i++)
        close(s->list[i].fd);
    s->n = 0;
}

static void cut_v4(const struct sock *k, enum sockets_cut how)
{
    int mode = how == SOCKETS_WHOLE    ? IP_PMTUDISC_PROBE
               : how == SOCKETS_PIECES ? IP_PMTUDISC_DONT
                                       : IP_PMTUDISC_WANT;
    (void)setsockopt(k->fd, IPPROTO_IP, IP_MTU_DISCOVER, &mode, sizeof mode);
}

static void cut_v6(const struct sock *k, enum sockets_cut how)
{
    int mode = how == SOCKETS_WHOLE ? IPV6_PMTUDISC_PROBE : IPV6_PMTUDISC_WANT;
    int never = how == SOCKETS_WHOLE;
    (void)setsockopt(k->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &mode, sizeof mode);
    (void)setsockopt(k->fd, IPPROTO_IPV6, IPV6_DONTFRAG, &never, sizeof never);
}

void sockets_cut(struct sock *k, enum sockets_cut how)
{
    if (k->carrier == IK_CARRIER_AH || k->cut == how)
        return; /* it writes its header itself */
    k->cut = (uint8_t)how;
    if (k->family == 4)
        cut_v4(k, how);
    else
        cut_v6(k, how);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* The kernel does not tell DF of a datagram of UDP: the usual one is taken. */
static void take_control(struct msghdr *m, struct ik_addr *local, struct ik_outer *outer)
{
    *outer = (struct ik_outer){.df = true};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c))
        ancillary_take(c, local, outer);
}

/* A raw IPv4 socket hands over the IP header too; a raw IPv6 one does not. */
static bool strip_ip_header(struct ik_pkt *pkt)
{
    uint16_t header = pkt->len > 0 ? (uint16_t)((pkt->buf[0] & 15) * 4) : 0;
    if (header < 20 || header > pkt->len)
        return false;
    pkt->outer.df = (pkt->buf[6] & 0x40) != 0;
    pkt->off = (uint16_t)(pkt->off + header);
    pkt->len = (uint16_t)(pkt->len - header);
    return true;
}

static bool put_header(struct ik_pkt *pkt, struct msghdr *m, const struct ik_path *path)
{
    size_t n =
        ah_header_put(pkt->buf + pkt->off, pkt->len, m, &path->remote, &path->local, &pkt->outer);
    pkt->off = (uint16_t)(pkt->off - n);
    pkt->len = (uint16_t)(pkt->len + n);
    return n != 0;
}

bool sockets_receive(const struct sock *sock, struct ik_path *path, struct ik_pkt *pkt)
{
    union sockets_name from;
    union ancillary control;
    size_t before = sock->carrier == IK_CARRIER_AH && sock->family == 6 ? AH_HEADER_MAX : 0;
    struct iovec io = {pkt->buf + before, pkt->cap - before};
    struct msghdr m = {.msg_name = &from,
                       .msg_namelen = sizeof from,
                       .msg_iov = &io,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    ssize_t n = recvmsg(sock->fd, &m, 0);
    if (n < 0 || (m.msg_flags & MSG_TRUNC) != 0)
        return false;
    memset(path, 0, sizeof *path);
    path->carrier = sock->carrier;
    path->local = sock->local;
    path->local_port = sock->port;
    path->remote_port = sockets_from_name(&from, &path->remote);
    take_control(&m, &path->local, &pkt->outer);
    pkt->off = (uint16_t)before;
    pkt->len = (uint16_t)n;
    if (!is_raw(sock))
        return true;
    path->local_port = path->remote_port = 0;
    if (sock->carrier == IK_CARRIER_AH)
        return sock->family == 4 || put_header(pkt, &m, path);
    return sock->family == 6 || strip_ip_header(pkt);
}

/* ---- sending --------------------------------------------------------------------------------- */

const struct sock *sockets_find(const struct sockets *s, uint8_t carrier, uint8_t family)
{
    for (unsigned i = 0; i < s->n; i++)
        if (s->list[i].carrier == carrier && s->list[i].family == family)
            return &s->list[i];
    return NULL;
}

int sockets_send(const struct sockets *s, const struct ik_path *path, const struct ik_outer *outer,
                 const uint8_t *data, size_t len)
{
    union sockets_name to;
    union ancillary control;
    union {
        const uint8_t *in;
        void *out;
    } bytes = {data}; /* sendmsg only reads, but struct iovec serves recvmsg too */
    const struct sock *k = sockets_find(s, path->carrier, path->remote.family);
    if (k == NULL)
        return path->carrier == IK_CARRIER_ESP || path->carrier == IK_CARRIER_AH ? EPERM
                                                                                 : EAFNOSUPPORT;
    struct iovec io = {bytes.out, len};
    struct msghdr m = {.msg_name = &to, .msg_iov = &io, .msg_iovlen = 1};
    m.msg_namelen = sockets_to_name(&path->remote, is_raw(k) ? 0 : path->remote_port, &to);
    memset(&control, 0, sizeof control);
    m.msg_control = &control;
    if (k->carrier != IK_CARRIER_AH) /* its header is there already */
        ancillary_put_path(&m, path, outer);
    if (m.msg_controllen == 0)
        m.msg_control = NULL;
    if (sendmsg(k->fd, &m, 0) >= 0)
        return 0;
    /* The errno may be of an earlier one (complaint.h): then this one has not left yet. */
    return errno == EAGAIN || sendmsg(k->fd, &m, 0) < 0 ? errno : 0;
}

bool sockets_may_be_raw(void)
{
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ESP);
    if (fd < 0)
        return errno != EPERM && errno != EACCES;
    close(fd);
    return true;
}

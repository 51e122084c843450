/* SPDX-License-Identifier: MIT */
#include "complaint.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

bool complaint_ask(int fd, uint8_t family)
{
    const int on = 1;
    return family == 4 ? setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on) == 0
                       : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on) == 0;
}

/* What the kernel makes of it. */
static void take_error(struct msghdr *m, struct complaint *out)
{
    struct sock_extended_err e;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
        if (!v4 && !(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
            continue;
        memcpy(&e, CMSG_DATA(c), sizeof e);
        out->error = (int)e.ee_errno;
        if (e.ee_errno == EMSGSIZE)
            out->mtu = e.ee_info < UINT16_MAX ? (uint16_t)e.ee_info : UINT16_MAX;
        return;
    }
}

bool complaint_take(const struct sock *sock, struct complaint *out)
{
    union sockets_name name;
    char control[512];
    *out = (struct complaint){.error = EPROTO, .path.carrier = sock->carrier};
    struct iovec io = {out->quoted, sizeof out->quoted};
    struct msghdr m = {.msg_name = &name,
                       .msg_namelen = sizeof name,
                       .msg_iov = &io,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = sizeof control};
    ssize_t n = recvmsg(sock->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (n < 0)
        return false;
    out->quoted_len = (uint16_t)n;
    out->path.remote_port = sockets_from_name(&name, &out->path.remote);
    if (sock->carrier == IK_CARRIER_ESP || sock->carrier == IK_CARRIER_AH)
        out->path.remote_port = 0;
    take_error(&m, out);
    return true;
}

void complaint_print(const struct complaint *c, char *out, size_t len)
{
    char addr[46];
    host_addr_print(&c->path.remote, addr, sizeof addr);
    if (c->error == ECONNREFUSED)
        snprintf(out, len, "nobody listens at %s port %u (ICMP port unreachable)", addr,
                 (unsigned)c->path.remote_port);
    else if (c->error == EMSGSIZE && c->mtu != 0)
        snprintf(out, len, "the path to %s takes %u octets only", addr, (unsigned)c->mtu);
    else if (c->error == EMSGSIZE) /* RFC 1191 5: a router of before that says no number */
        snprintf(out, len, "the path to %s takes fewer octets than were sent", addr);
    else
        snprintf(out, len, "no way to %s: %s", addr, strerror(c->error));
}

bool complaint_is_for_core(const struct complaint *c)
{
    return c->error == EMSGSIZE && c->mtu != 0 && c->quoted_len != 0;
}

void complaint_tell(const struct complaint *c, struct ik_node *node, ik_time now)
{
    const struct ik_span quoted = {c->quoted, c->quoted_len};
    if (complaint_is_for_core(c))
        ik_node_too_big(node, now, &c->path, quoted, c->mtu);
}

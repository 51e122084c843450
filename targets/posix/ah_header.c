/* SPDX-License-Identifier: MIT */
#include "ah_header.h"

#include <netinet/in.h>
#include <string.h>

#ifndef IPV6_HDRINCL
#define IPV6_HDRINCL 36
#endif

#define BASE 40

static bool set(int fd, int level, int option)
{
    const int on = 1;
    return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

bool ah_header_ask(int fd, uint8_t family)
{
    if (family == 4)
        return set(fd, IPPROTO_IP, IP_HDRINCL);
    return set(fd, IPPROTO_IPV6, IPV6_HDRINCL) && set(fd, IPPROTO_IPV6, IPV6_RECVHOPOPTS) &&
           set(fd, IPPROTO_IPV6, IPV6_RECVDSTOPTS) && set(fd, IPPROTO_IPV6, IPV6_RECVRTHDR);
}

/* The protocol number of an extension header that the item is; -1: it is none. */
static int protocol_of(const struct cmsghdr *c)
{
    if (c->cmsg_level != IPPROTO_IPV6)
        return -1;
    switch (c->cmsg_type) {
    case IPV6_HOPOPTS:
        return IK_IP_HOPOPT;
    case IPV6_DSTOPTS:
        return IK_IP_IPV6_OPTS;
    case IPV6_RTHDR:
        return IK_IP_IPV6_ROUTE;
    default:
        return -1;
    }
}

/* Copies the extension headers, in the order in which they are told, to out; answers how many
 * octets, more than cap if they do not fit. *first: the protocol number of the first one. */
static size_t take_extensions(struct msghdr *m, uint8_t *out, size_t cap, uint8_t *first)
{
    size_t n = 0;
    *first = IK_IP_AH;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        int protocol = protocol_of(c);
        size_t len = c->cmsg_len - CMSG_LEN(0);
        if (protocol < 0)
            continue;
        if (n == 0)
            *first = (uint8_t)protocol;
        if (len > cap - n)
            return cap + 1;
        memcpy(out + n, CMSG_DATA(c), len);
        n += len;
    }
    return n;
}

size_t ah_header_put(uint8_t *at, size_t len, struct msghdr *m, const struct ik_addr *remote,
                     const struct ik_addr *local, const struct ik_outer *outer)
{
    uint8_t extensions[AH_HEADER_MAX - BASE], first;
    size_t n = take_extensions(m, extensions, sizeof extensions, &first);
    if ((m->msg_flags & MSG_CTRUNC) != 0 || n > sizeof extensions || n + len > 65535)
        return 0;
    memcpy(at - n, extensions, n);
    uint8_t *ip = at - n - BASE;
    ip[0] = (uint8_t)(0x60 | outer->tclass >> 4);
    ip[1] = (uint8_t)(outer->tclass << 4);
    ip[2] = ip[3] = 0;
    ip[4] = (uint8_t)((n + len) >> 8);
    ip[5] = (uint8_t)(n + len);
    ip[6] = first;
    ip[7] = outer->ttl;
    memcpy(ip + 8, remote->b, 16);
    memcpy(ip + 24, local->b, 16);
    return n + BASE;
}

/* SPDX-License-Identifier: MIT */
#include "ancillary.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "zones.h"

static bool set(int fd, int level, int option)
{
    const int on = 1;
    return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

bool ancillary_ask(int fd, uint8_t family)
{
    if (family == 4)
        return set(fd, IPPROTO_IP, IP_PKTINFO) && set(fd, IPPROTO_IP, IP_RECVTTL) &&
               set(fd, IPPROTO_IP, IP_RECVTOS);
    return set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO) && set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT) &&
           set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS) && set(fd, IPPROTO_IPV6, IPV6_FLOWINFO);
}

/* ---- what came ------------------------------------------------------------------------------- */

/* An int, or IPv4's TOS, which is one octet. */
static uint8_t octet_of(const struct cmsghdr *c)
{
    int v = 0;
    if (c->cmsg_len < CMSG_LEN(sizeof v))
        return *CMSG_DATA(c);
    memcpy(&v, CMSG_DATA(c), sizeof v);
    return (uint8_t)v;
}

static uint32_t label_of(const struct cmsghdr *c)
{
    uint32_t info = 0;
    if (c->cmsg_len >= CMSG_LEN(sizeof info))
        memcpy(&info, CMSG_DATA(c), sizeof info);
    return ntohl(info) & 0xfffffu;
}

static void take_v4(const struct cmsghdr *c, struct ik_addr *local, struct ik_outer *outer)
{
    if (c->cmsg_type == IP_PKTINFO) {
        *local = (struct ik_addr){.family = 4};
        memcpy(local->b, CMSG_DATA(c) + offsetof(struct in_pktinfo, ipi_addr), 4);
    } else if (c->cmsg_type == IP_TTL) {
        outer->ttl = octet_of(c);
    } else if (c->cmsg_type == IP_TOS) {
        outer->tclass = octet_of(c);
    }
}

/* An answer leaves from the same link-local address: its zone is needed then, even if the peer's
 * address has none. */
static void take_v6_addr(const struct cmsghdr *c, struct ik_addr *local)
{
    struct in6_pktinfo info;
    memcpy(&info, CMSG_DATA(c), sizeof info);
    *local = (struct ik_addr){.family = 6};
    memcpy(local->b, &info.ipi6_addr, 16);
    zones_learn(local, info.ipi6_ifindex);
}

static void take_v6(const struct cmsghdr *c, struct ik_addr *local, struct ik_outer *outer)
{
    if (c->cmsg_type == IPV6_PKTINFO)
        take_v6_addr(c, local);
    else if (c->cmsg_type == IPV6_HOPLIMIT)
        outer->ttl = octet_of(c);
    else if (c->cmsg_type == IPV6_TCLASS)
        outer->tclass = octet_of(c);
    else if (c->cmsg_type == IPV6_FLOWINFO)
        outer->label = label_of(c);
}

void ancillary_take(const struct cmsghdr *c, struct ik_addr *local, struct ik_outer *outer)
{
    if (c->cmsg_level == IPPROTO_IP)
        take_v4(c, local, outer);
    else if (c->cmsg_level == IPPROTO_IPV6)
        take_v6(c, local, outer);
}

/* ---- what leaves ----------------------------------------------------------------------------- */

void ancillary_put(struct msghdr *m, int level, int type, const void *data, size_t len)
{
    struct cmsghdr *c = (struct cmsghdr *)((char *)m->msg_control + m->msg_controllen);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(c), data, len);
    m->msg_controllen += CMSG_SPACE(len);
}

/* A link-local peer's zone is in its name already; else the source's decides. */
static void put_v6(struct msghdr *m, const struct ik_path *path, int ttl, int tclass)
{
    struct in6_pktinfo info = {0};
    memcpy(&info.ipi6_addr, path->local.b, 16);
    if (zones_of(&path->remote) == 0)
        info.ipi6_ifindex = zones_of(&path->local);
    if (path->local.family == 6)
        ancillary_put(m, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    if (ttl != 0)
        ancillary_put(m, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof ttl);
    if (tclass != 0)
        ancillary_put(m, IPPROTO_IPV6, IPV6_TCLASS, &tclass, sizeof tclass);
}

static void put_v4(struct msghdr *m, const struct ik_path *path, int ttl, int tclass)
{
    struct in_pktinfo info = {0};
    memcpy(&info.ipi_spec_dst, path->local.b, 4);
    if (path->local.family == 4)
        ancillary_put(m, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    if (ttl != 0)
        ancillary_put(m, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
    if (tclass != 0)
        ancillary_put(m, IPPROTO_IP, IP_TOS, &tclass, sizeof tclass);
}

void ancillary_put_path(struct msghdr *m, const struct ik_path *path, const struct ik_outer *outer)
{
    if (path->remote.family == 4)
        put_v4(m, path, outer->ttl, outer->tclass);
    else
        put_v6(m, path, outer->ttl, outer->tclass);
}

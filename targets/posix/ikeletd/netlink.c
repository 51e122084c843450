/* SPDX-License-Identifier: MIT */
#include "netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

bool netlink_open(struct netlink *n)
{
    memset(n, 0, sizeof *n);
    n->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    return n->socket != NULL && mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) == 0;
}

void netlink_close(struct netlink *n)
{
    if (n->socket != NULL)
        mnl_socket_close(n->socket);
    n->socket = NULL;
}

/* Sends the request and waits for the kernel's answer. */
static int ask(struct netlink *n, struct nlmsghdr *h)
{
    char answer[4096];
    h->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
    h->nlmsg_seq = ++n->seq;
    if (mnl_socket_sendto(n->socket, h, h->nlmsg_len) < 0)
        return errno;
    ssize_t len = mnl_socket_recvfrom(n->socket, answer, sizeof answer);
    if (len < 0)
        return errno;
    errno = 0;
    if (mnl_cb_run(answer, (size_t)len, n->seq, mnl_socket_get_portid(n->socket), NULL, NULL) >= 0)
        return 0;
    return errno;
}

static uint8_t af(uint8_t family)
{
    return family == 4 ? AF_INET : AF_INET6;
}

static void put_addr(struct nlmsghdr *h, uint16_t type, const struct ik_addr *a)
{
    mnl_attr_put(h, type, a->family == 4 ? 4 : 16, a->b);
}

int netlink_link_up(struct netlink *n, int ifindex, unsigned mtu)
{
    char room[512] = {0};
    struct nlmsghdr *h = mnl_nlmsg_put_header(room);
    h->nlmsg_type = RTM_NEWLINK;
    struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof *i);
    i->ifi_index = ifindex;
    i->ifi_flags = i->ifi_change = IFF_UP;
    mnl_attr_put_u32(h, IFLA_MTU, mtu);
    return ask(n, h);
}

int netlink_address(struct netlink *n, int ifindex, const struct ik_addr *addr, uint8_t bits)
{
    char room[512] = {0};
    struct nlmsghdr *h = mnl_nlmsg_put_header(room);
    h->nlmsg_type = RTM_NEWADDR;
    h->nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
    struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(h, sizeof *a);
    a->ifa_family = af(addr->family);
    a->ifa_prefixlen = bits;
    a->ifa_flags = addr->family == 6 ? IFA_F_NODAD : 0;
    a->ifa_index = (unsigned)ifindex;
    put_addr(h, IFA_LOCAL, addr);
    put_addr(h, IFA_ADDRESS, addr);
    return ask(n, h);
}

int netlink_route(struct netlink *n, bool add, int ifindex, const struct ik_addr *dst, uint8_t bits,
                  const struct ik_addr *src)
{
    char room[512] = {0};
    struct nlmsghdr *h = mnl_nlmsg_put_header(room);
    h->nlmsg_type = add ? RTM_NEWROUTE : RTM_DELROUTE;
    h->nlmsg_flags = add ? NLM_F_CREATE | NLM_F_REPLACE : 0;
    struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof *r);
    r->rtm_family = af(dst->family);
    r->rtm_dst_len = bits;
    r->rtm_table = RT_TABLE_UNSPEC;
    r->rtm_protocol = RTPROT_STATIC;
    r->rtm_scope = RT_SCOPE_UNIVERSE;
    r->rtm_type = RTN_UNICAST;
    put_addr(h, RTA_DST, dst);
    mnl_attr_put_u32(h, RTA_OIF, (uint32_t)ifindex);
    mnl_attr_put_u32(h, RTA_TABLE, NETLINK_TABLE);
    if (src->family == dst->family)
        put_addr(h, RTA_PREFSRC, src);
    int error = ask(n, h);
    return !add && error == ESRCH ? 0 : error;
}

/* not fwmark 0x696b lookup 1500 */
int netlink_rule(struct netlink *n, bool add, uint8_t family)
{
    char room[512] = {0};
    struct nlmsghdr *h = mnl_nlmsg_put_header(room);
    h->nlmsg_type = add ? RTM_NEWRULE : RTM_DELRULE;
    h->nlmsg_flags = add ? NLM_F_CREATE | NLM_F_EXCL : 0;
    struct fib_rule_hdr *f = mnl_nlmsg_put_extra_header(h, sizeof *f);
    f->family = af(family);
    f->action = FR_ACT_TO_TBL;
    f->flags = FIB_RULE_INVERT;
    mnl_attr_put_u32(h, FRA_TABLE, NETLINK_TABLE);
    mnl_attr_put_u32(h, FRA_PRIORITY, NETLINK_PRIORITY);
    mnl_attr_put_u32(h, FRA_FWMARK, NETLINK_MARK);
    mnl_attr_put_u32(h, FRA_FWMASK, 0xffffffff);
    int error = ask(n, h);
    return (add && error == EEXIST) || (!add && error == ENOENT) ? 0 : error;
}

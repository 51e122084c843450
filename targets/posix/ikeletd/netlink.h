/* SPDX-License-Identifier: MIT */
/* Links, addresses, routes and the rule, by rtnetlink. Nothing is shelled out. */
#ifndef IKELETD_NETLINK_H
#define IKELETD_NETLINK_H

#include "host.h"

/* Routes of ours lie in a table of their own. What our own sockets send bears the mark, and is the
 * only thing that does not look into the table: so even everything may go through the tunnel. */
#define NETLINK_TABLE 1500
#define NETLINK_PRIORITY 1500
#define NETLINK_MARK 0x696b /* "ik" */

struct netlink {
    struct mnl_socket *socket;
    unsigned seq;
};

bool netlink_open(struct netlink *n);
void netlink_close(struct netlink *n);

/* Each answers 0 or an errno. What is there already is no error. */
int netlink_link_up(struct netlink *n, int ifindex, unsigned mtu);
int netlink_address(struct netlink *n, int ifindex, const struct ik_addr *addr, uint8_t bits);
/* src: address that packets leave from; family 0: the kernel chooses. */
int netlink_route(struct netlink *n, bool add, int ifindex, const struct ik_addr *dst, uint8_t bits,
                  const struct ik_addr *src);
int netlink_rule(struct netlink *n, bool add, uint8_t family);

#endif

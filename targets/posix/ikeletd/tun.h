/* SPDX-License-Identifier: MIT */
/* The TUN device: where clear packets come from and go to. */
#ifndef IKELETD_TUN_H
#define IKELETD_TUN_H

#include <linux/virtio_net.h>

#include "conf.h"
#include "netlink.h"

#define TUN_HEAD sizeof(struct virtio_net_hdr) /* before each packet, both ways */

struct tun {
    int ifindex;
    char name[16];
    unsigned mtu;
    bool tso, uso; /* the kernel hands over trains of segments as one packet */
};

/* Makes the device with so many queues and gives it its addresses; errors are told in err, and no
 * queue is open then. */
bool tun_open(struct tun *t, const struct conf_tun *c, unsigned mtu, struct netlink *n, int *queues,
              unsigned queues_n, char *err, size_t err_len);

/* Prefixes that make up the addresses from lo to hi. Calls take() for each, with its bits. */
void tun_prefixes(const struct ik_ts *ts,
                  void (*take)(void *ctx, const struct ik_addr *prefix, uint8_t bits), void *ctx);

#endif

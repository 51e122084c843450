/* SPDX-License-Identifier: MIT */
/*
 * What the TUN device hands over with offloads on: a train of TCP segments or UDP datagrams as one
 * packet, and packets whose checksum is not complete (virtio 1.1, 5.1.6). It becomes the packets
 * that it stands for.
 */
#ifndef IKELETD_SPLIT_H
#define IKELETD_SPLIT_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct split {
    const uint8_t *packet;
    size_t len, head, at; /* head: octets of IP and TCP or UDP headers; at: in what is behind */
    size_t each;          /* octets in one; 0: the packet is one */
    size_t transport;     /* where the TCP or UDP header begins */
    uint8_t proto;
    unsigned number; /* of the next one */
};

/* packet[0..len) is an IP packet; its checksum is completed in place. False if the header does not
 * fit to it: then it is dropped. */
bool split_begin(struct split *s, uint8_t *packet, size_t len, const struct virtio_net_hdr *h);
/* The next packet into out; answers its length, 0 at the end or if cap is too small. */
size_t split_next(struct split *s, uint8_t *out, size_t cap);

#endif

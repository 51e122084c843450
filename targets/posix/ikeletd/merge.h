/* SPDX-License-Identifier: MIT */
/*
 * TCP segments of one flow that came one behind the other become one packet for the TUN device,
 * with the header that lets the kernel take it as a train (virtio 1.1, 5.1.6). What does not fit is
 * handed on by itself; the order within a flow stays.
 */
#ifndef IKELETD_MERGE_H
#define IKELETD_MERGE_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define MERGE_FLOWS 8
#define MERGE_PACKETS 64 /* in one train */

struct merge_train {
    struct virtio_net_hdr head;
    struct iovec io[MERGE_PACKETS + 1]; /* [0]: head, [1]: the first packet, then payloads */
    unsigned n;                         /* used of io; 0: this one is free */
    size_t total;                       /* octets of the packet that it becomes */
    size_t transport, headers; /* of the first packet: where TCP begins, where its payload */
    uint32_t next_seq;
    uint16_t next_id;
    bool shut; /* a short or pushed segment was the last */
};

struct merge {
    struct merge_train train[MERGE_FLOWS];
    unsigned next; /* to be used next */
    bool on;
    void (*write)(void *ctx, const struct iovec *io, int n);
    void *ctx;
};

/* Takes an IP packet. It stays the caller's, is changed, and must stay where it is until
 * merge_flush(). */
void merge_add(struct merge *m, uint8_t *packet, size_t len);
/* Hands on all that waits. */
void merge_flush(struct merge *m);

#endif

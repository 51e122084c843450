/* SPDX-License-Identifier: MIT */
/*
 * Which worker sends an inner packet: the one that has the Child SA for its two addresses, else the
 * one that would set it up. By the leading bits that all addresses of a selector share, the longest
 * first; so it may err where selectors of two peers overlap, and then the newest SA has it.
 */
#ifndef IKELETD_INNER_H
#define IKELETD_INNER_H

#include <pthread.h>

#include "host.h"

#define INNER_SHAPES 64

struct inner_shape {
    uint8_t family, local, remote; /* bits */
    uint32_t n;                    /* entries of it */
};

struct inner_entry {
    uint8_t family, local_bits, remote_bits, worker;
    bool later; /* no SA yet: one that is up comes before it */
    uint8_t local[16], remote[16];
    uint32_t owner, next, sibling; /* numbers of entries count from 1 */
};

/* Of a Child SA with a peer whose entry is for several identities: who has what, exactly. */
struct inner_claim {
    uint16_t peer;
    uint8_t peer_id[16];
    uint8_t local_n, remote_n;
    struct ik_ts ts[]; /* local ones, then remote ones */
};

struct inner {
    pthread_rwlock_t lock;
    unsigned workers, children; /* in each */
    struct inner_shape shapes[INNER_SHAPES];
    unsigned shapes_n;
    struct inner_entry *entries;
    uint32_t room, used, free; /* used: ever; free: the first that was given back */
    uint32_t *buckets, buckets_n;
    uint32_t *first; /* entry of each owner: a Child SA of a worker; behind them, what waits */
    struct inner_claim **claims; /* of each owner; NULL: none */
};

/* False without memory. */
bool inner_open(struct inner *t, unsigned workers, unsigned children);
void inner_close(struct inner *t);

/* A Child SA of a worker is up; it has gone. Without memory, it is not found. */
void inner_up(struct inner *t, unsigned worker, uint16_t child, const struct ik_ts *local,
              unsigned local_n, const struct ik_ts *remote, unsigned remote_n);
void inner_down(struct inner *t, unsigned worker, uint16_t child);

/* Has somebody else by the same entry, in another worker, an SA for an end of that? */
bool inner_claimed(struct inner *t, unsigned worker, const struct ik_claim *claim);
/* It is the Child SA's that inner_up() was called for, with all of its selectors. False: somebody
 * else was faster. True without memory. */
bool inner_claim(struct inner *t, unsigned worker, uint16_t child, uint16_t peer,
                 const uint8_t *peer_id, const struct ik_export_child *x);
/* The entry has another number now. */
void inner_renumber(struct inner *t, unsigned worker, uint16_t child, uint16_t peer);

/* Whoever sends packets with these selectors first asks that worker for an SA; of two with the same
 * ones, the later call counts. */
void inner_wait(struct inner *t, unsigned worker, const struct ik_policy *policy);
void inner_wait_no_more(struct inner *t);

/* The worker for an IP packet; self if nobody is known, or it is none. */
unsigned inner_worker(struct inner *t, const uint8_t *packet, size_t len, unsigned self);

#endif

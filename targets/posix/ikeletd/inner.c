/* SPDX-License-Identifier: MIT */
#include "inner.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_LEAST 64
#define ROOM_LEAST 32
#define EXACT (INNER_SHAPES * 3 / 4) /* shapes; others are by whole octets, or take all */
#define COARSE (INNER_SHAPES - 2)

bool inner_open(struct inner *t, unsigned workers, unsigned children)
{
    memset(t, 0, sizeof *t);
    t->workers = workers;
    t->children = children;
    t->buckets_n = BUCKETS_LEAST;
    t->buckets = calloc(t->buckets_n, sizeof *t->buckets);
    t->first = calloc((size_t)workers * children + 1, sizeof *t->first);
    t->claims = calloc((size_t)workers * children + 1, sizeof(void *));
    return pthread_rwlock_init(&t->lock, NULL) == 0 && t->buckets != NULL && t->first != NULL &&
           t->claims != NULL;
}

void inner_close(struct inner *t)
{
    for (size_t i = 0; t->claims != NULL && i < (size_t)t->workers * t->children; i++)
        free(t->claims[i]);
    free(t->claims);
    free(t->entries);
    free(t->buckets);
    free(t->first);
    memset(t, 0, sizeof *t);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void mask(uint8_t *out, const uint8_t *addr, unsigned bits)
{
    memset(out, 0, 16);
    memcpy(out, addr, bits / 8);
    if (bits % 8 != 0)
        out[bits / 8] = (uint8_t)(addr[bits / 8] & (0xff00u >> bits % 8));
}

static unsigned common_bits(const struct ik_ts *ts)
{
    unsigned at = 0, end = ts->family == 4 ? 32 : 128;
    while (at < end && ((ts->lo[at / 8] ^ ts->hi[at / 8]) & (0x80u >> at % 8)) == 0)
        at++;
    return at;
}

/* Of a number of shapes that grows too large, the later ones are rougher. */
static unsigned rough(const struct inner *t, unsigned bits)
{
    return t->shapes_n < EXACT ? bits : t->shapes_n < COARSE ? bits & ~7u : 0;
}

static uint32_t hash(const struct inner_entry *e)
{
    uint32_t h = UINT32_C(2166136261) ^ e->family ^ (uint32_t)e->local_bits << 8 ^
                 (uint32_t)e->remote_bits << 16;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t local, remote;
        memcpy(&local, e->local + 4 * i, 4);
        memcpy(&remote, e->remote + 4 * i, 4);
        h = (h ^ local) * UINT32_C(0x9e3779b1);
        h = (h ^ h >> 15 ^ remote) * UINT32_C(0x85ebca6b);
    }
    return h ^ h >> 13;
}

static bool same_key(const struct inner_entry *a, const struct inner_entry *b)
{
    return a->family == b->family && a->local_bits == b->local_bits &&
           a->remote_bits == b->remote_bits && memcmp(a->local, b->local, 16) == 0 &&
           memcmp(a->remote, b->remote, 16) == 0;
}

/* ---- shapes: the most exact first ------------------------------------------------------------ */

static int order(const struct inner_shape *s, const struct inner_entry *e)
{
    if (s->family != e->family)
        return (int)s->family - (int)e->family;
    if (s->remote != e->remote_bits)
        return (int)e->remote_bits - (int)s->remote;
    return (int)e->local_bits - (int)s->local;
}

static struct inner_shape *find_shape(struct inner *t, const struct inner_entry *e, unsigned *at)
{
    *at = 0;
    while (*at < t->shapes_n && order(&t->shapes[*at], e) < 0)
        ++*at;
    return *at < t->shapes_n && order(&t->shapes[*at], e) == 0 ? &t->shapes[*at] : NULL;
}

static void add_shape(struct inner *t, const struct inner_entry *e)
{
    unsigned at;
    struct inner_shape *s = find_shape(t, e, &at);
    if (s == NULL) {
        s = &t->shapes[at];
        memmove(s + 1, s, (t->shapes_n++ - at) * sizeof *s);
        *s = (struct inner_shape){e->family, e->local_bits, e->remote_bits, 0};
    }
    s->n++;
}

static void remove_shape(struct inner *t, const struct inner_entry *e)
{
    unsigned at;
    struct inner_shape *s = find_shape(t, e, &at);
    if (s != NULL && --s->n == 0)
        memmove(s, s + 1, (--t->shapes_n - at) * sizeof *s);
}

/* ---- entries --------------------------------------------------------------------------------- */

static void link_entry(struct inner *t, uint32_t number)
{
    struct inner_entry *e = &t->entries[number - 1];
    uint32_t *bucket = &t->buckets[hash(e) & (t->buckets_n - 1)];
    e->next = *bucket;
    *bucket = number;
}

/* As many buckets as entries; the order in each stays. Without memory they become longer. */
static void more_buckets(struct inner *t)
{
    uint32_t was_n = t->buckets_n, *was = t->buckets;
    uint32_t *more = calloc((size_t)was_n * 2, sizeof *more);
    if (more == NULL)
        return;
    t->buckets = more;
    t->buckets_n = was_n * 2;
    for (uint32_t i = 0; i < was_n; i++) {
        uint32_t number = was[i], turned = 0, next;
        for (; number != 0; number = next) {
            next = t->entries[number - 1].next;
            t->entries[number - 1].next = turned;
            turned = number;
        }
        for (; turned != 0; turned = next) {
            next = t->entries[turned - 1].next;
            link_entry(t, turned);
        }
    }
    free(was);
}

/* The number of a free one; 0 without memory. */
static uint32_t take_entry(struct inner *t)
{
    uint32_t number = t->free;
    if (number != 0) {
        t->free = t->entries[number - 1].next;
        return number;
    }
    if (t->used == t->room) {
        uint32_t room = t->room == 0 ? ROOM_LEAST : t->room + t->room / 2;
        struct inner_entry *more = realloc(t->entries, room * sizeof *more);
        if (more == NULL)
            return 0;
        t->entries = more;
        t->room = room;
    }
    if (t->used >= t->buckets_n)
        more_buckets(t);
    return ++t->used;
}

static void add(struct inner *t, uint32_t owner, unsigned worker, bool later,
                const struct ik_ts *local, const struct ik_ts *remote)
{
    if (local->family != remote->family)
        return;
    uint32_t number = take_entry(t);
    if (number == 0)
        return;
    struct inner_entry *e = &t->entries[number - 1];
    *e = (struct inner_entry){.family = local->family,
                              .local_bits = (uint8_t)rough(t, common_bits(local)),
                              .remote_bits = (uint8_t)rough(t, common_bits(remote)),
                              .worker = (uint8_t)worker,
                              .later = later,
                              .owner = owner,
                              .sibling = t->first[owner]};
    mask(e->local, local->lo, e->local_bits);
    mask(e->remote, remote->lo, e->remote_bits);
    t->first[owner] = number;
    link_entry(t, number);
    add_shape(t, e);
}

static void add_all(struct inner *t, uint32_t owner, unsigned worker, bool later,
                    const struct ik_ts *local, unsigned local_n, const struct ik_ts *remote,
                    unsigned remote_n)
{
    for (unsigned i = 0; i < local_n; i++)
        for (unsigned k = 0; k < remote_n; k++)
            add(t, owner, worker, later, &local[i], &remote[k]);
}

static void unlink_entry(struct inner *t, uint32_t number)
{
    struct inner_entry *e = &t->entries[number - 1];
    uint32_t *at = &t->buckets[hash(e) & (t->buckets_n - 1)];
    while (*at != number)
        at = &t->entries[*at - 1].next;
    *at = e->next;
    remove_shape(t, e);
    e->next = t->free;
    t->free = number;
}

static void remove_all(struct inner *t, uint32_t owner)
{
    for (uint32_t number = t->first[owner], next; number != 0; number = next) {
        next = t->entries[number - 1].sibling;
        unlink_entry(t, number);
    }
    t->first[owner] = 0;
    if (t->claims[owner] == NULL)
        return; /* what was never used takes no memory */
    free(t->claims[owner]);
    t->claims[owner] = NULL;
}

/* ---- who ------------------------------------------------------------------------------------- */

void inner_up(struct inner *t, unsigned worker, uint16_t child, const struct ik_ts *local,
              unsigned local_n, const struct ik_ts *remote, unsigned remote_n)
{
    uint32_t owner = worker * t->children + child;
    (void)pthread_rwlock_wrlock(&t->lock);
    remove_all(t, owner);
    add_all(t, owner, worker, false, local, local_n, remote, remote_n);
    (void)pthread_rwlock_unlock(&t->lock);
}

void inner_down(struct inner *t, unsigned worker, uint16_t child)
{
    (void)pthread_rwlock_wrlock(&t->lock);
    remove_all(t, worker * t->children + child);
    (void)pthread_rwlock_unlock(&t->lock);
}

void inner_wait(struct inner *t, unsigned worker, const struct ik_policy *policy)
{
    (void)pthread_rwlock_wrlock(&t->lock);
    add_all(t, t->workers * t->children, worker, true, policy->ts_local, policy->ts_local_n,
            policy->ts_remote, policy->ts_remote_n);
    (void)pthread_rwlock_unlock(&t->lock);
}

void inner_wait_no_more(struct inner *t)
{
    (void)pthread_rwlock_wrlock(&t->lock);
    remove_all(t, t->workers * t->children);
    (void)pthread_rwlock_unlock(&t->lock);
}

/* ---- claims ---------------------------------------------------------------------------------- */

static bool overlap(const struct ik_ts *a, const struct ik_ts *b)
{
    return a->family == b->family && memcmp(a->lo, b->hi, 16) <= 0 && memcmp(b->lo, a->hi, 16) <= 0;
}

static bool holds(const struct ik_ts *ts, const uint8_t *addr)
{
    return memcmp(ts->lo, addr, 16) <= 0 && memcmp(addr, ts->hi, 16) <= 0;
}

/* Does somebody else have addr, with these local addresses? */
static bool has(const struct inner_claim *has, const struct ik_claim *wants, const uint8_t *addr)
{
    if (has->peer != wants->peer || memcmp(has->peer_id, wants->peer_id, 16) == 0)
        return false;
    for (unsigned i = 0; i < has->local_n; i++)
        for (unsigned k = 0; k < has->remote_n; k++) {
            const struct ik_ts *remote = &has->ts[has->local_n + k];
            if (overlap(&has->ts[i], wants->local) && remote->family == wants->remote->family &&
                holds(remote, addr))
                return true;
        }
    return false;
}

static bool is_claim(const struct inner *t, const struct inner_entry *e, unsigned worker,
                     const struct ik_claim *wants, const uint8_t *addr)
{
    return e->worker != worker && t->claims[e->owner] != NULL &&
           has(t->claims[e->owner], wants, addr);
}

/* Entries of one shape: its bucket tells, where its local addresses are not fewer than those that
 * are wanted; else all are looked at. */
static bool claimed_in(const struct inner *t, const struct inner_shape *s, unsigned worker,
                       const struct ik_claim *wants, const uint8_t *addr)
{
    struct inner_entry key = {
        .family = s->family, .local_bits = s->local, .remote_bits = s->remote};
    mask(key.local, wants->local->lo, s->local);
    mask(key.remote, addr, s->remote);
    if (s->local <= common_bits(wants->local)) {
        uint32_t number = t->buckets[hash(&key) & (t->buckets_n - 1)];
        for (; number != 0; number = t->entries[number - 1].next)
            if (is_claim(t, &t->entries[number - 1], worker, wants, addr))
                return true;
        return false;
    }
    for (size_t i = 0; i < (size_t)t->workers * t->children; i++)
        if (i / t->children != worker && t->claims[i] != NULL && has(t->claims[i], wants, addr))
            return true;
    return false;
}

static bool claimed(const struct inner *t, unsigned worker, const struct ik_claim *wants)
{
    for (unsigned i = 0; i < t->shapes_n; i++)
        if (t->shapes[i].family == wants->remote->family &&
            (claimed_in(t, &t->shapes[i], worker, wants, wants->remote->lo) ||
             claimed_in(t, &t->shapes[i], worker, wants, wants->remote->hi)))
            return true;
    return false;
}

bool inner_claimed(struct inner *t, unsigned worker, const struct ik_claim *claim)
{
    (void)pthread_rwlock_rdlock(&t->lock);
    bool is = claimed(t, worker, claim);
    (void)pthread_rwlock_unlock(&t->lock);
    return is;
}

static void keep_claim(struct inner *t, uint32_t owner, uint16_t peer, const uint8_t *peer_id,
                       const struct ik_export_child *x)
{
    size_t n = (size_t)x->ts_local_n + x->ts_remote_n;
    struct inner_claim *c = malloc(sizeof *c + n * sizeof c->ts[0]);
    if (c == NULL)
        return;
    c->peer = peer;
    c->local_n = x->ts_local_n;
    c->remote_n = x->ts_remote_n;
    memcpy(c->peer_id, peer_id, sizeof c->peer_id);
    memcpy(c->ts, x->ts_local, x->ts_local_n * sizeof c->ts[0]);
    memcpy(c->ts + x->ts_local_n, x->ts_remote, x->ts_remote_n * sizeof c->ts[0]);
    free(t->claims[owner]);
    t->claims[owner] = c;
}

bool inner_claim(struct inner *t, unsigned worker, uint16_t child, uint16_t peer,
                 const uint8_t *peer_id, const struct ik_export_child *x)
{
    bool late = false;
    (void)pthread_rwlock_wrlock(&t->lock);
    for (unsigned i = 0; i < x->ts_local_n; i++)
        for (unsigned k = 0; k < x->ts_remote_n; k++) {
            const struct ik_claim wants = {peer, peer_id, &x->ts_local[i], &x->ts_remote[k]};
            late = late || claimed(t, worker, &wants);
        }
    if (late)
        remove_all(t, worker * t->children + child); /* no packet goes there */
    else
        keep_claim(t, worker * t->children + child, peer, peer_id, x);
    (void)pthread_rwlock_unlock(&t->lock);
    return !late;
}

void inner_renumber(struct inner *t, unsigned worker, uint16_t child, uint16_t peer)
{
    struct inner_claim *c = t->claims[worker * t->children + child];
    if (c != NULL)
        c->peer = peer;
}

/* ---- packets --------------------------------------------------------------------------------- */

/* The one in a bucket that has this key: an SA that is up, else what waits for one. */
static const struct inner_entry *find(const struct inner *t, const struct inner_entry *key)
{
    const struct inner_entry *waits = NULL;
    uint32_t number = t->buckets[hash(key) & (t->buckets_n - 1)];
    for (; number != 0; number = t->entries[number - 1].next) {
        const struct inner_entry *e = &t->entries[number - 1];
        if (!same_key(e, key))
            continue;
        if (!e->later)
            return e;
        if (waits == NULL)
            waits = e;
    }
    return waits;
}

unsigned inner_worker(struct inner *t, const uint8_t *packet, size_t len, unsigned self)
{
    uint8_t family = len > 0 ? packet[0] >> 4 : 0, addr_len = family == 4 ? 4 : 16;
    size_t at = family == 4 ? 12 : 8;
    uint8_t local[16] = {0}, remote[16] = {0};
    const struct inner_entry *found = NULL;
    if ((family != 4 && family != 6) || len < at + 2u * addr_len)
        return self;
    memcpy(local, packet + at, addr_len);
    memcpy(remote, packet + at + addr_len, addr_len);
    (void)pthread_rwlock_rdlock(&t->lock);
    for (unsigned i = 0; i < t->shapes_n && found == NULL; i++) {
        const struct inner_shape *s = &t->shapes[i];
        struct inner_entry key = {
            .family = family, .local_bits = s->local, .remote_bits = s->remote};
        if (s->family != family)
            continue;
        mask(key.local, local, s->local);
        mask(key.remote, remote, s->remote);
        found = find(t, &key);
    }
    unsigned worker = found != NULL ? found->worker : self;
    (void)pthread_rwlock_unlock(&t->lock);
    return worker;
}

/* SPDX-License-Identifier: MIT */
/*
 * IKE SAs by what is known of their peer. Each kind is a hash table with chains; its buckets lie in
 * the SAs of the pool, bucket n in slot n, as many as the largest power of two within the pool.
 * Keys are random (SPIi, a digest), addresses, or small numbers of ours; who chooses his SPIi so
 * that many share a bucket fills no more of it than half-open SAs from one address may be
 * (half_open.c).
 */
#include "ike/ike.h"

#if !IK_ONE /* else ike.h */

static uint16_t mask(const struct ik_node *node)
{
    uint16_t m = ik_ike_n(node);
    while ((m & (m - 1u)) != 0) {
        m &= (uint16_t)(m - 1u);
    }
    return (uint16_t)(m - 1u);
}

static uint16_t mix(const uint8_t *p, uint8_t len)
{
    uint16_t h = 0;
    for (uint8_t i = 0; i < len; i++) {
        h = (uint16_t)((unsigned)h * 31u + p[i]);
    }
    return h;
}

static uint16_t hash_spi_i(const struct ik_path *path, const uint8_t *spi_i)
{
    return (uint16_t)(mix(spi_i, IK_SPI_LEN) ^ mix(path->remote.b, sizeof path->remote.b));
}

static uint16_t hash_addr(const struct ik_addr *addr)
{
    return mix(addr->b, sizeof addr->b);
}

static uint16_t hash_id(const uint8_t *peer_id)
{
    return ik_get16(peer_id); /* of a digest */
}

static ik_slot *bucket(const struct ik_node *node, enum ik_index_kind kind, uint16_t hash)
{
    return &ik_ike_at(node, hash & mask(node))->sched.by[kind].bucket;
}

static ik_slot *bucket_of(const struct ik_node *node, const struct ik_ike_sa *sa,
                          enum ik_index_kind kind)
{
    switch (kind) {
    case IK_BY_SPI_I:
        return bucket(node, kind, hash_spi_i(&sa->route.path, sa->spi_i));
    case IK_BY_PEER:
        return bucket(node, kind, sa->peer);
    case IK_BY_ADDR:
        return bucket(node, kind, hash_addr(&sa->route.path.remote));
    default:
        return bucket(node, kind, hash_id(sa->peer_id));
    }
}

void ik_index_put(struct ik_node *node, struct ik_ike_sa *sa, enum ik_index_kind kind)
{
    ik_slot *first = bucket_of(node, sa, kind);
    IK_ASSERT((sa->sched.indexed & (1u << kind)) == 0);
    sa->sched.by[kind].next = *first;
    *first = sa->slot;
    sa->sched.indexed |= (uint8_t)(1u << kind);
}

void ik_index_take(struct ik_node *node, struct ik_ike_sa *sa, enum ik_index_kind kind)
{
    if ((sa->sched.indexed & (1u << kind)) == 0) {
        return;
    }
    ik_slot *at = bucket_of(node, sa, kind);
    while (*at != sa->slot) {
        at = &ik_ike_at(node, *at)->sched.by[kind].next;
    }
    *at = sa->sched.by[kind].next;
    sa->sched.indexed &= (uint8_t) ~(1u << kind);
}

void ik_index_take_all(struct ik_node *node, struct ik_ike_sa *sa)
{
    for (uint8_t kind = 0; kind < IK_INDEX_N; kind++) {
        ik_index_take(node, sa, (enum ik_index_kind)kind);
    }
}

static struct ik_ike_sa *walk(const struct ik_node *node, enum ik_index_kind kind, uint16_t hash,
                              const struct ik_ike_sa *at)
{
    ik_slot slot = at != NULL ? at->sched.by[kind].next : *bucket(node, kind, hash);
    return slot == IK_NO_SLOT ? NULL : ik_ike_at(node, slot);
}

struct ik_ike_sa *ik_index_by_spi_i(const struct ik_node *node, const struct ik_path *path,
                                    const uint8_t *spi_i, const struct ik_ike_sa *at)
{
    return walk(node, IK_BY_SPI_I, hash_spi_i(path, spi_i), at);
}

struct ik_ike_sa *ik_index_by_peer(const struct ik_node *node, uint16_t peer,
                                   const struct ik_ike_sa *at)
{
    return walk(node, IK_BY_PEER, peer, at);
}

struct ik_ike_sa *ik_index_by_id(const struct ik_node *node, const uint8_t *peer_id,
                                 const struct ik_ike_sa *at)
{
    return walk(node, IK_BY_ID, hash_id(peer_id), at);
}

struct ik_ike_sa *ik_index_by_addr(const struct ik_node *node, const struct ik_addr *addr,
                                   const struct ik_ike_sa *at)
{
    return walk(node, IK_BY_ADDR, hash_addr(addr), at);
}

#endif

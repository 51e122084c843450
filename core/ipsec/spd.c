/* SPDX-License-Identifier: MIT */
/*
 * The SPD (RFC 4301 4.4.1): an ordered list; the first entry that takes the packet decides.
 *
 * With an index that the host lent, entries are in a table of buckets by the leading bits that all
 * their local addresses share, and all their remote ones. The two numbers of bits are the shape of
 * an entry; a packet is looked for under each shape that there is, and of all that is found the
 * first entry counts. The cost grows with the number of shapes, not with the number of entries.
 */
#include "ipsec/ipsec.h"
#include "util/util.h"

static bool takes(const struct ik_policy *p, const struct ik_flow *flow, bool outbound)
{
    return ik_ts_match(p->ts_local, p->ts_local_n, p->ts_remote, p->ts_remote_n, flow, outbound);
}

static uint16_t find_in_order(const struct ik_ipsec *ip, const struct ik_flow *flow, bool outbound)
{
    uint16_t i = 0;
    while (i < ik_spd_n(ip) && !takes(ik_spd_at(ip, i), flow, outbound)) {
        i++;
    }
    return i;
}

#if IK_INDEX

#define HASH_BEGIN 2166136261u

static uint32_t hash_of(const struct ik_spd_shape *shape, const uint8_t *local,
                        const uint8_t *remote)
{
    uint32_t hash =
        HASH_BEGIN ^ (uint32_t)shape->local << 16 ^ (uint32_t)shape->remote << 8 ^ shape->family;
    hash = ik_prefix_hash(hash, local, shape->local);
    return ik_prefix_hash(hash, remote, shape->remote);
}

static uint16_t *head_of(const struct ik_ipsec *ip, uint32_t hash)
{
    return &ip->spd[ik_hash_index(hash, ik_power_of_two(ik_spd_n(ip)))].head;
}

/* What tells most entries of a bucket apart. */
static uint16_t tag_of(uint32_t hash)
{
    return (uint16_t)(hash >> 16);
}

/* The shape of an entry that has selectors. */
static struct ik_spd_shape shape_of(const struct ik_policy *p)
{
    struct ik_spd_shape shape;
    uint8_t remote_family;
    shape.local = ik_prefix_of(p->ts_local, p->ts_local_n, &shape.family);
    shape.remote = ik_prefix_of(p->ts_remote, p->ts_remote_n, &remote_family);
    if (shape.family == 0 || shape.family != remote_family) {
        return (struct ik_spd_shape){0};
    }
    return shape;
}

/* The last place is kept for the shape of no bits, which each packet has. */
static bool use_shape(struct ik_ipsec *ip, const struct ik_spd_shape *shape)
{
    for (uint8_t i = 0; i < ip->shapes_n; i++) {
        const struct ik_spd_shape *there = &ip->shapes[i];
        if (there->family == shape->family && there->local == shape->local &&
            there->remote == shape->remote) {
            return true;
        }
    }
    if (ip->shapes_n + (shape->family != 0) >= IK_SHAPES_MAX) {
        return false;
    }
    ip->shapes[ip->shapes_n++] = *shape;
    return true;
}

static void add(struct ik_ipsec *ip, uint16_t policy)
{
    const struct ik_policy *p = ik_spd_at(ip, policy);
    if (p->ts_local_n == 0 || p->ts_remote_n == 0) {
        return;
    }
    struct ik_spd_shape shape = shape_of(p);
    if (!use_shape(ip, &shape)) {
        shape = (struct ik_spd_shape){0};
        (void)use_shape(ip, &shape);
    }
    uint32_t hash = hash_of(&shape, p->ts_local->lo, p->ts_remote->lo);
    uint16_t *head = head_of(ip, hash);
    ip->spd[policy].next = *head;
    ip->spd[policy].tag = tag_of(hash);
    *head = (uint16_t)(policy + 1u);
}

void ik_spd_begin(struct ik_ipsec *ip)
{
    ip->shapes_n = 0;
    if (ip->spd == NULL || ik_spd_n(ip) == 0) {
        return;
    }
    memset(ip->spd, 0, ik_spd_n(ip) * sizeof *ip->spd);
    /* From the last to the first, so that each bucket is in order. */
    for (uint16_t i = ik_spd_n(ip); i > 0; i--) {
        add(ip, (uint16_t)(i - 1u));
    }
}

/* The first entry of a shape that takes the flow, if it comes before `best`; else best. */
static uint16_t find_under(const struct ik_ipsec *ip, const struct ik_spd_shape *shape,
                           const struct ik_flow *flow, bool outbound, uint16_t best)
{
    const uint8_t *local = outbound ? flow->src : flow->dst;
    const uint8_t *remote = outbound ? flow->dst : flow->src;
    uint32_t hash = hash_of(shape, local, remote);
    uint16_t number = *head_of(ip, hash);
    while (number != 0 && number <= best) {
        if (ip->spd[number - 1u].tag == tag_of(hash) &&
            takes(ik_spd_at(ip, (uint16_t)(number - 1u)), flow, outbound)) {
            return (uint16_t)(number - 1u);
        }
        number = ip->spd[number - 1u].next;
    }
    return best;
}

uint16_t ik_spd_find(const struct ik_ipsec *ip, const struct ik_flow *flow, bool outbound)
{
    uint16_t best = ik_spd_n(ip);
    if (ip->shapes_n == 0) {
        return find_in_order(ip, flow, outbound);
    }
    for (uint8_t i = 0; i < ip->shapes_n; i++) {
        const struct ik_spd_shape *shape = &ip->shapes[i];
        if (shape->family == 0 || shape->family == flow->family) {
            best = find_under(ip, shape, flow, outbound, best);
        }
    }
    return best;
}

#else

void ik_spd_begin(struct ik_ipsec *ip)
{
    (void)ip;
}

uint16_t ik_spd_find(const struct ik_ipsec *ip, const struct ik_flow *flow, bool outbound)
{
    return find_in_order(ip, flow, outbound);
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The SAD (RFC 4301 4.4.2), outbound: which Child SA of a policy sends a packet.
 *
 * SAs that send are in a table of buckets, whose heads and links are in the pool itself. The key is
 * the policy and the leading bits that all remote addresses of the SA share; a packet is looked for
 * under each number of bits that is in use, the largest first. So what is found first has the
 * fewest remote addresses, and the cost does not grow with the number of SAs.
 */
#include "ipsec/ipsec.h"
#include "util/util.h"

#if IK_INDEX

#define HASH_BEGIN 2166136261u

/* The bucket of a policy and of so many leading bits of an address. */
static uint16_t bucket_of(const struct ik_ipsec *ip, uint16_t policy, const uint8_t *addr,
                          uint8_t bits)
{
    uint32_t hash = (HASH_BEGIN ^ policy) * 16777619u ^ (uint32_t)bits << 16;
    return ik_hash_index(ik_prefix_hash(hash, addr, bits), ik_power_of_two(ip->sas_n));
}

static uint8_t *lengths_of(struct ik_ipsec *ip, uint8_t family, uint8_t **n)
{
    *n = &ip->lengths_n[family == 6];
    return ip->lengths[family == 6];
}

/*
 * The number of bits under which SAs with so many are: as many, if the table of lengths has room or
 * has it already, or else fewer. Lengths stand there in falling order, and stay for ever; 0 always
 * fits.
 */
static uint8_t use_length(struct ik_ipsec *ip, uint8_t family, uint8_t bits)
{
    uint8_t *n, at = 0;
    uint8_t *lengths = lengths_of(ip, family, &n);
    while (at < *n && lengths[at] > bits) {
        at++;
    }
    if (at < *n && lengths[at] == bits) {
        return bits;
    }
    /* The last place is kept for 0. */
    if (*n + (bits > 0) >= IK_LENGTHS_MAX && at < *n) {
        return lengths[at];
    }
    if (*n + (bits > 0) >= IK_LENGTHS_MAX) {
        return use_length(ip, family, 0);
    }
    memmove(&lengths[at + 1], &lengths[at], (size_t)(*n - at));
    lengths[at] = bits;
    (*n)++;
    return bits;
}

static void link_sa(struct ik_ipsec *ip, struct ik_child_sa *sa)
{
    uint8_t n, family;
    const struct ik_ts *remote = ik_child_ts_remote(ip, sa, &n);
    uint8_t bits = ik_prefix_of(remote, n, &family);
    if (family == 0) {
        /* Found by packets of either family. */
        (void)use_length(ip, 6, 0);
        family = 4;
    }
    sa->bits = use_length(ip, family, bits);
    uint16_t *head = &ip->sas[bucket_of(ip, sa->policy, remote->lo, sa->bits)].bucket;
    sa->next = *head;
    *head = (uint16_t)(sa->slot + 1u);
    sa->linked = true;
}

static void unlink_sa(struct ik_ipsec *ip, struct ik_child_sa *sa)
{
    uint8_t n;
    const struct ik_ts *remote = ik_child_ts_remote(ip, sa, &n);
    uint16_t *at = &ip->sas[bucket_of(ip, sa->policy, remote->lo, sa->bits)].bucket;
    while (*at != sa->slot + 1u) {
        IK_ASSERT(*at != 0);
        at = &ip->sas[*at - 1u].next;
    }
    *at = sa->next;
    sa->next = 0;
    sa->linked = false;
}

static struct ik_child_sa *find_under(const struct ik_ipsec *ip, uint16_t policy, uint8_t bits,
                                      const struct ik_flow *flow)
{
    uint16_t number = ip->sas[bucket_of(ip, policy, flow->dst, bits)].bucket;
    while (number != 0) {
        struct ik_child_sa *sa = &ip->sas[number - 1u];
        /* The policy takes the flow: so does an SA that has the policy's selectors. */
        if (sa->policy == policy && sa->bits == bits &&
            (sa->whole || ik_child_takes(ip, sa, flow, true))) {
            return sa;
        }
        number = sa->next;
    }
    return NULL;
}

struct ik_child_sa *ik_child_for(const struct ik_ipsec *ip, uint16_t policy,
                                 const struct ik_flow *flow)
{
    bool v6 = flow->family == 6;
    for (uint8_t i = 0; i < ip->lengths_n[v6]; i++) {
        struct ik_child_sa *sa = find_under(ip, policy, ip->lengths[v6][i], flow);
        if (sa != NULL) {
            return sa;
        }
    }
    return NULL;
}

/* Is there a packet for that address which both the pair and the SA take? */
static bool meets(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                  const struct ik_ts *local, const struct ik_ts *remote, const uint8_t *addr)
{
    uint8_t local_n, remote_n;
    const struct ik_ts *own = ik_child_ts_local(ip, sa, &local_n);
    const struct ik_ts *theirs = ik_child_ts_remote(ip, sa, &remote_n);
    struct ik_ts at = *remote, here, there;
    memcpy(at.lo, addr, sizeof at.lo);
    memcpy(at.hi, addr, sizeof at.hi);
    for (uint16_t i = 0; i < (uint16_t)local_n * remote_n; i++) {
        if (ik_ts_intersect(&own[i / remote_n], local, &here) &&
            ik_ts_intersect(&theirs[i % remote_n], &at, &there) && ik_ts_pair_good(&here, &there)) {
            return true;
        }
    }
    return false;
}

struct ik_child_sa *ik_child_holding(const struct ik_ipsec *ip, uint16_t policy,
                                     const struct ik_ts *local, const struct ik_ts *remote,
                                     const uint8_t *addr, const struct ik_child_sa *at)
{
    bool v6 = remote->family == 6;
    for (uint8_t i = 0; i < ip->lengths_n[v6]; i++) {
        uint8_t bits = ip->lengths[v6][i];
        if (at != NULL && bits > at->bits) {
            continue; /* lengths fall */
        }
        bool first = at == NULL || bits != at->bits;
        uint16_t number = first ? ip->sas[bucket_of(ip, policy, addr, bits)].bucket : at->next;
        for (; number != 0; number = ip->sas[number - 1u].next) {
            struct ik_child_sa *sa = &ip->sas[number - 1u];
            if (sa->policy == policy && sa->bits == bits && meets(ip, sa, local, remote, addr)) {
                return sa;
            }
        }
    }
    return NULL;
}

void ik_child_up(struct ik_ipsec *ip, struct ik_child_sa *sa)
{
    sa->state = IK_CHILD_UP;
    if (!sa->linked) {
        link_sa(ip, sa);
    }
}

void ik_child_retire(struct ik_ipsec *ip, struct ik_child_sa *sa, enum ik_child_state state)
{
    if (sa->linked) {
        unlink_sa(ip, sa);
    }
    sa->state = (uint8_t)state;
}

#else

struct ik_child_sa *ik_child_for(const struct ik_ipsec *ip, uint16_t policy,
                                 const struct ik_flow *flow)
{
    struct ik_child_sa *sa = ik_child_at(ip, 0);
    return sa->state == IK_CHILD_UP && sa->policy == policy && ik_child_takes(ip, sa, flow, true)
               ? sa
               : NULL;
}

void ik_child_up(struct ik_ipsec *ip, struct ik_child_sa *sa)
{
    (void)ip;
    sa->state = IK_CHILD_UP;
}

void ik_child_retire(struct ik_ipsec *ip, struct ik_child_sa *sa, enum ik_child_state state)
{
    (void)ip;
    sa->state = (uint8_t)state;
}

#endif

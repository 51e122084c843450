/* SPDX-License-Identifier: MIT */
/*
 * Traffic selectors (RFC 7296 3.13.1, RFC 4301 4.4.1.1): ranges of addresses and ports.
 *
 *     ANY     0 to 65535   takes every packet, with ports or without
 *     OPAQUE  65535 to 0   takes only packets whose ports can't be seen: later fragments, and
 *                          protocols that have none
 *     other   lo to hi     takes only packets whose port lies within
 */
#include <limits.h>

#include "ipsec/ipsec.h"
#include "util/util.h"

static bool any_ports(const struct ik_ts *ts)
{
    return ts->port_lo == 0 && ts->port_hi == 0xffff;
}

static bool opaque_ports(const struct ik_ts *ts)
{
    return ts->port_lo == 0xffff && ts->port_hi == 0;
}

static uint8_t addr_len(uint8_t family)
{
    return ik_is_v4(family) ? 4 : 16;
}

/* Four octets at once where a machine has registers for them. */
static uint32_t word_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* a <= b as numbers; addresses are no secrets. */
static bool addr_le(const uint8_t *a, const uint8_t *b, uint8_t len)
{
    for (uint8_t i = 0; UINT_MAX > 0xffffu && i < len; i = (uint8_t)(i + 4u)) {
        uint32_t x = word_at(a + i), y = word_at(b + i);
        if (x != y) {
            return x < y;
        }
    }
    for (uint8_t i = 0; UINT_MAX == 0xffffu && i < len; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i];
        }
    }
    return true;
}

/* RFC 7296 3.13.1: for a protocol that has no ports, protocol 0 included, all are allowed, or (RFC
 * 4301 4.4.1.1) none can be seen. */
static bool ports_good(const struct ik_ts *ts)
{
    if (any_ports(ts) || opaque_ports(ts)) {
        return true;
    }
    return ts->port_lo <= ts->port_hi && ik_ports_len(ts->proto) > 0;
}

bool ik_ts_good(const struct ik_ts *ts)
{
    return (ik_is_v4(ts->family) || ts->family == 6) &&
           addr_le(ts->lo, ts->hi, addr_len(ts->family)) && ports_good(ts);
}

/* RFC 4301 4.4.1.3: ICMP and the Mobility Header have one selector, not two; the end that sends the
 * packet is the one whose selector speaks of it. */
static bool one_selector(uint8_t proto)
{
    return proto == IK_IP_ICMP || proto == IK_IP_ICMPV6 || proto == IK_IP_MOBILITY;
}

/* Ports that are seen at one end are seen at the other. */
static bool ports_fit(const struct ik_ts *a, const struct ik_ts *b)
{
    if (one_selector(a->proto) || one_selector(b->proto)) {
        return true;
    }
    bool a_seen = !any_ports(a) && !opaque_ports(a), b_seen = !any_ports(b) && !opaque_ports(b);
    return !(a_seen && opaque_ports(b)) && !(b_seen && opaque_ports(a));
}

bool ik_ts_pair_good(const struct ik_ts *local, const struct ik_ts *remote)
{
    return ik_ts_good(local) && ik_ts_good(remote) && local->family == remote->family &&
           (local->proto == 0 || remote->proto == 0 || local->proto == remote->proto) &&
           ports_fit(local, remote);
}

/* Keeps those of a that have a partner among b; answers how many. */
static uint8_t keep_paired(struct ik_ts *a, uint8_t a_n, const struct ik_ts *b, uint8_t b_n)
{
    uint8_t n = 0;
    for (uint8_t i = 0; i < a_n; i++) {
        uint8_t j = 0;
        while (j < b_n && !ik_ts_pair_good(&a[i], &b[j])) {
            j++;
        }
        if (j < b_n) {
            a[n++] = a[i];
        }
    }
    return n;
}

bool ik_ts_pairs(struct ik_ts *local, uint8_t *local_n, struct ik_ts *remote, uint8_t *remote_n)
{
    *local_n = keep_paired(local, *local_n, remote, *remote_n);
    *remote_n = keep_paired(remote, *remote_n, local, *local_n);
    return *local_n > 0;
}

static bool takes_port(const struct ik_ts *ts, const struct ik_flow *flow, bool src)
{
    if (any_ports(ts)) {
        return true;
    }
    if (!src && one_selector(flow->proto)) {
        return true;
    }
    if (!flow->ports) {
        return opaque_ports(ts);
    }
    uint16_t port = src ? flow->src_port : flow->dst_port;
    return ts->port_lo <= port && port <= ts->port_hi;
}

static bool takes(const struct ik_ts *ts, const struct ik_flow *flow, bool src)
{
    const uint8_t *addr = src ? flow->src : flow->dst;
    uint8_t len = addr_len(flow->family);
    return ts->family == flow->family && (ts->proto == 0 || ts->proto == flow->proto) &&
           addr_le(ts->lo, addr, len) && addr_le(addr, ts->hi, len) && takes_port(ts, flow, src);
}

static bool one_takes(const struct ik_ts *ts, uint8_t n, const struct ik_flow *flow, bool src)
{
    uint8_t i = 0;
    do {
        if (takes(&ts[i], flow, src)) {
            return true;
        }
        i++;
    } while (i < IK_TS_MAX && i < n);
    return false;
}

bool ik_ts_match(const struct ik_ts *local, uint8_t local_n, const struct ik_ts *remote,
                 uint8_t remote_n, const struct ik_flow *flow, bool outbound)
{
    return one_takes(local, local_n, flow, outbound) &&
           one_takes(remote, remote_n, flow, !outbound);
}

static bool ports_within(const struct ik_ts *a, const struct ik_ts *b)
{
    if (a->port_lo <= a->port_hi) {
        return b->port_lo <= a->port_lo && a->port_hi <= b->port_hi;
    }
    return opaque_ports(a) && (any_ports(b) || opaque_ports(b));
}

#if IK_PACKET_TS
/* One end of the packet and, of one selector where it takes the packet, nothing else. ICMP and the
 * Mobility Header are asked for with all their types: one asks, another answers. */
static bool narrow_to(const struct ik_ts *ts, const struct ik_flow *flow, bool src,
                      struct ik_ts *out)
{
    const uint8_t *addr = src ? flow->src : flow->dst;
    struct ik_ts own = {.family = flow->family, .proto = flow->proto, .port_hi = 0xffff};
    if (!takes(ts, flow, src)) {
        return false;
    }
    memcpy(own.lo, addr, addr_len(flow->family));
    memcpy(own.hi, addr, addr_len(flow->family));
    if (flow->ports && !one_selector(flow->proto)) {
        own.port_lo = own.port_hi = src ? flow->src_port : flow->dst_port;
    }
    return ik_ts_intersect(&own, ts, out);
}

bool ik_ts_of_flow(const struct ik_policy *policy, const struct ik_flow *flow, struct ik_ts *local,
                   struct ik_ts *remote)
{
    uint8_t i = 0, j = 0;
    while (i < policy->ts_local_n && !narrow_to(&policy->ts_local[i], flow, true, local)) {
        i++;
    }
    while (j < policy->ts_remote_n && !narrow_to(&policy->ts_remote[j], flow, false, remote)) {
        j++;
    }
    return i < policy->ts_local_n && j < policy->ts_remote_n && ik_ts_pair_good(local, remote);
}
#endif

/* b takes something; what takes no packet is not within it. */
bool ik_ts_within(const struct ik_ts *a, const struct ik_ts *b)
{
    uint8_t len = addr_len(a->family);
    return a->family == b->family && (b->proto == 0 || a->proto == b->proto) &&
           addr_le(b->lo, a->lo, len) && addr_le(a->lo, a->hi, len) && addr_le(a->hi, b->hi, len) &&
           ports_within(a, b);
}

#if !IK_LINKED
bool ik_ts_all_within(const struct ik_ts *ts, uint8_t n, const struct ik_ts *in, uint8_t in_n)
{
    for (uint8_t i = 0; i < n; i++) {
        uint8_t j = 0;
        while (j < in_n && !ik_ts_within(&ts[i], &in[j])) {
            j++;
        }
        if (j == in_n) {
            return false;
        }
    }
    return true;
}
#endif

/* The ports that both take, in *out; false if none. */
static bool common_ports(const struct ik_ts *a, const struct ik_ts *b, struct ik_ts *out)
{
    const struct ik_ts *narrow = any_ports(a) ? b : a;
    out->port_lo = narrow->port_lo;
    out->port_hi = narrow->port_hi;
    if (any_ports(a) || any_ports(b)) {
        return true;
    }
    if (opaque_ports(a) || opaque_ports(b)) {
        return opaque_ports(a) && opaque_ports(b);
    }
    out->port_lo = a->port_lo > b->port_lo ? a->port_lo : b->port_lo;
    out->port_hi = a->port_hi < b->port_hi ? a->port_hi : b->port_hi;
    return out->port_lo <= out->port_hi;
}

bool ik_ts_intersect(const struct ik_ts *a, const struct ik_ts *b, struct ik_ts *out)
{
    if (!ik_ts_good(a) || !ik_ts_good(b) || a->family != b->family) {
        return false;
    }
    if (a->proto != 0 && b->proto != 0 && a->proto != b->proto) {
        return false;
    }
    uint8_t len = addr_len(a->family);
    struct ik_ts both;
    memset(&both, 0, sizeof both);
    both.family = a->family;
    both.proto = a->proto != 0 ? a->proto : b->proto;
    memcpy(both.lo, addr_le(a->lo, b->lo, len) ? b->lo : a->lo, len);
    memcpy(both.hi, addr_le(a->hi, b->hi, len) ? a->hi : b->hi, len);
    if (!addr_le(both.lo, both.hi, len) || !common_ports(a, b, &both) || !ik_ts_good(&both)) {
        return false;
    }
    *out = both;
    return true;
}

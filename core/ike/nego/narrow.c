/* SPDX-License-Identifier: MIT */
/* Traffic selectors: narrowing (RFC 7296 2.9) and their addresses behind NAT (2.23.1). */
#include "ike/nego/nego.h"

/* 2.23.1: in transport mode through a NAT the one address of a selector is replaced by the one that
 * this side sees. */
static void substitute(struct ik_ts *ts, const struct ik_addr *instead)
{
    uint8_t len = ik_is_v4(ts->family) ? 4 : 16;
    if (instead == NULL || instead->family != ts->family || !ik_ct_eq(ts->lo, ts->hi, len)) {
        return;
    }
    memcpy(ts->lo, instead->b, len);
    memcpy(ts->hi, instead->b, len);
}

/* Adds ts unless it is within one that is there; those within it go. */
static void add(struct ik_ts_set *set, const struct ik_ts *ts)
{
    uint8_t n = 0;
    for (uint8_t i = 0; i < set->n; i++) {
        if (ik_ts_within(ts, &set->ts[i])) {
            return;
        }
    }
    for (uint8_t i = 0; i < set->n; i++) {
        if (!ik_ts_within(&set->ts[i], ts)) {
            set->ts[n++] = set->ts[i];
        }
    }
    set->n = n;
    if (set->n < IK_TS_MAX) {
        set->ts[set->n++] = *ts;
    }
}

bool ik_ts_narrow(const struct ik_ts *policy, uint8_t policy_n, const struct ik_span *offer,
                  struct ik_ts_set *out, const struct ik_addr *instead)
{
    struct ik_ts ts, common;
    uint16_t at = 0;
    out->n = 0;
    /* What does not fit any more is left out: the answer may be any subset that has the first. */
    while (at < offer->len && ik_ts_next(offer, &at, &ts) == IK_OK) {
        if (ts.family == 0) {
            continue;
        }
        substitute(&ts, instead);
        for (uint8_t i = 0; i < policy_n; i++) {
            if (ik_ts_intersect(&ts, &policy[i], &common)) {
                add(out, &common);
            }
        }
    }
    return out->n > 0;
}

bool ik_ts_at(struct ik_ts_set *set, const struct ik_addr *addr)
{
    const struct ik_ts_set all = *set;
    if (addr->family == 0) {
        return set->n > 0;
    }
    set->n = 0;
    for (uint8_t i = 0; i < all.n; i++) {
        struct ik_ts there = all.ts[i], common;
        memcpy(there.lo, addr->b, sizeof there.lo);
        memcpy(there.hi, addr->b, sizeof there.hi);
        if (there.family == addr->family && ik_ts_intersect(&all.ts[i], &there, &common)) {
            add(set, &common);
        }
    }
    return set->n > 0;
}

/* policy_n is at least 1. */
static bool within_any(const struct ik_ts *ts, const struct ik_ts *policy, uint8_t policy_n)
{
    uint8_t i = 0;
    do {
        if (ik_ts_within(ts, &policy[i])) {
            return true;
        }
        i++;
    } while (i < IK_TS_MAX && i < policy_n);
    return false;
}

#if IK_PACKET_TS
bool ik_ts_has(const struct ik_ts_set *set, const struct ik_ts *ts)
{
    return within_any(ts, set->ts, set->n);
}
#endif

bool ik_ts_first(const struct ik_span *offer, const struct ik_addr *instead, struct ik_ts *out)
{
    uint16_t at = 0;
    if (ik_ts_next(offer, &at, out) != IK_OK || out->family == 0) {
        return false;
    }
    substitute(out, instead);
    return true;
}

bool ik_ts_has_first(const struct ik_ts_set *set, const struct ik_span *offer,
                     const struct ik_addr *instead)
{
    struct ik_ts first;
    return ik_ts_first(offer, instead, &first) && within_any(&first, set->ts, set->n);
}

#if IK_PACKET_TS
bool ik_ts_first_specific(const struct ik_span *offer)
{
    struct ik_ts first, later;
    uint16_t at = 0;
    bool found = false;
    if (ik_ts_next(offer, &at, &first) != IK_OK || first.family == 0) {
        return false;
    }
    while (!found && at < offer->len && ik_ts_next(offer, &at, &later) == IK_OK) {
        found = later.family != 0 && ik_ts_within(&first, &later);
    }
    return found;
}
#endif

bool ik_ts_accept(const struct ik_ts *policy, uint8_t policy_n, const struct ik_span *answer,
                  struct ik_ts_set *out, const struct ik_addr *instead)
{
    struct ik_ts ts;
    uint16_t at = 0;
    uint8_t n = answer->p[0];
    out->n = 0;
    while (at < answer->len) {
        if (n-- == 0 || ik_ts_next(answer, &at, &ts) != IK_OK) {
            return false;
        }
        substitute(&ts, instead);
        if (!within_any(&ts, policy, policy_n)) {
            return false;
        }
        add(out, &ts);
    }
    return out->n > 0 && n == 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * What a Child SA consists of (RFC 4301 4.4.2.1): selectors, keys, replay window, limits. One pair
 * of selectors, the usual keys and 64 packets of replay window are in the SA itself; selectors that
 * are the policy's own are there already; the rest is lent.
 */
#include "ipsec/ipsec.h"
#include "util/util.h"
#include "crypto/crypto.h"

#define WINDOW_OWN 64
#define WINDOW_LEAST 32

/* ---- selectors ------------------------------------------------------------------------------- */

#if IK_MORE || IK_REKEY
static bool same_ts(const struct ik_ts *a, uint8_t a_n, const struct ik_ts *b, uint8_t b_n)
{
    return a_n == b_n && ik_ct_eq(a, b, a_n * sizeof *a);
}
#endif

#if IK_MORE
static struct ik_child_more *more_of(const struct ik_ipsec *ip, const struct ik_child_sa *sa)
{
    return sa->more == 0 ? NULL : &ip->more[sa->more - 1u];
}

/* The lent part of the SA, taken now if it had none; NULL if there is none to take. */
static struct ik_child_more *take_more(struct ik_ipsec *ip, struct ik_child_sa *sa)
{
    if (sa->more == 0) {
        sa->more = ik_lent_take(&ip->more_pool, ip->more, sizeof *ip->more);
        if (sa->more != 0) {
            memset(more_of(ip, sa), 0, sizeof *ip->more);
        }
    }
    return more_of(ip, sa);
}

static bool is_policy(const struct ik_policy *p, const struct ik_ts *local, uint8_t local_n,
                      const struct ik_ts *remote, uint8_t remote_n)
{
    return same_ts(local, local_n, p->ts_local, p->ts_local_n) &&
           same_ts(remote, remote_n, p->ts_remote, p->ts_remote_n);
}

/* More than a pair, and not what the policy has. */
static bool keep_all(struct ik_ipsec *ip, struct ik_child_sa *sa, const struct ik_ts *local,
                     uint8_t local_n, const struct ik_ts *remote, uint8_t remote_n)
{
    struct ik_child_more *more = take_more(ip, sa);
    if (more == NULL) {
        return false;
    }
    more->ts_local_n = local_n;
    more->ts_remote_n = remote_n;
    memcpy(more->ts_local, local, local_n * sizeof *local);
    memcpy(more->ts_remote, remote, remote_n * sizeof *remote);
    return true;
}
#endif

bool ik_child_ts_set(struct ik_ipsec *ip, struct ik_child_sa *sa, const struct ik_ts *local,
                     uint8_t local_n, const struct ik_ts *remote, uint8_t remote_n)
{
    (void)ip;
    uint16_t at = 0;
    while (!ik_ts_pair_good(&local[at / remote_n], &remote[at % remote_n])) {
        at++;
        if (at == (uint16_t)local_n * remote_n) {
            return false;
        }
    }
#if IK_MORE
    sa->whole = sa->policy < ik_spd_n(ip) &&
                is_policy(ik_spd_at(ip, sa->policy), local, local_n, remote, remote_n);
    sa->own_ts = sa->whole && local_n + remote_n > 2;
    if (sa->own_ts ||
        (local_n + remote_n > 2 && keep_all(ip, sa, local, local_n, remote, remote_n))) {
        return true;
    }
#endif
    sa->ts[0] = local[at / remote_n];
    sa->ts[1] = remote[at % remote_n];
    return true;
}

bool ik_child_ts_keep(struct ik_ipsec *ip, struct ik_child_sa *sa)
{
    (void)ip;
    sa->whole = false;
    if (!sa->own_ts) {
        return true;
    }
#if IK_MORE
    const struct ik_policy *p = ik_spd_at(ip, sa->policy);
    struct ik_child_more *more = take_more(ip, sa);
    if (more == NULL) {
        return false;
    }
    more->ts_local_n = p->ts_local_n;
    more->ts_remote_n = p->ts_remote_n;
    memcpy(more->ts_local, p->ts_local, p->ts_local_n * sizeof *p->ts_local);
    memcpy(more->ts_remote, p->ts_remote, p->ts_remote_n * sizeof *p->ts_remote);
    sa->own_ts = false;
#endif
    return true;
}

const struct ik_ts *ik_child_ts_local(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                                      uint8_t *n)
{
    (void)ip;
#if IK_MORE
    const struct ik_child_more *more = more_of(ip, sa);
    if (sa->own_ts) {
        *n = ik_spd_at(ip, sa->policy)->ts_local_n;
        return ik_spd_at(ip, sa->policy)->ts_local;
    }
    if (more != NULL && more->ts_local_n > 0) {
        *n = more->ts_local_n;
        return more->ts_local;
    }
#endif
    *n = 1;
    return &sa->ts[0];
}

const struct ik_ts *ik_child_ts_remote(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                                       uint8_t *n)
{
    (void)ip;
#if IK_MORE
    const struct ik_child_more *more = more_of(ip, sa);
    if (sa->own_ts) {
        *n = ik_spd_at(ip, sa->policy)->ts_remote_n;
        return ik_spd_at(ip, sa->policy)->ts_remote;
    }
    if (more != NULL && more->ts_remote_n > 0) {
        *n = more->ts_remote_n;
        return more->ts_remote;
    }
#endif
    *n = 1;
    return &sa->ts[1];
}

bool ik_child_takes(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                    const struct ik_flow *flow, bool outbound)
{
    uint8_t local_n, remote_n;
    const struct ik_ts *local = ik_child_ts_local(ip, sa, &local_n);
    const struct ik_ts *remote = ik_child_ts_remote(ip, sa, &remote_n);
    return ik_ts_match(local, local_n, remote, remote_n, flow, outbound);
}

#if !IK_LINKED
bool ik_child_within(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                     const struct ik_ts *local, uint8_t local_n, const struct ik_ts *remote,
                     uint8_t remote_n)
{
    uint8_t own_n, theirs_n;
    const struct ik_ts *own = ik_child_ts_local(ip, sa, &own_n);
    const struct ik_ts *theirs = ik_child_ts_remote(ip, sa, &theirs_n);
    return ik_ts_all_within(own, own_n, local, local_n) &&
           ik_ts_all_within(theirs, theirs_n, remote, remote_n);
}
#endif

#if IK_REKEY
bool ik_child_has_ts(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                     const struct ik_ts *local, uint8_t local_n, const struct ik_ts *remote,
                     uint8_t remote_n)
{
    uint8_t own_n, theirs_n;
    const struct ik_ts *own = ik_child_ts_local(ip, sa, &own_n);
    const struct ik_ts *theirs = ik_child_ts_remote(ip, sa, &theirs_n);
    return same_ts(own, own_n, local, local_n) && same_ts(theirs, theirs_n, remote, remote_n);
}

/* The selectors of a side; of one that is not agreed yet, what it asks for first, or else all that
 * its policy takes. */
static const struct ik_ts *wanted(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                                  bool local, uint8_t *n)
{
    bool larval = sa->state == IK_CHILD_LARVAL && sa->initiator;
#if IK_PACKET_TS
    larval = larval && !sa->first;
#endif
    if (larval) {
        const struct ik_policy *p = ik_spd_at(ip, sa->policy);
        *n = local ? p->ts_local_n : p->ts_remote_n;
        return local ? p->ts_local : p->ts_remote;
    }
    return local ? ik_child_ts_local(ip, sa, n) : ik_child_ts_remote(ip, sa, n);
}

static bool meets(const struct ik_ipsec *ip, const struct ik_child_sa *a,
                  const struct ik_child_sa *b, bool local)
{
    struct ik_ts common;
    uint8_t a_n, b_n;
    const struct ik_ts *ta = wanted(ip, a, local, &a_n), *tb = wanted(ip, b, local, &b_n);
    uint16_t i = 0;
    while (i < (uint16_t)a_n * b_n && !ik_ts_intersect(&ta[i / b_n], &tb[i % b_n], &common)) {
        i++;
    }
    return i < (uint16_t)a_n * b_n;
}

bool ik_child_meets(const struct ik_ipsec *ip, const struct ik_child_sa *a,
                    const struct ik_child_sa *b)
{
    return a->policy == b->policy && meets(ip, a, b, true) && meets(ip, a, b, false);
}
#endif

#if IK_PACKET_TS
void ik_child_ask_first(struct ik_child_sa *child, const struct ik_ts *pair)
{
    if (pair != NULL) {
        child->ts[0] = pair[0];
        child->ts[1] = pair[1];
        child->first = true;
    }
}

const struct ik_ts *ik_child_pair(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                                  struct ik_ts *pair)
{
    uint8_t local_n, remote_n;
    const struct ik_ts *local = ik_child_ts_local(ip, sa, &local_n);
    const struct ik_ts *remote = ik_child_ts_remote(ip, sa, &remote_n);
    for (uint16_t i = 0; !sa->whole && i < (uint16_t)local_n * remote_n; i++) {
        pair[0] = local[i / remote_n];
        pair[1] = remote[i % remote_n];
        if (ik_ts_pair_good(&pair[0], &pair[1])) {
            return pair;
        }
    }
    return NULL;
}
#endif

/* ---- keys ------------------------------------------------------------------------------------ */

#if IK_ESP_KEYS_MAX > IK_ESP_KEYS_OWN
static bool keys_lent(const struct ik_child_sa *sa)
{
    return ik_encr_key_len(ik_child_encr(sa)) + ik_integ_key_len(ik_child_integ(sa)) >
           IK_ESP_KEYS_OWN;
}
#endif

bool ik_child_suite_set(struct ik_ipsec *ip, struct ik_child_sa *sa, const struct ik_encr *encr,
                        const struct ik_integ *integ)
{
    (void)ip;
#if IK_LINKED
    (void)sa, (void)encr, (void)integ; /* the only ones */
#else
    sa->encr = encr;
    sa->integ = integ;
#endif
#if IK_ESP_KEYS_MAX > IK_ESP_KEYS_OWN
    return !keys_lent(sa) || take_more(ip, sa) != NULL;
#else
    return true;
#endif
}

static const uint8_t *keys_of(const struct ik_ipsec *ip, const struct ik_child_sa *sa, bool out)
{
    (void)ip;
#if IK_ESP_KEYS_MAX > IK_ESP_KEYS_OWN
    if (keys_lent(sa)) {
        return more_of(ip, sa)->keys[out];
    }
#endif
    return sa->keys[out];
}

uint8_t *ik_child_keys(const struct ik_ipsec *ip, struct ik_child_sa *sa, bool out)
{
    return (uint8_t *)keys_of(ip, sa, out);
}

/* The key itself. */
static struct ik_seal_key raw_key(const struct ik_ipsec *ip, const struct ik_child_sa *sa, bool out)
{
    const uint8_t *keys = keys_of(ip, sa, out);
    return (struct ik_seal_key){
        .encr = ik_child_encr(sa),
        .integ = ik_child_integ(sa),
        .encr_key = keys,
        .integ_key = keys + ik_encr_key_len(ik_child_encr(sa)),
    };
}

#if IK_PREPARE
/* With what was, or is to be, prepared of it. */
static struct ik_seal_key prepared_key(const struct ik_ipsec *ip, const struct ik_child_sa *sa,
                                       bool out)
{
    struct ik_seal_key key = raw_key(ip, sa, out);
    struct ik_prepared *p = &ip->prepared[sa->prepared - 1u];
    if (sa->encr->ctx_len > 0) {
        key.encr_ctx = p->encr[out].room;
    }
    if (sa->integ != NULL && sa->integ->mac->ctx_len > 0) {
        key.mac_ctx = p->mac[out].room;
    }
    return key;
}

void ik_child_prepare(struct ik_env *env, struct ik_ipsec *ip, struct ik_child_sa *sa)
{
    sa->prepared = ik_lent_take(&ip->prepared_pool, ip->prepared, sizeof *ip->prepared);
    if (sa->prepared != 0) {
        for (unsigned out = 0; out < 2; out++) {
            struct ik_seal_key key = prepared_key(ip, sa, out != 0);
            ik_seal_prepare(env, &key, (int)out);
        }
    }
}

void ik_child_unprepare(struct ik_ipsec *ip, struct ik_child_sa *sa)
{
    if (sa->prepared != 0) {
        for (unsigned out = 0; out < 2; out++) {
            struct ik_seal_key key = prepared_key(ip, sa, out != 0);
            ik_seal_release(&key);
        }
        ik_lent_give(&ip->prepared_pool, ip->prepared, sizeof *ip->prepared, sa->prepared);
        sa->prepared = 0;
    }
}
#endif

struct ik_seal_key ik_child_key(const struct ik_ipsec *ip, const struct ik_child_sa *sa, bool out)
{
#if IK_PREPARE
    if (sa->prepared != 0) {
        return prepared_key(ip, sa, out);
    }
#endif
    return raw_key(ip, sa, out);
}

#if IK_PREPARE
/* An SA at rest takes none of what there is room for. */
struct ik_seal_key ik_child_packet_key(struct ik_env *env, struct ik_ipsec *ip,
                                       struct ik_child_sa *sa, bool out)
{
    if (sa->prepared == 0) {
        ik_child_prepare(env, ip, sa);
    }
    return ik_child_key(ip, sa, out);
}
#endif

/* ---- replay window --------------------------------------------------------------------------- */

static uint16_t window_size(uint16_t packets)
{
    uint16_t size = WINDOW_LEAST;
    while (size < packets && size < IK_REPLAY_MAX) {
        size = (uint16_t)(size * 2u);
    }
    return size;
}

void ik_child_window(struct ik_ipsec *ip, struct ik_child_sa *sa, uint16_t packets)
{
    (void)ip;
    uint16_t size = packets == 0 ? WINDOW_OWN : window_size(packets);
#if IK_REPLAY_MAX > 64
    if (size > WINDOW_OWN && ip->window_packets > WINDOW_OWN && sa->replay.window == 0) {
        sa->replay.window = ik_lent_take(&ip->windows_pool, ip->windows, ip->window_packets / 8u);
    }
    if (sa->replay.window != 0) {
        uint16_t most = ik_power_of_two(ip->window_packets);
        size = size < most ? size : most;
        ik_replay_init(&sa->replay, size, ik_replay_bits(ip, sa));
        return;
    }
#endif
    ik_replay_init(&sa->replay, size < WINDOW_OWN ? size : WINDOW_OWN, sa->replay.bits);
}

uint8_t *ik_replay_bits(const struct ik_ipsec *ip, struct ik_child_sa *sa)
{
    (void)ip;
#if IK_REPLAY_MAX > 64
    if (sa->replay.window != 0) {
        return ip->windows + (sa->replay.window - 1u) * (size_t)(ip->window_packets / 8u);
    }
#endif
    return sa->replay.bits;
}

/* ---- limits ---------------------------------------------------------------------------------- */

#if IK_ACCOUNT
static struct ik_esp_limit limit_of(uint64_t octets, uint64_t packets)
{
    return (struct ik_esp_limit){octets != 0 ? octets : UINT64_MAX,
                                 packets != 0 ? packets : UINT64_MAX};
}

struct ik_esp_limit ik_child_hard_limit(const struct ik_ipsec *ip, const struct ik_child_sa *sa)
{
#if IK_REKEY
    if (sa->policy < ik_spd_n(ip)) {
        const struct ik_policy *p = ik_spd_at(ip, sa->policy);
        return limit_of(p->life_octets, p->life_packets);
    }
#endif
    (void)ip, (void)sa;
    return limit_of(0, 0);
}

#if IK_REKEY
void ik_child_limit(const struct ik_ipsec *ip, struct ik_child_sa *sa)
{
    const struct ik_policy *p = ik_spd_at(ip, sa->policy);
    struct ik_esp_limit soft = limit_of(p->rekey_octets, p->rekey_packets);
    struct ik_esp_limit hard = ik_child_hard_limit(ip, sa);
    sa->limit.octets = soft.octets < hard.octets ? soft.octets : hard.octets;
    sa->limit.packets = soft.packets < hard.packets ? soft.packets : hard.packets;
}
#endif
#endif

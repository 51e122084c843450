/* SPDX-License-Identifier: MIT */
/*
 * The SAD (RFC 4301 4.4.2), inbound: the pool of Child SAs. An SPI of ours says which shard of the
 * host has the SA, and which slot of its pool; all other bits are random:
 *
 *     | shard | random | slot |         a pool of one has no bits for the slot: 32 random ones
 *
 * So look-up is one comparison, no two SAs share an SPI, and a packet for the former SA of a slot
 * does not reach its present one but by chance. SPIs of SAs that are made by hand are as somebody
 * wrote them down: these few are looked at one after the other.
 */
#include "ipsec/ipsec.h"
#include "util/util.h"
#include "crypto/crypto.h"

/* RFC 4303 2.1: 1 to 255 are reserved by IANA, 0 is local. */
#define SPI_LEAST 256

static uint32_t draw_spi(struct ik_env *env, const struct ik_ipsec *ip, uint16_t slot)
{
    uint8_t octets[4];
    ik_drbg_bytes(env, octets, sizeof octets);
    uint32_t spi = ik_get32(octets);
    uint8_t rest = 32; /* bits that are not the shard's */
#if !IK_ONE
    spi = (spi >> ip->slot_bits << ip->slot_bits) | slot;
    rest = (uint8_t)(rest - ip->shard_bits);
    if (ip->shard_bits > 0) {
        spi = (spi & ((UINT32_C(1) << rest) - 1u)) | (uint32_t)ip->shard << rest;
    }
#else
    (void)ip, (void)slot;
#endif
    /* The highest of the random bits. */
    return spi < SPI_LEAST ? spi | UINT32_C(1) << (rest - 1u) : spi;
}

#if !IK_ONE
/* The number of a free slot, 0 if there is none: those never used, then the one that has been free
 * for longest. */
static uint16_t take_slot(struct ik_ipsec *ip)
{
    if (ip->fresh < ip->sas_n) {
        return ++ip->fresh;
    }
    uint16_t number = ip->free_first;
    if (number != 0) {
        ip->free_first = ik_child_at(ip, (uint16_t)(number - 1u))->next;
    }
    return number;
}

static void give_slot(struct ik_ipsec *ip, uint16_t slot)
{
    uint16_t number = (uint16_t)(slot + 1u);
    if (ip->free_first == 0) {
        ip->free_first = number;
    } else {
        ik_child_at(ip, (uint16_t)(ip->free_last - 1u))->next = number;
    }
    ip->free_last = number;
}
#endif

/* Zeros, but for what its slot has of the pool. */
static void clear(struct ik_child_sa *sa)
{
#if IK_INDEX
    uint16_t bucket = sa->bucket;
#endif
    ik_wipe(sa, sizeof *sa);
#if IK_INDEX
    sa->bucket = bucket;
#endif
}

#if IK_MANUAL
static struct ik_child_sa *find_manual(const struct ik_ipsec *ip, uint32_t spi)
{
    uint16_t left = ip->manual_n;
    for (uint16_t i = 0; left > 0; i++) {
        struct ik_child_sa *sa = ik_child_at(ip, i);
        if (sa->state != IK_CHILD_FREE && ik_child_manual(sa)) {
            if (sa->in.spi == spi && ik_child_receives(sa)) {
                return sa;
            }
            left--;
        }
    }
    return NULL;
}
#endif

static bool is_manual(const struct ik_ipsec *ip, uint32_t spi)
{
#if IK_MANUAL
    return find_manual(ip, spi) != NULL;
#else
    (void)ip, (void)spi;
    return false;
#endif
}

struct ik_child_sa *ik_sad_alloc(struct ik_env *env, struct ik_ipsec *ip)
{
#if IK_ONE
    uint16_t slot = 0;
    if (ik_child_at(ip, 0)->state != IK_CHILD_FREE) {
        return NULL;
    }
#else
    uint16_t number = take_slot(ip);
    if (number == 0) {
        return NULL;
    }
    uint16_t slot = (uint16_t)(number - 1u);
#endif
    struct ik_child_sa *sa = ik_child_at(ip, slot);
    clear(sa);
#if !IK_ONE
    sa->slot = slot;
#endif
    sa->state = IK_CHILD_LARVAL;
    do {
        sa->in.spi = draw_spi(env, ip, slot);
    } while (is_manual(ip, sa->in.spi));
    ik_child_sent(env, sa);
    ik_child_heard(env, sa);
#if IK_ACCOUNT
    memset(&sa->limit, 0xff, sizeof sa->limit);
#endif
    ik_child_window(ip, sa, 0);
    return sa;
}

#if IK_REKEY
bool ik_sad_has(const struct ik_ipsec *ip, uint16_t n)
{
#if IK_ONE
    return n == 0 || (n == 1 && ik_child_at(ip, 0)->state == IK_CHILD_FREE);
#else
    uint16_t found = (uint16_t)(ip->sas_n - ip->fresh);
    for (uint16_t at = ip->free_first; at != 0 && found < n; found++) {
        at = ik_child_at(ip, (uint16_t)(at - 1u))->next;
    }
    return found >= n;
#endif
}
#endif

static struct ik_child_sa *find_in_slot(const struct ik_ipsec *ip, uint32_t spi)
{
#if IK_ONE
    uint16_t slot = 0;
#else
    uint16_t slot = (uint16_t)(spi & ((UINT32_C(1) << ip->slot_bits) - 1u));
    if (slot >= ik_child_n(ip)) {
        return NULL;
    }
#endif
    struct ik_child_sa *sa = ik_child_at(ip, slot);
    return ik_child_receives(sa) && sa->in.spi == spi ? sa : NULL;
}

struct ik_child_sa *ik_sad_find(const struct ik_ipsec *ip, uint32_t spi)
{
    struct ik_child_sa *sa = find_in_slot(ip, spi);
#if IK_MANUAL
    if (sa == NULL) {
        sa = find_manual(ip, spi);
    }
#endif
    return sa;
}

#if IK_MANUAL
struct ik_child_sa *ik_sad_alloc_manual(struct ik_env *env, struct ik_ipsec *ip, uint32_t spi)
{
    if (spi < SPI_LEAST || ik_sad_find(ip, spi) != NULL) {
        return NULL;
    }
    struct ik_child_sa *sa = ik_sad_alloc(env, ip);
    if (sa != NULL) {
        sa->ike = IK_NO_SLOT;
        sa->in.spi = spi;
        ip->manual_n++;
    }
    return sa;
}
#endif

/* What it had been lent is given back, and its keys with that. */
static void give_back(struct ik_ipsec *ip, struct ik_child_sa *sa)
{
    if (sa->state == IK_CHILD_UP) {
        ik_child_retire(ip, sa, IK_CHILD_OLD);
    }
#if IK_PREPARE
    ik_child_unprepare(ip, sa);
#endif
#if IK_MORE
    if (sa->more != 0) {
        ik_lent_give(&ip->more_pool, ip->more, sizeof *ip->more, sa->more);
    }
#endif
#if IK_REPLAY_MAX > 64
    if (sa->replay.window != 0) {
        ik_lent_give(&ip->windows_pool, ip->windows, ip->window_packets / 8u, sa->replay.window);
    }
#endif
    (void)ip;
}

void ik_sad_end(struct ik_ipsec *ip, struct ik_child_sa *sa)
{
    give_back(ip, sa);
    struct ik_child_sa was = *sa;
    clear(sa);
    sa->state = IK_CHILD_ENDED;
    sa->policy = was.policy;
    sa->ike = was.ike;
    sa->events = was.events;
    sa->reason = was.reason;
    sa->notify = was.notify;
    sa->sibling = was.sibling;
    sa->in.spi = was.in.spi;
    sa->out.spi = was.out.spi;
#if !IK_ONE
    sa->slot = was.slot;
#endif
    ik_wipe(&was, sizeof was);
}

void ik_child_wipe(struct ik_ipsec *ip, struct ik_child_sa *sa)
{
    if (sa->state == IK_CHILD_FREE) {
        return;
    }
#if IK_MANUAL
    ip->manual_n = (uint16_t)(ip->manual_n - (ik_child_manual(sa) ? 1u : 0u));
#endif
    give_back(ip, sa);
    /* All of it: selectors and addresses of a dead SA are nobody's business either. */
#if IK_ONE
    clear(sa);
#else
    uint16_t slot = sa->slot;
    clear(sa);
    sa->slot = slot;
    give_slot(ip, slot);
#endif
}

#if !IK_ONE
/* So many bits hold each slot of the pool. */
static uint8_t bits_for(uint16_t n)
{
    uint8_t bits = 0;
    while (bits < 16 && (UINT32_C(1) << bits) < n) {
        bits++;
    }
    return bits;
}
#endif

void ik_ipsec_begin(struct ik_ipsec *ip)
{
    ik_wipe(ik_child_at(ip, 0), ik_child_n(ip) * sizeof(struct ik_child_sa));
#if !IK_ONE
    ip->slot_bits = bits_for(ik_child_n(ip));
#endif
}

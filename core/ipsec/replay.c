/* SPDX-License-Identifier: MIT */
/*
 * RFC 4303 3.4.3 with 32-bit sequence numbers. They never wrap within an SA (3.3.3), so numbers
 * compare as they are, and a difference is taken only where its sign is known:
 *
 *            last - size        last
 *     ---------|==================|------------->  seq
 *       too old   seen? ask bits     new
 */
#include "ipsec/ipsec.h"
#include "util/util.h"

#define REPLAY_DEFAULT 64

void ik_replay_init(struct ik_replay *r, uint16_t size)
{
    if (size == 0) {
        size = REPLAY_DEFAULT;
    }
    if (size > IK_REPLAY_MAX) {
        size = IK_REPLAY_MAX;
    }
    memset(r, 0, sizeof *r);
    r->size = (uint16_t)((size + 31u) / 32u * 32u);
}

static uint16_t place_of(const struct ik_replay *r, uint32_t seq)
{
    return (uint16_t)(seq % r->size);
}

static uint8_t mask_of(uint16_t place)
{
    return (uint8_t)(1u << (place % 8u));
}

bool ik_replay_check(const struct ik_replay *r, uint32_t seq)
{
    if (seq > r->last) {
        return true;
    }
    /* 3.3.3: the first packet has 1. */
    if (seq == 0 || r->last - seq >= r->size) {
        return false;
    }
    uint16_t place = place_of(r, seq);
    return (r->bits[place / 8u] & mask_of(place)) == 0;
}

/* Forgets what the window leaves behind as its right edge moves from last to seq. */
static void advance(struct ik_replay *r, uint32_t seq)
{
    if (seq - r->last >= r->size) {
        memset(r->bits, 0, sizeof r->bits);
        return;
    }
    uint16_t place = place_of(r, r->last);
    for (uint16_t steps = (uint16_t)(seq - r->last); steps > 0; steps--) {
        place = (uint16_t)(place + 1u == r->size ? 0 : place + 1u);
        r->bits[place / 8u] &= (uint8_t)~mask_of(place);
    }
}

void ik_replay_mark(struct ik_replay *r, uint32_t seq)
{
    if (seq > r->last) {
        advance(r, seq);
        r->last = seq;
    }
    uint16_t place = place_of(r, seq);
    r->bits[place / 8u] |= mask_of(place);
}

/* SPDX-License-Identifier: MIT */
/*
 * RFC 4303 3.4.3. Sequence numbers never wrap within an SA (3.3.3), so they compare as they are,
 * and a difference is taken only where its sign is known:
 *
 *            last - size        last
 *     ---------|==================|------------->  seq
 *       too old   seen? ask bits     new
 */
#include "ipsec/ipsec.h"
#include "util/util.h"

void ik_replay_init(struct ik_replay *r, uint16_t size, uint8_t *bits)
{
    r->last = 0;
    r->size = size;
    memset(bits, 0, size / 8u);
}

static uint16_t place_of(const struct ik_replay *r, ik_seq seq)
{
    return (uint16_t)(seq & (r->size - 1u));
}

static uint8_t mask_of(uint16_t place)
{
    return (uint8_t)(1u << (place % 8u));
}

bool ik_replay_check(const struct ik_replay *r, const uint8_t *bits, ik_seq seq)
{
    if (seq > r->last) {
        return true;
    }
    /* 3.3.3: the first packet has 1. */
    if (seq == 0 || r->last - seq >= r->size) {
        return false;
    }
    uint16_t place = place_of(r, seq);
    return (bits[place / 8u] & mask_of(place)) == 0;
}

/* Forgets what the window leaves behind as its right edge moves from last to seq. */
static void advance(const struct ik_replay *r, uint8_t *bits, ik_seq seq)
{
    if (seq - r->last >= r->size) {
        memset(bits, 0, r->size / 8u);
        return;
    }
    uint16_t place = place_of(r, r->last);
    for (uint16_t steps = (uint16_t)(seq - r->last); steps > 0; steps--) {
        place = (uint16_t)((place + 1u) & (r->size - 1u));
        bits[place / 8u] &= (uint8_t)~mask_of(place);
    }
}

void ik_replay_mark(struct ik_replay *r, uint8_t *bits, ik_seq seq)
{
    if (seq > r->last) {
        advance(r, bits, seq);
        r->last = seq;
    }
    uint16_t place = place_of(r, seq);
    bits[place / 8u] |= mask_of(place);
}

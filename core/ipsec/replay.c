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

static uint32_t *word_of(struct ik_replay *r, uint32_t seq)
{
    return &r->bits[(uint16_t)(seq % r->size) / 32u];
}

/* size is a multiple of 32, so the bit within the word is that of seq itself. */
static uint32_t bit_of(uint32_t seq)
{
    return (uint32_t)1 << (seq % 32u);
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
    return (r->bits[(uint16_t)(seq % r->size) / 32u] & bit_of(seq)) == 0;
}

/* Forgets what the window leaves behind as its right edge moves from last to seq. */
static void advance(struct ik_replay *r, uint32_t seq)
{
    uint32_t at = r->last;
    if (seq - at >= r->size) {
        memset(r->bits, 0, sizeof r->bits);
        return;
    }
    while (at != seq) {
        at++;
        if (at % 32u == 0 && seq - at >= 31u) {
            *word_of(r, at) = 0;
            at += 31u;
        } else {
            *word_of(r, at) &= ~bit_of(at);
        }
    }
}

void ik_replay_mark(struct ik_replay *r, uint32_t seq)
{
    if (seq > r->last) {
        advance(r, seq);
        r->last = seq;
    }
    *word_of(r, seq) |= bit_of(seq);
}

/* SPDX-License-Identifier: MIT */
/*
 * Two copies of struct store in two segments of information memory; the newer intact one counts. A
 * start is counted by clearing a bit behind it, which needs no erasing; when all are cleared, the
 * other copy is written with as many starts more, so that a failure of power in between leaves a
 * good one. Both are read where they lie.
 */
#include <string.h>

#include "board/target.h"

_Static_assert(sizeof(struct store) <= 128, "a store fits one segment");

#define CRC_AT offsetof(struct store, crc)

static bool good(const struct store *s, uint16_t magic)
{
    return s->magic == magic && s->crc == crc16(s, CRC_AT);
}

/* Each word is written once: flash takes no second time. */
static void renew(struct store *to, const struct store *from)
{
    irq_off();
    part_flash_open(to);
    memcpy(to, from, offsetof(struct store, boots));
    to->boots = from->boots + STORE_TALLY_BITS;
    memcpy(to->local, from->local, CRC_AT - offsetof(struct store, local));
    to->crc = crc16(to, CRC_AT);
    memset(to->tally, 0xff, sizeof to->tally);
    __asm__ volatile("" ::: "memory"); /* all is written before the segment is closed */
    part_flash_close();
    irq_on();
}

/* Answers how many starts have been counted behind the copy, with this one; 0: there is no bit
 * left. */
static uint16_t count(struct store *s)
{
    uint16_t before = 0;

    for (uint8_t i = 0; i < sizeof s->tally / sizeof s->tally[0]; i++) {
        volatile uint16_t *word = &s->tally[i];
        uint16_t left = *word;

        if (left != 0) {
            irq_off();
            part_flash_open(NULL);
            *word = left & (left - 1);
            part_flash_close();
            irq_on();
            for (left = (uint16_t) ~*word; left != 0; left &= left - 1) {
                before++;
            }
            return before;
        }
        before += 16;
    }
    return 0;
}

/* Counts that differ by less than half of what the lower word holds. */
static bool newer(const struct store *a, const struct store *b)
{
    return (int16_t)((uint16_t)a->boots - (uint16_t)b->boots) > 0;
}

uint32_t store_boots;

const struct store *store_open(uint16_t magic)
{
    struct store *newest = (struct store *)STORE_A, *other = (struct store *)STORE_B;
    uint16_t counted;

    if (!good(newest, magic) || (good(other, magic) && newer(other, newest))) {
        newest = other;
        other = (struct store *)STORE_A;
    }
    if (!good(newest, magic)) {
        return NULL;
    }
    counted = count(newest);
    if (counted == 0) {
        renew(other, newest);
        newest = good(other, magic) ? other : newest; /* a worn segment takes nothing any more */
        counted = count(newest);
    }
    store_boots = newest->boots + counted;
    return newest;
}

uint16_t store_magic(void)
{
    return ((const struct store *)STORE_A)->magic;
}

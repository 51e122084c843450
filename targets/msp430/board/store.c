/* SPDX-License-Identifier: MIT */
/*
 * Two copies of struct store in two segments of information memory. The newer intact one counts;
 * with each start the other one is overwritten with boots one higher, so that a failure of power in
 * between leaves a good copy. Both are read where they lie.
 */
#include <string.h>

#include "board/target.h"

_Static_assert(sizeof(struct store) <= 128, "a store fits one segment");

#if defined(BOARD_MSP430F1611)

/* SLAU049F 5.3: erase, then write words; the CPU waits meanwhile. */
static void open_segment(struct store *to)
{
    REG16(WDTCTL) = WDT_HOLD;
    REG16(FCTL2) = FLASH_CLOCK;
    REG16(FCTL3) = FLASH_KEY;
    REG16(FCTL1) = FLASH_KEY | 0x02;
    REG16(to) = 0;
    REG16(FCTL1) = FLASH_KEY | 0x40;
}

static void close_segment(void)
{
    REG16(FCTL1) = FLASH_KEY;
    REG16(FCTL3) = FLASH_KEY | 0x10;
    REG16(WDTCTL) = WDT_ARM;
}

#else

static void open_segment(struct store *to)
{
    (void)to;
}

static void close_segment(void)
{
}

#endif

#define CRC_AT offsetof(struct store, crc)

static bool good(const struct store *s)
{
    return s->magic == STORE_MAGIC && s->crc == crc16(s, CRC_AT);
}

/* Each word is written once: flash takes no second time. */
static void renew(struct store *to, const struct store *from)
{
    irq_off();
    open_segment(to);
    memcpy(to, from, offsetof(struct store, boots));
    to->boots = from->boots + 1;
    memcpy(to->local, from->local, CRC_AT - offsetof(struct store, local));
    to->crc = crc16(to, CRC_AT);
    __asm__ volatile("" ::: "memory"); /* all is written before the segment is closed */
    close_segment();
    irq_on();
}

/* Counts that differ by less than half of what the lower word holds. */
static bool newer(const struct store *a, const struct store *b)
{
    return (int16_t)((uint16_t)a->boots - (uint16_t)b->boots) > 0;
}

const struct store *store_open(void)
{
    struct store *newest = (struct store *)STORE_A, *other = (struct store *)STORE_B;

    if (!good(newest) || (good(other) && newer(other, newest))) {
        newest = other;
        other = (struct store *)STORE_A;
    }
    if (!good(newest)) {
        return NULL;
    }
    renew(other, newest);
    return good(other) ? other : newest; /* a worn segment takes nothing any more */
}

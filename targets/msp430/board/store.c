/* SPDX-License-Identifier: MIT */
/*
 * Two copies of struct store in two segments of information memory. The newer intact one counts;
 * with each start the other one is overwritten with boots one higher, so that a failure of power in
 * between leaves a good copy.
 */
#include <string.h>

#include "board/target.h"

_Static_assert(sizeof(struct store) <= 128, "a store fits one segment");

#if defined(BOARD_MSP430F1611)

/* SLAU049F 5.3: erase, then write words, with interrupts off; the CPU waits meanwhile. */
static void program(uintptr_t at, const struct store *s)
{
    const uint16_t *word = (const uint16_t *)(const void *)s;

    __asm__ volatile("dint\n\tnop" ::: "memory");
    REG16(WDTCTL) = WDT_HOLD;
    REG16(FCTL2) = FLASH_CLOCK;
    REG16(FCTL3) = FLASH_KEY;
    REG16(FCTL1) = FLASH_KEY | 0x02;
    REG16(at) = 0;
    REG16(FCTL1) = FLASH_KEY | 0x40;
    for (uint8_t i = 0; i < sizeof *s / 2; i++) {
        REG16(at + 2u * i) = word[i];
    }
    REG16(FCTL1) = FLASH_KEY;
    REG16(FCTL3) = FLASH_KEY | 0x10;
    REG16(WDTCTL) = WDT_ARM;
    __asm__ volatile("nop\n\teint\n\tnop" ::: "memory");
}

#else

static void program(uintptr_t at, const struct store *s)
{
    memcpy((void *)at, s, sizeof *s);
}

#endif

static bool load(struct store *s, uintptr_t at)
{
    memcpy(s, (const void *)at, sizeof *s);
    return s->magic == STORE_MAGIC && s->id_len <= sizeof s->id &&
           s->peer_id_len <= sizeof s->peer_id && s->psk_len <= sizeof s->psk && s->psk_len > 0 &&
           s->crc == crc16(s, offsetof(struct store, crc));
}

__attribute__((noinline)) bool store_open(struct store *s)
{
    struct store other;
    bool a = load(s, STORE_A);
    bool b = load(&other, STORE_B);
    bool take_b = b && (!a || other.boots > s->boots);

    if (take_b) {
        *s = other;
    }
    memset(&other, 0, sizeof other);
    __asm__ volatile("" ::"r"(&other) : "memory"); /* it held the PSK: the clearing stays */
    if (!a && !b) {
        return false;
    }
    s->boots++;
    s->crc = crc16(s, offsetof(struct store, crc));
    program(take_b ? STORE_A : STORE_B, s);
    return true;
}

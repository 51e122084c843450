/* SPDX-License-Identifier: MIT */
/*
 * Ranges of addresses by the leading bits that all of a range share, for tables that are looked at
 * by an address. A range lies within the prefix that it is found by, and need not fill it.
 */
#include "ipsec/ipsec.h"

static uint8_t addr_bits(uint8_t family)
{
    return family == 4 ? 32 : 128;
}

/* How many leading bits are the same, of at most max. */
static uint8_t shared_bits(const uint8_t *a, const uint8_t *b, uint8_t max)
{
    uint8_t bits = 0;
    while (bits < max && a[bits / 8u] == b[bits / 8u]) {
        bits = (uint8_t)(bits + 8u);
    }
    if (bits >= max) {
        return max;
    }
    uint8_t diff = a[bits / 8u] ^ b[bits / 8u];
    while ((diff & 0x80u) == 0) {
        diff = (uint8_t)(diff << 1);
        bits++;
    }
    return bits < max ? bits : max;
}

uint8_t ik_prefix_of(const struct ik_ts *ts, uint8_t n, uint8_t *family)
{
    uint8_t bits = addr_bits(ts->family);
    *family = ts->family;
    for (uint8_t i = 0; i < n; i++) {
        if (ts[i].family != ts->family) {
            *family = 0;
            return 0;
        }
        bits = shared_bits(ts->lo, ts[i].lo, bits);
        bits = shared_bits(ts->lo, ts[i].hi, bits);
    }
    return bits;
}

/* FNV-1a, over octets: the same on every machine. */
uint32_t ik_prefix_hash(uint32_t hash, const uint8_t *addr, uint8_t bits)
{
    while (bits >= 8) {
        hash = (hash ^ *addr++) * 16777619u;
        bits = (uint8_t)(bits - 8u);
    }
    if (bits > 0) {
        hash = (hash ^ (*addr & (0xff00u >> bits))) * 16777619u;
    }
    return hash;
}

uint16_t ik_power_of_two(uint16_t n)
{
    uint16_t p = 1;
    while (p <= n / 2u) {
        p = (uint16_t)(p * 2u);
    }
    return p;
}

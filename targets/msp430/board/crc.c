/* SPDX-License-Identifier: MIT */
#include "board/target.h"

uint16_t crc16(const void *p, size_t len)
{
    const uint8_t *octet = p;
    uint16_t crc = 0xffff;

    for (; len > 0; len--) {
        uint8_t x = (uint8_t)((crc >> 8) ^ *octet++);

        x = (uint8_t)(x ^ (x >> 4));
        crc = (uint16_t)((crc << 8) ^ ((uint16_t)x << 12) ^ ((uint16_t)x << 5) ^ x);
    }
    return crc;
}

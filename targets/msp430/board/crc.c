/* SPDX-License-Identifier: MIT */
#include "board/crc.h"

uint16_t crc16(const void *p, size_t len)
{
    const uint8_t *octet = p;
    uint16_t crc = 0xffff;

    for (; len > 0; len--) {
        crc ^= (uint16_t)((uint16_t)*octet++ << 8);
        for (uint8_t i = 8; i > 0; i--) {
            crc = (uint16_t)(crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021 : 0);
        }
    }
    return crc;
}

/* SPDX-License-Identifier: MIT */
#ifndef BOARD_CRC_H
#define BOARD_CRC_H

#include <stddef.h>
#include <stdint.h>

/* CRC-16-CCITT (polynomial 0x1021, from 0xffff). */
uint16_t crc16(const void *p, size_t len);

#endif

/* SPDX-License-Identifier: MIT */
/* The pre-shared key: read once, never printed, wiped. */
#ifndef POSIX_PSK_H
#define POSIX_PSK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From file, or if that is NULL from the environment variable IKELET_PSK, which is then taken out
 * of the environment. One line end behind the key is cut off; 0x and pairs of hex digits stand for
 * octets. On error answers false and one line. */
bool psk_read(const char *file, uint8_t **key, size_t *len, char *err, size_t err_len);
void psk_forget(uint8_t *key, size_t len);

#endif

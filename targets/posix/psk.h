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
/* A whole file of at most 65535 octets with keys in it; option: which names it, for the error. */
bool psk_read_file(const char *option, const char *file, uint8_t **text, size_t *len, char *err,
                   size_t err_len);
/* Where it begins with 0x, puts octets in the place of pairs of hex digits. False if it is none. */
bool psk_decode_hex(uint8_t *key, size_t *len);
void psk_forget(uint8_t *key, size_t len);

#endif

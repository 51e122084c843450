/* SPDX-License-Identifier: MIT */
/*
 * AES-128 for CCM as BearSSL's ctrcbc class. Other key lengths they have not.
 *
 * small: without a key schedule, a context of 18 octets, the code a third of br_aes_small's.
 * fast: 178 octets (IK_AES_KEYS_MAX), tables of 2 KB, a fifth of the time.
 */
#ifndef PRIMITIVES_AES_H
#define PRIMITIVES_AES_H

#include <bearssl.h>

/* aes.S */
void ik_aes_encrypt(const unsigned char key[16], unsigned char state[16]);

/* aes_fast.S: the state and the round keys lie at even addresses. ik_xor_16: to ^= from. */
void ik_aes_fast_schedule(const unsigned char key[16], uint16_t round_keys[88]);
void ik_aes_fast_encrypt(const uint16_t round_keys[88], uint16_t state[8]);
void ik_xor_16(unsigned char to[16], const unsigned char from[16]);

extern const br_block_ctrcbc_class small_aes_ctrcbc, fast_aes_ctrcbc;

#endif

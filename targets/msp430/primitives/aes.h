/* SPDX-License-Identifier: MIT */
/*
 * AES-128 for CCM as BearSSL's ctrcbc class, without a key schedule: a context of 18 octets instead
 * of 250, and the code a third of br_aes_small's. Other key lengths it has not.
 */
#ifndef PRIMITIVES_AES_H
#define PRIMITIVES_AES_H

#include <bearssl.h>

/* aes.S */
void ik_aes_encrypt(const unsigned char key[16], unsigned char state[16]);

extern const br_block_ctrcbc_class small_aes_ctrcbc;

#endif

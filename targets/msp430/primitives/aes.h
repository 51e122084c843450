/* SPDX-License-Identifier: MIT */
/*
 * AES for CCM as BearSSL's ctrcbc class, three times as fast as br_aes_small and smaller. Keys are
 * kept within br_aes_gen_ctrcbc_keys.
 */
#ifndef PRIMITIVES_AES_H
#define PRIMITIVES_AES_H

#include <bearssl.h>

/* aes.S */
void ik_aes_encrypt(const unsigned char *round_keys, unsigned char state[16], unsigned char rounds);

extern const br_block_ctrcbc_class small_aes_ctrcbc;

#endif

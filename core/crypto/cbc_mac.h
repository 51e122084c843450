/* SPDX-License-Identifier: MIT */
/* CBC-MAC with AES-128, octet by octet: what AES-XCBC, AES-CMAC and CTR_DRBG are made of. */
#ifndef IK_CRYPTO_CBC_MAC_H
#define IK_CRYPTO_CBC_MAC_H

#include "crypto/sealed.h"

/* sum is what the last block was encrypted to, with `fill` octets of the next one added. A block
 * that is full stays so until more comes, so that whoever ends the sum can mark the last one. */
struct ik_cbc_mac {
    union ik_aes_keys keys;
    uint8_t sum[16];
    uint8_t fill;
};

/* Sets the key; the sum is 0. */
void ik_cbc_mac_begin(struct ik_env *env, struct ik_cbc_mac *m, const uint8_t key[16]);
/* The sum is 0 again, under the same key. */
void ik_cbc_mac_again(struct ik_cbc_mac *m);
void ik_cbc_mac_add(struct ik_env *env, struct ik_cbc_mac *m, const void *data, size_t len);
/* Encrypts the block that is there, what it lacks being zeros: sum is the result. */
void ik_cbc_mac_end(struct ik_env *env, struct ik_cbc_mac *m);

#endif

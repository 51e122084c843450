/* SPDX-License-Identifier: MIT */
#include "crypto/sealed.h"

void ik_aes_begin(union ik_aes_keys *keys, struct ik_env *env, const uint8_t *key, uint8_t key_len)
{
    ik_crypto_of(env)->aes_ctrcbc->init(&keys->vtable, key, key_len);
    ik_aes_charge(env, key_len, 1, 0);
}

#if IK_METER
void ik_aes_charge(struct ik_env *env, uint8_t key_len, size_t setups, size_t blocks)
{
    /* 0, 1, 2: the counters of AES-128, AES-192, AES-256 stand in this order. */
    unsigned size = (key_len - 16u) / 8u;

    ik_charge(env, (enum ik_cost)(IK_COST_AES128_SETUP + size), setups);
    ik_charge(env, (enum ik_cost)(IK_COST_AES128_BLOCK + size), blocks);
}
#endif

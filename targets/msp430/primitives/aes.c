/* SPDX-License-Identifier: MIT */
#include "primitives/aes.h"

#include <stdint.h>
#include <string.h>

#define BLOCK 16

struct keys {
    const br_block_ctrcbc_class *vtable;
    uint8_t key[BLOCK];
};

_Static_assert(sizeof(struct keys) <= IK_AES_KEYS_MAX, "the core's room suffices");

static const struct keys *keys_of(const br_block_ctrcbc_class *const *ctx)
{
    return (const struct keys *)(const void *)ctx;
}

static void init(const br_block_ctrcbc_class **ctx, const void *key, size_t key_len)
{
    struct keys *k = (struct keys *)(void *)ctx;

    (void)key_len;
    k->vtable = &small_aes_ctrcbc;
    memcpy(k->key, key, BLOCK);
}

static void xor_block(uint8_t *to, const uint8_t *from)
{
    for (uint8_t i = 0; i < BLOCK; i++) {
        to[i] ^= from[i];
    }
}

static void ctr(const br_block_ctrcbc_class *const *ctx, void *counter, void *data, size_t len)
{
    const struct keys *k = keys_of(ctx);
    uint8_t *c = counter, *p = data, stream[BLOCK];

    for (; len > 0; len -= BLOCK, p += BLOCK) {
        memcpy(stream, c, BLOCK);
        ik_aes_encrypt(k->key, stream);
        xor_block(p, stream);
        for (uint8_t i = BLOCK; i-- > 0 && ++c[i] == 0;) {
        }
    }
}

static void mac(const br_block_ctrcbc_class *const *ctx, void *sum, const void *data, size_t len)
{
    const struct keys *k = keys_of(ctx);
    const uint8_t *p = data;

    for (; len > 0; len -= BLOCK, p += BLOCK) {
        xor_block(sum, p);
        ik_aes_encrypt(k->key, sum);
    }
}

static void encrypt(const br_block_ctrcbc_class *const *ctx, void *counter, void *sum, void *data,
                    size_t len)
{
    ctr(ctx, counter, data, len);
    mac(ctx, sum, data, len);
}

static void decrypt(const br_block_ctrcbc_class *const *ctx, void *counter, void *sum, void *data,
                    size_t len)
{
    mac(ctx, sum, data, len);
    ctr(ctx, counter, data, len);
}

const br_block_ctrcbc_class small_aes_ctrcbc = {
    .context_size = sizeof(struct keys),
    .block_size = BLOCK,
    .log_block_size = 4,
    .init = init,
    .encrypt = encrypt,
    .decrypt = decrypt,
    .ctr = ctr,
    .mac = mac,
};

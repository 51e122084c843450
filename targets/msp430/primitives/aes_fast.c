/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "primitives/aes.h"

#define BLOCK 16
#define ROUND_KEYS 88 /* words */

struct keys {
    const br_block_ctrcbc_class *vtable;
    uint16_t round_keys[ROUND_KEYS];
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
    k->vtable = &fast_aes_ctrcbc;
    ik_aes_fast_schedule(key, k->round_keys);
}

static void next(uint8_t *counter)
{
    for (uint8_t i = BLOCK; i-- > 0 && ++counter[i] == 0;) {
    }
}

static void ctr(const br_block_ctrcbc_class *const *ctx, void *counter, void *data, size_t len)
{
    const struct keys *k = keys_of(ctx);
    uint16_t stream[BLOCK / 2];
    uint8_t *p = data;

    for (; len > 0; len -= BLOCK, p += BLOCK) {
        memcpy(stream, counter, BLOCK);
        ik_aes_fast_encrypt(k->round_keys, stream);
        ik_xor_16(p, (const uint8_t *)stream);
        next(counter);
    }
}

/* The sum may lie at an odd address. */
static void mac(const br_block_ctrcbc_class *const *ctx, void *sum, const void *data, size_t len)
{
    const struct keys *k = keys_of(ctx);
    uint16_t state[BLOCK / 2];
    const uint8_t *p = data;

    memcpy(state, sum, BLOCK);
    for (; len > 0; len -= BLOCK, p += BLOCK) {
        ik_xor_16((uint8_t *)state, p);
        ik_aes_fast_encrypt(k->round_keys, state);
    }
    memcpy(sum, state, BLOCK);
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

const br_block_ctrcbc_class fast_aes_ctrcbc = {
    .context_size = sizeof(struct keys),
    .block_size = BLOCK,
    .log_block_size = 4,
    .init = init,
    .encrypt = encrypt,
    .decrypt = decrypt,
    .ctr = ctr,
    .mac = mac,
};

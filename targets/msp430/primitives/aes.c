/* SPDX-License-Identifier: MIT */
#include "primitives/aes.h"

#include <stdint.h>
#include <string.h>

#define BLOCK 16

extern const unsigned char br_aes_S[256];

struct keys {
    const br_block_ctrcbc_class *vtable;
    uint8_t rounds;
    uint8_t round_keys[15 * BLOCK];
};

_Static_assert(sizeof(struct keys) <= sizeof(br_aes_gen_ctrcbc_keys), "BearSSL's room suffices");

static const struct keys *keys_of(const br_block_ctrcbc_class *const *ctx)
{
    return (const struct keys *)(const void *)ctx;
}

static void substitute(uint8_t t[4])
{
    for (uint8_t i = 0; i < 4; i++) {
        t[i] = br_aes_S[t[i]];
    }
}

/* FIPS 197 5.2, octet by octet. in_key: where the word stands in its stretch of key_len octets. */
static void expand(uint8_t *w, uint8_t key_len, uint16_t len)
{
    uint8_t in_key = 0, rcon = 1, t[4];

    memcpy(t, w + key_len - 4, 4);
    for (uint16_t at = key_len; at < len; at += 4) {
        if (in_key == 0) {
            uint8_t first = t[0];

            memmove(t, t + 1, 3);
            t[3] = first;
            substitute(t);
            t[0] ^= rcon;
            rcon = (uint8_t)((uint8_t)(rcon << 1) ^ (rcon & 0x80 ? 0x1b : 0));
        } else if (in_key == 16 && key_len == 32) {
            substitute(t);
        }
        for (uint8_t i = 0; i < 4; i++) {
            t[i] ^= w[at - key_len + i];
            w[at + i] = t[i];
        }
        in_key = in_key + 4 == key_len ? 0 : (uint8_t)(in_key + 4);
    }
}

static void init(const br_block_ctrcbc_class **ctx, const void *key, size_t key_len)
{
    struct keys *k = (struct keys *)(void *)ctx;

    k->vtable = &small_aes_ctrcbc;
    k->rounds = (uint8_t)(key_len / 4 + 6);
    memcpy(k->round_keys, key, key_len);
    expand(k->round_keys, (uint8_t)key_len, (uint16_t)((k->rounds + 1) * BLOCK));
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
        ik_aes_encrypt(k->round_keys, stream, k->rounds);
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
        ik_aes_encrypt(k->round_keys, sum, k->rounds);
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

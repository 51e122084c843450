/* SPDX-License-Identifier: MIT */
#include "primitives/sha.h"

#include <string.h>

#define WORDS 16 /* of a block */
#define BLOCK 64
#define LEN_AT 56

/* Lies in a br_sha256_context, or in a union of all contexts. */
struct sha {
    const br_hash_class *vtable;
    void (*compression)(uint32_t *val, uint32_t *block);
    uint32_t val[8]; /* SHA-1: 5 */
    uint32_t count;  /* octets: messages of less than 512 MB */
    union {
        unsigned char octets[BLOCK];
        uint32_t words[WORDS];
    } block;
};

_Static_assert(sizeof(struct sha) <= sizeof(br_sha256_context), "as BearSSL has it");

static void compress(struct sha *s)
{
    ik_sha_swap(s->block.words, WORDS);
    s->compression(s->val, s->block.words);
}

static void update(const br_hash_class **ctx, const void *data, size_t len)
{
    struct sha *s = (struct sha *)(void *)ctx;
    const unsigned char *p = data;

    while (len > 0) {
        uint8_t at = (uint8_t)s->count % BLOCK, n = (uint8_t)(BLOCK - at);
        if (len < n) {
            n = (uint8_t)len;
        }
        memcpy(s->block.octets + at, p, n);
        s->count += n;
        p += n;
        len -= n;
        if (at + n == BLOCK) {
            compress(s);
        }
    }
}

/* FIPS 180-4 5.1.1. The context is spent. */
static void out(const br_hash_class *const *ctx, void *dst)
{
    struct sha *s = (struct sha *)(uintptr_t)ctx;
    uint8_t at = (uint8_t)s->count % BLOCK, words = s->vtable == &small_sha1 ? 5 : 8;

    s->block.octets[at++] = 0x80;
    memset(s->block.octets + at, 0, (size_t)(BLOCK - at));
    if (at > LEN_AT) {
        compress(s);
        memset(s->block.octets, 0, LEN_AT);
    }
    s->block.words[WORDS - 2] = 0;
    s->block.words[WORDS - 1] = s->count << 3;
    ik_sha_swap(s->block.words + WORDS - 1, 1);
    compress(s);
    ik_sha_swap(s->val, words);
    memcpy(dst, s->val, 4 * words);
}

static const uint32_t iv[13] = {/* SHA-1 */
                                0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0,
                                /* SHA-256 */
                                0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* Takes 8 words of either; SHA-1 does not use the last three. */
static struct sha *begin(const br_hash_class **ctx, const br_hash_class *class,
                         const uint32_t *from)
{
    struct sha *s = (struct sha *)(void *)ctx;

    s->vtable = class;
    s->count = 0;
    memcpy(s->val, from, sizeof s->val);
    return s;
}

static void sha1_init(const br_hash_class **ctx)
{
    begin(ctx, &small_sha1, iv)->compression = ik_sha1_block;
}

static void sha256_init(const br_hash_class **ctx)
{
    begin(ctx, &small_sha256, iv + 5)->compression = ik_sha256_block;
}

static void fast_init(const br_hash_class **ctx)
{
    begin(ctx, &fast_sha256, iv + 5)->compression = ik_sha256_fast_block;
}

/* The fast one's state between blocks, as HMAC keeps it; the order of its octets is ours. */
static uint64_t fast_state(const br_hash_class *const *ctx, void *to)
{
    const struct sha *s = (const struct sha *)(const void *)ctx;

    memcpy(to, s->val, sizeof s->val);
    return s->count;
}

static void fast_set_state(const br_hash_class **ctx, const void *from, uint64_t count)
{
    struct sha *s = (struct sha *)(void *)ctx;

    memcpy(s->val, from, sizeof s->val);
    s->count = (uint32_t)count;
}

#define CLASS(id, octets, first, ...)                                                              \
    {                                                                                              \
        .context_size = sizeof(struct sha),                                                        \
        .desc = BR_HASHDESC_ID(id) | BR_HASHDESC_OUT(octets) | BR_HASHDESC_STATE(octets) |         \
                BR_HASHDESC_LBLEN(6) | BR_HASHDESC_MD_PADDING | BR_HASHDESC_MD_PADDING_BE,         \
        .init = first, .update = update, .out = out __VA_ARGS__                                    \
    }

const br_hash_class small_sha1 = CLASS(br_sha1_ID, 20, sha1_init, );
const br_hash_class small_sha256 = CLASS(br_sha256_ID, 32, sha256_init, );
const br_hash_class fast_sha256 =
    CLASS(br_sha256_ID, 32, fast_init, , .state = fast_state, .set_state = fast_set_state);

/* SPDX-License-Identifier: MIT */
#include "primitives/sha.h"

#include <string.h>

#define WORDS 16 /* of a block, and of the message schedule that is kept */

/* What br_sha1_context and br_sha256_context share, and the larger of their states. */
struct sha {
    const br_hash_class *vtable;
    unsigned char buf[64];
    uint64_t count;
    uint32_t val[8];
};

_Static_assert(offsetof(struct sha, val) == offsetof(br_sha1_context, val), "as BearSSL has it");
_Static_assert(sizeof(struct sha) == sizeof(br_sha256_context), "as BearSSL has it");

static uint32_t get32(const unsigned char *p)
{
    return (uint32_t)((uint16_t)((uint16_t)p[0] << 8 | p[1])) << 16 |
           (uint16_t)((uint16_t)p[2] << 8 | p[3]);
}

static void put32(unsigned char *p, uint32_t v)
{
    for (uint8_t i = 4; i-- > 0; v >>= 8) {
        p[i] = (unsigned char)v;
    }
}

static void load(uint32_t *w, const unsigned char *block)
{
    for (uint8_t i = 0; i < WORDS; i++) {
        w[i] = get32(block + 4 * i);
    }
}

/* Out of line: SHA-1 runs four times in a handshake, its size counts more than its time. */
static __attribute__((noinline)) uint32_t left(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

/* ---- SHA-1: 6.1.2, and 6.1.3 for the schedule in 16 words ------------------------------------ */

static uint32_t f1(uint8_t t, uint32_t b, uint32_t c, uint32_t d)
{
    if (t < 20) {
        return (d ^ (b & (c ^ d))) + 0x5a827999;
    }
    if (t < 40) {
        return (b ^ c ^ d) + 0x6ed9eba1;
    }
    if (t < 60) {
        return ((b & c) | (d & (b | c))) + 0x8f1bbcdc;
    }
    return (b ^ c ^ d) + 0xca62c1d6;
}

static void sha1_block(struct sha *s, const unsigned char *block)
{
    uint32_t w[WORDS], v[5], x;

    load(w, block);
    memcpy(v, s->val, sizeof v);
    for (uint8_t t = 0; t < 80; t++) {
        uint32_t *wt = &w[t & 15];

        if (t >= 16) {
            *wt = left(w[(t + 13) & 15] ^ w[(t + 8) & 15] ^ w[(t + 2) & 15] ^ *wt, 1);
        }
        x = left(v[0], 5) + f1(t, v[1], v[2], v[3]) + v[4] + *wt;
        v[1] = left(v[1], 30);
        memmove(v + 1, v, 4 * sizeof *v);
        v[0] = x;
    }
    for (uint8_t i = 0; i < 5; i++) {
        s->val[i] += v[i];
    }
}

/* ---- what both share: blocks, padding (5.1.1), the class --------------------------------------
 */

static void init(struct sha *s, const br_hash_class *class, const uint32_t *iv, uint8_t words)
{
    s->vtable = class;
    s->count = 0;
    memcpy(s->val, iv, words * sizeof *iv);
}

static uint8_t words_of(const struct sha *s)
{
    return s->vtable == &small_sha1 ? 5 : 8;
}

/* p is s->buf of some context, and so at an even address. */
static void block(struct sha *s, const unsigned char *p)
{
    if (s->vtable == &small_sha1) {
        sha1_block(s, p);
    } else {
        ik_sha256_block(s->val, p);
    }
}

static void update(const br_hash_class **ctx, const void *data, size_t len)
{
    struct sha *s = (struct sha *)(void *)ctx;
    const unsigned char *p = data;

    while (len > 0) {
        uint16_t at = (uint16_t)s->count & 63;
        uint16_t n = 64 - at;

        n = len < n ? (uint16_t)len : n;
        memcpy(s->buf + at, p, n);
        s->count += n;
        p += n;
        len -= n;
        if (at + n == 64) {
            block(s, s->buf);
        }
    }
}

static void out(const br_hash_class *const *ctx, void *dst)
{
    struct sha s = *(const struct sha *)(const void *)ctx;
    uint16_t at = (uint16_t)s.count & 63;
    unsigned char *p = dst;

    s.buf[at++] = 0x80;
    if (at > 56) {
        memset(s.buf + at, 0, 64 - at);
        block(&s, s.buf);
        at = 0;
    }
    memset(s.buf + at, 0, 64 - at);
    put32(s.buf + 56, (uint32_t)(s.count >> 29));
    put32(s.buf + 60, (uint32_t)s.count << 3);
    block(&s, s.buf);
    for (uint8_t i = 0; i < words_of(&s); i++) {
        put32(p + 4 * i, s.val[i]);
    }
}

static uint64_t state(const br_hash_class *const *ctx, void *dst)
{
    const struct sha *s = (const struct sha *)(const void *)ctx;
    unsigned char *p = dst;

    for (uint8_t i = 0; i < words_of(s); i++) {
        put32(p + 4 * i, s->val[i]);
    }
    return s->count;
}

static void set_state(const br_hash_class **ctx, const void *from, uint64_t count)
{
    struct sha *s = (struct sha *)(void *)ctx;
    const unsigned char *p = from;

    s->count = count;
    for (uint8_t i = 0; i < words_of(s); i++) {
        s->val[i] = get32(p + 4 * i);
    }
}

static void sha1_init(const br_hash_class **ctx)
{
    static const uint32_t iv[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};

    init((struct sha *)(void *)ctx, &small_sha1, iv, 5);
}

static void sha256_init(const br_hash_class **ctx)
{
    static const uint32_t iv[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    init((struct sha *)(void *)ctx, &small_sha256, iv, 8);
}

#define CLASS(id, type, octets, begin)                                                             \
    {                                                                                              \
        .context_size = sizeof(type),                                                              \
        .desc = BR_HASHDESC_ID(id) | BR_HASHDESC_OUT(octets) | BR_HASHDESC_STATE(octets) |         \
                BR_HASHDESC_LBLEN(6) | BR_HASHDESC_MD_PADDING | BR_HASHDESC_MD_PADDING_BE,         \
        .init = begin, .update = update, .out = out, .state = state, .set_state = set_state        \
    }

const br_hash_class small_sha1 = CLASS(br_sha1_ID, br_sha1_context, 20, sha1_init);
const br_hash_class small_sha256 = CLASS(br_sha256_ID, br_sha256_context, 32, sha256_init);

/* SPDX-License-Identifier: MIT */
/*
 * SHA-1 and SHA-2 by libcrypto's low-level functions, as BearSSL's classes. EVP's digests lie in
 * memory of their own, and are set up at the price of several blocks: an HMAC has four of them.
 * These lie where the core wants them, and use the CPU's instructions for SHA just as well.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "provider.h"

#include <openssl/sha.h>
#include <string.h>

struct hash {
    const br_hash_class *vtable;
    union {
        SHA_CTX sha1;
        SHA256_CTX sha256;
        SHA512_CTX sha512; /* SHA-384, too */
    } c;
};

static struct hash *hash_of(const br_hash_class **ctx)
{
    return (struct hash *)(void *)ctx;
}

static void wipe(void *p, size_t len)
{
    memset(p, 0, len);
    __asm__ volatile("" : : "r"(p) : "memory"); /* somebody reads it, the compiler has to think */
}

/* BearSSL's out() leaves the context as it is, libcrypto's Final() doesn't. */
static struct hash copy_of(const br_hash_class *const *ctx)
{
    struct hash h;

    memcpy(&h, ctx, (*ctx)->context_size);
    return h;
}

/* ---- chaining values: words, as BearSSL's state() gives them and set_state() takes them ------ */

static void put_words32(uint8_t *out, const SHA_LONG *h, unsigned n)
{
    for (unsigned i = 0; i < 4 * n; i++)
        out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static void get_words32(SHA_LONG *h, const uint8_t *in, unsigned n)
{
    memset(h, 0, n * sizeof *h);
    for (unsigned i = 0; i < 4 * n; i++)
        h[i / 4] = h[i / 4] << 8 | in[i];
}

/* libcrypto counts bits in two words. */
static uint64_t octets_of(SHA_LONG low, SHA_LONG high)
{
    return ((uint64_t)high << 32 | low) >> 3;
}

/* ---- SHA-1 ----------------------------------------------------------------------------------- */

static void sha1_init(const br_hash_class **ctx)
{
    *ctx = &openssl_sha1;
    (void)SHA1_Init(&hash_of(ctx)->c.sha1);
}

static void sha1_update(const br_hash_class **ctx, const void *data, size_t len)
{
    (void)SHA1_Update(&hash_of(ctx)->c.sha1, data, len);
}

static void sha1_out(const br_hash_class *const *ctx, void *out)
{
    struct hash h = copy_of(ctx);

    (void)SHA1_Final(out, &h.c.sha1);
    wipe(&h, sizeof h);
}

static uint64_t sha1_state(const br_hash_class *const *ctx, void *out)
{
    struct hash h = copy_of(ctx);
    const SHA_CTX *c = &h.c.sha1;
    const SHA_LONG words[] = {c->h0, c->h1, c->h2, c->h3, c->h4};

    put_words32(out, words, 5);
    return octets_of(c->Nl, c->Nh);
}

static void sha1_set_state(const br_hash_class **ctx, const void *state, uint64_t count)
{
    SHA_CTX *c = &hash_of(ctx)->c.sha1;
    SHA_LONG words[5];

    get_words32(words, state, 5);
    c->h0 = words[0], c->h1 = words[1], c->h2 = words[2], c->h3 = words[3], c->h4 = words[4];
    c->Nl = (SHA_LONG)(count << 3), c->Nh = (SHA_LONG)(count >> 29), c->num = 0;
}

/* ---- SHA-256 --------------------------------------------------------------------------------- */

static void sha256_init(const br_hash_class **ctx)
{
    *ctx = &openssl_sha256;
    (void)SHA256_Init(&hash_of(ctx)->c.sha256);
}

static void sha256_update(const br_hash_class **ctx, const void *data, size_t len)
{
    (void)SHA256_Update(&hash_of(ctx)->c.sha256, data, len);
}

static void sha256_out(const br_hash_class *const *ctx, void *out)
{
    struct hash h = copy_of(ctx);

    (void)SHA256_Final(out, &h.c.sha256);
    wipe(&h, sizeof h);
}

static uint64_t sha256_state(const br_hash_class *const *ctx, void *out)
{
    struct hash h = copy_of(ctx);

    put_words32(out, h.c.sha256.h, 8);
    return octets_of(h.c.sha256.Nl, h.c.sha256.Nh);
}

static void sha256_set_state(const br_hash_class **ctx, const void *state, uint64_t count)
{
    SHA256_CTX *c = &hash_of(ctx)->c.sha256;

    get_words32(c->h, state, 8);
    c->Nl = (SHA_LONG)(count << 3), c->Nh = (SHA_LONG)(count >> 29), c->num = 0;
}

/* ---- SHA-384 and SHA-512, which have words of 64 bits ---------------------------------------- */

static void sha384_init(const br_hash_class **ctx)
{
    *ctx = &openssl_sha384;
    (void)SHA384_Init(&hash_of(ctx)->c.sha512);
}

static void sha512_init(const br_hash_class **ctx)
{
    *ctx = &openssl_sha512;
    (void)SHA512_Init(&hash_of(ctx)->c.sha512);
}

/* Some of libcrypto's code for SHA-512 (AVX2) lays the message out deeper on the stack than the
 * core wipes after a hash. */
#define DEEP 4096
static __attribute__((noinline)) void wipe_below(void)
{
    uint8_t room[DEEP];

    wipe(room, sizeof room);
}

static void sha512_update(const br_hash_class **ctx, const void *data, size_t len)
{
    (void)SHA512_Update(&hash_of(ctx)->c.sha512, data, len);
    wipe_below();
}

/* As many octets as the context was begun for. */
static void sha512_out(const br_hash_class *const *ctx, void *out)
{
    struct hash h = copy_of(ctx);

    (void)SHA512_Final(out, &h.c.sha512);
    wipe_below();
    wipe(&h, sizeof h);
}

static uint64_t sha512_state(const br_hash_class *const *ctx, void *out)
{
    struct hash h = copy_of(ctx);
    const SHA512_CTX *c = &h.c.sha512;
    uint8_t *p = out;

    for (unsigned i = 0; i < 64; i++)
        p[i] = (uint8_t)(c->h[i / 8] >> (56 - 8 * (i % 8)));
    return (uint64_t)(c->Nh << 61 | c->Nl >> 3);
}

static void sha512_set_state(const br_hash_class **ctx, const void *state, uint64_t count)
{
    SHA512_CTX *c = &hash_of(ctx)->c.sha512;
    const uint8_t *p = state;

    memset(c->h, 0, sizeof c->h);
    for (unsigned i = 0; i < 64; i++)
        c->h[i / 8] = c->h[i / 8] << 8 | p[i];
    c->Nl = count << 3, c->Nh = count >> 61, c->num = 0;
}

/* ---- classes --------------------------------------------------------------------------------- */

#define DESC(id, out_len, state_len, block_bits)                                                   \
    (BR_HASHDESC_ID(id) | BR_HASHDESC_OUT(out_len) | BR_HASHDESC_STATE(state_len) |                \
     BR_HASHDESC_LBLEN(block_bits) | BR_HASHDESC_MD_PADDING | BR_HASHDESC_MD_PADDING_BE)
#define CONTEXT(member) (offsetof(struct hash, c) + sizeof(((struct hash *)0)->c.member))

const br_hash_class openssl_sha1 = {.context_size = CONTEXT(sha1),
                                    .desc = DESC(br_sha1_ID, 20, 20, 6),
                                    .init = sha1_init,
                                    .update = sha1_update,
                                    .out = sha1_out,
                                    .state = sha1_state,
                                    .set_state = sha1_set_state};
const br_hash_class openssl_sha256 = {.context_size = CONTEXT(sha256),
                                      .desc = DESC(br_sha256_ID, 32, 32, 6),
                                      .init = sha256_init,
                                      .update = sha256_update,
                                      .out = sha256_out,
                                      .state = sha256_state,
                                      .set_state = sha256_set_state};
const br_hash_class openssl_sha384 = {.context_size = CONTEXT(sha512),
                                      .desc = DESC(br_sha384_ID, 48, 64, 7) |
                                              BR_HASHDESC_MD_PADDING_128,
                                      .init = sha384_init,
                                      .update = sha512_update,
                                      .out = sha512_out,
                                      .state = sha512_state,
                                      .set_state = sha512_set_state};
const br_hash_class openssl_sha512 = {.context_size = CONTEXT(sha512),
                                      .desc = DESC(br_sha512_ID, 64, 64, 7) |
                                              BR_HASHDESC_MD_PADDING_128,
                                      .init = sha512_init,
                                      .update = sha512_update,
                                      .out = sha512_out,
                                      .state = sha512_state,
                                      .set_state = sha512_set_state};

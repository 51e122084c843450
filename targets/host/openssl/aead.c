/* SPDX-License-Identifier: MIT */
/*
 * AES-GCM and ChaCha20-Poly1305 by libcrypto's EVP interface. A key schedule is an EVP_CIPHER_CTX,
 * to which ctx points; EVP_CIPHER_CTX_free wipes it.
 */
#include "provider.h"

#include <openssl/evp.h>
#include <string.h>

#define NONCE_LEN 12

static EVP_CIPHER *gcm_128, *gcm_192, *gcm_256, *chacha;

static EVP_CIPHER *fetched(const char *name)
{
    EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, name, NULL);

    if (c == NULL)
        openssl_failed(name);
    return c;
}

void openssl_aead_init(void)
{
    gcm_128 = fetched("AES-128-GCM");
    gcm_192 = fetched("AES-192-GCM");
    gcm_256 = fetched("AES-256-GCM");
    chacha = fetched("ChaCha20-Poly1305");
}

static const EVP_CIPHER *cipher_of(const struct ik_aead *self, size_t key_len)
{
    if (self == &openssl_chacha20_poly1305)
        return chacha;
    return key_len == 16 ? gcm_128 : key_len == 24 ? gcm_192 : gcm_256;
}

static EVP_CIPHER_CTX *kept(const void *ctx)
{
    EVP_CIPHER_CTX *c;

    memcpy(&c, ctx, sizeof c);
    return c;
}

static void begin(const struct ik_aead *self, void *ctx, const uint8_t *key, size_t key_len)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();

    if (c == NULL || EVP_CipherInit_ex2(c, cipher_of(self, key_len), key, NULL, 1, NULL) != 1)
        openssl_failed("a key schedule");
    memcpy(ctx, &c, sizeof c);
}

static void end(void *ctx)
{
    EVP_CIPHER_CTX_free(kept(ctx));
}

/* Encrypts or decrypts; with text NULL, authenticates only. */
static void update(EVP_CIPHER_CTX *c, uint8_t *text, const uint8_t *in, size_t len)
{
    int done;

    if (len > 0 && EVP_CipherUpdate(c, text, &done, in, (int)len) != 1)
        openssl_failed("a cipher's update");
}

static int finish(EVP_CIPHER_CTX *c, uint8_t *icv, size_t icv_len, int seal)
{
    uint8_t none[16];
    int done;

    if (seal)
        return EVP_CipherFinal_ex(c, none, &done) == 1 &&
               EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, (int)icv_len, icv) == 1;
    return EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, (int)icv_len, icv) == 1 &&
           EVP_CipherFinal_ex(c, none, &done) == 1;
}

static int run(void *ctx, const uint8_t nonce[NONCE_LEN], const struct ik_span *aad, size_t aad_n,
               uint8_t *text, size_t len, uint8_t *icv, size_t icv_len, int seal)
{
    EVP_CIPHER_CTX *c = kept(ctx);

    if (EVP_CipherInit_ex2(c, NULL, NULL, nonce, seal, NULL) != 1)
        openssl_failed("a nonce");
    for (size_t i = 0; i < aad_n; i++)
        update(c, NULL, aad[i].p, aad[i].len);
    update(c, text, text, len);
    int good = finish(c, icv, icv_len, seal);
    if (seal && !good)
        openssl_failed("sealing"); /* nothing may leave in the clear */
    return good;
}

const struct ik_aead openssl_aes_gcm = {.begin = begin, .run = run, .end = end};
const struct ik_aead openssl_chacha20_poly1305 = {.begin = begin, .run = run, .end = end};

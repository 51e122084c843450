/* SPDX-License-Identifier: MIT */
/*
 * What tests of core/crypto share: an env, hexadecimal, and the tables that every known answer
 * is tried with.
 */
#ifndef IK_TESTS_KAT_H
#define IK_TESTS_KAT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "host.h"
#include "provider.h"
#include "util/util.h"

#define KAT_MAX 4096

struct kat_bytes {
    size_t len;
    uint8_t b[KAT_MAX];
};

static inline int kat_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Reads hexadecimal digits; white space between octets is skipped. */
static inline struct kat_bytes kat_hex(const char *hex)
{
    struct kat_bytes out = {.len = 0};

    while (*hex != '\0') {
        if (*hex == ' ' || *hex == '\n') {
            hex++;
            continue;
        }
        cr_assert(kat_digit(hex[0]) >= 0 && kat_digit(hex[1]) >= 0, "not hexadecimal: %s", hex);
        cr_assert_lt(out.len, (size_t)KAT_MAX);
        out.b[out.len++] = (uint8_t)(kat_digit(hex[0]) * 16 + kat_digit(hex[1]));
        hex += 2;
    }
    return out;
}

/* What the 16-bit parts compute: BearSSL's 15-bit arithmetic and its small AES. */
static inline const struct ik_crypto *kat_small(void)
{
    static struct ik_crypto c;

    c = ik_crypto_portable;
    c.aes_cbcenc = &br_aes_small_cbcenc_vtable;
    c.aes_cbcdec = &br_aes_small_cbcdec_vtable;
    c.aes_ctr = &br_aes_small_ctr_vtable;
    c.aes_ctrcbc = &br_aes_small_ctrcbc_vtable;
    c.ghash = br_ghash_ctmul32;
    c.poly1305 = br_poly1305_i15_run;
    c.ec_nist = &br_ec_prime_i15;
    c.ec_x25519 = &br_ec_c25519_i15;
    c.modexp = br_rsa_i15_public;
    return &c;
}

#ifdef IK_OPENSSL
/* All that libcrypto can compute, whatever is faster on this CPU. */
static inline const struct ik_crypto *kat_openssl(void)
{
    static struct ik_crypto c;

    c = *host_crypto_named("openssl");
    c.aes_gcm = &openssl_aes_gcm;
    return &c;
}
#define KAT_TABLES 4
#else
#define kat_openssl() NULL
#define KAT_TABLES 3
#endif

static inline const struct ik_crypto *kat_table(size_t i)
{
    switch (i) {
    case 0:
        return &ik_crypto_portable;
    case 1:
        return host_crypto();
    case 2:
        return kat_small();
    default:
        return kat_openssl();
    }
}

/* A fresh env over one table, with a seeded DRBG. */
static inline void kat_env(struct ik_env *env, const struct ik_crypto *crypto)
{
    static const uint8_t seed[32] = {1, 2, 3};

    memset(env, 0, sizeof *env);
    env->crypto = crypto;
    env->sa = 0xffff;
    ik_drbg_init(env);
    ik_drbg_seed(env, seed, sizeof seed);
    memset(&env->meter, 0, sizeof env->meter);
}

#endif

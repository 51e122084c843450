/* SPDX-License-Identifier: MIT */
/*
 * libcrypto of OpenSSL under the same table: an optional provider of algorithms, for hosts that
 * want more speed than BearSSL has. What BearSSL computes as fast stays BearSSL's: AES in all
 * modes, but AES-GCM where it does not know the CPU's instructions; and X25519 stays ikelet's.
 */
#ifndef OPENSSL_PROVIDER_H
#define OPENSSL_PROVIDER_H

#include "host.h"

/* The names that host_crypto_named() takes in this build, for a help text: "bearssl" or "bearssl or
 * openssl". */
const char *host_crypto_names(void);

/*
 * The table of a provider: "bearssl" is host_crypto(); "openssl" is the same, with libcrypto's
 * SHA-1 and SHA-2, ChaCha20-Poly1305, P-256, P-384, P-521 and MODP, and where BearSSL lacks
 * instructions for AES on this CPU, AES-GCM and GMAC. NULL if this build does not have it. Any
 * thread may ask, and use the table. The first call for "openssl" sets libcrypto up, without its
 * configuration file: make it before privileges are dropped.
 */
const struct ik_crypto *host_crypto_named(const char *name);

#ifdef IK_OPENSSL
/* What provider.c puts into its table; each const, and shared by all threads. */
extern const br_hash_class openssl_sha1, openssl_sha256, openssl_sha384, openssl_sha512;
extern const struct ik_aead openssl_aes_gcm, openssl_chacha20_poly1305;
/* Fetches the ciphers. */
void openssl_aead_init(void);
/* P-256, P-384 and P-521: sets the groups up at the first call. */
const br_ec_impl *openssl_ec(void);
/* x := x^e mod n, as br_rsa_public: 0 if x is not below n or not as long. */
uint32_t openssl_modexp(unsigned char *x, size_t len, const br_rsa_public_key *key);
/* libcrypto has no memory, or refuses what it has always to do: there is no way to go on. */
_Noreturn void openssl_failed(const char *what);
#endif

#endif

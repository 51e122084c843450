/* SPDX-License-Identifier: MIT */
/* Modular exponentiation by libcrypto, in the same time for all exponents of one length. */
#include "provider.h"

#include <openssl/bn.h>

/* The exponent and the modulus are the key's, x is the base and becomes the result. */
static int power(BN_CTX *ctx, const br_rsa_public_key *key, unsigned char *x, size_t len)
{
    BIGNUM *base = BN_CTX_get(ctx), *exponent = BN_CTX_get(ctx), *modulus = BN_CTX_get(ctx);

    if (modulus == NULL || BN_bin2bn(x, (int)len, base) == NULL ||
        BN_bin2bn(key->e, (int)key->elen, exponent) == NULL ||
        BN_bin2bn(key->n, (int)key->nlen, modulus) == NULL)
        openssl_failed("a number");
    if (BN_cmp(base, modulus) >= 0)
        return 0;
    BN_set_flags(exponent, BN_FLG_CONSTTIME);
    int good = BN_mod_exp_mont_consttime(base, base, exponent, modulus, ctx, NULL) == 1 &&
               BN_bn2binpad(base, x, (int)len) == (int)len;
    BN_clear(exponent);
    BN_clear(base);
    return good;
}

uint32_t openssl_modexp(unsigned char *x, size_t len, const br_rsa_public_key *key)
{
    BN_CTX *ctx = BN_CTX_secure_new();

    if (ctx == NULL)
        openssl_failed("a modular exponentiation");
    BN_CTX_start(ctx);
    uint32_t good = len == key->nlen && power(ctx, key, x, len);
    BN_CTX_end(ctx);
    BN_CTX_free(ctx);
    return good;
}

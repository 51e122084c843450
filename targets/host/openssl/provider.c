/* SPDX-License-Identifier: MIT */
/* Providers by name. */
#include "provider.h"

#include <string.h>

#ifdef IK_OPENSSL
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <threads.h>

static struct ik_crypto table;

static void make_table(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
    openssl_aead_init();
    table = *host_crypto();
    table.sha1 = &openssl_sha1;
    table.sha256 = &openssl_sha256;
    table.sha384 = &openssl_sha384;
    table.sha512 = &openssl_sha512;
    /* EVP takes some hundred nanoseconds a packet: where BearSSL has the CPU's instructions, it is
     * faster with packets of all sizes that a network has. */
    if (br_aes_x86ni_ctr_get_vtable() == NULL || br_ghash_pclmul_get() == NULL)
        table.aes_gcm = &openssl_aes_gcm;
    table.chacha20_poly1305 = &openssl_chacha20_poly1305;
    table.ec_nist = openssl_ec();
    table.modexp = openssl_modexp;
}

static const struct ik_crypto *by_openssl(void)
{
    static once_flag once = ONCE_FLAG_INIT;

    call_once(&once, make_table);
    return &table;
}

void openssl_failed(const char *what)
{
    char why[120];

    ERR_error_string_n(ERR_get_error(), why, sizeof why);
    fprintf(stderr, "libcrypto: %s: %s\n", what, why);
    abort();
}

const char *host_crypto_names(void)
{
    return "bearssl or openssl";
}
#else
static const struct ik_crypto *by_openssl(void)
{
    return NULL;
}

const char *host_crypto_names(void)
{
    return "bearssl";
}
#endif

const struct ik_crypto *host_crypto_named(const char *name)
{
    if (strcmp(name, "bearssl") == 0)
        return host_crypto();
    return strcmp(name, "openssl") == 0 ? by_openssl() : NULL;
}

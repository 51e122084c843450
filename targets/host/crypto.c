/* SPDX-License-Identifier: MIT */
/*
 * BearSSL tells at run time what this CPU can do: each *_get() answers NULL where the instruction
 * set lacks, or where the library was built without it. Then the constant-time 64-bit code serves.
 */
#include <threads.h>

#include "host.h"

static struct ik_crypto chosen, with_ctr;

static void choose_aes(struct ik_crypto *c)
{
    c->aes_cbcenc = br_aes_x86ni_cbcenc_get_vtable();
    c->aes_cbcdec = br_aes_x86ni_cbcdec_get_vtable();
    c->aes_ctr = br_aes_x86ni_ctr_get_vtable();
    c->aes_ctrcbc = br_aes_x86ni_ctrcbc_get_vtable();
    if (c->aes_cbcenc == NULL || c->aes_cbcdec == NULL || c->aes_ctr == NULL ||
        c->aes_ctrcbc == NULL) {
        c->aes_cbcenc = &br_aes_ct64_cbcenc_vtable;
        c->aes_cbcdec = &br_aes_ct64_cbcdec_vtable;
        c->aes_ctr = &br_aes_ct64_ctr_vtable;
        c->aes_ctrcbc = &br_aes_ct64_ctrcbc_vtable;
    }
}

static void choose(void)
{
    chosen = ik_crypto_portable;
    choose_aes(&chosen);
    chosen.ghash = br_ghash_pclmul_get();
    if (chosen.ghash == NULL)
        chosen.ghash = br_ghash_ctmul64;
    /* Not br_chacha20_sse2: compilers vectorise the plain code better (bench_crypto: 1.7 times). */
    chosen.chacha20 = br_chacha20_ct_run;
    chosen.poly1305 = br_poly1305_ctmulq_get();
    if (chosen.poly1305 == NULL)
        chosen.poly1305 = br_poly1305_ctmul_run;
    chosen.ec_nist = &br_ec_all_m31;
    chosen.ec_x25519 = host_x25519();
    chosen.modexp = br_rsa_i62_public_get();
    if (chosen.modexp == NULL)
        chosen.modexp = br_rsa_i31_public;
    with_ctr = chosen;
    with_ctr.drbg = &ik_drbg_ctr_aes128;
}

static once_flag once = ONCE_FLAG_INIT;

const struct ik_crypto *host_crypto(void)
{
    call_once(&once, choose);
    return &chosen;
}

const struct ik_crypto *host_crypto_ctr(void)
{
    call_once(&once, choose);
    return &with_ctr;
}

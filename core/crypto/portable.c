/* SPDX-License-Identifier: MIT */
/*
 * Every algorithm in portable constant-time code. Two choices depend on the width of int:
 *
 *  - Where int has 32 bits, multiplication 32x32->64 is cheap, and BearSSL's 31-bit and "ctmul"
 * code is 3 to 7 times as fast as its 15-bit code (x86-64).
 *  - Where int has 16 bits, BearSSL 0.6's br_poly1305_ctmul32_run computes wrong tags, so that
 *    Poly1305 is the 15-bit one there, and the 15-bit code is the smaller and faster of the rest.
 */
#include <limits.h>

#include "ikelet/ik_crypto.h"

#if UINT_MAX == 0xffffu
#define GHASH br_ghash_ctmul32
#define POLY1305 br_poly1305_i15_run
#define EC_NIST br_ec_prime_i15
#define EC_X25519 br_ec_c25519_i15
#define MODEXP br_rsa_i15_public
#else
#define GHASH br_ghash_ctmul
#define POLY1305 br_poly1305_ctmul_run
#define EC_NIST br_ec_all_m31
#define EC_X25519 br_ec_c25519_m31
#define MODEXP br_rsa_i31_public
#endif

static const struct ik_encr *const encr[] = {&ik_encr_null,
                                             &ik_encr_aes_cbc_128,
                                             &ik_encr_aes_cbc_192,
                                             &ik_encr_aes_cbc_256,
                                             &ik_encr_aes_ctr_128,
                                             &ik_encr_aes_ctr_192,
                                             &ik_encr_aes_ctr_256,
                                             &ik_encr_aes_ccm_8_128,
                                             &ik_encr_aes_ccm_8_192,
                                             &ik_encr_aes_ccm_8_256,
                                             &ik_encr_aes_ccm_12_128,
                                             &ik_encr_aes_ccm_12_192,
                                             &ik_encr_aes_ccm_12_256,
                                             &ik_encr_aes_ccm_16_128,
                                             &ik_encr_aes_ccm_16_192,
                                             &ik_encr_aes_ccm_16_256,
                                             &ik_encr_aes_gcm_8_128,
                                             &ik_encr_aes_gcm_8_192,
                                             &ik_encr_aes_gcm_8_256,
                                             &ik_encr_aes_gcm_12_128,
                                             &ik_encr_aes_gcm_12_192,
                                             &ik_encr_aes_gcm_12_256,
                                             &ik_encr_aes_gcm_16_128,
                                             &ik_encr_aes_gcm_16_192,
                                             &ik_encr_aes_gcm_16_256,
                                             &ik_encr_chacha20_poly1305,
                                             &ik_encr_null_auth_aes_gmac_128,
                                             &ik_encr_null_auth_aes_gmac_192,
                                             &ik_encr_null_auth_aes_gmac_256,
#if IK_IMPLICIT_IV
                                             &ik_encr_aes_ccm_8_iiv_128,
                                             &ik_encr_aes_ccm_8_iiv_192,
                                             &ik_encr_aes_ccm_8_iiv_256,
                                             &ik_encr_aes_gcm_16_iiv_128,
                                             &ik_encr_aes_gcm_16_iiv_192,
                                             &ik_encr_aes_gcm_16_iiv_256,
                                             &ik_encr_chacha20_poly1305_iiv,
#endif
                                             NULL};

static const struct ik_prf *const prf[] = {&ik_prf_hmac_sha1,
                                           &ik_prf_hmac_sha2_256,
                                           &ik_prf_hmac_sha2_384,
                                           &ik_prf_hmac_sha2_512,
                                           &ik_prf_aes128_xcbc,
                                           &ik_prf_aes128_cmac,
                                           NULL};

static const struct ik_integ *const integ[] = {&ik_integ_hmac_sha1_96,
                                               &ik_integ_hmac_sha2_256_128,
                                               &ik_integ_hmac_sha2_384_192,
                                               &ik_integ_hmac_sha2_512_256,
                                               &ik_integ_aes_xcbc_96,
                                               &ik_integ_aes_cmac_96,
#if IK_AH
                                               &ik_integ_aes_128_gmac,
                                               &ik_integ_aes_192_gmac,
                                               &ik_integ_aes_256_gmac,
#endif
                                               NULL};

static const struct ik_dh *const dh[] = {
    &ik_dh_modp_1024, &ik_dh_modp_2048, &ik_dh_modp_3072, &ik_dh_p256,
    &ik_dh_p384,      &ik_dh_p521,      &ik_dh_x25519,    NULL};

const struct ik_crypto ik_crypto_portable = {
    .aes_cbcenc = &br_aes_ct_cbcenc_vtable,
    .aes_cbcdec = &br_aes_ct_cbcdec_vtable,
    .aes_ctr = &br_aes_ct_ctr_vtable,
    .aes_ctrcbc = &br_aes_ct_ctrcbc_vtable,
    .ghash = GHASH,
    .chacha20 = br_chacha20_ct_run,
    .poly1305 = POLY1305,
    .sha1 = &br_sha1_vtable,
    .sha256 = &br_sha256_vtable,
    .sha384 = &br_sha384_vtable,
    .sha512 = &br_sha512_vtable,
    .ec_nist = &EC_NIST,
    .ec_x25519 = &EC_X25519,
    .modexp = MODEXP,
    .encr = encr,
    .prf = prf,
    .integ = integ,
    .dh = dh,
};

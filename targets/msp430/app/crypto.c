/* SPDX-License-Identifier: MIT */
/*
 * AES-CCM-8, AES-CMAC and X25519: RFC 7815 with the smallest ICV and the shortest proof. AES serves
 * as prf and in the DRBG, too, so that no SHA-256 is needed, and SHA-1 only where NAT is looked
 * for. The primitives are those of primitives/, for BearSSL's are too large or too slow for 48 KB
 * and 8 MHz. PRIMITIVES, which a line of CMakeLists.txt gives the image, chooses between the small
 * and the fast ones.
 */
#include "app/door.h"
#include "primitives/aes.h"
#include "primitives/sha.h"
#include "x25519/x25519.h"

#ifndef PRIMITIVES
#define PRIMITIVES small
#endif
#define PASTE(how, what) how##_##what
#define CHOICE(how, what) PASTE(how, what)
#define CHOSEN(what) CHOICE(PRIMITIVES, what)

static const struct ik_encr *const encr[] = {&ik_encr_aes_ccm_8_128, NULL};
static const struct ik_prf *const prf[] = {&ik_prf_aes128_cmac, NULL};
#ifdef __MSP430__ /* store_prf, a symbol: what the store has to be made with, for who writes it */
_Static_assert(IK_PRF_AES128_CMAC == 8, "which stands below");
__asm__(".globl store_prf\n.set store_prf, 8");
#endif
static const struct ik_integ *const integ[] = {NULL};
static const struct ik_dh *const dh[] = {&CHOSEN(x25519), NULL};

const struct ik_crypto door_crypto = {
    .aes_ctrcbc = &CHOSEN(aes_ctrcbc),
    .drbg = &ik_drbg_ctr_aes128,
    .sha1 = &small_sha1,
#if !IK_LINKED /* a host plays the remote: the whole core wants it for more than the remote does   \
                */
    .sha256 = &CHOSEN(sha256),
#endif
    .encr = encr,
    .prf = prf,
    .integ = integ,
    .dh = dh,
};

const struct ik_proposal door_ike = {
    3,
    {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_CCM_8, .key_bits = 128},
     {.type = IK_TT_PRF, .id = IK_PRF_AES128_CMAC},
     {.type = IK_TT_DH, .id = IK_DH_X25519}}};

const struct ik_proposal door_esp = {
    2,
    {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_CCM_8, .key_bits = 128},
     {.type = IK_TT_ESN, .id = IK_ESN_NO}}};

/* SPDX-License-Identifier: MIT */
/*
 * The image that the cost table is measured with: each metered primitive alone, as the core calls
 * it. The runner says which and how many blocks, and counts the cycles from one costs_wait() to the
 * next.
 */
#include <string.h>

#include "app/door.h"
#include "crypto/mac.h"
#include "primitives/aes.h"
#include "primitives/sha.h"

#define IO_CAP 2048

/* What the core takes for linked: the remote's, and SHA-256, which it does without. */
static const struct ik_crypto measured = {
    .aes_ctrcbc = &small_aes_ctrcbc, .sha1 = &small_sha1, .sha256 = &small_sha256};
const struct ik_config ik_linked_config = {.crypto = &measured};

SEAM_DATA uint8_t costs_io[IO_CAP] __attribute__((aligned(2)));
SEAM_DATA volatile uint16_t costs_n, costs_m;
SEAM_DATA volatile uint8_t costs_code;

SEAM void costs_wait(void)
{
    __asm__ volatile("nop");
}

static br_aes_gen_ctrcbc_keys aes;
static uint8_t counter[16], sum[32];
SEAM_DATA uint8_t costs_key[66]; /* the runner fills it in: a scalar of full length */

/* The remote's has AES-128 only. */
static const br_block_ctrcbc_class *aes_class(uint16_t key_len)
{
    return key_len == 16 ? door_crypto.aes_ctrcbc : &br_aes_small_ctrcbc_vtable;
}

/* A block of text in CCM: one encryption for CTR, one for CBC-MAC. */
static void aes_blocks(uint16_t n)
{
    (*aes.vtable).encrypt(&aes.vtable, counter, sum, costs_io, 16 * n);
}

static void hash(const br_hash_class *class, uint16_t n, uint8_t block_bits)
{
    static br_hash_compat_context ctx;

    class->init(&ctx.vtable);
    class->update(&ctx.vtable, costs_io, (size_t)n << block_bits);
}

/* In slices, as the remote has it: the own public value, or the shared secret. */
static void x25519(bool shared)
{
    static struct ik_job job;

    memset(&job, 0, sizeof job);
    job.kind = shared ? IK_JOB_KE_END : IK_JOB_KE_BEGIN;
    job.op = shared ? IK_KE_SECRET : IK_KE_PUBLIC;
    job.peer[0] = 9;
    job.dh = door_crypto.dh[0];
    memcpy(job.priv, costs_key, 32);
    while (!ik_job_step(&job, JOB_SLICE)) {
    }
}

/* n: octets of text. */
static void hmac(uint16_t n)
{
    static struct ik_env env; /* its algorithms are those of ik_linked_config */
    struct ik_span in[2] = {{costs_key, 32}, {costs_io, n}};

    ik_hmac_sha256(&env, in, 2, sum);
}

static void cmac(uint16_t n)
{
    static struct ik_env env;
    struct ik_span in[2] = {{costs_key, 16}, {costs_io, n}};

    ik_prf(&env, &ik_prf_aes128_cmac, in, 2, sum);
}

static void ec(const br_ec_impl *impl, int curve, uint8_t len)
{
    static unsigned char point[133];
    size_t made = impl->mulgen(point, costs_key, len, curve);

    (void)made;
}

/* costs_io: the prime, big-endian, then the base. */
static void modexp(uint16_t len, uint16_t exponent_len)
{
    br_rsa_public_key pk = {.n = costs_io, .nlen = len, .e = costs_key, .elen = exponent_len};

    (void)br_rsa_i15_public(costs_io + len, len, &pk);
}

static void run(uint8_t code, uint16_t n)
{
    switch (code) {
    case 1: /* n: octets of key */
        aes_class(n)->init((const br_block_ctrcbc_class **)&aes.vtable, costs_key, n);
        break;
    case 2:
        aes_blocks(n);
        break;
    case 3:
        br_ghash_ctmul32(sum, counter, costs_io, 16 * n);
        break;
    case 4:
        (void)br_chacha20_ct_run(costs_key, counter, 0, costs_io, 64 * n);
        break;
    case 5:
        br_poly1305_i15_run(costs_key, counter, costs_io, 16 * n, costs_io, 0, sum,
                            br_chacha20_ct_run, 0);
        break;
    case 6:
        hash(door_crypto.sha1, n, 6);
        break;
    case 7:
        hash(measured.sha256, n, 6);
        break;
    case 8:
        hash(&br_sha512_vtable, n, 7);
        break;
    case 9:
        x25519(n != 0);
        break;
    case 10:
        ec(&br_ec_prime_i15, BR_EC_secp256r1, (uint8_t)n);
        break;
    case 11:
        ec(&br_ec_prime_i15, BR_EC_secp384r1, (uint8_t)n);
        break;
    case 12:
        ec(&br_ec_prime_i15, BR_EC_secp521r1, (uint8_t)n);
        break;
    case 13:
        modexp(costs_m, n);
        break;
    case 14:
        memcpy(costs_io, costs_io + IO_CAP / 2, n);
        break;
    case 15:
        hmac(n);
        break;
    case 16:
        cmac(n);
        break;
    default:
        break;
    }
}

int main(void)
{
    for (;;) {
        costs_wait();
        run(costs_code, costs_n);
    }
}

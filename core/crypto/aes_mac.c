/* SPDX-License-Identifier: MIT */
/*
 * AES-XCBC-MAC (RFC 3566) and AES-CMAC (RFC 4493), as integrity algorithms (RFC 3566, 4494) and as
 * prf (RFC 4434, 4615). Both are CBC-MAC whose last block is marked by one of two keys: last1 if it
 * is whole, last2 if it was padded. They differ in how those keys come to be, and in what a prf key
 * of another length than 16 becomes.
 */
#include "crypto/cbc_mac.h"

struct mac {
    struct ik_cbc_mac cbc;
    uint8_t last1[16]; /* the two keys that mark the last block */
    uint8_t last2[16];
};

/* The encryption of a block of that octet, in place of the sum. */
static void constant(struct ik_env *env, struct mac *m, uint8_t octet, uint8_t out[16])
{
    memset(m->cbc.sum, octet, sizeof m->cbc.sum);
    ik_cbc_mac_end(env, &m->cbc);
    memcpy(out, m->cbc.sum, sizeof m->cbc.sum);
}

/* RFC 3566 section 4, step 1: K1 to K3 are encryptions of 0x01…, 0x02…, 0x03…. */
static void xcbc_start(struct ik_env *env, struct mac *m, const uint8_t key[16])
{
    uint8_t k1[16];

    ik_cbc_mac_begin(env, &m->cbc, key);
    constant(env, m, 1, k1);
    constant(env, m, 2, m->last1);
    constant(env, m, 3, m->last2);
    ik_cbc_mac_begin(env, &m->cbc, k1);
    ik_wipe(k1, sizeof k1);
}

/* Doubling in GF(2^128) as RFC 4493 section 2.3 has it, without a branch on the key. in may be out.
 */
static void twice(uint8_t out[16], const uint8_t in[16])
{
    uint8_t carry = (uint8_t)(0x87 & (0 - (in[0] >> 7)));
    size_t i;

    for (i = 0; i < 15; i++) {
        out[i] = (uint8_t)(((unsigned)in[i] << 1) | (in[i + 1] >> 7));
    }
    out[15] = (uint8_t)(((unsigned)in[15] << 1) ^ carry);
}

/* RFC 4493 section 2.3: K1 and K2 are AES(0) doubled and doubled again. */
static void cmac_start(struct ik_env *env, struct mac *m, const uint8_t key[16])
{
    ik_cbc_mac_begin(env, &m->cbc, key);
    ik_cbc_mac_end(env, &m->cbc);
    twice(m->last1, m->cbc.sum);
    twice(m->last2, m->last1);
    ik_cbc_mac_again(&m->cbc);
}

static void final(struct ik_env *env, struct mac *m, uint8_t *out)
{
    const uint8_t *last = m->last1;

    if (m->cbc.fill < 16) {
        last = m->last2;
        m->cbc.sum[m->cbc.fill] ^= 0x80;
    }
    for (size_t i = 0; i < 16; i++) {
        m->cbc.sum[i] ^= last[i];
    }
    ik_cbc_mac_end(env, &m->cbc);
    memcpy(out, m->cbc.sum, 16);
}

typedef void start_fn(struct ik_env *env, struct mac *m, const uint8_t key[16]);

/* hashes: the key is not taken as it is but hashed under a zero key. */
static void run(struct ik_env *env, start_fn *begin, bool hashes, const struct ik_span *in,
                size_t n, uint8_t *out)
{
    struct mac m;
    uint8_t key[16];
    size_t i;

    memset(key, 0, sizeof key);
    if (hashes) {
        begin(env, &m, key);
        ik_cbc_mac_add(env, &m.cbc, in[0].p, in[0].len);
        final(env, &m, key);
    } else if (in[0].len > 0) {
        memcpy(key, in[0].p, in[0].len);
    }
    begin(env, &m, key);
    for (i = 1; i < n; i++) {
        ik_cbc_mac_add(env, &m.cbc, in[i].p, in[i].len);
    }
    final(env, &m, out);
    ik_charge(env, IK_COST_CMAC, 1);
    ik_sealed_wipe(key, sizeof key);
    ik_sealed_wipe(&m, sizeof m);
}

/* RFC 4434 section 2: a short key is padded with zeros, a long one is hashed. */
static void xcbc(const struct ik_mac *self, struct ik_env *env, const struct ik_span *in, size_t n,
                 uint8_t *out)
{
    (void)self;
    run(env, xcbc_start, in[0].len > 16, in, n, out);
}

/* RFC 4615 section 3: any key that is not of 16 octets is hashed. */
static void cmac(const struct ik_mac *self, struct ik_env *env, const struct ik_span *in, size_t n,
                 uint8_t *out)
{
    (void)self;
    run(env, cmac_start, in[0].len != 16, in, n, out);
}

static const struct ik_mac mac_xcbc = {.run = xcbc, .out_len = 16};
static const struct ik_mac mac_cmac = {.run = cmac, .out_len = 16};

const struct ik_prf ik_prf_aes128_xcbc = {
    .id = IK_PRF_AES128_XCBC, .key_len = 16, .fixed = 1, .mac = &mac_xcbc};
const struct ik_prf ik_prf_aes128_cmac = {
    .id = IK_PRF_AES128_CMAC, .key_len = 16, .fixed = 1, .mac = &mac_cmac};
const struct ik_integ ik_integ_aes_xcbc_96 = {
    .id = IK_INTEG_AES_XCBC_96, .key_len = 16, .icv_len = 12, .mac = &mac_xcbc};
const struct ik_integ ik_integ_aes_cmac_96 = {
    .id = IK_INTEG_AES_CMAC_96, .key_len = 16, .icv_len = 12, .mac = &mac_cmac};

/* SPDX-License-Identifier: MIT */
/*
 * The cost meter against a table of implementations that count for themselves: every call into
 * BearSSL passes here, and what was counted must be what was charged.
 */
#include "crypto/mac.h"
#include "tests/kat/kat.h"

static struct ik_env env;
static struct ik_meter counted;

static void count(enum ik_cost what, size_t times)
{
    counted.n[what] += (uint32_t)times;
}

/* ---- AES ------------------------------------------------------------------------------------- */

static size_t aes_size; /* 0, 1, 2 for 128, 192, 256 bits: of the last key that was set up */

static void count_setup(size_t key_len)
{
    aes_size = (key_len - 16) / 8;
    count((enum ik_cost)(IK_COST_AES128_SETUP + aes_size), 1);
}

static void count_aes(size_t len)
{
    count((enum ik_cost)(IK_COST_AES128_BLOCK + aes_size), (len + 15) / 16);
}

static const br_block_cbcenc_class cbcenc;
static const br_block_cbcdec_class cbcdec;
static const br_block_ctr_class ctr;
static const br_block_ctrcbc_class ctrcbc;

static void cbcenc_init(const br_block_cbcenc_class **ctx, const void *key, size_t len)
{
    count_setup(len);
    br_aes_ct_cbcenc_init((br_aes_ct_cbcenc_keys *)ctx, key, len);
    *ctx = &cbcenc;
}

static void cbcenc_run(const br_block_cbcenc_class *const *ctx, void *iv, void *data, size_t len)
{
    count_aes(len);
    br_aes_ct_cbcenc_run((const br_aes_ct_cbcenc_keys *)ctx, iv, data, len);
}

static void cbcdec_init(const br_block_cbcdec_class **ctx, const void *key, size_t len)
{
    count_setup(len);
    br_aes_ct_cbcdec_init((br_aes_ct_cbcdec_keys *)ctx, key, len);
    *ctx = &cbcdec;
}

static void cbcdec_run(const br_block_cbcdec_class *const *ctx, void *iv, void *data, size_t len)
{
    count_aes(len);
    br_aes_ct_cbcdec_run((const br_aes_ct_cbcdec_keys *)ctx, iv, data, len);
}

static void ctr_init(const br_block_ctr_class **ctx, const void *key, size_t len)
{
    count_setup(len);
    br_aes_ct_ctr_init((br_aes_ct_ctr_keys *)ctx, key, len);
    *ctx = &ctr;
}

static uint32_t ctr_run(const br_block_ctr_class *const *ctx, const void *iv, uint32_t cc,
                        void *data, size_t len)
{
    count_aes(len);
    return br_aes_ct_ctr_run((const br_aes_ct_ctr_keys *)ctx, iv, cc, data, len);
}

static void ctrcbc_init(const br_block_ctrcbc_class **ctx, const void *key, size_t len)
{
    count_setup(len);
    br_aes_ct_ctrcbc_init((br_aes_ct_ctrcbc_keys *)ctx, key, len);
    *ctx = &ctrcbc;
}

static void ctrcbc_encrypt(const br_block_ctrcbc_class *const *ctx, void *c, void *mac, void *data,
                           size_t len)
{
    count_aes(2 * len);
    br_aes_ct_ctrcbc_encrypt((const br_aes_ct_ctrcbc_keys *)ctx, c, mac, data, len);
}

static void ctrcbc_decrypt(const br_block_ctrcbc_class *const *ctx, void *c, void *mac, void *data,
                           size_t len)
{
    count_aes(2 * len);
    br_aes_ct_ctrcbc_decrypt((const br_aes_ct_ctrcbc_keys *)ctx, c, mac, data, len);
}

static void ctrcbc_ctr(const br_block_ctrcbc_class *const *ctx, void *c, void *data, size_t len)
{
    count_aes(len);
    br_aes_ct_ctrcbc_ctr((const br_aes_ct_ctrcbc_keys *)ctx, c, data, len);
}

static void ctrcbc_mac(const br_block_ctrcbc_class *const *ctx, void *mac, const void *data,
                       size_t len)
{
    count_aes(len);
    br_aes_ct_ctrcbc_mac((const br_aes_ct_ctrcbc_keys *)ctx, mac, data, len);
}

static const br_block_cbcenc_class cbcenc = {sizeof(br_aes_ct_cbcenc_keys), 16, 4, cbcenc_init,
                                             cbcenc_run};
static const br_block_cbcdec_class cbcdec = {sizeof(br_aes_ct_cbcdec_keys), 16, 4, cbcdec_init,
                                             cbcdec_run};
static const br_block_ctr_class ctr = {sizeof(br_aes_ct_ctr_keys), 16, 4, ctr_init, ctr_run};
static const br_block_ctrcbc_class ctrcbc = {sizeof(br_aes_ct_ctrcbc_keys),
                                             16,
                                             4,
                                             ctrcbc_init,
                                             ctrcbc_encrypt,
                                             ctrcbc_decrypt,
                                             ctrcbc_ctr,
                                             ctrcbc_mac};

static void ghash(void *y, const void *h, const void *data, size_t len)
{
    count(IK_COST_GHASH_BLOCK, (len + 15) / 16);
    br_ghash_ctmul(y, h, data, len);
}

/* ---- ChaCha20-Poly1305 --------------------------------------------------------------------- */

static uint32_t chacha20(const void *key, const void *iv, uint32_t cc, void *data, size_t len)
{
    count(IK_COST_CHACHA20_BLOCK, (len + 63) / 64);
    return br_chacha20_ct_run(key, iv, cc, data, len);
}

/* RFC 8439 2.8: aad and text, each padded to 16, then both lengths in one block. */
static void poly1305(const void *key, const void *iv, void *data, size_t len, const void *aad,
                     size_t aad_len, void *tag, br_chacha20_run run, int encrypt)
{
    count(IK_COST_POLY1305_BLOCK, (aad_len + 15) / 16 + (len + 15) / 16 + 1);
    br_poly1305_ctmul_run(key, iv, data, len, aad, aad_len, tag, run, encrypt);
}

/* ---- hashes -------------------------------------------------------------------------------- */

/* An HMAC is two digests that begin with a block of key and pad; nothing else here begins so. */
static void count_pad(size_t begun, size_t len, size_t block)
{
    static bool inner;

    if (begun == 0 && len == block) {
        inner = !inner;
        count(IK_COST_HMAC, inner ? 0 : 1);
    }
}

/* The compressions that one call makes follow from the octets that wait in the context's buffer. */
#define HASH(name, real, what, block, tail)                                                        \
    static const br_hash_class name;                                                               \
    static void name##_init(const br_hash_class **ctx)                                             \
    {                                                                                              \
        br_##real##_init((br_##real##_context *)ctx);                                              \
        *ctx = &name;                                                                              \
    }                                                                                              \
    static void name##_update(const br_hash_class **ctx, const void *data, size_t len)             \
    {                                                                                              \
        size_t waiting = (size_t)((br_##real##_context *)ctx)->count % (block);                    \
        count(what, (waiting + len) / (block));                                                    \
        count_pad((size_t)((br_##real##_context *)ctx)->count, len, block);                        \
        br_##real##_update((br_##real##_context *)ctx, data, len);                                 \
    }                                                                                              \
    static void name##_out(const br_hash_class *const *ctx, void *dst)                             \
    {                                                                                              \
        size_t waiting = (size_t)((const br_##real##_context *)ctx)->count % (block);              \
        count(what, waiting + (tail) > (block) ? 2 : 1);                                           \
        br_##real##_out((const br_##real##_context *)ctx, dst);                                    \
    }                                                                                              \
    static uint64_t name##_state(const br_hash_class *const *ctx, void *dst)                       \
    {                                                                                              \
        return br_##real##_state((const br_##real##_context *)ctx, dst);                           \
    }                                                                                              \
    static void name##_set_state(const br_hash_class **ctx, const void *stb, uint64_t n)           \
    {                                                                                              \
        br_##real##_set_state((br_##real##_context *)ctx, stb, n);                                 \
    }                                                                                              \
    static const br_hash_class name = {                                                            \
        sizeof(br_##real##_context),                                                               \
        BR_HASHDESC_ID(br_##real##_ID) | BR_HASHDESC_OUT(br_##real##_SIZE) |                       \
            BR_HASHDESC_STATE((block) == 64 ? 32 : 64) | BR_HASHDESC_LBLEN((block) == 64 ? 6 : 7), \
        name##_init,                                                                               \
        name##_update,                                                                             \
        name##_out,                                                                                \
        name##_state,                                                                              \
        name##_set_state}

HASH(sha1, sha1, IK_COST_SHA1_BLOCK, 64, 9);
HASH(sha256, sha256, IK_COST_SHA256_BLOCK, 64, 9);
HASH(sha384, sha384, IK_COST_SHA512_BLOCK, 128, 17);
HASH(sha512, sha512, IK_COST_SHA512_BLOCK, 128, 17);

/* ---- the tests ----------------------------------------------------------------------------- */

static void setup(void)
{
    static struct ik_crypto c;

    c = ik_crypto_portable;
    c.aes_cbcenc = &cbcenc;
    c.aes_cbcdec = &cbcdec;
    c.aes_ctr = &ctr;
    c.aes_ctrcbc = &ctrcbc;
    c.ghash = ghash;
    c.chacha20 = chacha20;
    c.poly1305 = poly1305;
    c.sha1 = &sha1;
    c.sha256 = &sha256;
    c.sha384 = &sha384;
    c.sha512 = &sha512;
    kat_env(&env, &c);
    memset(&counted, 0, sizeof counted);
}

TestSuite(meter, .init = setup);

/* Compares, and begins anew. */
static void check(const char *what, uint16_t id, size_t len)
{
    static const char *const names[] = {
#define NAME(id, name) name,
        IK_COSTS(NAME)
#undef NAME
    };

    for (size_t i = 0; i < IK_COST_N; i++) {
        cr_assert_eq(env.meter.n[i], counted.n[i], "%s %u, %zu octets: %s: charged %u, counted %u",
                     what, id, len, names[i], env.meter.n[i], counted.n[i]);
    }
    memset(&counted, 0, sizeof counted);
    memset(&env.meter, 0, sizeof env.meter);
}

static const uint16_t sizes[] = {0,  1,   15,  16,  17,  47,  48,  55,  56,   63,   64,
                                 65, 111, 112, 119, 120, 127, 128, 129, 1399, 1400, 5000};
#define SIZES (sizeof sizes / sizeof *sizes)

static uint8_t msg[128 + 16 + 6000 + 64], key[200];

/* Beside IV and ICV, CBC draws from the DRBG, whose hashing is charged too. */
Test(meter, ciphers)
{
    static const uint16_t aads[] = {0, 8, 14, 15, 32, 64};

    for (const struct ik_encr *const *e = env.crypto->encr; *e != NULL; e++) {
        struct ik_seal_key k = {.encr = *e, .encr_key = key};

        for (size_t i = 0; i < SIZES * 6; i++) {
            uint16_t len = (uint16_t)(sizes[i / 6] / (*e)->block * (*e)->block);
            struct ik_sealed s = {.msg = msg, .aad_len = aads[i % 6], .text_len = len};

            if (s.aad_len < 8 && ((*e)->flags & IK_ALG_IMPLICIT_IV) != 0) {
                continue; /* there is no sequence number */
            }
            ik_seal(&env, &k, &s, 1);
            check("seal", (*e)->id, len);
            cr_assert_eq(ik_open(&env, &k, &s), IK_OK);
            check("open", (*e)->id, len);
        }
    }
}

Test(meter, ccm_with_a_long_header)
{
    static uint8_t big[65535 + 64];
    struct ik_seal_key k = {.encr = &ik_encr_aes_ccm_8_128, .encr_key = key};

    for (uint32_t aad = 0xfee0; aad <= 0xfeff; aad++) {
        struct ik_sealed s = {.msg = big, .aad_len = (uint16_t)aad, .text_len = 16};

        ik_seal(&env, &k, &s, 1);
        check("aad", k.encr->id, aad);
    }
}

Test(meter, integrity)
{
    uint8_t icv[IK_HASH_MAX];

    for (const struct ik_integ *const *g = env.crypto->integ; *g != NULL; g++) {
        if ((*g)->iv_len > 0) { /* of AH, see below */
            continue;
        }
        for (size_t i = 0; i < SIZES; i++) {
            ik_integ_icv(&env, *g, key, (struct ik_span){msg, sizes[i]}, NULL, icv);
            count(IK_COST_CMAC, (*g)->mac->hash_id == 0);
            check("integ", (*g)->id, sizes[i]);
        }
    }
}

/* GMAC in AH, whose parts are hashed as one. */
Test(meter, integrity_of_ah)
{
    static const struct ik_integ *const gmacs[] = {&ik_integ_aes_128_gmac, &ik_integ_aes_192_gmac,
                                                   &ik_integ_aes_256_gmac};
    uint8_t icv[IK_HASH_MAX];

    for (size_t g = 0; g < 3; g++) {
        for (size_t i = 0; i < SIZES; i++) {
            struct ik_seal_key k = {.integ = gmacs[g], .integ_key = key};
            struct ik_span parts[4] = {
                {NULL, 0}, {msg, 5}, {msg + 5, sizes[i]}, {key, gmacs[g]->iv_len}};
            ik_integ_parts(&env, &k, parts, 4, icv);
            check("integ", gmacs[g]->id, sizes[i]);
        }
    }
}

/* Keys up to and beyond a block, messages in two pieces. */
Test(meter, prfs)
{
    static const size_t key_lens[] = {0, 1, 15, 16, 17, 20, 32, 63, 64, 65, 128, 129, 200};
    uint8_t out[IK_HASH_MAX];

    for (const struct ik_prf *const *p = env.crypto->prf; *p != NULL; p++) {
        for (size_t i = 0; i < SIZES * 13; i++) {
            size_t len = sizes[i / 13], half = len / 3;
            const struct ik_span in[3] = {{key, (uint16_t)key_lens[i % 13]},
                                          {msg, (uint16_t)half},
                                          {msg + half, (uint16_t)(len - half)}};

            ik_prf(&env, *p, in, 3, out);
            count(IK_COST_CMAC, (*p)->fixed);
            check("prf", (*p)->id, len);
        }
    }
}

Test(meter, digests)
{
    uint8_t out[32];

    for (size_t i = 0; i < SIZES; i++) {
        struct ik_span parts[2] = {{msg, 5}, {msg, sizes[i]}};

        ik_sha1(&env, parts, 2, out);
        check("sha1", 0, sizes[i]);
        ik_sha256(&env, parts, 2, out);
        check("sha256", 0, sizes[i]);
    }
}

/* Random bits are charged in the same counters. */
Test(meter, jobs_charge_only_their_random_bits)
{
    struct ik_job job;

    for (const struct ik_dh *const *dh = env.crypto->dh; *dh != NULL; dh++) {
        ik_job_begin(&env, &job, 1, *dh);
        ik_job_run(&job);
        check("job", (*dh)->id, 0);
    }
}

/* One case by hand, so that both sides can't be wrong in the same way: AES-CCM-8 over 8 octets of
 * aad and 32 of text: 1 schedule; B0, header, 2 blocks of MAC, 2 of CTR, 1 for the tag. */
Test(meter, by_hand)
{
    struct ik_seal_key k = {.encr = &ik_encr_aes_ccm_8_128, .encr_key = key};
    struct ik_sealed s = {.msg = msg, .aad_len = 8, .text_len = 32};
    const struct ik_span in[2] = {{key, 32}, {msg, 64}};
    uint8_t out[32];

    ik_seal(&env, &k, &s, 1);
    cr_assert_eq(env.meter.n[IK_COST_AES128_SETUP], 1);
    cr_assert_eq(env.meter.n[IK_COST_AES128_BLOCK], 7);
    /* HMAC-SHA-256, 32 octets of key, 64 of data: two pads, 64 octets and their padding, outside.
     */
    ik_prf(&env, &ik_prf_hmac_sha2_256, in, 2, out);
    cr_assert_eq(env.meter.n[IK_COST_SHA256_BLOCK], 5);
    cr_assert_eq(env.meter.n[IK_COST_HMAC], 1);
}

/* SPDX-License-Identifier: MIT */
/*
 * Algorithms: the table a host hands to the core, descriptors by IANA number, jobs, the cost meter.
 *
 * A host chooses two things in one const struct ik_crypto: which BearSSL implementation computes
 * each primitive (AES-NI here, small code there), and which descriptors exist at all. What no list
 * names is not linked.
 */
#ifndef IKELET_IK_CRYPTO_H
#define IKELET_IK_CRYPTO_H

#include <bearssl.h>

#include "ikelet/ik_base.h"
#include "ikelet/ik_iana.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ik_env; /* ik_env.h */
struct ik_job;

/* ---- the cost meter ------------------------------------------------------------------------ */

/*
 * What the meter counts, one counter each. X(identifier, name). The order is the order of the
 * columns in bench/cost/ and never changes; new entries go last.
 */
#define IK_COSTS(X)                                                                                \
    X(AES128_SETUP, "aes128_setup") /* key schedules */                                            \
    X(AES192_SETUP, "aes192_setup")                                                                \
    X(AES256_SETUP, "aes256_setup")                                                                \
    X(AES128_BLOCK, "aes128_block") /* 16-octet blocks, either way */                              \
    X(AES192_BLOCK, "aes192_block")                                                                \
    X(AES256_BLOCK, "aes256_block")                                                                \
    X(GHASH_BLOCK, "ghash_block")       /* 16-octet blocks */                                      \
    X(CHACHA20_BLOCK, "chacha20_block") /* 64-octet blocks */                                      \
    X(POLY1305_BLOCK, "poly1305_block") /* 16-octet blocks */                                      \
    X(SHA1_BLOCK, "sha1_block")         /* compressions of 64 octets, in HMAC and DRBG too */      \
    X(SHA256_BLOCK, "sha256_block")                                                                \
    X(SHA512_BLOCK, "sha512_block") /* of 128 octets; SHA-384 too */                               \
    X(X25519, "x25519")             /* scalar multiplications */                                   \
    X(P256, "p256")                                                                                \
    X(P384, "p384")                                                                                \
    X(P521, "p521")                                                                                \
    X(MODP1024, "modp1024") /* modular exponentiations */                                          \
    X(MODP2048, "modp2048")                                                                        \
    X(MODP3072, "modp3072")                                                                        \
    X(COPY_OCTETS, "copy_octets") /* payload octets moved or copied */                             \
    X(HMAC, "hmac")               /* HMACs, beside their compressions; in the DRBG too */          \
    /* All work beside the above, parsing and state machine: by what it is done for. */            \
    X(IKE_OUT, "ike_out")       /* messages built */                                               \
    X(IKE_IN, "ike_in")         /* messages that came */                                           \
    X(ESP_OUT, "esp_out")       /* packets sealed */                                               \
    X(ESP_IN, "esp_in")         /* packets opened */                                               \
    X(UDP_OCTETS, "udp_octets") /* octets in UDP, in and out, which a checksum covers */           \
    X(CMAC, "cmac")             /* AES-CMACs and AES-XCBCs, beside their blocks */                 \
    X(IKE_SA, "ike_sa")         /* IKE SAs made, up to the job of their key exchange */            \
    X(IKE_SK, "ike_sk")         /* messages sealed or opened, beyond ike_out and ike_in */

enum ik_cost {
#define IK_COST_ENUM(id, name) IK_COST_##id,
    IK_COSTS(IK_COST_ENUM)
#undef IK_COST_ENUM
        IK_COST_N
};

/* Counts since ik_node_init, by enum ik_cost; they wrap at 2^32. */
struct ik_meter {
    uint32_t n[IK_COST_N];
};

/* ---- descriptors --------------------------------------------------------------------------- */

/* Flags of a descriptor. AEAD: integrity is part of the cipher, INTEG is absent (RFC 5282 section
 * 8). ESP_ONLY: never protects IKE (NULL, GMAC, implicit IVs). IMPLICIT_IV: an AEAD whose IV of 8
 * octets is the sequence number, and not sent (RFC 8750). LEGACY: weak; used only where the
 * configuration names it; traced when used. */
#define IK_ALG_AEAD 0x01
#define IK_ALG_ESP_ONLY 0x02
#define IK_ALG_LEGACY 0x04
#define IK_ALG_IMPLICIT_IV 0x08

/*
 * Octets to protect in place. They lie together in msg:
 *
 *     | aad (aad_len) | IV (encr->iv_len) | text (text_len) | ICV (encr->icv_len or integ->icv_len)
 * |
 *
 * That is both the SK payload (RFC 7296 3.14; aad: from the IKE header to the SK payload header)
 * and ESP (RFC 4303 section 2; aad: SPI and sequence number). text is padded by the caller to
 * encr->block octets.
 */
struct ik_sealed {
    uint8_t *msg;
    uint16_t aad_len;
    uint16_t text_len;
#if IK_ESN
    /* ESP with extended sequence numbers: the 4 octets of the number that are authenticated, but
     * not sent (RFC 4303 2.2.1); NULL: none. */
    const uint8_t *esn;
#endif
};

/* An encryption algorithm with one key length: one row of the table. */
struct ik_encr {
    uint16_t id;       /* enum ik_encr_id */
    uint16_t key_bits; /* the Key Length attribute; 0 where the RFC forbids the attribute */
    uint8_t key_len;   /* octets of key, without salt */
    uint8_t salt_len;  /* octets of salt behind the key in KEYMAT: 0, 3 (CCM) or 4 */
    uint8_t iv_len;    /* octets of explicit IV: 0, 8 or 16 */
    uint8_t block; /* the text is a multiple of this: 16 for CBC, 1 in IKE else; ESP aligns to 4 */
    uint8_t icv_len; /* AEAD tag; 0 where INTEG brings the ICV */
    uint8_t flags;   /* IK_ALG_* */
    /*
     * seal 1: encrypts text with key = key|salt, the IV is in place; an AEAD also writes the ICV.
     * seal 0: decrypts; an AEAD also checks the ICV. Answers 1 if good, 0 if the tag is wrong (text
     * is then undefined and must be discarded). env: implementations and meter.
     */
    int (*run)(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
               const struct ik_sealed *s, int seal);
#if IK_PREPARE
    /*
     * The same in two parts, for a key that serves many messages: prepare() puts into ctx (ctx_len
     * octets, aligned to 16) what it makes of key = key|salt for one of the two ways, and
     * run_prepared() uses it. release() lets go what a row of the host keeps elsewhere; NULL if
     * there is no such thing: ctx is wiped anyway. ctx_len 0: there is nothing to prepare.
     */
    uint16_t ctx_len;
    void (*prepare)(const struct ik_encr *self, struct ik_env *env, const uint8_t *key, int seal,
                    void *ctx);
    int (*run_prepared)(const struct ik_encr *self, struct ik_env *env, void *ctx,
                        const struct ik_sealed *s, int seal);
    void (*release)(void *ctx);
#endif
};

/* A message authentication code under prf and integ: HMAC (any hash), AES-XCBC or AES-CMAC; the
 * core calls it through ik_prf and ik_seal. */
struct ik_mac {
    /* in[0] is the key, of any length; in[1] to in[n - 1] are the message. Writes out_len octets to
     * out, which may be one of the inputs. */
    void (*run)(const struct ik_mac *self, struct ik_env *env, const struct ik_span *in, size_t n,
                uint8_t *out);
    uint8_t hash_id; /* BearSSL's br_<hash>_ID, for HMAC */
    uint8_t out_len; /* octets of the full output */
#if IK_PREPARE
    /* As for a cipher: the key, then the n parts of a message. */
    uint16_t ctx_len;
    void (*prepare)(const struct ik_mac *self, struct ik_env *env, struct ik_span key, void *ctx);
    void (*run_prepared)(const struct ik_mac *self, struct ik_env *env, void *ctx,
                         const struct ik_span *in, size_t n, uint8_t *out);
    void (*release)(void *ctx);
#endif
};

#if IK_PREPARE
#define IK_ENCR_CTX_MAX 384
#define IK_MAC_CTX_MAX 128
/* Key schedules of a Child SA, by direction: 0 in, 1 out. Lent by the host (ik_host.prepared), as
 * many as he thinks fit; SAs that find none compute them for each packet. Secret. */
struct ik_prepared {
    union {
        uint64_t align[2];
        uint8_t room[IK_ENCR_CTX_MAX];
    } encr[2];
    union {
        uint64_t align[2];
        uint8_t room[IK_MAC_CTX_MAX];
    } mac[2];
};
#endif

/* A pseudorandom function. */
struct ik_prf {
    uint16_t id;     /* enum ik_prf_id */
    uint8_t key_len; /* preferred key length, which is the output length too (RFC 7296 2.13) */
    uint8_t fixed;   /* 1: the key is of fixed length (AES-XCBC, AES-CMAC; RFC 7296 2.14) */
    uint8_t flags;
    const struct ik_mac *mac;
};

/* An integrity algorithm. */
struct ik_integ {
    uint16_t id;     /* enum ik_integ_id */
    uint8_t key_len; /* octets of key */
    uint8_t icv_len; /* octets of truncated output, with an IV before it */
    uint8_t flags;
    uint8_t iv_len; /* octets of that IV: AH only; the MAC has it as its last part. 0: none */
    const struct ik_mac *mac;
};

/* A Diffie-Hellman group. */
struct ik_dh {
    uint16_t id;         /* enum ik_dh_id */
    uint16_t pub_len;    /* octets of Key Exchange Data (RFC 7296 3.4) */
    uint16_t shared_len; /* octets of g^ir */
    uint8_t priv_len;    /* octets of private value drawn from the node's DRBG */
    uint8_t flags;
    uint8_t cost; /* enum ik_cost of one multiplication or exponentiation */
    /*
     * Works on job for as long as ik_job_step() says, or to its end at once where it can't be
     * interrupted. Answers true at the end, with job->good set:
     * By job->op. IK_KE_PUBLIC: pub := g^priv; not good if priv is outside of the group's range
     * (draw again). IK_KE_SECRET: peer := peer^priv, shared_len octets; not good if peer fails the
     * checks of RFC 6989 or the result is the all-zero X25519 one (RFC 7748 6.1).
     */
    bool (*step)(struct ik_job *job, uint16_t budget);
    const uint8_t *prime; /* MODP: pub_len octets, big-endian; NULL in other families */
};

/* Which DRBG of NIST SP 800-90A a node has. Chosen once: the same seed gives other octets with the
 * other one. ik_drbg_hmac_sha256: HMAC_DRBG (10.1.2), needs sha256. ik_drbg_ctr_aes128: CTR_DRBG
 * with derivation function (10.2.1), 128 bits of strength, needs aes_ctrcbc: a draw takes 4 blocks
 * of AES where the other takes 12 of SHA-256. */
struct ik_env;
struct ik_drbg_row {
    uint8_t v0; /* what V begins with, octet by octet */
    /* Stirs in 1 to 65535 octets of seed. */
    void (*stir)(struct ik_env *env, const void *seed, size_t len);
    /* Draws 1 octet or more. */
    void (*fill)(struct ik_env *env, uint8_t *out, size_t len);
};
extern const struct ik_drbg_row ik_drbg_hmac_sha256, ik_drbg_ctr_aes128;

/* Table rows, one or more a file; a host lists those it wants. */
extern const struct ik_encr ik_encr_null;
extern const struct ik_encr ik_encr_aes_cbc_128, ik_encr_aes_cbc_192, ik_encr_aes_cbc_256;
extern const struct ik_encr ik_encr_aes_ctr_128, ik_encr_aes_ctr_192, ik_encr_aes_ctr_256;
extern const struct ik_encr ik_encr_aes_ccm_8_128, ik_encr_aes_ccm_8_192, ik_encr_aes_ccm_8_256;
extern const struct ik_encr ik_encr_aes_ccm_12_128, ik_encr_aes_ccm_12_192, ik_encr_aes_ccm_12_256;
extern const struct ik_encr ik_encr_aes_ccm_16_128, ik_encr_aes_ccm_16_192, ik_encr_aes_ccm_16_256;
extern const struct ik_encr ik_encr_aes_gcm_8_128, ik_encr_aes_gcm_8_192, ik_encr_aes_gcm_8_256;
extern const struct ik_encr ik_encr_aes_gcm_12_128, ik_encr_aes_gcm_12_192, ik_encr_aes_gcm_12_256;
extern const struct ik_encr ik_encr_aes_gcm_16_128, ik_encr_aes_gcm_16_192, ik_encr_aes_gcm_16_256;
extern const struct ik_encr ik_encr_chacha20_poly1305;
extern const struct ik_encr ik_encr_null_auth_aes_gmac_128, ik_encr_null_auth_aes_gmac_192,
    ik_encr_null_auth_aes_gmac_256;
#if IK_IMPLICIT_IV
extern const struct ik_encr ik_encr_aes_ccm_8_iiv_128, ik_encr_aes_ccm_8_iiv_192,
    ik_encr_aes_ccm_8_iiv_256;
extern const struct ik_encr ik_encr_aes_gcm_16_iiv_128, ik_encr_aes_gcm_16_iiv_192,
    ik_encr_aes_gcm_16_iiv_256;
extern const struct ik_encr ik_encr_chacha20_poly1305_iiv;
#endif
extern const struct ik_prf ik_prf_hmac_sha1, ik_prf_hmac_sha2_256, ik_prf_hmac_sha2_384,
    ik_prf_hmac_sha2_512, ik_prf_aes128_xcbc, ik_prf_aes128_cmac;
extern const struct ik_integ ik_integ_hmac_sha1_96, ik_integ_hmac_sha2_256_128,
    ik_integ_hmac_sha2_384_192, ik_integ_hmac_sha2_512_256, ik_integ_aes_xcbc_96,
    ik_integ_aes_cmac_96;
#if IK_AH
extern const struct ik_integ ik_integ_aes_128_gmac, ik_integ_aes_192_gmac, ik_integ_aes_256_gmac;
#endif
extern const struct ik_dh ik_dh_modp_1024, ik_dh_modp_2048, ik_dh_modp_3072, ik_dh_p256, ik_dh_p384,
    ik_dh_p521, ik_dh_x25519;

#if IK_PREPARE
/*
 * An AEAD as a whole, by a library that keeps its key schedules in memory of its own: what a host
 * may put in the place of BearSSL's pieces. begin() takes a key of key_len octets, keeps what it
 * makes of it and writes what leads there into ctx (IK_AEAD_CTX_MAX octets, aligned to 16; they may
 * be moved). run() seals or opens in place len octets of text, with a nonce of 12 octets and the
 * aad_n parts of aad; icv_len is 8, 12 or 16. seal 1: it writes the ICV and answers 1. seal 0: it
 * answers 1 if the ICV is right (compared in constant time), else 0, and text is undefined. end()
 * wipes and lets go.
 */
#define IK_AEAD_CTX_MAX 16
struct ik_aead {
    void (*begin)(const struct ik_aead *self, void *ctx, const uint8_t *key, size_t key_len);
    int (*run)(void *ctx, const uint8_t nonce[12], const struct ik_span *aad, size_t aad_n,
               uint8_t *text, size_t len, uint8_t *icv, size_t icv_len, int seal);
    void (*end)(void *ctx);
};
#endif

/*
 * The host's choice. Const, shared by any number of nodes, outlives them. A pointer may be NULL if
 * no listed descriptor needs it. sha256 is always needed, but by a build with IK_LINKED whose drbg
 * is another; sha1 wherever NAT is looked for (RFC 7296 2.23).
 */
struct ik_crypto {
    const br_block_cbcenc_class *aes_cbcenc;
    const br_block_cbcdec_class *aes_cbcdec;
    const br_block_ctr_class *aes_ctr;
    const br_block_ctrcbc_class *aes_ctrcbc;
    br_ghash ghash;
    br_chacha20_run chacha20;
    br_poly1305_run poly1305;
    const br_hash_class *sha1, *sha256, *sha384, *sha512;
    const br_ec_impl *ec_nist;      /* P-256, P-384, P-521 */
    const br_ec_impl *ec_x25519;    /* Curve25519 */
    br_rsa_public modexp;           /* x^e mod n: MODP groups */
    const struct ik_drbg_row *drbg; /* NULL: ik_drbg_hmac_sha256 */
#if IK_PREPARE
    const struct ik_aead *aes_gcm;           /* NULL: by aes_ctr and ghash; serves GMAC, too */
    const struct ik_aead *chacha20_poly1305; /* NULL: by chacha20 and poly1305 */
#endif
    /* NULL-terminated lists of the rows above. */
    const struct ik_encr *const *encr;
    const struct ik_prf *const *prf;
    const struct ik_integ *const *integ;
    const struct ik_dh *const *dh;
};

/* Every algorithm, by BearSSL's portable constant-time code. A host with AES-NI copies it and
 * replaces pointers. */
extern const struct ik_crypto ik_crypto_portable;

/* ---- jobs ---------------------------------------------------------------------------------- */

/* What a job is for. A Diffie-Hellman exchange and a KEM have the same shape: the initiator's
 * value, the responder's value, the secret that both get (RFC 7296 2.14, 3.4). */
enum ik_job_kind {
    IK_JOB_NONE = 0,
    IK_JOB_KE_BEGIN,  /* initiator: pub from priv */
    IK_JOB_KE_ANSWER, /* responder: pub from priv, and peer, the initiator's value, becomes the
                         secret */
    IK_JOB_KE_END     /* initiator: peer, the responder's value, becomes the secret */
};

/* What a row computes next for a job. */
enum ik_ke_op {
    IK_KE_PUBLIC = 0, /* pub := g^priv */
    IK_KE_SECRET = 1  /* peer := peer^priv */
};

/*
 * A slow operation that left the core as an effect. It lives in the node's pools, and is the host's
 * until he gives it back by ik_node_job_done(). The core leaves it alone meanwhile but for one
 * octet: when its SA ends, kind becomes IK_JOB_NONE, and the next step is the last. The host reads
 * id, kind and dh (for its cost) and passes the job to ik_job_step() or ik_job_run(). The rest is
 * private and secret. A host with threads runs a copy, copies it back before ik_node_job_done() and
 * wipes it.
 */
struct ik_job {
    uint32_t id;  /* unique in its node */
    uint8_t kind; /* enum ik_job_kind */
    uint8_t good; /* out: 1 if it succeeded */
    uint8_t op;   /* enum ik_ke_op: what its row is computing */
    const struct ik_dh *dh;
    const struct ik_crypto *crypto;
    uint8_t priv[IK_DH_PRIV_MAX];
    uint8_t pub[IK_DH_PUB_MAX];
    uint8_t peer[IK_DH_PUB_MAX];
    uint16_t work[IK_DH_WORK_MAX / 2]; /* the row's: all 0 before the first step */
};

/*
 * Works on a job and answers true when it has come to its end: job->good is set, what was kept from
 * step to step is wiped, and the job is due for ik_node_job_done(). Until then the host calls this
 * again and again and serves its node between: packets, timers, even the end of the job's SA. After
 * true not again. Pure: touches nothing but *job.
 *
 * budget: thousands of CPU cycles that the step may take; one piece that can't be divided is done
 * even if it takes more, so that 0 is a budget too, and IK_JOB_WHOLE leaves nothing for another
 * step. Groups that are not computed in slices come to their end in the first step whatever the
 * budget: so do all of the rows above; X25519 of targets/msp430 is cut. The result does not depend
 * on the budgets.
 */
#define IK_JOB_WHOLE 0xffff
IK_NODISCARD bool ik_job_step(struct ik_job *job, uint16_t budget);

/* Steps a job to its end in this call. */
void ik_job_run(struct ik_job *job);

/* The meter entry that this job will add at ik_node_job_done(), and how many times. */
enum ik_cost ik_job_cost(const struct ik_job *job);
uint8_t ik_job_times(const struct ik_job *job);

/* ---- lookup -------------------------------------------------------------------------------- */

/* The row for an IANA number, or NULL if the host did not list it. key_bits: the Key Length
 * attribute, 0 if absent (a cipher of one key size has 0). */
const struct ik_encr *ik_crypto_encr(const struct ik_crypto *c, uint16_t id, uint16_t key_bits);
const struct ik_prf *ik_crypto_prf(const struct ik_crypto *c, uint16_t id);
const struct ik_integ *ik_crypto_integ(const struct ik_crypto *c, uint16_t id);
const struct ik_dh *ik_crypto_dh(const struct ik_crypto *c, uint16_t id);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Algorithms as core/ipsec and core/ike use them. Rows and tables: ikelet/ik_crypto.h.
 */
#ifndef IK_CRYPTO_CRYPTO_H
#define IK_CRYPTO_CRYPTO_H

#include "ikelet/ik_crypto.h"
#include "ikelet/ik_env.h"

#if IK_LINKED
#include "ikelet/ik_config.h"
#define ik_crypto_of(env) ((void)(env), ik_linked_config.crypto)
#else
#define ik_crypto_of(env) ((env)->crypto)
#endif

/* Do the implementations' contexts fit those of this build (ik_conf.h)? */
bool ik_crypto_fits(const struct ik_crypto *c);

/* ---- prf (RFC 7296 2.13) ------------------------------------------------------------------- */

/*
 * out := prf(in[0], in[1] | in[2] | … in[n - 1]), prf->key_len octets; out may be one of the
 * inputs. Keys of any length (RFC 2104, RFC 4434 2, RFC 4615 3). Where prf->fixed is 1
 * (AES128-XCBC, AES128-CMAC), the key of SKEYSEED is no such free choice: RFC 7296 2.14 takes the
 * first 64 bits of Ni and of Nr. That cut is the caller's; shared secrets (2.15) go in whole.
 */
void ik_prf(struct ik_env *env, const struct ik_prf *prf, const struct ik_span *in, size_t n,
            uint8_t *out);
/* Computes and forgets as much as a key of `longest` octets takes more than one of len octets: keys
 * longer than a block of the hash are hashed (RFC 2104). Nothing with the AES prfs. */
void ik_prf_even(struct ik_env *env, const struct ik_prf *prf, uint16_t len, uint16_t longest);
/* prf+(key, seed) as a stream, key_seed being the key and the seed, of two parts with IK_REKEY, of
 * which either may be empty: begin, then take as many octets as are wanted, as often as wanted, at
 * most 255 blocks in all (to ask for more is a bug of ours), then end, which wipes it. What
 * key_seed points to stays until then. */
#define IK_PRF_SEEDS (IK_REKEY ? 3 : 2)
struct ik_prf_plus {
    const struct ik_prf *prf;
    struct ik_span key_seed[IK_PRF_SEEDS];
    uint8_t counter;
    uint8_t left; /* octets of t that were not taken yet */
    uint8_t t[IK_HASH_MAX];
};
void ik_prf_plus_begin(struct ik_prf_plus *p, const struct ik_prf *prf,
                       const struct ik_span key_seed[IK_PRF_SEEDS]);
void ik_prf_plus_take(struct ik_env *env, struct ik_prf_plus *p, uint8_t *out, size_t len);
void ik_prf_plus_end(struct ik_prf_plus *p);

/* ---- protection of SK and ESP --------------------------------------------------------------- */

/* A cipher with its integrity and the keys of one direction, as pointers into an SA. */
struct ik_seal_key {
    const struct ik_encr *encr;
    const struct ik_integ *integ; /* NULL with an AEAD, or where INTEG is NONE */
    const uint8_t *encr_key;      /* key | salt */
    const uint8_t *integ_key;
#if IK_PREPARE
    void *encr_ctx; /* what was prepared of it for this direction; NULL: nothing */
    void *mac_ctx;
#endif
};
/* Octets of a key with its salt; of an integrity key, 0 with an AEAD. */
static inline uint8_t ik_encr_key_len(const struct ik_encr *encr)
{
    return (uint8_t)(encr->key_len + encr->salt_len);
}
static inline uint8_t ik_integ_key_len(const struct ik_integ *integ)
{
    return IK_INTEG && integ != NULL ? integ->key_len : 0;
}
#if IK_PREPARE
/* Prepares the keys, for sealing or for opening, in the places that k->encr_ctx and k->mac_ctx
 * name; these are NULL afterwards where there is nothing to prepare. */
void ik_seal_prepare(struct ik_env *env, struct ik_seal_key *k, int seal);
/* Lets go what rows keep elsewhere; the contexts are the caller's to wipe. */
void ik_seal_release(const struct ik_seal_key *k);
#endif
/* Octets of ICV. */
uint8_t ik_seal_icv_len(const struct ik_seal_key *k);
/*
 * Seals in place: writes the IV (CBC: random from the DRBG; others: the 64-bit iv_counter, which
 * the caller never repeats under one key), encrypts, writes the ICV (AEAD, or encrypt-then-MAC over
 * aad | IV | text).
 */
void ik_seal(struct ik_env *env, const struct ik_seal_key *k, const struct ik_sealed *s,
             uint64_t iv_counter);
/* The same with the IV that is in place: for what must be sealed more than once, and be the same
 * each time. */
void ik_seal_by_iv(struct ik_env *env, const struct ik_seal_key *k, const struct ik_sealed *s);
/* Checks the ICV in constant time and decrypts in place: after the check where INTEG brings it, in
 * one pass by an AEAD. IK_ERR_AUTH if it is wrong: text is unspecified (nothing that was decrypted
 * is left in it). IK_ERR_SYNTAX if text is not whole
 * blocks: nothing was touched. */
IK_NODISCARD enum ik_status ik_open(struct ik_env *env, const struct ik_seal_key *k,
                                    const struct ik_sealed *s);

#if IK_AH
/* integ->icv_len octets of ICV, less an IV before it, over parts[1] to parts[n - 1] under k's
 * integrity key (AH); parts[0] is overwritten, the last is the IV if there is one. */
void ik_integ_parts(struct ik_env *env, const struct ik_seal_key *k, struct ik_span *parts,
                    size_t n, uint8_t *out);
#endif

/* ---- Diffie-Hellman ------------------------------------------------------------------------- */

/* The initiator's first job: draws priv from the DRBG; pub is the value of its KE payload. */
void ik_job_begin(struct ik_env *env, struct ik_job *job, uint32_t id, const struct ik_dh *dh);
/* The responder's only one: pub, and the secret in peer, from the initiator's value. IK_ERR_SYNTAX
 * if that has another length than the group's values. */
IK_NODISCARD enum ik_status ik_job_answer(struct ik_env *env, struct ik_job *job, uint32_t id,
                                          const struct ik_dh *dh, struct ik_span peer);
/* The initiator's last: the secret in peer, from the responder's value and the priv that the first
 * one drew. IK_ERR_SYNTAX likewise. */
IK_NODISCARD enum ik_status ik_job_end(struct ik_job *job, uint32_t id, struct ik_span peer);
/* Another priv for a job whose priv was outside of the group's range. */
void ik_job_redraw(struct ik_env *env, struct ik_job *job);

/* ---- random octets: one DRBG a node (SP 800-90A), of ik_crypto.drbg ------------------------- */

void ik_drbg_init(struct ik_env *env);
/* Stirs in entropy; any number of times. */
void ik_drbg_seed(struct ik_env *env, const void *seed, size_t len);
/* True after 32 octets of seed. Callers refuse work that needs random bits until then. */
bool ik_drbg_ready(const struct ik_env *env);
void ik_drbg_bytes(struct ik_env *env, void *out, size_t len);

/* ---- hashes ---------------------------------------------------------------------------------- */

/* SHA-1 of a list of spans: NAT detection (RFC 7296 2.23). out: 20 octets. */
void ik_sha1(struct ik_env *env, const struct ik_span *parts, size_t n, uint8_t *out);
/* SHA-256 likewise: cookies. out: 32 octets. */
void ik_sha256(struct ik_env *env, const struct ik_span *parts, size_t n, uint8_t *out);

#endif

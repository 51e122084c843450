/* SPDX-License-Identifier: MIT */
/*
 * Nonces and keys (RFC 7296 2.10, 2.13, 2.14, 2.17):
 *
 *     SKEYSEED = prf(Ni | Nr, g^ir)
 *     {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr}
 *                     = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr)
 *     KEYMAT = prf+(SK_d, Ni | Nr)
 */
#include "ike/nego/nego.h"

#define NONCE_LEN 32
#define FIXED_KEY_PART 8 /* octets of each nonce that key a prf of fixed key length */

static uint8_t *room(struct ik_handshake *hs, bool of_initiator, uint16_t len)
{
    uint16_t at = of_initiator ? 0 : hs->nonce_i_len;
    IK_ASSERT(len <= IK_NONCE_MAX);
    if (of_initiator) {
        hs->nonce_i_len = len;
    }
    hs->nonces_len = (uint16_t)(at + len);
    return hs->seed + at;
}

void ik_nonce_take(struct ik_handshake *hs, bool of_initiator, struct ik_span nonce)
{
    memcpy(room(hs, of_initiator, nonce.len), nonce.p, nonce.len);
}

void ik_nonce_draw(struct ik_node *node, struct ik_handshake *hs, bool of_initiator)
{
    uint8_t len = ik_config_of(node)->nonce_len != 0 ? ik_config_of(node)->nonce_len : NONCE_LEN;
    ik_drbg_bytes(&node->env, room(hs, of_initiator, len), len);
}

struct ik_span ik_nonce_i(const struct ik_handshake *hs)
{
    return (struct ik_span){hs->seed, hs->nonce_i_len};
}

struct ik_span ik_nonce_r(const struct ik_handshake *hs)
{
    return (struct ik_span){hs->seed + hs->nonce_i_len,
                            (uint16_t)(hs->nonces_len - hs->nonce_i_len)};
}

bool ik_nonce_good(struct ik_span nonce, const struct ik_prf *prf)
{
    /* 2.10: "at least half the key size of the negotiated pseudorandom function". */
    return nonce.len <= IK_NONCE_MAX && nonce.len >= prf->key_len / 2;
}

static void skeyseed(struct ik_node *node, const struct ik_prf *prf, const struct ik_handshake *hs,
                     uint8_t *out)
{
    uint8_t cut[2 * FIXED_KEY_PART];
    struct ik_span in[2] = {{hs->seed, hs->nonces_len}, {hs->job.peer, hs->job.dh->shared_len}};
    if (prf->fixed) {
        /* 2.14: "only the first 64 bits of Ni and the first 64 bits of Nr are used". */
        memcpy(cut, hs->seed, FIXED_KEY_PART);
        memcpy(cut + FIXED_KEY_PART, hs->seed + hs->nonce_i_len, FIXED_KEY_PART);
        in[0] = (struct ik_span){cut, sizeof cut};
    }
    ik_prf(&node->env, prf, in, 2, out);
}

/* In the order of 2.14: of each pair the initiator's comes first. */
static void take_keys(struct ik_node *node, struct ik_prf_plus *p, struct ik_ike_sa *sa,
                      struct ik_handshake *hs)
{
    struct ik_env *env = &node->env;
    uint8_t prf_len = ik_prf_of(sa)->key_len;
    ik_prf_plus_take(env, p, sa->keys.d, prf_len);
#if IK_INTEG
    ik_prf_plus_take(env, p, sa->keys.a[1], ik_integ_key_len(ik_integ_of(sa)));
    ik_prf_plus_take(env, p, sa->keys.a[0], ik_integ_key_len(ik_integ_of(sa)));
#endif
    ik_prf_plus_take(env, p, sa->keys.e[1], ik_encr_key_len(ik_encr_of(sa)));
    ik_prf_plus_take(env, p, sa->keys.e[0], ik_encr_key_len(ik_encr_of(sa)));
    ik_prf_plus_take(env, p, hs->sk_p[1], prf_len);
    ik_prf_plus_take(env, p, hs->sk_p[0], prf_len);
}

/* From SKEYSEED, which is wiped. */
static void expand(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs,
                   uint8_t *key)
{
    struct ik_prf_plus p;
    struct ik_span key_seed[IK_PRF_SEEDS] = {
        {key, ik_prf_of(sa)->key_len}, {hs->seed, (uint16_t)(hs->nonces_len + 2 * IK_SPI_LEN)}};
    memcpy(hs->seed + hs->nonces_len, sa->spi_i, IK_SPI_LEN);
    memcpy(hs->seed + hs->nonces_len + IK_SPI_LEN, sa->spi_r, IK_SPI_LEN);
    ik_prf_plus_begin(&p, ik_prf_of(sa), key_seed);
    take_keys(node, &p, sa, hs);
    ik_prf_plus_end(&p);
    ik_wipe(key, IK_HASH_MAX);
    sa->flags |= IK_SA_KEYED;
    ik_trace(&node->env, IK_TR_IKE_KEYS, 0, 0);
}

void ik_keys_derive(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs)
{
    uint8_t key[IK_HASH_MAX];
    skeyseed(node, ik_prf_of(sa), hs, key);
    ik_wipe(&hs->job, sizeof hs->job);
    expand(node, sa, hs, key);
}

#if IK_RESUME
/* RFC 5723 5.1: SKEYSEED = prf(SK_d (old), "Resumption" | Ni | Nr) */
void ik_keys_resume(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs,
                    const uint8_t *sk_d)
{
    static const uint8_t text[] = {'R', 'e', 's', 'u', 'm', 'p', 't', 'i', 'o', 'n'};
    uint8_t key[IK_HASH_MAX];
    struct ik_span in[3] = {
        {sk_d, ik_prf_of(sa)->key_len}, {text, sizeof text}, {hs->seed, hs->nonces_len}};
    ik_prf(&node->env, ik_prf_of(sa), in, 3, key);
    expand(node, sa, hs, key);
}
#endif

#if IK_REKEY
/*
 * 2.18: SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr), by the old IKE SA's prf, for the exchange
 * is part of it; what follows by the new one's. There is no AUTH in it, and so no use for SK_p*.
 */
void ik_keys_rekey(struct ik_node *node, const struct ik_ike_sa *old, struct ik_ike_sa *sa,
                   struct ik_handshake *hs)
{
    uint8_t key[IK_HASH_MAX];
    struct ik_prf_plus p;
    struct ik_span in[3] = {{old->keys.d, old->suite.prf->key_len},
                            {hs->job.peer, hs->job.dh->shared_len},
                            {hs->seed, hs->nonces_len}};
    struct ik_span key_seed[3] = {{key, old->suite.prf->key_len},
                                  {hs->seed, (uint16_t)(hs->nonces_len + 2 * IK_SPI_LEN)}};
    ik_prf(&node->env, old->suite.prf, in, 3, key);
    ik_wipe(&hs->job, sizeof hs->job);
    memcpy(hs->seed + hs->nonces_len, sa->spi_i, IK_SPI_LEN);
    memcpy(hs->seed + hs->nonces_len + IK_SPI_LEN, sa->spi_r, IK_SPI_LEN);
    ik_prf_plus_begin(&p, ik_prf_of(sa), key_seed);
    take_keys(node, &p, sa, hs);
    ik_prf_plus_end(&p);
    ik_wipe(key, sizeof key);
    ik_wipe(hs->sk_p, sizeof hs->sk_p);
    sa->flags |= IK_SA_KEYED;
    ik_about(&node->env, sa->slot);
    ik_trace(&node->env, IK_TR_IKE_KEYS, 0, 0);
    ik_about(&node->env, old->slot);
}
#endif

/* 2.17: KEYMAT = prf+(SK_d, Ni | Nr), with g^ir (new) before the nonces where the exchange had one.
 * Keys from initiator to responder come first; of each direction, encryption before integrity, as
 * the Child SA has them. */
void ik_keys_child(struct ik_node *node, const struct ik_ike_sa *sa, const struct ik_handshake *hs,
                   struct ik_child_sa *child)
{
    struct ik_prf_plus p;
#if IK_REKEY
    bool pfs = hs->job.op == IK_KE_SECRET && hs->job.good;
    struct ik_span key_seed[3] = {{sa->keys.d, ik_prf_of(sa)->key_len},
                                  {hs->job.peer, pfs ? hs->job.dh->shared_len : 0},
                                  {hs->seed, hs->nonces_len}};
#else
    struct ik_span key_seed[2] = {{sa->keys.d, ik_prf_of(sa)->key_len}, {hs->seed, hs->nonces_len}};
#endif
    size_t len =
        (size_t)ik_encr_key_len(ik_child_encr(child)) + ik_integ_key_len(ik_child_integ(child));
    ik_prf_plus_begin(&p, ik_prf_of(sa), key_seed);
    ik_prf_plus_take(&node->env, &p, ik_child_keys(&node->ipsec, child, child->initiator), len);
    ik_prf_plus_take(&node->env, &p, ik_child_keys(&node->ipsec, child, !child->initiator), len);
    ik_prf_plus_end(&p);
}

/* SPDX-License-Identifier: MIT */
/*
 * Nonces and keys (RFC 7296 2.10, 2.13, 2.14, 2.17):
 *
 *     SKEYSEED = prf(Ni | Nr, g^ir)
 *     {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr}
 *                     = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr)
 *     KEYMAT = prf+(SK_d, Ni | Nr)
 */
#include "ike/ike.h"

#define NONCE_LEN 32
#define FIXED_KEY_PART 8 /* octets of each nonce that key a prf of fixed key length */

/* Ni is set before Nr in both roles; when Ni changes, Nr is not there yet. */
void ik_nonce_set_i(struct ik_ike_sa *sa, struct ik_span nonce)
{
    IK_ASSERT(nonce.len <= IK_NONCE_MAX);
    memcpy(sa->seed, nonce.p, nonce.len);
    sa->nonce_i_len = nonce.len;
    sa->nonce_r_len = 0;
}

void ik_nonce_set_r(struct ik_ike_sa *sa, struct ik_span nonce)
{
    IK_ASSERT(nonce.len <= IK_NONCE_MAX);
    memcpy(sa->seed + sa->nonce_i_len, nonce.p, nonce.len);
    sa->nonce_r_len = nonce.len;
}

struct ik_span ik_nonce_i(const struct ik_ike_sa *sa)
{
    return (struct ik_span){sa->seed, sa->nonce_i_len};
}

struct ik_span ik_nonce_r(const struct ik_ike_sa *sa)
{
    return (struct ik_span){sa->seed + sa->nonce_i_len, sa->nonce_r_len};
}

bool ik_nonce_good(struct ik_span nonce, const struct ik_prf *prf)
{
    /* 2.10: "at least half the key size of the negotiated pseudorandom function". */
    return nonce.len <= IK_NONCE_MAX && nonce.len >= prf->key_len / 2;
}

uint16_t ik_nonce_draw(struct ik_node *node, uint8_t *out)
{
    uint8_t len = node->config->nonce_len != 0 ? node->config->nonce_len : NONCE_LEN;
    ik_drbg_bytes(&node->env, out, len);
    return len;
}

static uint16_t nonces_len(const struct ik_ike_sa *sa)
{
    return (uint16_t)(sa->nonce_i_len + sa->nonce_r_len);
}

static void skeyseed(struct ik_node *node, const struct ik_ike_sa *sa, uint8_t *out)
{
    uint8_t cut[2 * FIXED_KEY_PART];
    struct ik_span in[2] = {{sa->seed, nonces_len(sa)}, {sa->job.peer, sa->dh->shared_len}};
    if (sa->prf->fixed) {
        /* 2.14: "only the first 64 bits of Ni and the first 64 bits of Nr are used". */
        memcpy(cut, ik_nonce_i(sa).p, FIXED_KEY_PART);
        memcpy(cut + FIXED_KEY_PART, ik_nonce_r(sa).p, FIXED_KEY_PART);
        in[0] = (struct ik_span){cut, sizeof cut};
    }
    ik_prf(&node->env, sa->prf, in, 2, out);
}

static uint8_t encr_key_len(const struct ik_encr *encr)
{
    return (uint8_t)(encr->key_len + encr->salt_len);
}

static uint8_t integ_key_len(const struct ik_integ *integ)
{
    return integ != NULL ? integ->key_len : 0;
}

void ik_keys_derive(struct ik_node *node, struct ik_ike_sa *sa)
{
    struct ik_env *env = &node->env;
    struct ik_ike_keys *k = &sa->keys;
    struct ik_prf_plus g;
    uint8_t seed_key[IK_HASH_MAX];
    uint8_t p = sa->prf->key_len;
    uint8_t a = integ_key_len(sa->integ);
    uint8_t e = encr_key_len(sa->encr);
    uint16_t n = nonces_len(sa);

    skeyseed(node, sa, seed_key);
    memcpy(sa->seed + n, sa->spi_i, IK_SPI_LEN);
    memcpy(sa->seed + n + IK_SPI_LEN, sa->spi_r, IK_SPI_LEN);
    ik_prf_plus_begin(&g, sa->prf, seed_key, p, sa->seed, (size_t)n + 2 * IK_SPI_LEN);
    ik_prf_plus_take(env, &g, k->sk_d, p);
    ik_prf_plus_take(env, &g, k->sk_ai, a);
    ik_prf_plus_take(env, &g, k->sk_ar, a);
    ik_prf_plus_take(env, &g, k->sk_ei, e);
    ik_prf_plus_take(env, &g, k->sk_er, e);
    ik_prf_plus_take(env, &g, k->sk_pi, p);
    ik_prf_plus_take(env, &g, k->sk_pr, p);
    ik_prf_plus_end(&g);
    ik_wipe(seed_key, sizeof seed_key);
    sa->flags |= IK_SA_KEYED;
    ik_trace(env, IK_TR_IKE_KEYS, 0, 0);
}

/* 2.17: keys from initiator to responder come first; of each direction, encryption before
 * integrity. */
void ik_keys_child(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_child_sa *child)
{
    struct ik_env *env = &node->env;
    struct ik_esp_sa *first = child->initiator ? &child->out : &child->in;
    struct ik_esp_sa *second = child->initiator ? &child->in : &child->out;
    uint8_t e = encr_key_len(child->encr);
    uint8_t a = integ_key_len(child->integ);
    struct ik_prf_plus g;
    ik_prf_plus_begin(&g, sa->prf, sa->keys.sk_d, sa->prf->key_len, sa->seed, nonces_len(sa));
    ik_prf_plus_take(env, &g, first->keys.encr, e);
    ik_prf_plus_take(env, &g, first->keys.integ, a);
    ik_prf_plus_take(env, &g, second->keys.encr, e);
    ik_prf_plus_take(env, &g, second->keys.integ, a);
    ik_prf_plus_end(&g);
}

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

uint8_t *ik_nonce_room(struct ik_ike_sa *sa, bool of_initiator, uint16_t len)
{
    uint16_t at = of_initiator ? 0 : sa->nonce_i_len;
    IK_ASSERT(len <= IK_NONCE_MAX);
    if (of_initiator) {
        sa->nonce_i_len = len;
    }
    sa->nonces_len = (uint16_t)(at + len);
    return sa->seed + at;
}

void ik_nonce_take(struct ik_ike_sa *sa, struct ik_span nonce)
{
    memcpy(ik_nonce_room(sa, !ik_began(sa), nonce.len), nonce.p, nonce.len);
}

void ik_nonce_draw(struct ik_node *node, struct ik_ike_sa *sa)
{
    uint8_t len = node->config->nonce_len != 0 ? node->config->nonce_len : NONCE_LEN;
    ik_drbg_bytes(&node->env, ik_nonce_room(sa, ik_began(sa), len), len);
}

struct ik_span ik_nonce_i(const struct ik_ike_sa *sa)
{
    return (struct ik_span){sa->seed, sa->nonce_i_len};
}

struct ik_span ik_nonce_r(const struct ik_ike_sa *sa)
{
    return (struct ik_span){sa->seed + sa->nonce_i_len,
                            (uint16_t)(sa->nonces_len - sa->nonce_i_len)};
}

bool ik_nonce_good(struct ik_span nonce, const struct ik_prf *prf)
{
    /* 2.10: "at least half the key size of the negotiated pseudorandom function". */
    return nonce.len <= IK_NONCE_MAX && nonce.len >= prf->key_len / 2;
}

static void skeyseed(struct ik_node *node, const struct ik_ike_sa *sa, uint8_t *out)
{
    uint8_t cut[2 * FIXED_KEY_PART];
    struct ik_span in[2] = {{sa->seed, sa->nonces_len}, {sa->job.peer, sa->dh->shared_len}};
    if (sa->prf->fixed) {
        /* 2.14: "only the first 64 bits of Ni and the first 64 bits of Nr are used". */
        memcpy(cut, sa->seed, FIXED_KEY_PART);
        memcpy(cut + FIXED_KEY_PART, sa->seed + sa->nonce_i_len, FIXED_KEY_PART);
        in[0] = (struct ik_span){cut, sizeof cut};
    }
    ik_prf(&node->env, sa->prf, in, 2, out);
}

void ik_keys_derive(struct ik_node *node, struct ik_ike_sa *sa)
{
    uint8_t key[IK_HASH_MAX];
    struct ik_span key_seed[2] = {{key, sa->prf->key_len},
                                  {sa->seed, (uint16_t)(sa->nonces_len + 2 * IK_SPI_LEN)}};
    skeyseed(node, sa, key);
    /* The job ends here: the keys take its place. */
    _Static_assert(sizeof sa->keys <= sizeof sa->job, "wiped as a whole");
    ik_wipe(&sa->job, sizeof sa->job);
    memcpy(sa->seed + sa->nonces_len, sa->spi_i, IK_SPI_LEN);
    memcpy(sa->seed + sa->nonces_len + IK_SPI_LEN, sa->spi_r, IK_SPI_LEN);
    ik_prf_plus(&node->env, sa->prf, key_seed, sa->keys,
                (size_t)(ik_sk_p(sa, false) - sa->keys) + sa->prf->key_len);
    ik_wipe(key, sizeof key);
    sa->flags |= IK_SA_KEYED;
    ik_trace(&node->env, IK_TR_IKE_KEYS, 0, 0);
}

/* SK_a*, SK_e* and SK_p* are pairs behind SK_d, of the initiator first. */
const uint8_t *ik_sk_a(const struct ik_ike_sa *sa, bool of_initiator)
{
    return sa->keys + sa->prf->key_len + (of_initiator ? 0 : ik_integ_key_len(sa->integ));
}

const uint8_t *ik_sk_e(const struct ik_ike_sa *sa, bool of_initiator)
{
    return ik_sk_a(sa, true) + 2 * ik_integ_key_len(sa->integ) +
           (of_initiator ? 0 : ik_encr_key_len(sa->encr));
}

const uint8_t *ik_sk_p(const struct ik_ike_sa *sa, bool of_initiator)
{
    return ik_sk_e(sa, true) + 2 * ik_encr_key_len(sa->encr) +
           (of_initiator ? 0 : sa->prf->key_len);
}

/* 2.17: of each direction, encryption before integrity. */
static void give(const struct ik_child_sa *child, struct ik_esp_keys *keys, const uint8_t *from)
{
    uint8_t e = ik_encr_key_len(child->encr);
    memcpy(keys->encr, from, e);
    memcpy(keys->integ, from + e, ik_integ_key_len(child->integ));
}

/* 2.17: keys from initiator to responder come first. */
void ik_keys_child(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_child_sa *child)
{
    struct ik_span key_seed[2] = {{sa->keys, sa->prf->key_len}, {sa->seed, sa->nonces_len}};
    size_t len = ik_encr_key_len(child->encr) + ik_integ_key_len(child->integ);
    uint8_t keymat[2 * sizeof(struct ik_esp_keys)];
    ik_prf_plus(&node->env, sa->prf, key_seed, keymat, 2 * len);
    give(child, &child->out.keys, child->initiator ? keymat : keymat + len);
    give(child, &child->in.keys, child->initiator ? keymat + len : keymat);
    ik_wipe(keymat, sizeof keymat);
}

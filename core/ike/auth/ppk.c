/* SPDX-License-Identifier: MIT */
/*
 * Post-quantum pre-shared keys (RFC 8784):
 *
 *     HDR(A,0), SAi1, KEi, Ni, N(USE_PPK)  -->
 *                              <--  HDR(A,B), SAr1, KEr, Nr, N(USE_PPK)
 *     HDR, SK {IDi, [IDr,] AUTH, SAi2, TSi, TSr, N(PPK_IDENTITY, PPK_ID), [N(NO_PPK_AUTH)]}  -->
 *                              <--  HDR, SK {IDr, AUTH, SAr2, TSi, TSr, [N(PPK_IDENTITY)]}
 *
 *     SK_d  = prf+ (PPK, SK_d')
 *     SK_pi = prf+ (PPK, SK_pi')
 *     SK_pr = prf+ (PPK, SK_pr')
 */
#include "ike/auth/auth.h"

#if IK_PPK

#define PPK_ID_FIXED 2

static const struct ik_handshake *opening(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    return ik_handshake_of(node, sa);
}

/* ---- mixing --------------------------------------------------------------------------------- */

static void mix(struct ik_node *node, const struct ik_prf *prf, struct ik_span ppk, uint8_t *key)
{
    struct ik_prf_plus p;
    uint8_t was[IK_HASH_MAX];
    struct ik_span key_seed[IK_PRF_SEEDS] = {ppk, {was, prf->key_len}};
    memcpy(was, key, prf->key_len);
    ik_prf_plus_begin(&p, prf, key_seed);
    ik_prf_plus_take(&node->env, &p, key, prf->key_len);
    ik_prf_plus_end(&p);
    ik_wipe(was, sizeof was);
}

/* All three; or, where there is no such key, as much work for nothing. */
static void mix_all(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_ppk *ppk)
{
    const struct ik_prf *prf = sa->suite.prf;
    struct ik_handshake *hs = ik_handshake_of(node, sa);
    uint8_t spare[IK_HASH_MAX] = {0};
    struct ik_span nobodys = {sa->keys.d, prf->key_len};
    struct ik_span key = ppk != NULL ? ppk->key : nobodys;
    mix(node, prf, key, ppk != NULL ? hs->sk_p[1] : spare);
    mix(node, prf, key, ppk != NULL ? hs->sk_p[0] : spare);
    mix(node, prf, key, ppk != NULL ? sa->keys.d : spare);
    ik_wipe(spare, sizeof spare);
    if (ppk != NULL) {
        ik_trace(&node->env, IK_TR_IKE_PPK, 0, 0);
    }
}

/* ---- initiator ------------------------------------------------------------------------------ */

void ik_ppk_offer(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_chain *c)
{
    if (ik_peer_of(node, sa)->ppks_n > 0) {
        ik_put_notify(node, c, IK_N_USE_PPK, (struct ik_span){0});
    }
}

bool ik_ppk_declined(const struct ik_node *node, const struct ik_rx *rx)
{
    struct ik_notify n;
    return ik_peer_of(node, rx->sa)->ppk_required && !ik_notify_find(&rx->m, IK_N_USE_PPK, &n);
}

void ik_ppk_agreed(const struct ik_node *node, const struct ik_rx *rx)
{
    struct ik_notify n;
    ik_handshake_of(node, rx->sa)->ppk =
        ik_peer_of(node, rx->sa)->ppks_n > 0 && ik_notify_find(&rx->m, IK_N_USE_PPK, &n);
}

/* Its own SK_pi is mixed for our AUTH alone: whether the responder takes the key, its answer tells.
 */
struct ik_auth ik_ppk_prove(struct ik_node *node, struct ik_ike_sa *sa, struct ik_span psk,
                            uint8_t proof[IK_HASH_MAX], uint8_t plain[IK_HASH_MAX])
{
    uint8_t was[IK_HASH_MAX];
    struct ik_handshake *hs = ik_handshake_of(node, sa);
    struct ik_auth auth = ik_auth_prove(node, sa, psk, plain);
    if (!hs->ppk) {
        memcpy(proof, plain, auth.data.len);
        auth.data.p = proof;
        return auth;
    }
    memcpy(was, hs->sk_p[1], sizeof was);
    mix(node, sa->suite.prf, ik_peer_of(node, sa)->ppks[0].key, hs->sk_p[1]);
    auth = ik_auth_prove(node, sa, psk, proof);
    memcpy(hs->sk_p[1], was, sizeof was);
    ik_wipe(was, sizeof was);
    return auth;
}

void ik_ppk_put(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_span plain,
                struct ik_chain *c)
{
    const struct ik_peer *peer = ik_peer_of(node, sa);
    uint8_t id[1 + IK_ID_MAX];
    if (!opening(node, sa)->ppk) {
        return;
    }
    id[0] = PPK_ID_FIXED;
    memcpy(id + 1, peer->ppks[0].id.p, peer->ppks[0].id.len);
    ik_put_notify(node, c, IK_N_PPK_IDENTITY,
                  (struct ik_span){id, (uint16_t)(1 + peer->ppks[0].id.len)});
    if (!peer->ppk_required) {
        ik_put_notify(node, c, IK_N_NO_PPK_AUTH, plain);
    }
}

bool ik_ppk_taken(struct ik_node *node, const struct ik_rx *rx)
{
    struct ik_notify n;
    const struct ik_peer *peer = ik_peer_of(node, rx->sa);
    if (!opening(node, rx->sa)->ppk) {
        return true;
    }
    if (!ik_notify_find(&rx->m, IK_N_PPK_IDENTITY, &n)) {
        return !peer->ppk_required;
    }
    mix_all(node, rx->sa, &peer->ppks[0]);
    return true;
}

/* ---- responder ------------------------------------------------------------------------------ */

/* Who is calling shows later: it is offered to whoever asks and may be one that has such a key. */
void ik_ppk_asked(const struct ik_node *node, const struct ik_rx *rx)
{
    struct ik_notify n;
    ik_handshake_of(node, rx->sa)->ppk =
        ik_notify_find(&rx->m, IK_N_USE_PPK, &n) && ik_peer_with_ppk(node, rx->path);
}

void ik_ppk_answer(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_chain *c)
{
    if (opening(node, sa)->ppk) {
        ik_put_notify(node, c, IK_N_USE_PPK, (struct ik_span){0});
    }
}

/* Of the peer's keys the one that is named so, or NULL. */
static const struct ik_ppk *find(const struct ik_peer *peer, struct ik_span ppk_id)
{
    if (peer == NULL || ppk_id.len < 1 || ppk_id.p[0] != PPK_ID_FIXED) {
        return NULL;
    }
    for (uint8_t i = 0; i < peer->ppks_n; i++) {
        const struct ik_span *id = &peer->ppks[i].id;
        if (ppk_id.len == id->len + 1 && ik_ct_eq(id->p, ppk_id.p + 1, id->len)) {
            return &peer->ppks[i];
        }
    }
    return NULL;
}

/* Table 1 of section 3, for who has said USE_PPK; peer: NULL: nobody knows who calls. */
static bool choose(struct ik_node *node, const struct ik_rx *rx, const struct ik_peer *peer,
                   struct ik_auth *auth)
{
    struct ik_notify id, plain;
    struct ik_handshake *hs = ik_handshake_of(node, rx->sa);
    hs->ppk = false; /* until it is found */
    if (!ik_notify_find(&rx->m, IK_N_PPK_IDENTITY, &id)) {
        return false;
    }
    const struct ik_ppk *ppk = find(peer, id.data);
    mix_all(node, rx->sa, ppk);
    if (ppk != NULL) {
        hs->ppk = true;
        return true;
    }
    if ((peer != NULL && peer->ppk_required) || !ik_notify_find(&rx->m, IK_N_NO_PPK_AUTH, &plain)) {
        return false;
    }
    auth->data = plain.data;
    return true;
}

bool ik_ppk_choose(struct ik_node *node, const struct ik_rx *rx, uint16_t peer,
                   struct ik_auth *auth)
{
    const struct ik_peer *who = peer != IK_NO_SLOT ? &node->config->peers[peer] : NULL;
#if IK_RESUME
    /* Section 3: it is in the SK_d that was resumed, if it was used then. */
    if (opening(node, rx->sa)->resumed) {
        return true;
    }
#endif
    if (!opening(node, rx->sa)->ppk) {
        return who == NULL || !who->ppk_required;
    }
    return choose(node, rx, who, auth);
}

void ik_ppk_confirm(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_chain *c)
{
    if (opening(node, sa)->ppk) {
        ik_put_notify(node, c, IK_N_PPK_IDENTITY, (struct ik_span){0});
    }
}

#endif

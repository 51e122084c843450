/* SPDX-License-Identifier: MIT */
/*
 * The AUTH payload of a shared key (RFC 7296 2.15):
 *
 *     AUTH = prf( prf(Shared Secret, "Key Pad for IKEv2"), <SignedOctets>)
 *     InitiatorSignedOctets = RealMessage1 | NonceRData | prf(SK_pi, RestOfInitIDPayload)
 *     ResponderSignedOctets = RealMessage2 | NonceIData | prf(SK_pr, RestOfRespIDPayload)
 */
#include "ike/auth/auth.h"

#define ID_HEAD 4 /* ID type and three reserved octets */

/* prf(SK_p*, RestOfIDPayload) */
static void mac_id(struct ik_node *node, const struct ik_ike_sa *sa, const struct ik_span *id,
                   bool of_initiator, uint8_t *out)
{
    const struct ik_handshake *hs = ik_handshake_of(node, sa);
    uint8_t head[ID_HEAD] = {0};
    struct ik_span in[3] = {{hs->sk_p[of_initiator], ik_prf_of(sa)->key_len}};
    if (id != NULL) {
        in[1] = *id;
    } else {
        const struct ik_id *ours = &ik_peer_of(node, sa)->local_id;
        head[0] = ours->type;
        in[1] = (struct ik_span){head, sizeof head};
        in[2] = ours->data;
    }
    ik_prf(&node->env, ik_prf_of(sa), in, 3, out);
}

/* RealMessage1 or RealMessage2. Of a responder the second is its newest response. */
static struct ik_span real_message(const struct ik_node *node, const struct ik_ike_sa *sa,
                                   bool of_initiator)
{
    const struct ik_handshake *hs = ik_handshake_of(node, sa);
    ik_slot slot = hs->message[of_initiator ? 0 : 1];
    if (!of_initiator && !sa->initiator) {
        slot = sa->window.responses;
    }
    const struct ik_buffer *b = ik_buffer_at(node, slot);
    return (struct ik_span){b->b + IK_MARKER_LEN, b->len};
}

#if !IK_PSK_PADDED || !IK_LINKED
static const uint8_t pad[17] = "Key Pad for IKEv2";
#endif

#if !IK_LINKED
void ik_psk_pad(const struct ik_crypto *crypto, const struct ik_prf *prf, struct ik_span secret,
                uint8_t *out)
{
    struct ik_env env = {.crypto = crypto};
    struct ik_span in[2] = {secret, {pad, sizeof pad}};
    ik_prf(&env, prf, in, 2, out);
}
#endif

/* prf(Shared Secret, "Key Pad for IKEv2"), of what stands for the secret in the configuration. */
static void pad_key(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_span psk,
                    uint8_t *out)
{
    const struct ik_prf *prf = ik_prf_of(sa);
#if IK_PSK_PADDED
    (void)node;
    memcpy(out, psk.p, prf->key_len);
#else
    struct ik_span in[2] = {psk, {pad, sizeof pad}};
    if (sa->initiator && ik_peer_of(node, sa)->psk_prf != 0) {
        memcpy(out, psk.p, prf->key_len);
        return;
    }
    ik_prf(&node->env, prf, in, 2, out);
#endif
}

void ik_auth_octets(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_span psk,
                    const struct ik_span *id, uint8_t *out)
{
    const struct ik_handshake *hs = ik_handshake_of(node, sa);
    const struct ik_prf *prf = ik_prf_of(sa);
    bool of_initiator = (id == NULL) == sa->initiator;
    uint8_t maced_id[IK_HASH_MAX];
    struct ik_span in[4];

    mac_id(node, sa, id, of_initiator, maced_id);
#if IK_RESUME
    /* RFC 5723 4.3.3: AUTH = prf(SK_px, <message octets>) */
    if (hs->resumed) {
        memcpy(out, hs->sk_p[of_initiator], prf->key_len);
    } else {
        pad_key(node, sa, psk, out);
    }
#else
    pad_key(node, sa, psk, out);
#endif
    in[0] = (struct ik_span){out, prf->key_len};
    in[1] = real_message(node, sa, of_initiator);
    in[2] = of_initiator ? ik_nonce_r(hs) : ik_nonce_i(hs);
    in[3] = (struct ik_span){maced_id, prf->key_len};
    ik_prf(&node->env, prf, in, 4, out);
    ik_wipe(maced_id, sizeof maced_id);
}

static uint8_t prove(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_span psk,
                     uint8_t *out)
{
    ik_auth_octets(node, sa, psk, NULL, out);
    return ik_prf_of(sa)->key_len;
}

static bool verify(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_span psk,
                   struct ik_span id, struct ik_span data)
{
    uint8_t key_len = ik_prf_of(sa)->key_len;
    uint8_t expected[IK_HASH_MAX];
    ik_auth_octets(node, sa, psk, &id, expected);
    bool good = data.len == key_len && ik_ct_eq(expected, data.p, key_len) != 0;
    ik_wipe(expected, sizeof expected);
    return good;
}

const struct ik_auth_method_row ik_auth_psk = {
    .method = IK_AUTH_SHARED_KEY_MIC, .prove = prove, .verify = verify};

/* SPDX-License-Identifier: MIT */
/*
 * The AUTH payload of a shared key (RFC 7296 2.15):
 *
 *     AUTH = prf( prf(Shared Secret, "Key Pad for IKEv2"), <SignedOctets>)
 *     InitiatorSignedOctets = RealMessage1 | NonceRData | prf(SK_pi, RestOfInitIDPayload)
 *     ResponderSignedOctets = RealMessage2 | NonceIData | prf(SK_pr, RestOfRespIDPayload)
 */
#include "ike/ike.h"

#define ID_HEAD 4 /* ID type and three reserved octets */

void ik_auth_octets(struct ik_node *node, const struct ik_ike_sa *sa, const struct ik_span *psk,
                    const struct ik_span *id, uint8_t *out)
{
    static const uint8_t pad[17] = "Key Pad for IKEv2";
    bool of_initiator = (id == NULL) == ik_began(sa);
    const struct ik_kept *message = of_initiator ? &sa->request : &sa->response;
    uint8_t maced_id[IK_HASH_MAX], head[ID_HEAD] = {0};
    struct ik_span in[4] = {{ik_sk_p(sa, of_initiator), sa->prf->key_len}};

    if (id != NULL) {
        in[1] = *id;
    } else {
        const struct ik_id *ours = &ik_sa_peer(node, sa)->local_id;
        head[0] = ours->type;
        in[1] = (struct ik_span){head, sizeof head};
        in[2] = ours->data;
    }
    ik_prf(&node->env, sa->prf, in, 3, maced_id);
    in[0] = *psk;
    in[1] = (struct ik_span){pad, sizeof pad};
    ik_prf(&node->env, sa->prf, in, 2, out);
    in[0] = (struct ik_span){out, sa->prf->key_len};
    in[1] = (struct ik_span){message->b + IK_MARKER_LEN, message->len};
    in[2] = of_initiator ? ik_nonce_r(sa) : ik_nonce_i(sa);
    in[3] = (struct ik_span){maced_id, sa->prf->key_len};
    ik_prf(&node->env, sa->prf, in, 4, out);
    ik_wipe(maced_id, sizeof maced_id);
}

bool ik_id_is(const struct ik_id *id, struct ik_span body)
{
    return body.len == ID_HEAD + id->data.len && body.p[0] == id->type &&
           ik_ct_eq(id->data.p, body.p + ID_HEAD, id->data.len);
}

void ik_id_digest(struct ik_node *node, struct ik_span body, uint8_t out[16])
{
    uint8_t full[32];
    struct ik_span parts[2] = {{body.p, 1}, {body.p + ID_HEAD, (uint16_t)(body.len - ID_HEAD)}};
    ik_sha256(&node->env, parts, 2, full);
    memcpy(out, full, 16);
}

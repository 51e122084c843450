/* SPDX-License-Identifier: MIT */
/* Keys for key logs and decoders: linked only into hosts that ask for them. */
#include "ike/nego/nego.h"

#if !IK_LINKED

static struct ik_ike_sa *keyed(const struct ik_node *node, uint16_t ike)
{
    if (ike >= ik_ike_n(node) || (ik_ike_at(node, ike)->flags & IK_SA_KEYED) == 0) {
        return NULL;
    }
    return ik_ike_at(node, ike);
}

/* Once the handshake is over there are no SK_p* any more. */
static struct ik_span sk_p(const struct ik_node *node, const struct ik_ike_sa *sa,
                           bool of_initiator)
{
    if (sa->state != IK_IKE_OPENING || sa->handshake == IK_NO_SLOT) {
        return (struct ik_span){0};
    }
    return (struct ik_span){ik_handshake_of(node, sa)->sk_p[of_initiator], ik_prf_of(sa)->key_len};
}

bool ik_export_ike(const struct ik_node *node, uint16_t ike, struct ik_export_ike *out)
{
    const struct ik_ike_sa *sa = keyed(node, ike);
    if (sa == NULL) {
        return false;
    }
    const struct ik_suite *s = &sa->suite;
    uint16_t e = ik_encr_key_len(s->encr);
    *out = (struct ik_export_ike){.spi_i = sa->spi_i,
                                  .spi_r = sa->spi_r,
                                  .encr_id = s->encr->id,
                                  .encr_key_bits = s->encr->key_bits,
                                  .integ_id = s->integ != NULL ? s->integ->id : 0,
                                  .prf_id = s->prf->id,
                                  .dh_id = s->dh->id,
                                  .sk_ei = {sa->keys.e[1], e},
                                  .sk_er = {sa->keys.e[0], e},
                                  .sk_d = {sa->keys.d, s->prf->key_len},
                                  .sk_pi = sk_p(node, sa, true),
                                  .sk_pr = sk_p(node, sa, false)};
#if IK_INTEG
    out->sk_ai = (struct ik_span){sa->keys.a[1], ik_integ_key_len(s->integ)};
    out->sk_ar = (struct ik_span){sa->keys.a[0], ik_integ_key_len(s->integ)};
#endif
    return true;
}

bool ik_export_child(const struct ik_node *node, uint16_t child, struct ik_export_child *out)
{
    if (child >= ik_child_n(&node->ipsec) || !ik_child_receives(ik_child_at(&node->ipsec, child))) {
        return false;
    }
    const struct ik_child_sa *sa = ik_child_at(&node->ipsec, child);
    uint16_t e = ik_encr_key_len(sa->encr);
    uint16_t a = ik_integ_key_len(sa->integ);
    struct ik_seal_key in = ik_child_key(&node->ipsec, sa, false);
    struct ik_seal_key outbound = ik_child_key(&node->ipsec, sa, true);
    *out = (struct ik_export_child){.spi_in = sa->in.spi,
                                    .spi_out = sa->out.spi,
                                    .mode = sa->mode,
                                    .udp = sa->udp,
                                    .esn = sa->esn,
                                    .ah = ik_child_is_ah(sa),
                                    .path = sa->path,
                                    .encr_id = sa->encr->id,
                                    .encr_key_bits = sa->encr->key_bits,
                                    .integ_id = sa->integ != NULL ? sa->integ->id : 0,
                                    .encr_in = {in.encr_key, e},
                                    .encr_out = {outbound.encr_key, e},
                                    .integ_in = {in.integ_key, a},
                                    .integ_out = {outbound.integ_key, a}};
    out->ts_local = ik_child_ts_local(&node->ipsec, sa, &out->ts_local_n);
    out->ts_remote = ik_child_ts_remote(&node->ipsec, sa, &out->ts_remote_n);
    return true;
}

bool ik_export_open(const struct ik_node *node, uint16_t ike, const uint8_t *msg, size_t len,
                    uint8_t *buf, size_t cap, struct ik_msg *out)
{
    const struct ik_ike_sa *sa = keyed(node, ike);
    struct ik_span inner;
    if (sa == NULL || len > cap) {
        return false;
    }
    memcpy(buf, msg, len);
    if (ik_msg_parse_all(buf, len, out) != IK_OK || out->payloads_n != 1 ||
        out->payloads[0].type != IK_PL_SK) {
        return false;
    }
    /* Opening counts work: on a meter of its own. */
    struct ik_env env = node->env;
#if IK_TRACE
    env.trace = NULL;
#endif
    enum ik_status st = ik_sk_open_msg(&env, sa, out, buf, &inner);
    ik_wipe(&env, sizeof env);
    return st == IK_OK && ik_msg_parse_inner(out, out->sk_next, inner.p, inner.len) == IK_OK;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Keys for key logs and decoders: linked only into hosts that ask for them. */
#include "ike/ike.h"

bool ik_export_ike(const struct ik_node *node, uint16_t ike, struct ik_export_ike *out)
{
    if (ike >= ik_ike_n(node) || (ik_ike_at(node, ike)->flags & IK_SA_KEYED) == 0) {
        return false;
    }
    const struct ik_ike_sa *sa = ik_ike_at(node, ike);
    uint16_t e = ik_encr_key_len(sa->encr);
    uint16_t a = ik_integ_key_len(sa->integ);
    uint16_t p = sa->prf->key_len;
    *out = (struct ik_export_ike){.spi_i = sa->spi_i,
                                  .spi_r = sa->spi_r,
                                  .encr_id = sa->encr->id,
                                  .encr_key_bits = sa->encr->key_bits,
                                  .integ_id = sa->integ != NULL ? sa->integ->id : 0,
                                  .prf_id = sa->prf->id,
                                  .dh_id = sa->dh->id,
                                  .sk_ei = {ik_sk_e(sa, true), e},
                                  .sk_er = {ik_sk_e(sa, false), e},
                                  .sk_ai = {ik_sk_a(sa, true), a},
                                  .sk_ar = {ik_sk_a(sa, false), a},
                                  .sk_d = {sa->keys, p},
                                  .sk_pi = {ik_sk_p(sa, true), p},
                                  .sk_pr = {ik_sk_p(sa, false), p}};
    return true;
}

bool ik_export_child(const struct ik_node *node, uint16_t child, struct ik_export_child *out)
{
    if (child >= ik_child_n(&node->ipsec) ||
        ik_child_at(&node->ipsec, child)->state != IK_CHILD_UP) {
        return false;
    }
    const struct ik_child_sa *sa = ik_child_at(&node->ipsec, child);
    uint16_t e = ik_encr_key_len(sa->encr);
    uint16_t a = ik_integ_key_len(sa->integ);
    *out = (struct ik_export_child){.spi_in = sa->in.spi,
                                    .spi_out = sa->out.spi,
                                    .mode = sa->mode,
                                    .udp = sa->udp,
                                    .path = sa->path,
                                    .encr_id = sa->encr->id,
                                    .encr_key_bits = sa->encr->key_bits,
                                    .integ_id = sa->integ != NULL ? sa->integ->id : 0,
                                    .encr_in = {sa->in.keys.encr, e},
                                    .encr_out = {sa->out.keys.encr, e},
                                    .integ_in = {sa->in.keys.integ, a},
                                    .integ_out = {sa->out.keys.integ, a},
                                    .ts_local_n = sa->ts_local_n,
                                    .ts_remote_n = sa->ts_remote_n,
                                    .ts_local = sa->ts_local,
                                    .ts_remote = sa->ts_remote};
    return true;
}

bool ik_export_open(const struct ik_node *node, uint16_t ike, const uint8_t *msg, size_t len,
                    uint8_t *buf, size_t cap, struct ik_msg *out)
{
    struct ik_span inner;
    if (ike >= ik_ike_n(node) || (ik_ike_at(node, ike)->flags & IK_SA_KEYED) == 0 || len > cap) {
        return false;
    }
    memcpy(buf, msg, len);
    if (ik_msg_parse(buf, len, out) != IK_OK || out->payloads_n != 1 ||
        out->payloads[0].type != IK_PL_SK) {
        return false;
    }
    /* Opening counts work: on a meter of its own. */
    struct ik_env env = node->env;
    env.trace = NULL;
    enum ik_status st = ik_sk_open_msg(&env, ik_ike_at(node, ike), out, buf, &inner);
    ik_wipe(&env, sizeof env);
    return st == IK_OK && ik_msg_parse_inner(out, out->sk_next, inner.p, inner.len) == IK_OK;
}

/* SPDX-License-Identifier: MIT */
/* Messages of an IKE SA: building, sealing, opening (RFC 7296 3.14). */
#include "ike/ike.h"

void ik_hdr_fill(const struct ik_ike_sa *sa, struct ik_hdr *hdr, enum ik_exchange exchange,
                 bool response, uint32_t msgid)
{
    memset(hdr, 0, sizeof *hdr);
    memcpy(hdr->spi_i, sa->spi_i, IK_SPI_LEN);
    memcpy(hdr->spi_r, sa->spi_r, IK_SPI_LEN);
    hdr->version = 0x20;
    hdr->exchange = (uint8_t)exchange;
    hdr->flags =
        (uint8_t)((ik_began(sa) ? IK_FLAG_INITIATOR : 0) | (response ? IK_FLAG_RESPONSE : 0));
    hdr->msgid = msgid;
}

void ik_draft_begin(struct ik_ike_sa *sa, struct ik_draft *d, enum ik_exchange exchange,
                    bool response)
{
    struct ik_hdr hdr;
    d->kept = response ? &sa->response : &sa->request;
    d->kept->len = 0;
    ik_hdr_fill(sa, &hdr, exchange, response, response ? sa->msgid_in - 1 : sa->msgid_out);
    ik_msg_begin(&d->c, d->kept->b + IK_MARKER_LEN, IK_MSG_MAX, &hdr);
    if (sa->flags & IK_SA_KEYED) {
        ik_sk_open(&d->c, sa->encr->iv_len, 0, 0);
    }
}

struct ik_seal_key ik_sk_key(const struct ik_ike_sa *sa, bool of_initiator)
{
    return (struct ik_seal_key){sa->encr, sa->integ, ik_sk_e(sa, of_initiator),
                                ik_sk_a(sa, of_initiator)};
}

static bool seal(struct ik_node *node, struct ik_ike_sa *sa, struct ik_chain *c)
{
    struct ik_seal_key key = ik_sk_key(sa, ik_began(sa));
    struct ik_sealed s = {c->w.buf, 0, 0};
    ik_sk_close(c, IK_PL_NONE, sa->encr->block, ik_seal_icv_len(&key), &s.aad_len, &s.text_len);
    if (!ik_wr_ok(&c->w)) {
        return false;
    }
    ik_seal(&node->env, &key, &s, ++sa->sealed);
    return true;
}

void ik_draft_end(struct ik_node *node, struct ik_ike_sa *sa, struct ik_draft *d)
{
    bool keyed = (sa->flags & IK_SA_KEYED) != 0;
    ik_charge(&node->env, IK_COST_IKE_OUT, 1);
    if (keyed ? seal(node, sa, &d->c) : ik_msg_end(&d->c) == IK_OK) {
        d->kept->len = d->c.w.len;
    } else {
        ik_drop(&node->env, IK_DROP_IKE_NO_ROOM, 0);
    }
}

enum ik_status ik_sk_open_msg(struct ik_env *env, const struct ik_ike_sa *sa, struct ik_msg *m,
                              uint8_t *msg, struct ik_span *inner)
{
    bool of_initiator = (m->hdr.flags & IK_FLAG_INITIATOR) != 0;
    struct ik_seal_key key = ik_sk_key(sa, of_initiator);
    struct ik_span body = ik_msg_find(m, IK_PL_SK)->body;
    uint16_t around = (uint16_t)(key.encr->iv_len + ik_seal_icv_len(&key));
    if (body.len <= around) {
        return IK_ERR_AUTH;
    }
    struct ik_sealed s = {msg, (uint16_t)(body.p - msg), (uint16_t)(body.len - around)};
    if (ik_open(env, &key, &s) != IK_OK) {
        return IK_ERR_AUTH;
    }
    size_t len;
    inner->p = body.p + key.encr->iv_len;
    enum ik_status st = ik_sk_unpad(inner->p, s.text_len, &len);
    inner->len = st == IK_OK ? (uint16_t)len : 0;
    return st;
}

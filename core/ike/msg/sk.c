/* SPDX-License-Identifier: MIT */
/* Messages of an IKE SA: building, sealing, opening (RFC 7296 3.14). */
#include "ike/msg/msg.h"

#define SKF_HEAD 4 /* octets of SKF's own: number and total */

void ik_hdr_fill(const struct ik_ike_sa *sa, struct ik_hdr *hdr, enum ik_exchange_type exchange,
                 bool response, uint32_t msgid)
{
    memset(hdr, 0, sizeof *hdr);
    memcpy(hdr->spi_i, sa->spi_i, IK_SPI_LEN);
    memcpy(hdr->spi_r, sa->spi_r, IK_SPI_LEN);
    hdr->version = 0x20;
    hdr->exchange = (uint8_t)exchange;
    hdr->flags =
        (uint8_t)((sa->initiator ? IK_FLAG_INITIATOR : 0) | (response ? IK_FLAG_RESPONSE : 0));
    hdr->msgid = msgid;
}

/* Without a buffer there is no room: all that is put on it is lost, and the end says so. */
void ik_draft_begin(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_draft *d,
                    enum ik_exchange_type exchange, bool response, uint32_t msgid)
{
    struct ik_hdr hdr;
    ik_hdr_fill(sa, &hdr, exchange, response, msgid);
#if IK_PROBE
    d->whole = false;
#endif
    d->buffer = ik_buffer_alloc(node);
    if (d->buffer == IK_NO_SLOT) {
        ik_msg_begin(&d->c, (uint8_t *)&d->buffer, 0, &hdr);
    } else {
        struct ik_buffer *b = ik_buffer_at(node, d->buffer);
        b->msgid = msgid;
        ik_msg_begin(&d->c, b->b + IK_MARKER_LEN, IK_MSG_MAX, &hdr);
    }
    if (sa->flags & IK_SA_KEYED) {
        ik_sk_open(&d->c, ik_encr_of(sa)->iv_len, 0, 0);
    }
}

struct ik_seal_key ik_sk_key(const struct ik_ike_sa *sa, bool of_initiator)
{
    struct ik_seal_key key = {
        .encr = ik_encr_of(sa), .integ = ik_integ_of(sa), .encr_key = sa->keys.e[of_initiator]};
#if IK_INTEG
    key.integ_key = sa->keys.a[of_initiator];
#endif
    return key;
}

static bool seal(struct ik_node *node, struct ik_ike_sa *sa, struct ik_chain *c)
{
    struct ik_seal_key key = ik_sk_key(sa, sa->initiator);
    struct ik_sealed s = {.msg = c->w.buf};
    ik_sk_close(c, IK_PL_NONE, ik_encr_of(sa)->block, ik_seal_icv_len(&key), &s.aad_len,
                &s.text_len);
    if (!ik_wr_ok(&c->w)) {
        return false;
    }
    ik_seal(&node->env, &key, &s, ++sa->keys.sealed);
    return true;
}

ik_slot ik_draft_end(struct ik_node *node, struct ik_ike_sa *sa, struct ik_draft *d)
{
    bool keyed = (sa->flags & IK_SA_KEYED) != 0;
    ik_charge(&node->env, IK_COST_IKE_OUT, 1);
    ik_charge(&node->env, IK_COST_IKE_SK, keyed);
    if (d->buffer == IK_NO_SLOT) {
        ik_drop(&node->env, IK_DROP_IKE_NO_ROOM, 0);
        return IK_NO_SLOT;
    }
    struct ik_buffer *b = ik_buffer_at(node, d->buffer);
#if IK_WINDOWS
    uint8_t size_in = sa->window.size_in;
    if (keyed) {
        ik_window_tell_anew(node, sa, &d->c);
    }
#endif
#if IK_FRAGMENT
    if (keyed && ik_fragment_draft(node, sa, d)) {
        return d->buffer;
    }
#endif
    if (keyed ? seal(node, sa, &d->c) : ik_msg_end(&d->c) == IK_OK) {
        b->len = d->c.w.len;
        return d->buffer;
    }
#if IK_WINDOWS
    sa->window.size_in = size_in;
#endif
    ik_drop(&node->env, IK_DROP_IKE_NO_ROOM, 0);
    b->len = IK_MSG_MAX; /* all of it is wiped */
    ik_buffer_drop(node, &d->buffer);
    return IK_NO_SLOT;
}

/* A request that is made anew under its id is no new one (2.1). */
void ik_request_begin(struct ik_node *node, struct ik_ike_sa *sa, struct ik_draft *d,
                      struct ik_task *task)
{
    if (task->request == IK_NO_SLOT) {
        task->msgid = sa->window.request++;
    }
    ik_draft_begin(node, sa, d, (enum ik_exchange_type)task->exchange->type, false, task->msgid);
}

enum ik_step ik_request_end(struct ik_node *node, struct ik_ike_sa *sa, struct ik_draft *d,
                            struct ik_task *task)
{
    ik_buffer_drop(node, &task->request);
    task->request = ik_draft_end(node, sa, d);
    if (task->request == IK_NO_SLOT) {
        ik_sa_end(node, sa, IK_WHY_NO_ROOM, 0);
        return IK_STEP_ENDED;
    }
    return IK_STEP_SEND;
}

void ik_response_begin(struct ik_node *node, const struct ik_rx *rx, struct ik_draft *d)
{
    ik_draft_begin(node, ik_rx_sa(rx), d, (enum ik_exchange_type)rx->m.hdr.exchange, true,
                   rx->m.hdr.msgid);
}

bool ik_response_end(struct ik_node *node, const struct ik_rx *rx, struct ik_draft *d)
{
    ik_slot response = ik_draft_end(node, ik_rx_sa(rx), d);
    if (response == IK_NO_SLOT) {
        return false;
    }
    ik_window_keep(node, ik_rx_sa(rx), response);
    return true;
}

/* What is sealed: IV, text, ICV. */
static struct ik_span sealed_in(const struct ik_msg *m)
{
#if IK_FRAGMENT
    const struct ik_payload *skf = ik_msg_find(m, IK_PL_SKF);
    if (skf != NULL) {
        return (struct ik_span){skf->body.p + SKF_HEAD, (uint16_t)(skf->body.len - SKF_HEAD)};
    }
#endif
    return ik_msg_find(m, IK_PL_SK)->body;
}

enum ik_status ik_sk_open_msg(struct ik_env *env, const struct ik_ike_sa *sa, struct ik_msg *m,
                              uint8_t *msg, struct ik_span *inner)
{
    bool of_initiator = (m->hdr.flags & IK_FLAG_INITIATOR) != 0;
    struct ik_seal_key key = ik_sk_key(sa, of_initiator);
    struct ik_span body = sealed_in(m);
    ik_charge(env, IK_COST_IKE_SK, 1);
    uint16_t around = (uint16_t)(key.encr->iv_len + ik_seal_icv_len(&key));
    if (body.len <= around) {
        return IK_ERR_AUTH;
    }
    struct ik_sealed s = {
        .msg = msg, .aad_len = (uint16_t)(body.p - msg), .text_len = (uint16_t)(body.len - around)};
    if (ik_open(env, &key, &s) != IK_OK) {
        return IK_ERR_AUTH;
    }
    size_t len;
    inner->p = body.p + key.encr->iv_len;
    enum ik_status st = ik_sk_unpad(inner->p, s.text_len, &len);
    inner->len = st == IK_OK ? (uint16_t)len : 0;
    return st;
}

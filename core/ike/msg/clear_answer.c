/* SPDX-License-Identifier: MIT */
/* Error answers (RFC 7296 1.5, 2.21). */
#include "ike/msg/msg.h"

/* 2.21.4: "needs to limit the rate at which it will send messages in response to unprotected
 * messages". */
#define CLEAR_ERROR_EVERY 100u /* ms */
#define MSGID_AT 20            /* offset of the message id in the header */

void ik_put_notify(struct ik_node *node, struct ik_chain *c, uint16_t type, struct ik_span data)
{
    struct ik_notify n = {.type = type, .data = data};
    ik_notify_put(c, &n);
    if (IK_TRACE && ik_wr_ok(&c->w)) {
        ik_trace(&node->env, IK_TR_NOTIFY_TX, type, ik_get32(c->w.buf + MSGID_AT));
    }
}

#if IK_RESPONDER || IK_HINTS

/* 1.5: "sent to the IP address and port from whence it came with the same IKE SPIs and the Message
 * ID and Exchange Type are copied from the request". */
void ik_answer_clear(struct ik_node *node, struct ik_rx *rx, const struct ik_error *error)
{
    struct ik_hdr hdr = rx->m.hdr;
    struct ik_chain c;
    struct ik_pkt *pkt = rx->pkt;
    uint16_t head = rx->path->carrier == IK_CARRIER_UDP4500 ? IK_MARKER_LEN : 0;
    hdr.version = 0x20;
    hdr.flags = (uint8_t)(IK_FLAG_RESPONSE | ((hdr.flags & IK_FLAG_INITIATOR) ^ IK_FLAG_INITIATOR));
    if (pkt->cap < head) {
        ik_drop(&node->env, IK_DROP_IKE_NO_ROOM, rx->len);
        return;
    }
    memset(pkt->buf, 0, head);
    ik_msg_begin(&c, pkt->buf + head, (size_t)(pkt->cap - head), &hdr);
    ik_put_notify(node, &c, error->type, error->data);
    if (ik_msg_end(&c) != IK_OK) {
        ik_drop(&node->env, IK_DROP_IKE_NO_ROOM, rx->len);
        return;
    }
    ik_trace(&node->env, IK_TR_IKE_TX, hdr.exchange | 1u << 8, hdr.msgid);
    ik_count(&node->env, IK_COUNT_IKE_SENT);
    ik_charge(&node->env, IK_COST_IKE_OUT, 1);
    pkt->off = 0;
    pkt->len = (uint16_t)(head + c.w.len);
    ik_pend_pkt(node, IK_FX_SEND, pkt, rx->path);
}

void ik_answer_clear_limited(struct ik_node *node, struct ik_rx *rx, const struct ik_error *error)
{
    if (ik_pausing(node, node->clear_error_at, CLEAR_ERROR_EVERY)) {
        return;
    }
    node->clear_error_at = ik_in(node, CLEAR_ERROR_EVERY);
    ik_answer_clear(node, rx, error);
}

#endif

void ik_answer_error(struct ik_node *node, const struct ik_rx *rx, uint16_t type,
                     struct ik_span data)
{
    struct ik_draft d;
    ik_response_begin(node, rx, &d);
    ik_put_notify(node, &d.c, type, data);
    (void)ik_response_end(node, rx, &d);
}

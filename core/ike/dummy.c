/* SPDX-License-Identifier: MIT */
/*
 * Dummy packets (RFC 4303 2.6): a Child SA whose policy asks for them sends one when it has been
 * idle for so long, so that nobody sees when there is nothing to say. The peer drops them.
 */
#include "ike/ike.h"

#if IK_TFC

#define DUMMY_LEN 64 /* octets, where the policy pads to no length */

static uint32_t pause_of(const struct ik_node *node, const struct ik_child_sa *child)
{
    if (child->state != IK_CHILD_UP || ik_child_is_ah(child)) {
        return 0;
    }
    return ik_policy_of(node, child->policy)->dummy_ms;
}

static ik_ms child_at(const struct ik_node *node, const struct ik_child_sa *child)
{
    uint32_t pause = pause_of(node, child);
    ik_ms at = child->sent_at + pause;
    return pause == 0 ? IK_MS_NONE : at != IK_MS_NONE ? at : 1;
}

ik_ms ik_dummy_at(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    ik_ms at = IK_MS_NONE;
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        at = ik_earlier(at, child_at(node, c));
    }
    return at;
}

void ik_dummy_forget(struct ik_node *node)
{
    ik_buffer_drop(node, &node->dummy);
}

/* Text of zeros in a buffer of messages, sealed. False if there is none, or the SA may not. */
static bool seal(struct ik_node *node, struct ik_child_sa *child, struct ik_pkt *pkt)
{
    const struct ik_policy *policy = ik_policy_of(node, child->policy);
    uint16_t len = policy->tfc_pad != 0 && child->tfc ? policy->tfc_pad : DUMMY_LEN;
    len = policy->tfc_align > len && child->tfc ? policy->tfc_align : len;
#if IK_PMTU
    uint16_t most = ik_pmtu_text(&node->env, child);
    len = len < most ? len : most;
#endif
    node->dummy = ik_buffer_alloc(node);
    if (node->dummy == IK_NO_SLOT) {
        return false;
    }
    struct ik_buffer *b = ik_buffer_at(node, node->dummy);
    *pkt = (struct ik_pkt){.buf = b->b, .cap = sizeof b->b, .off = IK_ESP_HEAD, .len = len};
    b->len = IK_MSG_MAX;
    memset(b->b, 0, sizeof b->b);
    if (pkt->len > sizeof b->b - IK_ESP_HEAD - IK_ESP_TAIL) {
        pkt->len = sizeof b->b - IK_ESP_HEAD - IK_ESP_TAIL;
    }
    return ik_esp_seal(&node->env, &node->ipsec, child, pkt, IK_IP_NONE) == IK_OK;
}

bool ik_dummy_send(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx)
{
    struct ik_child_sa *child = ik_child_first(node, sa);
    struct ik_pkt pkt;
    while (child != NULL && !ik_due(node, child_at(node, child))) {
        child = ik_child_next(node, child);
    }
    if (child == NULL) {
        return false;
    }
    uint16_t about = ik_about(&node->env, ik_child_slot(child));
    bool sealed = seal(node, child, &pkt);
    ik_about(&node->env, about);
    ik_child_sent(&node->env, child); /* whether it could: not at once again */
    if (!sealed) {
        ik_dummy_forget(node);
        return false;
    }
    ik_count(&node->env, IK_COUNT_DUMMIES_OUT);
    fx->kind = IK_FX_SEND;
    fx->path = &child->path;
    fx->child = ik_child_slot(child);
    fx->data = pkt.buf + pkt.off;
    fx->len = pkt.len;
    return true;
}

#endif

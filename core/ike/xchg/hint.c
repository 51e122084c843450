/* SPDX-License-Identifier: MIT */
/*
 * What comes for an SA that is not here is told to its sender, and what others tell so is a hint
 * (RFC 7296 1.5, 2.21.4):
 *
 *     HDR(A,B), SK {...}      -->                        of an IKE SA that is not here
 *                             <--  HDR(A,B), N(INVALID_IKE_SPI)
 *
 *     ESP                     -->                        likewise, and no IKE SA with its sender
 *                             <--  HDR(random,0), N(INVALID_SPI)
 *
 * Anybody on the way can write such answers. So they end nothing: INVALID_SPI for an SA by which we
 * send, of a peer that has been silent, asks that peer for a sign of life. INVALID_IKE_SPI is the
 * answer to a request of ours, which is the same question, and is repeated until its time is up.
 */
#include "ike/xchg/xchg.h"

#if IK_HINTS

#define EVERY 1000u        /* ms between two that are told, and two that are heeded */
#define HEARD_LATELY 5000u /* ms: such a peer is alive */
#define SPI_LEN 4

/* ---- told ----------------------------------------------------------------------------------- */

/* A message in clear says nothing that could be answered so: two nodes would never come to an end.
 */
static bool is_protected(const struct ik_hdr *hdr)
{
    return hdr->next == IK_PL_SK || hdr->next == IK_PL_SKF;
}

void ik_hint_ike(struct ik_node *node, struct ik_rx *rx)
{
    if (ik_config_of(node)->hints && !ik_is_response(&rx->m) && is_protected(&rx->m.hdr)) {
        ik_answer_clear_limited(node, rx, &(struct ik_error){.type = IK_N_INVALID_IKE_SPI});
    }
}

/* 1.5: who has an IKE SA with the sender would have to use that. */
static bool has_ike_with(const struct ik_node *node, const struct ik_addr *addr)
{
    uint16_t i = 0;
    while (i < ik_ike_n(node) &&
           (ik_ike_at(node, i)->state == IK_IKE_FREE || ik_ike_at(node, i)->state == IK_IKE_DEAD ||
            !ik_addr_eq(&ik_ike_at(node, i)->route.path.remote, addr))) {
        i++;
    }
    return i < ik_ike_n(node);
}

/* 1.5: "using the source UDP port as the destination port if the packet was UDP". */
static void way_back(const struct ik_path *path, struct ik_path *out)
{
    *out = *path;
    if (path->carrier == IK_CARRIER_ESP || (IK_AH && path->carrier == IK_CARRIER_AH)) {
        out->carrier = IK_CARRIER_UDP500;
        out->local_port = out->remote_port = IK_PORT_IKE;
    }
}

/* 1.5: "The Initiator flag is set to 1, the Response flag is set to 0". */
static bool write(struct ik_node *node, uint32_t spi, struct ik_pkt *pkt, uint16_t head)
{
    struct ik_hdr hdr = {
        .version = 0x20, .exchange = IK_EX_INFORMATIONAL, .flags = IK_FLAG_INITIATOR};
    uint8_t data[SPI_LEN];
    struct ik_chain c;
    if (pkt->cap < head) {
        return false;
    }
    ik_put32(data, spi);
    ik_drbg_bytes(&node->env, hdr.spi_i, sizeof hdr.spi_i);
    memset(pkt->buf, 0, head);
    ik_msg_begin(&c, pkt->buf + head, (size_t)(pkt->cap - head), &hdr);
    ik_put_notify(node, &c, IK_N_INVALID_SPI, (struct ik_span){data, sizeof data});
    pkt->off = 0;
    pkt->len = (uint16_t)(head + c.w.len);
    return ik_msg_end(&c) == IK_OK;
}

void ik_hint_esp(struct ik_node *node, const struct ik_path *path, uint32_t spi, struct ik_pkt *pkt)
{
    if (!ik_config_of(node)->hints || spi == 0 || !ik_drbg_ready(&node->env) ||
        ik_pausing(node, node->hint_told_at, EVERY)) {
        return;
    }
    node->hint_told_at = ik_in(node, EVERY);
    way_back(path, &node->hint_path);
    uint16_t head = node->hint_path.carrier == IK_CARRIER_UDP4500 ? IK_MARKER_LEN : 0;
    if (has_ike_with(node, &path->remote) || !write(node, spi, pkt, head)) {
        return;
    }
    ik_trace(&node->env, IK_TR_IKE_TX, IK_EX_INFORMATIONAL, 0);
    ik_count(&node->env, IK_COUNT_IKE_SENT);
    ik_charge(&node->env, IK_COST_IKE_OUT, 1);
    ik_pend_pkt(node, IK_FX_SEND, pkt, &node->hint_path);
}

/* ---- heeded --------------------------------------------------------------------------------- */

static bool lately(const struct ik_node *node, ik_ms heard_at)
{
    return node->env.now - heard_at < HEARD_LATELY;
}

static bool silent(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    bool heard = lately(node, sa->heard_at);
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        heard = heard || (ik_child_receives(c) && lately(node, c->heard_at));
    }
    return !heard;
}

/* The IKE SA with that peer by whose Child SA we send with that SPI, or NULL. */
static struct ik_ike_sa *sender(const struct ik_node *node, const struct ik_addr *from,
                                uint32_t spi)
{
    for (uint16_t i = 0; i < ik_ike_n(node); i++) {
        struct ik_ike_sa *sa = ik_ike_at(node, i);
        if (sa->state == IK_IKE_UP && ik_addr_eq(&sa->route.path.remote, from) &&
            ik_child_by_out(node, sa, spi) != NULL) {
            return sa;
        }
    }
    return NULL;
}

void ik_hint_take(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_notify n;
    if (ik_is_response(&rx->m) || rx->m.hdr.exchange != IK_EX_INFORMATIONAL ||
        rx->m.hdr.next != IK_PL_NOTIFY || ik_pausing(node, node->hint_taken_at, EVERY) ||
        ik_msg_parse(rx->msg, rx->len, &rx->m) != IK_OK ||
        !ik_notify_find(&rx->m, IK_N_INVALID_SPI, &n) || n.data.len != SPI_LEN) {
        return;
    }
    node->hint_taken_at = ik_in(node, EVERY);
    struct ik_ike_sa *sa = sender(node, &rx->path->remote, ik_get32(n.data.p));
    if (sa != NULL && silent(node, sa)) {
        ik_about(&node->env, sa->slot);
        ik_liveness_check(node, sa);
    }
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Auditable events (RFC 4301 section 7, RFC 4302 and RFC 4303 section 4): what the data plane
 * refused is told with what these ask for: when, by which SA and number, from whom to whom, of
 * which flow. What is known of a packet is noted before it is worked on in place.
 */
#include "ike/ike.h"

#if IK_AUDIT

static void take_addr(struct ik_addr *to, uint8_t family, const uint8_t *from)
{
    *to = (struct ik_addr){.family = family};
    memcpy(to->b, from, ik_is_v4(family) ? 4 : 16);
}

/* From the IP header at the beginning of a packet, if there is one. */
static void take_header(struct ik_audit *rec, const struct ik_pkt *pkt)
{
    const uint8_t *ip = pkt->buf + pkt->off;
    if (pkt->len >= 20 && ip[0] >> 4 == 4) {
        take_addr(&rec->src, 4, ip + 12);
        take_addr(&rec->dst, 4, ip + 16);
    } else if (pkt->len >= 40 && ip[0] >> 4 == 6) {
        take_addr(&rec->src, 6, ip + 8);
        take_addr(&rec->dst, 6, ip + 24);
        rec->flow = ik_get32(ip) & 0xfffffu;
    }
}

static void take_esp(struct ik_audit *rec, const struct ik_path *path, const struct ik_pkt *pkt)
{
    const uint8_t *esp = pkt->buf + pkt->off;
    rec->src = path->remote;
    rec->dst = path->local;
    rec->flow = pkt->outer.label;
    rec->spi = pkt->len >= 4 ? ik_get32(esp) : 0;
    rec->seq = pkt->len >= 8 ? ik_get32(esp + 4) : 0;
}

static void begin(struct ik_node *node, struct ik_audit *rec)
{
    node->env.dropped = 0;
    *rec = (struct ik_audit){.sa = IK_NO_SLOT};
}

void ik_audit_ipsec(struct ik_node *node, const struct ik_path *path, const struct ik_pkt *pkt,
                    struct ik_audit *rec)
{
    begin(node, rec);
    if (node->host.audit == NULL) {
        return;
    }
#if IK_AH
    struct ik_ah_place place;
    if (path->carrier == IK_CARRIER_AH) {
        rec->protocol = IK_IP_AH;
        take_header(rec, pkt);
        if (ik_ah_find(pkt, &place) == IK_OK && !place.fragment) {
            rec->spi = place.spi;
            rec->seq = ik_get32(pkt->buf + pkt->off + place.at + 8);
        }
        return;
    }
#endif
    rec->protocol = IK_IP_ESP;
    take_esp(rec, path, pkt);
}

void ik_audit_clear(struct ik_node *node, const struct ik_pkt *pkt, bool outbound,
                    struct ik_audit *rec)
{
    begin(node, rec);
    rec->outbound = outbound;
    if (node->host.audit != NULL) {
        take_header(rec, pkt);
    }
}

void ik_audit_of(struct ik_audit *rec, const struct ik_child_sa *child)
{
    rec->sa = ik_child_slot(child);
    if (rec->outbound) {
        rec->protocol = ik_child_is_ah(child) ? IK_IP_AH : IK_IP_ESP;
        rec->spi = child->out.spi;
        rec->seq = (uint32_t)child->seq;
    }
}

void ik_audit_tell(struct ik_node *node, struct ik_audit *rec)
{
    uint8_t why = (uint8_t)(node->env.dropped - 1u);
    /* RFC 4303 2.6: dummy packets are no event. */
    if (node->host.audit == NULL || node->env.dropped == 0 || why == IK_DROP_ESP_DUMMY) {
        return;
    }
    rec->at = node->env.host_now;
    rec->node = node->host.node_id;
    rec->why = why;
    node->host.audit(node->host.audit_ctx, rec);
}

#endif

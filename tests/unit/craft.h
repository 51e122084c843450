/* SPDX-License-Identifier: MIT */
/*
 * Messages that no honest node sends: clear ones to the letter, and protected ones that are sealed
 * with the keys of a node's own IKE SA.
 */
#ifndef TEST_CRAFT_H
#define TEST_CRAFT_H

#include "pair.h"

/* The one IKE SA of an end that is not free. */
static inline struct ik_ike_sa *craft_sa(struct pair *p, unsigned who)
{
    for (unsigned i = 0; i < PAIR_SAS; i++) {
        if (p->end[who].ike_sas[i].state != IK_IKE_FREE) {
            return &p->end[who].ike_sas[i];
        }
    }
    cr_assert_fail("end %u has no IKE SA", who);
    return NULL;
}

/* How a datagram of end `from` reaches the other one. */
static inline struct ik_path craft_path(struct pair *p, unsigned from, uint8_t carrier)
{
    uint16_t port = carrier == IK_CARRIER_UDP4500 ? 4500 : 500;
    const struct ik_peer *to = &p->end[!from].peer[0];
    return (struct ik_path){carrier, to->local, p->end[from].peer[0].local, port, port};
}

static inline void craft_give(struct pair *p, unsigned from, const uint8_t *msg, size_t len)
{
    struct ik_path path = craft_path(p, from, IK_CARRIER_UDP500);
    pair_give(p, !from, &path, msg, len);
}

/* What a protected message says and holds. */
struct craft {
    uint8_t exchange;
    bool response;
    uint32_t msgid;
    uint8_t first; /* type of the first payload inside */
    const uint8_t *inner;
    uint16_t inner_len;
};

/* Sealed as if sa of end `from` sent it; answers its length. */
static inline uint16_t craft_seal(struct pair *p, unsigned from, const struct ik_ike_sa *sa,
                                  const struct craft *m, uint8_t *buf)
{
    struct ik_hdr hdr;
    struct ik_chain c;
    struct ik_sealed s = {.msg = buf, .aad_len = 0, .text_len = 0};
    struct ik_seal_key key = ik_sk_key(sa, sa->initiator);
    static uint64_t iv = 1u << 20;
    ik_hdr_fill(sa, &hdr, (enum ik_exchange_type)m->exchange, m->response, m->msgid);
    ik_msg_begin(&c, buf, PAIR_BUF - 4, &hdr);
    ik_sk_open(&c, sa->suite.encr->iv_len, 0, 0);
    ik_wr_bytes(&c.w, m->inner, m->inner_len);
    ik_sk_close(&c, m->first, sa->suite.encr->block, ik_seal_icv_len(&key), &s.aad_len,
                &s.text_len);
    if (m->first == IK_PL_NONE) {
        ik_wr_patch8(&c.w, c.sk_at, IK_PL_NONE);
    }
    ik_seal(&p->end[from].node.env, &key, &s, iv++);
    return c.w.len;
}

static inline void craft_sealed(struct pair *p, unsigned from, const struct ik_ike_sa *sa,
                                const struct craft *m)
{
    uint8_t buf[PAIR_BUF];
    craft_give(p, from, buf, craft_seal(p, from, sa, m, buf));
}

/* A request with one notify inside. */
static inline void craft_notify(struct pair *p, unsigned from, uint8_t exchange, bool response,
                                uint32_t msgid, uint16_t type)
{
    uint8_t inner[64];
    struct ik_chain c;
    ik_chain_begin(&c, inner, sizeof inner);
    ik_notify_put(&c, &(struct ik_notify){.type = type});
    craft_sealed(p, from, craft_sa(p, from),
                 &(struct craft){exchange, response, msgid, IK_PL_NOTIFY, inner, c.w.len});
}

/* The notify of that type in the newest datagram that end `from` sent to its SA's peer, opened with
 * the receiver's keys. */
static inline bool craft_last_has(struct pair *p, unsigned from, uint16_t type)
{
    static uint8_t buf[PAIR_BUF];
    struct ik_msg m;
    struct ik_notify n;
    const struct gram *g = NULL;
    for (unsigned i = 0; i < p->grams_n; i++) {
        g = p->grams[i].from == from ? &p->grams[i] : g;
    }
    cr_assert_not_null(g);
    uint16_t skip = g->path.carrier == IK_CARRIER_UDP4500 ? 4 : 0;
    for (uint16_t slot = 0; slot < PAIR_SAS; slot++) {
        if (ik_export_open(&p->end[!from].node, slot, g->b + skip, g->len - skip, buf, sizeof buf,
                           &m)) {
            return ik_notify_find(&m, type, &n);
        }
    }
    return ik_msg_parse(g->b + skip, g->len - skip, &m) == IK_OK && ik_notify_find(&m, type, &n);
}

/*
 * Rewrites a protected datagram on its way: opened with the receiver's keys, each payload given to
 * edit, which copies it by craft_copy, writes something else or nothing, and once more with NULL at
 * the end; then sealed with the sender's.
 */
typedef void (*craft_edit)(struct ik_chain *c, const struct ik_payload *payload);

static inline void craft_copy(struct ik_chain *c, const struct ik_payload *payload)
{
    ik_payload_open(c, payload->type);
    ik_wr_bytes(&c->w, payload->body.p, payload->body.len);
    ik_payload_close(c);
}

static inline void craft_rewrite(struct pair *p, struct gram *g, craft_edit edit)
{
    static uint8_t text[PAIR_BUF], inner[PAIR_BUF];
    const struct ik_ike_sa *sa = craft_sa(p, g->from);
    uint16_t skip = g->path.carrier == IK_CARRIER_UDP4500 ? 4 : 0;
    struct ik_msg m;
    struct ik_chain c;
    /* Either end may have the keys to open it: they are the same. */
    cr_assert(ik_export_open(&p->end[g->from].node, (uint16_t)(sa - p->end[g->from].ike_sas),
                             g->b + skip, g->len - skip, text, sizeof text, &m));
    ik_chain_begin(&c, inner, sizeof inner);
    for (uint8_t i = 1; i < m.payloads_n; i++) {
        edit(&c, &m.payloads[i]);
    }
    edit(&c, NULL);
    g->len =
        (uint16_t)(skip +
                   craft_seal(p, g->from, sa,
                              &(struct craft){m.hdr.exchange, (m.hdr.flags & IK_FLAG_RESPONSE) != 0,
                                              m.hdr.msgid, ik_chain_first(&c), inner, c.w.len},
                              g->b + skip));
}

/* What the sender of a clear message keeps of it, which AUTH signs: the initiator's request, the
 * responder's response. */
static inline struct ik_buffer *craft_kept(struct pair *p, unsigned from)
{
    const struct ik_node *node = &p->end[from].node;
    const struct ik_ike_sa *sa = craft_sa(p, from);
    ik_slot slot = from == 1 ? sa->window.responses : ik_task_at(node, sa->tasks)->request;
    cr_assert_neq(slot, IK_NO_SLOT);
    return ik_buffer_at(node, slot);
}

/* The sender of a clear message means what stands in g now, if he can keep it. */
static inline void craft_as_sent(struct pair *p, const struct gram *g)
{
    struct ik_buffer *kept = craft_kept(p, g->from);
    if (g->len > IK_MSG_MAX) {
        return;
    }
    memcpy(kept->b + IK_MARKER_LEN, g->b, g->len);
    kept->len = g->len;
}

/* The same with a clear message: its sender means it so. */
static inline void craft_rebuild(struct pair *p, struct gram *g, craft_edit edit)
{
    uint8_t out[PAIR_BUF - 4];
    struct ik_msg m;
    struct ik_chain c;
    cr_assert_eq(ik_msg_parse(g->b, g->len, &m), IK_OK);
    ik_msg_begin(&c, out, sizeof out, &m.hdr);
    for (uint8_t i = 0; i < m.payloads_n; i++) {
        edit(&c, &m.payloads[i]);
    }
    edit(&c, NULL);
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    memcpy(g->b, out, c.w.len);
    g->len = c.w.len;
    craft_as_sent(p, g);
}

/* A clear response to the initiator's IKE_SA_INIT request with one notify. */
static inline void craft_clear_error(struct pair *p, uint16_t type, const void *data, uint16_t len)
{
    const struct ik_ike_sa *sa = craft_sa(p, 0);
    uint8_t buf[256];
    struct ik_hdr hdr;
    struct ik_chain c;
    ik_hdr_fill(sa, &hdr, IK_EX_IKE_SA_INIT, true, 0);
    hdr.flags = IK_FLAG_RESPONSE;
    ik_msg_begin(&c, buf, sizeof buf, &hdr);
    ik_notify_put(&c, &(struct ik_notify){.type = type, .data = {data, len}});
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    craft_give(p, 1, buf, c.w.len);
}

#endif

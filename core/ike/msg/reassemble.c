/* SPDX-License-Identifier: MIT */
/*
 * Messages that come in fragments (RFC 7383 2.6). Whoever has no keys of the IKE SA takes no
 * memory: a place is taken for a fragment that has authenticated. An IKE SA has one place at most
 * for a request and one for a response; when all are taken, who has waited longest for more gives
 * way.
 */
#include "ike/msg/msg.h"

#if IK_FRAGMENT

#define SK_HEAD 4
#define TEXT_AT (IK_HDR_LEN + SK_HEAD)
#define LASTS                                                                                      \
    60000u /* ms after the last fragment: longer than the longest wait for another try             \
            */
#define GIVES_WAY 2000u /* ms after it: others need the place more */
#define NEXT_AT 16      /* offsets of the first payload's type and of the length in the header */
#define LENGTH_AT 24

static struct ik_reassembly *at(const struct ik_node *node, ik_slot slot)
{
    return &node->host.reassemblies[slot];
}

static ik_slot slot_of(const struct ik_node *node, const struct ik_reassembly *r)
{
    return (ik_slot)(r - node->host.reassemblies);
}

void ik_reassembly_init(struct ik_node *node)
{
    const struct ik_host *h = &node->host;
    node->reassembly_free = node->reassembly_first = node->reassembly_last = IK_NO_SLOT;
    for (uint16_t i = h->reassemblies_n; i-- > 0;) {
        memset(at(node, i), 0, sizeof *at(node, i));
        at(node, i)->next = node->reassembly_free;
        node->reassembly_free = i;
    }
    if (h->fragment != NULL) {
        memset(h->fragment, 0, sizeof *h->fragment);
    }
}

/* ---- places --------------------------------------------------------------------------------- */

static void order_leave(struct ik_node *node, const struct ik_reassembly *r)
{
    if (r->earlier != IK_NO_SLOT) {
        at(node, r->earlier)->later = r->later;
    } else {
        node->reassembly_first = r->later;
    }
    if (r->later != IK_NO_SLOT) {
        at(node, r->later)->earlier = r->earlier;
    } else {
        node->reassembly_last = r->earlier;
    }
}

static void order_join(struct ik_node *node, struct ik_reassembly *r)
{
    ik_slot slot = slot_of(node, r);
    r->earlier = node->reassembly_last;
    r->later = IK_NO_SLOT;
    if (r->earlier != IK_NO_SLOT) {
        at(node, r->earlier)->later = slot;
    } else {
        node->reassembly_first = slot;
    }
    node->reassembly_last = slot;
    r->until = ik_in(node, LASTS);
}

/* It is its IKE SA's no more. */
static void leave(struct ik_node *node, struct ik_reassembly *r)
{
    ik_slot slot = slot_of(node, r);
    ik_slot *link = &ik_ike_at(node, r->ike)->reassembly;
    while (*link != slot) {
        link = &at(node, *link)->next;
    }
    *link = r->next;
    order_leave(node, r);
    r->ike = IK_NO_SLOT;
}

void ik_reassembly_free(struct ik_node *node, ik_slot slot)
{
    if (slot == IK_NO_SLOT) {
        return;
    }
    struct ik_reassembly *r = at(node, slot);
    if (r->ike != IK_NO_SLOT) {
        leave(node, r);
    }
    ik_wipe(r, sizeof *r);
    r->next = node->reassembly_free;
    node->reassembly_free = slot;
}

static void lose(struct ik_node *node, ik_slot slot)
{
    ik_count(&node->env, IK_COUNT_REASSEMBLY_LOST);
    ik_reassembly_free(node, slot);
}

static void make_room(struct ik_node *node)
{
    ik_slot oldest = node->reassembly_first;
    if (node->reassembly_free != IK_NO_SLOT || oldest == IK_NO_SLOT) {
        return;
    }
    uint32_t left = at(node, oldest)->until - node->env.now;
    if ((int32_t)left <= (int32_t)(LASTS - GIVES_WAY)) {
        lose(node, oldest);
    }
}

static struct ik_reassembly *take(struct ik_node *node, struct ik_ike_sa *sa)
{
    make_room(node);
    ik_slot slot = node->reassembly_free;
    if (slot == IK_NO_SLOT) {
        return NULL;
    }
    struct ik_reassembly *r = at(node, slot);
    node->reassembly_free = r->next;
    r->next = sa->reassembly;
    r->ike = sa->slot;
    sa->reassembly = slot;
    order_join(node, r);
    return r;
}

/* The one of that direction, or NULL. */
static struct ik_reassembly *find(const struct ik_node *node, const struct ik_ike_sa *sa,
                                  bool response)
{
    ik_slot slot = sa->reassembly;
    while (slot != IK_NO_SLOT && at(node, slot)->response != response) {
        slot = at(node, slot)->next;
    }
    return slot == IK_NO_SLOT ? NULL : at(node, slot);
}

void ik_reassembly_forget(struct ik_node *node, struct ik_ike_sa *sa, bool response)
{
    struct ik_reassembly *r = find(node, sa, response);
    if (r != NULL) {
        ik_reassembly_free(node, slot_of(node, r));
    }
}

void ik_reassemblies_end(struct ik_node *node, struct ik_ike_sa *sa)
{
    while (sa->reassembly != IK_NO_SLOT) {
        ik_reassembly_free(node, sa->reassembly);
    }
}

ik_ms ik_reassemblies_until(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    ik_ms until = IK_MS_NONE;
    for (ik_slot slot = sa->reassembly; slot != IK_NO_SLOT; slot = at(node, slot)->next) {
        until = ik_earlier(until, at(node, slot)->until);
    }
    return until;
}

void ik_reassemblies_expire(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_slot slot = sa->reassembly;
    while (slot != IK_NO_SLOT) {
        ik_slot next = at(node, slot)->next;
        if (ik_due(node, at(node, slot)->until)) {
            lose(node, slot);
        }
        slot = next;
    }
}

/* ---- a fragment ------------------------------------------------------------------------------ */

static bool drop(struct ik_node *node, const struct ik_rx *rx, enum ik_drop why)
{
    ik_drop(&node->env, why, rx->len);
    return false;
}

/* Can the fragment add to what is there? Seen before any work is done for it. */
static bool useful(struct ik_node *node, const struct ik_rx *rx, const struct ik_skf *skf,
                   const struct ik_reassembly *r)
{
    if (skf->total > IK_FRAGMENTS_MAX) {
        return drop(node, rx, IK_DROP_IKE_NO_ROOM);
    }
    if (r == NULL) {
        return true;
    }
    if (r->msgid != rx->m.hdr.msgid) {
        return drop(node, rx, IK_DROP_IKE_NO_ROOM); /* its turn comes */
    }
    if (r->exchange != rx->m.hdr.exchange) {
        return drop(node, rx, IK_DROP_IKE_UNEXPECTED);
    }
    if (skf->total < r->total || (skf->total == r->total && r->size[skf->number - 1] != 0)) {
        return drop(node, rx, IK_DROP_IKE_FRAGMENT);
    }
    return true;
}

/* 2.6: a larger total: "the receiver MUST discard all received fragments and start the reassembly
 * process over". */
static void begin(struct ik_reassembly *r, const struct ik_rx *rx, uint16_t total)
{
    r->response = ik_is_response(&rx->m);
    r->msgid = rx->m.hdr.msgid;
    r->exchange = rx->m.hdr.exchange;
    r->total = total;
    r->came = r->len = r->largest = 0;
    memset(r->size, 0, sizeof r->size);
}

/* Puts the text behind that of all lower numbers. */
static bool store(struct ik_reassembly *r, uint16_t number, const struct ik_span *text)
{
    uint16_t offset = TEXT_AT;
    if (text->len > IK_MSG_MAX - TEXT_AT - r->len) {
        return false;
    }
    for (uint16_t i = 0; i + 1u < number; i++) {
        offset = (uint16_t)(offset + (r->size[i] != 0 ? r->size[i] - 1u : 0));
    }
    uint8_t *to = r->b + offset;
    memmove(to + text->len, to, (size_t)(TEXT_AT + r->len - offset));
    memcpy(to, text->p, text->len);
    r->size[number - 1] = (uint16_t)(text->len + 1u);
    r->len = (uint16_t)(r->len + text->len);
    r->came++;
    return true;
}

static struct ik_reassembly *place(struct ik_node *node, const struct ik_rx *rx, uint16_t total)
{
    struct ik_reassembly *r = find(node, rx->sa, ik_is_response(&rx->m));
    if (r == NULL) {
        r = take(node, rx->sa);
        if (r == NULL) {
            return NULL;
        }
        begin(r, rx, total);
    } else if (total > r->total) {
        begin(r, rx, total);
    }
    order_leave(node, r);
    order_join(node, r);
    ik_touch(node, rx->sa);
    return r;
}

static void note(struct ik_reassembly *r, const struct ik_rx *rx, uint16_t number)
{
    uint16_t datagram = ik_fragment_datagram(rx);
    if (datagram > r->largest) {
        r->largest = datagram;
    }
    if (number == 1) {
        r->first = rx->m.sk_next;
        memcpy(r->digest, rx->digest, sizeof r->digest);
        memcpy(r->b, rx->msg, IK_HDR_LEN);
    }
}

/* The message as if it had come whole, and been opened: its place is the rx's from now on. */
static void whole(struct ik_node *node, struct ik_rx *rx, struct ik_reassembly *r)
{
    leave(node, r);
    r->b[NEXT_AT] = IK_PL_SK;
    r->b[IK_HDR_LEN] = r->first;
    r->b[IK_HDR_LEN + 1] = 0;
    ik_put16(r->b + IK_HDR_LEN + 2, (uint16_t)(SK_HEAD + r->len));
    rx->whole = slot_of(node, r);
    rx->msg = r->b;
    rx->len = (uint16_t)(TEXT_AT + r->len);
    ik_put32(r->b + LENGTH_AT, rx->len);
    rx->inner = (struct ik_span){r->b + TEXT_AT, r->len};
    memcpy(rx->digest, r->digest, sizeof rx->digest);
    /* Chain and body of the last fragment are not of this message. */
    if (ik_msg_parse(rx->msg, rx->len, &rx->m) != IK_OK) {
        rx->inner.p = NULL;
    }
    if (r->total > 1 && !r->response) {
        ik_fragment_learn(rx->sa, r->largest);
    }
    ik_count(&node->env, IK_COUNT_REASSEMBLED);
}

bool ik_reassemble(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_skf skf;
    struct ik_span text;
    if (!ik_fragment_read(node, rx, &skf) ||
        !useful(node, rx, &skf, find(node, rx->sa, ik_is_response(&rx->m))) ||
        !ik_fragment_open(node, rx, &text)) {
        return false;
    }
    struct ik_reassembly *r = place(node, rx, skf.total);
    if (r == NULL) {
        ik_no_room(node, rx->path);
        return drop(node, rx, IK_DROP_IKE_NO_ROOM);
    }
    note(r, rx, skf.number);
    if (!store(r, skf.number, &text)) {
        lose(node, slot_of(node, r));
        return drop(node, rx, IK_DROP_IKE_NO_ROOM);
    }
    ik_count(&node->env, IK_COUNT_FRAGMENTS_IN);
    if (r->came < r->total) {
        return false;
    }
    whole(node, rx, r);
    return true;
}

/* ---- what is in one -------------------------------------------------------------------------- */

bool ik_fragment_read(struct ik_node *node, const struct ik_rx *rx, struct ik_skf *skf)
{
    if (rx->sa->route.fragment == 0) {
        return drop(node, rx, IK_DROP_IKE_UNEXPECTED); /* it is not agreed on */
    }
    if (ik_skf_parse(rx->m.payloads[0].body, skf) != IK_OK) {
        return drop(node, rx, IK_DROP_IKE_SYNTAX);
    }
    return true;
}

bool ik_fragment_open(struct ik_node *node, struct ik_rx *rx, struct ik_span *text)
{
    enum ik_status st = ik_sk_open_msg(&node->env, rx->sa, &rx->m, rx->msg, text);
    if (st != IK_OK) {
        return drop(node, rx, st == IK_ERR_AUTH ? IK_DROP_IKE_INTEGRITY : IK_DROP_IKE_SYNTAX);
    }
    ik_ike_heard(node, rx->sa);
    return true;
}

#endif

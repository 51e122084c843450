/* SPDX-License-Identifier: MIT */
/*
 * Tickets (RFC 5723): what both ends keep of an IKE SA so that it can be resumed.
 *
 *     by value:      | serial of the key (4) | IV | sealed: algorithms, SPIs, identity, SK_d | ICV
 * | by reference:  | place (2) | random (16) |
 */
#include "ike/auth/auth.h"

#if IK_RESUME

#define SERIAL_LEN 4
#define TEXT_MAX (5 * 2 + 2 + 2 * IK_SPI_LEN + 16 + 4 + IK_HASH_MAX)
#define ICV_MAX 16
#define IV_LEN 8
#define VALUE_MAX (SERIAL_LEN + IV_LEN + TEXT_MAX + ICV_MAX)
#define REFERENCE_LEN 18
#define NEAR 8 /* places */
_Static_assert(VALUE_MAX <= IK_TICKET_MAX, "a node keeps what another one gives");

/* ---- what is kept --------------------------------------------------------------------------- */

void ik_resumable_of(const struct ik_node *node, const struct ik_ike_sa *sa, uint32_t ms,
                     struct ik_resumable *out)
{
    const struct ik_prf *prf = ik_prf_of(sa);
    *out = (struct ik_resumable){.peer = sa->peer, .until = ik_in(node, ms)};
#if !IK_LINKED
    const struct ik_suite *s = &sa->suite;
    out->encr = s->encr->id;
    out->encr_bits = s->encr->key_bits;
    out->integ = s->integ != NULL ? s->integ->id : 0;
    out->prf = prf->id;
    out->dh = s->dh->id;
    memcpy(out->peer_id, sa->peer_id, sizeof out->peer_id);
#endif
    memcpy(out->spi_i, sa->spi_i, IK_SPI_LEN);
    memcpy(out->spi_r, sa->spi_r, IK_SPI_LEN);
    memcpy(out->sk_d, sa->keys.d, prf->key_len);
}

#if IK_LINKED
/* There is one suite. */
bool ik_resumable_suite(const struct ik_node *node, const struct ik_resumable *r,
                        struct ik_suite *out)
{
    const struct ik_crypto *c = ik_config_of(node)->crypto;
    (void)r;
    *out = (struct ik_suite){.encr = c->encr[0], .prf = c->prf[0], .dh = c->dh[0], .number = 1};
    return true;
}
#else
bool ik_resumable_suite(const struct ik_node *node, const struct ik_resumable *r,
                        struct ik_suite *out)
{
    const struct ik_crypto *c = ik_config_of(node)->crypto;
    *out = (struct ik_suite){.encr = ik_crypto_encr(c, r->encr, r->encr_bits),
                             .integ = r->integ != 0 ? ik_crypto_integ(c, r->integ) : NULL,
                             .prf = ik_crypto_prf(c, r->prf),
                             .dh = ik_crypto_dh(c, r->dh),
                             .number = 1};
    if (r->peer >= ik_config_of(node)->peers_n || out->encr == NULL || out->prf == NULL ||
        out->dh == NULL || (r->integ != 0 && out->integ == NULL)) {
        return false;
    }
    struct ik_proposals ours = ik_proposals_ike(node, &ik_config_of(node)->peers[r->peer]);
    return ik_proposal_allows(&ours, out);
}
#endif

#if IK_RESPONDER

/* The same octets on every host. The time is that since the key was drawn, which a later life can
 * tell as well. */
static uint16_t write(const struct ik_resumable *r, ik_ms drawn_at, uint8_t prf_len, uint8_t *out,
                      uint16_t cap)
{
    struct ik_wr w;
    ik_wr_init(&w, out, cap);
    ik_wr_u16(&w, r->encr);
    ik_wr_u16(&w, r->encr_bits);
    ik_wr_u16(&w, r->integ);
    ik_wr_u16(&w, r->prf);
    ik_wr_u16(&w, r->dh);
    ik_wr_u16(&w, r->peer);
    ik_wr_bytes(&w, r->spi_i, IK_SPI_LEN);
    ik_wr_bytes(&w, r->spi_r, IK_SPI_LEN);
    ik_wr_bytes(&w, r->peer_id, sizeof r->peer_id);
    ik_wr_u32(&w, r->until - drawn_at);
    ik_wr_bytes(&w, r->sk_d, prf_len);
    return w.len;
}

static bool read(const struct ik_node *node, const uint8_t *p, uint16_t len, ik_ms drawn_at,
                 struct ik_resumable *out)
{
    if (len < TEXT_MAX - IK_HASH_MAX) {
        return false;
    }
    *out = (struct ik_resumable){.encr = ik_get16(p),
                                 .encr_bits = ik_get16(p + 2),
                                 .integ = ik_get16(p + 4),
                                 .prf = ik_get16(p + 6),
                                 .dh = ik_get16(p + 8),
                                 .peer = ik_get16(p + 10)};
    memcpy(out->spi_i, p + 12, IK_SPI_LEN);
    memcpy(out->spi_r, p + 20, IK_SPI_LEN);
    memcpy(out->peer_id, p + 28, sizeof out->peer_id);
    ik_ms until = ik_get32(p + 44) + drawn_at;
    out->until = until != IK_MS_NONE ? until : until + 1u;
    const struct ik_prf *prf = ik_crypto_prf(ik_config_of(node)->crypto, out->prf);
    if (prf == NULL || len != TEXT_MAX - IK_HASH_MAX + prf->key_len) {
        return false;
    }
    memcpy(out->sk_d, p + 48, prf->key_len);
    return true;
}

/* ---- by value ------------------------------------------------------------------------------- */

/* An AEAD of the node's whose IV is a counter. */
static const struct ik_encr *sealer(const struct ik_node *node)
{
    const struct ik_encr *const *e = ik_config_of(node)->crypto->encr;
    while (*e != NULL && (((*e)->flags & (IK_ALG_AEAD | IK_ALG_ESP_ONLY)) != IK_ALG_AEAD ||
                          (*e)->iv_len != IV_LEN || (*e)->icv_len != ICV_MAX ||
                          (*e)->key_len + (*e)->salt_len > IK_ENCR_KEY_MAX)) {
        e++;
    }
    return *e;
}

/* Draws a new key where the last one is as old as a ticket may be, or has no IV left; the one
 * before it still counts. */
static void renew(struct ik_node *node)
{
    struct ik_ticket_keys *k = &node->ticket_keys;
    uint32_t lasts = ik_config_of(node)->ticket_s * 1000u, age = node->env.now - k->drawn_at;
    if (k->known > 0 && age < lasts && !k->of_before && k->sealed != UINT32_MAX) {
        return;
    }
    k->known = k->known > 0 && age < 2 * lasts ? 2 : 1;
    memcpy(k->key[1], k->key[0], sizeof k->key[0]);
    ik_drbg_bytes(&node->env, k->key[0], sizeof k->key[0]);
    k->serial++;
    k->sealed = 0;
    k->of_before = false;
    k->drawn_at1 = k->drawn_at;
    k->drawn_at = node->env.now;
}

/* Answers the length of the ticket in out (VALUE_MAX octets). */
static uint16_t by_value(struct ik_node *node, const struct ik_resumable *r, uint8_t prf_len,
                         uint8_t *out)
{
    struct ik_ticket_keys *k = &node->ticket_keys;
    struct ik_seal_key key = {.encr = sealer(node), .encr_key = k->key[0]};
    struct ik_sealed s = {.msg = out, .aad_len = SERIAL_LEN};
    renew(node);
    ik_put32(out, k->serial);
    s.text_len = write(r, k->drawn_at, prf_len, out + SERIAL_LEN + IV_LEN, TEXT_MAX);
    ik_seal(&node->env, &key, &s, k->sealed++);
    return (uint16_t)(SERIAL_LEN + IV_LEN + s.text_len + ICV_MAX);
}

static bool open_value(struct ik_node *node, struct ik_span ticket, struct ik_resumable *out)
{
    uint8_t copy[VALUE_MAX];
    const struct ik_ticket_keys *k = &node->ticket_keys;
    struct ik_seal_key key = {.encr = sealer(node)};
    struct ik_sealed s = {.msg = copy, .aad_len = SERIAL_LEN};
    if (ticket.len > sizeof copy || ticket.len < SERIAL_LEN + IV_LEN + ICV_MAX ||
        key.encr == NULL) {
        return false;
    }
    uint32_t age = k->serial - ik_get32(ticket.p);
    if (age >= k->known) {
        return false;
    }
    key.encr_key = k->key[age];
    memcpy(copy, ticket.p, ticket.len);
    s.text_len = (uint16_t)(ticket.len - SERIAL_LEN - IV_LEN - ICV_MAX);
    bool good =
        ik_open(&node->env, &key, &s) == IK_OK && read(node, copy + SERIAL_LEN + IV_LEN, s.text_len,
                                                       age == 0 ? k->drawn_at : k->drawn_at1, out);
    ik_wipe(copy, sizeof copy);
    return good;
}

static uint32_t age_of(const struct ik_node *node, ik_ms drawn_at)
{
    return (node->env.now - drawn_at) / 1000u + 1u;
}

void ik_node_ticket_keys_get(const struct ik_node *node, struct ik_kept_ticket_keys *out)
{
    const struct ik_ticket_keys *k = &node->ticket_keys;
    *out = (struct ik_kept_ticket_keys){.serial = k->serial, .known = k->known};
    memcpy(out->key, k->key, k->known * sizeof k->key[0]);
    out->age_s[0] = age_of(node, k->drawn_at);
    out->age_s[1] = age_of(node, k->drawn_at1);
}

/* What is so old opens nothing that is good still. */
static bool of_use(const struct ik_node *node, uint32_t age_s)
{
    return age_s < 2u * ik_config_of(node)->ticket_s && age_s <= IK_LIFE_MAX;
}

void ik_node_ticket_keys_put(struct ik_node *node, ik_time now,
                             const struct ik_kept_ticket_keys *keys)
{
    struct ik_ticket_keys *k = &node->ticket_keys;
    ik_enter(node, now);
    ik_wipe(k, sizeof *k);
    k->serial = keys->serial;
    while (k->known < keys->known && k->known < 2 && of_use(node, keys->age_s[k->known])) {
        memcpy(k->key[k->known], keys->key[k->known], sizeof k->key[0]);
        k->known++;
    }
    k->of_before = true;
    k->drawn_at = node->env.now - keys->age_s[0] * 1000u;
    k->drawn_at1 = node->env.now - keys->age_s[1] * 1000u;
}

/* ---- by reference --------------------------------------------------------------------------- */

static void forget(struct ik_ticket *t)
{
    ik_wipe(t, sizeof *t);
}

/* Is the ticket there, and of the IKE SA with these SPIs? */
static bool is_of(const struct ik_ticket *t, const uint8_t *spi_i, const uint8_t *spi_r)
{
    return t->taken && ik_ct_eq(t->of.spi_i, spi_i, IK_SPI_LEN) &&
           ik_ct_eq(t->of.spi_r, spi_r, IK_SPI_LEN);
}

static ik_slot behind(const struct ik_node *node, ik_slot place)
{
    return (ik_slot)(place + 1 == node->host.tickets_n ? 0 : place + 1);
}

/* An IKE SA has one: who asks again and again takes nobody's. Else the oldest gives way; not one by
 * which somebody is being resumed, if there is another near. */
static ik_slot place_for(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_slot next = node->ticket_next;
    if (sa->ticket_at < node->host.tickets_n &&
        is_of(&node->host.tickets[sa->ticket_at], sa->spi_i, sa->spi_r)) {
        return sa->ticket_at;
    }
    for (uint8_t i = 0; i < NEAR && node->host.tickets[next].opening > 0; i++) {
        next = behind(node, next);
    }
    node->ticket_next = behind(node, next);
    return sa->ticket_at = next;
}

static uint16_t by_reference(struct ik_node *node, struct ik_ike_sa *sa,
                             const struct ik_resumable *r, uint8_t *out)
{
    ik_slot place = place_for(node, sa);
    struct ik_ticket *t = &node->host.tickets[place];
    t->taken = true;
    t->opening = 0;
    t->of = *r;
    ik_drbg_bytes(&node->env, t->id, sizeof t->id);
    ik_put16(out, place);
    memcpy(out + 2, t->id, sizeof t->id);
    return REFERENCE_LEN;
}

static bool look_up(const struct ik_node *node, struct ik_span ticket, struct ik_resumable *out,
                    ik_slot *place)
{
    if (ticket.len != REFERENCE_LEN || ik_get16(ticket.p) >= node->host.tickets_n) {
        return false;
    }
    *place = ik_get16(ticket.p);
    const struct ik_ticket *t = &node->host.tickets[*place];
    if (!t->taken || !ik_ct_eq(t->id, ticket.p + 2, sizeof t->id)) {
        return false;
    }
    *out = t->of;
    return true;
}

/* ---- responder ------------------------------------------------------------------------------ */

bool ik_tickets_given(const struct ik_node *node)
{
    const struct ik_config *config = ik_config_of(node);
    return config->ticket_s > 0 && ik_exchange_listed(node, &ik_exchange_resume_r) &&
           (config->ticket_by_reference ? node->host.tickets_n > 0 : sealer(node) != NULL);
}

void ik_ticket_put(struct ik_node *node, struct ik_ike_sa *sa, struct ik_chain *c)
{
    const struct ik_config *config = ik_config_of(node);
    struct ik_resumable r;
    uint8_t data[4 + VALUE_MAX];
    if (!ik_tickets_given(node)) {
        ik_put_notify(node, c, IK_N_TICKET_NACK, (struct ik_span){0});
        return;
    }
    ik_resumable_of(node, sa, config->ticket_s * 1000u, &r);
    uint16_t len = config->ticket_by_reference
                       ? by_reference(node, sa, &r, data + 4)
                       : by_value(node, &r, ik_prf_of(sa)->key_len, data + 4);
    ik_wipe(&r, sizeof r);
    ik_put32(data, config->ticket_s);
    ik_put_notify(node, c, IK_N_TICKET_LT_OPAQUE, (struct ik_span){data, (uint16_t)(4 + len)});
}

bool ik_ticket_read(struct ik_node *node, struct ik_span ticket, struct ik_resumable *out,
                    ik_slot *place)
{
    *place = IK_NO_SLOT;
    bool good = ik_config_of(node)->ticket_by_reference ? look_up(node, ticket, out, place)
                                                        : open_value(node, ticket, out);
    return good && !ik_due(node, out->until);
}

/* Of two that came up by one ticket the second is refused. Where it is in the ticket itself, the
 * node does not know. */
bool ik_ticket_spend(struct ik_node *node, const struct ik_handshake *hs)
{
    if (hs->ticket == IK_NO_SLOT) {
        return true;
    }
    struct ik_ticket *t = &node->host.tickets[hs->ticket];
    if (!is_of(t, hs->was.spi_i, hs->was.spi_r)) {
        return false;
    }
    forget(t);
    return true;
}

#endif

/* ---- initiator ------------------------------------------------------------------------------ */

static struct ik_session *place_of(const struct ik_node *node, uint16_t peer)
{
    return peer < ik_host_of(node)->sessions_n ? &ik_host_of(node)->sessions[peer] : NULL;
}

struct ik_session *ik_session_of(const struct ik_node *node, uint16_t peer)
{
    struct ik_session *s = place_of(node, peer);
    return s != NULL && s->ticket_len > 0 && ik_config_of(node)->peers[peer].resume &&
                   !ik_due(node, s->of.until)
               ? s
               : NULL;
}

bool ik_session_wanted(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    return ik_peer_of(node, sa)->resume && place_of(node, sa->peer) != NULL;
}

void ik_session_take(struct ik_node *node, const struct ik_rx *rx)
{
    struct ik_notify n;
    const struct ik_ike_sa *sa = rx->sa;
    struct ik_session *s = place_of(node, sa->peer);
    if (s == NULL || !ik_session_wanted(node, sa)) {
        return;
    }
    ik_wipe(s, sizeof *s);
    if (!ik_notify_find(&rx->m, IK_N_TICKET_LT_OPAQUE, &n) || n.data.len <= 4 ||
        n.data.len - 4 > IK_TICKET_MAX) {
        return;
    }
    uint32_t lasts = ik_get32(n.data.p);
    lasts = lasts < IK_LIFE_MAX / 2 ? lasts : IK_LIFE_MAX / 2;
    ik_resumable_of(node, sa, lasts * 1000u, &s->of);
    s->ticket_len = (uint16_t)(n.data.len - 4);
    memcpy(s->ticket, n.data.p + 4, s->ticket_len);
}

bool ik_session_is_of(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    const struct ik_session *s = sa->peer != IK_NO_SLOT ? place_of(node, sa->peer) : NULL;
    return s != NULL && s->ticket_len > 0 && ik_ct_eq(s->of.spi_i, sa->spi_i, IK_SPI_LEN) &&
           ik_ct_eq(s->of.spi_r, sa->spi_r, IK_SPI_LEN);
}

/* Did the SA begin by a ticket, and not come up? */
static bool failed(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    return sa->handshake != IK_NO_SLOT && (sa->flags & IK_SA_WAS_UP) == 0 && sa->initiator &&
           ik_handshake_of(node, sa)->resumed;
}

/* 6.2: "when an IKE SA is deleted by the client or the gateway, the client MUST delete its stored
 * ticket"; "when the IKE SA is rekeyed, the ticket is invalidated". What is kept is that of an SA
 * whose peer has become silent. What did not lead to an IKE SA would not the next time. */
void ik_session_ended(struct ik_node *node, const struct ik_ike_sa *sa, enum ik_reason why)
{
    struct ik_session *s = sa->peer != IK_NO_SLOT ? place_of(node, sa->peer) : NULL;
    if (s == NULL || s->ticket_len == 0) {
        return;
    }
    if ((ik_session_is_of(node, sa) && why != IK_WHY_TIMEOUT) || failed(node, sa)) {
        ik_wipe(s, sizeof *s);
    }
}

void ik_tickets_forget(struct ik_node *node)
{
    const struct ik_host *h = ik_host_of(node);
    if (h->sessions_n > 0) {
        ik_wipe(h->sessions, h->sessions_n * sizeof *h->sessions);
    }
#if IK_RESPONDER
    if (h->tickets_n > 0) {
        ik_wipe(h->tickets, h->tickets_n * sizeof *h->tickets);
    }
    node->ticket_keys.known = 0;
    ik_wipe(node->ticket_keys.key, sizeof node->ticket_keys.key);
#endif
}

bool ik_node_session_get(const struct ik_node *node, uint16_t peer, struct ik_session *out,
                         uint32_t *left_s)
{
    const struct ik_session *s =
        peer < ik_config_of(node)->peers_n ? ik_session_of(node, peer) : NULL;
    if (s == NULL) {
        return false;
    }
    *out = *s;
    *left_s = (s->of.until - node->env.now) / 1000u;
    return true;
}

void ik_node_session_put(struct ik_node *node, ik_time now, uint16_t peer,
                         const struct ik_session *session, uint32_t left_s)
{
    struct ik_session *s = place_of(node, peer);
    ik_enter(node, now);
    if (s == NULL || session->ticket_len > IK_TICKET_MAX) {
        return;
    }
    left_s = left_s < IK_LIFE_MAX / 2 ? left_s : IK_LIFE_MAX / 2;
    *s = *session;
    s->of.peer = peer;
    s->of.until = ik_in(node, left_s * 1000u);
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 *     | "IKELET-TICKET 1\n" | end (8) | family (1) | address (16) | port (2) | id type (1) |
 *     | length (2) | id | algorithms (10) | SPIs (16) | digest of the peer's identity (16) |
 *     | SK_d (IK_HASH_MAX) | length (2) | ticket |
 */
#include "ticket.h"

#include <string.h>
#include <time.h>

static const char magic[16] = "IKELET-TICKET 1\n";

/* ---- what stands in it ----------------------------------------------------------------------- */

static void put_of(struct kept_cursor *c, const struct ticket_of *of)
{
    kept_put_number(c, of->peer.family, 1);
    kept_put(c, of->peer.b, sizeof of->peer.b);
    kept_put_number(c, of->port, 2);
    kept_put_number(c, of->id.type, 1);
    kept_put_number(c, of->id.data.len, 2);
    kept_put(c, of->id.data.p, of->id.data.len);
}

static bool is_of(struct kept_cursor *c, const struct ticket_of *of)
{
    uint8_t want[64 + IK_ID_MAX], got[sizeof want];
    struct kept_cursor w = {want, sizeof want, false};
    put_of(&w, of);
    size_t len = sizeof want - w.left;
    if (w.bad || len > c->left)
        return false;
    kept_get(c, got, len);
    return memcmp(want, got, len) == 0;
}

static void put_session(struct kept_cursor *c, const struct ik_session *s)
{
    const struct ik_resumable *r = &s->of;
    const uint16_t algorithms[5] = {r->encr, r->encr_bits, r->integ, r->prf, r->dh};
    for (unsigned i = 0; i < 5; i++)
        kept_put_number(c, algorithms[i], 2);
    kept_put(c, r->spi_i, sizeof r->spi_i);
    kept_put(c, r->spi_r, sizeof r->spi_r);
    kept_put(c, r->peer_id, sizeof r->peer_id);
    kept_put(c, r->sk_d, sizeof r->sk_d);
    kept_put_number(c, s->ticket_len, 2);
    kept_put(c, s->ticket, s->ticket_len);
}

static void get_session(struct kept_cursor *c, struct ik_session *s)
{
    struct ik_resumable *r = &s->of;
    uint16_t *const algorithms[5] = {&r->encr, &r->encr_bits, &r->integ, &r->prf, &r->dh};
    memset(s, 0, sizeof *s);
    for (unsigned i = 0; i < 5; i++)
        *algorithms[i] = (uint16_t)kept_get_number(c, 2);
    kept_get(c, r->spi_i, sizeof r->spi_i);
    kept_get(c, r->spi_r, sizeof r->spi_r);
    kept_get(c, r->peer_id, sizeof r->peer_id);
    kept_get(c, r->sk_d, sizeof r->sk_d);
    s->ticket_len = (uint16_t)kept_get_number(c, 2);
    c->bad = c->bad || s->ticket_len == 0 || s->ticket_len > sizeof s->ticket;
    if (!c->bad)
        kept_get(c, s->ticket, s->ticket_len);
    c->bad = c->bad || c->left != 0;
}

size_t ticket_write(const struct ticket_of *of, const struct ik_session *session, uint32_t left_s,
                    uint64_t now_s, uint8_t out[TICKET_ROOM])
{
    struct kept_cursor c = {out, TICKET_ROOM, false};
    kept_put(&c, magic, sizeof magic);
    kept_put_number(&c, now_s + left_s, 8);
    put_of(&c, of);
    put_session(&c, session);
    return c.bad ? 0 : TICKET_ROOM - c.left;
}

enum kept_verdict ticket_read(const struct ticket_of *of, const uint8_t *octets, size_t len,
                              uint64_t now_s, struct ik_session *session, uint32_t *left_s)
{
    char begins[sizeof magic];
    uint8_t copy[TICKET_ROOM];
    struct kept_cursor c = {copy, len < sizeof copy ? len : sizeof copy, false};
    memcpy(copy, octets, c.left);
    kept_get(&c, begins, sizeof begins);
    uint64_t until = kept_get_number(&c, 8);
    bool ours = !c.bad && memcmp(begins, magic, sizeof magic) == 0, same = is_of(&c, of);
    if (ours && same)
        get_session(&c, session);
    explicit_bzero(copy, sizeof copy);
    if (!ours || (same && c.bad))
        return KEPT_NONE;
    if (!same)
        return KEPT_OTHERS;
    /* Further ahead than anything lasts: the clock was set back. */
    if (until <= now_s || until - now_s > IK_LIFE_MAX)
        return KEPT_OLD;
    *left_s = (uint32_t)(until - now_s);
    return KEPT_GOOD;
}

/* ---- the file -------------------------------------------------------------------------------- */

static struct ticket_of of_options(const struct options *o)
{
    return (struct ticket_of){o->peer, o->port, o->id};
}

struct into {
    struct ticket_of of;
    struct ik_node *node;
    ik_time now;
};

static enum kept_verdict give(void *to, const uint8_t *octets, size_t len, uint64_t now_s)
{
    const struct into *into = to;
    struct ik_session session;
    uint32_t left_s = 0;
    enum kept_verdict v = ticket_read(&into->of, octets, len, now_s, &session, &left_s);
    if (v == KEPT_GOOD)
        ik_node_session_put(into->node, into->now, 0, &session, left_s);
    explicit_bzero(&session, sizeof session);
    return v;
}

bool ticket_load(const struct options *o, struct ik_node *node, ik_time now)
{
    static const char *const words[KEPT_VERDICTS] = {
        [KEPT_NONE] = "no ticket stands in it, and it is left as it is",
        [KEPT_OTHERS] = "of another peer or another identity of ours: the handshake is in full",
        [KEPT_OLD] = "too old: the handshake is in full",
    };
    struct into into = {of_options(o), node, now};
    return kept_load(o->ticket_file, words, give, &into);
}

bool ticket_here(const struct ik_node *node)
{
    struct ik_session session;
    uint32_t left_s;
    bool here = ik_node_session_get(node, 0, &session, &left_s);
    explicit_bzero(&session, sizeof session);
    return here;
}

bool ticket_save(const struct options *o, const struct ik_node *node)
{
    const struct ticket_of of = of_options(o);
    uint8_t room[TICKET_ROOM];
    struct ik_session session;
    uint32_t left_s;
    size_t len = 0;
    if (ik_node_session_get(node, 0, &session, &left_s))
        len = ticket_write(&of, &session, left_s, (uint64_t)time(NULL), room);
    bool good = kept_save(o->ticket_file, room, len);
    explicit_bzero(&session, sizeof session);
    explicit_bzero(room, sizeof room);
    return good;
}

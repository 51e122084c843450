/* SPDX-License-Identifier: MIT */
/*
 *     | "IKELET-TICKET 1\n" | end (8) | family (1) | address (16) | port (2) | id type (1) |
 *     | length (2) | id | algorithms (10) | SPIs (16) | digest of the peer's identity (16) |
 *     | SK_d (IK_HASH_MAX) | length (2) | ticket |
 */
#include "ticket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

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

enum ticket_verdict ticket_read(const struct ticket_of *of, const uint8_t *octets, size_t len,
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
        return TICKET_NONE_OF_OURS;
    if (!same)
        return TICKET_OTHERS;
    /* Further ahead than anything lasts: the clock was set back. */
    if (until <= now_s || until - now_s > IK_LIFE_MAX)
        return TICKET_OLD;
    *left_s = (uint32_t)(until - now_s);
    return TICKET_GOOD;
}

/* ---- the file -------------------------------------------------------------------------------- */

static struct ticket_of of_options(const struct options *o)
{
    return (struct ticket_of){o->peer, o->port, o->id};
}

static const char *const verdicts[] = {
    [TICKET_NONE_OF_OURS] = "no ticket stands in it, and it is left as it is",
    [TICKET_OTHERS] = "of another peer or another identity of ours: the handshake is in full",
    [TICKET_OLD] = "too old: the handshake is in full",
};

bool ticket_load(const struct options *o, struct ik_node *node, ik_time now)
{
    const struct ticket_of of = of_options(o);
    uint8_t room[TICKET_ROOM];
    struct ik_session session;
    uint32_t left_s = 0;
    ssize_t n = kept_read(o->ticket_file, room);
    if (n < 0 && errno != ENOENT) {
        complain("cannot read --ticket-file=%s: %s", o->ticket_file, strerror(errno));
        return false;
    }
    if (n <= 0)
        return true;
    enum ticket_verdict v =
        ticket_read(&of, room, (size_t)n, (uint64_t)time(NULL), &session, &left_s);
    if (v == TICKET_GOOD)
        ik_node_session_put(node, now, 0, &session, left_s);
    else
        complain("--ticket-file=%s: %s", o->ticket_file, verdicts[v]);
    explicit_bzero(&session, sizeof session);
    explicit_bzero(room, sizeof room);
    return v != TICKET_NONE_OF_OURS;
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
    bool good;
    if (ik_node_session_get(node, 0, &session, &left_s)) {
        size_t len = ticket_write(&of, &session, left_s, (uint64_t)time(NULL), room);
        good = kept_replace(o->ticket_file, room, len);
    } else {
        good = unlink(o->ticket_file) == 0 || errno == ENOENT;
    }
    if (!good)
        complain("cannot write --ticket-file=%s: %s", o->ticket_file, strerror(errno));
    explicit_bzero(&session, sizeof session);
    explicit_bzero(room, sizeof room);
    return good;
}

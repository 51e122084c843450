/* SPDX-License-Identifier: MIT */
/*
 *     | "IKELET-TICKET 1\n" | end (8) | family (1) | address (16) | port (2) | id type (1) |
 *     | length (2) | id | algorithms (10) | SPIs (16) | digest of the peer's identity (16) |
 *     | SK_d (IK_HASH_MAX) | length (2) | ticket |
 */
#include "ticket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

static const char magic[16] = "IKELET-TICKET 1\n";

/* ---- octets ---------------------------------------------------------------------------------- */

/* Where the next octets go to, or come from. */
struct cursor {
    uint8_t *p;
    size_t left;
    bool bad; /* they did not fit */
};

static void put(struct cursor *c, const void *from, size_t len)
{
    c->bad = c->bad || len > c->left;
    if (c->bad)
        return;
    memcpy(c->p, from, len);
    c->p += len;
    c->left -= len;
}

static void put_number(struct cursor *c, uint64_t n, size_t len)
{
    uint8_t b[8];
    for (size_t i = 0; i < len; i++)
        b[i] = (uint8_t)(n >> 8 * (len - 1 - i));
    put(c, b, len);
}

static void get(struct cursor *c, void *to, size_t len)
{
    c->bad = c->bad || len > c->left;
    memset(to, 0, len);
    if (c->bad)
        return;
    memcpy(to, c->p, len);
    c->p += len;
    c->left -= len;
}

static uint64_t get_number(struct cursor *c, size_t len)
{
    uint8_t b[8];
    uint64_t n = 0;
    get(c, b, len);
    for (size_t i = 0; i < len; i++)
        n = n << 8 | b[i];
    return n;
}

/* ---- what stands in it ----------------------------------------------------------------------- */

static void put_of(struct cursor *c, const struct ticket_of *of)
{
    put_number(c, of->peer.family, 1);
    put(c, of->peer.b, sizeof of->peer.b);
    put_number(c, of->port, 2);
    put_number(c, of->id.type, 1);
    put_number(c, of->id.data.len, 2);
    put(c, of->id.data.p, of->id.data.len);
}

static bool is_of(struct cursor *c, const struct ticket_of *of)
{
    uint8_t want[64 + IK_ID_MAX], got[sizeof want];
    struct cursor w = {want, sizeof want, false};
    put_of(&w, of);
    size_t len = sizeof want - w.left;
    if (w.bad || len > c->left)
        return false;
    get(c, got, len);
    return memcmp(want, got, len) == 0;
}

static void put_session(struct cursor *c, const struct ik_session *s)
{
    const struct ik_resumable *r = &s->of;
    const uint16_t algorithms[5] = {r->encr, r->encr_bits, r->integ, r->prf, r->dh};
    for (unsigned i = 0; i < 5; i++)
        put_number(c, algorithms[i], 2);
    put(c, r->spi_i, sizeof r->spi_i);
    put(c, r->spi_r, sizeof r->spi_r);
    put(c, r->peer_id, sizeof r->peer_id);
    put(c, r->sk_d, sizeof r->sk_d);
    put_number(c, s->ticket_len, 2);
    put(c, s->ticket, s->ticket_len);
}

static void get_session(struct cursor *c, struct ik_session *s)
{
    struct ik_resumable *r = &s->of;
    uint16_t *const algorithms[5] = {&r->encr, &r->encr_bits, &r->integ, &r->prf, &r->dh};
    memset(s, 0, sizeof *s);
    for (unsigned i = 0; i < 5; i++)
        *algorithms[i] = (uint16_t)get_number(c, 2);
    get(c, r->spi_i, sizeof r->spi_i);
    get(c, r->spi_r, sizeof r->spi_r);
    get(c, r->peer_id, sizeof r->peer_id);
    get(c, r->sk_d, sizeof r->sk_d);
    s->ticket_len = (uint16_t)get_number(c, 2);
    c->bad = c->bad || s->ticket_len == 0 || s->ticket_len > sizeof s->ticket;
    if (!c->bad)
        get(c, s->ticket, s->ticket_len);
    c->bad = c->bad || c->left != 0;
}

size_t ticket_write(const struct ticket_of *of, const struct ik_session *session, uint32_t left_s,
                    uint64_t now_s, uint8_t out[TICKET_ROOM])
{
    struct cursor c = {out, TICKET_ROOM, false};
    put(&c, magic, sizeof magic);
    put_number(&c, now_s + left_s, 8);
    put_of(&c, of);
    put_session(&c, session);
    return c.bad ? 0 : TICKET_ROOM - c.left;
}

enum ticket_verdict ticket_read(const struct ticket_of *of, const uint8_t *octets, size_t len,
                                uint64_t now_s, struct ik_session *session, uint32_t *left_s)
{
    char begins[sizeof magic];
    uint8_t copy[TICKET_ROOM];
    struct cursor c = {copy, len < sizeof copy ? len : sizeof copy, false};
    memcpy(copy, octets, c.left);
    get(&c, begins, sizeof begins);
    uint64_t until = get_number(&c, 8);
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

static ssize_t read_whole(const char *file, uint8_t room[TICKET_ROOM])
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = read(fd, room, TICKET_ROOM);
    int was = errno;
    close(fd);
    errno = was;
    return n;
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
    ssize_t n = read_whole(o->ticket_file, room);
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

/* Beside the file, and then in its place: whoever reads finds the old one or the new one. mkstemp()
 * makes it of mode 0600. */
static bool replace(const char *file, const uint8_t *octets, size_t len)
{
    char beside[4096];
    int n = snprintf(beside, sizeof beside, "%s.XXXXXX", file);
    if (n < 0 || (size_t)n >= sizeof beside) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = mkstemp(beside);
    if (fd < 0)
        return false;
    bool good = write(fd, octets, len) == (ssize_t)len && fsync(fd) == 0;
    int was = errno;
    if (close(fd) == 0 && good && rename(beside, file) == 0)
        return true;
    errno = good ? errno : was;
    was = errno;
    unlink(beside);
    errno = was;
    return false;
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
        good = replace(o->ticket_file, room, len);
    } else {
        good = unlink(o->ticket_file) == 0 || errno == ENOENT;
    }
    if (!good)
        complain("cannot write --ticket-file=%s: %s", o->ticket_file, strerror(errno));
    explicit_bzero(&session, sizeof session);
    explicit_bzero(room, sizeof room);
    return good;
}

/* SPDX-License-Identifier: MIT */
/*
 * RFC 7383, of each end by itself: fragments leave only for a peer that has said it takes them, and
 * to whom that was said; each is within the size, and within what a router has said; the first
 * alone names what is inside; a message that is cut again is in more fragments, and is the same
 * message; all of it is there. A message that arrives in fragments has arrived when all of one cut
 * have, each of them authentic.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/mem.h"
#include "sim/spy.h"

/* The fragments of one message in one cut, as one end has sent or got them. */
struct sim_set {
    uint16_t total, came;
    uint8_t first;
    uint16_t len[IK_FRAGMENTS_MAX];
    uint8_t *text[IK_FRAGMENTS_MAX];
};

enum { OF_SENT_SET = 1, OF_ARRIVED_SET, OF_TEXT, OF_TOTAL, OF_SAID, OF_TOLD };

static uint64_t place(const struct sim_spy *spy, uint16_t node, unsigned kind,
                      const struct ik_hdr *hdr, uint16_t total)
{
    /* What has arrived has, even if the node becomes what it was in between. */
    uint32_t life = kind == OF_ARRIVED_SET ? 0 : sim_spy_life(spy, node);
    uint64_t words[6] = {(uint64_t)life << 16 | node, (uint64_t)total << 8 | kind,
                         (uint64_t)(hdr->flags & (IK_FLAG_INITIATOR | IK_FLAG_RESPONSE)) << 32 |
                             hdr->msgid};

    memcpy(&words[3], hdr->spi_i, IK_SPI_LEN);
    memcpy(&words[4], hdr->spi_r, IK_SPI_LEN);
    words[5] = hdr->exchange;
    return sim_map_key(words, 6);
}

void sim_check_fragments_free(struct sim_spy *spy)
{
    for (size_t i = 0; i < spy->sets_n; i++) {
        for (uint16_t k = 0; k < spy->sets[i].total; k++)
            free(spy->sets[i].text[k]);
    }
    free(spy->sets);
}

static struct sim_set *set_at(struct sim_spy *spy, uint64_t key, uint16_t total, bool *fresh)
{
    uint64_t i = sim_map_put(&spy->pieces, key, spy->sets_n, fresh);

    if (!*fresh)
        return &spy->sets[i];
    if (spy->sets_n == spy->sets_cap) {
        spy->sets_cap = spy->sets_cap ? 2 * spy->sets_cap : 16;
        spy->sets = sim_realloc(spy->sets, spy->sets_cap, sizeof *spy->sets);
    }
    spy->sets[spy->sets_n] = (struct sim_set){.total = total};
    return &spy->sets[spy->sets_n++];
}

/* False if it is there already. */
static bool add(struct sim_set *set, const struct sim_piece *p)
{
    uint16_t i = (uint16_t)(p->skf.number - 1);

    if (set->text[i])
        return false;
    set->text[i] = sim_calloc(1, p->text.len + 1u);
    memcpy(set->text[i], p->text.p, p->text.len);
    set->len[i] = p->text.len;
    if (i == 0)
        set->first = p->first;
    set->came++;
    return true;
}

/* The text of all, in spy->buf. */
static size_t join(struct sim_spy *spy, const struct sim_set *set)
{
    size_t len = 0;

    for (uint16_t i = 0; i < set->total; i++) {
        memcpy(spy->buf + len, set->text[i], set->len[i]);
        len += set->len[i];
    }
    return len;
}

static bool parse(const struct ik_hdr *hdr, uint8_t first, const uint8_t *text, size_t len,
                  struct ik_msg *msg)
{
    *msg = (struct ik_msg){.hdr = *hdr, .sk_next = first, .present = IK_PRESENT(IK_PL_SK)};
    return ik_msg_parse_inner(msg, first, text, len) == IK_OK;
}

/* ---- agreed ---------------------------------------------------------------------------------- */

enum { SAYS_YES = 1, SAYS_NO = 2 };

/* Of requests by the initiator's SPI, which is all that they have; of responses by both, for a
 * request that is bent on its way gets another one. */
static uint64_t said(const struct sim_spy *spy, uint16_t node, const struct ik_hdr *of,
                     bool response)
{
    struct ik_hdr hdr = {.exchange = IK_EX_IKE_SA_INIT};

    memcpy(hdr.spi_i, of->spi_i, IK_SPI_LEN);
    if (response)
        memcpy(hdr.spi_r, of->spi_r, IK_SPI_LEN);
    return place(spy, node, OF_SAID, &hdr, 0);
}

void sim_check_fragments_init(struct sim_spy *spy, uint16_t node, const struct ik_hdr *hdr,
                              const struct ik_msg *msg)
{
    struct ik_notify n;
    uint64_t key = said(spy, node, hdr, (hdr->flags & IK_FLAG_RESPONSE) != 0);
    bool fresh;

    if (!sim_spy_opens(hdr->exchange))
        return;
    /* Of several, as a message that was bent and its repetition, the node has believed one. */
    sim_map_put(&spy->pieces, key, 0, &fresh);
    *sim_map_at(&spy->pieces, key) |=
        ik_notify_find(msg, IK_N_IKEV2_FRAGMENTATION_SUPPORTED, &n) ? SAYS_YES : SAYS_NO;
}

/* Has the SA begun with an IKE_SA_INIT that both ends know, in this life of the node? One that a
 * rekeying has made takes over what the first one has agreed on. */
static bool seen_begin(const struct sim_spy *spy, const struct sim_seen *m)
{
    return sim_map_has(&spy->pieces, said(spy, m->node, &m->hdr, true)) &&
           !sim_spy_is_restored(spy, m->node);
}

/* What both ends have said, all that they have said. */
static uint64_t both_said(const struct sim_spy *spy, const struct sim_seen *m)
{
    const uint64_t *request = sim_map_at(&spy->pieces, said(spy, m->node, &m->hdr, false));
    const uint64_t *response = sim_map_at(&spy->pieces, said(spy, m->node, &m->hdr, true));

    if (spy->nodes[m->node].fragment == 0 || !request || !response)
        return SAYS_NO;
    return ((*request | *response) & SAYS_NO) | (*request & *response & SAYS_YES);
}

static bool may_be_agreed(const struct sim_spy *spy, const struct sim_seen *m)
{
    return (both_said(spy, m) & SAYS_YES) != 0;
}

static bool agreed(const struct sim_spy *spy, const struct sim_seen *m)
{
    return both_said(spy, m) == SAYS_YES;
}

/* ---- told by a router ------------------------------------------------------------------------ */

static uint64_t told(const struct sim_spy *spy, uint16_t node, const struct ik_hdr *of)
{
    struct ik_hdr hdr = {0};

    memcpy(hdr.spi_i, of->spi_i, IK_SPI_LEN);
    memcpy(hdr.spi_r, of->spi_r, IK_SPI_LEN);
    return place(spy, node, OF_TOLD, &hdr, 0);
}

void sim_check_fragments_told(struct sim_spy *spy, uint16_t node, const struct ik_hdr *hdr,
                              uint16_t octets)
{
    const struct sim_seen m = {.node = node, .hdr = *hdr};
    const struct sim_sa *sa = sim_spy_ike(spy, node, hdr);
    uint64_t key = told(spy, node, hdr);
    bool fresh;

    if (!sa || sa->ended || !seen_begin(spy, &m) || !agreed(spy, &m))
        return;
    if (sim_map_put(&spy->pieces, key, octets, &fresh) > octets)
        *sim_map_at(&spy->pieces, key) = octets;
}

void sim_check_fragments_size(struct sim_spy *spy, const struct sim_seen *m)
{
    const uint64_t *most = sim_map_at(&spy->pieces, told(spy, m->node, &m->hdr));
    const struct sim_sa *sa = most ? sim_spy_ike(spy, m->node, &m->hdr) : NULL;

    if (sa && !m->df && !sa->ended && !sim_spy_is_restored(spy, m->node) && m->datagram > *most)
        sim_spy_fail(spy, "n%u: sends %u octets after a router has said that %u pass", m->node,
                     m->datagram, (unsigned)*most);
}

/* ---- sent ------------------------------------------------------------------------------------ */

/* As often as it leaves, in whatever cut, it is one message. True if it is the first time. */
static bool same_text(struct sim_spy *spy, const struct sim_seen *m, uint8_t first,
                      const uint8_t *text, size_t len)
{
    uint64_t digest = sim_spy_digest(first, text, len);
    bool fresh;

    if (sim_map_put(&spy->pieces, place(spy, m->node, OF_TEXT, &m->hdr, 0), digest, &fresh) !=
        digest)
        sim_spy_fail(spy, "n%u: message %u of exchange %u is cut from another text", m->node,
                     (unsigned)m->hdr.msgid, m->hdr.exchange);
    return fresh;
}

void sim_check_fragments_whole(struct sim_spy *spy, const struct sim_seen *m)
{
    const uint8_t *text = m->iv.p + m->iv.len;
    size_t len;
    uint16_t icv = m->sa->integ ? m->sa->integ->icv_len : m->sa->encr->icv_len;
    uint16_t limit = spy->nodes[m->node].fragment;

    if (ik_sk_unpad(text, (size_t)(spy->buf + m->len - icv - text), &len) == IK_OK)
        same_text(spy, m, m->msg.sk_next, text, len);
    if (m->datagram > limit && !m->df && seen_begin(spy, m) && agreed(spy, m))
        sim_spy_fail(spy, "n%u: sends %u octets whole, and could in fragments of %u", m->node,
                     m->datagram, limit);
}

static void check_piece(struct sim_spy *spy, const struct sim_seen *m, const struct sim_piece *p)
{
    unsigned id = (unsigned)m->hdr.msgid;

    if (seen_begin(spy, m) && !may_be_agreed(spy, m))
        sim_spy_fail(spy, "n%u: sends a fragment to a peer with which none are agreed on", m->node);
    if (m->datagram > spy->nodes[m->node].fragment)
        sim_spy_fail(spy, "n%u: a fragment of message %u takes %u octets", m->node, id,
                     m->datagram);
    if ((p->first != IK_PL_NONE) != (p->skf.number == 1))
        sim_spy_fail(spy, "n%u: fragment %u of message %u names payload %u", m->node, p->skf.number,
                     id, p->first);
}

/* RFC 7383 2.5.2: "the value in the Total Fragments field is really increased". */
static void check_total(struct sim_spy *spy, const struct sim_seen *m, uint16_t total)
{
    uint64_t key = place(spy, m->node, OF_TOTAL, &m->hdr, 0);
    bool fresh;
    uint64_t last = sim_map_put(&spy->pieces, key, total, &fresh);

    if (fresh)
        return;
    if (total <= last)
        sim_spy_fail(spy, "n%u: message %u is cut in %u fragments after it was in %u", m->node,
                     (unsigned)m->hdr.msgid, total, (unsigned)last);
    *sim_map_at(&spy->pieces, key) = total;
}

bool sim_check_fragments_sent(struct sim_spy *spy, struct sim_seen *m)
{
    struct sim_piece p;
    struct sim_set *set;
    size_t len;
    bool fresh;

    m->sa = sim_spy_ike(spy, m->node, &m->hdr);
    if (!m->sa || !sim_spy_open_piece(spy, m->sa, m->bytes, m->len, &p) ||
        p.skf.total > IK_FRAGMENTS_MAX) {
        sim_spy_fail(spy, "n%u: sends a fragment that its own keys do not open", m->node);
        return false;
    }
    spy->fragments++;
    m->iv = p.iv;
    sim_check_iv_ike(spy, m);
    check_piece(spy, m, &p);
    set = set_at(spy, place(spy, m->node, OF_SENT_SET, &m->hdr, p.skf.total), p.skf.total, &fresh);
    if (fresh)
        check_total(spy, m, p.skf.total);
    if (!add(set, &p))
        sim_spy_fail(spy, "n%u: fragment %u of message %u is sent again with other bytes", m->node,
                     p.skf.number, (unsigned)m->hdr.msgid);
    if (set->came < set->total)
        return false;
    len = join(spy, set);
    if (!same_text(spy, m, set->first, spy->buf, len))
        return false;
    if (!parse(&m->hdr, set->first, spy->buf, len, &m->msg)) {
        sim_spy_fail(spy, "n%u: sends fragments that make no message", m->node);
        return false;
    }
    return true;
}

/* ---- arrived --------------------------------------------------------------------------------- */

bool sim_check_fragments_arrived(struct sim_spy *spy, uint16_t node, const struct sim_sa *sa,
                                 const uint8_t *bytes, uint16_t len, struct ik_msg *msg,
                                 bool *parsed)
{
    struct sim_piece p;
    struct sim_set *set;
    struct ik_hdr hdr;
    bool fresh;

    if (ik_hdr_parse(bytes, len, &hdr) != IK_OK || !sim_spy_open_piece(spy, sa, bytes, len, &p) ||
        p.skf.total > IK_FRAGMENTS_MAX)
        return false;
    set = set_at(spy, place(spy, node, OF_ARRIVED_SET, &hdr, p.skf.total), p.skf.total, &fresh);
    add(set, &p);
    if (set->came < set->total)
        return false;
    *parsed = parse(&hdr, set->first, spy->buf, join(spy, set), msg);
    return true;
}

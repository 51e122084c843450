/* SPDX-License-Identifier: MIT */
/*
 * RFC 7296 2.1 to 2.3, of each end of each IKE SA by itself: requests are numbered one after the
 * other, none is sent before there is room in the window of the peer, and no response leaves that
 * answers no request which has arrived here. INVALID_MESSAGE_ID is told in a request, of one that
 * arrived with an id beyond the window.
 */
#include <string.h>

#include "sim/mem.h"
#include "sim/spy.h"

/* What one end has done with one IKE SA. */
struct sim_talk {
    uint32_t first; /* request that was seen first: 0, but for a node that was restored */
    bool resumed_out, resumed_in; /* it was, and has sent no request, no response since */
    uint32_t requests;            /* the next one that it sends has this id */
    uint32_t responses;           /* likewise */
    uint32_t window;  /* requests that it may have outstanding: what the peer has granted */
    uint32_t granted; /* that it lets the peer have: responses may leave in any order in there */
};

enum {
    OF_TALK = 1,
    OF_REQUEST_HERE,
    OF_RESPONSE_HERE,
    OF_SENT,
    OF_ANYTHING,
    OF_ID_HERE,
    OF_ANSWERED
};

/* ours: we are the initiator of that IKE SA. The SPIs name it but for IKE_SA_INIT: its initiator
 * has no second one yet, and its responder gives it in the response. */
static uint64_t place_in(uint64_t life, uint16_t node, unsigned kind, const struct ik_hdr *hdr,
                         bool ours, uint64_t more)
{
    uint64_t words[5] = {life << 16 | node, kind << 1 | ours, more};

    memcpy(&words[3], hdr->spi_i, IK_SPI_LEN);
    if (!sim_spy_opens(hdr->exchange) && !ours)
        memcpy(&words[4], hdr->spi_r, IK_SPI_LEN);
    return sim_map_key(words, 5);
}

static uint64_t place(const struct sim_spy *spy, uint16_t node, unsigned kind,
                      const struct ik_hdr *hdr, bool ours, uint64_t more)
{
    return place_in(sim_spy_life(spy, node), node, kind, hdr, ours, more);
}

static struct sim_talk *talk_at(struct sim_spy *spy, uint64_t key, bool resumed)
{
    bool fresh;
    uint64_t i = sim_map_put(&spy->window, key, spy->talks_n, &fresh);

    if (!fresh)
        return &spy->talks[i];
    if (spy->talks_n == spy->talks_cap) {
        spy->talks_cap = spy->talks_cap ? 2 * spy->talks_cap : 16;
        spy->talks = sim_realloc(spy->talks, spy->talks_cap, sizeof *spy->talks);
    }
    /* What a node that was restored knew of windows, it knows again. */
    uint32_t window = resumed ? 32 : 1;
    spy->talks[spy->talks_n] = (struct sim_talk){
        .resumed_out = resumed, .resumed_in = resumed, .window = window, .granted = window};
    return &spy->talks[spy->talks_n++];
}

static uint64_t number(const struct ik_hdr *hdr)
{
    return (uint64_t)hdr->exchange << 32 | hdr->msgid;
}

/* RFC 7296 2.3: SET_WINDOW_SIZE says how many requests its sender can have at once. */
static uint32_t window_said(const struct ik_msg *msg)
{
    struct ik_notify n;

    if (!ik_notify_find(msg, IK_N_SET_WINDOW_SIZE, &n) || n.data.len != 4)
        return 0;
    return (uint32_t)n.data.p[0] << 24 | (uint32_t)n.data.p[1] << 16 | (uint32_t)n.data.p[2] << 8 |
           n.data.p[3];
}

/* ---- arriving -------------------------------------------------------------------------------- */

/* An error outside of any IKE SA, or a cookie, may answer anything whose header says that it is
 * that request. */
static uint64_t claimed(const struct sim_spy *spy, uint16_t node, const struct ik_hdr *hdr)
{
    struct ik_hdr h = *hdr;

    memset(h.spi_r, 0, sizeof h.spi_r);
    return place(spy, node, OF_ANYTHING, &h, false, number(hdr));
}

void sim_check_window_claimed(struct sim_spy *spy, uint16_t node, const struct ik_hdr *hdr)
{
    bool fresh;

    if ((hdr->flags & IK_FLAG_RESPONSE) == 0)
        sim_map_put(&spy->window, claimed(spy, node, hdr), 1, &fresh);
}

void sim_check_window_arrived(struct sim_spy *spy, uint16_t node, const struct ik_hdr *hdr,
                              const struct ik_msg *msg)
{
    bool response = (hdr->flags & IK_FLAG_RESPONSE) != 0;
    bool ours = (hdr->flags & IK_FLAG_INITIATOR) == 0;
    bool fresh;

    sim_map_put(
        &spy->window,
        place(spy, node, response ? OF_RESPONSE_HERE : OF_REQUEST_HERE, hdr, ours, number(hdr)), 1,
        &fresh);
    if (!response)
        sim_map_put(&spy->window, place(spy, node, OF_ID_HERE, hdr, ours, hdr->msgid), 1, &fresh);
    if (msg && window_said(msg) > 1)
        talk_at(spy, place(spy, node, OF_TALK, hdr, ours, 0), sim_spy_is_restored(spy, node))
            ->window = window_said(msg);
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Of the request that was sent with that id: what answered it has arrived. */
static bool answered(struct sim_spy *spy, const struct sim_seen *m, bool ours, uint32_t id)
{
    struct ik_hdr hdr = m->hdr;
    const uint64_t *exchange;

    hdr.msgid = id;
    exchange = sim_map_at(&spy->window, place(spy, m->node, OF_SENT, &hdr, ours, id));
    if (!exchange)
        return false;
    hdr.exchange = (uint8_t)*exchange;
    return sim_map_has(&spy->window,
                       place(spy, m->node, OF_RESPONSE_HERE, &hdr, ours, number(&hdr)));
}

/* Was it sent by a younger self? */
static bool said(const struct sim_spy *spy, const struct sim_seen *m, bool ours, uint32_t id)
{
    struct ik_hdr hdr = m->hdr;
    uint64_t life = sim_spy_life(spy, m->node);

    hdr.msgid = id;
    while (life-- > 0) {
        if (sim_map_has(&spy->window, place_in(life, m->node, OF_SENT, &hdr, ours, id)))
            return true;
    }
    return false;
}

/* An older self says some of what its younger self has said bit for bit, which is taken for a
 * repetition: the requests before that id. */
static bool said_before(const struct sim_spy *spy, const struct sim_seen *m,
                        const struct sim_talk *t, bool ours)
{
    uint32_t id = t->requests;

    if (!sim_spy_is_restored(spy, m->node) || m->hdr.msgid < id)
        return false;
    while (id < m->hdr.msgid && said(spy, m, ours, id))
        id++;
    return id == m->hdr.msgid;
}

static void check_request(struct sim_spy *spy, const struct sim_seen *m, struct sim_talk *t,
                          bool ours)
{
    uint32_t id = m->hdr.msgid;
    bool fresh;

    if (id < t->requests && sim_spy_is_restored(spy, m->node))
        return; /* the same, in fragments now, of what has left whole bit for bit */
    if (t->resumed_out || (id != t->requests && said_before(spy, m, t, ours)))
        t->first = t->requests = id;
    t->resumed_out = false;
    if (id != t->requests && !(id == 0 && sim_spy_opens(m->hdr.exchange)))
        sim_spy_fail(spy, "n%u: request %u of exchange %u follows request %u", m->node,
                     (unsigned)id, m->hdr.exchange, (unsigned)(t->requests - 1));
    if (id >= t->window + t->first && !answered(spy, m, ours, id - t->window))
        sim_spy_fail(spy, "n%u: request %u leaves before request %u is answered", m->node,
                     (unsigned)id, (unsigned)(id - t->window));
    t->requests = id + 1;
    sim_map_put(&spy->window, place(spy, m->node, OF_SENT, &m->hdr, ours, id), m->hdr.exchange,
                &fresh);
}

static void note_answered(struct sim_spy *spy, const struct sim_seen *m, bool ours, uint32_t id)
{
    bool fresh;

    sim_map_put(&spy->window, place(spy, m->node, OF_ANSWERED, &m->hdr, ours, id), 1, &fresh);
}

/* The first id of the window that the node lets the peer have: one may be missing below others that
 * were answered. */
static uint32_t lowest(const struct sim_spy *spy, const struct sim_seen *m,
                       const struct sim_talk *t, bool ours)
{
    uint32_t id = t->responses > t->granted ? t->responses - t->granted : 0;

    while (id < t->responses &&
           sim_map_has(&spy->window, place(spy, m->node, OF_ANSWERED, &m->hdr, ours, id)))
        id++;
    return id;
}

static void check_response(struct sim_spy *spy, const struct sim_seen *m, struct sim_talk *t,
                           bool ours)
{
    uint32_t id = m->hdr.msgid;
    uint64_t request = m->sa ? place(spy, m->node, OF_REQUEST_HERE, &m->hdr, ours, number(&m->hdr))
                             : claimed(spy, m->node, &m->hdr);

    if (!sim_map_has(&spy->window, request))
        sim_spy_fail(spy, "n%u: response %u of exchange %u answers no request", m->node,
                     (unsigned)id, m->hdr.exchange);
    if (!m->sa)
        return; /* an error or a cookie, by nobody who remembers */
    if (t->resumed_in)
        t->responses = id;
    t->resumed_in = false;
    /* IKE_SA_INIT was answered before these SPIs named anything. */
    if (t->responses == 0 && m->hdr.exchange == IK_EX_IKE_AUTH) {
        t->responses = 1;
        note_answered(spy, m, ours, 0);
    }
    /* Of an older self, what the younger one had said is not counted. */
    if (id >= t->responses + t->granted && !sim_spy_is_restored(spy, m->node))
        sim_spy_fail(spy, "n%u: response %u of exchange %u leaves before response %u", m->node,
                     (unsigned)id, m->hdr.exchange, (unsigned)t->responses);
    if (id >= t->responses)
        t->responses = id + 1;
    note_answered(spy, m, ours, id);
}

static void check_told(struct sim_spy *spy, const struct sim_seen *m, const struct sim_talk *t,
                       bool ours)
{
    struct ik_notify n;
    uint32_t id;

    if (!m->sa || !ik_notify_find(&m->msg, IK_N_INVALID_MESSAGE_ID, &n))
        return;
    if (m->hdr.flags & IK_FLAG_RESPONSE)
        sim_spy_fail(spy, "n%u: tells of an invalid message id in a response", m->node);
    if (n.data.len != 4) {
        sim_spy_fail(spy, "n%u: tells of an invalid message id of %u octets", m->node, n.data.len);
        return;
    }
    id = (uint32_t)n.data.p[0] << 24 | (uint32_t)n.data.p[1] << 16 | (uint32_t)n.data.p[2] << 8 |
         n.data.p[3];
    if (!sim_map_has(&spy->window, place(spy, m->node, OF_ID_HERE, &m->hdr, ours, id)))
        sim_spy_fail(spy, "n%u: calls message id %u invalid, which no request had", m->node,
                     (unsigned)id);
    if (id < lowest(spy, m, t, ours) + t->granted && !sim_spy_is_restored(spy, m->node))
        sim_spy_fail(spy, "n%u: calls message id %u invalid, which is inside of the window",
                     m->node, (unsigned)id);
}

void sim_check_window_sent(struct sim_spy *spy, const struct sim_seen *m)
{
    bool ours = (m->hdr.flags & IK_FLAG_INITIATOR) != 0;
    struct sim_talk *t = talk_at(spy, place(spy, m->node, OF_TALK, &m->hdr, ours, 0),
                                 sim_spy_is_restored(spy, m->node));

    if (m->sa && window_said(&m->msg) > t->granted)
        t->granted = window_said(&m->msg);
    check_told(spy, m, t, ours);
    if (m->hdr.flags & IK_FLAG_RESPONSE)
        check_response(spy, m, t, ours);
    else
        check_request(spy, m, t, ours);
}

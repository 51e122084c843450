/* SPDX-License-Identifier: MIT */
/* What came to a worker and is for another goes through the other's inbox. */
#include <string.h>

#include "daemon.h"

static void put(struct worker *w, unsigned to, const struct inbox_item *item, const void *data)
{
    struct worker *other = &w->d->workers[to];
    if (inbox_put(&other->inbox, item, data))
        w->statistics.handed++;
    else
        w->statistics.handed_lost++;
    ev_async_send(other->ev, &other->wake);
}

static void put_to_all(struct worker *w, const struct inbox_item *item, const void *data)
{
    for (unsigned i = 0; i < w->d->workers_n; i++)
        if (i != w->number)
            put(w, i, item, data);
}

void handover_inner(struct worker *w, unsigned to, const uint8_t *data, size_t len)
{
    const struct inbox_item item = {.kind = INBOX_INNER, .len = len};
    put(w, to, &item, data);
}

static struct inbox_item datagram(const struct ik_path *path, const struct ik_pkt *pkt)
{
    return (struct inbox_item){
        .kind = INBOX_DATAGRAM, .len = pkt->len, .path = *path, .outer = pkt->outer};
}

void handover_datagram(struct worker *w, unsigned to, const struct ik_path *path,
                       const struct ik_pkt *pkt)
{
    const struct inbox_item item = datagram(path, pkt);
    put(w, to, &item, pkt->buf + pkt->off);
}

void handover_to_all(struct worker *w, const struct ik_path *path, const struct ik_pkt *pkt)
{
    const struct inbox_item item = datagram(path, pkt);
    put_to_all(w, &item, pkt->buf + pkt->off);
}

void handover_complaint(struct worker *w, const struct complaint *c)
{
    const struct inbox_item item = {
        .kind = INBOX_TOO_BIG, .mtu = c->mtu, .len = c->quoted_len, .path = c->path};
    put_to_all(w, &item, c->quoted);
}

/* False: there is no such IKE SA any more, or it has taken the place of another by rekeying. */
static bool describe(const struct worker *w, uint16_t ike, struct ik_rival *out)
{
    struct ik_ike_info info;
    if (!ik_ike_info(&w->node, ike, &info) || w->known[ike].began == 0)
        return false;
    *out = (struct ik_rival){.initiator = info.initiator,
                             .only = info.only,
                             .age_ms = (uint32_t)((daemon_now() - w->known[ike].began) / IK_MS)};
    memcpy(out->peer_id, info.peer_id, sizeof out->peer_id);
    memcpy(out->spi_i, info.spi_i, sizeof out->spi_i);
    return true;
}

void handover_rival(struct worker *w, uint16_t ike)
{
    struct ik_rival rival;
    const struct inbox_item item = {
        .kind = INBOX_RIVAL, .from = (uint8_t)w->number, .len = sizeof rival};
    if (w->d->workers_n > 1 && describe(w, ike, &rival))
        put_to_all(w, &item, &rival);
}

void handover_end_of(struct worker *w, uint16_t child)
{
    const struct inbox_item item = {.kind = INBOX_END, .child = child};
    put(w, w->number, &item, "");
}

/* ---- the other side -------------------------------------------------------------------------- */

static void take_datagram(struct worker *w, const struct inbox_item *item, uint8_t *data)
{
    struct ik_pkt pkt = {.buf = data - INBOX_ROOM,
                         .cap = (uint16_t)(INBOX_ROOM + item->len),
                         .off = INBOX_ROOM,
                         .len = (uint16_t)item->len,
                         .outer = item->outer};
    path_datagram(w, &item->path, &pkt);
}

static void take_rival(struct worker *w, unsigned from, const uint8_t *data)
{
    struct ik_rival rival;
    const struct inbox_item item = {
        .kind = INBOX_RIVAL, .from = (uint8_t)w->number, .len = sizeof rival};
    memcpy(&rival, data, sizeof rival);
    ik_slot stays = ik_node_rival(&w->node, worker_tick(w), &rival);
    if (stays != IK_NO_SLOT && describe(w, stays, &rival))
        put(w, from, &item, &rival);
    path_effects(w);
}

static void take(struct worker *w, const struct inbox_item *item, uint8_t *data)
{
    const struct ik_span quoted = {data, (uint16_t)item->len};
    switch (item->kind) {
    case INBOX_INNER:
        path_inner(w, data, item->len);
        break;
    case INBOX_DATAGRAM:
        take_datagram(w, item, data);
        break;
    case INBOX_TOO_BIG:
        ik_node_too_big(&w->node, worker_tick(w), &item->path, quoted, item->mtu);
        path_effects(w);
        break;
    case INBOX_RIVAL:
        take_rival(w, item->from, data);
        break;
    case INBOX_END:
        ik_node_down_child(&w->node, worker_tick(w), item->child);
        path_effects(w);
        break;
    default:
        break;
    }
}

void handover_take(struct worker *w)
{
    size_t len = inbox_take(&w->inbox), at = 0;
    if (len == 0)
        return;
    (void)worker_tick(w);
    if (w->now - w->entropy_at >= IK_SECOND)
        (void)worker_entropy(w); /* a packet may begin a handshake */
    while (at < len) {
        uint8_t *data;
        const struct inbox_item *item = inbox_next(&w->inbox, &at, &data);
        take(w, item, data);
    }
    path_flush(w);
    worker_pump(w);
}

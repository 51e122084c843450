/* SPDX-License-Identifier: MIT */
/*
 * The way of a datagram:
 *
 *     core -> script -> sender's link -> (NAT of the sender) -> routing -> (NAT of the receiver)
 *          -> receiver's link -> core
 */
#include "sim/net.h"

#include <stdlib.h>
#include <string.h>

#include "sim/mem.h"
#include "sim/node.h"
#include "sim/sim.h"

/* ---- what a datagram is --------------------------------------------------------------------- */

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* AH right behind the IP header: nobody here writes anything between. */
static void view_ah(const uint8_t *ip, uint16_t len, struct sim_view *out)
{
    uint16_t at = (uint16_t)(ip[0] >> 4 == 6 ? 40 : 4 * (ip[0] & 15));

    if (len < 20 || len < at + 12)
        return;
    out->kind = SIM_AH;
    out->spi = get32(ip + at + 4);
    out->seq = get32(ip + at + 8);
}

void sim_view_bytes(uint8_t carrier, const uint8_t *data, uint16_t len, struct sim_view *out)
{
    uint16_t at = 0;

    *out = (struct sim_view){.kind = SIM_JUNK};
    if (carrier == SIM_CARRIER_CLEAR) {
        out->kind = SIM_CLEAR;
        return;
    }
    if (carrier == IK_CARRIER_UDP4500 && len == 1 && data[0] == 0xff) {
        out->kind = SIM_KEEPALIVE;
        return;
    }
    if (carrier == IK_CARRIER_UDP4500 && len >= 4 && get32(data) == 0)
        at = 4; /* RFC 3948 2.2: the non-ESP marker */
    else if (carrier == IK_CARRIER_AH) {
        view_ah(data, len, out);
        return;
    } else if (carrier != IK_CARRIER_UDP500) {
        if (len < 8)
            return;
        out->kind = SIM_ESP;
        out->spi = get32(data);
        out->seq = get32(data + 4);
        return;
    }
    if (ik_hdr_parse(data + at, (size_t)(len - at), &out->hdr) == IK_OK) {
        out->kind = SIM_IKE;
        out->ike_at = at;
    }
}

void sim_view(const struct sim_dgram *d, struct sim_view *out)
{
    sim_view_bytes(d->path.carrier, d->data, d->len, out);
}

/* ---- datagrams ------------------------------------------------------------------------------ */

static struct sim_dgram *dgram_new(struct sim *s, uint16_t from, const struct ik_path *path,
                                   const uint8_t *data, uint16_t len)
{
    struct sim_dgram *d = sim_calloc(1, sizeof *d + (len ? len : 1));

    d->sim = s;
    d->path = *path;
    d->from = from;
    d->to = SIM_NONE;
    d->len = len;
    if (len)
        memcpy(d->data, data, len);
    d->timer.ctx = d;
    d->next = s->net.first;
    if (d->next)
        d->next->prev = d;
    s->net.first = d;
    return d;
}

static struct sim_dgram *dgram_copy(const struct sim_dgram *d)
{
    struct sim_dgram *c = dgram_new(d->sim, d->from, &d->path, d->data, d->len);

    c->outer = d->outer;
    c->to = d->to;
    c->as_sent = d->as_sent;
    return c;
}

static void dgram_free(struct sim_dgram *d)
{
    sim_timer_clear(&d->sim->clock, &d->timer);
    if (d->prev)
        d->prev->next = d->next;
    else
        d->sim->net.first = d->next;
    if (d->next)
        d->next->prev = d->prev;
    free(d);
}

void sim_net_free(struct sim *s)
{
    while (s->net.first)
        dgram_free(s->net.first);
}

/* ---- links ---------------------------------------------------------------------------------- */

/* Flips one bit of the octets that matter: not of the non-ESP marker, which would only turn the
 * message into ESP of an SPI that nobody has. */
static void flip(struct sim_dgram *d, uint32_t bit)
{
    uint32_t at = bit / 8;

    if (at < d->len)
        d->data[at] = (uint8_t)(d->data[at] ^ (0x80 >> (bit % 8)));
}

/* A router says that the datagram was too big for its link; the sender's own link carries that. */
static void too_big(struct sim_timer *t)
{
    struct sim_dgram *d = t->ctx;
    struct sim_node *n = d->sim->nodes[d->from];

    if (!n->opts.link.cut && !n->opts.link.deaf)
        sim_node_too_big(n, d);
    dgram_free(d);
}

static void tell_sender(const struct sim_dgram *d, const struct sim_link *link)
{
    struct sim_dgram *c;

    if (d->from == SIM_NONE || d->path.carrier == SIM_CARRIER_CLEAR)
        return;
    c = dgram_copy(d);
    c->mtu = link->mtu;
    c->timer.fire = too_big;
    sim_timer_set(&d->sim->clock, &c->timer, d->sim->clock.now + 2 * link->delay);
}

/* Of ESP and AH, whose headers can't all be cut on the way. */
static bool is_cut(const struct sim_dgram *d, const struct sim_link *link)
{
    struct sim_view v;

    sim_view(d, &v);
    return link->cuts && !d->outer.df && (v.kind == SIM_ESP || v.kind == SIM_AH);
}

/* Passes d over the link: what arrives does `then`. Consumes d. closed: not in this direction. */
static void pass(struct sim_dgram *d, const struct sim_link *link, bool closed,
                 void (*then)(struct sim_timer *))
{
    static const char *const names[] = {"", "loss", "mtu", "cut"};
    struct sim *s = d->sim;
    struct sim_copy copies[2];
    enum sim_loss why;
    size_t octets = d->len + (d->path.carrier == SIM_CARRIER_CLEAR ? 0 : sim_header_len(&d->path));
    unsigned n = 0;

    if (link->mtu && octets > link->mtu && is_cut(d, link))
        octets = link->mtu; /* its pieces come together */
    why = SIM_LOST_CUT;
    if (!closed)
        n = sim_link_pass(link, &s->faults, octets, d->len, copies, &why);
    if (n == 0)
        sim_note(s, "net %s n%u len=%u", names[why], d->from, d->len);
    if (n == 0 && why == SIM_LOST_MTU && link->tells)
        tell_sender(d, link);
    for (unsigned i = 0; i < n; i++) {
        struct sim_dgram *c = i + 1 < n ? dgram_copy(d) : d;
        if (copies[i].corrupt) {
            flip(c, copies[i].bit);
            sim_note(s, "net corrupt n%u len=%u bit=%u", c->from, c->len, (unsigned)copies[i].bit);
        }
        c->timer.fire = then;
        sim_timer_set(&s->clock, &c->timer, s->clock.now + copies[i].delay);
    }
    if (n == 0)
        dgram_free(d);
}

/* ---- routing -------------------------------------------------------------------------------- */

static void arrive(struct sim_timer *t)
{
    struct sim_dgram *d = t->ctx;
    struct sim_net *net = &d->sim->net;

    if (net->tap)
        net->tap(net->tap_ctx, d);
    sim_node_rx(d->sim->nodes[d->to], d);
    dgram_free(d);
}

static uint16_t node_at(const struct sim *s, const struct ik_addr *addr, uint16_t nat)
{
    for (uint16_t i = 0; i < s->nodes_n; i++) {
        const struct sim_node *n = s->nodes[i];
        if (n->opts.nat == nat && sim_addr_equal(&n->opts.addr, addr))
            return i;
    }
    return SIM_NONE;
}

/* Finds the node that the destination names, through its NAT box if there is one. */
static uint16_t route(struct sim_dgram *d)
{
    struct sim *s = d->sim;

    for (uint16_t i = 0; i < s->nats_n; i++) {
        struct sim_nat *nat = s->nats[i];
        if (!sim_addr_equal(&nat->opts.outside, &d->path.remote))
            continue;
        if (!sim_nat_in(nat, s->clock.now, &d->path))
            return SIM_NONE;
        return node_at(s, &d->path.remote, (uint16_t)(i + 1));
    }
    return node_at(s, &d->path.remote, 0);
}

static bool clear_route(struct sim_dgram *d)
{
    if (d->path.carrier != SIM_CARRIER_CLEAR)
        return false;
    d->to = node_at(d->sim, &d->path.remote, 0);
    return true;
}

/* A router between the two: what it writes in the header of a packet with AH (RFC 4302 3.3.3.1.1.1,
 * 3.3.3.1.2.1). Other packets have none here. */
static void hop(struct sim_dgram *d)
{
    uint32_t sum = 0;

    if (d->path.carrier != IK_CARRIER_AH || d->len < 20)
        return;
    if (d->data[0] >> 4 == 6) {
        d->data[2] ^= 0x5a; /* some of the flow label */
        d->data[7]--;
        return;
    }
    d->data[1] ^= 0x28; /* of the DSCP */
    d->data[6] |= 0x40;
    d->data[8]--;
    d->data[10] = d->data[11] = 0;
    for (unsigned i = 0; i < 4u * (d->data[0] & 15u) && i + 1 < d->len; i += 2)
        sum += (uint32_t)d->data[i] << 8 | d->data[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16));
    d->data[10] = (uint8_t)(sum >> 8);
    d->data[11] = (uint8_t)sum;
}

static void cross(struct sim_timer *t)
{
    struct sim_dgram *d = t->ctx;
    struct sim *s = d->sim;
    uint16_t nat = s->nodes[d->from]->opts.nat;

    hop(d);

    if (!clear_route(d)) {
        if (nat && !sim_nat_out(s->nats[nat - 1], s->clock.now, &d->path)) {
            sim_note(s, "net nat_refused n%u len=%u", d->from, d->len);
            dgram_free(d);
            return;
        }
        d->to = route(d);
    }
    if (d->to == SIM_NONE) {
        sim_note(s, "net no_route n%u len=%u", d->from, d->len);
        dgram_free(d);
        return;
    }
    pass(d, &s->nodes[d->to]->opts.link, s->nodes[d->to]->opts.link.deaf, arrive);
}

/* ---- sending -------------------------------------------------------------------------------- */

static void depart(struct sim_dgram *d)
{
    const struct sim_link *link = &d->sim->nodes[d->from]->opts.link;

    pass(d, link, link->mute, cross);
}

static void depart_late(struct sim_timer *t)
{
    depart(t->ctx);
}

static void act(struct sim_dgram *d, const struct sim_rule *r)
{
    struct sim *s = d->sim;

    switch (r->act) {
    case SIM_DROP:
        sim_note(s, "net dropped n%u len=%u", d->from, d->len);
        dgram_free(d);
        return;
    case SIM_HOLD:
        sim_note(s, "net held n%u len=%u as %c", d->from, d->len, r->label);
        d->label = r->label;
        return;
    case SIM_TWICE:
        depart(dgram_copy(d));
        break;
    case SIM_DELAY:
        d->timer.fire = depart_late;
        sim_timer_set(&s->clock, &d->timer, s->clock.now + r->delay);
        return;
    case SIM_FLIP:
        flip(d, r->bit >= 0 ? (uint32_t)r->bit : (uint32_t)(8 * d->len + r->bit));
        break;
    case SIM_EDIT:
        r->edit(d);
        break;
    default:
        break;
    }
    depart(d);
}

void sim_net_send(struct sim_node *from, const struct ik_path *path, const uint8_t *data,
                  uint16_t len)
{
    sim_net_send_as(from, path, &SIM_OUTER, data, len);
}

void sim_net_send_as(struct sim_node *from, const struct ik_path *path,
                     const struct ik_outer *outer, const uint8_t *data, uint16_t len)
{
    struct sim *s = from->sim;
    struct sim_dgram *d = dgram_new(s, from->index, path, data, len);
    const struct sim_rule *r;

    d->outer = *outer;
    if (path->carrier != SIM_CARRIER_CLEAR)
        d->path.local = from->opts.addr;
    d->as_sent = d->path;
    if (s->net.sent)
        s->net.sent(s->net.tap_ctx, d);
    r = sim_rule_for(s, d);
    if (r)
        act(d, r);
    else
        depart(d);
}

unsigned sim_net_release(struct sim *s, char label)
{
    unsigned n = 0;

    for (;;) {
        struct sim_dgram *oldest = NULL;
        /* New datagrams go in front: the last match of the list is the one held first. */
        for (struct sim_dgram *d = s->net.first; d; d = d->next) {
            if (d->label == label)
                oldest = d;
        }
        if (!oldest)
            return n;
        sim_note(s, "net released n%u len=%u", oldest->from, oldest->len);
        oldest->label = 0;
        depart(oldest);
        n++;
    }
}

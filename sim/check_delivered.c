/* SPDX-License-Identifier: MIT */
/*
 * What a node delivers, a user has given to another node: unchanged, each once, and for this node.
 */
#include <string.h>

#include "sim/mem.h"
#include "sim/sim.h"
#include "sim/traffic.h"

uint32_t sim_check_packet(struct sim *s, uint16_t from, uint16_t len)
{
    struct sim_check *c = &s->check;

    if (c->packets_n == c->packets_cap) {
        c->packets_cap = c->packets_cap ? 2 * c->packets_cap : 64;
        c->packets = sim_realloc(c->packets, c->packets_cap, sizeof *c->packets);
    }
    c->packets[c->packets_n] = (struct sim_packet){.from = from,
                                                   .meant = SIM_NONE,
                                                   .to = SIM_NONE,
                                                   .len = len,
                                                   .bytes = sim_calloc(len ? len : 1, 1)};
    return (uint32_t)c->packets_n++;
}

static bool has_transport(const struct ik_config *config)
{
    for (uint16_t i = 0; i < config->policies_n; i++) {
        if (config->policies[i].action == IK_PROTECT && config->policies[i].mode == IK_TRANSPORT)
            return true;
    }
    return false;
}

static bool has_bypass(const struct ik_config *config)
{
    for (uint16_t i = 0; i < config->policies_n; i++) {
        if (config->policies[i].action == IK_BYPASS)
            return true;
    }
    return false;
}

/* What the IP header says of the packet's length: what stands behind is no part of it. */
static uint16_t ip_len(const struct sim_packet *p)
{
    const uint8_t *b = p->bytes;
    uint32_t len;

    if (p->len < 40)
        return p->len;
    len = b[0] >> 4 == 6 ? 40 + ((uint32_t)b[4] << 8 | b[5]) : (uint32_t)b[2] << 8 | b[3];
    return len < p->len ? (uint16_t)len : p->len;
}

static bool same(const struct sim_packet *p, const uint8_t *ip, uint16_t len)
{
    return ip_len(p) == len && memcmp(p->bytes, ip, len) == 0;
}

/* Behind the IP header all is equal but the UDP checksum, which a NAT spoils (RFC 3948 3.1.2). */
static bool same_upper(const struct sim_packet *p, const uint8_t *ip, uint16_t len)
{
    uint16_t at = len && ip[0] >> 4 == 6 ? 40 : 20;

    if (ip_len(p) != len || len < at)
        return false;
    for (uint16_t i = at; i < len; i++) {
        if (p->bytes[i] != ip[i] && i != at + 6 && i != at + 7)
            return false;
    }
    return true;
}

/* The packet that this is; NULL if nobody sent it. One whose header said that it is very short has
 * lost its number: then any that it may be. */
static struct sim_packet *sent_as(struct sim_check *c, const uint8_t *ip, uint16_t len)
{
    uint32_t id;
    uint16_t udp_at;

    if (sim_traffic_parse(ip, len, &id, &udp_at))
        return id < c->packets_n ? &c->packets[id] : NULL;
    for (size_t i = 0; i < c->packets_n; i++) {
        struct sim_packet *p = &c->packets[i];
        if (!p->delivered && (same(p, ip, len) || same_upper(p, ip, len)))
            return p;
    }
    return NULL;
}

/* One whose sender did not say where it goes is for those who have that address by a policy of
 * theirs. */
static bool has_address(const struct ik_config *config, const uint8_t *ip, uint16_t len)
{
    uint8_t family = len ? ip[0] >> 4 : 0;
    const uint8_t *dst = ip + (family == 6 ? 24 : 16);
    size_t n = family == 6 ? 16 : 4;

    if (len < (family == 6 ? 40 : 20))
        return false;
    for (uint16_t i = 0; i < config->policies_n; i++) {
        const struct ik_policy *p = &config->policies[i];
        for (uint8_t k = 0; k < p->ts_local_n; k++) {
            const struct ik_ts *ts = &p->ts_local[k];
            if (ts->family == family && memcmp(dst, ts->lo, n) >= 0 && memcmp(dst, ts->hi, n) <= 0)
                return true;
        }
    }
    return false;
}

static bool meant_for(const struct sim_node *n, const struct sim_packet *p,
                      const struct ik_effect *fx)
{
    if (p->meant != SIM_NONE)
        return p->meant == n->index;
    return has_address(n->opts.config, fx->data, fx->len);
}

/* It has arrived when all of it has. */
static void take_piece(struct sim_node *n, struct sim_packet *p, const struct ik_effect *fx)
{
    unsigned id = (unsigned)(p - n->sim->check.packets);

    if (p->from == n->index || !meant_for(n, p, fx))
        sim_fail(n->sim, "n%u: delivers a piece of packet %u, which is not its own", n->index, id);
    n->delivered--;
    p->pieces = (uint16_t)(p->pieces + fx->len - 20);
    if (p->pieces > ip_len(p) - 20 && !sim_spy_is_restored(&n->sim->spy, n->index))
        sim_fail(n->sim, "n%u: delivers a piece of packet %u twice", n->index, id);
    if (p->pieces != ip_len(p) - 20)
        return;
    n->delivered++;
    p->delivered++;
    p->to = n->index;
}

void sim_check_delivered(struct sim_node *n, const struct ik_effect *fx)
{
    struct sim *s = n->sim;
    struct sim_check *c = &s->check;
    struct sim_packet *p;
    unsigned id;

    if (s->opts.unchecked)
        return;
    p = sent_as(c, fx->data, fx->len);
    if (!p || !same(p, fx->data, fx->len)) {
        struct sim_packet *whole = sim_check_piece(c, fx->data, fx->len);
        if (whole) {
            take_piece(n, whole, fx);
            return;
        }
    }
    if (!p) {
        sim_fail(s, "n%u: delivers a packet that nobody sent", n->index);
        return;
    }
    id = (unsigned)(p - c->packets);
    if (p->from == n->index)
        sim_fail(s, "n%u: delivers its own packet %u", n->index, id);
    if (!meant_for(n, p, fx))
        sim_fail(s, "n%u: delivers packet %u, which n%u sent to another", n->index, id, p->from);
    if (!same(p, fx->data, fx->len) &&
        (!has_transport(n->opts.config) || !same_upper(p, fx->data, fx->len)))
        sim_fail(s, "n%u: delivers packet %u changed", n->index, id);
    /* A clear packet is nobody's to protect from a second delivery; who was restored from a copy
     * has forgotten what it had, or sends again what waited for its SA then. */
    if (p->delivered++ && !has_bypass(n->opts.config) && !sim_spy_is_restored(&s->spy, n->index) &&
        !sim_spy_is_restored(&s->spy, p->from))
        sim_fail(s, "n%u: delivers packet %u twice", n->index, id);
    p->to = n->index;
    sim_note(s, "n%u delivered id=%u len=%u", n->index, id, fx->len);
}

void sim_check_passed(struct sim_node *n, const struct ik_effect *fx)
{
    (void)fx;
    if (!n->sim->opts.unchecked && !has_bypass(n->opts.config))
        sim_fail(n->sim, "n%u: a packet leaves in clear, and no policy says so", n->index);
}

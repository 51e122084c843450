/* SPDX-License-Identifier: MIT */
/*
 * First choices (RFC 7296 2.9). Who puts "a very specific Traffic Selector" in front of wider ones
 * has a reason: a packet with these addresses, or a Child SA that the new one is to replace. Who
 * answers by a policy that allows the first of TSi and TSr answers with both.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/mem.h"
#include "sim/spy.h"

/* The first of TSi and TSr that a request asks for. */
struct sim_choice {
    struct ik_ts i, r;
    bool restored; /* an older self has asked by that id, too: maybe for something else */
    bool transport;
};

static size_t addr_len(const struct ik_ts *ts)
{
    return ts->family == 6 ? 16 : 4;
}

static bool within(const struct ik_ts *a, const struct ik_ts *b)
{
    bool ports = b->port_lo == 0 && b->port_hi == 0xffff;

    return a->family == b->family && (b->proto == 0 || a->proto == b->proto) &&
           memcmp(b->lo, a->lo, addr_len(a)) <= 0 && memcmp(a->hi, b->hi, addr_len(a)) <= 0 &&
           (ports || (a->port_lo >= b->port_lo && a->port_hi <= b->port_hi));
}

static bool in_any(const struct ik_ts *ts, const struct ik_ts *list, uint8_t n)
{
    for (uint8_t i = 0; i < n; i++) {
        if (within(ts, &list[i]))
            return true;
    }
    return false;
}

/* The nth selector of a payload; false if there is none that we know. */
static bool selector(const struct sim_seen *m, uint8_t type, unsigned nth, struct ik_ts *out)
{
    const struct ik_payload *p = ik_msg_find(&m->msg, type);
    uint16_t at = 0;

    for (unsigned i = 0; p && i <= nth; i++) {
        if (at >= p->body.len || ik_ts_next(&p->body, &at, out) != IK_OK)
            return false;
    }
    return p && out->family != 0;
}

/* ---- who asks -------------------------------------------------------------------------------- */

static uint64_t pair_key(uint16_t node, uint8_t family, const uint8_t *src, const uint8_t *dst)
{
    uint64_t words[5] = {(uint64_t)node << 8 | family};

    memcpy(&words[1], src, family == 6 ? 16 : 4);
    memcpy(&words[3], dst, family == 6 ? 16 : 4);
    return sim_map_key(words, 5);
}

void sim_spy_asked(struct sim_spy *spy, uint16_t node, const uint8_t *packet, uint16_t len)
{
    uint8_t family = len ? packet[0] >> 4 : 0;
    bool fresh;

    if (family == 4 && len >= 20)
        sim_map_put(&spy->asked, pair_key(node, 4, packet + 12, packet + 16), 1, &fresh);
    else if (family == 6 && len >= 40)
        sim_map_put(&spy->asked, pair_key(node, 6, packet + 8, packet + 24), 1, &fresh);
}

static bool is_specific(const struct sim_seen *m, uint8_t type, const struct ik_ts *first)
{
    struct ik_ts other;

    for (unsigned i = 1; selector(m, type, i, &other); i++) {
        if (within(first, &other))
            return true;
    }
    return false;
}

/* In this life: who was switched off knows nothing of what it had before. */
static bool had(const struct sim_spy *spy, uint16_t node, const struct sim_choice *c)
{
    uint32_t life = sim_spy_life(spy, node);

    for (size_t i = 0; i < spy->sas_n; i++) {
        const struct sim_sa *sa = spy->sas[i];
        if (sa->child && sa->node == node && sa->life == life &&
            in_any(&c->i, sa->ts_local, sa->ts_local_n) &&
            in_any(&c->r, sa->ts_remote, sa->ts_remote_n))
            return true;
    }
    return false;
}

static bool explained(const struct sim_spy *spy, uint16_t node, const struct sim_choice *c)
{
    bool one = memcmp(c->i.lo, c->i.hi, addr_len(&c->i)) == 0 &&
               memcmp(c->r.lo, c->r.hi, addr_len(&c->r)) == 0;

    return (one && sim_map_has(&spy->asked, pair_key(node, c->i.family, c->i.lo, c->r.lo))) ||
           had(spy, node, c);
}

/* ---- who answers ----------------------------------------------------------------------------- */

static bool all_in(const struct sim_seen *m, uint8_t type, const struct ik_ts *list, uint8_t n)
{
    struct ik_ts ts;

    for (unsigned i = 0; selector(m, type, i, &ts); i++) {
        if (!in_any(&ts, list, n))
            return false;
    }
    return true;
}

static bool says_first(const struct sim_seen *m, uint8_t type, const struct ik_ts *first)
{
    struct ik_ts ts;

    for (unsigned i = 0; selector(m, type, i, &ts); i++) {
        if (within(first, &ts))
            return true;
    }
    return false;
}

/* The policy that was taken is one of those that hold the answer: if all of these allow the first
 * choices, it does. */
static bool allowed(const struct ik_config *config, const struct sim_seen *m,
                    const struct sim_choice *c)
{
    bool any = false;

    for (uint16_t i = 0; i < config->policies_n; i++) {
        const struct ik_policy *p = &config->policies[i];
        if (p->action != IK_PROTECT || !all_in(m, IK_PL_TSR, p->ts_local, p->ts_local_n) ||
            !all_in(m, IK_PL_TSI, p->ts_remote, p->ts_remote_n))
            continue;
        if (!in_any(&c->r, p->ts_local, p->ts_local_n) ||
            !in_any(&c->i, p->ts_remote, p->ts_remote_n))
            return false;
        any = true;
    }
    return any;
}

/* ---- both ------------------------------------------------------------------------------------ */

static uint64_t exchange_key(const struct ik_hdr *hdr)
{
    bool response = (hdr->flags & IK_FLAG_RESPONSE) != 0;
    bool by_initiator = ((hdr->flags & IK_FLAG_INITIATOR) != 0) != response;
    uint64_t words[3] = {0, 0, (uint64_t)hdr->msgid << 1 | by_initiator};

    memcpy(&words[0], hdr->spi_i, IK_SPI_LEN);
    memcpy(&words[1], hdr->spi_r, IK_SPI_LEN);
    return sim_map_key(words, 3);
}

static void see_request(struct sim_spy *spy, const struct sim_seen *m, const struct sim_choice *c)
{
    bool fresh;
    uint64_t at;

    if (spy->choices_n == spy->choices_cap) {
        spy->choices_cap = spy->choices_cap ? 2 * spy->choices_cap : 64;
        spy->choices = sim_realloc(spy->choices, spy->choices_cap, sizeof *spy->choices);
    }
    spy->choices[spy->choices_n++] = *c;
    at = sim_map_put(&spy->chosen, exchange_key(&m->hdr), spy->choices_n, &fresh);
    if (!fresh && sim_spy_is_restored(spy, m->node))
        spy->choices[at - 1].restored = true;
    if (spy->asked.n > 0 &&
        (is_specific(m, IK_PL_TSI, &c->i) || is_specific(m, IK_PL_TSR, &c->r)) &&
        !explained(spy, m->node, c))
        sim_spy_fail(spy, "n%u: asks first for what no packet and no SA of its has", m->node);
}

static void see_response(struct sim_spy *spy, const struct sim_seen *m, bool transport)
{
    const uint64_t *at = sim_map_at(&spy->chosen, exchange_key(&m->hdr));
    const struct ik_config *config = spy->nodes[m->node].config;
    const struct sim_choice *c;

    if (!at || !config)
        return;
    c = &spy->choices[*at - 1];
    /* Behind a NAT a selector of transport mode is another at the other end (2.23.1). */
    if (transport || c->transport || c->restored || !allowed(config, m, c))
        return;
    if (!says_first(m, IK_PL_TSI, &c->i) || !says_first(m, IK_PL_TSR, &c->r))
        sim_spy_fail(spy, "n%u: leaves out the first choices, which its policy allows", m->node);
}

void sim_check_first(struct sim_spy *spy, const struct sim_seen *m)
{
    struct ik_notify n;
    struct sim_choice c = {0};

    if (!m->sa || !selector(m, IK_PL_TSI, 0, &c.i) || !selector(m, IK_PL_TSR, 0, &c.r))
        return;
    c.transport = ik_notify_find(&m->msg, IK_N_USE_TRANSPORT_MODE, &n);
    if (m->hdr.flags & IK_FLAG_RESPONSE)
        see_response(spy, m, c.transport);
    else
        see_request(spy, m, &c);
}

void sim_check_first_free(struct sim_spy *spy)
{
    free(spy->choices);
}

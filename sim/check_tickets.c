/* SPDX-License-Identifier: MIT */
/*
 * RFC 5723 4.3.1: "a client MUST NOT reuse a ticket", which "is considered as used only when an IKE
 * SA has been established successfully with it"; nor does a gateway take one by reference twice.
 * That the keys of the resumed IKE SA are others than those of the old one, check_iv.c sees.
 */
#include <string.h>

#include "sim/spy.h"

#define REFERENCE_LEN 18

enum { OPENED_BY = 1, SPENT_BY };

static uint64_t at(uint64_t kind, uint64_t a, uint64_t b)
{
    uint64_t words[3] = {kind, a, b};

    return sim_map_key(words, 3);
}

static uint64_t spi(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

/* It was refused, and begins in full. */
static void forget(struct sim_spy *spy, const uint8_t *spi_i)
{
    uint64_t *opened = sim_map_at(&spy->tickets, at(OPENED_BY, spi(spi_i), 0));

    if (opened)
        *opened = 0;
}

/* The last request counts: a node that is restored in the midst of it shows another one. */
static void opened_by(struct sim_spy *spy, const uint8_t *spi_i, uint64_t what, uint64_t value)
{
    uint64_t key = at(OPENED_BY, spi(spi_i), what);
    bool fresh;

    sim_map_put(&spy->tickets, key, value, &fresh);
    *sim_map_at(&spy->tickets, key) = value;
}

void sim_check_ticket_shown(struct sim_spy *spy, const struct sim_seen *m)
{
    struct ik_notify n;
    uint64_t ticket;

    if (m->hdr.exchange == IK_EX_IKE_SA_INIT && !(m->hdr.flags & IK_FLAG_RESPONSE))
        forget(spy, m->hdr.spi_i);
    if (m->hdr.exchange != IK_EX_IKE_SESSION_RESUME ||
        !ik_notify_find(&m->msg, IK_N_TICKET_OPAQUE, &n))
        return;
    ticket = sim_spy_digest(n.data.len, n.data.p, n.data.len);
    if (sim_map_has(&spy->tickets, at(SPENT_BY, m->node, ticket)) &&
        !sim_spy_is_restored(spy, m->node))
        sim_spy_fail(spy, "n%u: shows a ticket by which an IKE SA came up", m->node);
    opened_by(spy, m->hdr.spi_i, 0, ticket);
    opened_by(spy, m->hdr.spi_i, 1, n.data.len);
}

void sim_check_ticket_up(struct sim_spy *spy, uint16_t node, const uint8_t *spi_i)
{
    const uint64_t *opened = sim_map_at(&spy->tickets, at(OPENED_BY, spi(spi_i), 0));
    uint64_t ticket;
    bool fresh;

    if (!opened || *opened == 0)
        return;
    ticket = *opened;
    sim_map_put(&spy->tickets, at(SPENT_BY, node, ticket), 1, &fresh);
    if (!fresh && *sim_map_at(&spy->tickets, at(OPENED_BY, spi(spi_i), 1)) == REFERENCE_LEN &&
        !sim_spy_is_restored(spy, node))
        sim_spy_fail(spy, "n%u: a second IKE SA comes up by one ticket", node);
}

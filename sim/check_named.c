/* SPDX-License-Identifier: MIT */
/*
 * RFC 7296 1.4.1 and 1.3.3: Delete and REKEY_SA name SPIs that exist. Both name Child SAs by the
 * SPI that their sender receives by and by its protocol, and an SA is deleted once: but where the
 * answer did not come before the IKE SA was rekeyed, in the new one again (2.8: it inherits).
 */
#include "sim/spy.h"

static uint32_t spi_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* State of an SPI that a node has given to the other end of an IKE SA: this, or in which IKE SA it
 * was deleted. */
#define GIVEN 1u

static uint64_t deleted_in(const struct sim_sa *sa)
{
    return ((uint64_t)spi_at(sa->spi_i) << 32 | spi_at(sa->spi_i + 4)) | GIVEN << 1;
}

static uint64_t *state_of(struct sim_spy *spy, const struct sim_seen *m, uint8_t protocol,
                          uint32_t spi)
{
    uint64_t words[2] = {(uint64_t)sim_spy_life(spy, m->node) << 16 | m->node,
                         (uint64_t)protocol << 32 | spi};

    return sim_map_at(&spy->named, sim_map_key(words, 2));
}

static void given(struct sim_spy *spy, const struct sim_seen *m, uint8_t protocol, uint32_t spi)
{
    uint64_t words[2] = {(uint64_t)sim_spy_life(spy, m->node) << 16 | m->node,
                         (uint64_t)protocol << 32 | spi};
    bool fresh;

    sim_map_put(&spy->named, sim_map_key(words, 2), GIVEN, &fresh);
    *state_of(spy, m, protocol, spi) = GIVEN; /* once more, perhaps: it is another SA then */
}

/* An SPI is given by the SA payload that makes the SA, whatever becomes of it. */
static void see_given(struct sim_spy *spy, const struct sim_seen *m)
{
    const struct ik_payload *sa = ik_msg_find(&m->msg, IK_PL_SA);
    struct ik_wire_proposal p;
    uint16_t at = 0;

    while (sa && at < sa->body.len && ik_sa_next(&sa->body, &at, &p) == IK_OK) {
        if ((p.protocol == IK_PROTO_ESP || p.protocol == IK_PROTO_AH) && p.spi.len == 4)
            given(spy, m, p.protocol, spi_at(p.spi.p));
    }
}

static void check_delete(struct sim_spy *spy, const struct sim_seen *m, const struct ik_delete *d)
{
    if (d->protocol == IK_PROTO_IKE && d->count != 0)
        sim_spy_fail(spy, "n%u: a Delete of the IKE SA names SPIs", m->node);
    for (uint16_t i = 0; d->protocol != IK_PROTO_IKE && i < d->count; i++) {
        uint32_t spi = spi_at(d->spis.p + 4 * i);
        uint64_t *state = state_of(spy, m, d->protocol, spi);
        if (!state && sim_spy_is_restored(spy, m->node))
            continue; /* given in an earlier life */
        if (!state || *state == deleted_in(m->sa))
            sim_spy_fail(spy, "n%u: deletes SPI %08x, which is of no SA of its own", m->node,
                         (unsigned)spi);
        else
            *state = deleted_in(m->sa);
    }
}

static void check_rekey(struct sim_spy *spy, const struct sim_seen *m)
{
    struct ik_notify n;

    if (!ik_notify_find(&m->msg, IK_N_REKEY_SA, &n))
        return;
    if ((n.protocol != IK_PROTO_ESP && n.protocol != IK_PROTO_AH) || n.spi.len != 4)
        sim_spy_fail(spy, "n%u: REKEY_SA without an SPI of ESP or AH", m->node);
    else if (!state_of(spy, m, n.protocol, spi_at(n.spi.p)) && !sim_spy_is_restored(spy, m->node))
        sim_spy_fail(spy, "n%u: rekeys SPI %08x, which is of no SA of its own", m->node,
                     (unsigned)spi_at(n.spi.p));
}

void sim_check_named(struct sim_spy *spy, const struct sim_seen *m)
{
    if (!m->sa)
        return;
    see_given(spy, m);
    for (uint8_t i = 0; i < m->msg.payloads_n; i++) {
        struct ik_delete d;
        if (m->msg.payloads[i].type == IK_PL_DELETE &&
            ik_delete_parse(m->msg.payloads[i].body, &d) == IK_OK)
            check_delete(spy, m, &d);
    }
    check_rekey(spy, m);
}

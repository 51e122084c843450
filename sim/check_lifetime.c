/* SPDX-License-Identifier: MIT */
/* RFC 4301 4.4.2.1: nothing is sealed by an SA that has ended, or after a hard limit of it. */
#include "sim/spy.h"

static bool passed(uint64_t value, uint64_t limit)
{
    return limit && value > limit;
}

void sim_check_lifetime(struct sim_spy *spy, struct sim_sealed *p)
{
    const struct sim_limits *most = &spy->limits;
    struct sim_sa *sa = p->sa;

    sa->packets++;
    sa->octets += p->len;
    if (sa->ended)
        sim_spy_fail(spy, "n%u: SPI %08x seals after its end", p->node, (unsigned)sa->spi_out);
    if (p->seq < sa->packets && !sim_spy_is_restored(spy, p->node))
        sim_spy_fail(spy, "n%u: SPI %08x has sealed %u packets and counts %u", p->node,
                     (unsigned)sa->spi_out, (unsigned)sa->packets, (unsigned)p->seq);
    if (passed(p->at - sa->born, most->life) || passed(sa->packets, most->packets) ||
        passed(sa->octets, most->octets))
        sim_spy_fail(spy, "n%u: SPI %08x seals after its hard limit", p->node,
                     (unsigned)sa->spi_out);
}

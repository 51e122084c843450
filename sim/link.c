/* SPDX-License-Identifier: MIT */
#include "sim/link.h"

static struct sim_copy copy_draw(const struct sim_link *link, struct sim_rng *rng, size_t data)
{
    struct sim_copy c = {.delay = link->delay};

    if (link->jitter)
        c.delay += sim_rng_between(rng, 0, link->jitter);
    if (sim_rng_hit(rng, link->reorder))
        c.delay += link->reorder_by;
    if (data && sim_rng_hit(rng, link->corrupt)) {
        c.corrupt = true;
        c.bit = (uint32_t)sim_rng_below(rng, 8 * data);
    }
    return c;
}

unsigned sim_link_pass(const struct sim_link *link, struct sim_rng *rng, size_t octets, size_t data,
                       struct sim_copy out[2], enum sim_loss *why)
{
    unsigned n = 1;

    *why = SIM_PASSED;
    if (link->cut)
        *why = SIM_LOST_CUT;
    else if (link->mtu && octets > link->mtu)
        *why = SIM_LOST_MTU;
    else if (sim_rng_hit(rng, link->loss))
        *why = SIM_LOST_LOSS;
    if (*why != SIM_PASSED)
        return 0;
    out[0] = copy_draw(link, rng, data);
    if (sim_rng_hit(rng, link->twice))
        out[n++] = copy_draw(link, rng, data);
    return n;
}

size_t sim_header_len(const struct ik_path *path)
{
    size_t ip = path->remote.family == 6 ? 40 : 20;

    if (path->carrier == IK_CARRIER_AH)
        return 0; /* it is in the datagram */
    return path->carrier == IK_CARRIER_ESP ? ip : ip + 8;
}

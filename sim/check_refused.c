/* SPDX-License-Identifier: MIT */
/*
 * RFC 4303 3.4.4.1, RFC 7296 3.14: the ICV is checked before anything is decrypted. An AEAD that
 * can't do so wipes what came out. Either way the buffer of a datagram that did not authenticate
 * holds what came, or zeros.
 */
#include "sim/sim.h"

uint32_t sim_check_refusals(const struct sim_node *n)
{
    const ik_counter *drop = n->core.env.counters.drop;

    return (uint32_t)drop[IK_DROP_ESP_INTEGRITY] + drop[IK_DROP_IKE_INTEGRITY];
}

void sim_check_refused(struct sim_node *n, uint32_t before, const uint8_t *given,
                       const uint8_t *left, uint16_t len)
{
    if (n->sim->opts.unchecked || sim_check_refusals(n) == before)
        return;
    for (uint16_t i = 0; i < len; i++) {
        if (left[i] != given[i] && left[i] != 0) {
            sim_fail(n->sim, "n%u: decrypts what does not authenticate: octet %u of %u", n->index,
                     i, len);
            return;
        }
    }
}

uint16_t sim_check_reassemblies(const struct sim_node *n)
{
    uint16_t taken = 0;

#if IK_FRAGMENT
    for (ik_slot at = n->core.reassembly_first; at != IK_NO_SLOT; taken++)
        at = n->core.host.reassemblies[at].later;
#else
    (void)n;
#endif
    return taken;
}

void sim_check_taken(struct sim_node *n, uint16_t before, uint32_t refused_before)
{
    if (n->sim->opts.unchecked || sim_check_refusals(n) == refused_before)
        return;
    if (sim_check_reassemblies(n) > before)
        sim_fail(n->sim, "n%u: takes memory for what does not authenticate", n->index);
}

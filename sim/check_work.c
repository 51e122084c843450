/* SPDX-License-Identifier: MIT */
/*
 * One call of a node takes a bounded amount of work, whatever it is given: no public-key operation
 * but the one of a job that is done, and symmetric ones for a few passes over the largest message
 * and the keys of one IKE SA; of each IKE SA, where all are told to end.
 */
#include <string.h>

#include "sim/spy.h"

/* Several times what any call of any story or of 5,000 seeds takes. */
#define BLOCKS_MAX 2000      /* of ciphers and their MACs */
#define COMPRESSIONS_MAX 500 /* of hashes */
#define OCTETS_MAX 20000     /* copied */

void sim_check_work_of(struct sim_spy *spy, uint16_t node, uint16_t sas)
{
    if (node < spy->nodes_n)
        spy->nodes[node].work_of = sas;
}

#if IK_METER

static uint32_t sum(const uint32_t *n, enum ik_cost first, enum ik_cost last)
{
    uint32_t total = 0;

    for (unsigned i = first; i <= last; i++)
        total += n[i];
    return total;
}

static void check(struct sim_spy *spy, uint16_t node, const char *what, uint32_t n, uint32_t most)
{
    if (n > most)
        sim_spy_fail(spy, "n%u: one call takes %u %s", node, (unsigned)n, what);
}

void sim_check_work_begin(struct ik_meter *last, const struct ik_node *core)
{
    *last = core->env.meter;
}

void sim_check_work(struct sim_spy *spy, uint16_t node, const struct ik_node *core)
{
    struct ik_meter *last = &spy->nodes[node].meter;
    uint32_t n[IK_COST_N], sas = spy->nodes[node].work_of;

    sas = sas ? sas : 1;
    spy->nodes[node].work_of = 0;
    if (memcmp(last, &core->env.meter, sizeof *last) == 0)
        return;
    for (unsigned i = 0; i < IK_COST_N; i++)
        n[i] = core->env.meter.n[i] - last->n[i];
    *last = core->env.meter;
    check(spy, node, "public-key operations", sum(n, IK_COST_X25519, IK_COST_MODP3072),
          2); /* a KE_ANSWER that came back */
    check(spy, node, "cipher blocks", sum(n, IK_COST_AES128_SETUP, IK_COST_POLY1305_BLOCK),
          sas * BLOCKS_MAX);
    check(spy, node, "hash compressions", sum(n, IK_COST_SHA1_BLOCK, IK_COST_SHA512_BLOCK),
          sas * COMPRESSIONS_MAX);
    check(spy, node, "octets copied", n[IK_COST_COPY_OCTETS], sas * OCTETS_MAX);
}

#else

void sim_check_work_begin(struct ik_meter *last, const struct ik_node *core)
{
    (void)last, (void)core;
}

void sim_check_work(struct sim_spy *spy, uint16_t node, const struct ik_node *core)
{
    (void)spy, (void)node, (void)core;
}

#endif

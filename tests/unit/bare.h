/* SPDX-License-Identifier: MIT */
/* A node without peers and policies, over pools of any size in one block: for the tests of pools.
 */
#ifndef TEST_BARE_H
#define TEST_BARE_H

#include <string.h>

#include "host.h"
#include "sound.h"

struct bare {
    struct ik_node node;
    struct ik_config config;
    struct ik_host host;
    ik_time now;
    uint64_t random; /* of the test itself */
};

static inline struct bare *bare_new(const struct ik_sizes *sizes)
{
    struct bare *b = calloc(1, sizeof *b);
    void *memory = malloc(ik_host_size(sizes));
    cr_assert(b != NULL && memory != NULL);
    memset(memory, 0xa5, ik_host_size(sizes)); /* pools are uninitialised memory */
    b->config.crypto = host_crypto();
    b->config.exchanges = ik_exchanges_all;
    b->random = 88172645463325252u;
    ik_host_lay(&b->host, sizes, memory);
    return b;
}

static inline void bare_start(struct bare *b)
{
    uint8_t seed[48] = "what the node draws follows from this, always";
    b->now = 77 * IK_SECOND;
    cr_assert_eq(ik_node_init(&b->node, &b->config, &b->host, b->now), IK_OK);
    ik_node_seed(&b->node, seed, sizeof seed);
}

static inline struct bare *bare_of(uint16_t ike_sas)
{
    struct bare *b = bare_new(&(struct ik_sizes){.ike_sas = ike_sas, .child_sas = 1});
    bare_start(b);
    return b;
}

static inline void bare_free(struct bare *b)
{
    free(b->host.ike_sas);
    free(b);
}

/* From 0 to n - 1. */
static inline uint32_t bare_draw(struct bare *b, uint32_t n)
{
    b->random ^= b->random << 13;
    b->random ^= b->random >> 7;
    b->random ^= b->random << 17;
    return (uint32_t)(b->random >> 16) % n;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Pools of equal blocks that the host lent: taken and given back in the same time, however many. */
#include "ipsec/ipsec.h"

static uint8_t *block_at(const void *blocks, size_t size, uint16_t number)
{
    return (uint8_t *)blocks + (number - 1u) * size;
}

uint16_t ik_lent_take(struct ik_lent *pool, const void *blocks, size_t size)
{
    uint16_t number = pool->free;
    if (number != 0) {
        memcpy(&pool->free, block_at(blocks, size, number), sizeof pool->free);
        return number;
    }
    return pool->fresh < pool->n ? ++pool->fresh : 0;
}

void ik_lent_give(struct ik_lent *pool, void *blocks, size_t size, uint16_t number)
{
    uint8_t *block = block_at(blocks, size, number);
    ik_wipe(block, size);
    memcpy(block, &pool->free, sizeof pool->free);
    pool->free = number;
}

/* SPDX-License-Identifier: MIT */
#include "machine.h"

static const struct region *region_at(const struct msim *m, uint16_t at)
{
    uint8_t owner = at < IO_END ? m->owner[at / 2] : 0;

    return owner != 0 ? &m->part->regions[owner - 1] : NULL;
}

void io_map(struct msim *m)
{
    for (size_t i = 0; m->part->regions[i].ops != NULL; i++) {
        const struct region *region = &m->part->regions[i];

        for (unsigned at = region->begin / 2; at < (region->end + 1u) / 2; at++) {
            m->owner[at] = (uint8_t)(i + 1);
        }
    }
}

void io_reset(struct msim *m)
{
    for (const struct region *region = m->part->regions; region->ops != NULL; region++) {
        if (region->ops->reset != NULL && region->offset == 0) {
            region->ops->reset(m, region->unit);
        }
    }
}

static uint16_t load_one(struct msim *m, const struct region *region, uint16_t at)
{
    return region->ops->read(m, region->unit, (unsigned)(at - region->begin + region->offset));
}

static void store_one(struct msim *m, const struct region *region, uint16_t at, uint16_t value)
{
    region->ops->write(m, region->unit, (unsigned)(at - region->begin + region->offset), value);
}

/* Addresses without a register of ours read as 0 and take what is written. */
uint16_t io_load(struct msim *m, uint16_t at, bool byte)
{
    const struct region *region = region_at(m, at);

    if (region == NULL) {
        if (!m->peeking) {
            machine_fault(m, "reads 0x%04x, which is no register that is simulated", at);
        }
        return 0;
    }
    if (region->ops->bytes) {
        uint16_t low = (uint8_t)load_one(m, region, at);

        return byte ? low : (uint16_t)(low | load_one(m, region, at | 1) << 8);
    }
    if (byte) {
        return (uint8_t)(load_one(m, region, at & 0xfffe) >> 8 * (at & 1));
    }
    return load_one(m, region, at);
}

static uint16_t with_half(struct msim *m, const struct region *region, uint16_t at, uint16_t value)
{
    uint16_t word;

    m->peeking = true;
    word = load_one(m, region, at & 0xfffe);
    m->peeking = false;
    return (at & 1) != 0 ? (uint16_t)((word & 0xff) | value << 8)
                         : (uint16_t)((word & 0xff00) | (uint8_t)value);
}

void io_store(struct msim *m, uint16_t at, uint16_t value, bool byte)
{
    const struct region *region = region_at(m, at);

    if (region == NULL) {
        machine_fault(m, "writes 0x%04x to 0x%04x, which is no register that is simulated", value,
                      at);
    } else if (region->ops->bytes) {
        store_one(m, region, at, (uint8_t)value);
        if (!byte) {
            store_one(m, region, at | 1, (uint16_t)(value >> 8));
        }
    } else {
        store_one(m, region, at & 0xfffe, byte ? with_half(m, region, at, value) : value);
    }
}

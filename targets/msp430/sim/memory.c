/* SPDX-License-Identifier: MIT */
/* The memory map, and what is not plain memory. */
#include <string.h>

#include "machine.h"

void memory_map(struct msim *m)
{
    memset(m->kind, KIND_VACANT, sizeof m->kind);
    memset(m->memory, 0xff, sizeof m->memory);
    for (const struct area *area = m->part->areas; area->last != 0; area++) {
        for (unsigned block = area->begin >> BLOCK_BITS; block <= area->last >> BLOCK_BITS;
             block++) {
            m->kind[block] = (uint8_t)area->kind;
        }
        if (area->kind == KIND_RAM && !area->keeps) {
            memset(m->memory + area->begin, 0, (size_t)area->last - area->begin + 1);
        }
    }
}

uint16_t memory_load_slow(struct msim *m, uint16_t at, bool byte)
{
    if (memory_kind(m, at) == KIND_IO) {
        return io_load(m, at, byte);
    }
    if (!m->peeking) {
        if (memory_kind(m, at) == KIND_FRAM) {
            fram_wait(m, at, false);
        } else {
            machine_fault(m, "reads 0x%04x, where there is no memory", at);
        }
    }
    return byte ? m->memory[at] : (uint16_t)(m->memory[at & 0xfffe] | m->memory[at | 1] << 8);
}

void memory_store_slow(struct msim *m, uint16_t at, uint16_t value, bool byte)
{
    if (memory_kind(m, at) == KIND_IO) {
        io_store(m, at, value, byte);
    } else if (memory_kind(m, at) == KIND_FLASH) {
        flash_store(m, at, value, byte);
    } else if (memory_kind(m, at) == KIND_FRAM) {
        fram_wait(m, at, true);
        memory_put(m, at, value, byte);
    } else {
        machine_fault(m, "writes 0x%04x to 0x%04x, where there is no memory to write", value, at);
    }
}

void msim_read(struct msim *m, uint16_t at, void *out, size_t len)
{
    uint8_t *octets = out;

    m->peeking = true;
    for (size_t i = 0; i < len; i++) {
        octets[i] = (uint8_t)memory_load(m, (uint16_t)(at + i), true);
    }
    m->peeking = false;
}

/* Words go to registers as words. */
void msim_write(struct msim *m, uint16_t at, const void *in, size_t len)
{
    const uint8_t *octets = in;

    for (size_t i = 0; i < len; i++) {
        uint16_t to = (uint16_t)(at + i);

        if (memory_kind(m, to) != KIND_IO) {
            m->memory[to] = octets[i];
        } else if ((to & 1) == 0 && i + 1 < len) {
            io_store(m, to, (uint16_t)(octets[i] | octets[i + 1] << 8), false);
            i++;
        } else {
            io_store(m, to, octets[i], true);
        }
    }
}

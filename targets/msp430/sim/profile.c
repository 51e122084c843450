/* SPDX-License-Identifier: MIT */
/*
 * Cycles by function. Who called whom is known from CALL and from the stack pointer: a frame ends
 * when the stack pointer rises above the place of its return address, by RET or otherwise. A
 * function that is entered by a jump counts as part of its caller's frame for inclusive cycles; its
 * own cycles are its own.
 */
#include <stdlib.h>
#include <string.h>

#include "machine.h"

#define FRAMES 256

struct count {
    uint64_t calls, self, inclusive, least, most;
    uint32_t active; /* frames of it on the stack */
};

struct frame {
    uint32_t function;
    uint16_t sp; /* of its return address */
    bool interrupt;
    uint64_t begun;
    uint64_t stolen; /* by interrupts */
};

struct profile {
    uint32_t function[0x10000 / 2]; /* by word address: index of the symbol */
    struct count *counts;           /* by symbol, and one for what has no name */
    size_t count;
    struct frame frames[FRAMES];
    size_t depth;
};

bool msim_profile(struct msim *m)
{
    struct profile *p;

    profile_free(m->profile);
    m->profile = p = calloc(1, sizeof *p);
    if (p == NULL || (p->counts = calloc(m->elf.count + 1, sizeof *p->counts)) == NULL) {
        profile_free(p);
        m->profile = NULL;
        return false;
    }
    p->count = m->elf.count + 1;
    for (unsigned at = 0; at < 0x10000; at += 2) {
        p->function[at / 2] = (uint32_t)elf_function(&m->elf, (uint16_t)at);
    }
    return true;
}

void profile_free(struct profile *p)
{
    if (p != NULL) {
        free(p->counts);
        free(p);
    }
}

static void enter(struct msim *m, uint64_t begun, bool interrupt)
{
    struct profile *p = m->profile;
    uint32_t function = p->function[m->r[MSIM_PC] / 2];

    p->counts[function].calls++;
    p->counts[function].active++;
    if (p->depth < FRAMES) {
        p->frames[p->depth] = (struct frame){function, m->r[MSIM_SP], interrupt, begun, 0};
    }
    p->depth++;
}

static void leave(struct msim *m)
{
    struct profile *p = m->profile;
    const struct frame *frame;
    struct count *count;
    uint64_t whole, took;

    if (--p->depth >= FRAMES) {
        return;
    }
    frame = &p->frames[p->depth];
    count = &p->counts[frame->function];
    whole = m->cycles - frame->begun;
    took = whole - frame->stolen;
    count->inclusive += --count->active == 0 ? took : 0;
    count->least = count->least == 0 || took < count->least ? took : count->least;
    count->most = took > count->most ? took : count->most;
    if (p->depth > 0) {
        p->frames[p->depth - 1].stolen += frame->interrupt ? whole : frame->stolen;
    }
}

static bool is_call(uint16_t op)
{
    return (op & 0xffc0) == 0x1280;
}

void profile_instruction(struct msim *m, uint16_t at, uint16_t op, uint64_t begun)
{
    struct profile *p = m->profile;

    p->counts[p->function[at / 2]].self += m->cycles - begun;
    if (is_call(op)) {
        enter(m, begun, false);
        return;
    }
    while (p->depth > 0 && (p->depth > FRAMES || m->r[MSIM_SP] > p->frames[p->depth - 1].sp)) {
        leave(m);
    }
}

void profile_interrupt(struct msim *m, uint64_t begun)
{
    struct profile *p = m->profile;

    p->counts[p->function[m->r[MSIM_PC] / 2]].self += m->cycles - begun;
    enter(m, begun, true);
}

bool msim_profile_row(const struct msim *m, size_t index, struct msim_row *out)
{
    const struct profile *p = m->profile;

    for (size_t i = 0; p != NULL && i < p->count; i++) {
        const struct count *count = &p->counts[i];

        if ((count->self != 0 || count->calls != 0) && index-- == 0) {
            *out = (struct msim_row){i < m->elf.count ? m->elf.symbols[i].name : "?",
                                     count->calls,
                                     count->self,
                                     count->inclusive,
                                     count->least,
                                     count->most};
            return true;
        }
    }
    return false;
}

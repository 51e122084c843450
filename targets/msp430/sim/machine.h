/* SPDX-License-Identifier: MIT */
/* The machine as its parts see it. Nothing outside this folder includes this file. */
#ifndef MSIM_MACHINE_H
#define MSIM_MACHINE_H

#include "adc12.h"
#include "clocks.h"
#include "elf.h"
#include "flash.h"
#include "io.h"
#include "msim.h"
#include "multiplier.h"
#include "part.h"
#include "port.h"
#include "power.h"
#include "sfr.h"
#include "supply.h"
#include "sys.h"
#include "timer.h"
#include "uart.h"
#include "watchdog.h"

/* Status register (SLAU049 3.2.3). */
enum {
    SR_C = 0x0001,
    SR_Z = 0x0002,
    SR_N = 0x0004,
    SR_GIE = 0x0008,
    SR_CPUOFF = 0x0010,
    SR_OSCOFF = 0x0020,
    SR_SCG0 = 0x0040,
    SR_SCG1 = 0x0080,
    SR_V = 0x0100,
};

/* Memory is told apart by blocks of 128 octets. */
#define BLOCK_BITS 7
#define BLOCKS (0x10000 >> BLOCK_BITS)

/* Up to KIND_ROM, reading is nothing but reading; up to KIND_RAM, writing as well. */
enum kind { KIND_RAM, KIND_ROM, KIND_FLASH, KIND_FRAM, KIND_IO, KIND_VACANT };

/* What happens by itself at a moment. */
enum due {
    DUE_CLOCKS,
    DUE_WATCHDOG,
    DUE_ADC,
    DUE_TIMER, /* and one for each of TIMERS */
    DUE_UART_TX = DUE_TIMER + TIMERS,
    DUE_UART_RX = DUE_UART_TX + UARTS,
    DUE_COUNT = DUE_UART_RX + UARTS,
};

struct profile;

struct msim {
    /* what each instruction touches */
    uint16_t r[16];
    uint64_t cycles;
    uint64_t horizon; /* the CPU runs on while cycles are below it */
    uint64_t instructions;
    uint64_t stall;        /* cycles of the present instruction beyond its table's: FRAM */
    uint8_t cost[0x10000]; /* cycles by first word (cycles.c) */
    uint8_t kind[BLOCKS];
    uint8_t mark[0x10000 / 2];
    struct {
        bool set;
        uint16_t pc, sp;
    } told; /* the mark at which it stopped last, while the instruction there was not executed */
    uint8_t memory[0x10000];

    const struct part *part;
    bool cpux;
    bool peeking;     /* a debugger reads */
    bool was_enabled; /* GIE as it was before an instruction that changed SR */
    bool sr_changed;  /* low-power bits: the clocks have to be looked at */
    bool stopping;
    bool resetting;
    enum msim_reset_cause cause;
    uint64_t resets;
    char fault[128];

    /* time: at `cycles_then` the moment was `then` */
    msim_time then;
    uint64_t cycles_then;
    struct clock clock[CLOCKS];
    struct clocks clocks;
    struct power power;
    struct supply supply;

    uint64_t pending; /* interrupt flags that are enabled, by vector: bit (address - 0xff80) / 2 */
    msim_time due[DUE_COUNT];

    uint8_t owner[IO_END / 2]; /* by word address: 1 + index of the part's region, 0: none */
    struct multiplier multiplier;
    struct timer timer[TIMERS];
    struct sfr sfr;
    struct watchdog watchdog;
    struct port port[PORTS];
    struct uart uart[UARTS];
    struct adc12 adc;
    struct flash flash;
    struct fram fram;
    struct sys sys;

    struct elf elf;
    struct profile *profile;
};

/* Ends the run with a reason in words; the first one stays. */
void machine_fault(struct msim *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The machine resets before the next instruction (a PUC: SLAU049 2.1). */
void machine_reset_by(struct msim *m, enum msim_reset_cause cause);
/* Leaves the inner loop: events, interrupts or sleep have to be looked at. */
static inline void machine_attend(struct msim *m)
{
    m->horizon = 0;
}
/* An interrupt's flag and its enable bit are both set, or no longer. */
void machine_interrupt(struct msim *m, uint16_t vector, bool asks);
/* Counts time from now on; before a clock changes. */
void machine_settle_time(struct msim *m);
/* Modules set their moments anew, after clocks have changed. */
void machine_replan(struct msim *m);
/* Whether some module needs SMCLK in a low-power mode (SLAU367 3.2.12). */
bool machine_requests_smclk(const struct msim *m);
/* Nothing happens by itself any more. */
void machine_forget_dues(struct msim *m);
/* The next moment at which that happens; MSIM_NEVER: not. */
void machine_due(struct msim *m, enum due what, msim_time at);

/* cpu.c: runs until the horizon, at least one instruction, or up to a mark. */
void cpu_run(struct msim *m);
/* cpu.c: the CPU enters the handler of that vector. */
void cpu_interrupt(struct msim *m, uint16_t vector);

/* cycles.c: fills m->cost for the column that m->cpux names. */
void cycles_fill(struct msim *m);

/* memory.c */
uint16_t memory_load_slow(struct msim *m, uint16_t at, bool byte);
void memory_store_slow(struct msim *m, uint16_t at, uint16_t value, bool byte);
void memory_map(struct msim *m);

/* profile.c: after each instruction. */
void profile_instruction(struct msim *m, uint16_t at, uint16_t op, uint64_t begun);
void profile_interrupt(struct msim *m, uint64_t begun);
void profile_free(struct profile *profile);

static inline enum kind memory_kind(const struct msim *m, uint16_t at)
{
    return m->kind[at >> BLOCK_BITS];
}

/* Words lie at even addresses: the lowest bit is not looked at (SLAU049 3.2, 1.4.4). */
static inline uint16_t memory_load(struct msim *m, uint16_t at, bool byte)
{
    if (memory_kind(m, at) > KIND_FLASH) {
        return memory_load_slow(m, at, byte);
    }
    if (byte) {
        return m->memory[at];
    }
    at &= 0xfffe;
    return (uint16_t)(m->memory[at] | m->memory[at + 1] << 8);
}

static inline void memory_put(struct msim *m, uint16_t at, uint16_t value, bool byte)
{
    if (byte) {
        m->memory[at] = (uint8_t)value;
    } else {
        at &= 0xfffe;
        m->memory[at] = (uint8_t)value;
        m->memory[at + 1] = (uint8_t)(value >> 8);
    }
}

static inline void memory_store(struct msim *m, uint16_t at, uint16_t value, bool byte)
{
    if (memory_kind(m, at) > KIND_RAM) {
        memory_store_slow(m, at, value, byte);
    } else {
        memory_put(m, at, value, byte);
    }
}

#endif

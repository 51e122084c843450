/* SPDX-License-Identifier: MIT */
/*
 * A simulator of MSP430 microcontrollers: CPU, cycles, peripherals. One struct msim is one machine
 * with its memory; there is no other state, no clock of the host and no randomness, so that the
 * same calls give the same machine.
 *
 * Registers and cycles are those of TI's family guides: SLAU049 (MSP430x1xx), SLAU208 (MSP430x5xx),
 * SLAU367 (MSP430FR58xx, FR59xx). What is left out is listed in README.md.
 */
#ifndef MSIM_H
#define MSIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct msim;

/* Time since power came, in units that 8 MHz, 32768 Hz and a nanosecond divide: 64,000,000,000 a
 * second. */
typedef uint64_t msim_time;
#define MSIM_SECOND UINT64_C(64000000000)
#define MSIM_US UINT64_C(64000)
#define MSIM_NEVER UINT64_MAX

/* The registers that have a name. */
enum msim_register {
    MSIM_PC,
    MSIM_SP,
    MSIM_SR,
    MSIM_CG,
    MSIM_R12 = 12,
    MSIM_R13,
    MSIM_R14,
    MSIM_R15
};

/* Why msim_run() came back. */
enum msim_stop {
    MSIM_STOP_TIME,  /* the moment that the caller named has come */
    MSIM_STOP_MARK,  /* PC is at a marked address; the instruction there was not yet executed */
    MSIM_STOP_FAULT, /* the program does what no program should: msim_fault() says what */
    MSIM_STOP_HOST,  /* a hook called msim_stop() */
};

/* Why the machine was reset the last time. */
enum msim_reset_cause {
    MSIM_RESET_POWER,
    MSIM_RESET_WATCHDOG,
    MSIM_RESET_PASSWORD, /* of watchdog or flash */
    MSIM_RESET_SUPPLY,   /* the supervisor found it low */
    MSIM_RESET_SOFTWARE, /* by the power management */
};

/* ---- the machine ---------------------------------------------------------------------------- */

/*
 * A machine of that part ("msp430f1611", "msp430f5438a", "msp430fr5969", "msp430fr5994"; "cpu" and
 * "cpuxv2" are a CPU with 64 KB of RAM and nothing else), its
 * memory erased, held in reset until msim_reset(). NULL if there is no such part or no memory. The
 * caller gives it to msim_free().
 */
struct msim *msim_new(const char *part);
void msim_free(struct msim *m);
/* The names of the parts, one after the other; NULL behind the last. */
const char *msim_part_name(size_t index);
/* The part that an ELF image is for, by its symbol "part_NAME"; NULL if it names none. */
const char *msim_image_part(const void *image, size_t len);
/* The name that msim_new() got. */
const char *msim_part_of(const struct msim *m);

/*
 * Puts what an ELF image has for memory where it belongs (its physical addresses), and keeps its
 * names of functions and variables. NULL, or what is wrong with the image in words.
 */
const char *msim_load(struct msim *m, const void *image, size_t len);
/* Power comes: registers as after a brown-out, PC from the reset vector. RAM stays as it is. */
void msim_reset(struct msim *m);

/* Runs until that moment, or something else that msim_stop names. */
enum msim_stop msim_run(struct msim *m, msim_time until);
/* One instruction, or the entry into one interrupt, or the sleep up to what ends it. */
enum msim_stop msim_step(struct msim *m);
/* For hooks: msim_run() returns MSIM_STOP_HOST before the next instruction. */
void msim_stop(struct msim *m);
/* From now on msim_run() returns MSIM_STOP_HOST, too, when something was turned on or off that
 * msim_on() counts, at the moment of it. */
void msim_stop_at_power(struct msim *m, bool stop);
/* What the program did that ended the run, in words; the machine's own memory, until the next call.
 */
const char *msim_fault(const struct msim *m);

/* Octets of a machine's state, for msim_save(). */
size_t msim_size(void);
/* Keeps the whole state of the machine, with what is on its lines: not counts by function. */
void msim_save(const struct msim *m, void *to);
/* Puts the machine back to what it was when msim_save() filled `from`; no image was loaded since.
 */
void msim_restore(struct msim *m, const void *from);

/* ---- time ----------------------------------------------------------------------------------- */

msim_time msim_now(const struct msim *m);
/* Cycles of MCLK in which the CPU ran, since the machine was made. */
uint64_t msim_cycles(const struct msim *m);
/* Instructions executed since then. */
uint64_t msim_instructions(const struct msim *m);

/* How often the machine was reset since it was made, and why the last time. */
uint64_t msim_resets(const struct msim *m);
enum msim_reset_cause msim_reset_cause(const struct msim *m);

/* ---- registers and memory ------------------------------------------------------------------- */

uint16_t msim_register(const struct msim *m, unsigned number);
void msim_set_register(struct msim *m, unsigned number, uint16_t value);
/* As a debugger reads: without what reading does to a peripheral's flags. */
void msim_read(struct msim *m, uint16_t at, void *out, size_t len);
/* As a debugger writes: flash, too. A peripheral's register sees a write of the program's. */
void msim_write(struct msim *m, uint16_t at, const void *in, size_t len);

/* Where a function or variable of the image lies; false if there is none of that name. */
bool msim_symbol(const struct msim *m, const char *name, uint16_t *at);
/* The function that holds that address, "?" if none does. */
const char *msim_function_at(const struct msim *m, uint16_t at);

/* msim_run() stops before the instruction at a marked address. */
void msim_mark(struct msim *m, uint16_t at, bool marked);

/* ---- the board ------------------------------------------------------------------------------ */

/* Crystals in Hz, 0: none there. As made, a machine has those of its part's usual board. */
void msim_crystals(struct msim *m, uint32_t low, uint32_t high);
/* The DCO of this part is that many thousandths of the typical one: 1000 as made. */
void msim_dco(struct msim *m, uint32_t thousandths);
/*
 * The supply, in mV. Below brown-out the machine stands still and loses its RAM; when the voltage
 * comes back it is reset. A CPU that runs faster than the supply allows is a fault.
 */
void msim_supply(struct msim *m, uint32_t millivolts);

enum msim_level { MSIM_LOW, MSIM_HIGH, MSIM_FLOATING };
/* Drives a pin from outside, or no longer. port: 1 is P1; 12 is PJ. */
void msim_pin(struct msim *m, unsigned port, unsigned bit, enum msim_level level);
/* Whether the part drives that pin, and to what. */
bool msim_pin_is_driven(const struct msim *m, unsigned port, unsigned bit, bool *level);

/* What the ADC reads at a channel, 12 bits. */
typedef uint16_t (*msim_sample)(void *context, unsigned channel);
void msim_adc(struct msim *m, msim_sample sample, void *context);

/* How often the flash segment that holds the address was erased since the machine was made. */
unsigned msim_flash_erased(const struct msim *m, uint16_t at);

/* ---- UARTs ---------------------------------------------------------------------------------- */

/* Octets that the part sends, each at the end of its stop bit. uart: 0 or 1, of the part. */
typedef void (*msim_hear)(struct msim *m, void *context, unsigned uart, uint8_t octet);
void msim_uart_hear(struct msim *m, unsigned uart, msim_hear hear, void *context);
/* Octets to the part, one after the other at the line's rate, behind those that still wait. Answers
 * how many it took. */
size_t msim_uart_send(struct msim *m, unsigned uart, const void *octets, size_t len);
/* How many still wait. */
size_t msim_uart_waiting(const struct msim *m, unsigned uart);
/* The line's rate: 115200 as made. What a part sends or hears at another one is lost. */
void msim_uart_baud(struct msim *m, unsigned uart, uint32_t baud);
/* Octets that were lost: to a part in reset or without clock; at the wrong rate; not fetched in
 * time; sent garbled. */
struct msim_uart_errors {
    uint64_t deaf, framing, overrun, garbled;
};
struct msim_uart_errors msim_uart_errors(const struct msim *m, unsigned uart);

/* ---- power ---------------------------------------------------------------------------------- */

/* What runs; the sum of these is a state. A crystal oscillator counts if there is a crystal. */
enum {
    MSIM_ON_CPU = 0x01,
    MSIM_ON_SMCLK = 0x02,
    MSIM_ON_ACLK = 0x04,
    MSIM_ON_DCO = 0x08,
    MSIM_ON_XT2 = 0x10,
    MSIM_ON_LFXT = 0x20,
    MSIM_ON_ADC = 0x40,
    MSIM_ON_STATES = 0x80,
};
/* The present state. */
unsigned msim_on(const struct msim *m);
/* For how long the machine was in that state since it was made. */
msim_time msim_time_on(const struct msim *m, unsigned state);

/* ---- cycles by function --------------------------------------------------------------------- */

/* What a function took, see msim_profile_row(). Cycles of MCLK; interrupts are not counted to what
 * they interrupt. */
struct msim_row {
    const char *name;
    uint64_t calls;
    uint64_t self;        /* in its own instructions */
    uint64_t inclusive;   /* and in what it called; of recursive calls the outermost */
    uint64_t least, most; /* inclusive, of one call; 0 if no call has returned */
};

/* Counting by function begins, from nothing. False if memory is short. The run is slower meanwhile.
 */
bool msim_profile(struct msim *m);
/* The row of a function in order of address; false behind the last. Rows of functions that never
 * ran are left out. */
bool msim_profile_row(const struct msim *m, size_t index, struct msim_row *out);

#endif

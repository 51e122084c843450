/* SPDX-License-Identifier: MIT */
/*
 * What the platform offers to images: clock, sleep, entropy, store, link. The names marked "seam"
 * are where the simulator's runner reaches in: it stops there and plays the hardware.
 */
#ifndef BOARD_TARGET_H
#define BOARD_TARGET_H

#include "board/board.h"
#include "board/crc.h"
#include "board/health.h"
#include "ikelet/ikelet.h"

/* ---- board.c, start/ ------------------------------------------------------------------------ */

/* Clocks, tick timer, UART, button, watchdog, then interrupts. */
void board_start(void);
/* The main loop has come round: checks the stack's red zone and keeps the watchdog quiet. */
void board_alive(void);
_Noreturn void board_reset(void);
void board_putc(uint8_t octet);
bool stack_intact(void);

extern volatile uint16_t loop_age;
extern volatile uint8_t button_pressed; /* seam: set by the button's interrupt, or by the runner */

/* ---- part_*.c: what one part does -------------------------------------------------------------
 */

/* From reset: the clocks, the tick timer; then UART and button. */
void part_start_clocks(void);
void part_start_rest(void);
void part_start_button(void);
/* Before deep sleep and after it: what need not run there. */
void part_rest_clocks(void);
void part_wake_clocks(void);
/* The ADC at its temperature sensor; a conversion is begun by ADC12SC. */
void part_adc_start(void);
void part_adc_stop(void);
bool part_adc_ready(void);
/* Lets flash be written, after the segment of `erase` was erased (NULL: none); until it is closed.
 */
void part_flash_open(void *erase);
void part_flash_close(void);

/* ---- assert.c -------------------------------------------------------------------------------- */

/* The last assertion that failed; kept over a reset. */
struct fault {
    uint16_t magic;
    uint16_t file; /* its number: IK_FILE_NUMBER (flags.cmake) */
    uint16_t line;
    uint16_t count; /* since power came */
};
extern struct fault fault;

/* ---- clock.S --------------------------------------------------------------------------------- */

/* Microseconds since reset. */
ik_time clock_now(void);
/* From now to that moment, from 0 to CLOCK_LONGEST. */
uint32_t clock_until(ik_time at);
/* Seam. Sleeps for that time, or up to a packet from the link or the button. CLOCK_LONGEST: 36
 * minutes, or without end if deep: then SMCLK goes off, so that the UART is deaf, too. */
void clock_sleep(uint32_t us, bool deep);

/* ---- entropy.c ------------------------------------------------------------------------------- */

#define ENTROPY_LEN HEALTH_OCTETS /* 384 bits by the credit; CTR_DRBG asks for 192 at 128 */

/* Seam. How many octets it wrote to out, together of enough entropy for the DRBG; 0 if the source
 * is missing or fails its health tests: then there is no handshake. */
uint16_t entropy_take(uint8_t out[ENTROPY_LEN]);

/* ---- store.c --------------------------------------------------------------------------------- */

/* The number of the prf (enum ik_prf_id) that psk_pad was made with, under the number of the
 * layout. */
#define STORE_MAGIC(prf) (0x4c00 | (prf))
#define STORE_NATT 0x02   /* ESP in UDP from the beginning */
#define STORE_BRIEF 0x04  /* no NAT is looked for, IDr and INITIAL_CONTACT are left out */
#define STORE_KEY_ID 0x08 /* both identities are KEY_IDs; else FQDNs */

/* What a device knows of itself; one information segment of 128 octets. Of the pre-shared key it
 * has what AUTH takes: it does for that prf alone, and in IKEv2 alone, but there for all of it. */
struct store {
    uint16_t magic;
    uint8_t flags;
    uint8_t id_len, peer_id_len;
    uint8_t none;      /* 0 */
    uint32_t boots;    /* starts before this copy was written */
    uint8_t local[16]; /* IPv6 */
    uint8_t remote[16];
    uint8_t inner_prefix[8]; /* the tunnel's addresses are this and the outer ones' low half */
    uint8_t id[20], peer_id[20];
    uint8_t psk_pad[32]; /* prf(Shared Secret, "Key Pad for IKEv2"); then zeros */
    uint16_t crc;        /* of what stands before */
    uint16_t tally[2];   /* a bit is cleared with each start; not covered by crc */
};
#define STORE_TALLY_BITS 32

/* The newest intact copy with that magic, after this start was counted in store_boots; NULL if
 * there is none. */
const struct store *store_open(uint16_t magic);
/* The magic of the first copy, which tells why there is none: 0xffff: nothing was ever written;
 * that of another prf; or the right one, of a copy that is damaged. */
uint16_t store_magic(void);
extern uint32_t store_boots; /* starts, with this one */

/* ---- link.c ---------------------------------------------------------------------------------- */

/* Whole IPv6 packets, each way. One at a time is received; while link_in_len is not 0 the buffer is
 * the reader's, who gives it back by writing 0. */
extern uint8_t link_in[LINK_MTU];     /* seam: the runner puts a packet here */
extern volatile uint16_t link_in_len; /* seam: and its length here */
/* Takes the buffer for a packet of ours; what was just coming in is lost, as on a radio. False if a
 * whole packet is there, which comes first. */
bool link_take(void);
/* Seam. Sends head and then body as one packet. */
void link_send(const uint8_t *head, uint16_t head_len, const uint8_t *body, uint16_t body_len);

#endif

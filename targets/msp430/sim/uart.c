/* SPDX-License-Identifier: MIT */
#include "machine.h"

/* What both directions have in common, whatever the registers. usart.c and usci.c have those. */

enum { RX = 1, TX = 2 };
#define BITS 10 /* start, eight, stop */
#define LINE_BAUD 115200
/* How far the two ends' bits may be apart: half a bit at the end of the character. */
#define TOLERANCE_PERCENT 4

static const struct clock *source(const struct msim *m, unsigned unit)
{
    return &m->clock[uart_uses_aclk(m, unit) ? CLOCK_ACLK : CLOCK_SMCLK];
}

static void set_flag(struct msim *m, unsigned unit, unsigned flag, bool set)
{
    struct uart *u = &m->uart[unit];
    const struct uart_part *part = &m->part->uart[unit];

    u->ifg = (uint8_t)(set ? u->ifg | flag : u->ifg & ~flag);
    if (part->kind == UART_USART) {
        sfr_set_flag(m, flag == RX ? part->rx_flag : part->tx_flag, set);
    } else {
        uart_update(m, unit);
    }
}

bool uart_requests_smclk(const struct msim *m, unsigned unit)
{
    const struct uart *u = &m->uart[unit];

    return m->part->uart[unit].kind != UART_NONE && (u->shifting || u->queued > 0) &&
           uart_is_on(m, unit) && !uart_uses_aclk(m, unit);
}

/* In units of time, by its registers; 0 if its clock stands. */
static msim_time bit_time(const struct msim *m, unsigned unit)
{
    uint32_t hz = source(m, unit)->hz;

    return hz != 0 ? MSIM_SECOND * uart_eighths(m, unit) / 8 / hz : 0;
}

static bool rates_fit(const struct msim *m, unsigned unit)
{
    uint64_t ours = bit_time(m, unit), theirs = MSIM_SECOND / m->uart[unit].line_baud;
    uint64_t apart = ours > theirs ? ours - theirs : theirs - ours;

    return ours != 0 && apart * 100 <= theirs * TOLERANCE_PERCENT;
}

/* ---- out ------------------------------------------------------------------------------------ */

void uart_plan(struct msim *m, unsigned unit)
{
    const struct uart *u = &m->uart[unit];

    machine_due(m, (enum due)(DUE_UART_TX + unit),
                u->shifting ? clock_moment(source(m, unit), u->sent_at) : MSIM_NEVER);
}

static void begin_to_shift(struct msim *m, unsigned unit)
{
    struct uart *u = &m->uart[unit];

    u->shift = u->buffer;
    u->shifting = true;
    u->buffered = false;
    u->sent_at = clock_ticks(source(m, unit), msim_now(m)) + BITS * uart_eighths(m, unit) / 8;
    set_flag(m, unit, TX, true);
    uart_plan(m, unit);
}

void uart_write_buffer(struct msim *m, unsigned unit, uint8_t octet)
{
    struct uart *u = &m->uart[unit];

    if (!uart_is_on(m, unit)) {
        return;
    }
    if (u->buffered) {
        machine_fault(m, "writes to a UART's transmit buffer that is not empty");
    }
    u->buffer = octet;
    u->buffered = true;
    set_flag(m, unit, TX, false);
    if (!u->shifting) {
        begin_to_shift(m, unit);
    }
}

void uart_sent(struct msim *m, unsigned unit)
{
    struct uart *u = &m->uart[unit];

    u->shifting = false;
    if (!rates_fit(m, unit)) {
        u->errors.garbled++;
    } else if (u->hear != NULL) {
        u->hear(m, u->hear_context, unit, u->shift);
    }
    if (u->buffered) {
        begin_to_shift(m, unit);
    }
}

void msim_uart_hear(struct msim *m, unsigned unit, msim_hear hear, void *context)
{
    m->uart[unit % UARTS].hear = hear;
    m->uart[unit % UARTS].hear_context = context;
}

/* ---- in ------------------------------------------------------------------------------------- */

static void plan_reception(struct msim *m, unsigned unit)
{
    const struct uart *u = &m->uart[unit];

    machine_due(m, (enum due)(DUE_UART_RX + unit),
                u->queued > 0 ? msim_now(m) + BITS * (MSIM_SECOND / u->line_baud) : MSIM_NEVER);
}

size_t msim_uart_send(struct msim *m, unsigned unit, const void *octets, size_t len)
{
    struct uart *u = &m->uart[unit %= UARTS];
    bool idle = u->queued == 0;
    size_t taken = 0;

    for (; taken < len && u->queued < UART_QUEUE; taken++) {
        u->queue[(u->queue_at + u->queued++) % UART_QUEUE] = ((const uint8_t *)octets)[taken];
    }
    if (idle && taken > 0) {
        plan_reception(m, unit);
    }
    return taken;
}

size_t msim_uart_waiting(const struct msim *m, unsigned unit)
{
    return m->uart[unit % UARTS].queued;
}

void msim_uart_baud(struct msim *m, unsigned unit, uint32_t baud)
{
    m->uart[unit % UARTS].line_baud = baud != 0 ? baud : LINE_BAUD;
}

struct msim_uart_errors msim_uart_errors(const struct msim *m, unsigned unit)
{
    return m->uart[unit % UARTS].errors;
}

void uart_received(struct msim *m, unsigned unit)
{
    struct uart *u = &m->uart[unit];
    uint8_t octet = u->queue[u->queue_at];

    u->queue_at = (u->queue_at + 1) % UART_QUEUE;
    u->queued--;
    if (!uart_is_on(m, unit) || source(m, unit)->hz == 0) {
        u->errors.deaf++;
    } else if (!rates_fit(m, unit)) {
        u->errors.framing++;
    } else {
        u->errors.overrun += (u->ifg & RX) != 0 && uart_rx_flag(m, unit);
        u->received = octet;
        set_flag(m, unit, RX, true);
    }
    plan_reception(m, unit);
}

uint8_t uart_read_buffer(struct msim *m, unsigned unit)
{
    if (!m->peeking) {
        set_flag(m, unit, RX, false);
    }
    return m->uart[unit].received;
}

/* ---- both ----------------------------------------------------------------------------------- */

/* In reset there is nothing to receive or send, and the transmit buffer is empty. */
void uart_clear(struct msim *m, unsigned unit)
{
    struct uart *u = &m->uart[unit];

    u->shifting = u->buffered = false;
    machine_due(m, (enum due)(DUE_UART_TX + unit), MSIM_NEVER);
    set_flag(m, unit, RX, false);
    set_flag(m, unit, TX, true);
}

void uarts_init(struct msim *m)
{
    for (unsigned unit = 0; unit < UARTS; unit++) {
        m->uart[unit].line_baud = LINE_BAUD;
    }
}

/* After a reset of the machine what is on the line goes on. */
void uart_reset(struct msim *m, unsigned unit)
{
    struct uart *u = &m->uart[unit];

    for (size_t i = 0; i < sizeof u->reg; i++) {
        u->reg[i] = 0;
    }
    u->reg[0] = 1; /* SWRST, in all three kinds */
    uart_clear(m, unit);
    plan_reception(m, unit);
}

/* SPDX-License-Identifier: MIT */
/* Registers of the three kinds of UART. */
#include "machine.h"

enum { RX = 1, TX = 2, SWRST = 1 };
/* USART */
enum { U_CTL, U_TCTL, U_RCTL, U_MCTL, U_BR0, U_BR1, U_RXBUF, U_TXBUF };
/* USCI_A */
enum {
    S_CTL1 = 0x00,
    S_CTL0 = 0x01,
    S_BR0 = 0x06,
    S_BR1 = 0x07,
    S_MCTL = 0x08,
    S_STAT = 0x0a,
    S_RXBUF = 0x0c,
    S_TXBUF = 0x0e,
    S_IE = 0x1c,
    S_IFG = 0x1d,
    S_IV = 0x1e
};
/* eUSCI_A */
enum {
    E_CTLW0 = 0x00,
    E_BRW = 0x06,
    E_MCTLW = 0x08,
    E_STATW = 0x0a,
    E_RXBUF = 0x0c,
    E_TXBUF = 0x0e,
    E_IE = 0x1a,
    E_IFG = 0x1c,
    E_IV = 0x1e
};

static unsigned word_at(const struct uart *u, unsigned offset)
{
    return (unsigned)(u->reg[offset] | u->reg[offset + 1] << 8);
}

static unsigned ones(unsigned octet)
{
    unsigned count = 0;

    for (; octet != 0; octet &= octet - 1) {
        count++;
    }
    return count;
}

/* ---- what the common part asks -------------------------------------------------------------- */

bool uart_is_on(const struct msim *m, unsigned unit)
{
    const struct uart *u = &m->uart[unit];
    const struct uart_part *part = &m->part->uart[unit];

    if ((u->reg[0] & SWRST) != 0) {
        return false;
    }
    return part->kind != UART_USART ||
           (m->sfr.me & (part->rx_enable | part->tx_enable)) == (part->rx_enable | part->tx_enable);
}

/* SSEL: 1 ACLK, 2 and 3 SMCLK. */
bool uart_uses_aclk(const struct msim *m, unsigned unit)
{
    const struct uart *u = &m->uart[unit];
    bool usart = m->part->uart[unit].kind == UART_USART;

    return (usart ? u->reg[U_TCTL] >> 4 & 3 : u->reg[S_CTL1] >> 6) == 1;
}

/* Eighths of a tick in a bit: prescaler and modulation. */
uint32_t uart_eighths(const struct msim *m, unsigned unit)
{
    const struct uart *u = &m->uart[unit];
    unsigned low, modulation;

    switch (m->part->uart[unit].kind) {
    case UART_USART:
        return 8 * word_at(u, U_BR0) + ones(u->reg[U_MCTL]);
    case UART_USCI:
        low = u->reg[S_MCTL];
        modulation = low >> 1 & 7;
        break;
    default:
        low = u->reg[E_MCTLW];
        modulation = ones(u->reg[E_MCTLW + 1]);
        break;
    }
    /* UCOS16: the prescaler counts sixteenths, UCBRF the rest of them */
    return (low & 1) != 0 ? 8 * (16 * word_at(u, S_BR0) + (low >> 4)) + modulation
                          : 8 * word_at(u, S_BR0) + modulation;
}

/* Of an USART the flag may have been cleared by serving its interrupt. */
bool uart_rx_flag(const struct msim *m, unsigned unit)
{
    const struct uart_part *part = &m->part->uart[unit];

    return part->kind != UART_USART || (m->sfr.ifg & part->rx_flag) != 0;
}

void uart_update(struct msim *m, unsigned unit)
{
    const struct uart *u = &m->uart[unit];
    const struct uart_part *part = &m->part->uart[unit];

    if (part->kind == UART_USCI || part->kind == UART_EUSCI) {
        unsigned enabled = u->reg[part->kind == UART_USCI ? S_IE : E_IE];

        machine_interrupt(m, part->vector, (u->ifg & enabled & (RX | TX)) != 0);
    }
}

/* ---- USART ---------------------------------------------------------------------------------- */

static uint16_t usart_read(struct msim *m, unsigned unit, unsigned offset)
{
    const struct uart *u = &m->uart[unit];

    if (offset == U_RXBUF) {
        return uart_read_buffer(m, unit);
    }
    /* TXEPT: nothing is being sent */
    return offset == U_TCTL ? (uint16_t)((u->reg[U_TCTL] & ~1) | (u->shifting ? 0 : 1))
                            : u->reg[offset];
}

static void usart_write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    struct uart *u = &m->uart[unit];

    if (offset == U_TXBUF) {
        uart_write_buffer(m, unit, (uint8_t)value);
        return;
    }
    u->reg[offset] = (uint8_t)value;
    if (offset == U_CTL && (value & SWRST) != 0) {
        uart_clear(m, unit);
    } else if (offset == U_CTL && (value & 0xf4) != 0x10) {
        machine_fault(m, "sets a USART to something else than eight bits as UART: U0CTL 0x%02x",
                      value);
    }
}

const struct io_ops usart_ops = {
    .bytes = true, .read = usart_read, .write = usart_write, .reset = uart_reset};

/* ---- USCI_A and eUSCI_A --------------------------------------------------------------------- */

/* UCxxIV: 2 received, 4 transmit buffer empty. */
static uint16_t take_vector(struct msim *m, unsigned unit, unsigned enabled)
{
    struct uart *u = &m->uart[unit];
    unsigned asks = u->ifg & enabled, taken = (asks & RX) != 0 ? RX : asks & TX;

    if (!m->peeking) {
        u->ifg &= (uint8_t)~taken;
        uart_update(m, unit);
    }
    return (uint16_t)(2 * taken);
}

static void set_reset(struct msim *m, unsigned unit)
{
    struct uart *u = &m->uart[unit];

    if ((u->reg[0] & SWRST) != 0) {
        uart_clear(m, unit);
        u->reg[m->part->uart[unit].kind == UART_USCI ? S_IE : E_IE] = 0;
        uart_update(m, unit);
    } else if (u->reg[1] != 0) {
        machine_fault(m, "sets an USCI to something else than eight bits as UART: UCxCTL0 0x%02x",
                      u->reg[1]);
    }
}

static uint16_t usci_read(struct msim *m, unsigned unit, unsigned offset)
{
    const struct uart *u = &m->uart[unit];

    switch (offset) {
    case S_RXBUF:
        return uart_read_buffer(m, unit);
    case S_STAT:
        return u->shifting; /* UCBUSY */
    case S_IFG:
        return u->ifg;
    case S_IV:
        return take_vector(m, unit, u->reg[S_IE]);
    default:
        return u->reg[offset & 0x1f];
    }
}

static void usci_write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    struct uart *u = &m->uart[unit];

    if (offset == S_TXBUF) {
        uart_write_buffer(m, unit, (uint8_t)value);
        return;
    }
    u->reg[offset & 0x1f] = (uint8_t)value;
    if (offset == S_CTL1) {
        set_reset(m, unit);
    } else if (offset == S_IFG) {
        u->ifg = (uint8_t)value;
    }
    uart_update(m, unit);
}

const struct io_ops usci_ops = {
    .bytes = true, .read = usci_read, .write = usci_write, .reset = uart_reset};

static uint16_t eusci_read(struct msim *m, unsigned unit, unsigned offset)
{
    const struct uart *u = &m->uart[unit];

    switch (offset) {
    case E_RXBUF:
        return uart_read_buffer(m, unit);
    case E_STATW:
        return u->shifting;
    case E_IFG:
        return u->ifg;
    case E_IV:
        return take_vector(m, unit, u->reg[E_IE]);
    default:
        return (uint16_t)word_at(u, offset & 0x1e);
    }
}

static void eusci_write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    struct uart *u = &m->uart[unit];

    if (offset == E_TXBUF) {
        uart_write_buffer(m, unit, (uint8_t)value);
        return;
    }
    u->reg[offset & 0x1e] = (uint8_t)value;
    u->reg[(offset & 0x1e) + 1] = (uint8_t)(value >> 8);
    if (offset == E_CTLW0) {
        set_reset(m, unit);
    } else if (offset == E_IFG) {
        u->ifg = (uint8_t)value & 3;
    }
    uart_update(m, unit);
}

const struct io_ops eusci_ops = {.read = eusci_read, .write = eusci_write, .reset = uart_reset};

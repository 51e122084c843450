/* SPDX-License-Identifier: MIT */
#include "machine.h"

/* A pin is what drives it from outside, or the part itself, or its pull resistor; else it reads 0.
 */
static uint8_t pins(const struct port *p)
{
    uint8_t own = (uint8_t)(p->out & (p->dir | p->ren));

    return (uint8_t)((p->driven & p->level) | (~p->driven & own));
}

static void set_interrupt(struct msim *m, unsigned number)
{
    const struct port *p = &m->port[number];

    if (m->part->port_vector[number] != 0) {
        machine_interrupt(m, m->part->port_vector[number], (p->ifg & p->ie) != 0);
    }
}

static void update(struct msim *m, unsigned number)
{
    struct port *p = &m->port[number];
    uint8_t now = pins(p), changed = now ^ p->in;
    bool locked = m->part->locks_pins && (m->supply.reg[8] & 1) != 0;

    /* IES: 1 the falling edge, 0 the rising one */
    if (!locked) {
        p->ifg |= (uint8_t)(changed & ~p->dir & (p->ies ^ now));
    }
    p->in = now;
    set_interrupt(m, number);
}

void ports_update(struct msim *m)
{
    for (unsigned number = 1; number < PORTS; number++) {
        update(m, number);
    }
}

void msim_pin(struct msim *m, unsigned port, unsigned bit, enum msim_level level)
{
    struct port *p = &m->port[port % PORTS];
    uint8_t mask = (uint8_t)(1u << (bit & 7));

    p->driven = (uint8_t)(level == MSIM_FLOATING ? p->driven & ~mask : p->driven | mask);
    p->level = (uint8_t)(level == MSIM_HIGH ? p->level | mask : p->level & ~mask);
    update(m, port % PORTS);
}

bool msim_pin_is_driven(const struct msim *m, unsigned port, unsigned bit, bool *level)
{
    const struct port *p = &m->port[port % PORTS];

    *level = (p->out >> (bit & 7) & 1) != 0;
    return (p->dir >> (bit & 7) & 1) != 0;
}

/* ---- MSP430x1xx: an octet for each register; P3 to P6 have four ----------------------------- */

static uint8_t *register1xx(struct port *p, unsigned number, unsigned offset)
{
    if (number > 2) {
        return offset == 1 ? &p->out : offset == 2 ? &p->dir : &p->sel0;
    }
    switch (offset) {
    case 1:
        return &p->out;
    case 2:
        return &p->dir;
    case 3:
        return &p->ifg;
    case 4:
        return &p->ies;
    case 5:
        return &p->ie;
    default:
        return &p->sel0;
    }
}

static uint16_t read1xx(struct msim *m, unsigned number, unsigned offset)
{
    return offset == 0 ? m->port[number].in : *register1xx(&m->port[number], number, offset);
}

static void write1xx(struct msim *m, unsigned number, unsigned offset, uint16_t value)
{
    if (offset != 0) {
        *register1xx(&m->port[number], number, offset) = (uint8_t)value;
    }
    update(m, number);
}

/* Outside stays outside; OUT and the flags of edges are not reset. */
static void reset(struct msim *m, unsigned number)
{
    struct port *p = &m->port[number];

    *p = (struct port){
        .out = p->out, .ifg = 0, .ies = p->ies, .driven = p->driven, .level = p->level};
    p->in = pins(p);
    set_interrupt(m, number);
}

const struct io_ops port1xx_ops = {
    .bytes = true, .read = read1xx, .write = write1xx, .reset = reset};

/* ---- 5xx and FR: two ports side by side, octets at even and odd addresses ------------------- */

enum { IN = 0x00, IV1 = 0x0e, IV2 = 0x1e };

static uint8_t *register5xx(struct msim *m, unsigned number, unsigned offset)
{
    struct port *p = &m->port[number];

    switch (offset & 0x1e) {
    case 0x02:
        return &p->out;
    case 0x04:
        return &p->dir;
    case 0x06:
        return &p->ren;
    case 0x08:
        return &p->ds;
    case 0x0a:
        return &p->sel0;
    case 0x0c:
        return &p->sel1;
    case 0x18:
        return &p->ies;
    case 0x1a:
        return &p->ie;
    case 0x1c:
        return &p->ifg;
    default:
        return NULL;
    }
}

/* The lowest flag that asks, which is cleared by being told. */
static uint16_t take_vector(struct msim *m, unsigned number)
{
    struct port *p = &m->port[number];

    for (unsigned bit = 0; bit < 8; bit++) {
        if ((p->ifg & p->ie & 1u << bit) != 0) {
            p->ifg &= m->peeking ? 0xff : (uint8_t) ~(1u << bit);
            set_interrupt(m, number);
            return (uint16_t)(2 * bit + 2);
        }
    }
    return 0;
}

static uint16_t read5xx(struct msim *m, unsigned first, unsigned offset)
{
    unsigned number = (first + (offset & 1)) % PORTS; /* beside PJ there is none */
    uint8_t *reg = register5xx(m, number, offset);

    if ((offset & 0x1e) == IN) {
        return m->port[number].in;
    }
    if (offset == IV1 || offset == IV2) {
        return take_vector(m, first + (offset == IV2));
    }
    return reg != NULL ? *reg : 0;
}

static void write5xx(struct msim *m, unsigned first, unsigned offset, uint16_t value)
{
    unsigned number = (first + (offset & 1)) % PORTS; /* beside PJ there is none */
    uint8_t *reg = register5xx(m, number, offset);

    if (reg != NULL) {
        *reg = (uint8_t)value;
    }
    update(m, number);
}

static void reset5xx(struct msim *m, unsigned first)
{
    reset(m, first);
    if (first + 1 < PORTS) {
        reset(m, first + 1);
    }
}

const struct io_ops port5xx_ops = {
    .bytes = true, .read = read5xx, .write = write5xx, .reset = reset5xx};

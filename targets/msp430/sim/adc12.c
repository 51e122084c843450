/* SPDX-License-Identifier: MIT */
#include "machine.h"

enum { SC = 0x0001, ENC = 0x0002, ON = 0x0010 };
enum { SHP = 0x0200, BUSY = 0x0001 };
/* Of ADC12OSC and MODOSC, data sheets: 3.7 to 6.3 MHz. */
#define ADC_HZ 5000000
#define CONVERSION 13 /* clocks */

static const uint16_t sample_clocks[] = {4,   8,   16,  32,  64,   96,   128,  192,
                                         256, 384, 512, 768, 1024, 1024, 1024, 1024};

bool adc_is_on(const struct msim *m)
{
    return (m->adc.ctl[0] & ON) != 0;
}

static unsigned first(const struct msim *m)
{
    return (m->part->adc.in_ctl3 ? m->adc.ctl[3] : m->adc.ctl[1] >> 12) & (ADC_MEMS - 1);
}

void msim_adc(struct msim *m, msim_sample sample, void *context)
{
    m->adc.sample = sample;
    m->adc.context = context;
}

static void begin(struct msim *m)
{
    struct adc12 *a = &m->adc;
    unsigned clocks = sample_clocks[a->ctl[0] >> 8 & 15] + CONVERSION;

    if ((a->ctl[1] & 0x0006) != 0 || (a->ctl[1] & SHP) == 0) {
        machine_fault(m, "sets the ADC to a mode that is not simulated: ADC12CTL1 0x%04x",
                      a->ctl[1]);
    }
    a->busy = true;
    machine_due(m, DUE_ADC, msim_now(m) + clocks * (MSIM_SECOND / ADC_HZ));
}

static void update(struct msim *m)
{
    machine_interrupt(m, m->part->adc.vector, (m->adc.ifg & m->adc.ie) != 0);
}

/* Without anything connected it reads the middle. */
void adc_convert(struct msim *m)
{
    struct adc12 *a = &m->adc;
    unsigned at = first(m), channel = a->mctl[at] & m->part->adc.channels;

    a->busy = false;
    if ((a->ctl[0] & (ON | ENC)) == (ON | ENC)) {
        a->mem[at] = (a->sample != NULL ? a->sample(a->context, channel) : 0x800) & 0xfff;
        a->ifg |= (uint16_t)(1u << at);
        update(m);
    }
}

static uint16_t *place(struct msim *m, unsigned offset)
{
    const struct adc12_part *part = &m->part->adc;
    struct adc12 *a = &m->adc;

    if (offset >= part->mem && offset < part->mem + 2u * ADC_MEMS) {
        return &a->mem[(offset - part->mem) / 2];
    }
    if (offset >= part->mctl && offset < part->mctl + part->mctl_octets * (unsigned)ADC_MEMS) {
        return &a->mctl[(offset - part->mctl) / part->mctl_octets];
    }
    if (offset == part->ifg) {
        return &a->ifg;
    }
    if (offset == part->ie) {
        return &a->ie;
    }
    return offset < 8 ? &a->ctl[offset / 2] : NULL;
}

static uint16_t read(struct msim *m, unsigned unit, unsigned offset)
{
    uint16_t *at = place(m, offset);

    (void)unit;
    if (at == NULL) {
        return 0;
    }
    if (at >= m->adc.mem && at < m->adc.mem + ADC_MEMS && !m->peeking) {
        m->adc.ifg &= (uint16_t) ~(1u << (at - m->adc.mem));
        update(m);
    }
    return at == &m->adc.ctl[1] ? (uint16_t)((*at & ~BUSY) | m->adc.busy) : *at;
}

static void write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    uint16_t *at = place(m, offset);
    bool starts = at == &m->adc.ctl[0] && (value & (SC | ENC | ON)) == (SC | ENC | ON);

    (void)unit;
    if (at == NULL) {
        return;
    }
    *at = at == &m->adc.ctl[0] ? value & (uint16_t)~SC : value;
    if (starts && !m->adc.busy) {
        begin(m);
    }
    update(m);
    power_note(m);
}

static void reset(struct msim *m, unsigned unit)
{
    (void)unit;
    m->adc = (struct adc12){.sample = m->adc.sample, .context = m->adc.context};
}

const struct io_ops adc12_ops = {.read = read, .write = write, .reset = reset};
/* Control registers of the memories are octets in the 1xx and 5xx. */
const struct io_ops adc12_mctl_ops = {.bytes = true, .read = read, .write = write};

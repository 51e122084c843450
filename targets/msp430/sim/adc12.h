/* SPDX-License-Identifier: MIT */
/*
 * ADC12 of the 1xx (SLAU049 chapter 17), ADC12_A of the 5xx (SLAU208), ADC12_B of the FR parts
 * (SLAU367): one conversion of one channel at a time, started by ADC12SC, sampled by the timer.
 * What a channel reads comes from outside.
 */
#ifndef MSIM_ADC12_H
#define MSIM_ADC12_H

#include "io.h"

enum { ADC_MEMS = 16 };

struct adc12 {
    uint16_t ctl[4], mctl[ADC_MEMS], mem[ADC_MEMS], ifg, ie;
    bool busy;
    msim_sample sample;
    void *context;
};

/* How the registers lie. */
struct adc12_part {
    uint16_t vector;
    uint16_t mem, mctl, ifg, ie; /* offsets */
    unsigned mctl_octets;        /* of one ADC12MCTL */
    unsigned channels;           /* the mask of ADC12INCH */
    bool in_ctl3;                /* the first memory is named in ADC12CTL3, else in ADC12CTL1 */
};

extern const struct io_ops adc12_ops, adc12_mctl_ops;

/* The conversion is done. */
void adc_convert(struct msim *m);
bool adc_is_on(const struct msim *m);

#endif

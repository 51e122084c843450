/* SPDX-License-Identifier: MIT */
/* Memory maps and peripherals: data sheets SLAS368 (F1611), SLAS612 (F5438A), SLAS704 (FR5969),
 * SLASE54 (FR5994). */
#include <string.h>

#include "machine.h"

#define TIMER(unit, base, registers, vector)                                                       \
    {&timer_ops, unit, base, (base) + (registers), 0},                                             \
    {                                                                                              \
        &timer_ops, unit, vector, (vector) + 2, 0x2e                                               \
    }

/* ---- MSP430F1611 ---------------------------------------------------------------------------- */

static const struct area areas_f1611[] = {
    {0x0000, 0x01ff, KIND_IO},  {0x0c00, 0x0fff, KIND_ROM},   {0x1000, 0x10ff, KIND_FLASH},
    {0x1100, 0x38ff, KIND_RAM}, {0x4000, 0xffff, KIND_FLASH}, {0, 0, 0},
};

static const struct region regions_f1611[] = {
    {&sfr1xx_ops, 0, 0x000, 0x006, 0},     {&watchdog_ops, 0, 0x120, 0x122, 0},
    {&multiplier_ops, 0, 0x130, 0x140, 0}, TIMER(0, 0x160, 0x18, 0x12e),
    TIMER(1, 0x180, 0x20, 0x11e),          {NULL, 0, 0, 0, 0},
};

/* ---- MSP430F5438A --------------------------------------------------------------------------- */

static const struct area areas_f5438a[] = {
    {0x0000, 0x0fff, KIND_IO},
    {0x1000, 0x17ff, KIND_ROM},
    {0x1800, 0x19ff, KIND_FLASH},
    {0x1a00, 0x1aff, KIND_ROM},
    {0x1c00, 0x5bff, KIND_RAM},
    {0x5c00, 0xffff, KIND_FLASH},
    {0, 0, 0},
};

static const struct region regions_f5438a[] = {
    {&sfr5xx_ops, 0, 0x100, 0x106, 0},     {&watchdog_ops, 0, 0x15c, 0x15e, 0},
    {&multiplier_ops, 0, 0x4c0, 0x4ee, 0}, TIMER(0, 0x340, 0x22, 0x36e),
    TIMER(1, 0x380, 0x22, 0x3ae),          {NULL, 0, 0, 0, 0},
};

/* ---- MSP430FR5969 --------------------------------------------------------------------------- */

static const struct area areas_fr5969[] = {
    {0x0000, 0x0fff, KIND_IO},
    {0x1000, 0x17ff, KIND_ROM},
    {0x1800, 0x19ff, KIND_RAM},
    {0x1a00, 0x1aff, KIND_ROM},
    {0x1c00, 0x23ff, KIND_RAM},
    {0x4400, 0xffff, KIND_RAM},
    {0, 0, 0},
};

static const struct region regions_fr59xx[] = {
    {&sfr5xx_ops, 0, 0x100, 0x106, 0},     {&watchdog_ops, 0, 0x15c, 0x15e, 0},
    {&multiplier_ops, 0, 0x4c0, 0x4ee, 0}, TIMER(0, 0x340, 0x22, 0x36e),
    TIMER(1, 0x380, 0x22, 0x3ae),          {NULL, 0, 0, 0, 0},
};

/* ---- MSP430FR5994 --------------------------------------------------------------------------- */

static const struct area areas_fr5994[] = {
    {0x0000, 0x0fff, KIND_IO},
    {0x1000, 0x17ff, KIND_ROM},
    {0x1800, 0x19ff, KIND_RAM},
    {0x1a00, 0x1aff, KIND_ROM},
    {0x1c00, 0x3bff, KIND_RAM},
    {0x4000, 0xffff, KIND_RAM},
    {0, 0, 0},
};

/* ---- vectors of the special function registers ----------------------------------------------- */

static const struct sfr_vector vectors_f1611[] = {
    {SFR_WATCHDOG, 0xfff4, true}, {SFR_RX0, 0xfff2, true}, {SFR_TX0, 0xfff0, true},
    {SFR_RX1, 0xffe6, true},      {SFR_TX1, 0xffe4, true}, {0, 0, false},
};

static const struct sfr_vector vectors_f5438a[] = {{SFR_WATCHDOG, 0xfff4, true}, {0, 0, false}};

static const struct sfr_vector vectors_fr59xx[] = {{SFR_WATCHDOG, 0xfff2, true}, {0, 0, false}};

/* ---- CPUs alone, with memory everywhere, for tests ---------------------------------------------
 */

static const struct area areas_flat[] = {{0x0000, 0xffff, KIND_RAM}, {0, 0, 0}};
static const struct region regions_none[] = {{NULL, 0, 0, 0, 0}};
static const struct sfr_vector vectors_none[] = {{0, 0, false}};

static const struct part parts[] = {
    {.name = "msp430f1611",
     .areas = areas_f1611,
     .regions = regions_f1611,
     .sfr_vectors = vectors_f1611,
     .timer = {{3, 10, 0xffec, 0xffea}, {7, 14, 0xfffa, 0xfff8}}},
    {.name = "msp430f5438a",
     .cpux = true,
     .watchdog_a = true,
     .areas = areas_f5438a,
     .regions = regions_f5438a,
     .sfr_vectors = vectors_f5438a,
     .timer = {{5, 14, 0xffec, 0xffea}, {3, 14, 0xffe2, 0xffe0}}},
    {.name = "msp430fr5969",
     .cpux = true,
     .watchdog_a = true,
     .areas = areas_fr5969,
     .regions = regions_fr59xx,
     .sfr_vectors = vectors_fr59xx,
     .timer = {{3, 14, 0xffea, 0xffe8}, {3, 14, 0xffe2, 0xffe0}}},
    {.name = "msp430fr5994",
     .cpux = true,
     .watchdog_a = true,
     .areas = areas_fr5994,
     .regions = regions_fr59xx,
     .sfr_vectors = vectors_fr59xx,
     .timer = {{3, 14, 0xffea, 0xffe8}, {3, 14, 0xffe2, 0xffe0}}},
    {.name = "cpu", .areas = areas_flat, .regions = regions_none, .sfr_vectors = vectors_none},
    {.name = "cpuxv2",
     .cpux = true,
     .areas = areas_flat,
     .regions = regions_none,
     .sfr_vectors = vectors_none},
};

#define PARTS (sizeof parts / sizeof parts[0])

const struct part *part_at(size_t index)
{
    return index < PARTS ? &parts[index] : NULL;
}

const struct part *part_find(const char *name)
{
    for (size_t i = 0; i < PARTS; i++) {
        if (strcmp(parts[i].name, name) == 0) {
            return &parts[i];
        }
    }
    return NULL;
}

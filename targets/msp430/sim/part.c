/* SPDX-License-Identifier: MIT */
/* Memory maps and peripherals: data sheets SLAS368 (F1611), SLAS655 (F5438A), SLAS704 (FR5969),
 * SLASE54 (FR5994). */
#include <string.h>

#include "machine.h"

#define TIMER(unit, base, registers, vector)                                                       \
    {&timer_ops, unit, base, (base) + (registers), 0},                                             \
    {                                                                                              \
        &timer_ops, unit, vector, (vector) + 2, 0x2e                                               \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, 0, 0, 0, 0                                                                           \
    }

/* ---- MSP430F1611 ---------------------------------------------------------------------------- */

static const struct area areas_f1611[] = {
    {0x0000, 0x01ff, KIND_IO, false},    {0x0c00, 0x0fff, KIND_ROM, false},
    {0x1000, 0x10ff, KIND_FLASH, false}, {0x1100, 0x38ff, KIND_RAM, false},
    {0x4000, 0xffff, KIND_FLASH, false}, {0, 0, 0, false},
};

static const struct region regions_f1611[] = {
    {&clock_basic_ops, 0, 0x056, 0x059, 0}, {&sfr1xx_ops, 0, 0x000, 0x006, 0},
    {&watchdog_ops, 0, 0x120, 0x122, 0},    {&svs_ops, 0, 0x054, 0x056, 0},
    {&flash1xx_ops, 0, 0x128, 0x12e, 0},    {&multiplier_ops, 0, 0x130, 0x140, 0},
    {&port1xx_ops, 1, 0x020, 0x027, 0},     {&port1xx_ops, 2, 0x028, 0x02f, 0},
    {&port1xx_ops, 3, 0x018, 0x01c, 0},     {&port1xx_ops, 4, 0x01c, 0x020, 0},
    {&port1xx_ops, 5, 0x030, 0x034, 0},     {&port1xx_ops, 6, 0x034, 0x038, 0},
    {&usart_ops, 0, 0x070, 0x078, 0},       {&usart_ops, 1, 0x078, 0x080, 0},
    {&adc12_ops, 0, 0x1a0, 0x1aa, 0x00},    {&adc12_mctl_ops, 0, 0x080, 0x090, 0x10},
    {&adc12_ops, 0, 0x140, 0x160, 0x20},    TIMER(0, 0x160, 0x18, 0x12e),
    TIMER(1, 0x180, 0x20, 0x11e),           END,
};

static const struct sfr_vector vectors_f1611[] = {
    {SFR_WATCHDOG, 0xfff4, true}, {SFR_RX0, 0xfff2, true}, {SFR_TX0, 0xfff0, true},
    {SFR_RX1, 0xffe6, true},      {SFR_TX1, 0xffe4, true}, {0, 0, false},
};

static const struct speed speeds_f1611[] = {{1800, 4150000}, {3600, 8000000}, {0, 0}};

/* ---- MSP430F5438A --------------------------------------------------------------------------- */

static const struct area areas_f5438a[] = {
    {0x0000, 0x0fff, KIND_IO, false},
    {0x1000, 0x17ff, KIND_ROM, false},
    {0x1800, 0x19ff, KIND_FLASH, false},
    {0x1a00, 0x1aff, KIND_ROM, false},
    {0x1c00, 0x5bff, KIND_RAM, false},
    {0x5c00, 0xffff, KIND_FLASH, false},
    {0, 0, 0, false},
};

static const struct region regions_f5438a[] = {
    {&clock_ucs_ops, 0, 0x160, 0x172, 0},
    {&sfr5xx_ops, 0, 0x100, 0x106, 0},
    {&pmm_ops, 0, 0x120, 0x130, 0},
    {&pm5_ops, 0, 0x130, 0x132, 0},
    {&flash5xx_ops, 0, 0x140, 0x148, 0},
    {&watchdog_ops, 0, 0x15c, 0x15e, 0},
    {&sys_ops, 0, 0x180, 0x1a0, 0},
    {&latch_ops, 0, 0x1b0, 0x1b2, 0}, /* REFCTL0 */
    {&port5xx_ops, 1, 0x200, 0x220, 0},
    {&port5xx_ops, 3, 0x220, 0x240, 0},
    {&port5xx_ops, 5, 0x240, 0x260, 0},
    {&port5xx_ops, 7, 0x260, 0x280, 0},
    {&port5xx_ops, 9, 0x280, 0x2a0, 0},
    {&port5xx_ops, 11, 0x2a0, 0x2c0, 0},
    {&port5xx_ops, PORT_J, 0x320, 0x340, 0},
    TIMER(0, 0x340, 0x22, 0x36e),
    TIMER(1, 0x380, 0x22, 0x3ae),
    {&multiplier_ops, 0, 0x4c0, 0x4ee, 0},
    {&usci_ops, 0, 0x5c0, 0x5e0, 0},
    {&usci_ops, 1, 0x600, 0x620, 0},
    {&adc12_ops, 0, 0x700, 0x710, 0x00},
    {&adc12_mctl_ops, 0, 0x710, 0x720, 0x10},
    {&adc12_ops, 0, 0x720, 0x740, 0x20},
    END,
};

static const struct sfr_vector vectors_f5438a[] = {{SFR_WATCHDOG, 0xfff4, true}, {0, 0, false}};

/* At the lowest core voltage; the higher ones are not simulated. */
static const struct speed speeds_f5438a[] = {{1800, 8000000}, {0, 0}};

/* ---- MSP430FR5969 and MSP430FR5994 ---------------------------------------------------------- */

static const struct area areas_fr5969[] = {
    {0x0000, 0x0fff, KIND_IO, false},
    {0x1000, 0x17ff, KIND_ROM, false},
    {0x1800, 0x19ff, KIND_RAM, true},
    {0x1a00, 0x1aff, KIND_ROM, false},
    {0x1c00, 0x23ff, KIND_RAM, false},
    {0x4400, 0xffff, KIND_RAM, true},
    {0, 0, 0, false},
};

static const struct area areas_fr5994[] = {
    {0x0000, 0x0fff, KIND_IO, false},
    {0x1000, 0x17ff, KIND_ROM, false},
    {0x1800, 0x19ff, KIND_RAM, true},
    {0x1a00, 0x1aff, KIND_ROM, false},
    {0x1c00, 0x3bff, KIND_RAM, false},
    {0x4000, 0xffff, KIND_RAM, true},
    {0, 0, 0, false},
};

static const struct region regions_fr59xx[] = {
    {&clock_cs_ops, 0, 0x160, 0x16e, 0},
    {&sfr5xx_ops, 0, 0x100, 0x106, 0},
    {&pmm_ops, 0, 0x120, 0x130, 0},
    {&pm5_ops, 0, 0x130, 0x132, 0},
    {&fram_ops, 0, 0x140, 0x148, 0},
    {&watchdog_ops, 0, 0x15c, 0x15e, 0},
    {&sys_ops, 0, 0x180, 0x1a0, 0},
    {&latch_ops, 0, 0x1b0, 0x1b2, 0}, /* REFCTL0 */
    {&port5xx_ops, 1, 0x200, 0x220, 0},
    {&port5xx_ops, 3, 0x220, 0x240, 0},
    {&port5xx_ops, 5, 0x240, 0x260, 0},
    {&port5xx_ops, 7, 0x260, 0x280, 0},
    {&port5xx_ops, PORT_J, 0x320, 0x340, 0},
    TIMER(0, 0x340, 0x22, 0x36e),
    TIMER(1, 0x380, 0x22, 0x3ae),
    {&multiplier_ops, 0, 0x4c0, 0x4ee, 0},
    {&mpu_ops, 0, 0x5a0, 0x5b0, 0},
    {&eusci_ops, 0, 0x5c0, 0x5e0, 0},
    {&eusci_ops, 1, 0x5e0, 0x600, 0},
    {&adc12_ops, 0, 0x800, 0x8a0, 0},
    END,
};

static const struct sfr_vector vectors_fr59xx[] = {{SFR_WATCHDOG, 0xfff2, true}, {0, 0, false}};

static const struct speed speeds_fr59xx[] = {{1800, 16000000}, {0, 0}};

#define FR59XX                                                                                     \
    .cpux = true, .watchdog_a = true, .regions = regions_fr59xx, .sfr_vectors = vectors_fr59xx,    \
    .clocks = &clock_cs, .instead_of_lfxt = OSC_VLO, .crystal = {[OSC_LFXT] = 32768},              \
    .speeds = speeds_fr59xx, .brown_out_mv = 1750, .usual_mv = 3000, .fram_hz = 8400000,           \
    .locks_pins = true,                                                                            \
    .uart = {{.kind = UART_EUSCI, .vector = 0xfff0}, {.kind = UART_EUSCI, .vector = 0xffe6}},      \
    .adc = {0xffec, 0x60, 0x20, 0x0c, 0x12, 2, 0x1f, true},                                        \
    .timer = {{3, 14, 0xffea, 0xffe8}, {3, 14, 0xffe2, 0xffe0}}

/* ---- CPUs alone, with memory everywhere, for tests ------------------------------------------ */

static const struct area areas_flat[] = {{0x0000, 0xffff, KIND_RAM, false}, {0, 0, 0, false}};
static const struct region regions_none[] = {END};
static const struct sfr_vector vectors_none[] = {{0, 0, false}};

#define ALONE                                                                                      \
    .areas = areas_flat, .regions = regions_none, .sfr_vectors = vectors_none, .clocks = &clock_none

/* ---- all ------------------------------------------------------------------------------------ */

static const struct part parts[] = {
    {.name = "msp430f1611",
     .areas = areas_f1611,
     .regions = regions_f1611,
     .sfr_vectors = vectors_f1611,
     .clocks = &clock_basic,
     .instead_of_lfxt = OSC_LFXT,
     .crystal = {[OSC_LFXT] = 32768, [OSC_XT2] = 8000000},
     .speeds = speeds_f1611,
     .brown_out_mv = 1500,
     .usual_mv = 3600,
     .port_vector = {[1] = 0xffe8, [2] = 0xffe2},
     .uart = {{UART_USART, 0, SFR_RX0, SFR_TX0, 0x0040, 0x0080},
              {UART_USART, 0, SFR_RX1, SFR_TX1, 0x1000, 0x2000}},
     .adc = {0xffee, 0x20, 0x10, 0x04, 0x06, 1, 0x0f, false},
     .timer = {{3, 10, 0xffec, 0xffea}, {7, 14, 0xfffa, 0xfff8}}},
    {.name = "msp430f5438a",
     .cpux = true,
     .watchdog_a = true,
     .areas = areas_f5438a,
     .regions = regions_f5438a,
     .sfr_vectors = vectors_f5438a,
     .clocks = &clock_ucs,
     .instead_of_lfxt = OSC_REFO,
     .crystal = {[OSC_LFXT] = 32768},
     .speeds = speeds_f5438a,
     .brown_out_mv = 1750,
     .usual_mv = 3000,
     .port_vector = {[1] = 0xffde, [2] = 0xffd4},
     .uart = {{.kind = UART_USCI, .vector = 0xfff2}, {.kind = UART_USCI, .vector = 0xffdc}},
     .adc = {0xffee, 0x20, 0x10, 0x0a, 0x0c, 1, 0x0f, false},
     .timer = {{5, 14, 0xffec, 0xffea}, {3, 14, 0xffe2, 0xffe0}}},
    {.name = "msp430fr5969",
     .areas = areas_fr5969,
     .port_vector = {[1] = 0xffde, [2] = 0xffd8, [3] = 0xffd2, [4] = 0xffd0},
     FR59XX},
    {.name = "msp430fr5994",
     .areas = areas_fr5994,
     .port_vector =
         {[1] = 0xffde, [2] = 0xffd8, [3] = 0xffd2, [4] = 0xffd0, [5] = 0xffc6, [6] = 0xffc4},
     FR59XX},
    {.name = "cpu", ALONE},
    {.name = "cpuxv2", .cpux = true, ALONE},
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

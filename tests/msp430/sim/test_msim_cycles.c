/* SPDX-License-Identifier: MIT */
/*
 * Cycles of every addressing mode, written out as the family guides list them: for the CPU SLAU049
 * tables 3-15 and 3-16 (format II and I), for CPUXV2 SLAU208 and SLAU367, "MSP430 Format II" and
 * "Format I Instruction Cycles and Lengths".
 */
#include <criterion/criterion.h>

#include "msim.h"

#define CODE 0x4000

/* Cycles that one instruction takes, on a machine whose registers all point to memory. */
static unsigned cycles(const char *part, const uint16_t words[3])
{
    struct msim *m = msim_new(part);
    uint64_t begun;
    unsigned took;

    cr_assert_not_null(m);
    for (unsigned i = 0; i < 3; i++) {
        uint8_t octets[2] = {(uint8_t)words[i], (uint8_t)(words[i] >> 8)};

        msim_write(m, (uint16_t)(CODE + 2 * i), octets, 2);
    }
    msim_reset(m);
    for (unsigned i = 1; i < 16; i++) {
        msim_set_register(m, i, i == MSIM_SR ? 0 : (uint16_t)(0x2000 + 0x100 * i));
    }
    msim_set_register(m, MSIM_PC, CODE);
    begun = msim_cycles(m);
    cr_assert_eq(msim_step(m), MSIM_STOP_TIME, "%04x: %s", words[0], msim_fault(m));
    took = (unsigned)(msim_cycles(m) - begun);
    msim_free(m);
    return took;
}

/* Sources in the order of the guides: their mode and register bits, and whether a word follows. */
static const struct {
    const char *text;
    uint16_t bits;
    bool word;
} sources[] = {
    {"Rn", 0x0500, false},   {"@Rn", 0x0520, false}, {"@Rn+", 0x0530, false}, {"#N", 0x0030, true},
    {"x(Rn)", 0x0510, true}, {"EDE", 0x0010, true},  {"&EDE", 0x0210, true},  {"#0", 0x0300, false},
    {"#1", 0x0310, false},   {"#2", 0x0320, false},  {"#-1", 0x0330, false},  {"#4", 0x0220, false},
    {"#8", 0x0230, false},
};

#define SOURCES (sizeof sources / sizeof sources[0])

/* To Rm, to PC, to x(Rm), to EDE, to &EDE. */
static const uint16_t destinations[] = {0x0006, 0x0000, 0x0086, 0x0080, 0x0082};

static const uint8_t format1_cpu[SOURCES][5] = {
    {1, 2, 4, 4, 4}, {2, 2, 5, 5, 5}, {2, 3, 5, 5, 5}, {2, 3, 5, 5, 5}, {3, 3, 6, 6, 6},
    {3, 3, 6, 6, 6}, {3, 3, 6, 6, 6}, {1, 2, 4, 4, 4}, {1, 2, 4, 4, 4}, {1, 2, 4, 4, 4},
    {1, 2, 4, 4, 4}, {1, 2, 4, 4, 4}, {1, 2, 4, 4, 4},
};
/* MOV, BIT and CMP to memory: one less. */
static const uint8_t format1_cpuxv2[SOURCES][5] = {
    {1, 3, 4, 4, 4}, {2, 4, 5, 5, 5}, {2, 4, 5, 5, 5}, {2, 3, 5, 5, 5}, {3, 5, 6, 6, 6},
    {3, 5, 6, 6, 6}, {3, 5, 6, 6, 6}, {1, 3, 4, 4, 4}, {1, 3, 4, 4, 4}, {1, 3, 4, 4, 4},
    {1, 3, 4, 4, 4}, {1, 3, 4, 4, 4}, {1, 3, 4, 4, 4},
};

static unsigned format1(const char *part, unsigned code, bool byte, size_t source,
                        size_t destination)
{
    uint16_t words[3] = {(uint16_t)(code << 12 | (unsigned)byte << 6 | sources[source].bits |
                                    destinations[destination])};
    unsigned next = 1;

    if (sources[source].word) {
        words[next++] = 0x0100;
    }
    words[next] = 0x0100;
    return cycles(part, words);
}

static void check_format1(const char *part, bool faster, const uint8_t expected[SOURCES][5])
{
    for (unsigned code = 4; code < 16; code++) {
        bool is_less = faster && (code == 4 || code == 9 || code == 11);

        for (size_t s = 0; s < SOURCES; s++) {
            for (size_t d = 0; d < 5; d++) {
                unsigned want = expected[s][d] - (is_less && d >= 2 ? 1u : 0u);

                if (d == 1 && (code == 9 || code == 11)) {
                    continue; /* CMP and BIT do not write PC */
                }
                for (int byte = 0; byte < 2; byte++) {
                    unsigned took = format1(part, code, byte, s, d);

                    cr_expect_eq(took, want, "%s, code %x, %s to %zu: %u cycles, not %u", part,
                                 code, sources[s].text, d, took, want);
                }
            }
        }
    }
}

Test(msim_cycles, format_1_on_the_cpu)
{
    check_format1("cpu", false, format1_cpu);
}

Test(msim_cycles, format_1_on_cpuxv2)
{
    check_format1("cpuxv2", true, format1_cpuxv2);
}

/* RRA, RRC, SWPB, SXT; PUSH; CALL. 0: there is no such instruction. */
static const uint8_t format2_cpu[7][3] = {
    {1, 3, 4}, {3, 4, 4}, {3, 5, 5}, {0, 4, 5}, {4, 5, 5}, {4, 5, 5}, {4, 5, 5},
};
static const uint8_t format2_cpuxv2[7][3] = {
    {1, 3, 4}, {3, 3, 4}, {3, 3, 4}, {0, 3, 4}, {4, 4, 5}, {4, 4, 5}, {4, 4, 6},
};

static void check_format2(const char *part, const uint8_t expected[7][3])
{
    static const struct {
        uint16_t op;
        unsigned column;
    } codes[] = {{0x1000, 0}, {0x1080, 0}, {0x1100, 0}, {0x1180, 0}, {0x1200, 1}, {0x1280, 2}};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        for (size_t s = 0; s < 7; s++) {
            uint16_t mode = sources[s].bits & 0x30, reg = sources[s].bits >> 8;
            uint16_t words[3] = {(uint16_t)(codes[i].op | mode | reg), 0x0100, 0};
            unsigned want = expected[s][codes[i].column];

            if (want != 0) {
                unsigned took = cycles(part, words);

                cr_expect_eq(took, want, "%s, %04x %s: %u cycles, not %u", part, codes[i].op,
                             sources[s].text, took, want);
            }
        }
    }
}

Test(msim_cycles, format_2_on_the_cpu)
{
    check_format2("cpu", format2_cpu);
}

Test(msim_cycles, format_2_on_cpuxv2)
{
    check_format2("cpuxv2", format2_cpuxv2);
}

Test(msim_cycles, jumps_and_reti)
{
    static const char *const parts[] = {"cpu", "cpuxv2"};

    for (size_t i = 0; i < 2; i++) {
        for (unsigned condition = 0; condition < 8; condition++) {
            cr_expect_eq(cycles(parts[i], (uint16_t[]){(uint16_t)(0x2001 | condition << 10), 0, 0}),
                         2);
        }
        cr_expect_eq(cycles(parts[i], (uint16_t[]){0x1300, 0, 0}), 5);
    }
}

/* SPDX-License-Identifier: MIT */
/* What the guides say and mspdebug 0.22 does otherwise, so that random_cpu.py cannot compare it;
 * and what is refused. */
#include <criterion/criterion.h>
#include <string.h>

#include "msim.h"

#define CODE 0x4000

static struct msim *machine(const uint16_t *words, size_t count)
{
    struct msim *m = msim_new("cpu");

    for (size_t i = 0; i < count; i++) {
        uint8_t octets[2] = {(uint8_t)words[i], (uint8_t)(words[i] >> 8)};

        msim_write(m, (uint16_t)(CODE + 2 * i), octets, 2);
    }
    msim_reset(m);
    msim_set_register(m, MSIM_PC, CODE);
    msim_set_register(m, MSIM_SP, 0x2000);
    return m;
}

#define MACHINE(...)                                                                               \
    machine((const uint16_t[]){__VA_ARGS__}, sizeof((const uint16_t[]){__VA_ARGS__}) / 2)

static uint16_t word(struct msim *m, uint16_t at)
{
    uint8_t octets[2];

    msim_read(m, at, octets, 2);
    return (uint16_t)(octets[0] | octets[1] << 8);
}

/* SLAU049 3.4.6, PUSH: the octet above is not written. */
Test(msim_cpu, push_of_an_octet)
{
    struct msim *m = MACHINE(0x1245); /* push.b r5 */
    uint8_t before[2] = {0xaa, 0xbb};

    msim_write(m, 0x1ffe, before, 2);
    msim_set_register(m, 5, 0x1234);
    msim_step(m);
    cr_expect_eq(word(m, 0x1ffe), 0xbb34);
    cr_expect_eq(msim_register(m, MSIM_SP), 0x1ffe);
    msim_free(m);
}

/* SLAU049 3.2.2, figure "PUSH SP - POP SP sequence". */
Test(msim_cpu, push_and_pop_of_sp)
{
    struct msim *m = MACHINE(0x1201, 0x4131); /* push sp; pop sp */

    msim_step(m);
    cr_expect_eq(word(m, 0x1ffe), 0x1ffe);
    msim_step(m);
    cr_expect_eq(msim_register(m, MSIM_SP), 0x1ffe);
    msim_free(m);
}

/* SP stays even: SLAU049 3.2.2. */
Test(msim_cpu, octet_from_the_stack)
{
    struct msim *m = MACHINE(0x4175); /* mov.b @sp+, r5 */

    msim_step(m);
    cr_expect_eq(msim_register(m, MSIM_SP), 0x2002);
    msim_free(m);
}

Test(msim_cpu, odd_address_of_a_word_is_the_even_one)
{
    struct msim *m = MACHINE(0x4526, 0x4685, 0x0001); /* mov @r5, r6; mov r6, 1(r5) */
    uint8_t octets[2] = {0x11, 0x22};

    msim_write(m, 0x1000, octets, 2);
    msim_set_register(m, 5, 0x1001);
    msim_step(m);
    cr_expect_eq(msim_register(m, 6), 0x2211);
    msim_step(m);
    cr_expect_eq(word(m, 0x1002), 0x2211);
    msim_free(m);
}

Test(msim_cpu, constant_generator_takes_nothing)
{
    struct msim *m = MACHINE(0x4033, 0x1234, 0x4305); /* mov #0x1234, r3; mov r3, r5 */

    msim_set_register(m, 5, 1);
    msim_step(m);
    msim_step(m);
    cr_expect_eq(msim_register(m, 5), 0);
    msim_free(m);
}

static void expect_fault(struct msim *m, const char *what)
{
    enum msim_stop why = msim_run(m, MSIM_SECOND);

    cr_expect_eq(why, MSIM_STOP_FAULT, "%d", why);
    cr_expect(strstr(msim_fault(m), what) != NULL, "%s", msim_fault(m));
    msim_free(m);
}

Test(msim_cpu, no_instruction)
{
    expect_fault(MACHINE(0x0000), "no instruction");
    expect_fault(MACHINE(0x1380), "no instruction");
    expect_fault(MACHINE(0x1840), "no instruction");
}

Test(msim_cpu, shift_of_a_constant)
{
    expect_fault(MACHINE(0x1113), "shifts a constant"); /* rra #1 */
}

Test(msim_cpu, sleep_without_end)
{
    struct msim *m = MACHINE(0xd032, 0x0018, 0x4303); /* bis #CPUOFF | GIE, sr */
    enum msim_stop why = msim_run(m, MSIM_NEVER);

    cr_expect_eq(why, MSIM_STOP_FAULT);
    cr_expect(strstr(msim_fault(m), "nothing will ever wake it") != NULL, "%s", msim_fault(m));
    msim_free(m);
}

/* Parts have holes, and registers that are not simulated. */
Test(msim_cpu, memory_that_is_not_there)
{
    static const struct {
        uint16_t words[4];
        const char *what;
    } cases[] = {
        {{0x4215, 0x3900, 0x3fff}, "reads 0x3900"},
        {{0x4582, 0x3900, 0x3fff}, "writes 0x0000 to 0x3900"},
        {{0x4030, 0x0200, 0x3fff}, "executes at 0x0200"},
        {{0x4215, 0x01fe, 0x3fff}, "no register that is simulated"},
        {{0x4582, 0x01fe, 0x3fff}, "no register that is simulated"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct msim *m = msim_new("msp430f1611");

        msim_write(m, 0x1200, cases[i].words, 6);
        msim_reset(m);
        msim_set_register(m, MSIM_PC, 0x1200);
        expect_fault(m, cases[i].what);
    }
}

Test(msim_cpu, parts)
{
    cr_expect_null(msim_new("msp430g2553"));
    for (size_t i = 0; msim_part_name(i) != NULL; i++) {
        struct msim *m = msim_new(msim_part_name(i));

        cr_assert_not_null(m);
        cr_expect_str_eq(msim_part_of(m), msim_part_name(i));
        msim_free(m);
    }
}

/* Who stands at a mark, and is interrupted before he goes on, has not come to it again. */
Test(msim_cpu, interrupt_at_a_mark)
{
    static const uint16_t program[] = {
        0x40b2, 0x5a80, 0x0120, /* mov #WDTPW | WDTHOLD, &WDTCTL */
        0x4031, 0x3000,         /* mov #0x3000, sp */
        0x43d2, 0x0025,         /* mov.b #1, &P1IE */
        0xd232, 0x4303,         /* eint; nop */
        0x5315, 0x3ffe,         /* inc r5; jmp to it */
    };
    static const uint16_t served[] = {0x43c2, 0x0023, 0x1300}; /* clr.b &P1IFG; reti */
    static const uint16_t at = 0x1212, service = 0x1300;
    struct msim *m = msim_new("msp430f1611");

    msim_write(m, 0x1200, program, sizeof program);
    msim_write(m, service, served, sizeof served);
    msim_write(m, 0xffe8, &service, 2);
    msim_reset(m);
    msim_set_register(m, MSIM_PC, 0x1200);
    msim_pin(m, 1, 0, MSIM_LOW);
    msim_mark(m, at, true);
    for (unsigned i = 0; i < 3; i++) {
        cr_expect_eq(msim_run(m, MSIM_SECOND), MSIM_STOP_MARK, "%s", msim_fault(m));
        cr_expect_eq(msim_register(m, MSIM_PC), at);
        cr_expect_eq(msim_register(m, 5), i);
        msim_pin(m, 1, 0, i % 2 == 0 ? MSIM_HIGH : MSIM_LOW);
    }
    msim_free(m);
}

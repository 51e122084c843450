/* SPDX-License-Identifier: MIT */
#include "monitor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SLIP_END 0xc0
#define MIDDLE 0x800 /* of 12 bits */

const char monitor_help[] =
    "cycles              of MCLK, in which the CPU ran\n"
    "time                in units of 1/64000 us\n"
    "fault               what the program did that no program should\n"
    "resets              how many there were, and why the last one\n"
    "reset               power comes\n"
    "until TIME|never    when the next run ends at the latest\n"
    "uart N HEX          octets to the part, at the line's rate\n"
    "heard N             octets from the part since the last time; from now on a run ends at "
    "SLIP's END, too\n"
    "errors N            octets lost: deaf, framing, overrun, garbled\n"
    "baud N RATE         of the line\n"
    "pin PORT BIT low|high|floating\n"
    "noise HEX           lowest bits of what the ADC samples, one after the other, then again\n"
    "supply MV           below brown-out the part stands and loses its RAM\n"
    "crystals LOW HIGH   in Hz, 0: none\n"
    "dco THOUSANDTHS     of the typical frequency\n"
    "erased ADDRESS      how often that flash segment was\n"
    "on                  times by state: sums of 1 CPU, 2 SMCLK, 4 ACLK, 8 DCO, 16 XT2, 32 LFXT, "
    "64 ADC\n";

__attribute__((format(printf, 2, 3))) static void say(struct monitor *o, const char *format, ...)
{
    size_t len = strlen(o->says);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(o->says + len, sizeof o->says - len, format, arguments);
    va_end(arguments);
}

/* ---- what comes from outside and goes there ------------------------------------------------- */

static uint16_t sample(void *context, unsigned channel)
{
    struct monitor *o = context;
    size_t at = o->noise_at++;

    (void)channel;
    if (o->noise_bits == 0) {
        return MIDDLE;
    }
    at %= o->noise_bits;
    return MIDDLE | (o->noise[at / 8] >> (7 - at % 8) & 1);
}

/* Only ENDs before: nothing has come yet. */
static bool is_empty(const struct monitor *o, unsigned uart)
{
    size_t len = o->heard_len[uart];

    while (len > 0 && o->heard[uart][len - 1] == SLIP_END) {
        len--;
    }
    return len == 0;
}

static void hear(struct msim *m, void *context, unsigned uart, uint8_t octet)
{
    struct monitor *o = context;

    if (octet == SLIP_END && o->stops[uart] && !is_empty(o, uart)) {
        msim_stop(m);
    }
    if (o->heard_len[uart] < MONITOR_HEARD) {
        o->heard[uart][o->heard_len[uart]++] = octet;
    }
}

void monitor_init(struct monitor *o, struct msim *m)
{
    memset(o, 0, sizeof *o);
    o->m = m;
    o->until = MSIM_NEVER;
    msim_adc(m, sample, o);
    for (unsigned uart = 0; uart < 2; uart++) {
        msim_uart_hear(m, uart, hear, o);
    }
}

/* ---- commands: what follows the word -------------------------------------------------------- */

static size_t read_hex(const char *text, uint8_t *out, size_t max)
{
    size_t len = 0;
    unsigned octet;

    while (len < max && sscanf(text + 2 * len, "%2x", &octet) == 1) {
        out[len++] = (uint8_t)octet;
    }
    return len;
}

static void do_cycles(struct monitor *o, const char *rest)
{
    (void)rest;
    say(o, "%" PRIu64 "\n", msim_cycles(o->m));
}

static void do_time(struct monitor *o, const char *rest)
{
    (void)rest;
    say(o, "%" PRIu64 "\n", msim_now(o->m));
}

static void do_fault(struct monitor *o, const char *rest)
{
    (void)rest;
    say(o, "%s\n", msim_fault(o->m));
}

static void do_resets(struct monitor *o, const char *rest)
{
    static const char *const causes[] = {"power", "watchdog", "password", "supply", "software"};

    (void)rest;
    say(o, "%" PRIu64 " %s\n", msim_resets(o->m), causes[msim_reset_cause(o->m)]);
}

static void do_reset(struct monitor *o, const char *rest)
{
    (void)rest;
    msim_reset(o->m);
}

static void do_until(struct monitor *o, const char *rest)
{
    o->until = strcmp(rest, "never") == 0 ? MSIM_NEVER : strtoull(rest, NULL, 10);
}

static void do_uart(struct monitor *o, const char *rest)
{
    uint8_t octets[MONITOR_HEARD];
    char *hex;
    unsigned uart = (unsigned)strtoul(rest, &hex, 10) % 2;
    size_t len = read_hex(hex + (*hex == ' '), octets, sizeof octets);

    if (msim_uart_send(o->m, uart, octets, len) != len) {
        say(o, "the line is full\n");
    }
}

static void do_heard(struct monitor *o, const char *rest)
{
    unsigned uart = (unsigned)strtoul(rest, NULL, 10) % 2;

    for (size_t i = 0; i < o->heard_len[uart] && i < MONITOR_SAYS / 2 - 2; i++) {
        snprintf(o->says + 2 * i, 3, "%02x", o->heard[uart][i]);
    }
    say(o, "\n");
    o->heard_len[uart] = 0;
    o->stops[uart] = true;
}

static void do_errors(struct monitor *o, const char *rest)
{
    struct msim_uart_errors e = msim_uart_errors(o->m, (unsigned)strtoul(rest, NULL, 10));

    say(o, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", e.deaf, e.framing, e.overrun,
        e.garbled);
}

static void do_baud(struct monitor *o, const char *rest)
{
    char *next;
    unsigned uart = (unsigned)strtoul(rest, &next, 10);

    msim_uart_baud(o->m, uart, (uint32_t)strtoul(next, NULL, 10));
}

static void do_pin(struct monitor *o, const char *rest)
{
    char *next;
    unsigned port = (unsigned)strtoul(rest, &next, 10), bit = (unsigned)strtoul(next, &next, 10);

    next += *next == ' ';
    msim_pin(o->m, port, bit, *next == 'l' ? MSIM_LOW : *next == 'h' ? MSIM_HIGH : MSIM_FLOATING);
}

static void do_noise(struct monitor *o, const char *rest)
{
    o->noise_bits = 8 * read_hex(rest, o->noise, sizeof o->noise);
    o->noise_at = 0;
}

static void do_supply(struct monitor *o, const char *rest)
{
    msim_supply(o->m, (uint32_t)strtoul(rest, NULL, 10));
}

static void do_crystals(struct monitor *o, const char *rest)
{
    char *next;
    uint32_t low = (uint32_t)strtoul(rest, &next, 10);

    msim_crystals(o->m, low, (uint32_t)strtoul(next, NULL, 10));
}

static void do_dco(struct monitor *o, const char *rest)
{
    msim_dco(o->m, (uint32_t)strtoul(rest, NULL, 10));
}

static void do_erased(struct monitor *o, const char *rest)
{
    say(o, "%u\n", msim_flash_erased(o->m, (uint16_t)strtoul(rest, NULL, 0)));
}

static void do_on(struct monitor *o, const char *rest)
{
    (void)rest;
    for (unsigned state = 0; state < MSIM_ON_STATES; state++) {
        if (msim_time_on(o->m, state) != 0) {
            say(o, "%u %" PRIu64 "\n", state, msim_time_on(o->m, state));
        }
    }
}

static const struct {
    const char *word;
    void (*execute)(struct monitor *o, const char *rest);
} commands[] = {
    {"cycles", do_cycles}, {"time", do_time},         {"fault", do_fault}, {"resets", do_resets},
    {"reset", do_reset},   {"until", do_until},       {"uart", do_uart},   {"heard", do_heard},
    {"errors", do_errors}, {"baud", do_baud},         {"pin", do_pin},     {"noise", do_noise},
    {"supply", do_supply}, {"crystals", do_crystals}, {"dco", do_dco},     {"erased", do_erased},
    {"on", do_on},
};

bool monitor_do(struct monitor *o, const char *line)
{
    size_t len = strcspn(line, " ");

    o->says[0] = '\0';
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strlen(commands[i].word) == len && strncmp(commands[i].word, line, len) == 0) {
            commands[i].execute(o, line + len + (line[len] == ' '));
            return true;
        }
    }
    return false;
}

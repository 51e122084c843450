/* SPDX-License-Identifier: MIT */
#include "gdb.h"

#include <stdlib.h>
#include <string.h>

#define PACKET_MAX 4096
#define MEMORY_MAX 1024 /* octets in one packet */

/* Signals of the protocol that say why the machine stopped. */
enum { SIGNAL_TRAP = 5, SIGNAL_FAULT = 11, SIGNAL_TIME = 14, SIGNAL_HOST = 16 };

struct server {
    struct msim *m;
    FILE *in, *out;
    struct monitor *monitor;
    char packet[PACKET_MAX + 1];
    char answer[2 * MONITOR_SAYS];
};

/* ---- packets -------------------------------------------------------------------------------- */

static int hex_digit(int c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

/* Answers whether a whole packet with the right checksum came; false at the end of input. */
static bool receive(struct server *s)
{
    for (;;) {
        unsigned sum = 0;
        size_t len = 0;
        int c;

        while ((c = getc(s->in)) != '$') {
            if (c == EOF) {
                return false;
            }
        }
        while ((c = getc(s->in)) != '#' && c != EOF && len < PACKET_MAX) {
            s->packet[len++] = (char)c;
            sum += (unsigned)c;
        }
        s->packet[len] = '\0';
        if (c == '#' && (int)(sum >> 4 & 15) == hex_digit(getc(s->in)) &&
            (int)(sum & 15) == hex_digit(getc(s->in))) {
            putc('+', s->out);
            return true;
        }
        if (c != '#') {
            return false;
        }
        putc('-', s->out);
        fflush(s->out);
    }
}

static void answer(struct server *s, const char *body)
{
    unsigned sum = 0;

    for (const char *c = body; *c != '\0'; c++) {
        sum += (unsigned char)*c;
    }
    fprintf(s->out, "$%s#%02x", body, sum & 0xff);
    fflush(s->out);
}

static size_t unhex(const char *text, uint8_t *out, size_t max)
{
    size_t len = 0;

    while (len < max && hex_digit(text[0]) >= 0 && hex_digit(text[1]) >= 0) {
        out[len++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
        text += 2;
    }
    return len;
}

static void hex(char *out, const uint8_t *octets, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        *out++ = digits[octets[i] >> 4];
        *out++ = digits[octets[i] & 15];
    }
    *out = '\0';
}

/* ---- registers and memory ------------------------------------------------------------------- */

static void read_registers(struct server *s)
{
    uint8_t octets[32];

    for (unsigned i = 0; i < 16; i++) {
        octets[2 * i] = (uint8_t)msim_register(s->m, i);
        octets[2 * i + 1] = (uint8_t)(msim_register(s->m, i) >> 8);
    }
    hex(s->answer, octets, sizeof octets);
}

static bool write_registers(struct server *s, const char *text)
{
    uint8_t octets[32];

    if (unhex(text, octets, sizeof octets) != sizeof octets) {
        return false;
    }
    for (unsigned i = 0; i < 16; i++) {
        msim_set_register(s->m, i, (uint16_t)(octets[2 * i] | octets[2 * i + 1] << 8));
    }
    return true;
}

/* "ADDRESS,LENGTH" */
static bool range(const char *text, uint16_t *at, size_t *len, const char **end)
{
    char *next;
    unsigned long begin = strtoul(text, &next, 16), count;

    if (*next != ',') {
        return false;
    }
    count = strtoul(next + 1, &next, 16);
    *at = (uint16_t)begin;
    *len = count;
    *end = next;
    return begin <= 0xffff && count <= MEMORY_MAX;
}

static bool read_memory(struct server *s, const char *text)
{
    uint8_t octets[MEMORY_MAX];
    const char *end;
    uint16_t at;
    size_t len;

    if (!range(text, &at, &len, &end)) {
        return false;
    }
    msim_read(s->m, at, octets, len);
    hex(s->answer, octets, len);
    return true;
}

static bool write_memory(struct server *s, const char *text)
{
    uint8_t octets[MEMORY_MAX];
    const char *end;
    uint16_t at;
    size_t len;

    if (!range(text, &at, &len, &end) || *end != ':' ||
        unhex(end + 1, octets, sizeof octets) != len) {
        return false;
    }
    msim_write(s->m, at, octets, len);
    return true;
}

/* "Z0,ADDRESS,KIND": break points. */
static bool set_mark(struct server *s, const char *text, bool marked)
{
    if (text[0] != '0' || text[1] != ',') {
        return false;
    }
    msim_mark(s->m, (uint16_t)strtoul(text + 2, NULL, 16), marked);
    return true;
}

/* ---- running -------------------------------------------------------------------------------- */

static void tell_stop(struct server *s, enum msim_stop why)
{
    static const int signals[] = {[MSIM_STOP_TIME] = SIGNAL_TIME,
                                  [MSIM_STOP_MARK] = SIGNAL_TRAP,
                                  [MSIM_STOP_FAULT] = SIGNAL_FAULT,
                                  [MSIM_STOP_HOST] = SIGNAL_HOST};
    size_t len = (size_t)snprintf(s->answer, sizeof s->answer, "T%02x", (unsigned)signals[why]);

    for (unsigned i = 0; i < 16; i++) {
        uint16_t value = msim_register(s->m, i);

        len += (size_t)snprintf(s->answer + len, sizeof s->answer - len, "%02x:%02x%02x;", i,
                                value & 0xffu, (unsigned)value >> 8);
    }
}

static void step(struct server *s)
{
    enum msim_stop why = msim_step(s->m);

    tell_stop(s, why == MSIM_STOP_TIME ? MSIM_STOP_MARK : why);
}

static void ok(struct server *s, bool good)
{
    snprintf(s->answer, sizeof s->answer, "%s", good ? "OK" : "E01");
}

/* ---- commands of our own: "monitor ..." ----------------------------------------------------- */

static void monitor(struct server *s, const char *text)
{
    char command[PACKET_MAX / 2 + 1];
    size_t len = unhex(text, (uint8_t *)command, sizeof command - 1);
    const char *said = s->monitor->says;

    command[len] = '\0';
    if (!monitor_do(s->monitor, command)) {
        said = monitor_help;
    }
    len = strlen(said);
    if (len == 0) {
        ok(s, true);
    } else {
        hex(s->answer, (const uint8_t *)said,
            len < sizeof s->answer / 2 ? len : sizeof s->answer / 2 - 1);
    }
}

/* ---- the protocol --------------------------------------------------------------------------- */

/* False: the other side has done with the machine. */
static bool serve_packet(struct server *s)
{
    const char *rest = s->packet + 1;

    s->answer[0] = '\0';
    switch (s->packet[0]) {
    case '?':
        tell_stop(s, MSIM_STOP_MARK);
        break;
    case 'g':
        read_registers(s);
        break;
    case 'G':
        ok(s, write_registers(s, rest));
        break;
    case 'm':
        if (!read_memory(s, rest)) {
            ok(s, false);
        }
        break;
    case 'M':
        ok(s, write_memory(s, rest));
        break;
    case 'Z':
    case 'z':
        ok(s, set_mark(s, rest, s->packet[0] == 'Z'));
        break;
    case 'c':
        tell_stop(s, msim_run(s->m, s->monitor->until));
        break;
    case 's':
        step(s);
        break;
    case 'D':
        ok(s, true);
        break;
    case 'k':
        return false;
    case 'q':
        if (strncmp(rest, "Rcmd,", 5) == 0) {
            monitor(s, rest + 5);
        }
        break;
    default:
        break;
    }
    answer(s, s->answer);
    return true;
}

bool gdb_serve(struct monitor *monitor, FILE *in, FILE *out)
{
    struct server s = {.m = monitor->m, .in = in, .out = out, .monitor = monitor};

    while (receive(&s)) {
        if (!serve_packet(&s)) {
            return true;
        }
    }
    return feof(in) != 0;
}

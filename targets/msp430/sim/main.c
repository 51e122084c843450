/* SPDX-License-Identifier: MIT */
/* msp430sim: runs an ELF image, tells what it took. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdb.h"
#include "msim.h"

static const char help[] =
    "usage: msp430sim [OPTION]... IMAGE.elf\n"
    "Runs an image for the MSP430 in a simulated machine, from reset.\n"
    "\n"
    "  --part=NAME      the part; else the one that the image names by a symbol part_NAME\n"
    "  --until=SYMBOL   ends where that function begins; may be given more than once\n"
    "  --from=SYMBOL    counts cycles from where that function is reached, not from reset\n"
    "  --seconds=N      ends after that time (default 10)\n"
    "  --profile        prints cycles by function\n"
    "  --poke=SYMBOL=HEX  writes those octets to a variable before the run, behind --from if that "
    "is given\n"
    "  --print=SYMBOL:N prints N octets of a variable after the run\n"
    "  --do=COMMAND     changes what surrounds the part, before the run; \"--do=help\" lists the "
    "commands\n"
    "  --then=COMMAND   the same, after the run\n"
    "  --gdb            serves the GDB remote protocol on standard input and output:\n"
    "                   (gdb) target remote | msp430sim --gdb IMAGE.elf\n"
    "  --parts          lists the parts; \"cpu\" and \"cpuxv2\" need no image\n"
    "\n"
    "Exit status: 0 an end was reached, 1 the time is up before any --until, 2 usage, 3 the "
    "program did what none\n"
    "should (the text says what).\n";

#define POKES 16

struct options {
    const char *part, *image, *from;
    const char *until[POKES], *poke[POKES], *print[POKES], *command[POKES], *after[POKES];
    size_t untils, pokes, prints, commands, afters;
    double seconds;
    bool profile, gdb;
};

static _Noreturn void fail(const char *what, const char *which)
{
    fprintf(stderr, "msp430sim: %s: %s\n", which, what);
    exit(2);
}

static void list_parts(void)
{
    for (size_t i = 0; msim_part_name(i) != NULL; i++) {
        puts(msim_part_name(i));
    }
    exit(0);
}

static void collect(const char **list, size_t *count, const char *value)
{
    if (*count == POKES) {
        fail("too often", value);
    }
    list[(*count)++] = value;
}

static void parse_option(struct options *o, int option, const char *value)
{
    switch (option) {
    case 'p':
        o->part = value;
        break;
    case 'u':
        collect(o->until, &o->untils, value);
        break;
    case 'f':
        o->from = value;
        break;
    case 's':
        o->seconds = strtod(value, NULL);
        break;
    case 'r':
        o->profile = true;
        break;
    case 'k':
        collect(o->poke, &o->pokes, value);
        break;
    case 't':
        collect(o->print, &o->prints, value);
        break;
    case 'd':
        collect(o->command, &o->commands, value);
        break;
    case 'n':
        collect(o->after, &o->afters, value);
        break;
    case 'g':
        o->gdb = true;
        break;
    case 'l':
        list_parts();
        break;
    case 'h':
        fputs(help, stdout);
        exit(0);
    default:
        fputs(help, stderr);
        exit(2);
    }
}

static void parse(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {
        {"part", required_argument, NULL, 'p'},
        {"until", required_argument, NULL, 'u'},
        {"from", required_argument, NULL, 'f'},
        {"seconds", required_argument, NULL, 's'},
        {"profile", no_argument, NULL, 'r'},
        {"poke", required_argument, NULL, 'k'},
        {"print", required_argument, NULL, 't'},
        {"gdb", no_argument, NULL, 'g'},
        {"do", required_argument, NULL, 'd'},
        {"then", required_argument, NULL, 'n'},
        {"parts", no_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        parse_option(o, option, optarg);
    }
    if (optind < argc - 1 || (optind == argc && o->part == NULL) || !(o->seconds > 0)) {
        fputs(help, stderr);
        exit(2);
    }
    o->image = optind < argc ? argv[optind] : NULL;
}

/* ---- the machine ---------------------------------------------------------------------------- */

static uint8_t *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *octets;
    long size;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        fail("cannot be read", path);
    }
    rewind(file);
    octets = malloc((size_t)size + 1);
    if (octets == NULL || fread(octets, 1, (size_t)size, file) != (size_t)size) {
        fail("cannot be read", path);
    }
    fclose(file);
    *len = (size_t)size;
    return octets;
}

static struct msim *make(const struct options *o)
{
    size_t len = 0;
    uint8_t *image = o->image != NULL ? read_file(o->image, &len) : NULL;
    const char *part = o->part != NULL ? o->part : msim_image_part(image, len);
    struct msim *m = part != NULL ? msim_new(part) : NULL;
    const char *wrong;

    if (m == NULL) {
        fail(part != NULL ? "no such part (see --parts)" : "names no part: say --part=",
             part != NULL ? part : o->image);
    }
    wrong = image != NULL ? msim_load(m, image, len) : NULL;
    if (wrong != NULL) {
        fail(wrong, o->image);
    }
    free(image);
    msim_reset(m);
    return m;
}

static uint16_t address(const struct msim *m, const char *name)
{
    uint16_t at;

    if (!msim_symbol(m, name, &at)) {
        fail("no such symbol in the image", name);
    }
    return at;
}

/* "NAME=HEX" */
static void poke(struct msim *m, const char *text)
{
    const char *hex = strchr(text, '=');
    char name[128];
    unsigned octet;

    if (hex == NULL || (size_t)(hex - text) >= sizeof name) {
        fail("SYMBOL=HEX is expected", text);
    }
    snprintf(name, sizeof name, "%.*s", (int)(hex - text), text);
    for (uint16_t at = address(m, name); sscanf(++hex, "%2x", &octet) == 1; at++, hex++) {
        uint8_t value = (uint8_t)octet;

        msim_write(m, at, &value, 1);
    }
}

/* "NAME:N" */
static void print(struct msim *m, const char *text)
{
    const char *count = strchr(text, ':');
    char name[128];
    uint8_t octet;

    if (count == NULL || (size_t)(count - text) >= sizeof name) {
        fail("SYMBOL:N is expected", text);
    }
    snprintf(name, sizeof name, "%.*s", (int)(count - text), text);
    printf("%s ", name);
    for (unsigned i = 0; i < (unsigned)atoi(count + 1); i++) {
        msim_read(m, (uint16_t)(address(m, name) + i), &octet, 1);
        printf("%02x", octet);
    }
    putchar('\n');
}

/* ---- what is told --------------------------------------------------------------------------- */

static int by_self(const void *a, const void *b)
{
    const struct msim_row *x = a, *y = b;

    if (x->self != y->self) {
        return x->self < y->self ? 1 : -1;
    }
    return strcmp(x->name, y->name);
}

static void tell_profile(const struct msim *m)
{
    struct msim_row *rows = NULL, row;
    size_t count = 0;

    for (; msim_profile_row(m, count, &row); count++) {
        rows = realloc(rows, (count + 1) * sizeof *rows);
        if (rows == NULL) {
            fail("no memory", "--profile");
        }
        rows[count] = row;
    }
    qsort(rows, count, sizeof *rows, by_self);
    printf("%12s %12s %8s %10s %10s  function\n", "self", "inclusive", "calls", "least", "most");
    for (size_t i = 0; i < count; i++) {
        printf("%12" PRIu64 " %12" PRIu64 " %8" PRIu64 " %10" PRIu64 " %10" PRIu64 "  %s\n",
               rows[i].self, rows[i].inclusive, rows[i].calls, rows[i].least, rows[i].most,
               rows[i].name);
    }
    free(rows);
}

/* Exit status. */
static int tell_end(const struct msim *m, enum msim_stop why, uint64_t cycles, size_t untils)
{
    uint16_t pc = msim_register(m, MSIM_PC);

    if (why == MSIM_STOP_FAULT) {
        printf("fault: the program %s (at or before 0x%04x, in %s)\n", msim_fault(m), pc,
               msim_function_at(m, pc));
    } else {
        printf("%s at 0x%04x, in %s\n", why == MSIM_STOP_MARK ? "end" : "time is up", pc,
               msim_function_at(m, pc));
    }
    printf("%" PRIu64 " cycles, %.6f s\n", cycles, (double)msim_now(m) / (double)MSIM_SECOND);
    return why == MSIM_STOP_FAULT ? 3 : why == MSIM_STOP_MARK || untils == 0 ? 0 : 1;
}

/* What surrounds the machine. */
static void surround(struct monitor *monitor, const char *const *commands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!monitor_do(monitor, commands[i])) {
            fprintf(stderr, "msp430sim: commands of --do:\n%s", monitor_help);
            exit(2);
        }
        fputs(monitor->says, stdout);
    }
}

static enum msim_stop go(struct msim *m, const struct options *o, uint64_t *begun)
{
    msim_time end = (msim_time)(o->seconds * (double)MSIM_SECOND);
    enum msim_stop why;

    if (o->from != NULL) {
        uint16_t from = address(m, o->from);

        msim_mark(m, from, true);
        why = msim_run(m, end);
        msim_mark(m, from, false);
        if (why != MSIM_STOP_MARK) {
            return why;
        }
    }
    *begun = msim_cycles(m);
    for (size_t i = 0; i < o->pokes; i++) {
        poke(m, o->poke[i]);
    }
    for (size_t i = 0; i < o->untils; i++) {
        msim_mark(m, address(m, o->until[i]), true);
    }
    if (o->profile && !msim_profile(m)) {
        fail("no memory", "--profile");
    }
    return msim_run(m, end);
}

int main(int argc, char **argv)
{
    struct options o = {.seconds = 10};
    static struct monitor monitor;
    enum msim_stop why;
    struct msim *m;
    uint64_t begun = 0;
    int status;

    parse(&o, argc, argv);
    m = make(&o);
    monitor_init(&monitor, m);
    surround(&monitor, o.command, o.commands);
    if (o.gdb) {
        status = gdb_serve(&monitor, stdin, stdout) ? 0 : 2;
        msim_free(m);
        return status;
    }
    why = go(m, &o, &begun);
    status = tell_end(m, why, msim_cycles(m) - begun, o.untils);
    surround(&monitor, o.after, o.afters);
    for (size_t i = 0; i < o.prints; i++) {
        print(m, o.print[i]);
    }
    if (o.profile) {
        tell_profile(m);
    }
    msim_free(m);
    return status;
}

/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "shared.h"

#define STRANGERS_A_SECOND 10

const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};
void (*log_follower)(const char *line);

static struct {
    enum log_level level;
    int journal; /* socket; -1: stderr */
    uint64_t last;
    char kept[LOG_KEPT][LOG_LINE_MAX];
    time_t second;
    unsigned strangers, suppressed;
} state = {.level = LOG_INFO_LEVEL, .journal = -1};

/* systemd says by device and inode of stderr whether that is the journal. */
static bool stderr_is_journal(void)
{
    struct stat s;
    unsigned long long dev, inode;
    const char *told = getenv("JOURNAL_STREAM");
    return told != NULL && sscanf(told, "%llu:%llu", &dev, &inode) == 2 &&
           fstat(STDERR_FILENO, &s) == 0 && s.st_dev == dev && s.st_ino == inode;
}

void log_begin(enum log_level level)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
    state.level = level;
    if (!stderr_is_journal())
        return;
    state.journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (state.journal >= 0 && connect(state.journal, (struct sockaddr *)&name, sizeof name) != 0) {
        close(state.journal);
        state.journal = -1;
    }
}

void log_set_level(enum log_level level)
{
    state.level = level;
}

static bool to_journal(enum log_level level, const char *text)
{
    static const char priority[] = "3467"; /* of syslog: err, warning, info, debug */
    char fields[LOG_LINE_MAX + 100];
    int n = snprintf(fields, sizeof fields, "PRIORITY=%c\nSYSLOG_IDENTIFIER=ikeletd\nMESSAGE=%s\n",
                     priority[level], text);
    return state.journal >= 0 && send(state.journal, fields, (size_t)n, MSG_DONTWAIT) == n;
}

static void put(enum log_level level, const char *text)
{
    struct timespec t;
    struct tm tm;
    char at[24];
    char *line = state.kept[state.last++ % LOG_KEPT];
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &tm);
    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(line, LOG_LINE_MAX, "%s.%03ldZ %s: %.800s", at, t.tv_nsec / 1000000, log_levels[level],
             text);
    /* A full disk or a closed pipe behind stderr must not end the daemon: the result is ignored. */
    if (!to_journal(level, text))
        fprintf(stderr, "%s\n", line);
    if (log_follower != NULL)
        log_follower(line);
}

/* Control characters of a peer's text must not write lines of their own. */
static void tame(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

static void say(enum log_level level, const char *format, va_list args)
{
    char text[LOG_LINE_MAX];
    vsnprintf(text, sizeof text, format, args);
    tame(text);
    shared_enter();
    put(level, text);
    shared_leave();
}

void log_say(enum log_level level, const char *format, ...)
{
    va_list args;
    if (level > state.level)
        return;
    va_start(args, format);
    say(level, format, args);
    va_end(args);
}

/* One of those that may be written in this second. */
static bool may_write(void)
{
    struct timespec t;
    shared_enter();
    clock_gettime(CLOCK_MONOTONIC, &t);
    if (t.tv_sec != state.second) {
        unsigned suppressed = state.suppressed;
        state.second = t.tv_sec;
        state.strangers = state.suppressed = 0;
        if (suppressed > 0)
            log_say(LOG_WARNING_LEVEL, "%u more lines of this kind were left out", suppressed);
    }
    bool may = state.strangers++ < STRANGERS_A_SECOND;
    state.suppressed += !may;
    shared_leave();
    return may;
}

void log_stranger(enum log_level level, const char *format, ...)
{
    va_list args;
    if (level > state.level || !may_write())
        return;
    va_start(args, format);
    say(level, format, args);
    va_end(args);
}

const char *log_line(uint64_t number)
{
    if (number == 0 || number > state.last || state.last - number >= LOG_KEPT)
        return NULL;
    return state.kept[(number - 1) % LOG_KEPT];
}

uint64_t log_last(void)
{
    return state.last;
}

/* SPDX-License-Identifier: MIT */
#include "ctl.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "help.h"
#include "host.h"
#include "say.h"

#define CONTROL_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)
#define LINES_MAX 1000000 /* of which ikeletd keeps fewer */
#define DEFAULT_SOCKET "/run/ikeletd/control"

enum key { KEY_CONTROL = 256, KEY_JSON, KEY_LINES, KEY_FOLLOW };

static void show_outcome(json_t *answer)
{
    const char *text = json_string_value(json_object_get(answer, "outcome"));
    if (text != NULL)
        puts(text);
}

static void show_lines(json_t *answer)
{
    size_t i;
    json_t *line;
    json_array_foreach(json_object_get(answer, "lines"), i, line) puts(json_string_value(line));
    const char *one = json_string_value(json_object_get(answer, "line"));
    if (one != NULL)
        puts(one);
}

static const struct verb {
    const char *name, *what;
    bool named; /* takes the name of a connection */
    void (*show)(json_t *answer);
} verbs[] = {
    {"up", "bring up a connection (or CONNECTION/CHILD); wait for it", true, show_outcome},
    {"down", "delete its SAs; it stays down until it is brought up", true, show_outcome},
    {"rekey", "make new keys for a connection's Child SA, and wait for it", true, show_outcome},
    {"status", "who is there, since when, by which suite; octets, drops", false, ctl_show_status},
    {"list", "the connections of the configuration", false, ctl_show_list},
    {"log", "the last lines of the log; --follow goes on", false, show_lines},
    {"counters", "what was counted and dropped, by reason", false, ctl_show_counters},
    {"reload", "read the file again; SAs that it still allows stay", false, ctl_show_mistakes},
    {"check", "look for mistakes in the file, change nothing", false, ctl_show_mistakes},
};

#define VERBS_N (sizeof verbs / sizeof verbs[0])

static const struct verb *find(const char *name)
{
    for (unsigned i = 0; i < VERBS_N; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

bool ctl_knows(const char *verb)
{
    return find(verb) != NULL;
}

void ctl_help(void)
{
    for (unsigned i = 0; i < VERBS_N; i++)
        printf("  ikelet %-9s %s\n", verbs[i].name, verbs[i].what);
}

/* ---- command line ---------------------------------------------------------------------------- */

struct wish {
    const struct verb *verb;
    const char *control, *name;
    bool json, follow;
    long lines;
};

#define ROW_CONTROL                                                                                \
    {                                                                                              \
        "control", KEY_CONTROL, "SOCKET", 0,                                                       \
            "The control socket of ikeletd (default: the environment variable IKELET_CONTROL, "    \
            "or " DEFAULT_SOCKET ")",                                                              \
            0                                                                                      \
    }
#define ROW_JSON                                                                                   \
    {                                                                                              \
        "json", KEY_JSON, 0, 0, "Print the answer as JSON (schema 1)", 0                           \
    }

static const struct argp_option rows[] = {ROW_CONTROL, ROW_JSON, {0, 0, 0, 0, 0, 0}};

static const struct argp_option log_rows[] = {
    ROW_CONTROL,
    ROW_JSON,
    {"lines", KEY_LINES, "N", 0, "So many of the last lines", 0},
    {"follow", KEY_FOLLOW, 0, 0, "Go on with each new line", 0},
    {0, 0, 0, 0, 0, 0},
};

static long take_lines(const char *arg)
{
    uint64_t n = 0;
    if (!host_number_parse(arg, 0, 1, LINES_MAX, &n))
        refuse("--lines=%s: not a number from 1 to %d", arg, LINES_MAX);
    return (long)n;
}

static error_t take(int key, char *arg, struct argp_state *state)
{
    struct wish *w = state->input;
    switch (key) {
    case KEY_CONTROL:
        w->control = arg;
        break;
    case KEY_JSON:
        w->json = true;
        break;
    case KEY_LINES:
        w->lines = take_lines(arg);
        break;
    case KEY_FOLLOW:
        w->follow = true;
        break;
    case ARGP_KEY_ARG:
        if (!w->verb->named || w->name != NULL)
            refuse("\"%s\" is one too many", arg);
        w->name = arg;
        break;
    case ARGP_KEY_END:
        if (w->verb->named && w->name == NULL)
            refuse("which connection? ikelet list names them");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void parse(struct wish *w, int argc, char **argv)
{
    char doc[200];
    const char *set = getenv("IKELET_CONTROL");
    snprintf(
        doc, sizeof doc,
        "%s.\vExit status: 0 if it is done, 1 if not (one line says why), 2 if the command line "
        "is wrong.",
        w->verb->what);
    doc[0] = (char)toupper((unsigned char)doc[0]);
    bool log = strcmp(w->verb->name, "log") == 0;
    const struct argp argp = {log ? log_rows : rows,
                              take,
                              w->verb->named ? "CONNECTION" : NULL,
                              doc,
                              help_child,
                              NULL,
                              NULL};
    argp_err_exit_status = EXIT_USAGE;
    w->control = set != NULL && set[0] != '\0' ? set : DEFAULT_SOCKET;
    if (argp_parse(&argp, argc, argv, 0, NULL, w) != 0)
        exit(EXIT_USAGE);
    if (w->control[0] == '\0' || strlen(w->control) > CONTROL_MAX)
        refuse("--control=%s: not the name of a socket (1 to %u octets)", w->control,
               (unsigned)CONTROL_MAX);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int connect_to(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&name, sizeof name) == 0)
        return fd;
    if (errno == ENOENT || errno == ECONNREFUSED)
        complain("no ikeletd serves %s: is it running? (--control=SOCKET names another)", path);
    else
        complain("cannot ask ikeletd by %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool send_request(FILE *f, const struct wish *w)
{
    json_t *o = json_pack("{si ss}", "schema", CTL_SCHEMA, "verb", w->verb->name);
    if (w->name != NULL)
        json_object_set_new(o, "name", json_string(w->name));
    if (w->lines > 0)
        json_object_set_new(o, "lines", json_integer(w->lines));
    if (w->follow)
        json_object_set_new(o, "follow", json_true());
    bool good = json_dumpf(o, f, JSON_COMPACT) == 0 && fputc('\n', f) != EOF && fflush(f) == 0;
    json_decref(o);
    return good;
}

static int show(const struct wish *w, json_t *answer)
{
    bool ok = !json_is_false(json_object_get(answer, "ok"));
    const char *error = json_string_value(json_object_get(answer, "error"));
    if (w->json) {
        json_dumpf(answer, stdout, w->follow ? JSON_COMPACT : JSON_INDENT(2));
        putchar('\n');
        return ok ? EXIT_ANSWERED : EXIT_FAILED;
    }
    w->verb->show(answer);
    if (!ok)
        complain("%s", error != NULL ? error : "refused");
    return ok ? EXIT_ANSWERED : EXIT_FAILED;
}

static int ask(FILE *f, const struct wish *w)
{
    char *line = NULL;
    size_t cap = 0;
    int status = EXIT_FAILED;
    bool answered = false;
    if (!send_request(f, w)) {
        complain("ikeletd does not listen");
        return EXIT_FAILED;
    }
    while (getline(&line, &cap, f) > 0) {
        json_t *answer = json_loads(line, 0, NULL);
        if (answer == NULL)
            break;
        answered = true;
        status = show(w, answer);
        json_decref(answer);
        if (!w->follow)
            break;
    }
    if (!answered)
        complain("ikeletd went away without an answer");
    free(line);
    return status;
}

int ctl_main(int argc, char **argv)
{
    char title[40];
    struct wish w = {.verb = find(argv[0])};
    snprintf(title, sizeof title, "ikelet %s", argv[0]);
    argv[0] = title;
    parse(&w, argc, argv);
    int fd = connect_to(w.control);
    FILE *f = fd >= 0 ? fdopen(fd, "r+") : NULL;
    if (f == NULL)
        return EXIT_FAILED;
    int status = ask(f, &w);
    fclose(f);
    return status;
}

/* SPDX-License-Identifier: MIT */
/*
 * bench_scale: instructions that a gateway executes for one event, with few and with many SAs and
 * policies; and the sizes of what an SA takes. Valgrind's callgrind counts: the program starts
 * itself under it, sets SAs up with counting off, and has it write down the count of each event.
 * The counts are exact and depend on nothing but the program and the library.
 */
#include <argp.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

#include "host.h"
#include "scale.h"

#define LIST_MAX 16
#define ROWS_MAX (LIST_MAX * LIST_MAX * SCALE_EVENT_N)
#define RATIO_MAX_PERCENT 130
#define JUNK_MAX 1000
#define TITLE "bench_scale" /* of a count, before its row */

struct list {
    unsigned n;
    unsigned v[LIST_MAX];
};

struct options {
    struct list sas, policies;
    bool cheap, check, sizes, inner;
    const char *json;
};

struct row {
    unsigned event, sas, policies;
    uint64_t instructions; /* of one event; the mean of the samples */
};

struct table {
    unsigned n;
    struct row rows[ROWS_MAX];
};

static const char *const event_names[] = {
#define SCALE_NAME(name) #name,
    SCALE_EVENTS(SCALE_NAME)
#undef SCALE_NAME
};

/* ---- under valgrind -------------------------------------------------------------------------- */

/* Counts what lies between the two; the rest of the sample is not counted. */
static void measure_event(struct scale_net *net, enum scale_event event)
{
    for (unsigned s = 0; s < SCALE_SAMPLES; s++) {
        scale_prepare(net, event, s);
        CALLGRIND_TOGGLE_COLLECT;
        scale_happen(net);
        CALLGRIND_TOGGLE_COLLECT;
        scale_verify(net);
    }
}

static void measure(const struct options *o, unsigned sas, unsigned policies)
{
    struct scale_net *net = scale_net_new(sas, policies);
    char title[64];

    scale_cheap = o->cheap;
    CALLGRIND_START_INSTRUMENTATION;
    for (unsigned e = 0; e < SCALE_EVENT_N; e++) {
        measure_event(net, (enum scale_event)e);
        snprintf(title, sizeof title, TITLE " %u %u %u", e, sas, policies);
        CALLGRIND_DUMP_STATS_AT(title);
    }
    CALLGRIND_STOP_INSTRUMENTATION;
    scale_net_free(net);
}

static int inner(const struct options *o)
{
    if (!RUNNING_ON_VALGRIND) {
        fprintf(stderr, "bench_scale: --inner is for valgrind only\n");
        return EXIT_FAILURE;
    }
    for (unsigned p = 0; p < o->policies.n; p++) {
        for (unsigned s = 0; s < o->sas.n; s++)
            measure(o, o->sas.v[s], o->policies.v[p]);
    }
    return EXIT_SUCCESS;
}

/* ---- starting valgrind ----------------------------------------------------------------------- */

static void fail(const char *what)
{
    fprintf(stderr, "bench_scale: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void print_list(const struct list *l, const char *option, char *out, size_t cap)
{
    size_t at = (size_t)snprintf(out, cap, "%s=", option);

    for (unsigned i = 0; i < l->n; i++)
        at += (size_t)snprintf(out + at, cap - at, "%s%u", i > 0 ? "," : "", l->v[i]);
}

static void run_valgrind(const struct options *o, const char *dir)
{
    char self[PATH_MAX] = {0}, *out, sas[256], policies[256];
    int status;

    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        fail("/proc/self/exe");
    if (asprintf(&out, "--callgrind-out-file=%s/out", dir) < 0)
        fail("asprintf");
    print_list(&o->sas, "--sas", sas, sizeof sas);
    print_list(&o->policies, "--policies", policies, sizeof policies);
    char *const argv[] = {"valgrind",
                          "-q",
                          "--tool=callgrind",
                          "--instr-atstart=no",
                          "--collect-atstart=no",
                          out,
                          self,
                          "--inner",
                          sas,
                          policies,
                          o->cheap ? "--cheap" : NULL,
                          NULL};
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0) {
        execvp(argv[0], argv);
        fprintf(stderr, "bench_scale: valgrind: %s (Debian package valgrind)\n", strerror(errno));
        _exit(EXIT_FAILURE);
    }
    free(out);
    if (waitpid(pid, &status, 0) < 0)
        fail("waitpid");
    if (status != 0) {
        fprintf(stderr, "bench_scale: valgrind ended with status %d\n", status);
        exit(EXIT_FAILURE);
    }
}

/* ---- what it wrote --------------------------------------------------------------------------- */

/* One file holds one count. The last, written at the end of the program, has no title of ours. */
static void read_count(const char *path, struct table *t)
{
    FILE *f = fopen(path, "r");
    struct row row;
    char line[512];
    bool ours = false;

    if (f == NULL)
        fail(path);
    while (fgets(line, sizeof line, f) != NULL) {
        const char *title = strstr(line, ": " TITLE " ");
        uint64_t total;
        if (title != NULL && strncmp(line, "desc: Trigger", 13) == 0)
            ours = sscanf(title, ": " TITLE " %u %u %u", &row.event, &row.sas, &row.policies) == 3;
        else if (ours && sscanf(line, "totals: %" SCNu64, &total) == 1 && t->n < ROWS_MAX) {
            row.instructions = (total + SCALE_SAMPLES / 2) / SCALE_SAMPLES;
            t->rows[t->n++] = row;
            break;
        }
    }
    fclose(f);
}

static int by_size(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    if (x->event != y->event)
        return x->event < y->event ? -1 : 1;
    if (x->policies != y->policies)
        return x->policies < y->policies ? -1 : 1;
    return x->sas < y->sas ? -1 : x->sas > y->sas;
}

/* Takes the counts out of the folder, which is removed. */
static void collect(const char *dir, struct table *t)
{
    DIR *d = opendir(dir);
    char *path;

    if (d == NULL)
        fail(dir);
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (e->d_name[0] == '.')
            continue;
        if (asprintf(&path, "%s/%s", dir, e->d_name) < 0)
            fail("asprintf");
        read_count(path, t);
        unlink(path);
        free(path);
    }
    closedir(d);
    rmdir(dir);
    qsort(t->rows, t->n, sizeof t->rows[0], by_size);
}

static void count(const struct options *o, struct table *t)
{
    const char *base = getenv("TMPDIR");
    char dir[PATH_MAX];

    snprintf(dir, sizeof dir, "%s/bench_scale.XXXXXX", base != NULL ? base : P_tmpdir);
    if (mkdtemp(dir) == NULL)
        fail(dir);
    run_valgrind(o, dir);
    collect(dir, t);
    if (t->n != o->sas.n * o->policies.n * SCALE_EVENT_N) {
        fprintf(stderr, "bench_scale: callgrind wrote %u counts only\n", t->n);
        exit(EXIT_FAILURE);
    }
}

/* ---- what is told ---------------------------------------------------------------------------- */

struct size {
    const char *name;
    size_t octets;
};

/* The windows of received sequence numbers are not among the Child SA's. */
static const struct size sizes[] = {
    {"ike_sa", sizeof(struct ik_ike_sa)},
    {"child_sa", sizeof(struct ik_child_sa) - sizeof((struct ik_child_sa *)0)->replay.bits},
    {"handshake", sizeof(struct ik_handshake)},
    {"task", sizeof(struct ik_task)},
    {"buffer", sizeof(struct ik_buffer)},
    {"short_buffer", IK_SHORT_BUFFER},
    {"node", sizeof(struct ik_node)},
};
#define SIZES_N (sizeof sizes / sizeof sizes[0])

static void print_sizes(void)
{
    printf("octets:");
    for (unsigned i = 0; i < SIZES_N; i++)
        printf("%s %s %zu", i > 0 ? "," : "", sizes[i].name, sizes[i].octets);
    printf("\n");
}

/* The row of that event with the fewest SAs and policies. */
static const struct row *base_of(const struct table *t, unsigned event)
{
    const struct row *base = NULL;

    for (unsigned i = 0; i < t->n && base == NULL; i++)
        base = t->rows[i].event == event ? &t->rows[i] : NULL;
    return base;
}

static void print_table(const struct table *t)
{
    printf("%-14s %9s %9s %13s %8s\n", "event", "SAs", "policies", "instructions", "ratio");
    for (unsigned i = 0; i < t->n; i++) {
        const struct row *r = &t->rows[i];
        printf("%-14s %9u %9u %13" PRIu64 " %8.2f\n", event_names[r->event], r->sas, r->policies,
               r->instructions,
               (double)r->instructions / (double)base_of(t, r->event)->instructions);
    }
}

/* True if an event costs what it may. */
static bool check(const struct table *t)
{
    bool good = true;

    for (unsigned i = 0; i < t->n; i++) {
        const struct row *r = &t->rows[i];
        const char *name = event_names[r->event];
        uint64_t base = base_of(t, r->event)->instructions;
        if (r->instructions * 100 > base * RATIO_MAX_PERCENT) {
            printf("FAIL: %s with %u SAs and %u policies: %" PRIu64 " instructions, more than 1.3 "
                   "times %" PRIu64 "\n",
                   name, r->sas, r->policies, r->instructions, base);
            good = false;
        }
        if (r->event == SCALE_junk && r->instructions >= JUNK_MAX) {
            printf("FAIL: %s with %u SAs: %" PRIu64 " instructions, not below %d\n", name, r->sas,
                   r->instructions, JUNK_MAX);
            good = false;
        }
    }
    return good;
}

static void write_json(const char *path, const struct table *t)
{
    FILE *f = fopen(path, "w");

    if (f == NULL)
        fail(path);
    fprintf(f, "{\"schema\":1,\"rows\":[");
    for (unsigned i = 0; i < t->n; i++) {
        const struct row *r = &t->rows[i];
        fprintf(f, "%s\n{\"event\":\"%s\",\"sas\":%u,\"policies\":%u,\"instructions\":%" PRIu64 "}",
                i > 0 ? "," : "", event_names[r->event], r->sas, r->policies, r->instructions);
    }
    fprintf(f, "],\n\"sizes\":{");
    for (unsigned i = 0; i < SIZES_N; i++)
        fprintf(f, "%s\"%s\":%zu", i > 0 ? "," : "", sizes[i].name, sizes[i].octets);
    fprintf(f, "}}\n");
    bool failed = ferror(f) != 0;
    if (fclose(f) != 0 || failed)
        fail(path);
}

/* ---- command line ---------------------------------------------------------------------------- */

static void parse_list(const char *text, const char *name, unsigned least, unsigned most,
                       struct list *out, struct argp_state *state)
{
    out->n = 0;
    struct ik_span word;
    for (const char *at = text; host_word_next(&at, &word);) {
        uint64_t v = 0;
        if (word.len == 0 || host_number_take((const char *)word.p, 0, &v) != word.len ||
            v < least || v > most || out->n == LIST_MAX)
            argp_failure(state, 2, 0, "--%s: %.*s is no number from %u to %u, or one too many",
                         name, (int)word.len, (const char *)word.p, least, most);
        out->v[out->n++] = (unsigned)v;
    }
    if (out->n == 0)
        argp_failure(state, 2, 0, "--%s: a list of numbers", name);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 's':
        parse_list(arg, "sas", SCALE_SAMPLES, 60000, &o->sas, state);
        return 0;
    case 'p':
        parse_list(arg, "policies", 10, 60000, &o->policies, state);
        return 0;
    case 'j':
        o->json = arg;
        return 0;
    case 'c':
        o->check = true;
        return 0;
    case 'b':
        o->cheap = true;
        return 0;
    case 'z':
        o->sizes = true;
        return 0;
    case 'i':
        o->inner = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_failure(state, 2, 0, "%s: no arguments are taken", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_list[] = {
    {"sas", 's', "N,...", 0,
     "Numbers of IKE SAs, each with a Child SA (default 10,1000,10000,60000)", 0},
    {"policies", 'p', "N,...", 0, "Numbers of policies (default 10,1000,10000)", 0},
    {"cheap", 'b', NULL, 0,
     "Measure with a cipher and a hash that cost next to nothing: what is left is the core's own",
     0},
    {"check", 'c', NULL, 0,
     "Fail if an event costs more than 1.3 times what it costs with the fewest SAs and policies, "
     "or junk 1000 instructions",
     0},
    {"sizes", 'z', NULL, 0, "Print sizes and count nothing", 0},
    {"json", 'j', "FILE", 0, "Write the figures to FILE, too", 0},
    {"inner", 'i', NULL, OPTION_HIDDEN, "What valgrind starts", 0},
    {0},
};

int main(int argc, char **argv)
{
    static const struct argp argp = {
        .options = option_list,
        .parser = parse,
        .doc = "Count the instructions that a gateway executes for one event, by the number of its "
               "SAs and policies."};
    static struct table table;
    struct options o = {.sas = {4, {10, 1000, 10000, 60000}}, .policies = {3, {10, 1000, 10000}}};

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    if (o.inner)
        return inner(&o);
    if (!o.sizes) {
        count(&o, &table);
        print_table(&table);
    }
    print_sizes();
    if (o.json != NULL)
        write_json(o.json, &table);
    return o.check && !check(&table) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * Runs a target without libFuzzer: over each file of a corpus, over each of its truncations, and
 * over seeded mutations. The corpus of nodes has to reach all that they count. Same arguments: same
 * inputs. An input that fails is written to crash.bin in the working directory before the process
 * dies of it.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>

#include "targets.h"

#define FILES_MAX 256
#define INPUT_MAX 4096

struct input {
    char name[256];
    size_t len;
    uint8_t b[INPUT_MAX];
};

static struct input corpus[FILES_MAX];
static size_t corpus_n;
static uint64_t state;

/* splitmix64 */
static uint32_t draw(uint32_t below)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 32) % below;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct input *)a)->name, ((const struct input *)b)->name);
}

static void read_file(const char *dir, const char *name)
{
    char path[1024];
    struct input *in = &corpus[corpus_n];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    if (!f || strlen(name) >= sizeof in->name) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(2);
    }
    memcpy(in->name, name, strlen(name) + 1);
    in->len = fread(in->b, 1, sizeof in->b, f);
    fclose(f);
    corpus_n++;
}

static void read_corpus(const char *dir)
{
    DIR *d = opendir(dir);
    if (!d) {
        fprintf(stderr, "%s: %s\n", dir, strerror(errno));
        exit(2);
    }
    for (struct dirent *e = readdir(d); e && corpus_n < FILES_MAX; e = readdir(d)) {
        if (e->d_name[0] != '.') {
            read_file(dir, e->d_name);
        }
    }
    closedir(d);
    /* The order of a directory is the file system's. */
    qsort(corpus, corpus_n, sizeof corpus[0], by_name);
}

/* ---- mutations ------------------------------------------------------------------------------- */

static void set_octet(struct input *in)
{
    static const uint8_t edges[] = {0, 1, 2, 3, 4, 7, 8, 16, 0x7f, 0x80, 0xfe, 0xff};
    uint32_t at = draw((uint32_t)in->len);
    switch (draw(3)) {
    case 0:
        in->b[at] ^= (uint8_t)(1u << draw(8));
        break;
    case 1:
        in->b[at] = edges[draw(sizeof edges)];
        break;
    default:
        in->b[at] = (uint8_t)(in->b[at] + draw(9) - 4);
        break;
    }
}

/* Takes octets out, or doubles them. */
static void resize(struct input *in)
{
    size_t at = draw((uint32_t)in->len);
    size_t n = 1 + draw((uint32_t)(in->len - at < 16 ? in->len - at : 16));
    if (n > in->len - at) {
        n = in->len - at;
    }
    if (draw(2)) {
        memmove(in->b + at, in->b + at + n, in->len - at - n);
        in->len -= n;
    } else if (in->len + n <= INPUT_MAX) {
        memmove(in->b + at + n, in->b + at, in->len - at);
        in->len += n;
    }
}

/* Puts a piece of another input in. */
static void splice(struct input *in)
{
    const struct input *other = &corpus[draw((uint32_t)corpus_n)];
    if (other->len == 0) {
        return;
    }
    size_t from = draw((uint32_t)other->len);
    size_t at = draw((uint32_t)in->len);
    size_t n = other->len - from < in->len - at ? other->len - from : in->len - at;
    memcpy(in->b + at, other->b + from, n);
}

static void mutate(struct input *in)
{
    for (uint32_t steps = 1 + draw(4); steps > 0 && in->len > 0; steps--) {
        uint32_t kind = draw(16);
        if (kind < 12) {
            set_octet(in);
        } else if (kind < 15) {
            resize(in);
        } else {
            splice(in);
        }
    }
}

/* A message whose header tells another length is refused at once: mostly it is set right. */
static void mend_length(struct input *in)
{
    if (in->len >= IK_HDR_LEN && draw(8) != 0) {
        ik_put32(in->b + 24, (uint32_t)in->len);
    }
}

/* ---- running --------------------------------------------------------------------------------- */

static void (*target)(const uint8_t *data, size_t len);
static const uint8_t *running;
static size_t running_len;

/* Sanitizers that are linked in call it before they end the process. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void keep_input(void)
{
    FILE *f = fopen("crash.bin", "wb");
    if (f) {
        fwrite(running, 1, running_len, f);
        fclose(f);
        fprintf(stderr, "the input is in crash.bin\n");
    }
}

static void on_signal(int number)
{
    keep_input();
    signal(number, SIG_DFL);
    raise(number);
}

/* Runs an exact copy, so that a read behind the end is seen. */
static void run(const uint8_t *b, size_t len)
{
    uint8_t *exact = malloc(len ? len : 1);
    if (!exact) {
        exit(2);
    }
    if (len) {
        memcpy(exact, b, len);
    }
    running = exact;
    running_len = len;
    target(exact, len);
    free(exact);
}

static void run_truncations(const struct input *in, bool messages)
{
    static struct input cut;
    for (size_t len = 0; len <= in->len; len++) {
        run(in->b, len);
        cut = *in;
        cut.len = len;
        if (messages && len >= IK_HDR_LEN) {
            ik_put32(cut.b + 24, (uint32_t)len);
        }
        run(cut.b, cut.len);
    }
}

static void run_mutations(unsigned long n, bool messages)
{
    static struct input in;
    for (unsigned long i = 0; i < n; i++) {
        in = corpus[draw((uint32_t)corpus_n)];
        mutate(&in);
        if (messages) {
            mend_length(&in);
        }
        run(in.b, in.len);
    }
}

static const struct {
    const char *name;
    void (*target)(const uint8_t *data, size_t len);
} kinds[] = {{"msg", fuzz_msg},
             {"body", fuzz_body},
             {"ipsec", fuzz_ipsec},
             {"path", fuzz_path},
             {"node", fuzz_node}};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 5 && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(argv[1], kinds[i].name) == 0) {
            target = kinds[i].target;
        }
    }
    if (!target) {
        fprintf(stderr, "usage: replay msg|body|ipsec|path|node CORPUS MUTATIONS SEED\n");
        return 2;
    }
    bool messages = target == fuzz_msg;
    state = strtoull(argv[4], NULL, 10);
    read_corpus(argv[2]);
    if (corpus_n == 0) {
        fprintf(stderr, "%s: empty\n", argv[2]);
        return 2;
    }
    signal(SIGABRT, on_signal);
    signal(SIGSEGV, on_signal);
    if (__sanitizer_set_death_callback) {
        __sanitizer_set_death_callback(keep_input);
    }
    for (size_t i = 0; i < corpus_n; i++) {
        run_truncations(&corpus[i], messages);
    }
    bool reached = (target != fuzz_node || fuzz_node_reached()) &&
                   (target != fuzz_path || fuzz_path_reached());
    run_mutations(strtoul(argv[3], NULL, 10), messages);
    printf("%zu inputs, their truncations and %s mutations: no failure\n", corpus_n, argv[3]);
    return reached ? 0 : 1;
}

/* SPDX-License-Identifier: MIT */
/*
 * The board of the firmware's application on a host: the same sources of app/, with seams that are
 * lines of text instead of hardware.
 *
 *     store HEX                      first: struct store as the target has it
 *     entropy HEX                    as many octets as the target samples; none: it is stuck
 *     rx US HEX, press US, wake US   what ends a sleep, or comes in the midst of a computation
 *     job US                         a long computation ended then
 *
 * Prints "tx HEX" for each packet, "told EVENT REASON", "cost N TIMES" for what the core
 * counts (enum ik_cost), "job N" before a slice of a long computation and "paused" or "done" behind
 * it, and "sleep US" before it takes the next line. Ends with the input. Time stands still but for
 * what the lines say.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/target.h"

#define IP6_HEADER 40
#define LINE_MAX_OCTETS (2 * LINK_MTU + 64)

uint8_t link_in[LINK_MTU] __attribute__((aligned(2)));
volatile uint16_t link_in_len;
volatile uint8_t button_pressed;
volatile uint16_t loop_age;

static ik_time now;
static char line[LINE_MAX_OCTETS];
uint32_t store_boots;
static struct store kept;
static uint8_t entropy[ENTROPY_LEN];
static bool store_known, entropy_known;

int door_main(void);

_Noreturn static void fail(const char *what)
{
    fprintf(stderr, "msp430_native: %s\n", what);
    exit(2);
}

static void print_hex(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        printf("%02x", p[i]);
    }
}

static size_t read_hex(const char *text, void *out, size_t cap)
{
    uint8_t *p = out;
    size_t n = 0;
    unsigned octet;

    while (n < cap && sscanf(text + 2 * n, "%2x", &octet) == 1) {
        p[n++] = (uint8_t)octet;
    }
    return n;
}

/* ---- seams ------------------------------------------------------------------------------------
 */

void board_start(void)
{
}

void board_alive(void)
{
}

ik_time clock_now(void)
{
    return now;
}

uint32_t clock_until(ik_time at)
{
    return at <= now ? 0 : at - now < CLOCK_LONGEST ? (uint32_t)(at - now) : CLOCK_LONGEST;
}

bool link_take(void)
{
    bool taken = link_in_len == 0;

    if (taken) {
        link_in_len = LINK_MTU;
    }
    return taken;
}

void link_send(const uint8_t *head, uint16_t head_len, const uint8_t *body, uint16_t body_len)
{
    printf("tx ");
    print_hex(head, head_len);
    print_hex(body, body_len);
    putchar('\n');
}

uint16_t entropy_take(uint8_t out[ENTROPY_LEN])
{
    memcpy(out, entropy, sizeof entropy);
    return entropy_known ? sizeof entropy : 0;
}

/* As store.c does, with one copy: the number of starts is counted up. It counts for the seed, low
 * octet first, as the target has it; so does this host, or the runs would differ. */
const struct store *store_open(uint16_t magic)
{
    store_boots = kept.boots + 1;
    return store_known && kept.magic == magic ? &kept : NULL;
}

#if IK_DROP_LAST
void ik_dropped(void)
{
}
#endif

uint16_t store_magic(void)
{
    return kept.magic;
}

static bool next_line(void)
{
    fflush(stdout);
    return fgets(line, sizeof line, stdin) != NULL;
}

static void pass_time(ik_time at)
{
    if (at < now) {
        fail("time runs backwards");
    }
    now = at;
}

static void wake(void)
{
    uint64_t at;
    int used = 0;

    if (sscanf(line, "rx %" SCNu64 " %n", &at, &used) == 1) {
        link_in_len = (uint16_t)read_hex(line + used, link_in, sizeof link_in);
    } else if (sscanf(line, "press %" SCNu64, &at) == 1) {
        button_pressed = 1;
    } else if (sscanf(line, "wake %" SCNu64, &at) != 1) {
        fail("a line is none of rx, press, wake");
    }
    pass_time(at);
}

void clock_sleep(uint32_t us, bool deep)
{
    (void)deep;
    if (us == 0) {
        return;
    }
    printf("sleep %" PRIu64 "\n", now + us);
    if (!next_line()) {
        exit(0);
    }
    wake();
}

/* The linker puts this in front of the core's: a computation takes as long as it took the firmware,
 * and is interrupted by what interrupted that. Slices between which nothing happened are none here.
 */
bool __real_ik_job_step(struct ik_job *job, uint16_t budget);
bool __wrap_ik_job_step(struct ik_job *job, uint16_t budget);

bool __wrap_ik_job_step(struct ik_job *job, uint16_t budget)
{
    uint64_t at;

    (void)budget;
    printf("job %d\n", ik_job_cost(job));
    if (!next_line()) {
        exit(0);
    }
    if (sscanf(line, "job %" SCNu64, &at) != 1) {
        wake();
        puts("paused");
        return __real_ik_job_step(job, 0) && false;
    }
    while (!__real_ik_job_step(job, IK_JOB_WHOLE)) {
    }
    pass_time(at);
    puts("done");
    return true;
}

/* What the meter counts, in between what happens. */
void __real_ik_charge(struct ik_env *env, enum ik_cost what, size_t times);
void __wrap_ik_charge(struct ik_env *env, enum ik_cost what, size_t times);

void __wrap_ik_charge(struct ik_env *env, enum ik_cost what, size_t times)
{
    printf("cost %d %zu\n", what, times);
    __real_ik_charge(env, what, times);
}

/* An event, before the application is told: its own seam is out of the linker's reach. */
bool __real_ik_node_poll(struct ik_node *node, ik_time at, struct ik_effect *fx);
bool __wrap_ik_node_poll(struct ik_node *node, ik_time at, struct ik_effect *fx);

bool __wrap_ik_node_poll(struct ik_node *node, ik_time at, struct ik_effect *fx)
{
    bool more = __real_ik_node_poll(node, at, fx);

    if (more && fx->kind == IK_FX_EVENT) {
        printf("told %d %d\n", fx->event, fx->reason);
    }
    return more;
}

/* A clear packet: the application has made its UDP checksum, as the outer ones that the core
 * counts. */
void __real_ik_node_tx(struct ik_node *node, ik_time at, struct ik_pkt *pkt);
void __wrap_ik_node_tx(struct ik_node *node, ik_time at, struct ik_pkt *pkt);

void __wrap_ik_node_tx(struct ik_node *node, ik_time at, struct ik_pkt *pkt)
{
    printf("cost %d %d\n", IK_COST_UDP_OCTETS, pkt->len - IP6_HEADER);
    __real_ik_node_tx(node, at, pkt);
}

void ik_assert_failed(const char *file, int at)
{
    fprintf(stderr, "%s:%d: a bug of ikelet\n", file, at);
    abort();
}

/* The target aligns longer words to 2 octets, a host to more. */
static bool read_store(const char *text)
{
    uint8_t flat[128];
    size_t head = offsetof(struct store, none) + 1;
    size_t tail = offsetof(struct store, crc) - offsetof(struct store, local);
    size_t len = read_hex(text, flat, sizeof flat);

    if (len != head + 4 + tail + sizeof kept.crc) {
        return false;
    }
    memcpy(&kept, flat, head);
    kept.boots = (uint32_t)flat[head] | (uint32_t)flat[head + 1] << 8 |
                 (uint32_t)flat[head + 2] << 16 | (uint32_t)flat[head + 3] << 24;
    memcpy(kept.local, flat + head + 4, tail);
    return true;
}

/* ---- start ------------------------------------------------------------------------------------
 */

static void configure(void)
{
    while (next_line()) {
        if (strncmp(line, "store ", 6) == 0) {
            store_known = read_store(line + 6);
        } else if (strncmp(line, "entropy ", 8) == 0) {
            entropy_known = read_hex(line + 8, entropy, sizeof entropy) == sizeof entropy;
            return;
        } else {
            fail("store or entropy expected");
        }
    }
}

int main(void)
{
    configure();
    return door_main();
}

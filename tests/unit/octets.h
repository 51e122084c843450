/* SPDX-License-Identifier: MIT */
/*
 * What the tests of cursors and payloads share: octets from hex, copies that end where the input
 * ends (so that sanitizers see a read behind it), and the two loops that every parser and writer
 * must pass.
 */
#ifndef TESTS_UNIT_OCTETS_H
#define TESTS_UNIT_OCTETS_H

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "ikelet/ik_wire.h"
#include "util/util.h"

#define GUARD_LEN 16
#define GUARD 0xa5

struct octets {
    uint16_t len;
    uint8_t b[2048];
};

static inline unsigned nibble(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Lower-case hex; blanks are skipped. */
static inline struct octets unhex(const char *hex)
{
    struct octets o = {0};
    unsigned high = 0, half = 0;
    for (; *hex; hex++) {
        if (*hex == ' ') {
            continue;
        }
        if (half) {
            o.b[o.len++] = (uint8_t)(high << 4 | nibble(*hex));
        }
        high = nibble(*hex);
        half ^= 1u;
    }
    cr_assert_eq(half, 0, "odd number of digits");
    return o;
}

static inline struct ik_span span_of(const struct octets *o)
{
    return (struct ik_span){o->b, o->len};
}

/* The same, for those who take a pointer. */
#define SPAN(o) (&(struct ik_span){(o).b, (o).len})

static inline struct ik_span text_span(const char *text)
{
    return (struct ik_span){(const uint8_t *)text, (uint16_t)strlen(text)};
}

static inline bool span_is(struct ik_span s, const void *want, size_t len)
{
    return s.len == len && (len == 0 || memcmp(s.p, want, len) == 0);
}

/* A copy of exactly len octets; the caller frees it. */
static inline uint8_t *exact(const uint8_t *p, size_t len)
{
    uint8_t *q = malloc(len ? len : 1);
    cr_assert_not_null(q);
    if (len) {
        memcpy(q, p, len);
    }
    return q;
}

typedef enum ik_status (*body_parser)(struct ik_span body);

/* The parser's answer to an exact copy of the first len octets. */
static inline enum ik_status parse_copy(body_parser parse, const uint8_t *p, size_t len)
{
    uint8_t *q = exact(p, len);
    enum ik_status st = parse((struct ik_span){q, (uint16_t)len});
    free(q);
    return st;
}

/* Every body shorter than min is refused, every longer one up to the whole is taken. */
static inline void check_truncations(body_parser parse, const struct octets *body, size_t min)
{
    for (size_t n = 0; n <= body->len; n++) {
        enum ik_status want = n < min ? IK_ERR_SYNTAX : IK_OK;
        cr_assert_eq(parse_copy(parse, body->b, n), want, "%zu of %u octets", n, body->len);
    }
}

typedef void (*chain_builder)(struct ik_chain *c);

/* Builds in every size of buffer: too small is noticed, nothing lands behind the end, and what fits
 * is what is wanted. */
static inline void check_build(chain_builder build, const struct octets *want)
{
    for (size_t cap = 0; cap <= (size_t)want->len + 1; cap++) {
        struct ik_chain c;
        uint8_t *buf = malloc(cap + GUARD_LEN);
        cr_assert_not_null(buf);
        memset(buf, GUARD, cap + GUARD_LEN);
        ik_chain_begin(&c, buf, cap);
        build(&c);
        cr_assert_eq(ik_wr_ok(&c.w), cap >= want->len, "room for %zu of %u", cap, want->len);
        for (size_t i = 0; i < GUARD_LEN; i++) {
            cr_assert_eq(buf[cap + i], GUARD, "wrote behind %zu octets", cap);
        }
        if (cap >= want->len) {
            cr_assert_eq(c.w.len, want->len);
            cr_assert_arr_eq(buf, want->b, want->len);
        }
        free(buf);
    }
}

/* The body inside a payload: what stands behind the generic header. */
static inline struct octets body_of(const struct octets *payload)
{
    struct octets o = {0};
    o.len = (uint16_t)(payload->len - 4);
    memcpy(o.b, payload->b + 4, o.len);
    return o;
}

#endif
